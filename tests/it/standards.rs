//! What RFC 5280, RFC 9525 and the Baseline Requirements say of certificates, as a table: one departure a case, by the command
//! line, and what must be said of it.

use assert_cmd::Command;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose, SanType, SerialNumber, SigningKey,
};
use serde_json::Value;

use crate::pki::{Authority, MOMENT, access, authority, element, server};

/// A chain before it is signed, and what is done to the bytes that are signed.
struct Case {
    root: CertificateParams,
    below: CertificateParams,
    leaf: CertificateParams,
    patch: Option<fn(Vec<u8>) -> Vec<u8>>,
    name: &'static str,
}

/// What must come of it.
enum Verdict {
    Good,
    /// Not trusted, or not for the name, for this reason.
    Refused(&'static str),
    /// Trusted, and this rule is broken.
    Departs(&'static str),
}
use Verdict::{Departs, Good, Refused};

impl Case {
    fn report(&self) -> Value {
        let root = Authority::root(self.root.clone());
        let below = root.below(self.below.clone());
        let leaf = below.issue(&self.leaf).certificate.der().to_vec();
        let leaf = match self.patch {
            Some(patch) => resigned(&leaf, patch, &below),
            None => leaf,
        };
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        let chain = [&leaf[..], below.certificate.der()].concat();
        std::fs::write(path("chain.der"), chain).unwrap();
        std::fs::write(path("root.pem"), root.certificate.pem()).unwrap();
        let mut command = Command::cargo_bin("doorstep").unwrap();
        command
            .env_clear()
            .args(["tlscheck", "--no-config", "--json"]);
        command.args(["--name", self.name, "--at", &format!("@{MOMENT}")]);
        command.arg("--trust").arg(path("root.pem"));
        command.arg("--pem").arg(path("chain.der"));
        let output = command.output().unwrap();
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
    }
}

/// Changes what is signed, and signs it again.
fn resigned(der: &[u8], patch: fn(Vec<u8>) -> Vec<u8>, issuer: &Authority) -> Vec<u8> {
    let (rest, _) = head(der);
    let (_, length) = head(&der[rest..]);
    let body = patch(der[rest..rest + length].to_vec());
    let algorithm = element(0x30, b"\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02");
    let signature = [vec![0], issuer.key.sign(&body).unwrap()].concat();
    element(0x30, &[body, algorithm, element(0x03, &signature)].concat())
}

/// Length of the head, and of the whole element.
fn head(der: &[u8]) -> (usize, usize) {
    match der[1] {
        0x82 => (4, 4 + usize::from(u16::from_be_bytes([der[2], der[3]]))),
        0x81 => (3, 3 + usize::from(der[2])),
        short => (2, 2 + usize::from(short)),
    }
}

/// Replaces the only place of these bytes by others, and keeps the lengths around it when they are as long.
fn replaced(mut body: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = body
        .windows(from.len())
        .position(|own| own == from)
        .unwrap();
    body.splice(at..at + from.len(), to.iter().copied());
    let (start, _) = head(&body);
    element(0x30, &body[start..])
}

fn extension(oid: &[u64], critical: bool, content: Vec<u8>) -> CustomExtension {
    let mut extension = CustomExtension::from_oid_content(oid, content);
    extension.set_criticality(critical);
    extension
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    element(0x30, &parts.concat())
}

/// Alternative names of these kinds.
fn names(of: &[(u8, &[u8])]) -> CustomExtension {
    let names: Vec<Vec<u8>> = of.iter().map(|(tag, bytes)| element(*tag, bytes)).collect();
    extension(&[2, 5, 29, 17], false, sequence(&names))
}

/// Name constraints with these permitted and excluded bases.
fn constraints(permitted: &[(u8, &[u8])], excluded: &[(u8, &[u8])]) -> CustomExtension {
    let subtrees = |tag: u8, of: &[(u8, &[u8])]| {
        let bases = of
            .iter()
            .map(|(tag, bytes)| sequence(&[element(*tag, bytes)]));
        let bases: Vec<Vec<u8>> = bases.collect();
        if bases.is_empty() {
            Vec::new()
        } else {
            element(tag, &bases.concat())
        }
    };
    let content = sequence(&[subtrees(0xa0, permitted), subtrees(0xa1, excluded)]);
    extension(&[2, 5, 29, 30], true, content)
}

const DNS: u8 = 0x82;
const EMAIL: u8 = 0x81;
const URI: u8 = 0x86;
const IP: u8 = 0x87;
const DIRECTORY: u8 = 0xa4;

/// A name of one common name.
fn directory(text: &str) -> Vec<u8> {
    let value = element(0x0c, text.as_bytes());
    let attribute = sequence(&[element(0x06, &[0x55, 4, 3]), value]);
    sequence(&[element(0x31, &attribute)])
}

fn case(change: impl FnOnce(&mut Case)) -> Case {
    let mut case = Case {
        root: authority("Root"),
        below: authority("Below"),
        leaf: server(),
        patch: None,
        name: "shop.example",
    };
    change(&mut case);
    case
}

/// A leaf with these alternative names.
fn named(of: &[(u8, &[u8])]) -> Case {
    let names = names(of);
    case(|own| {
        own.leaf.subject_alt_names.clear();
        own.leaf.custom_extensions.push(names);
    })
}

/// The same, asked for another name.
fn asked(name: &'static str, of: &[(u8, &[u8])]) -> Case {
    let mut case = named(of);
    case.leaf.distinguished_name = DistinguishedName::new();
    case.leaf
        .distinguished_name
        .push(DnType::OrganizationName, "Shop");
    case.name = name;
    case
}

/// An authority limited to some names, above a leaf with the usual name and these others.
fn limited(by: CustomExtension, more: &[(u8, &[u8])]) -> Case {
    let all = [&[(DNS, &b"shop.example"[..])], more].concat();
    let mut case = named(&all);
    case.below.custom_extensions.push(by);
    case
}

/// An authority and a leaf with these extensions.
fn with(below: Vec<CustomExtension>, leaf: Vec<CustomExtension>) -> Case {
    case(|own| {
        own.below.custom_extensions = below;
        own.leaf.custom_extensions = leaf;
    })
}

/// Certificate policies 1.2.x; 0 is any policy.
fn policies(of: &[u8]) -> CustomExtension {
    let each = of.iter().map(|last| sequence(&[policy(*last)]));
    extension(&[2, 5, 29, 32], false, sequence(&each.collect::<Vec<_>>()))
}

fn policy(last: u8) -> Vec<u8> {
    match last {
        0 => element(0x06, &[0x55, 0x1d, 0x20, 0]),
        last => element(0x06, &[0x2a, last]),
    }
}

/// Policy constraints: `[0]` explicit policy, `[1]` no mapping, after so many certificates.
fn demands(tag: u8, after: u8) -> CustomExtension {
    extension(&[2, 5, 29, 36], true, sequence(&[element(tag, &[after])]))
}

fn mapping(from: u8, to: u8) -> CustomExtension {
    let pair = sequence(&[policy(from), policy(to)]);
    extension(&[2, 5, 29, 33], true, sequence(&[pair]))
}

fn check(cases: Vec<(&str, Case, Verdict)>) {
    let mut wrong = Vec::new();
    for (what, case, verdict) in cases {
        let report = case.report();
        let endpoint = &report["tls"]["endpoints"][0];
        let trust = &endpoint["trust"];
        let trusted = trust["status"] == "trusted" && endpoint["name_matches"] == true;
        let said = format!(
            "{} {} {} name {}",
            trust["status"], trust["reasons"], trust["departures"], endpoint["name_matches"]
        );
        let fits = match verdict {
            Good => trusted && trust["departures"] == Value::Array(Vec::new()),
            Refused(reason) => !trusted && said.contains(reason),
            Departs(rule) => trusted && said.contains(&format!("\"{rule}\"")),
        };
        if !fits {
            wrong.push(format!("{what}: {said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn basic_fields() {
    check(vec![
        ("nothing is wrong", case(|_| {}), Good),
        (
            "serial 0",
            case(|own| own.leaf.serial_number = Some(SerialNumber::from(vec![0]))),
            Departs("serial-not-positive"),
        ),
        (
            "serial of 21 bytes",
            case(|own| own.leaf.serial_number = Some(SerialNumber::from(vec![0x11; 21]))),
            Departs("serial-too-long"),
        ),
        (
            "serial of 20 bytes",
            case(|own| own.leaf.serial_number = Some(SerialNumber::from(vec![0x11; 20]))),
            Good,
        ),
        (
            "negative serial",
            case(|own| {
                own.patch = Some(|body| replaced(body, &[2, 2, 0x4d, 0x2a], &[2, 2, 0x8d, 0x2a]))
            }),
            Departs("serial-not-positive"),
        ),
        (
            "version 1 with extensions",
            case(|own| own.patch = Some(|body| replaced(body, &[0xa0, 3, 2, 1, 2], &[]))),
            Departs("version-without-extensions"),
        ),
        (
            "version 1 written out",
            case(|own| {
                own.patch = Some(|body| replaced(body, &VERSION, &[0xa0, 3, 2, 1, 0]));
            }),
            Departs("default-encoded"),
        ),
        (
            "version 4",
            case(|own| {
                own.patch = Some(|body| replaced(body, &VERSION, &[0xa0, 3, 2, 1, 3]));
            }),
            Refused("unreadable"),
        ),
        (
            "a serial number of no bytes",
            case(|own| own.patch = Some(|body| replaced(body, &SERIAL, &[2, 0]))),
            Refused("unreadable"),
        ),
        (
            "a serial number with a zero before it",
            case(|own| own.patch = Some(|body| replaced(body, &SERIAL, &[2, 3, 0, 0x4d, 0x2a]))),
            Refused("unreadable"),
        ),
        (
            "extensions of a length that is not minimal",
            case(|own| own.patch = Some(|body| with_extensions(body, long))),
            Refused("unreadable"),
        ),
        (
            "an extension of a length that is not minimal",
            case(|own| {
                own.patch = Some(|body| {
                    with_extensions(body, |list| {
                        let (_, length) = head(&list[head(&list).0..]);
                        let (start, _) = head(&list);
                        let (first, rest) = list[start..].split_at(length);
                        element(0x30, &[&long(first.to_vec()), rest].concat())
                    })
                });
            }),
            Refused("unreadable"),
        ),
        (
            "version 2 with extensions",
            case(|own| {
                own.patch = Some(|body| replaced(body, &[0xa0, 3, 2, 1, 2], &[0xa0, 3, 2, 1, 1]))
            }),
            Departs("version-without-extensions"),
        ),
        (
            "another algorithm inside",
            case(|own| {
                own.patch = Some(|body| {
                    replaced(
                        body,
                        b"\x2a\x86\x48\xce\x3d\x04\x03\x02",
                        b"\x2a\x86\x48\xce\x3d\x04\x03\x03",
                    )
                })
            }),
            Refused("algorithms-differ"),
        ),
        (
            "GeneralizedTime before 2050",
            case(|own| own.patch = Some(generalized)),
            Departs("time-encoding"),
        ),
        (
            "an empty subject, names not critical",
            asked("shop.example", &[(DNS, b"shop.example")]).without_subject(),
            Departs("alternative-name-not-critical"),
        ),
        (
            "an authority without subject",
            case(|own| own.below.distinguished_name = DistinguishedName::new()),
            Departs("authority-without-subject"),
        ),
    ]);
}

impl Case {
    fn without_subject(mut self) -> Self {
        self.leaf.distinguished_name = DistinguishedName::new();
        self
    }
}

/// Version 3 in the body of a certificate.
const VERSION: [u8; 5] = [0xa0, 3, 2, 1, 2];
/// The serial number that every leaf has here.
const SERIAL: [u8; 4] = [2, 2, 0x4d, 0x2a];

/// Another list of extensions in the body of a certificate.
fn with_extensions(body: Vec<u8>, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Vec<u8> {
    let at = (0..body.len())
        .find(|at| body[*at] == 0xa3 && *at + head(&body[*at..]).1 == body.len())
        .unwrap();
    let (start, _) = head(&body[at..]);
    let list = element(0xa3, &change(body[at + start..].to_vec()));
    let (before, _) = head(&body);
    element(0x30, &[&body[before..at], &list].concat())
}

/// An element with one byte of length more than it needs.
fn long(element: Vec<u8>) -> Vec<u8> {
    let (start, length) = head(&element);
    let size = u32::try_from(length - start).unwrap().to_be_bytes();
    [&[element[0], 0x84][..], &size, &element[start..]].concat()
}

/// The first UTCTime, 13 characters, becomes a GeneralizedTime of the same moment.
fn generalized(body: Vec<u8>) -> Vec<u8> {
    let at = body.windows(2).position(|own| own == [0x17, 13]).unwrap();
    let validity = at - 2;
    let mut time = vec![0x18, 15, b'2', b'0'];
    time.extend(&body[at + 2..at + 15]);
    let rest = &body[at + 15..validity + 2 + usize::from(body[validity + 1])];
    let longer = element(0x30, &[&time[..], rest].concat());
    let whole = body[validity..validity + 2 + usize::from(body[validity + 1])].to_vec();
    replaced(body, &whole, &longer)
}

#[test]
fn extensions() {
    let unknown = |critical| extension(&[1, 2, 3, 4], critical, vec![0x05, 0]);
    let twice = || {
        vec![
            access(1, "http://ca.example/"),
            access(1, "http://ca.example/"),
        ]
    };
    let key_id = |critical, content| extension(&[2, 5, 29, 35], critical, content);
    check(vec![
        ("unknown", with(vec![], vec![unknown(false)]), Good),
        (
            "unknown and critical",
            with(vec![], vec![unknown(true)]),
            Refused("unknown-critical-extension"),
        ),
        (
            "unknown and critical above",
            with(vec![unknown(true)], vec![]),
            Refused("unknown-critical-extension"),
        ),
        (
            "unknown and critical in the root",
            case(|own| own.root.custom_extensions.push(unknown(true))),
            Refused("unknown-critical-extension"),
        ),
        (
            "one twice",
            with(vec![], twice()),
            Refused("extension-twice"),
        ),
        (
            "no authority key identifier",
            case(|own| own.leaf.use_authority_key_identifier_extension = false),
            Departs("authority-key-id-missing"),
        ),
        (
            "none in the middle",
            case(|own| own.below.use_authority_key_identifier_extension = false),
            Departs("authority-key-id-missing"),
        ),
        (
            "of another key",
            case(|own| {
                own.leaf.use_authority_key_identifier_extension = false;
                own.leaf
                    .custom_extensions
                    .push(key_id(false, sequence(&[element(0x80, &[1; 20])])));
            }),
            Departs("key-id-differs"),
        ),
        (
            "critical",
            case(|own| {
                own.leaf.use_authority_key_identifier_extension = false;
                own.leaf
                    .custom_extensions
                    .push(key_id(true, sequence(&[element(0x80, &[1; 20])])));
            }),
            Departs("authority-key-id-critical"),
        ),
        (
            "access critical",
            with(
                vec![],
                vec![extension(
                    &[1, 3, 6, 1, 5, 5, 7, 1, 1],
                    true,
                    sequence(&[sequence(&[
                        element(0x06, &[43, 6, 1, 5, 5, 7, 48, 1]),
                        element(URI, b"http://ca.example/"),
                    ])]),
                )],
            ),
            Departs("authority-access-critical"),
        ),
        (
            "policies critical",
            with(
                vec![],
                vec![extension(
                    &[2, 5, 29, 32],
                    true,
                    sequence(&[sequence(&[element(0x06, &[103, 129, 12, 1, 2, 1])])]),
                )],
            ),
            Departs("extension-of-leaf-critical"),
        ),
        (
            "access not by HTTP",
            with(vec![], vec![access(1, "ldap://ca.example/")]),
            Departs("authority-access-location"),
        ),
        (
            "no purposes",
            case(|own| own.leaf.extended_key_usages.clear()),
            Departs("purposes-missing"),
        ),
        (
            "empty purposes",
            case(|own| {
                own.leaf.extended_key_usages.clear();
                own.leaf
                    .custom_extensions
                    .push(extension(&[2, 5, 29, 37], false, vec![0x30, 0]));
            }),
            Refused(""),
        ),
        (
            "for clients",
            case(|own| own.leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth]),
            Refused("not-for-servers"),
        ),
        (
            "for anything",
            case(|own| own.leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::Any]),
            Refused("not-for-servers"),
        ),
        (
            "for servers and anything",
            case(|own| {
                let for_servers = &mut own.leaf.extended_key_usages;
                *for_servers = vec![
                    ExtendedKeyUsagePurpose::ServerAuth,
                    ExtendedKeyUsagePurpose::Any,
                ];
            }),
            Departs("purposes-not-for-servers"),
        ),
        (
            "an authority for anything",
            case(|own| own.below.extended_key_usages = vec![ExtendedKeyUsagePurpose::Any]),
            Refused("not-for-servers"),
        ),
        (
            "an authority for mail",
            case(|own| {
                own.below.extended_key_usages = vec![ExtendedKeyUsagePurpose::EmailProtection]
            }),
            Refused("not-for-servers"),
        ),
        (
            "purposes of a root",
            case(|own| own.root.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth]),
            Departs("purposes-on-root"),
        ),
        (
            "a leaf that may sign",
            case(|own| own.leaf.key_usages.push(KeyUsagePurpose::KeyCertSign)),
            Departs("certificate-sign-without-authority"),
        ),
        (
            "an authority without key usage",
            case(|own| own.below.key_usages.clear()),
            Departs("key-usage-missing"),
        ),
        (
            "an authority as leaf",
            case(|own| {
                own.leaf.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
                own.leaf.key_usages.push(KeyUsagePurpose::KeyCertSign);
            }),
            Departs("authority-as-leaf"),
        ),
        (
            "no authority",
            case(|own| own.below.is_ca = IsCa::ExplicitNoCa),
            Refused("not-an-authority"),
        ),
        (
            "no basic constraints",
            case(|own| own.below.is_ca = IsCa::NoCa),
            Refused("not-an-authority"),
        ),
        (
            "no path",
            case(|own| own.root.is_ca = IsCa::Ca(BasicConstraints::Constrained(0))),
            Refused("path-too-long"),
        ),
        (
            "one is enough",
            case(|own| own.root.is_ca = IsCa::Ca(BasicConstraints::Constrained(1))),
            Good,
        ),
    ]);
}

#[test]
fn names_of_servers() {
    check(vec![
        (
            "in capitals",
            named(&[(DNS, b"SHOP.example")]).nameless(),
            Good,
        ),
        (
            "a final dot",
            asked("shop.example", &[(DNS, b"shop.example.")]),
            Refused("name false"),
        ),
        (
            "the common name alone",
            case(|own| own.leaf.subject_alt_names.clear()),
            Refused("name false"),
        ),
        (
            "a common name that is no alternative name",
            named(&[(DNS, b"shop.example"), (DNS, b"x.example")]).common("y.example"),
            Departs("common-name-not-alternative"),
        ),
        (
            "a wildcard",
            asked("a.shop.example", &[(DNS, b"*.shop.example")]),
            Good,
        ),
        (
            "a wildcard for its parent",
            asked("shop.example", &[(DNS, b"*.shop.example")]),
            Refused("name false"),
        ),
        (
            "a wildcard over two labels",
            asked("a.b.shop.example", &[(DNS, b"*.shop.example")]),
            Refused("name false"),
        ),
        (
            "a wildcard within a label",
            asked("foo.shop.example", &[(DNS, b"f*.shop.example")]),
            Refused("name false"),
        ),
        (
            "a wildcard after a label",
            asked("a.b.example", &[(DNS, b"a.*.example")]),
            Refused("name false"),
        ),
        (
            "a wildcard within an A-label",
            asked(
                "xn--bliss-1b3c.shop.example",
                &[(DNS, b"xn--*-1b3c.shop.example")],
            ),
            Refused("name false"),
        ),
        (
            "a wildcard for an A-label",
            asked("xn--bcher-kva.shop.example", &[(DNS, b"*.shop.example")]),
            Good,
        ),
        (
            "two wildcards",
            asked("a.b.example", &[(DNS, b"*.*.example")]),
            Refused("name false"),
        ),
        (
            "a wildcard below a registry",
            asked("shop.co.uk", &[(DNS, b"*.co.uk")]),
            Refused("wildcard-below-registry"),
        ),
        (
            "a wildcard below the root",
            asked("example", &[(DNS, b"*")]),
            Refused("name false"),
        ),
        (
            "a U-label",
            asked(
                "xn--bcher-kva.example",
                &[(DNS, "b\u{fc}cher.example".as_bytes())],
            ),
            Refused("name false"),
        ),
        (
            "an A-label that is none",
            asked(
                "shop.example",
                &[(DNS, b"shop.example"), (DNS, b"xn--9.example")],
            ),
            Departs("alternative-name-label"),
        ),
        (
            "a label that is reserved",
            asked(
                "shop.example",
                &[(DNS, b"shop.example"), (DNS, b"ab--cd.example")],
            ),
            Departs("alternative-name-label"),
        ),
        (
            "an underscore",
            asked("a_b.example", &[(DNS, b"a_b.example")]),
            Departs("alternative-name-syntax"),
        ),
        (
            "a NUL",
            asked("shop.example", &[(DNS, b"shop.example\0.evil.example")]),
            Refused("alternative-name-syntax"),
        ),
        (
            "an empty name",
            asked("shop.example", &[(DNS, b"shop.example"), (DNS, b"")]),
            Departs("alternative-name-syntax"),
        ),
        (
            "an address",
            asked("192.0.2.1", &[(IP, &[192, 0, 2, 1])]),
            Good,
        ),
        (
            "an address as a name",
            asked("192.0.2.1", &[(DNS, b"192.0.2.1")]),
            Refused("name false"),
        ),
        (
            "an address as a name, beside",
            asked(
                "shop.example",
                &[(DNS, b"shop.example"), (DNS, b"192.0.2.1")],
            ),
            Departs("alternative-name-address"),
        ),
        (
            "an address of three bytes",
            asked("shop.example", &[(DNS, b"shop.example"), (IP, &[1, 2, 3])]),
            Departs("alternative-name-syntax"),
        ),
        (
            "no names at all",
            asked("shop.example", &[]),
            Refused("name false"),
        ),
        (
            "a mail address",
            asked(
                "shop.example",
                &[(DNS, b"shop.example"), (EMAIL, b"a@b.example")],
            ),
            Departs("alternative-name-kind"),
        ),
    ]);
}

impl Case {
    fn nameless(mut self) -> Self {
        self.leaf.distinguished_name = DistinguishedName::new();
        self.leaf
            .distinguished_name
            .push(DnType::OrganizationName, "Shop");
        self
    }

    fn common(mut self, name: &str) -> Self {
        self.leaf.distinguished_name = DistinguishedName::new();
        self.leaf.distinguished_name.push(DnType::CommonName, name);
        self
    }
}

#[test]
fn name_constraints() {
    let only = |tag, base: &'static [u8]| constraints(&[(tag, base)], &[]);
    let not = |tag, base: &'static [u8]| constraints(&[], &[(tag, base)]);
    let own: &[(u8, &[u8])] = &[(DNS, b"shop.example"), (DNS, b"example")];
    let mail = ("the mailbox", EMAIL);
    check(vec![
        (
            "its own name",
            limited(only(DNS, b"shop.example"), &[]),
            Good,
        ),
        ("its parent", limited(only(DNS, b"example"), &[]), Good),
        (
            "another",
            limited(only(DNS, b"other.example"), &[]),
            Refused("name-not-allowed"),
        ),
        (
            "half a label",
            limited(only(DNS, b"op.example"), &[]),
            Refused("name-not-allowed"),
        ),
        (
            "one name of two outside",
            limited(only(DNS, b"shop.example"), &[(DNS, b"other.example")]),
            Refused("name-not-allowed"),
        ),
        (
            "one of two bases",
            limited(constraints(own, &[]), &[]),
            Good,
        ),
        (
            "excluded",
            limited(not(DNS, b"shop.example"), &[]),
            Refused("name-not-allowed"),
        ),
        (
            "its parent excluded",
            limited(not(DNS, b"example"), &[]),
            Refused("name-not-allowed"),
        ),
        (
            "what is below it excluded",
            limited(not(DNS, b"a.shop.example"), &[]),
            Good,
        ),
        (
            "permitted and excluded",
            limited(
                constraints(&[(DNS, b"example")], &[(DNS, b"shop.example")]),
                &[],
            ),
            Refused("name-not-allowed"),
        ),
        (
            "a wildcard over an excluded name",
            limited(not(DNS, b"a.other.example"), &[(DNS, b"*.other.example")]),
            Refused("name-not-allowed"),
        ),
        (
            "a leading dot",
            limited(only(DNS, b".example"), &[]),
            Departs("name-constraints-leading-period"),
        ),
        (
            "a base with a wildcard",
            limited(only(DNS, b"*.example"), &[]),
            Refused("extension-unreadable"),
        ),
        (
            "a range of addresses",
            limited(
                only(IP, &[192, 0, 2, 0, 255, 255, 255, 0]),
                &[(IP, &[192, 0, 2, 7])],
            ),
            Good,
        ),
        (
            "an address outside",
            limited(
                only(IP, &[192, 0, 2, 0, 255, 255, 255, 0]),
                &[(IP, &[192, 0, 3, 7])],
            ),
            Refused("name-not-allowed"),
        ),
        (
            "an address of the other family",
            limited(
                only(IP, &[192, 0, 2, 0, 255, 255, 255, 0]),
                &[(IP, &[0; 16])],
            ),
            Refused("name-not-allowed"),
        ),
        (
            "an excluded address",
            limited(
                not(IP, &[192, 0, 2, 0, 255, 255, 255, 0]),
                &[(IP, &[192, 0, 2, 7])],
            ),
            Refused("name-not-allowed"),
        ),
        (
            "a mask with holes",
            limited(only(IP, &[192, 0, 2, 0, 255, 0, 255, 0]), &[]),
            Refused("extension-unreadable"),
        ),
        (
            "a range of five bytes",
            limited(only(IP, &[192, 0, 2, 0, 24]), &[]),
            Refused("extension-unreadable"),
        ),
        (
            mail.0,
            limited(only(mail.1, b"a@b.example"), &[(EMAIL, b"a@b.example")]),
            Departs("alternative-name-kind"),
        ),
        (
            "another mailbox",
            limited(only(EMAIL, b"a@b.example"), &[(EMAIL, b"c@b.example")]),
            Refused("name-not-allowed"),
        ),
        (
            "a mailbox of another host",
            limited(only(EMAIL, b"b.example"), &[(EMAIL, b"a@x.b.example")]),
            Refused("name-not-allowed"),
        ),
        (
            "a mailbox of a domain",
            limited(only(EMAIL, b".b.example"), &[(EMAIL, b"a@x.b.example")]),
            Departs("alternative-name-kind"),
        ),
        (
            "an excluded mailbox",
            limited(not(EMAIL, b"b.example"), &[(EMAIL, b"a@B.example")]),
            Refused("name-not-allowed"),
        ),
        (
            "a URI",
            limited(only(URI, b".b.example"), &[(URI, b"https://a.b.example/x")]),
            Departs("alternative-name-kind"),
        ),
        (
            "a URI of another host",
            limited(only(URI, b"b.example"), &[(URI, b"https://a.b.example/x")]),
            Refused("name-not-allowed"),
        ),
        (
            "a URI without host",
            limited(only(URI, b"b.example"), &[(URI, b"urn:a")]),
            Refused("name-not-allowed"),
        ),
        (
            "neither permitted nor excluded",
            limited(extension(&[2, 5, 29, 30], true, vec![0x30, 0]), &[]),
            Refused("extension-unreadable"),
        ),
        (
            "a minimum",
            limited(
                extension(
                    &[2, 5, 29, 30],
                    true,
                    sequence(&[element(
                        0xa0,
                        &sequence(&[element(DNS, b"example"), element(0x80, &[1])]),
                    )]),
                ),
                &[],
            ),
            Refused("extension-unreadable"),
        ),
        (
            "not critical",
            limited(
                extension(
                    &[2, 5, 29, 30],
                    false,
                    sequence(&[element(0xa0, &sequence(&[element(DNS, b"example")]))]),
                ),
                &[],
            ),
            Departs("name-constraints-not-critical"),
        ),
        (
            "on the leaf",
            case(|own| own.leaf.custom_extensions.push(only(DNS, b"example"))),
            Departs("name-constraints-on-leaf"),
        ),
        (
            "in the root",
            case(|own| own.root.custom_extensions.push(only(DNS, b"other.example"))),
            Refused("name-not-allowed"),
        ),
    ]);
}

#[test]
fn directory_names_under_constraints() {
    let only = |text: &str| constraints(&[(DIRECTORY, &directory(text))], &[]);
    let not = |text: &str| constraints(&[], &[(DIRECTORY, &directory(text))]);
    check(vec![
        ("the subject", limited(only("shop.example"), &[]), Good),
        ("in capitals", limited(only("SHOP.Example"), &[]), Good),
        (
            "another subject",
            limited(only("other"), &[]),
            Refused("name-not-allowed"),
        ),
        (
            "an excluded subject",
            limited(not("shop.example"), &[]),
            Refused("name-not-allowed"),
        ),
        ("another excluded", limited(not("other"), &[]), Good),
        (
            "an alternative name outside",
            limited(only("shop.example"), &[(DIRECTORY, &directory("other"))]),
            Refused("name-not-allowed"),
        ),
        (
            "an alternative name excluded",
            limited(not("other"), &[(DIRECTORY, &directory("other"))]),
            Refused("name-not-allowed"),
        ),
    ]);
}

#[test]
fn certificate_policies() {
    check(vec![
        (
            "nobody demands one",
            with(vec![policies(&[3])], vec![policies(&[4])]),
            Good,
        ),
        (
            "the demanded one",
            with(vec![policies(&[3]), demands(0x80, 0)], vec![policies(&[3])]),
            Good,
        ),
        (
            "another",
            with(vec![policies(&[3]), demands(0x80, 0)], vec![policies(&[4])]),
            Refused("no-valid-policy"),
        ),
        (
            "any",
            with(vec![policies(&[0]), demands(0x80, 0)], vec![policies(&[4])]),
            Good,
        ),
        (
            "any in the leaf",
            with(vec![policies(&[3]), demands(0x80, 0)], vec![policies(&[0])]),
            Good,
        ),
        (
            "any inhibited",
            with(
                vec![
                    policies(&[3]),
                    demands(0x80, 0),
                    extension(&[2, 5, 29, 54], true, vec![2, 1, 0]),
                ],
                vec![policies(&[0])],
            ),
            Refused("no-valid-policy"),
        ),
        (
            "demanded later than the leaf",
            with(vec![policies(&[3]), demands(0x80, 1)], vec![policies(&[4])]),
            Refused("no-valid-policy"),
        ),
        (
            "demanded by the leaf itself",
            with(vec![policies(&[3])], vec![policies(&[4]), demands(0x80, 0)]),
            Refused("no-valid-policy"),
        ),
        (
            "mapped",
            with(
                vec![policies(&[3]), demands(0x80, 0), mapping(3, 4)],
                vec![policies(&[4])],
            ),
            Good,
        ),
        (
            "mapped away",
            with(
                vec![policies(&[3]), demands(0x80, 0), mapping(3, 4)],
                vec![policies(&[3])],
            ),
            Refused("no-valid-policy"),
        ),
        (
            "any mapped",
            with(vec![policies(&[3]), mapping(0, 4)], vec![policies(&[4])]),
            Departs("any-policy-mapped"),
        ),
        (
            "constraints not critical",
            with(
                vec![
                    policies(&[3]),
                    extension(&[2, 5, 29, 36], false, sequence(&[element(0x80, &[0])])),
                ],
                vec![policies(&[3])],
            ),
            Departs("policy-constraints-not-critical"),
        ),
        (
            "a policy twice",
            with(vec![], vec![policies(&[3, 3])]),
            Departs("policy-twice"),
        ),
    ]);
}

/// The place of the SubjectPublicKeyInfo of a key on P-256.
const KEY: [u8; 4] = [0x30, 0x59, 0x30, 0x13];
/// The AlgorithmIdentifier of RSA.
const RSA: &[u8] = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";

/// The body with another SubjectPublicKeyInfo.
fn with_key(mut body: Vec<u8>, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Vec<u8> {
    let at = body.windows(4).position(|own| own == KEY).unwrap();
    let own: Vec<u8> = body.splice(at..at + 0x5b, []).collect();
    body.splice(at..at, change(own));
    let (start, _) = head(&body);
    element(0x30, &body[start..])
}

fn bits(content: &[u8]) -> Vec<u8> {
    element(0x03, &[&[0], content].concat())
}

/// A key of RSA with such a modulus and exponent.
fn rsa(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let numbers = sequence(&[element(0x02, modulus), element(0x02, exponent)]);
    sequence(&[RSA.to_vec(), bits(&numbers)])
}

/// 2048 bits, with these for the first and last bytes.
fn modulus(first: &[u8], last: u8) -> Vec<u8> {
    let mut modulus = [first, &[0x55; 256]].concat();
    modulus.truncate(first.len() + 255);
    *modulus.last_mut().unwrap() = last;
    modulus
}

fn patched(patch: fn(Vec<u8>) -> Vec<u8>) -> Case {
    case(|own| own.patch = Some(patch))
}

#[test]
fn keys_that_are_none() {
    let broken = || Refused("key-unreadable");
    check(vec![
        (
            "a point that is not on the curve",
            patched(|body| {
                with_key(body, |mut key| {
                    *key.last_mut().unwrap() ^= 1;
                    key
                })
            }),
            broken(),
        ),
        (
            "a hybrid point",
            patched(|body| {
                with_key(body, |mut key| {
                    let at = key.len() - 65;
                    key[at] = 6 | key[key.len() - 1] & 1;
                    key
                })
            }),
            broken(),
        ),
        (
            "an empty point",
            patched(|body| with_key(body, |key| sequence(&[key[2..23].to_vec(), bits(&[])]))),
            broken(),
        ),
        (
            "three elements",
            patched(|body| with_key(body, |key| element(0x30, &[&key[2..], &[5, 0]].concat()))),
            broken(),
        ),
        (
            "a good one of RSA, of which clients know by its use only",
            patched(|body| with_key(body, |_| rsa(&modulus(&[0, 0x80], 0x55), &[1, 0, 1]))),
            Good,
        ),
        (
            "bytes for RSA",
            patched(|body| with_key(body, |_| sequence(&[RSA.to_vec(), bits(b"garbage")]))),
            broken(),
        ),
        (
            "an even modulus",
            patched(|body| with_key(body, |_| rsa(&modulus(&[0, 0x80], 0x54), &[1, 0, 1]))),
            broken(),
        ),
        (
            "a negative modulus",
            patched(|body| with_key(body, |_| rsa(&modulus(&[0x80], 0x55), &[1, 0, 1]))),
            broken(),
        ),
        (
            "a compressed point",
            patched(|body| {
                with_key(body, |key| {
                    let at = key.len() - 65;
                    let sign = 2 | key[key.len() - 1] & 1;
                    let point = [&[sign], &key[at + 1..at + 33]].concat();
                    sequence(&[key[2..23].to_vec(), bits(&point)])
                })
            }),
            Refused("key-weak"),
        ),
        (
            "a key that agrees and does not sign",
            patched(|body| {
                with_key(body, |_| {
                    let x25519 = sequence(&[element(0x06, &[0x2b, 0x65, 0x6e])]);
                    sequence(&[x25519, bits(&[9; 32])])
                })
            }),
            Refused("key-weak"),
        ),
        (
            "RSA for PSS alone",
            patched(|body| {
                with_key(body, |_| {
                    let own = rsa(&modulus(&[0, 0x80], 0x55), &[1, 0, 1]);
                    let pss = sequence(&[element(0x06, b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a")]);
                    let (start, _) = head(&own);
                    sequence(&[pss, own[start + RSA.len()..].to_vec()])
                })
            }),
            Refused("key-weak"),
        ),
        (
            "an exponent of 34 bits",
            patched(|body| with_key(body, |_| rsa(&modulus(&[0, 0x80], 0x55), &[2, 0, 0, 0, 1]))),
            Refused("key-weak"),
        ),
        (
            "a modulus of more than 16,384 bits",
            patched(|body| {
                let long = [&[0, 0x80][..], &[0x55; 2048]].concat();
                with_key(body, |_| rsa(&long, &[1, 0, 1]))
            }),
            Refused("key-weak"),
        ),
        (
            "an exponent of 33 bits",
            patched(|body| with_key(body, |_| rsa(&modulus(&[0, 0x80], 0x55), &[1, 0, 0, 0, 1]))),
            Good,
        ),
        (
            "exponent 1",
            patched(|body| with_key(body, |_| rsa(&modulus(&[0, 0x80], 0x55), &[1]))),
            Refused("key-weak"),
        ),
        (
            "an even exponent",
            patched(|body| with_key(body, |_| rsa(&modulus(&[0, 0x80], 0x55), &[1, 0, 0]))),
            Refused("key-weak"),
        ),
    ]);
}

/// A leaf with one more extension, under the arc of certificate extensions.
fn extended(last: u64, critical: bool, content: Vec<u8>) -> Case {
    with(
        vec![],
        vec![extension(&[2, 5, 29, last], critical, content)],
    )
}

/// A leaf without what rcgen makes of this kind, and with this in its place.
fn instead(clear: fn(&mut CertificateParams), last: u64, critical: bool, content: Vec<u8>) -> Case {
    case(|own| {
        clear(&mut own.leaf);
        let by_hand = extension(&[2, 5, 29, last], critical, content);
        own.leaf.custom_extensions.push(by_hand);
    })
}

#[test]
fn empty_lists() {
    let none = || sequence(&[]);
    let no_names = |params: &mut CertificateParams| params.subject_alt_names.clear();
    let no_uses = |params: &mut CertificateParams| params.key_usages.clear();
    let no_purposes = |params: &mut CertificateParams| params.extended_key_usages.clear();
    let access = |last: u64| extension(&[1, 3, 6, 1, 5, 5, 7, 1, last], false, none());
    check(vec![
        (
            "policies",
            extended(32, false, none()),
            Departs("policies-empty"),
        ),
        (
            "places of lists",
            extended(31, false, none()),
            Departs("crl-points-empty"),
        ),
        (
            "names of the issuer",
            extended(18, false, none()),
            Departs("issuer-alternative-name-empty"),
        ),
        (
            "attributes",
            extended(9, false, none()),
            Departs("directory-attributes-empty"),
        ),
        (
            "access to the issuer",
            with(vec![], vec![access(1)]),
            Departs("authority-access-empty"),
        ),
        (
            "access to the subject",
            with(vec![], vec![access(11)]),
            Departs("subject-access-empty"),
        ),
        (
            "mappings",
            with(vec![extension(&[2, 5, 29, 33], true, none())], vec![]),
            Departs("policy-mappings-empty"),
        ),
        (
            "demands on policies",
            with(vec![extension(&[2, 5, 29, 36], true, none())], vec![]),
            Departs("policy-constraints-empty"),
        ),
        (
            "names",
            instead(no_names, 17, false, none()),
            Refused("alternative-name-empty"),
        ),
        (
            "purposes",
            instead(no_purposes, 37, false, none()),
            Refused("purposes-empty"),
        ),
        (
            "uses",
            instead(no_uses, 15, true, element(0x03, &[0])),
            Departs("key-usage-empty"),
        ),
    ]);
}

#[test]
fn what_must_be_critical_and_what_must_not() {
    let no_names = |params: &mut CertificateParams| params.subject_alt_names.clear();
    let no_purposes = |params: &mut CertificateParams| params.extended_key_usages.clear();
    let name = sequence(&[element(DNS, b"shop.example")]);
    let servers = sequence(&[element(0x06, &[43, 6, 1, 5, 5, 7, 3, 1])]);
    let list = sequence(&[sequence(&[element(
        0xa0,
        &element(0xa0, &element(URI, b"http://l.example/1")),
    )])]);
    let authority = sequence(&[element(0x01, &[0xff])]);
    check(vec![
        (
            "names beside a subject",
            instead(no_names, 17, true, name),
            Departs("alternative-name-critical"),
        ),
        (
            "purposes",
            instead(no_purposes, 37, true, servers),
            Departs("purposes-critical"),
        ),
        (
            "a delta list",
            extended(46, true, list),
            Departs("freshest-crl-critical"),
        ),
        (
            "attributes",
            extended(
                9,
                true,
                sequence(&[sequence(&[
                    element(0x06, &[0x55, 4, 3]),
                    element(0x31, &element(0x0c, b"x")),
                ])]),
            ),
            Departs("directory-attributes-critical"),
        ),
        (
            "no policy for any",
            with(
                vec![extension(&[2, 5, 29, 54], false, element(0x02, &[0]))],
                vec![],
            ),
            Departs("inhibit-any-policy-not-critical"),
        ),
        (
            "that it is an authority",
            case(|own| {
                own.below.is_ca = IsCa::NoCa;
                let by_hand = extension(&[2, 5, 29, 19], false, authority);
                own.below.custom_extensions.push(by_hand);
                let id = extension(&[2, 5, 29, 14], false, element(0x04, &[7; 20]));
                own.below.custom_extensions.push(id);
            }),
            Departs("basic-constraints-not-critical"),
        ),
    ]);
}

#[test]
fn odd_forms() {
    let no_issuer = |params: &mut CertificateParams| {
        params.use_authority_key_identifier_extension = false;
    };
    let issuer = || element(0xa1, &element(DIRECTORY, &directory("Root")));
    let serial = || element(0x82, &[1]);
    const SUBJECT: &[u8] = b"\x30\x17\x31\x15\x30\x13\x06\x03\x55\x04\x03\x0c\x0cshop.example";
    check(vec![
        (
            "an issuer without its serial number",
            instead(no_issuer, 35, false, sequence(&[issuer()])),
            Departs("authority-key-id-halved"),
        ),
        (
            "an issuer by name",
            instead(no_issuer, 35, false, sequence(&[issuer(), serial()])),
            Departs("authority-key-id-issuer"),
        ),
        (
            "a length without an authority",
            extended(19, true, sequence(&[element(0x02, &[0])])),
            Departs("path-length-without-authority"),
        ),
        (
            "two common names",
            patched(|body| {
                let twice = sequence(&[SUBJECT[2..].to_vec(), SUBJECT[2..].to_vec()]);
                replaced(body, SUBJECT, &twice)
            }),
            Departs("common-name-twice"),
        ),
        (
            "a TRUE that is not ff",
            patched(|body| {
                replaced(
                    body,
                    b"\x55\x1d\x0f\x01\x01\xff",
                    b"\x55\x1d\x0f\x01\x01\x01",
                )
            }),
            Departs("encoding-not-distinguished"),
        ),
    ]);
}

#[test]
fn defaults_written_out() {
    const USAGE: &[u8] = b"\x06\x03\x55\x1d\x0f\x01\x01\xff\x04\x04\x03\x02\x07\x80";
    check(vec![
        (
            "cA FALSE",
            with(
                vec![],
                vec![extension(
                    &[2, 5, 29, 19],
                    true,
                    b"\x30\x03\x01\x01\x00".to_vec(),
                )],
            ),
            Departs("default-encoded"),
        ),
        (
            "no constraints within basic constraints",
            with(
                vec![],
                vec![extension(&[2, 5, 29, 19], true, b"\x30\x00".to_vec())],
            ),
            Good,
        ),
        (
            "bits after the last usage",
            patched(|body| {
                let more = b"\x06\x03\x55\x1d\x0f\x01\x01\xff\x04\x04\x03\x02\x06\x80";
                replaced(body, USAGE, more)
            }),
            Departs("default-encoded"),
        ),
    ]);
}

/// OCSP's responses have a fourth part, certificates none.
#[test]
fn a_fourth_part_makes_it_no_certificate() {
    let root = Authority::root(authority("Root"));
    let leaf = root.issue(&server()).certificate.der().to_vec();
    let (start, _) = head(&leaf);
    is_none(&element(0x30, &[&leaf[start..], &[5, 0]].concat()));
}

#[test]
fn a_validity_of_three_times_makes_it_no_certificate() {
    let root = Authority::root(authority("Root"));
    let leaf = root.issue(&server()).certificate.der().to_vec();
    let thrice = |body: Vec<u8>| {
        let at = body
            .windows(3)
            .position(|own| own == [0x30, 0x1e, 0x17])
            .unwrap();
        let validity = body[at..at + 0x20].to_vec();
        let longer = element(0x30, &[&validity[2..], &validity[2..0x11]].concat());
        replaced(body, &validity, &longer)
    };
    is_none(&resigned(&leaf, thrice, &root));
}

/// Whether a file is refused, or what it holds is unreadable.
fn is_none(certificate: &[u8]) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("chain.der");
    std::fs::write(&file, certificate).unwrap();
    let mut command = Command::cargo_bin("doorstep").unwrap();
    command
        .env_clear()
        .args(["tlscheck", "--no-config", "--json", "--pem"]);
    let output = command.arg(&file).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(!text.contains("\"trusted\""), "{text}");
    assert!(
        text.contains("unreadable") || text.contains("no certificate"),
        "{text}"
    );
}

/// The mapping is made below the authority that inhibits it.
#[test]
fn an_inhibited_mapping_leaves_no_policy() {
    let root = Authority::root(authority("Root"));
    let mut params = authority("Second");
    params.custom_extensions = vec![
        policies(&[3]),
        extension(
            &[2, 5, 29, 36],
            true,
            sequence(&[element(0x80, &[0]), element(0x81, &[0])]),
        ),
    ];
    let second = root.below(params);
    let mut params = authority("Third");
    params.custom_extensions = vec![policies(&[3]), mapping(3, 4)];
    let third = second.below(params);
    let mut leaf = server();
    leaf.custom_extensions = vec![policies(&[4])];
    leaf.subject_alt_names = vec![SanType::DnsName("shop.example".try_into().unwrap())];
    let leaf = third.issue(&leaf).certificate.pem();
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let chain = [leaf, third.certificate.pem(), second.certificate.pem()].concat();
    std::fs::write(path("chain.pem"), chain).unwrap();
    std::fs::write(path("root.pem"), root.certificate.pem()).unwrap();
    let mut command = Command::cargo_bin("doorstep").unwrap();
    command
        .env_clear()
        .args(["tlscheck", "--no-config", "--json"]);
    command.args(["--at", &format!("@{MOMENT}"), "--trust"]);
    command
        .arg(path("root.pem"))
        .arg("--pem")
        .arg(path("chain.pem"));
    let report: Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
    let reason = &report["tls"]["endpoints"][0]["trust"]["reason"]["name"];
    assert_eq!(reason, "no-valid-policy");
}
