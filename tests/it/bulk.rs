//! Many names in one run: what leads to their zones is asked once, what each zone says is asked for each.

use doorstep::demo::Behaviour::{NoTcp, Serve};
use serde_json::Value;

use super::world::{Running, ZONE, ids, server, shop, start, tld};

/// A second server of the zone, which its parent alone knows.
const SECOND: &str = "198.51.100.54";
const NAMES: &str = "# ours\nwww.shop.example\n\nshop.example\nwww.other.example\n";

fn world() -> Running {
    start(tld(), vec![server(ZONE, &[shop()], Serve)])
}

fn list(names: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), names).unwrap();
    file
}

fn traced(arguments: &[&str]) -> String {
    let names = list(NAMES);
    let world = world();
    let mut command = world.dnstrace(&["--targets", names.path().to_str().unwrap()]);
    let output = command.args(arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn steps(report: &Value) -> impl Iterator<Item = &Value> {
    let questions = report["dns"]["questions"].as_array().unwrap().iter();
    questions.flat_map(|question| question["steps"].as_array().unwrap())
}

#[test]
fn reports_stand_in_the_order_of_the_list() {
    let reports: Vec<Value> = serde_json::from_str(&traced(&["--json"])).unwrap();
    let targets: Vec<&str> = reports
        .iter()
        .map(|report| report["target"].as_str().unwrap())
        .collect();
    assert_eq!(
        targets,
        ["www.shop.example", "shop.example", "www.other.example"]
    );
    assert!(ids(&reports[0]).is_empty());
    assert_eq!(ids(&reports[2]), ["dns/not-delegated"]);
    let text = traced(&[]);
    let at = |what: &str| text.find(what).unwrap_or_else(|| panic!("{text}"));
    assert!(
        at("www.shop.example: ") < at("www.other.example: "),
        "{text}"
    );
    assert_eq!(traced(&["--format", "jsonl"]).lines().count(), 3);
}

#[test]
fn names_come_from_standard_input_with_types_of_their_own() {
    let world = world();
    let mut command = world.dnstrace(&["-", "AAAA", "--format", "jsonl"]);
    let output = command.write_stdin("www.shop.example\n").output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["dns"]["questions"][0]["type"], "AAAA");
    assert_eq!(report["dns"]["questions"].as_array().unwrap().len(), 1);
}

#[test]
fn what_leads_to_a_zone_is_asked_once_and_marked_where_it_is_taken_over() {
    let hosts: Vec<String> = (0..20)
        .map(|host| format!("h{host}.shop.example"))
        .collect();
    let zone = hosts.iter().fold(shop(), |zone, host| {
        zone.address(&format!("{host}."), "192.0.2.10")
    });
    let world = start(tld(), vec![server(ZONE, &[zone], Serve)]);
    let names = list(&hosts.join("\n"));
    let mut command = world.dnstrace(&["--targets", names.path().to_str().unwrap(), "--json"]);
    let reports: Vec<Value> = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
    let asked = |zone: &str, own: &dyn Fn(&Value) -> bool| {
        let all = reports.iter().flat_map(steps);
        all.filter(|step| step["zone"] == zone && step["cached"] == false && own(step))
            .count()
    };
    let keys = |step: &Value| step["question"]["type"] == "DNSKEY";
    for zone in [".", "example."] {
        assert_eq!(asked(zone, &keys), 1, "the keys of {zone}");
    }
    // On the way, and of the zone's server for itself.
    assert!((1..=2).contains(&asked("shop.example.", &keys)));
    let serial = |step: &Value| step["question"]["type"] == "SOA";
    assert_eq!(asked("shop.example.", &serial), 2, "over UDP and over TCP");
    assert_eq!(asked("example.", &|step| step["response"] == "referral"), 1);
    for (host, report) in hosts.iter().zip(&reports) {
        assert!(ids(report).is_empty(), "{report:#}");
        assert_eq!(report["dns"]["questions"][0]["dnssec"]["status"], "secure");
        let own =
            steps(report).filter(|step| step["question"]["name"] == format!("{host}.").as_str());
        assert!(
            own.map(|step| &step["cached"])
                .all(|cached| cached == false)
        );
    }
}

#[test]
fn what_a_server_says_of_its_zone_is_taken_over_with_its_age_and_judged_for_each_target() {
    let hosts = ["www.shop.example", "shop.example", "mail.shop.example"];
    let zone = || shop().address("mail.shop.example.", "192.0.2.10");
    let old = server(SECOND, &[zone().numbered(1)], NoTcp);
    let servers = vec![server(ZONE, &[zone().numbered(2)], Serve), old];
    let tld = tld().delegate("shop.example.", "ns2.shop.example.", &[SECOND]);
    let world = start(tld, servers);
    let names = list(&hosts.join("\n"));
    let mut command = world.dnstrace(&["--targets", names.path().to_str().unwrap(), "--json"]);
    let together: Vec<Value> = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
    for (host, report) in hosts.iter().zip(&together) {
        let (alone, _) = world.report(&[host]);
        assert_eq!(ids(report), ids(&alone), "{host}");
        assert!(
            ids(report).contains(&"dns/tcp-refused"),
            "{:?}",
            ids(report)
        );
    }
    let of_zone = together.iter().flat_map(steps);
    let mut taken =
        of_zone.filter(|step| step["zone"] == "shop.example." && step["cached"] == true);
    assert!(taken.any(|step| step["age_ms"].as_f64().is_some_and(|age| age < 10_000.0)));
    // A failure is nobody else's: each target has tried for itself.
    for report in &together {
        let mut failed = steps(report).filter(|step| step["response"] == "timeout");
        assert!(failed.all(|step| step["cached"] == false));
    }
}

#[test]
fn a_name_alone_takes_nothing_over() {
    let (report, _) = world().report(&["www.shop.example"]);
    assert!(steps(&report).all(|step| step["cached"] == false));
}

#[test]
fn a_wrong_name_in_a_list_is_told_with_its_line() {
    let names = list("www.shop.example\na..example\n");
    let world = world();
    let mut command = world.dnstrace(&["--targets", names.path().to_str().unwrap()]);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("line 2"));
}
