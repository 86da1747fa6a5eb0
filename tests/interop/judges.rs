//! zonemaster and dnsviz in the demo's world: what they find of a fault, and we find by whatever name.
//!
//! `tests/it` holds what doorstep finds in each of these worlds. Here stands all that the others say of them at warning or worse.
//! What they say of the healthy world as well is no fault of ours to find: the addresses of documentation without reverse names,
//! an `RNAME` below `invalid`, timers of the SOA that are short on purpose, and an EDNS version that the demo's servers answer.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::demo::Served;

const NEEDS: &str =
    "needs root, util-linux, zonemaster-cli, dnsviz and bind9-utils; .ci/run installs them";

/// A world, and what the two others say of it.
struct Case {
    scenario: &'static str,
    zonemaster: &'static [&'static str],
    dnsviz: &'static [&'static str],
}

const CASES: &[Case] = &[
    Case {
        scenario: "serial-mismatch",
        zonemaster: &["MULTIPLE_SOA_SERIALS"],
        dnsviz: &[],
    },
    // Neither compares addresses at one serial, nor asks all servers of the parent for the delegation.
    Case {
        scenario: "answers-differ",
        zonemaster: &[],
        dnsviz: &[],
    },
    Case {
        scenario: "parent-split",
        zonemaster: &[],
        dnsviz: &[],
    },
    Case {
        scenario: "tcp-refused",
        zonemaster: &["CN02_NO_RESPONSE_TCP"],
        dnsviz: &["SERVER_UNRESPONSIVE_TCP"],
    },
    // One server, and one word of ours: `dns/lame-delegation`.
    Case {
        scenario: "lame-server",
        zonemaster: &[
            "A_UNEXPECTED_RCODE",
            "CN01_UNEXPECTED_RCODE_NS_QUERY_UDP",
            "CN01_UNEXPECTED_RCODE_SOA_QUERY_UDP",
            "CN02_UNEXPECTED_RCODE_NS_QUERY_TCP",
            "CN02_UNEXPECTED_RCODE_SOA_QUERY_TCP",
            "IS_NOT_AUTHORITATIVE",
            "NO_RESPONSE_DNSKEY",
            "NS_ERROR",
            "NS_FAILED",
            "UNEXPECTED_RCODE",
        ],
        dnsviz: &["SERVER_INVALID_RESPONSE_TCP", "SERVER_INVALID_RESPONSE_UDP"],
    },
    Case {
        scenario: "old-glue",
        zonemaster: &["IN_BAILIWICK_ADDR_MISMATCH"],
        dnsviz: &["GLUE_MISMATCH"],
    },
    Case {
        scenario: "signature-expired-at-one",
        zonemaster: &[
            "DS02_DNSKEY_NOT_SIGNED_BY_ANY_DS",
            "DS02_NO_MATCHING_DNSKEY_RRSIG",
            "DS02_RRSIG_NOT_VALID_BY_DNSKEY",
            "DS08_DNSKEY_RRSIG_EXPIRED",
            "DS09_SOA_RRSIG_EXPIRED",
            "DS10_NSEC_RRSIG_VERIFY_ERROR",
        ],
        dnsviz: &["EXPIRATION_IN_PAST", "NO_SEP"],
    },
    Case {
        scenario: "ds-without-key",
        zonemaster: &["DS02_NO_DNSKEY_FOR_DS", "DS02_NO_VALID_DNSKEY_FOR_ANY_DS"],
        dnsviz: &["MISSING_SEP_FOR_ALG", "NO_SEP"],
    },
    Case {
        scenario: "single-server",
        zonemaster: &[
            "NOT_ENOUGH_IPV4_NS_CHILD",
            "NOT_ENOUGH_IPV4_NS_DEL",
            "NOT_ENOUGH_IPV6_NS_CHILD",
            "NOT_ENOUGH_IPV6_NS_DEL",
            "NOT_ENOUGH_NS_CHILD",
            "NOT_ENOUGH_NS_DEL",
        ],
        dnsviz: &[],
    },
];

#[test]
#[ignore = "needs root, zonemaster-cli and dnsviz; .ci/run installs them"]
fn what_zonemaster_and_dnsviz_find_is_found_here_as_well() {
    let healthy = Said::of("healthy");
    assert_eq!(healthy.dnsviz, BTreeSet::new());
    std::thread::scope(|threads| {
        for case in CASES {
            let healthy = &healthy;
            threads.spawn(move || {
                let said = Said::of(case.scenario);
                let more: BTreeSet<String> = said
                    .zonemaster
                    .difference(&healthy.zonemaster)
                    .cloned()
                    .collect();
                assert_eq!(more, set(case.zonemaster), "zonemaster: {}", case.scenario);
                assert_eq!(said.dnsviz, set(case.dnsviz), "dnsviz: {}", case.scenario);
            });
        }
    });
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(ToString::to_string).collect()
}

/// Tags and codes at warning or worse.
struct Said {
    zonemaster: BTreeSet<String>,
    dnsviz: BTreeSet<String>,
}

impl Said {
    fn of(scenario: &str) -> Self {
        let world = Served::start(scenario);
        let hints = world.file("named.root");
        let zonemaster = said(
            &world,
            &format!(
                "zonemaster-cli --hints {hints} --level WARNING --raw --no-progress shop.example"
            ),
        );
        let tags = zonemaster.lines().filter_map(|line| {
            let mut words = line.split_whitespace();
            words.next()?.parse::<f64>().ok()?;
            Some(words.nth(1)?.to_owned())
        });
        let dnsviz = said(
            &world,
            "dnsviz probe -A -a . -x .:a.root-servers.net=198.41.0.4 shop.example | dnsviz grok -l warning",
        );
        let mut codes = BTreeSet::new();
        if let Some(start) = dnsviz.find('{') {
            collect(&serde_json::from_str(&dnsviz[start..]).unwrap(), &mut codes);
        }
        Self {
            zonemaster: tags.collect(),
            dnsviz: codes,
        }
    }
}

fn said(world: &Served, line: &str) -> String {
    let output = world.inside(line);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}; {NEEDS}");
    String::from_utf8(output.stdout).unwrap()
}

/// The codes of all errors and warnings, however deep they stand.
fn collect(value: &Value, codes: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let found = value
                    .as_array()
                    .filter(|_| name == "errors" || name == "warnings");
                let found = found
                    .into_iter()
                    .flatten()
                    .filter_map(|one| one["code"].as_str());
                codes.extend(found.map(str::to_owned));
                collect(value, codes);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, codes)),
        _ => {}
    }
}
