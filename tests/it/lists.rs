//! Revocation lists by form and scope (RFC 5280 §5): what cannot be used says nothing, and what is only odd is told.

use rcgen::{CustomExtension, SerialNumber, SigningKey};
use serde_json::Value;

use crate::certificates::{World, ids};
use crate::pki::{Authority, element, server};

/// The serial number of the leaf.
const SERIAL: &[u8] = &[0x4d, 0x2a];
const ECDSA: &[u8] = b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02";
const LONGER: &[u8] = b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03";

/// A list before it is signed.
struct List {
    version: Vec<u8>,
    algorithm: &'static [u8],
    this_update: Vec<u8>,
    entries: Option<Vec<Vec<u8>>>,
    extensions: Vec<Vec<u8>>,
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    element(0x30, &parts.concat())
}

/// An extension 2.5.29.x.
fn extension(last: u8, critical: bool, value: &[u8]) -> Vec<u8> {
    let id = element(0x06, &[0x55, 0x1d, last]);
    let critical = if critical {
        element(0x01, &[0xff])
    } else {
        Vec::new()
    };
    sequence(&[id, critical, element(0x04, value)])
}

/// An entry for the leaf, with these extensions.
fn entry(extensions: &[Vec<u8>]) -> Vec<u8> {
    let serial = element(0x02, SERIAL);
    let extensions = if extensions.is_empty() {
        Vec::new()
    } else {
        sequence(extensions)
    };
    sequence(&[serial, element(0x17, b"261101000000Z"), extensions])
}

fn number() -> Vec<u8> {
    extension(20, false, &element(0x02, &[1]))
}

/// The issuing distribution point with these fields.
fn point(fields: &[Vec<u8>]) -> Vec<u8> {
    extension(28, true, &sequence(fields))
}

/// A full name of one URI, as distribution points have it.
fn place(url: &str) -> Vec<u8> {
    element(0xa0, &element(0xa0, &element(0x86, url.as_bytes())))
}

impl List {
    fn signed(&self, by: &Authority) -> Vec<u8> {
        let (_, issuer) = x509_parser::parse_x509_certificate(by.certificate.der()).unwrap();
        let entries = self.entries.as_ref();
        let extensions = if self.extensions.is_empty() {
            Vec::new()
        } else {
            element(0xa0, &sequence(&self.extensions))
        };
        let body = sequence(&[
            self.version.clone(),
            self.algorithm.to_vec(),
            issuer.subject().as_raw().to_vec(),
            self.this_update.clone(),
            element(0x17, b"261224000000Z"),
            entries.map(|all| sequence(all)).unwrap_or_default(),
            extensions,
        ]);
        let signature = [vec![0], by.key.sign(&body).unwrap()].concat();
        sequence(&[body, ECDSA.to_vec(), element(0x03, &signature)])
    }
}

/// What a list comes to that is good but for a change, for a leaf of these extensions: the status, why it cannot be used, and the
/// rules that it breaks.
fn judged_for(
    leaf: Vec<CustomExtension>,
    change: impl FnOnce(&mut List),
) -> (String, String, Vec<String>) {
    let world = World::new();
    let mut list = List {
        version: element(0x02, &[1]),
        algorithm: ECDSA,
        this_update: element(0x17, b"261101000000Z"),
        entries: None,
        extensions: vec![number(), key_id(&world.below)],
    };
    change(&mut list);
    let file = world.directory.path().join("list.der");
    std::fs::write(&file, list.signed(&world.below)).unwrap();
    let mut params = server();
    params.custom_extensions = leaf;
    let leaf = world.below.issue(&params).certificate.pem();
    let chain = [leaf, world.below.certificate.pem()];
    let report = world.report(&chain, &["--crl", file.to_str().unwrap()]);
    let endpoint = &report["tls"]["endpoints"][0];
    let revocation = &endpoint["revocation"];
    let departures = endpoint["trust"]["departures"].as_array().unwrap();
    let rules = departures
        .iter()
        .map(|own| own["rule"].as_str().unwrap().to_owned());
    let fault = &revocation["unusable"][0]["fault"];
    let clause = fault["clause"].as_str().unwrap_or_default();
    let fault = fault["kind"]
        .as_str()
        .or(fault["name"].as_str())
        .unwrap_or_default();
    (
        revocation["status"].as_str().unwrap().to_owned(),
        format!("{fault} {clause}").trim().to_owned(),
        rules.collect(),
    )
}

