//! `dnstrace`: what is found, and how it ends.

use doorstep::demo::Behaviour::{self, Garbage, Refuse, Serve, Silent, Truncate, WrongIdFirst};
use doorstep::demo::zone::ZoneData;

use super::world::{SECOND, ZONE, ids, server, shop, start, tld};

fn with_zone(zone: ZoneData, behaviour: Behaviour) -> super::world::Running {
    start(tld(), vec![server(ZONE, &[zone], behaviour)])
}

/// The same with a second server, which behaves.
fn with_second(behaviour: Behaviour) -> super::world::Running {
    let zone = shop()
        .address("ns2.shop.example.", SECOND)
        .served_by("ns2.shop.example.");
    let tld = tld().delegate("shop.example.", "ns2.shop.example.", &[SECOND]);
    start(
        tld,
        vec![
            server(ZONE, std::slice::from_ref(&zone), behaviour),
            server(SECOND, &[zone], Serve),
        ],
    )
}

#[test]
fn a_healthy_name_is_answered_after_three_hops_without_findings() {
    let (report, code) = with_zone(shop(), Serve).report(&["www.shop.example"]);
    assert_eq!((ids(&report).as_slice(), code), ([].as_slice(), 0));
    // That of the one name server of this world, and its lack of IPv6.
    assert_eq!(report["verdict"], "warning");
    let questions = &report["dns"]["questions"];
    assert_eq!(questions[0]["answers"][0]["data"], "192.0.2.10");
    assert_eq!(questions[1]["answers"][0]["data"], "2001:db8::10");
    let zones: Vec<&str> = report["dns"]["zones"]
        .as_array()
        .unwrap()
        .iter()
        .map(|zone| zone["name"].as_str().unwrap())
        .collect();
    assert_eq!(zones, [".", "example.", "shop.example."]);
}

