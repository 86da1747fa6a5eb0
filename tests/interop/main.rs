//! doorstep as it is, in an internet of real servers: NSD as root and TLD on the root servers' own addresses, BIND as the
//! zone, nginx as the site. Everything lives in a network namespace, so nothing of it touches the machine's network.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

mod certificates;
mod delicate;
#[cfg(feature = "demo")]
mod demo;
#[cfg(feature = "demo")]
mod differential;
mod http;
mod internet;
#[cfg(feature = "demo")]
mod judges;
mod namespace;
#[cfg(feature = "demo")]
mod resolvers;
mod signed;
mod starttls;
mod survey;
mod tls;

use std::collections::BTreeSet;

use internet::{Internet, SITE};
use serde_json::Value;

const NEEDS: &str = "needs root, iproute2, nsd, bind9, bind9-dnsutils, nginx, openssl and curl; .ci/run installs them";

/// `doorstep check NAME --trust CA --json` with nothing else: the report and the exit code.
fn check(net: &Internet, name: &str) -> (Value, i32) {
    let (ca, anchor) = (net.file("ca.pem"), net.file("anchor"));
    let program = env!("CARGO_BIN_EXE_doorstep");
    let output = net.run(
        program,
        &[
            "check",
            name,
            "--trust",
            &ca,
            "--trust-anchor",
            &anchor,
            "--json",
            "--no-config",
            "--probe-timeout",
            "2s",
        ],
    );
    let report = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    (report, output.status.code().unwrap())
}

/// The ids of what was found, but for what depends on the version of OpenSSL that nginx was built with.
/// Without what this world is: a server has old OpenSSL, and a zone one server.
fn ids(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().unwrap();
    let ids = findings
        .iter()
        .map(|finding| finding["id"].as_str().unwrap());
    ids.filter(|id| !["tls/no-pq-group", "dns/single-server"].contains(id))
        .collect()
}

/// The addresses that the trace found.
fn traced(report: &Value) -> BTreeSet<String> {
    let questions = report["dns"]["questions"].as_array().unwrap();
    let answers = questions
        .iter()
        .flat_map(|question| question["answers"].as_array().unwrap());
    answers
        .map(|answer| answer["data"].as_str().unwrap().to_owned())
        .collect()
}

/// The addresses by dig: of the zone's server, or of the resolver that walks from the same root.
fn dig(net: &Internet, server: &str, name: &str) -> BTreeSet<String> {
    let of = |rr_type| {
        let output = net.run("dig", &[&format!("@{server}"), "+short", name, rr_type]);
        String::from_utf8(output.stdout).unwrap()
    };
    format!("{}{}", of("A"), of("AAAA"))
        .lines()
        .map(str::to_owned)
        .collect()
}

/// Every status and the final URL by curl, from `http://`, at one address.
fn curl(net: &Internet, name: &str, address: &str) -> (Vec<i64>, String) {
    let (ca, bracketed) = (
        net.file("ca.pem"),
        if address.contains(':') {
            format!("[{address}]")
        } else {
            address.to_owned()
        },
    );
    let pins = [80, 443].map(|port| format!("{name}:{port}:{bracketed}"));
    let url = format!("http://{name}/");
    let arguments = [
        "-sS",
        "-L",
        "-D",
        "-",
        "-o",
        "/dev/null",
        "-w",
        "final %{url_effective}\n",
        "--cacert",
        &ca,
        "--resolve",
        &pins[0],
        "--resolve",
        &pins[1],
        &url,
    ];
    let output = net.run("curl", &arguments);
    let text = String::from_utf8(output.stdout).unwrap();
    let statuses = text.lines().filter(|line| line.starts_with("HTTP/"));
    let statuses = statuses
        .map(|line| line.split(' ').nth(1).unwrap().parse().unwrap())
        .collect();
    let last = text
        .lines()
        .find_map(|line| line.strip_prefix("final "))
        .unwrap_or_default()
        .to_owned();
    (statuses, last)
}

#[test]
#[ignore = "needs root, iproute2, nsd, bind9, bind9-dnsutils, nginx, openssl and curl; .ci/run installs them"]
fn a_real_internet_is_walked_as_dig_and_curl_walk_it() {
    let net = Internet::start().unwrap_or_else(|error| panic!("{error}; {NEEDS}"));

    let (report, code) = check(&net, "shop.example");
    assert_eq!((ids(&report), code), (vec![], 0), "{report:#}");
    assert!(
        ["notice", "warning"]
            .iter()
            .any(|fine| report["verdict"] == *fine)
    );
    assert_eq!(
        traced(&report),
        dig(&net, internet::ZONE_SERVER, "shop.example")
    );
    assert_eq!(
        traced(&report),
        dig(&net, internet::RESOLVER, "shop.example")
    );
    let resolvers = report["dns"]["resolvers"].as_array().unwrap();
    assert!(
        resolvers.len() == 2 && resolvers.iter().all(|answer| answer["agrees"] == true),
        "{resolvers:#?}"
    );
    let endpoints = report["tls"]["endpoints"].as_array().unwrap();
    assert_eq!(endpoints.len(), SITE.len());
    let routes = report["http"]["routes"].as_array().unwrap();
    for address in SITE {
        let route = routes
            .iter()
            .find(|route| route["address"] == address && route["start"] == "http://shop.example/");
        let route = route.unwrap();
        let hops = route["hops"].as_array().unwrap();
        let statuses = hops
            .iter()
            .map(|hop| hop["status"].as_i64().unwrap())
            .collect();
        let last = route["final_url"].as_str().unwrap().to_owned();
        assert_eq!(
            (statuses, last),
            curl(&net, "shop.example", address),
            "at {address}"
        );
    }

    let (report, code) = check(&net, "half.example");
    assert_eq!(
        (ids(&report), code),
        (vec!["across/dangling-address"], 0),
        "{report:#}"
    );

    let (report, code) = check(&net, "nobody.example");
    assert_eq!(
        (ids(&report), code),
        (vec!["dns/not-delegated"], 1),
        "{report:#}"
    );
    assert!(dig(&net, internet::RESOLVER, "nobody.example").is_empty());

    let (report, code) = check(&net, "slow.example");
    assert_eq!(
        (ids(&report), code),
        (vec!["dns/server-unreachable", "dns/single-network"], 0),
        "{report:#}"
    );
}