fn judged(change: impl FnOnce(&mut List)) -> (String, String, Vec<String>) {
    judged_for(Vec::new(), change)
}

fn key_id(authority: &Authority) -> Vec<u8> {
    let (_, read) = x509_parser::parse_x509_certificate(authority.certificate.der()).unwrap();
    let own = read
        .extensions()
        .iter()
        .find_map(|extension| match extension.parsed_extension() {
            x509_parser::extensions::ParsedExtension::SubjectKeyIdentifier(id) => {
                Some(id.0.to_vec())
            }
            _ => None,
        });
    extension(35, false, &sequence(&[element(0x80, &own.unwrap())]))
}

fn good() -> (String, String, Vec<String>) {
    ("good".to_owned(), String::new(), Vec::new())
}

/// Unknown for this fault.
fn unusable(fault: &str) -> (String, String, Vec<String>) {
    ("unknown".to_owned(), fault.to_owned(), Vec::new())
}

/// Good, and this rule is broken.
fn odd(rule: &str) -> (String, String, Vec<String>) {
    ("good".to_owned(), String::new(), vec![rule.to_owned()])
}

#[test]
fn a_list_in_order_tells_who_is_revoked_and_who_is_not() {
    assert_eq!(judged(|_| ()), good());
    let (status, _, rules) = judged(|list| list.entries = Some(vec![entry(&[])]));
    assert_eq!((status.as_str(), rules.len()), ("revoked", 0));
}

#[test]
fn a_list_of_another_form_cannot_be_used() {
    let differing = judged(|list| list.algorithm = LONGER);
    assert_eq!(differing, unusable("malformed 5.1.1.2"));
    let unversioned = judged(|list| list.version.clear());
    assert_eq!(unversioned, unusable("malformed 5.1.2.1"));
    let third = judged(|list| list.version = element(0x02, &[2]));
    assert_eq!(third, unusable("malformed 5.1.2.1"));
    let twice = judged(|list| list.extensions.push(number()));
    assert_eq!(twice, unusable("malformed 4.2"));
    // An indirect list's entry for somebody else: then nothing on it can be understood.
    let of_other = extension(29, true, &sequence(&[]));
    let other = judged(|list| list.entries = Some(vec![entry(&[of_other])]));
    assert_eq!(other, unusable("unknown-critical-extension"));
    let delta = extension(27, true, &element(0x02, &[1]));
    let delta = judged(|list| list.extensions.push(delta));
    assert_eq!(delta, unusable("unknown-critical-extension"));
}

#[test]
fn what_clients_pass_over_is_told() {
    assert_eq!(
        judged(|list| list.entries = Some(Vec::new())),
        odd("crl-entries-empty")
    );
    let late = judged(|list| list.this_update = element(0x18, b"20261101000000Z"));
    assert_eq!(late, odd("crl-time-encoding"));
    let negative =
        judged(|list| list.extensions[0] = extension(20, false, &element(0x02, &[0x80])));
    assert_eq!(negative, odd("crl-number-form"));
    let long = judged(|list| list.extensions[0] = extension(20, false, &element(0x02, &[1; 21])));
    assert_eq!(long, odd("crl-number-form"));
    let other = extension(35, false, &sequence(&[element(0x80, &[7; 20])]));
    assert_eq!(
        judged(|list| list.extensions[1] = other),
        odd("crl-key-id-differs")
    );
    let lifted = extension(21, false, &element(0x0a, &[8]));
    let lifted = judged(|list| list.entries = Some(vec![entry(&[lifted])]));
    assert_eq!(lifted, odd("crl-reason-of-delta"));
}

