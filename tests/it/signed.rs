//! Signed zones of every kind: each answer proven, each absence proven, and no finding but those of the name itself.

use doorstep::demo::Behaviour::Serve;
use doorstep::demo::sign::{Denial, Signing};
use doorstep::demo::zone::ZoneData;
use hickory_proto::dnssec::Algorithm;

use super::world::{Running, ZONE, server, shop, start, tld};

/// Hashed names with a salt, and no additional iterations.
fn hashed(signing: &mut Signing, opt_out: bool) {
    signing.denial = Denial::Nsec3 {
        iterations: 0,
        salt: vec![0xab, 0xcd],
        opt_out,
    };
}

/// A zone with an alias, a wildcard, an empty non-terminal, and delegations with and without keys.
fn zone() -> ZoneData {
    shop()
        .alias("old.shop.example.", "www.shop.example.")
        .address("*.wild.shop.example.", "192.0.2.12")
        .address("deep.empty.shop.example.", "192.0.2.13")
        .delegate("signed.shop.example.", "ns1.shop.example.", &[])
        .delegate("unsigned.shop.example.", "ns1.shop.example.", &[])
}

/// A world with that zone, and a signed and an unsigned one below it on the same server.
fn world(change: impl Fn(&mut Signing)) -> Running {
    let below = |origin: &str| {
        ZoneData::new(origin, &["ns1.shop.example."])
            .address(&format!("www.{origin}"), "192.0.2.14")
    };
    let zones = [
        zone().signed(&change),
        below("signed.shop.example.").signed(&change),
        below("unsigned.shop.example.").unsigned(),
    ];
    start(tld().signed(change), vec![server(ZONE, &zones, Serve)])
}

/// Names and types with their outcome, and whether it is proven: with NSEC or plain NSEC3, and with opt-out.
const ASKED: [(&str, &str, &str, &str, &str); 15] = [
    ("www.shop.example", "A", "answer", "secure", "secure"),
    ("www.shop.example", "TXT", "nodata", "secure", "secure"),
    ("old.shop.example", "A", "answer", "secure", "secure"),
    (
        "nowhere.shop.example",
        "A",
        "nxdomain",
        "secure",
        "insecure",
    ),
    ("a.b.shop.example", "A", "nxdomain", "secure", "insecure"),
    ("x.www.shop.example", "A", "nxdomain", "secure", "insecure"),
    ("x.wild.shop.example", "A", "answer", "secure", "insecure"),
    ("y.x.wild.shop.example", "A", "answer", "secure", "insecure"),
    ("x.wild.shop.example", "TXT", "nodata", "secure", "insecure"),
    ("wild.shop.example", "A", "nodata", "secure", "secure"),
    ("empty.shop.example", "A", "nodata", "secure", "secure"),
    ("www.signed.shop.example", "A", "answer", "secure", "secure"),
    ("signed.shop.example", "DS", "answer", "secure", "secure"),
    (
        "www.unsigned.shop.example",
        "A",
        "answer",
        "insecure",
        "insecure",
    ),
    (
        "www.unsigned.shop.example",
        "TXT",
        "nodata",
        "insecure",
        "insecure",
    ),
];

fn hold(world: &Running, opt_out: bool) {
    for (name, kind, outcome, secure, with_opt_out) in ASKED {
        let (report, _) = world.report(&[name, kind]);
        let question = &report["dns"]["questions"][0];
        let status = if opt_out { with_opt_out } else { secure };
        let found = (&question["outcome"], &question["dnssec"]["status"]);
        assert_eq!(found, (&outcome.into(), &status.into()), "{name} {kind}");
        let findings = report["findings"].as_array().unwrap();
        let about_proofs = |id: &str| {
            ["signature", "denial", "signed", "ds-"]
                .iter()
                .any(|of| id.contains(of))
        };
        let flawed = findings
            .iter()
            .filter_map(|finding| finding["id"].as_str())
            .filter(|id| about_proofs(id) && *id != "dns/not-signed");
        assert_eq!(flawed.count(), 0, "{name} {kind}: {findings:?}");
    }
}

#[test]
fn names_in_their_order_prove_what_is_not_there() {
    hold(&world(|_| ()), false);
}

#[test]
fn hashed_names_prove_what_is_not_there() {
    hold(&world(|signing| hashed(signing, false)), false);
}

#[test]
fn opt_out_leaves_room_for_zones_that_are_not_signed() {
    hold(&world(|signing| hashed(signing, true)), true);
}

#[test]
fn rsa_ecdsa_and_ed25519_are_verified() {
    for algorithm in [
        Algorithm::RSASHA256,
        Algorithm::RSASHA512,
        Algorithm::ECDSAP384SHA384,
        Algorithm::ED25519,
    ] {
        let world = world(|signing| signing.algorithm = algorithm);
        let (report, _) = world.report(&["www.signed.shop.example", "A"]);
        let question = &report["dns"]["questions"][0];
        assert_eq!(question["dnssec"]["status"], "secure", "{algorithm}");
        let zones = report["dns"]["zones"].as_array().unwrap();
        let key = &zones.last().unwrap()["dnssec"]["keys"][0];
        assert_eq!(key["algorithm"], u8::from(algorithm));
    }
}