#[test]
fn the_root_and_the_tld_see_no_more_of_the_name_than_they_need() {
    let world = with_zone(shop(), Serve);
    let asked = |arguments: &[&str]| -> Vec<String> {
        let (report, _) = world.report(arguments);
        let steps = report["dns"]["questions"][0]["steps"]
            .as_array()
            .unwrap()
            .clone();
        // The keys of a zone are asked for by its own name.
        let own = steps
            .iter()
            .filter(|step| step["question"]["type"] != "DNSKEY");
        own.map(|step| step["question"]["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        asked(&["www.shop.example", "A"])[..3],
        ["example.", "shop.example.", "www.shop.example."]
    );
    let whole = asked(&["www.shop.example", "A", "--no-qname-minimisation"]);
    assert_eq!(whole[..3], ["www.shop.example."; 3]);
}

#[test]
fn what_two_questions_have_in_common_is_asked_once() {
    let (report, _) = with_zone(shop(), Serve).report(&["www.shop.example"]);
    let questions = report["dns"]["questions"].as_array().unwrap();
    let steps = questions
        .iter()
        .flat_map(|question| question["steps"].as_array().unwrap());
    let to_root: Vec<&str> = steps
        .filter(|step| step["zone"] == ".")
        .map(|step| step["question"]["type"].as_str().unwrap())
        .collect();
    assert_eq!(to_root.len(), 2, "{to_root:?}");
    assert!(to_root.contains(&"A") && to_root.contains(&"DNSKEY"));
}

#[test]
fn a_name_that_the_tld_denies_is_not_delegated() {
    let (report, code) = with_zone(shop(), Serve).report(&["www.other.example"]);
    assert_eq!(
        (ids(&report).as_slice(), code),
        (["dns/not-delegated"].as_slice(), 1)
    );
    assert_eq!(report["dns"]["questions"][0]["rcode"], "NXDOMAIN");
}

#[test]
fn a_host_that_the_zone_denies_is_not_found() {
    let (report, code) = with_zone(shop(), Serve).report(&["nowhere.shop.example"]);
    assert_eq!(
        (ids(&report).as_slice(), code),
        (["dns/name-not-found"].as_slice(), 1)
    );
}

#[test]
fn a_name_with_other_records_only_has_no_address() {
    let (report, _) =
        with_zone(shop().text("txt.shop.example.", "hello"), Serve).report(&["txt.shop.example"]);
    assert_eq!(ids(&report), ["dns/no-address"]);
}

#[test]
fn an_alias_is_followed_to_its_target_and_the_chain_shown_first() {
    let zone = shop().alias("old.shop.example.", "www.shop.example.");
    let (report, code) = with_zone(zone, Serve).report(&["old.shop.example", "A"]);
    let answers = report["dns"]["questions"][0]["answers"].as_array().unwrap();
    let types: Vec<&str> = answers
        .iter()
        .map(|record| record["type"].as_str().unwrap())
        .collect();
    assert_eq!((types.as_slice(), code), (["CNAME", "A"].as_slice(), 0));
}

#[test]
fn aliases_that_lead_nowhere_are_named() {
    let zone = shop()
        .alias("a.shop.example.", "b.shop.example.")
        .alias("b.shop.example.", "a.shop.example.")
        .alias("gone.shop.example.", "nowhere.shop.example.");
    let world = with_zone(zone, Serve);
    assert_eq!(
        ids(&world.report(&["a.shop.example"]).0),
        ["dns/alias-loop"]
    );
    assert_eq!(
        ids(&world.report(&["gone.shop.example"]).0),
        ["dns/alias-dangling"]
    );
}

#[test]
fn a_chain_of_more_than_eleven_aliases_is_cut() {
    let zone = (0..13).fold(shop(), |zone, link| {
        zone.alias(
            &format!("a{link}.shop.example."),
            &format!("a{}.shop.example.", link + 1),
        )
    });
    assert_eq!(
        ids(&with_zone(zone, Serve).report(&["a0.shop.example", "A"]).0),
        ["dns/alias-loop"]
    );
}

#[test]
fn servers_that_all_refuse_or_are_all_silent_are_one_finding() {
    assert_eq!(
        ids(&with_zone(shop(), Refuse).report(&["www.shop.example"]).0),
        ["dns/all-servers-lame"]
    );
    let silent = with_zone(shop(), Silent);
    assert_eq!(
        ids(&silent
            .report(&["www.shop.example", "--probe-timeout", "300ms"])
            .0),
        ["dns/all-servers-dead"]
    );
}

#[test]
fn one_bad_server_is_named_and_the_name_still_resolves() {
    let (report, code) = with_second(Refuse).report(&["www.shop.example"]);
    assert_eq!(
        (ids(&report).as_slice(), code),
        (["dns/lame-delegation"].as_slice(), 0)
    );
    let (report, code) =
        with_second(Silent).report(&["www.shop.example", "--probe-timeout", "300ms"]);
    assert_eq!(
        (ids(&report).as_slice(), code),
        (["dns/server-unreachable"].as_slice(), 0)
    );
    assert_eq!(report["findings"][0]["subject"], ZONE);
}

#[test]
fn fail_on_lowers_the_bar() {
    let world = with_second(Refuse);
    assert_eq!(
        world
            .report(&["www.shop.example", "--fail-on", "warning"])
            .1,
        1
    );
    assert_eq!(
        world.report(&["www.shop.example", "--fail-on", "never"]).1,
        0
    );
}

#[test]
fn a_truncated_answer_is_fetched_over_tcp() {
    let (report, code) = with_zone(shop(), Truncate).report(&["www.shop.example", "A"]);
    assert_eq!((ids(&report).as_slice(), code), ([].as_slice(), 0));
    let steps = report["dns"]["questions"][0]["steps"].as_array().unwrap();
    assert!(
        steps
            .iter()
            .any(|step| step["transport"] == "tcp" && step["response"] == "answer")
    );
}

#[test]
fn a_stray_id_is_passed_over_and_garbage_is_malformed() {
    assert_eq!(
        with_zone(shop(), WrongIdFirst)
            .report(&["www.shop.example"])
            .1,
        0
    );
    let (report, _) = with_zone(shop(), Garbage).report(&["www.shop.example", "A"]);
    let steps = report["dns"]["questions"][0]["steps"].as_array().unwrap();
    assert!(steps.iter().any(|step| step["response"] == "malformed"));
    assert_eq!(report["dns"]["questions"][0]["outcome"], "unresolvable");
}

#[test]
fn a_server_outside_the_zone_is_looked_up() {
    let tld = tld().delegate("other.example.", "ns1.shop.example.", &[]);
    let other = ZoneData::new("other.example.", &["ns1.shop.example."])
        .address("other.example.", "192.0.2.20");
    let world = start(tld, vec![server(ZONE, &[shop(), other], Serve)]);
    assert_eq!(world.report(&["other.example", "A"]).1, 0);
}

#[test]
fn a_server_without_an_address_is_looked_up_when_the_others_do_not_answer() {
    let zone = || shop().served_by("ns.other.example.");
    let other = ZoneData::new("other.example.", &["ns.other.example."])
        .address("ns.other.example.", SECOND);
    let tld = || {
        tld()
            .delegate("other.example.", "ns.other.example.", &[SECOND])
            .delegate("shop.example.", "ns.other.example.", &[])
    };
    for behaviour in [Refuse, Silent] {
        let others = vec![
            server(ZONE, &[zone()], behaviour),
            server(SECOND, &[zone(), other.clone()], Serve),
        ];
        let (report, _) = start(tld(), others).report(&["www.shop.example", "A"]);
        let question = &report["dns"]["questions"][0];
        assert_eq!(question["outcome"], "answer", "{behaviour:?}");
        assert_eq!(question["dnssec"]["status"], "secure", "{behaviour:?}");
    }
}

#[test]
fn zones_that_need_each_other_end_and_a_missing_glue_is_named() {
    let tld = tld()
        .delegate("one.example.", "ns.two.example.", &[])
        .delegate("two.example.", "ns.one.example.", &[])
        .delegate("bare.example.", "ns.bare.example.", &[]);
    let world = start(tld, Vec::new());
    assert_eq!(
        world.report(&["www.one.example", "A"]).0["dns"]["questions"][0]["outcome"],
        "unresolvable"
    );
    assert_eq!(
        ids(&world.report(&["www.bare.example", "A"]).0),
        ["dns/glue-missing", "dns/not-signed"]
    );
}

#[test]
fn a_root_that_never_answers_is_not_measured_rather_than_blamed() {
    let world = start(tld(), Vec::new());
    let mut command = assert_cmd::Command::cargo_bin("doorstep").unwrap();
    let hints = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(hints.path(), "a.root-servers.net. A 192.0.2.99\n").unwrap();
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let rule = format!(
        "192.0.2.99:53:127.0.0.1:{}",
        silent.local_addr().unwrap().port()
    );
    command.env_clear().args([
        "dnstrace",
        "www.shop.example",
        "--probe-timeout",
        "200ms",
        "--connect-to",
        &rule,
    ]);
    command
        .arg("--root-hints")
        .arg(hints.path())
        .assert()
        .code(3);
    drop(world);
}

#[test]
fn what_a_person_sees_names_each_cut_and_the_cause_first() {
    let output = with_zone(shop(), Serve)
        .dnstrace(&["nowhere.shop.example"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.starts_with("x nowhere.shop.example: `nowhere.shop.example.` does not exist"),
        "{text}"
    );
    for seen in [
        "a.root-servers.net.",
        "ns.nic.example.",
        "ns1.shop.example.",
        "= fix:",
        "doorstep explain",
    ] {
        assert!(text.contains(seen), "{seen} in {text}");
    }
    assert!(!text.contains('\x1b') && text.is_ascii(), "{text}");
}
