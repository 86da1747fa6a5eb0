//! Servers that mean harm, or are broken beyond what anybody expects: the right finding, in bounded time, questions and memory.

use std::time::Duration;

use doorstep::demo::Behaviour::{self, Forge, Serve, Silent, Spoofed};
use doorstep::demo::forge::{self, Carrier, Forged};
use hickory_proto::dnssec::rdata::{DNSKEY, DNSSECRData, RRSIG};
use hickory_proto::dnssec::{Algorithm, PublicKeyBuf};
use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::rdata::{A, CNAME, NS};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use serde_json::Value;

use super::bounded::{Watched, watched};
use super::world::{Running, ZONE, ids, server, shop, start, tld};

/// The bound on every run here, beside which each question waits half a second at most.
const TIMEOUT: Duration = Duration::from_secs(6);

/// What the machine itself may add.
const SLACK: Duration = Duration::from_secs(2);

/// A report, and what it cost.
struct Run {
    report: Value,
    questions: usize,
    peak: usize,
}

impl Run {
    fn ids(&self) -> Vec<&str> {
        ids(&self.report)
    }

    fn steps(&self) -> impl Iterator<Item = &Value> {
        let questions = self.report["dns"]["questions"].as_array().unwrap().iter();
        questions.flat_map(|question| question["steps"].as_array().unwrap())
    }
}

/// Runs `dnstrace` and holds it to the bounds.
fn run(world: &Running, arguments: &[&str]) -> Run {
    let mut command = world.command(&["--json", "--timeout", "6s", "--probe-timeout", "500ms"]);
    let Watched { report, peak } = watched(command.args(arguments), TIMEOUT * 4);
    let took = Duration::from_secs_f64(report["elapsed_ms"].as_f64().unwrap() / 1000.0);
    assert!(took < TIMEOUT + SLACK, "{took:?}");
    let mut run = Run {
        report,
        questions: 0,
        peak,
    };
    run.questions = run.steps().count();
    assert!(run.questions <= 200, "{} questions", run.questions);
    run
}

/// The zone on one server that behaves so.
fn zone(behaviour: Behaviour) -> Running {
    start(tld(), vec![server(ZONE, &[shop()], behaviour)])
}

fn forged(forge: fn(&Message, Message, Carrier) -> Forged) -> Running {
    zone(Forge(forge::Forge(forge)))
}

fn said(message: &Message, carrier: Carrier) -> Forged {
    Forged::whole(message.to_vec().unwrap_or_default(), carrier)
}

/// The message without its records, cut short: the rest is to be fetched over TCP.
fn cut_short(mut message: Message) -> Message {
    message.answers.clear();
    message.authorities.clear();
    message.additionals.clear();
    message.metadata.truncation = true;
    message
}

/// Over TCP as it is, over UDP cut short.
fn by_tcp(message: Message, carrier: Carrier) -> Forged {
    match carrier {
        Carrier::Udp => said(&cut_short(message), carrier),
        Carrier::Tcp => said(&message, carrier),
    }
}

const HOST: &str = "www.shop.example";

#[test]
fn a_silent_server_is_waited_for_no_longer_than_the_timeout() {
    assert_eq!(run(&zone(Silent), &[HOST]).ids(), ["dns/all-servers-dead"]);
}

#[test]
fn a_drip_over_tcp_is_cut_off() {
    let world = forged(|_, message, carrier| match carrier {
        Carrier::Udp => said(&cut_short(message), carrier),
        Carrier::Tcp => {
            let whole = said(&message, carrier).pieces.concat();
            Forged {
                pieces: whole.into_iter().map(|byte| vec![byte]).collect(),
                pause: Duration::from_millis(300),
            }
        }
    });
    let run = run(&world, &[HOST]);
    assert_eq!(run.ids(), ["dns/all-servers-lame"]);
}

#[test]
fn answers_with_another_id_are_none() {
    let world = forged(|_, mut message, carrier| {
        message.metadata.id ^= 0x5555;
        let mut flood = said(&message, carrier);
        flood.pieces = vec![flood.pieces.concat(); 100];
        flood
    });
    assert_eq!(run(&world, &[HOST]).ids(), ["dns/all-servers-lame"]);
}

#[test]
fn answers_to_another_question_are_none() {
    let world = forged(|_, mut message, carrier| {
        for query in &mut message.queries {
            query.name = Name::from_ascii("www.bank.example.").unwrap();
        }
        said(&message, carrier)
    });
    assert_eq!(run(&world, &[HOST]).ids(), ["dns/all-servers-lame"]);
}

#[test]
fn a_forger_on_another_port_is_not_heard() {
    let run = run(&zone(Spoofed), &[HOST]);
    assert_eq!(run.ids(), [""; 0]);
    assert!(!run.report.to_string().contains("203.0.113.66"));
}

#[test]
fn what_is_truncated_for_ever_is_no_answer() {
    let world = forged(|_, message, carrier| said(&cut_short(message), carrier));
    let run = run(&world, &[HOST]);
    assert_eq!(run.ids(), ["dns/all-servers-lame"]);
}

