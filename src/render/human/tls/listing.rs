//! All that a server accepts, as a table: rows are suites, columns versions; every mark has its reason below.

use std::fmt::Write;

use super::super::super::style::{Style, harmless};
use super::super::wrapped;
use crate::facts::probe::{Offered, OfferedVersion};
use crate::facts::suite::CipherSuite;
use crate::finding::Severity;

/// What is to be said of a suite: how bad, in a word, and why.
struct Remark {
    severity: Severity,
    word: &'static str,
    reason: &'static str,
}

type Test = fn(CipherSuite) -> bool;

/// The classes from the worst to the mildest; a suite gets the first that it belongs to.
const REMARKS: [(Test, Remark); 7] = [
    (
        CipherSuite::is_null,
        remark(Severity::Error, "NULL", "nothing is encrypted"),
    ),
    (
        CipherSuite::is_anonymous,
        remark(Severity::Error, "anon", "nobody proves to be the server"),
    ),
    (
        CipherSuite::is_export,
        remark(
            Severity::Error,
            "export",
            "the key was made short on purpose, and can be guessed",
        ),
    ),
    (
        CipherSuite::is_rc4,
        remark(Severity::Error, "RC4", "the cipher leaks what it encrypts"),
    ),
    (
        CipherSuite::has_small_blocks,
        remark(
            Severity::Warning,
            "64-bit",
            "blocks so short repeat after some gigabytes, and give secrets away",
        ),
    ),
    (
        lacks_secrecy,
        remark(
            Severity::Warning,
            "no FS",
            "whoever gets the server's key later reads what was recorded before",
        ),
    ),
    (
        lacks_aead,
        remark(
            Severity::Notice,
            "no AEAD",
            "encryption and seal are two acts, which has let attackers in before",
        ),
    ),
];

const fn remark(severity: Severity, word: &'static str, reason: &'static str) -> Remark {
    Remark {
        severity,
        word,
        reason,
    }
}

fn lacks_secrecy(suite: CipherSuite) -> bool {
    !suite.has_forward_secrecy()
}

fn lacks_aead(suite: CipherSuite) -> bool {
    !suite.is_aead()
}

/// The table and what stands below it.
pub(super) fn listing(label: &str, offered: &Offered, style: Style) -> String {
    let title =
        format!("What {label} accepts, each with its place in the order (FS: forward secrecy)");
    let mut out = format!("\n{}", wrapped(&title, "  ", "  ", style));
    let mut names: Vec<&str> = Vec::new();
    let versions = offered.versions.iter();
    for name in versions.flat_map(|version| &version.cipher_suites) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    let (rows, used): (Vec<Row>, Vec<Option<usize>>) =
        names.iter().map(|name| row(name, offered, style)).unzip();
    let used: Vec<usize> = used.into_iter().flatten().collect();
    let width = |prefix: &str| {
        let names = names.iter().map(|name| without(prefix, name).len());
        names.chain([SUITE.len()]).max().unwrap_or_default()
    };
    let beside = rows.iter().map(|row| row.beside.len()).max();
    let is_wide = 4 + width("") + beside.unwrap_or_default() > style.width;
    let (prefix, suite) = if is_wide {
        (PREFIX, SUITE)
    } else {
        ("", "suite")
    };
    let width = width(prefix);
    let versions = offered.versions.iter();
    let heads: String = versions
        .map(|version| format!(" {:>3}", head(version)))
        .collect();
    let _ = writeln!(out, "    {suite:width$}{heads} bits  FS");
    for (name, row) in names.iter().zip(rows) {
        let name = harmless(without(prefix, name));
        let line = format!("  {} {name:width$}{}", row.mark, row.beside);
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out.push_str(&reasons(&used, style));
    out.push_str(&rest(offered, style));
    out
}

/// What nearly all names begin with, which goes where the table would be too wide.
const PREFIX: &str = "TLS_";
/// The head of the names then.
const SUITE: &str = "suite (TLS_...)";

fn without<'a>(prefix: &str, name: &'a str) -> &'a str {
    name.strip_prefix(prefix).unwrap_or(name)
}

/// A version, as short as can be.
fn head(version: &OfferedVersion) -> &str {
    without("TLSv", &version.version)
}

/// What stands before and behind the name of a suite.
struct Row {
    mark: String,
    beside: String,
}

/// A line of the table, and which remark it uses.
fn row(name: &str, offered: &Offered, style: Style) -> (Row, Option<usize>) {
    let suite = CipherSuite::named(name);
    let place = |suites: &[String]| suites.iter().position(|own| own == name);
    let versions = offered.versions.iter();
    let places: String = versions
        .map(|version| {
            let at = place(&version.cipher_suites).map(|at| (at + 1).to_string());
            let (at, width) = (at.as_deref().unwrap_or("-"), head(version).len().max(3));
            format!(" {at:>width$}")
        })
        .collect();
    let bits = suite.map(|suite| suite.bits().to_string());
    let secrecy = suite.map(|suite| match suite.has_forward_secrecy() {
        true => "yes",
        false => "no",
    });
    let remark = suite.and_then(|suite| REMARKS.iter().position(|(test, _)| test(suite)));
    let (mark, word) = shown(remark, style);
    let beside = format!(
        "{places} {:>4} {:>3}  {word}",
        bits.unwrap_or_default(),
        secrecy.unwrap_or_default()
    );
    (Row { mark, beside }, remark)
}

