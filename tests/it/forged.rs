//! Servers of signed zones that change what was signed: nothing of theirs counts as proven.

use doorstep::demo::Behaviour::{Forge, Serve};
use doorstep::demo::forge::{self, Carrier, Forged};
use hickory_proto::dnssec::Algorithm;
use hickory_proto::dnssec::rdata::{DNSSECRData, NSEC, RRSIG, SigInput};
use hickory_proto::op::Message;
use hickory_proto::rr::rdata::{A, CNAME};
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType, SerialNumber};
use serde_json::Value;

use doorstep::demo::zone::ZoneData;

use super::world::{Running, SECOND, TLD, ZONE, server, shop, start, start_as, start_shared, tld};

type Change = fn(&Message, Message, Carrier) -> Forged;

fn name(text: &str) -> Name {
    Name::from_ascii(text).unwrap()
}

fn said(message: &Message, carrier: Carrier) -> Forged {
    Forged::whole(message.to_vec().unwrap_or_default(), carrier)
}

/// The zone on one server that changes its answers.
fn zone(change: Change) -> Running {
    let forging = Forge(forge::Forge(change));
    start(tld(), vec![server(ZONE, &[shop()], forging)])
}

/// The zone on one server, below a TLD that changes its answers.
fn below(change: Change) -> Running {
    let forging = Forge(forge::Forge(change));
    start_as(tld(), forging, vec![server(ZONE, &[shop()], Serve)])
}

/// The zone with an alias on two servers, of which the first changes its answers, and the other is slower.
fn beside(change: Change) -> Running {
    let forging = Forge(forge::Forge(change));
    let zone = || {
        shop()
            .alias("old.shop.example.", "www.shop.example.")
            .served_by("ns2.shop.example.")
            .address("ns2.shop.example.", SECOND)
    };
    let tld = tld().delegate("shop.example.", "ns2.shop.example.", &[SECOND]);
    let servers = vec![
        server(ZONE, &[zone()], forging),
        server(SECOND, &[zone()], Serve),
    ];
    start(tld, servers)
}

/// The only question of a run, and its status.
fn asked(world: &Running, arguments: &[&str]) -> (Value, String) {
    let (report, _) = world.report(arguments);
    let question = report["dns"]["questions"][0].clone();
    let status = question["dnssec"]["status"].as_str().unwrap().to_owned();
    (question, status)
}

fn is_about(asked: &Message, owner: &str, kind: RecordType) -> bool {
    let query = asked.queries.first().unwrap();
    query.name == name(owner) && query.query_type == kind
}

/// A signature that nobody made, in the name of `signer`.
fn signature(owner: &str, covered: RecordType, signer: &str) -> Record {
    let input = SigInput {
        type_covered: covered,
        algorithm: Algorithm::ECDSAP256SHA256,
        num_labels: name(owner).num_labels(),
        original_ttl: 60,
        sig_expiration: SerialNumber::new(u32::MAX / 2 + 1_900_000_000 / 2),
        sig_inception: SerialNumber::new(1_600_000_000),
        key_tag: 12_345,
        signer_name: name(signer),
    };
    let data = DNSSECRData::RRSIG(RRSIG::from_sig(input, vec![7; 64]));
    Record::from_rdata(name(owner), 60, RData::DNSSEC(data))
}

/// A denial that nobody signed, with a signature in the name of the zone itself.
fn own_denial(message: &mut Message) {
    let denial = NSEC::new(name("www.shop.example."), [RecordType::NS]);
    let data = RData::DNSSEC(DNSSECRData::NSEC(denial));
    message
        .authorities
        .retain(|record| record.record_type() == RecordType::NS);
    let apex = name("shop.example.");
    message.authorities.push(Record::from_rdata(apex, 60, data));
    let signed = signature("shop.example.", RecordType::NSEC, "shop.example.");
    message.authorities.push(signed);
}

#[test]
fn a_zone_does_not_speak_for_its_own_delegation() {
    let world = below(|asked, mut message, carrier| {
        let of_zone = |record: &Record| record.name == name("shop.example.");
        if message.authorities.iter().any(of_zone)
            || is_about(asked, "shop.example.", RecordType::DS)
        {
            message.answers.clear();
            own_denial(&mut message);
        }
        said(&message, carrier)
    });
    let (question, status) = asked(&world, &["www.shop.example", "A"]);
    assert_eq!(question["outcome"], "answer");
    assert!(
        !["secure", "insecure"].contains(&status.as_str()),
        "{status}"
    );
}

#[test]
fn an_alias_at_a_cut_in_the_name_of_the_zone_below_is_none() {
    let world = below(|asked, mut message, carrier| {
        let of_zone = |record: &Record| record.name == name("shop.example.");
        if is_about(asked, "shop.example.", RecordType::DS) {
            let data = RData::CNAME(CNAME(name("example.")));
            message.answers = vec![
                Record::from_rdata(name("shop.example."), 60, data),
                signature("shop.example.", RecordType::CNAME, "shop.example."),
            ];
        } else if message.authorities.iter().any(of_zone) {
            message
                .authorities
                .retain(|record| record.record_type() == RecordType::NS);
        }
        said(&message, carrier)
    });
    let (_, status) = asked(&world, &["www.shop.example", "A"]);
    assert!(
        !["secure", "insecure"].contains(&status.as_str()),
        "{status}"
    );
}

