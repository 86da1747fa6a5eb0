//! How many round trips and questions a validated answer costs, beside dig +trace, cold unbound, delv over it, and drill -S.
//!
//! All walk the demo's world on its own addresses, in a network namespace, with 20 ms a round trip. Needs root, util-linux,
//! iproute2, bind9-dnsutils, bind9-utils, nsd, unbound and ldnsutils: `cargo bench --bench trace`. Prints a table for the README.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench prints, reads the clock, and stops by panicking"
)]

#[path = "trace/bulk.rs"]
mod bulk;
mod world;

use world::{RESOLVER, World};

/// The length of a round trip.
const DELAY_MS: u32 = 20;
/// Each measurement is the median of so many.
const RUNS: usize = 5;

/// What passes between the world and who asks it.
trait Traffic {
    fn datagrams(&self) -> u64;
    fn measure(&self, before: &str, line: &str, after: &str) -> (f64, u64);
}

impl Traffic for World {
    /// Datagrams sent so far, by askers and servers together.
    fn datagrams(&self) -> u64 {
        let read = |file: &str| {
            std::fs::read_to_string(format!("/proc/{}/net/{file}", self.child.id())).unwrap()
        };
        let v4 = read("snmp");
        let mut udp = v4.lines().filter(|line| line.starts_with("Udp:"));
        let (names, values) = (udp.next().unwrap(), udp.next().unwrap());
        let at = names
            .split(' ')
            .position(|name| name == "OutDatagrams")
            .unwrap();
        let v4: u64 = values.split(' ').nth(at).unwrap().parse().unwrap();
        let v6 = read("snmp6");
        let v6 = v6.lines().find(|line| line.starts_with("Udp6OutDatagrams"));
        v4 + v6
            .unwrap()
            .split_whitespace()
            .last()
            .unwrap()
            .parse::<u64>()
            .unwrap()
    }

    /// The median of round trips and questions of a command. `before` and `after` are not counted, nor is the way into the
    /// world.
    fn measure(&self, before: &str, line: &str, after: &str) -> (f64, u64) {
        let mut walls = Vec::new();
        let mut questions = Vec::new();
        for _ in 0..RUNS {
            self.run(before);
            let sent = self.datagrams();
            let (output, wall) = self.timed(line);
            walls.push(wall.as_secs_f64() * 1e3 / f64::from(DELAY_MS));
            // Each question has its answer; what is not answered counts half.
            questions.push((self.datagrams() - sent) / 2);
            assert!(
                !output.stdout.is_empty(),
                "{line}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
            self.run(after);
        }
        walls.sort_by(f64::total_cmp);
        questions.sort_unstable();
        (walls[RUNS / 2], questions[RUNS / 2])
    }
}

/// What the answer and its proof are made of; the survey asks for more.
const NAMES: [&str; 3] = [".", "example.", "shop.example."];

/// When the validated answer was known, in round trips from the first question, by the report itself.
fn answered(report: &serde_json::Value) -> f64 {
    let questions = report["dns"]["questions"].as_array().unwrap();
    let steps = || {
        questions
            .iter()
            .flat_map(|question| question["steps"].as_array().unwrap())
    };
    let began = steps()
        .map(|step| step["at_ms"].as_f64().unwrap())
        .fold(f64::MAX, f64::min);
    // Of each question at each cut the first usable answer counts.
    let mut ends: Vec<(String, f64)> = Vec::new();
    for step in steps().filter(|step| {
        ["answer", "referral", "alias"]
            .iter()
            .any(|class| step["response"] == *class)
    }) {
        let key = format!(
            "{} {} {}",
            step["zone"], step["question"]["name"], step["question"]["type"]
        );
        let of_answer = ["A", "DNSKEY"]
            .iter()
            .any(|rr_type| step["question"]["type"] == *rr_type)
            && NAMES.contains(&step["question"]["name"].as_str().unwrap());
        let end = step["at_ms"].as_f64().unwrap() + step["rtt_ms"].as_f64().unwrap();
        if of_answer
            && !ends
                .iter()
                .any(|(known, earlier)| *known == key && *earlier <= end)
        {
            ends.retain(|(known, _)| *known != key);
            ends.push((key, end));
        }
    }
    let last = ends.iter().map(|(_, end)| *end).fold(0.0, f64::max);
    (last - began) / f64::from(DELAY_MS)
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        [_, bulk::SERVE, directory] => bulk::serve(directory.as_ref()),
        [_, "bulk", ..] => bulk::main(),
        _ => {
            one_answer();
            bulk::main();
        }
    }
}

