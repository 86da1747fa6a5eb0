//! The chain as a tree, from the anchor down to the server's own certificate, with each fault at the certificate concerned.

use std::fmt::Write;

use jiff::Timestamp;
use serde_json::Value;

use super::super::super::style::{Style, harmless};
use super::super::super::words::{common_name, left};
use super::super::wrapped;
use crate::facts::certificate::Certificate;
use crate::facts::dane::Fit;
use crate::facts::revocation::RevocationStatus;
use crate::facts::tls::{Departure, Distrust, Endpoint, Standard, Trust};
use crate::finding::Severity;

/// How many alternative names are listed.
const NAMES: usize = 8;

/// The certificates of the path, the anchor first, then those that were sent and are on no path.
pub(super) fn tree(endpoint: &Endpoint, at: Timestamp, style: Style) -> String {
    let mut out = format!("  Chain at {}\n", harmless(&endpoint.label()));
    let Some(trust) = endpoint
        .trust
        .as_ref()
        .filter(|trust| !trust.path.is_empty())
    else {
        let all = endpoint.chain.iter().enumerate();
        all.for_each(|(place, own)| out.push_str(&stray(place, own, at, style)));
        return out;
    };
    let steps = trust.path.iter().zip(&trust.path_sent).rev();
    for (depth, (subject, place)) in steps.enumerate() {
        let own = place.and_then(|place| endpoint.chain.get(place));
        let branch = Branch { depth, style };
        out.push_str(&branch.title(subject, *place, trust));
        if let Some(own) = own {
            detail(own, at, &branch, &mut out);
        }
        if *place == Some(0) {
            of_leaf(endpoint, &branch, &mut out);
        }
        faults(trust, subject, *place, &branch, &mut out);
    }
    let unused = endpoint
        .chain
        .iter()
        .enumerate()
        .filter(|(place, _)| !trust.path_sent.contains(&Some(*place)));
    for (place, own) in unused {
        out.push_str(&stray(place, own, at, style));
    }
    out
}

/// Where in the tree a line stands.
struct Branch {
    depth: usize,
    style: Style,
}

impl Branch {
    fn indent(&self) -> String {
        // Deep chains are rare and hostile: they must not push the text off the screen.
        " ".repeat(4 + 3 * self.depth.min(8))
    }

    fn title(&self, subject: &str, place: Option<usize>, trust: &Trust) -> String {
        let stem = match (self.depth, self.style.unicode) {
            (0, _) => "",
            (_, true) => "└─ ",
            (_, false) => "`- ",
        };
        let lead = format!(
            "{}{stem}",
            " ".repeat(4 + 3 * self.depth.min(8).saturating_sub(1))
        );
        let name = match common_name(subject) {
            "" => "(no subject)",
            name => name,
        };
        let note = match (self.depth, place, trust.stores.as_slice()) {
            (0, None, [_, ..]) => format!("  anchor in {}", trust.stores.join(", ")),
            (0, Some(place), [_, ..]) => {
                format!("  anchor in {}, sent as {place}", trust.stores.join(", "))
            }
            (_, None, _) => "  not sent".to_owned(),
            (_, Some(place), _) => format!("  sent as {place}"),
        };
        let note = match trust.stores_without.as_slice() {
            [] => note,
            without if self.depth == 0 => format!("{note}, not in {}", without.join(", ")),
            _ => note,
        };
        wrapped(
            &harmless(&format!("{name}{note}")),
            &lead,
            &self.indent(),
            self.style,
        )
    }

    fn line(&self, text: &str) -> String {
        let indent = self.indent();
        wrapped(&harmless(text), &indent, &format!("{indent}  "), self.style)
    }

    fn fault(&self, severity: Severity, text: &str) -> String {
        // The mark is put in after folding, so that its colour does not count as width.
        let plain = self.line(text);
        let indent = self.indent();
        let rest = plain.strip_prefix(indent.as_str()).unwrap_or(&plain);
        format!("{indent}{} {rest}", self.style.mark(severity))
    }
}