#[test]
fn a_list_speaks_of_those_in_its_scope() {
    let yes = |tag: u8| element(tag, &[0xff]);
    assert_eq!(
        judged(|list| list.extensions.push(point(&[yes(0x81)]))),
        good()
    );
    // Of authorities alone, or of attributes: this certificate is not concerned.
    for tag in [0x82, 0x85] {
        let (status, fault, _) = judged(|list| list.extensions.push(point(&[yes(tag)])));
        assert_eq!((status.as_str(), fault.as_str()), ("unchecked", ""));
    }
    let both = judged(|list| list.extensions.push(point(&[yes(0x81), yes(0x82)])));
    assert_ne!(both.0, "good");
    assert_eq!(
        judged(|list| list.extensions.push(point(&[]))),
        odd("crl-point-empty")
    );
    let indirect = judged(|list| list.extensions.push(point(&[yes(0x84)])));
    assert_eq!(indirect, unusable("not-whole"));
    let some = || point(&[element(0x83, &[1, 0x40])]);
    assert_eq!(
        judged(|list| list.extensions.push(some())),
        unusable("not-whole")
    );
    // What stands on it is revoked all the same.
    let (status, ..) = judged(|list| {
        list.entries = Some(vec![entry(&[])]);
        list.extensions.push(some());
    });
    assert_eq!(status, "revoked");
}

#[test]
fn a_piece_of_a_list_is_of_those_that_look_there() {
    let looking = |url: &str| {
        let points = sequence(&[sequence(&[place(url)])]);
        vec![CustomExtension::from_oid_content(&[2, 5, 29, 31], points)]
    };
    let piece = |list: &mut List| {
        list.extensions
            .push(point(&[place("http://lists.example/1")]))
    };
    assert_eq!(
        judged_for(looking("http://lists.example/1"), piece).0,
        "good"
    );
    assert_eq!(
        judged_for(looking("http://lists.example/2"), piece).0,
        "unchecked"
    );
    assert_eq!(judged(piece).0, "good");
}

#[test]
fn a_list_that_cannot_be_read_does_not_hide_the_rest() {
    let world = World::new();
    let leaf = world.below.issue(&server()).certificate.pem();
    let chain = [leaf, world.below.certificate.pem()];
    let broken = "-----BEGIN X509 CRL-----\nMAMCAQE=\n-----END X509 CRL-----\n";
    let with = |text: &str| -> Value {
        let list = world.write("list.pem", text);
        world.report(&chain, &["--crl", &list])
    };
    let alone = with(broken);
    assert_eq!(ids(&alone), ["tls/crl-unusable"]);
    let whole = world.below.list(&[SERIAL], 10).pem().unwrap();
    let both = with(&[broken, &whole].concat());
    assert_eq!(ids(&both), ["tls/revoked", "tls/crl-unusable"]);
}

#[test]
fn of_an_authority_that_was_certified_twice_the_revoked_certificate_does_not_count() {
    let world = World::new();
    let leaf = world.below.issue(&server()).certificate.pem();
    let again = |serial: &[u8]| {
        let mut params = world.below.params.clone();
        params.serial_number = Some(SerialNumber::from(serial.to_vec()));
        let twin = params.signed_by(&world.below.key, &world.root.issuer());
        twin.unwrap().pem()
    };
    let (revoked, sound) = (again(&[0x11]), again(&[0x12]));
    let list = world.root.list(&[&[0x11]], 10).pem().unwrap();
    let list = world.write("list.pem", &list);
    let with = |above: &[&String]| {
        let above = above.iter().map(|own| (*own).clone());
        let chain: Vec<String> = std::iter::once(leaf.clone()).chain(above).collect();
        let report = world.report(&chain, &["--crl", &list]);
        ids(&report).contains(&"tls/revoked")
    };
    assert!(with(&[&revoked]));
    assert!(!with(&[&sound]));
    assert!(!with(&[&revoked, &sound]) && !with(&[&sound, &revoked]));
}
