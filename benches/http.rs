//! How long a whole look at the third door takes, beside curl run by hand for the same starts, at several round trips.
//!
//! All walk the demo's world on its own addresses, in a network namespace, and ask its resolver. Needs root, util-linux, iproute2
//! and curl: `cargo bench --bench http`. Prints two tables for the README: the whole look, and the phases of one page as httpstat
//! shows them, which are curl's own figures.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench prints, reads the clock, and stops by panicking"
)]

mod world;

use std::collections::BTreeSet;

use serde_json::Value;
use world::{RESOLVER, World};

/// The lengths of a round trip, in milliseconds.
const DELAYS: [u32; 3] = [0, 20, 50];
/// Each measurement is the median of so many.
const RUNS: usize = 5;

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// The median of a command's wall times, in milliseconds.
fn wall(world: &World, line: &str) -> f64 {
    let one = |_| {
        let (output, wall) = world.timed(line);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line}: {stderr}");
        wall.as_secs_f64() * 1e3
    };
    median((0..RUNS).map(one).collect())
}

fn look(world: &World) -> String {
    format!(
        "{} httpcheck shop.example --trust {}/ca.pem --resolver {RESOLVER} --no-config --json",
        env!("CARGO_BIN_EXE_doorstep"),
        world.directory
    )
}

fn report(world: &World) -> Value {
    serde_json::from_slice(&world.run(&look(world)).stdout).unwrap()
}

/// Each start at each address, as the report has them.
fn starts(report: &Value) -> BTreeSet<(String, String)> {
    let routes = report["http"]["routes"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    routes
        .map(|route| (text(&route["start"]), text(&route["address"])))
        .collect()
}

/// What one would type for a start at an address.
fn by_hand(world: &World, start: &str, address: &str) -> String {
    let address = match address.contains(':') {
        true => format!("[{address}]"),
        false => address.to_owned(),
    };
    // The other host of the way is looked up, as doorstep does.
    let host = start.split('/').nth(2).unwrap();
    format!(
        "curl -sL -o /dev/null --cacert {}/ca.pem --connect-to {host}::{address}: '{start}'",
        world.directory
    )
}

/// The phases of one page over HTTPS: connect, TLS, first byte, each for itself.
fn phases_by_curl(world: &World) -> [f64; 3] {
    let written = "%{time_namelookup} %{time_connect} %{time_appconnect} %{time_starttransfer}";
    let line = format!(
        "curl -s -o /dev/null --cacert {}/ca.pem -w '{written}' https://shop.example/",
        world.directory
    );
    let one = |_| -> Vec<f64> {
        let output = String::from_utf8(world.run(&line).stdout).unwrap();
        let points = output
            .split(' ')
            .map(|point| point.parse::<f64>().unwrap() * 1e3);
        points.collect()
    };
    let runs: Vec<Vec<f64>> = (0..RUNS).map(one).collect();
    [0, 1, 2].map(|at| {
        median(
            runs.iter()
                .map(|points| points[at + 1] - points[at])
                .collect(),
        )
    })
}

/// The same by the report.
fn phases_by_doorstep(world: &World) -> [f64; 3] {
    let one = |_| -> Value {
        let report = report(world);
        let routes = report["http"]["routes"].as_array().unwrap();
        let own = |route: &&Value| route["start"] == "https://shop.example/";
        routes.iter().find(own).unwrap()["hops"][0]["timings"].clone()
    };
    let runs: Vec<Value> = (0..RUNS).map(one).collect();
    ["connect_ms", "handshake_ms", "first_byte_ms"]
        .map(|name| median(runs.iter().map(|hop| hop[name].as_f64().unwrap()).collect()))
}

fn main() {
    let worlds = DELAYS.map(|delay| World::start("healthy", delay));
    let names = DELAYS.map(|delay| format!("{delay} ms a round trip"));
    let row = |name: &str, cells: [String; 3]| println!("| {name} | {} |", cells.join(" | "));
    let all = starts(&report(&worlds[0]));
    row("", names.clone());
    println!("| --- | --- | --- | --- |");
    let milliseconds = |figure: f64| format!("{figure:.0} ms");
    let timed = |line: &dyn Fn(&World) -> String| {
        worlds
            .each_ref()
            .map(|world| milliseconds(wall(world, &line(world))))
    };
    let count = all.len();
    row(
        &format!("doorstep httpcheck: {count} ways, and what they mean"),
        timed(&look),
    );
    let first = |world: &World| by_hand(world, "http://shop.example/", "192.0.2.10");
    row("curl -L, one of them", timed(&first));
    let lines = |world: &World, between: &str| {
        let each = all
            .iter()
            .map(|(start, address)| by_hand(world, start, address));
        each.collect::<Vec<_>>().join(between)
    };
    row(
        &format!("curl -L, all {count}, one after the other"),
        timed(&|world| lines(world, "; ")),
    );
    row(
        &format!("curl -L, all {count} at once"),
        timed(&|world| lines(world, " & ") + " & wait"),
    );
    println!();
    row("connect, TLS, first byte of one page", names);
    println!("| --- | --- | --- | --- |");
    let figures = |phases: &dyn Fn(&World) -> [f64; 3]| {
        worlds.each_ref().map(|world| {
            phases(world)
                .map(|figure| format!("{figure:.1}"))
                .join(", ")
        })
    };
    row("doorstep", figures(&phases_by_doorstep));
    row("curl -w, which httpstat draws", figures(&phases_by_curl));
}