fn one_answer() {
    println!(
        "| | validates | healthy: round trips | questions | one dead server: round trips | questions |"
    );
    println!("| --- | --- | --- | --- | --- | --- |");
    let worlds = ["healthy", "server-dead"].map(|scenario| World::start(scenario, DELAY_MS));
    let row = |name: &str, validates: &str, cells: Vec<(String, String)>| {
        let cells: Vec<String> = cells
            .into_iter()
            .map(|(one, other)| format!("{one} | {other}"))
            .collect();
        println!("| {name} | {validates} | {} |", cells.join(" | "));
    };
    let program = env!("CARGO_BIN_EXE_doorstep");
    let trace = |world: &World| {
        format!(
            "{program} dnstrace shop.example A --trust-anchor {}/root.ds --resolver {RESOLVER} --no-config --fail-on never --json",
            world.directory
        )
    };
    let answers = worlds.each_ref().map(|world| {
        let mut trips: Vec<f64> = (0..RUNS)
            .map(|_| answered(&serde_json::from_slice(&world.run(&trace(world)).stdout).unwrap()))
            .collect();
        trips.sort_by(f64::total_cmp);
        (format!("{:.1}", trips[RUNS / 2]), "".to_owned())
    });
    row("doorstep: the validated answer", "yes", answers.to_vec());
    let measured = |line: &dyn Fn(&World) -> (String, String, String)| {
        let cells = worlds.each_ref().map(|world| {
            let (before, line, after) = line(world);
            let (wall, questions) = world.measure(&before, &line, &after);
            (format!("{wall:.1}"), questions.to_string())
        });
        cells.to_vec()
    };
    let alone = |line: String| (String::from("true"), line, String::from("true"));
    row(
        "doorstep: with every server of the zone asked",
        "yes",
        measured(&|world| alone(trace(world))),
    );
    let dig = String::from("dig +trace +nodnssec shop.example");
    row("dig +trace", "no", measured(&|_| alone(dig.clone())));
    let unbound = |world: &World| {
        let directory = &world.directory;
        let text = format!(
            "server:\n interface: 127.0.0.1@5300\n username: \"\"\n chroot: \"\"\n directory: \"{directory}\"\n pidfile: \"{directory}/unbound.pid\"\n use-syslog: no\n \
             root-hints: \"{directory}/named.root\"\n trust-anchor-file: \"{directory}/root.ds\"\n do-not-query-localhost: no\n module-config: \"validator iterator\"\n\
             remote-control:\n control-enable: no\n"
        );
        std::fs::write(format!("{directory}/unbound.conf"), text).unwrap();
        let start = format!("unbound -c {directory}/unbound.conf; sleep 0.3");
        (
            start,
            format!("kill $(cat {directory}/unbound.pid); sleep 0.2"),
        )
    };
    row(
        "dig over cold unbound",
        "yes",
        measured(&|world| {
            let (start, stop) = unbound(world);
            (
                start,
                "dig @127.0.0.1 -p 5300 +dnssec shop.example".to_owned(),
                stop,
            )
        }),
    );
    row(
        "delv over cold unbound",
        "yes",
        measured(&|world| {
            let (start, stop) = unbound(world);
            let line = format!(
                "delv @127.0.0.1 -p 5300 -a {}/delv.anchors +root=. shop.example",
                world.directory
            );
            (start, line, stop)
        }),
    );
    row(
        "drill -S over cold unbound",
        "yes",
        measured(&|world| {
            let (start, stop) = unbound(world);
            let line = format!(
                "drill -S -k {}/root.ds -p 5300 @127.0.0.1 shop.example",
                world.directory
            );
            (start, line, stop)
        }),
    );
    row(
        "drill -T",
        "yes",
        measured(&|world| {
            let directory = &world.directory;
            alone(format!(
                "drill -T -D -k {directory}/root.ds -r {directory}/named.root shop.example"
            ))
        }),
    );
}