fn detail(own: &Certificate, at: Timestamp, branch: &Branch, out: &mut String) {
    let day = |time: Timestamp| time.strftime("%Y-%m-%d").to_string();
    let key = own.key.as_ref().map(|key| {
        let size = key.curve.clone().or(key.bits.map(|bits| bits.to_string()));
        format!("{} {}", key.algorithm, size.unwrap_or_default())
    });
    let validity = own.not_before.zip(own.not_after).map(|(from, until)| {
        let (from, until, left) = (day(from), day(until), left(until, at));
        format!("{from} to {until}, {left}; ")
    });
    out.push_str(&branch.line(&format!(
        "{}{}, signed with {}",
        validity.unwrap_or_default(),
        key.unwrap_or_default().trim_end(),
        own.signature_algorithm
    )));
    if !own.san.is_empty() && !own.is_ca {
        let shown: Vec<&str> = own.san.iter().take(NAMES).map(String::as_str).collect();
        let more = own.san.len().saturating_sub(NAMES);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        out.push_str(&branch.line(&format!("names {}{more}", shown.join(", "))));
    }
    out.push_str(&branch.line(&format!("SHA-256 {}", own.sha256)));
    let error = |text: &str| branch.fault(Severity::Error, text);
    if own.not_after.is_some_and(|end| end < at) {
        out.push_str(&error("its validity has ended"));
    }
    if own.not_before.is_some_and(|begin| begin > at) {
        out.push_str(&error("its validity has not begun"));
    }
}

/// What concerns the server's own certificate alone: its name, its logs, its status, and what the zone says of it.
fn of_leaf(endpoint: &Endpoint, branch: &Branch, out: &mut String) {
    let logs: Vec<&str> = endpoint
        .scts
        .iter()
        .flatten()
        .filter_map(|timestamp| timestamp.name.as_deref())
        .collect();
    if !logs.is_empty() {
        out.push_str(&branch.line(&format!("logged by {}", logs.join(", "))));
    }
    for (dane, record) in endpoint
        .dane
        .iter()
        .flat_map(|dane| dane.records.iter().map(move |record| (dane, record)))
    {
        let fit = match (dane.secure, record.fit) {
            (false, _) => "ignored, for it is not proven",
            (_, Fit::Matched) => "fits",
            (_, Fit::NotMatched) => "does not fit",
            (_, Fit::Unusable) => "cannot be used",
            (_, Fit::Undecided) => "may be about a root that was not sent",
        };
        out.push_str(&branch.line(&format!("TLSA {}: {fit}", record.data)));
    }
    let error = |text: &str| branch.fault(Severity::Error, text);
    if endpoint.name_matches == Some(false) {
        out.push_str(&error(&format!("not for `{}`", endpoint.server_name)));
    }
    let status = endpoint.revocation.as_ref().map(|own| own.status);
    if status == Some(RevocationStatus::Revoked) {
        out.push_str(&error("revoked"));
    }
}

/// What is wrong with one certificate of the path.
fn faults(trust: &Trust, subject: &str, place: Option<usize>, branch: &Branch, out: &mut String) {
    for reason in trust
        .reasons
        .iter()
        .filter(|reason| concerns(reason, subject, trust))
    {
        let _ = write!(out, "{}", branch.fault(Severity::Error, &in_words(reason)));
    }
    let own = trust
        .departures
        .iter()
        .filter(|departure| departure.certificate == place && departure.subject == subject);
    for departure in own {
        let _ = write!(
            out,
            "{}",
            branch.fault(severity(departure, trust), &departed(departure))
        );
    }
}

fn severity(departure: &Departure, trust: &Trust) -> Severity {
    match departure.standard {
        Standard::Baseline if !trust.public => Severity::Notice,
        _ => Severity::Warning,
    }
}

fn departed(departure: &Departure) -> String {
    let standard = match departure.standard {
        Standard::Rfc5280 => "RFC 5280 §",
        Standard::Baseline => "BR ",
    };
    format!("{} ({standard}{})", departure.found, departure.clause)
}

/// A reason names its certificate by subject; one about the end of the path concerns what stands there.
fn concerns(reason: &Distrust, subject: &str, trust: &Trust) -> bool {
    match reason {
        Distrust::SelfSigned | Distrust::Unreadable => {
            return trust.path.first().is_some_and(|leaf| leaf == subject);
        }
        // Where it was fetched it stands in the path itself.
        Distrust::IssuerNotSent { issuer } if trust.path.contains(issuer) => {
            return issuer == subject;
        }
        Distrust::IssuerNotSent { .. } => {
            return trust.path.last().is_some_and(|top| top == subject);
        }
        _ => {}
    }
    let fields = serde_json::to_value(reason).unwrap_or_default();
    ["subject", "root"]
        .iter()
        .any(|key| fields.get(key).and_then(Value::as_str) == Some(subject))
}