fn shown(remark: Option<usize>, style: Style) -> (String, &'static str) {
    match remark.and_then(|at| REMARKS.get(at)) {
        Some((_, remark)) => (style.mark(remark.severity), remark.word),
        None => (" ".to_owned(), ""),
    }
}

fn reasons(used: &[usize], style: Style) -> String {
    let own = REMARKS
        .iter()
        .enumerate()
        .filter(|(at, _)| used.contains(at));
    let lines = own.map(|(_, (_, remark))| {
        let text = format!("{}: {}", remark.word, remark.reason);
        let mark = style.mark(remark.severity);
        let text = wrapped(&text, "    ", "      ", style);
        format!("  {mark} {}", text.trim_start())
    });
    lines.collect()
}

fn rest(offered: &Offered, style: Style) -> String {
    let mut out = String::new();
    let mut say = |text: String| out.push_str(&wrapped(&harmless(&text), "    ", "      ", style));
    for (whose, order) in [("the server's", true), ("the client's", false)] {
        let versions = offered.versions.iter();
        let own = versions.filter(|version| version.server_order == Some(order));
        let own: Vec<&str> = own.map(|version| version.version.as_str()).collect();
        if !own.is_empty() {
            say(format!("the order in {} is {whose}", own.join(", ")));
        }
    }
    if !offered.groups.is_empty() {
        say(format!("groups: {}", offered.groups.join(", ")));
    }
    if let Some(schemes) = offered
        .signature_algorithms
        .as_ref()
        .filter(|schemes| !schemes.is_empty())
    {
        say(format!("signatures in TLS 1.2: {}", schemes.join(", ")));
    }
    let whole = if offered.complete {
        ""
    } else {
        "; some were cut off, so the lists may be too short"
    };
    say(format!("{} connections{whole}", offered.connections));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: Style = Style {
        color: false,
        unicode: false,
        width: 80,
        verbose: false,
        quiet: false,
    };

    fn version(version: &str, suites: &[&str]) -> OfferedVersion {
        OfferedVersion {
            version: version.to_owned(),
            cipher_suites: suites.iter().map(ToString::to_string).collect(),
            server_order: Some(true),
        }
    }

    #[test]
    fn the_longest_names_in_all_versions_fit_into_80_columns() {
        let suites = [
            "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
        ];
        let versions = ["TLSv1.3", "TLSv1.2", "TLSv1.1", "TLSv1.0"];
        let all = Offered {
            versions: versions.map(|own| version(own, &suites)).to_vec(),
            ..Offered::default()
        };
        let shown = listing("192.0.2.1:443", &all, STYLE);
        let rows: Vec<&str> = shown
            .lines()
            .filter(|line| line.contains("ECDSA"))
            .collect();
        assert_eq!(
            rows,
            [
                "    ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256   1   1   1   1  256 yes",
                "  - ECDHE_ECDSA_WITH_AES_256_CBC_SHA            2   2   2   2  256 yes  no AEAD",
            ]
        );
        assert!(shown.lines().all(|line| line.len() <= 80), "{shown}");
        let few = Offered {
            versions: all.versions[..2].to_vec(),
            ..Offered::default()
        };
        assert!(listing("192.0.2.1:443", &few, STYLE).contains(" TLS_ECDHE_ECDSA_WITH_AES"));
    }

    #[test]
    fn every_mark_has_its_reason_below() {
        let offered = Offered {
            versions: vec![
                version("TLSv1.3", &["TLS_AES_128_GCM_SHA256"]),
                version(
                    "TLSv1.2",
                    &[
                        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
                        "TLS_RSA_WITH_RC4_128_SHA",
                    ],
                ),
                version("TLSv1.0", &["TLS_RSA_WITH_RC4_128_SHA"]),
            ],
            groups: vec!["X25519".to_owned()],
            complete: true,
            connections: 30,
            ..Offered::default()
        };
        let expected = [
            "",
            "  What 192.0.2.1:443 accepts, each with its place in the order (FS: forward",
            "  secrecy)",
            "    suite                                 1.3 1.2 1.0 bits  FS",
            "    TLS_AES_128_GCM_SHA256                  1   -   -  128 yes",
            "    TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256   -   1   -  128 yes",
            "  x TLS_RSA_WITH_RC4_128_SHA                -   2   1  128  no  RC4",
            "  x RC4: the cipher leaks what it encrypts",
            "    the order in TLSv1.3, TLSv1.2, TLSv1.0 is the server's",
            "    groups: X25519",
            "    30 connections",
            "",
        ];
        assert_eq!(
            listing("192.0.2.1:443", &offered, STYLE),
            expected.join("\n")
        );
    }
}