#[test]
fn signatures_without_what_they_sign_prove_nothing() {
    let world = zone(|asked, mut message, carrier| {
        if is_about(asked, "www.shop.example.", RecordType::ANY) {
            message.answers = vec![signature(
                "www.shop.example.",
                RecordType::A,
                "shop.example.",
            )];
        }
        said(&message, carrier)
    });
    let (_, status) = asked(&world, &["www.shop.example", "ANY"]);
    assert_ne!(status, "secure");
}

#[test]
fn records_of_another_class_are_no_part_of_a_set() {
    let world = zone(|_, mut message, carrier| {
        let owner = name("www.shop.example.");
        if message
            .answers
            .iter()
            .any(|record| record.record_type() == RecordType::A)
        {
            let mut other = Record::from_rdata(owner, 60, RData::A(A::new(192, 0, 2, 66)));
            other.dns_class = DNSClass::CH;
            message.answers.insert(0, other);
        }
        said(&message, carrier)
    });
    let (question, status) = asked(&world, &["www.shop.example", "A"]);
    let answers = question["answers"].as_array().unwrap();
    assert_eq!((answers.len(), status.as_str()), (1, "secure"));
    assert_eq!(answers[0]["data"], "192.0.2.10");
}

#[test]
fn what_one_server_proves_does_not_count_for_what_another_says() {
    let address: Change = |asked, mut message, carrier| {
        if is_about(asked, "old.shop.example.", RecordType::A) {
            let data = RData::A(A::new(192, 0, 2, 66));
            message.answers = vec![Record::from_rdata(name("old.shop.example."), 60, data)];
        }
        said(&message, carrier)
    };
    let alias: Change = |asked, mut message, carrier| {
        if is_about(asked, "old.shop.example.", RecordType::A) {
            let data = RData::CNAME(CNAME(name("ns1.shop.example.")));
            message.answers = vec![Record::from_rdata(name("old.shop.example."), 60, data)];
        }
        said(&message, carrier)
    };
    for change in [address, alias] {
        let (question, status) = asked(&beside(change), &["old.shop.example", "A"]);
        let last = question["answers"]
            .as_array()
            .unwrap()
            .last()
            .unwrap()
            .clone();
        let honest = last["data"] == "192.0.2.10";
        assert!(
            honest || status == "bogus",
            "{status}: {}",
            question["answers"]
        );
    }
}

#[test]
fn a_zone_below_a_hidden_one_without_keys_is_insecure() {
    // The server of the TLD has `shop.example` too, unsigned, and does not show it when asked for less than the whole name.
    let world = start_hidden(|asked, mut message, carrier| {
        let minimised = is_about(asked, "shop.example.", RecordType::A);
        if minimised {
            message.metadata.response_code = hickory_proto::op::ResponseCode::Refused;
            message.authorities.clear();
        }
        said(&message, carrier)
    });
    let (question, status) = asked(&world, &["www.deep.shop.example", "A"]);
    assert_eq!(
        (question["outcome"].as_str(), status.as_str()),
        (Some("answer"), "insecure")
    );
}

fn start_hidden(change: Change) -> Running {
    let middle = || {
        ZoneData::new("shop.example.", &["ns.nic.example."])
            .delegate("deep.shop.example.", "ns1.shop.example.", &[ZONE])
            .unsigned()
    };
    let deep = ZoneData::new("deep.shop.example.", &["ns1.shop.example."])
        .address("www.deep.shop.example.", "192.0.2.10")
        .unsigned();
    let tld = ZoneData::new("example.", &["ns.nic.example."])
        .address("ns.nic.example.", TLD)
        .delegate("shop.example.", "ns.nic.example.", &[]);
    start_shared(
        &[tld, middle()],
        Forge(forge::Forge(change)),
        vec![server(ZONE, &[deep], Serve)],
    )
}

#[test]
fn the_same_record_twice_is_one() {
    let world = zone(|_, mut message, carrier| {
        message.answers.extend(message.answers.clone());
        said(&message, carrier)
    });
    let (question, status) = asked(&world, &["www.shop.example", "A"]);
    let answers = question["answers"].as_array().unwrap();
    assert_eq!((answers.len(), status.as_str()), (1, "secure"));
}

#[test]
fn what_a_server_says_as_a_resolver_does_is_as_good_as_it_is_signed() {
    let world = zone(|_, mut message, carrier| {
        message.metadata.authoritative = false;
        message.metadata.recursion_available = true;
        said(&message, carrier)
    });
    for (name, outcome) in [
        ("www.shop.example", "answer"),
        ("nowhere.shop.example", "nxdomain"),
        ("shop.example", "nodata"),
    ] {
        let (question, status) = asked(&world, &[name, "A"]);
        let found = (question["outcome"].as_str(), status.as_str());
        assert_eq!(found, (Some(outcome), "secure"), "{name}");
    }
}