/// The reason's own name, and what it is about.
fn in_words(reason: &Distrust) -> String {
    let fields = serde_json::to_value(reason).unwrap_or_default();
    let text = |key: &str| fields.get(key).and_then(Value::as_str);
    let name = text("name").unwrap_or_default().replace('-', " ");
    let operand = ["presented", "oid", "algorithm", "issuer"]
        .into_iter()
        .find_map(text);
    match operand {
        Some(operand) => format!("{name}: {operand}"),
        None => name,
    }
}

fn stray(place: usize, own: &Certificate, at: Timestamp, style: Style) -> String {
    let left = own.not_after.map(|end| left(end, at)).unwrap_or_default();
    let name = common_name(&own.subject);
    let text = format!("beside: {name}  sent as {place}, {left}");
    wrapped(&harmless(&text), "    ", "      ", style)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::tls::TrustStatus;

    const PLAIN: Style = Style {
        color: false,
        unicode: true,
        width: 100,
        verbose: false,
        quiet: false,
    };

    fn chain() -> Endpoint {
        let mut endpoint =
            Endpoint::unseen("shop.example", ([192, 0, 2, 1], 443).into(), "shop.example");
        endpoint.chain = vec![Certificate {
            subject: "CN=shop.example".to_owned(),
            san: (0..10)
                .map(|number| format!("{number}.shop.example"))
                .collect(),
            signature_algorithm: "ecdsa-with-SHA256".to_owned(),
            ..Certificate::default()
        }];
        let reason = Distrust::MustNotSign {
            subject: "CN=Demo Root".to_owned(),
        };
        endpoint.trust = Some(Trust {
            status: TrustStatus::Untrusted,
            reason: Some(reason.clone()),
            reasons: vec![reason],
            path: vec!["CN=shop.example".to_owned(), "CN=Demo Root".to_owned()],
            path_sent: vec![Some(0), None],
            unrelated: Vec::new(),
            public: false,
            stores: vec!["webpki".to_owned()],
            stores_without: vec!["system".to_owned()],
            departures: Vec::new(),
        });
        endpoint
    }

    #[test]
    fn the_anchor_stands_above_and_faults_stand_at_their_certificate() {
        let text = tree(&chain(), Timestamp::UNIX_EPOCH, PLAIN);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[1], "    Demo Root  anchor in webpki, not in system");
        assert_eq!(lines[2], "    ✗ must not sign");
        assert_eq!(lines[3], "    └─ shop.example  sent as 0");
    }

    #[test]
    fn what_is_wrong_with_the_leaf_stands_at_the_leaf() {
        let mut endpoint = chain();
        endpoint.name_matches = Some(false);
        if let Some(trust) = &mut endpoint.trust {
            let issuer = "CN=Missing".to_owned();
            trust.reasons = vec![Distrust::SelfSigned, Distrust::IssuerNotSent { issuer }];
        }
        let text = tree(&endpoint, Timestamp::UNIX_EPOCH, PLAIN);
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        let at = |wanted: &str| lines.iter().position(|line| *line == wanted).unwrap();
        assert!(at("✗ issuer not sent: CN=Missing") < at("└─ shop.example  sent as 0"));
        assert!(at("✗ not for `shop.example`") > at("└─ shop.example  sent as 0"));
        assert!(at("✗ self signed") > at("└─ shop.example  sent as 0"));
    }

    #[test]
    fn long_lists_of_names_are_folded() {
        let text = tree(&chain(), Timestamp::UNIX_EPOCH, PLAIN);
        assert!(text.contains("7.shop.example and 2 more"), "{text}");
    }

    #[test]
    fn names_of_the_network_are_harmless() {
        let mut hostile = chain();
        if let Some(trust) = &mut hostile.trust {
            trust.path = vec!["CN=a\u{1b}[2J".to_owned(), "CN=\u{202e}b".to_owned()];
        }
        let text = tree(&hostile, Timestamp::UNIX_EPOCH, PLAIN);
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'));
    }
}
