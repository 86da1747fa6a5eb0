//! All that a server accepts, as a table: rows are suites, columns versions; every mark has its reason below.

use std::fmt::Write;

use super::super::super::style::{Style, harmless};
use super::super::wrapped;
use crate::facts::probe::Offered;
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
        remark(
            Severity::Error,
            "anonymous",
            "nobody proves to be the server",
        ),
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
            "64-bit blocks",
            "blocks repeat after some gigabytes, and give secrets away",
        ),
    ),
    (
        lacks_secrecy,
        remark(
            Severity::Warning,
            "no secrecy",
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
    let mut out = format!("\n  What {label} accepts, each with its place in the order\n");
    let mut names: Vec<&String> = Vec::new();
    for name in offered
        .versions
        .iter()
        .flat_map(|version| &version.cipher_suites)
    {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let width = names
        .iter()
        .map(|name| name.len())
        .max()
        .unwrap_or_default()
        .max(5);
    let heads: String = offered
        .versions
        .iter()
        .map(|version| format!(" {:>7}", version.version))
        .collect();
    let _ = writeln!(out, "      {:width$}{heads}  bits  secrecy", "suite");
    let mut used: Vec<usize> = Vec::new();
    for name in names {
        let suite = CipherSuite::named(name);
        let places: String = offered
            .versions
            .iter()
            .map(|version| {
                let at = version.cipher_suites.iter().position(|own| own == name);
                format!(
                    " {:>7}",
                    at.map_or_else(|| "-".to_owned(), |at| (at + 1).to_string())
                )
            })
            .collect();
        let remark = suite.and_then(|suite| REMARKS.iter().position(|(test, _)| test(suite)));
        used.extend(remark);
        let (bits, secrecy) = suite.map_or((String::new(), ""), |suite| {
            (
                suite.bits().to_string(),
                if suite.has_forward_secrecy() {
                    "yes"
                } else {
                    "no"
                },
            )
        });
        let (mark, word) = shown(remark, style);
        let line = format!(
            "{mark} {:width$}{places}  {bits:>4}  {secrecy:7}  {word}",
            harmless(name)
        );
        let _ = writeln!(out, "    {}", line.trim_end());
    }
    out.push_str(&reasons(&used, style));
    out.push_str(&rest(offered, style));
    out
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
        format!(
            "    {mark} {}",
            wrapped(&text, "      ", "        ", style).trim_start()
        )
    });
    lines.collect()
}

fn rest(offered: &Offered, style: Style) -> String {
    let mut out = String::new();
    let mut say = |text: String| out.push_str(&wrapped(&harmless(&text), "    ", "      ", style));
    for version in &offered.versions {
        let whose = match version.server_order {
            Some(true) => "the server's",
            Some(false) => "the client's",
            None => continue,
        };
        say(format!("the order in {} is {whose}", version.version));
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
    use crate::facts::probe::OfferedVersion;

    #[test]
    fn every_mark_has_its_reason_below() {
        let version = |version: &str, suites: &[&str]| OfferedVersion {
            version: version.to_owned(),
            cipher_suites: suites.iter().map(ToString::to_string).collect(),
            server_order: Some(true),
        };
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
        let style = Style {
            color: false,
            unicode: false,
            width: 80,
            verbose: false,
            quiet: false,
        };
        let expected = [
            "",
            "  What 192.0.2.1:443 accepts, each with its place in the order",
            "      suite                                 TLSv1.3 TLSv1.2 TLSv1.0  bits  secrecy",
            "      TLS_AES_128_GCM_SHA256                      1       -       -   128  yes",
            "      TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256       -       1       -   128  yes",
            "    x TLS_RSA_WITH_RC4_128_SHA                    -       2       1   128  no       RC4",
            "    x RC4: the cipher leaks what it encrypts",
            "    the order in TLSv1.3 is the server's",
            "    the order in TLSv1.2 is the server's",
            "    the order in TLSv1.0 is the server's",
            "    groups: X25519",
            "    30 connections",
            "",
        ];
        assert_eq!(
            listing("192.0.2.1:443", &offered, style),
            expected.join("\n")
        );
    }
}