#[test]
fn garbage_of_64_kib_is_malformed() {
    let world = forged(|asked, message, carrier| match carrier {
        Carrier::Udp => said(&cut_short(message), carrier),
        Carrier::Tcp => {
            let mut bytes = vec![0xff; usize::from(u16::MAX)];
            bytes[..2].copy_from_slice(&asked.metadata.id.to_be_bytes());
            Forged::whole(bytes, carrier)
        }
    });
    let run = run(&world, &[HOST]);
    assert!(run.steps().any(|step| step["response"] == "malformed"));
    assert_eq!(run.ids(), ["dns/all-servers-lame"]);
}

#[test]
fn a_compression_loop_ends() {
    let world = forged(|_, mut message, carrier| {
        message.answers.clear();
        message.authorities.clear();
        message.additionals.clear();
        message.edns = None;
        let mut wire = message.to_vec().unwrap_or_default();
        // One answer, whose owner points at itself, then at a name that leads back to it.
        wire[7] = 2;
        for pointed in [wire.len(), wire.len() + 1] {
            let pointer = u16::try_from(pointed).unwrap() | 0xc000;
            wire.extend(pointer.to_be_bytes());
            wire.extend([0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1]);
        }
        Forged::whole(wire, carrier)
    });
    let run = run(&world, &[HOST]);
    assert_eq!(run.report["dns"]["questions"][0]["outcome"], "unresolvable");
}

#[test]
fn of_a_hundred_servers_without_address_six_are_looked_up() {
    let world = start(
        (0..100).fold(tld(), |zone, number| {
            zone.delegate("wide.example.", &format!("ns{number}.victim.example."), &[])
        }),
        Vec::new(),
    );
    let run = run(&world, &["www.wide.example", "A"]);
    let looked_up: std::collections::BTreeSet<&str> = run
        .steps()
        .filter_map(|step| step["question"]["name"].as_str())
        .filter(|name| name.starts_with("ns") && name.ends_with(".victim.example."))
        .collect();
    assert!(looked_up.len() <= 6, "{looked_up:?}");
    assert!(run.questions <= 60, "{}", run.questions);
    assert!(
        run.ids().contains(&"dns/ns-unresolvable"),
        "{:?}",
        run.ids()
    );
}

#[test]
fn zones_that_need_each_other_are_a_loop() {
    let tld = tld()
        .delegate("one.example.", "ns.two.example.", &[])
        .delegate("two.example.", "ns.three.example.", &[])
        .delegate("three.example.", "ns.one.example.", &[]);
    let run = run(&start(tld, Vec::new()), &["www.one.example", "A"]);
    assert!(
        run.ids().contains(&"dns/delegation-loop"),
        "{:?}",
        run.ids()
    );
}

#[test]
fn a_thousand_aliases_are_not_followed() {
    let chain = (0..1_000).fold(shop(), |zone, link| {
        let name = |link| format!("a{link}.shop.example.");
        zone.alias(&name(link), &name(link + 1))
    });
    let world = start(tld(), vec![server(ZONE, &[chain], Serve)]);
    assert_eq!(
        run(&world, &["a0.shop.example", "A"]).ids(),
        ["dns/alias-loop"]
    );
    let at_once = forged(|asked, mut message, carrier| {
        let kind = asked.queries.first().map(|query| query.query_type);
        let link = |link: u32| Name::from_ascii(format!("a{link}.shop.example.")).unwrap();
        if kind == Some(RecordType::A) {
            message.metadata.response_code = ResponseCode::NoError;
            message.authorities.clear();
            message.answers = (0..1_000)
                .map(|number| {
                    let target = RData::CNAME(CNAME(link(number + 1)));
                    Record::from_rdata(link(number), 60, target)
                })
                .collect();
        }
        by_tcp(message, carrier)
    });
    let run = run(&at_once, &["a0.shop.example", "A"]);
    assert!(run.questions < 100, "{}", run.questions);
}

#[test]
fn signatures_and_keys_of_one_tag_are_not_all_tried() {
    let world = forged(|asked, mut message, carrier| {
        let kind = asked.queries.first().map(|query| query.query_type);
        let signature = message
            .answers
            .iter()
            .find_map(|record| match &record.data {
                RData::DNSSEC(DNSSECRData::RRSIG(signature)) => Some(signature.clone()),
                _ => None,
            });
        let Some(signature) = signature else {
            return by_tcp(message, carrier);
        };
        let name = message.answers[0].name.clone();
        message
            .answers
            .retain(|record| record.record_type() != RecordType::RRSIG);
        let many = if kind == Some(RecordType::DNSKEY) {
            200
        } else {
            500
        };
        for number in 0..many {
            let forged = RRSIG::from_sig(signature.input().clone(), bytes(number, 64));
            let data = RData::DNSSEC(DNSSECRData::RRSIG(forged));
            message
                .answers
                .push(Record::from_rdata(name.clone(), 300, data));
        }
        if kind == Some(RecordType::DNSKEY) {
            let keys = (0..400).map(|number| {
                let key = of_tag(number, signature.input().key_tag);
                let data = RData::DNSSEC(DNSSECRData::DNSKEY(key));
                Record::from_rdata(name.clone(), 300, data)
            });
            message.answers.extend(keys);
        }
        by_tcp(message, carrier)
    });
    let run = run(&world, &[HOST]);
    let large = run
        .steps()
        .filter(|step| step["size"].as_u64() > Some(40_000));
    assert!(large.count() >= 3, "they have come");
    assert_eq!(run.ids(), ["dns/limit-reached"]);
}

