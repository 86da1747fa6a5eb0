//! Files with certificates that nobody made in good faith: bounded, with the right message, and without a panic.

use std::time::Duration;

use assert_cmd::Command;
use rcgen::{CertificateParams, CustomExtension, SigningKey};
use serde_json::Value;

use crate::pki::{Authority, MOMENT, authority, element, now, server};

/// What doorstep made of a file.
struct Judged {
    stdout: String,
    stderr: String,
    code: Option<i32>,
}

impl Judged {
    fn report(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {} {}", self.stdout, self.stderr))
    }
}

/// Judges a file under a root, with these options. It ends within the time that somebody would wait.
fn judged(root: &Authority, file: &[u8], options: &[&str]) -> Judged {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    std::fs::write(path("chain"), file).unwrap();
    std::fs::write(path("root.pem"), root.certificate.pem()).unwrap();
    let mut command = Command::cargo_bin("doorstep").unwrap();
    command.env_clear().args(["tlscheck", "--no-config"]);
    command.args(["--name", "shop.example", "--at", &format!("@{MOMENT}")]);
    command.arg("--trust").arg(path("root.pem"));
    command.arg("--pem").arg(path("chain")).args(options);
    command.timeout(Duration::from_secs(120));
    let output = command.output().unwrap();
    assert!(output.status.code().is_some(), "it did not end");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Judged {
        stdout: text(output.stdout),
        stderr: text(output.stderr),
        code: output.status.code(),
    }
}

fn root() -> Authority {
    Authority::root(authority("Root"))
}

/// An element of any length.
fn long(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&[tag, 0x84], &length[..], content].concat()
}

#[test]
fn nesting_and_claims_of_length_without_end_are_no_certificate() {
    let mut nested = vec![0x05, 0];
    for _ in 0..20_000 {
        let length = u32::try_from(nested.len()).unwrap().to_be_bytes();
        nested.splice(0..0, [&[0x30, 0x84][..], &length].concat());
    }
    let endless = vec![0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0x30, 0x80];
    let indefinite = [0x30, 0x80].repeat(50_000);
    for file in [nested, endless, indefinite] {
        let judged = judged(&root(), &file, &["--json"]);
        assert!(judged.stderr.contains("no certificate in it") || judged.code == Some(1));
        assert!(!judged.stderr.contains("panicked"), "{}", judged.stderr);
    }
}

#[test]
fn an_extension_of_nested_sequences_is_unreadable_and_nothing_worse() {
    let root = root();
    let mut nested = vec![0x05, 0];
    for _ in 0..3_000 {
        nested = element(0x30, &nested);
    }
    for oid in [
        &[2_u64, 5, 29, 30][..],
        &[2, 5, 29, 32],
        &[1, 3, 6, 1, 5, 5, 7, 1, 1],
        &[2, 5, 29, 31],
    ] {
        let mut params = server();
        params.custom_extensions = vec![CustomExtension::from_oid_content(oid, nested.clone())];
        let leaf = root.issue(&params).certificate;
        let report = judged(&root, leaf.pem().as_bytes(), &["--json"]).report();
        assert_eq!(
            report["tls"]["endpoints"][0]["name_matches"], true,
            "{oid:?}"
        );
    }
}

/// Names with a NUL, the end of a line, an escape sequence, and characters that turn a line around.
const HOSTILE: &str = "a\0b\nc\x1b[2Jd\u{202e}e\u{2066}f\r\u{9b}g\x7f";

#[test]
fn what_could_move_a_cursor_or_turn_a_line_never_reaches_the_terminal() {
    let mut params = authority(HOSTILE);
    params
        .distinguished_name
        .push(rcgen::DnType::OrganizationName, HOSTILE);
    let root = Authority::root(params);
    let mut leaf = server();
    leaf.distinguished_name
        .push(rcgen::DnType::OrganizationName, HOSTILE);
    let name = |tag: u8| element(tag, HOSTILE.as_bytes());
    let names = [
        element(0x82, b"shop.example"),
        name(0x82),
        name(0x81),
        name(0x86),
    ]
    .concat();
    leaf.subject_alt_names.clear();
    leaf.custom_extensions = vec![CustomExtension::from_oid_content(
        &[2, 5, 29, 17],
        element(0x30, &names),
    )];
    let leaf = root.issue(&leaf).certificate.pem();
    for options in [
        &["-v"][..],
        &["-v", "--color", "always"],
        &["--json"],
        &["--format", "jsonl"],
    ] {
        let judged = judged(&root, leaf.as_bytes(), options);
        let shown = judged.stdout + &judged.stderr;
        let colours = shown.replace("\x1b[", "<").replace("<2J", "\x1b[2J");
        let looked_at = if options.contains(&"always") {
            &colours
        } else {
            &shown
        };
        for bad in ['\0', '\x1b', '\r', '\u{202e}', '\u{2066}', '\u{9b}', '\x7f'] {
            let harmless_there =
                options[0] != "-v" && matches!(bad, '\u{202e}' | '\u{2066}' | '\u{9b}' | '\x7f');
            assert!(
                harmless_there || !looked_at.contains(bad),
                "{bad:?} with {options:?}"
            );
        }
        assert!(!shown.contains("b\nc"), "{options:?}");
    }
}