/// Bytes that differ from number to number.
fn bytes(number: u32, length: usize) -> Vec<u8> {
    let seed = number.wrapping_mul(2_654_435_761).to_be_bytes();
    (0u8..)
        .zip(seed.into_iter().cycle())
        .map(|(at, byte)| byte ^ at)
        .take(length)
        .collect()
}

/// A key with this tag: the tag is a sum, so that two bytes make it any.
fn of_tag(number: u32, tag: u16) -> DNSKEY {
    let with = |last: u16| {
        let public = [bytes(number, 62), last.to_be_bytes().to_vec()].concat();
        DNSKEY::new(
            true,
            false,
            false,
            PublicKeyBuf::new(public, Algorithm::ECDSAP256SHA256),
        )
    };
    let is = with(0).calculate_key_tag().unwrap();
    let wanted = tag.wrapping_sub(is);
    let near = (0..3).map(|carry| with(wanted.wrapping_sub(carry)));
    near.into_iter()
        .find(|key| key.calculate_key_tag().unwrap() == tag)
        .unwrap_or_else(|| with(wanted))
}

#[test]
fn a_parent_that_answers_for_the_root_is_not_believed() {
    let world = start_with_tld(|asked, mut message, carrier| {
        let root = Name::root();
        let is_own = asked
            .queries
            .first()
            .is_some_and(|query| query.name == Name::from_ascii("example.").unwrap());
        if !is_own {
            message.metadata.authoritative = true;
            message.answers.clear();
            message.authorities = vec![Record::from_rdata(
                root.clone(),
                300,
                RData::NS(NS(Name::from_ascii("evil.example.").unwrap())),
            )];
            message.additionals = vec![Record::from_rdata(
                Name::from_ascii("evil.example.").unwrap(),
                300,
                RData::A(A::new(203, 0, 113, 66)),
            )];
        }
        said(&message, carrier)
    });
    let run = run(&world, &[HOST]);
    assert_eq!(run.ids(), ["dns/all-servers-lame"]);
    let servers: Vec<&Value> = run.steps().map(|step| &step["server"]["address"]).collect();
    assert!(servers.iter().all(|address| **address != "203.0.113.66"));
}

/// A world whose TLD is forged.
fn start_with_tld(forge: fn(&Message, Message, Carrier) -> Forged) -> Running {
    let zone = server(ZONE, &[shop()], Serve);
    super::world::start_as(tld(), Forge(forge::Forge(forge)), vec![zone])
}

#[test]
fn a_record_of_bad_length_spoils_only_itself() {
    let world = forged(|asked, mut message, carrier| {
        let asked = asked.queries.first().unwrap();
        if asked.query_type != RecordType::A
            || !asked.name.to_lowercase().to_ascii().starts_with("www")
        {
            return said(&message, carrier);
        }
        message.additionals.push(Record::from_rdata(
            asked.name.clone(),
            60,
            RData::A(A::new(10, 11, 12, 13)),
        ));
        let mut wire = message.to_vec().unwrap();
        let at = wire
            .windows(4)
            .position(|four| four == [10, 11, 12, 13])
            .unwrap();
        wire[at - 1] = 3;
        wire.remove(at + 3);
        Forged::whole(wire, carrier)
    });
    let run = run(&world, &[HOST]);
    let broken = run
        .steps()
        .filter(|step| step["unreadable"].as_u64() > Some(0));
    assert!(broken.count() > 0);
    assert_eq!(
        run.report["dns"]["questions"][0]["answers"][0]["data"],
        "192.0.2.10"
    );
    assert_eq!(
        run.report["dns"]["questions"][0]["dnssec"]["status"],
        "secure"
    );
}

#[test]
fn twenty_five_hundred_iterations_are_not_done() {
    for iterations in [2_500, 10_000] {
        let hashed = shop().signed(|signing| {
            signing.denial = doorstep::demo::sign::Denial::Nsec3 {
                iterations,
                salt: vec![7; 32],
                opt_out: false,
            };
        });
        let world = start(tld(), vec![server(ZONE, &[hashed], Serve)]);
        let run = run(&world, &["a.b.c.d.e.f.g.h.nowhere.shop.example"]);
        assert_eq!(
            run.ids(),
            ["dns/name-not-found", "dns/nsec3-iterations-high"]
        );
    }
}

#[test]
fn what_a_run_costs_is_measured() {
    let run = run(&zone(Serve), &[HOST]);
    assert!(
        run.peak > 1024 || !cfg!(target_os = "linux"),
        "{} KiB",
        run.peak
    );
    assert!(run.questions > 5, "{}", run.questions);
}