#[test]
fn ten_thousand_names_are_folded_and_judged() {
    let root = root();
    let mut params = server();
    params.subject_alt_names = (0..10_000)
        .map(|number| rcgen::SanType::DnsName(format!("a{number}.example").try_into().unwrap()))
        .chain([rcgen::SanType::DnsName("shop.example".try_into().unwrap())])
        .collect();
    let leaf = root.issue(&params).certificate.pem();
    let human = judged(&root, leaf.as_bytes(), &["-v"]);
    assert!(human.stdout.contains("more"), "{}", human.stdout);
    assert!(human.stdout.lines().count() < 60, "{}", human.stdout);
    let report = judged(&root, leaf.as_bytes(), &["--json"]).report();
    assert_eq!(report["tls"]["endpoints"][0]["name_matches"], true);
    assert_eq!(
        report["tls"]["endpoints"][0]["chain"][0]["san"]
            .as_array()
            .unwrap()
            .len(),
        10_001
    );
}

#[test]
fn of_ten_thousand_certificates_in_a_file_the_first_thousand_are_looked_at() {
    let root = root();
    let leaf = root.issue(&server()).certificate.pem();
    let judged = judged(&root, leaf.repeat(10_000).as_bytes(), &["--json"]);
    assert!(
        judged
            .stderr
            .contains("10000 certificates, of which the first 1000"),
        "{}",
        judged.stderr
    );
    assert_eq!(
        judged.report()["tls"]["endpoints"][0]["chain"]
            .as_array()
            .unwrap()
            .len(),
        1_000
    );
}

#[test]
fn a_file_that_is_cut_off_is_judged_as_far_as_it_goes_and_warned_of() {
    let root = root();
    let below = root.below(authority("Below"));
    let leaf = below.issue(&server()).certificate.pem();
    let whole = leaf.clone() + &below.certificate.pem();
    let cut = &whole[..whole.len() - 40];
    let seen = judged(&root, cut.as_bytes(), &["--json"]);
    assert!(
        seen.stderr.contains("has no end, passed over"),
        "{}",
        seen.stderr
    );
    let report = seen.report();
    assert_eq!(
        report["tls"]["endpoints"][0]["chain"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(report["findings"][0]["id"], "tls/missing-intermediate");
    let der = below.issue(&server()).certificate;
    let seen = judged(&root, &der.der()[..der.der().len() - 1], &["--json"]);
    assert_eq!(seen.code, Some(2), "{}", seen.stderr);
}

/// A revocation list of this many entries, each with so much in it, signed by the authority.
fn list(root: &Authority, entries: usize, bytes: usize) -> Vec<u8> {
    let (_, read) = x509_parser::parse_x509_certificate(root.certificate.der()).unwrap();
    let time = |days: i64| {
        let moment = now() + time::Duration::days(days);
        let (year, month, day) = moment.to_calendar_date();
        let text = format!("{:02}{:02}{:02}000000Z", year % 100, u8::from(month), day);
        element(0x17, text.as_bytes())
    };
    let padding = long(
        0x30,
        &[element(0x06, &[0x2a, 3]), long(0x04, &vec![0; bytes])].concat(),
    );
    let mut revoked = Vec::with_capacity(entries * (bytes + 64));
    for number in 0..entries {
        let serial = element(0x02, &[&[0x11][..], &number.to_be_bytes()].concat());
        revoked.extend(long(
            0x30,
            &[serial, time(-2), long(0x30, &padding)].concat(),
        ));
    }
    let algorithm = element(0x30, b"\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02");
    let number = element(
        0x30,
        &[element(0x06, &[0x55, 0x1d, 20]), element(0x04, &[2, 1, 1])].concat(),
    );
    let body = long(
        0x30,
        &[
            element(0x02, &[1]),
            algorithm.clone(),
            read.subject().as_raw().to_vec(),
            time(-10),
            time(10),
            long(0x30, &revoked),
            element(0xa0, &element(0x30, &number)),
        ]
        .concat(),
    );
    let signature = [vec![0], root.key.sign(&body).unwrap()].concat();
    long(0x30, &[body, algorithm, element(0x03, &signature)].concat())
}

/// Lengths with more bytes than needed are no DER, so the lengths above are all long enough to need them.
#[test]
fn a_revocation_list_of_a_hundred_megabytes_is_searched() {
    let root = root();
    let mut own = server();
    own.serial_number = Some(rcgen::SerialNumber::from(
        [&[0x11][..], &7_usize.to_be_bytes()].concat(),
    ));
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("list.crl");
    std::fs::write(&path, list(&root, 6, 17_000_000)).unwrap();
    let crl = path.to_str().unwrap();
    let judge = |params: &CertificateParams| {
        let leaf = root.issue(params).certificate.pem();
        judged(&root, leaf.as_bytes(), &["--json", "--crl", crl]).report()
    };
    let good = judge(&own);
    assert_eq!(
        good["tls"]["endpoints"][0]["revocation"]["status"], "good",
        "{}",
        good["findings"]
    );
    own.serial_number = Some(rcgen::SerialNumber::from(
        [&[0x11][..], &3_usize.to_be_bytes()].concat(),
    ));
    let revoked = judge(&own);
    assert_eq!(
        revoked["tls"]["endpoints"][0]["revocation"]["status"],
        "revoked"
    );
}
