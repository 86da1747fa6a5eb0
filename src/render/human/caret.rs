//! The header field that is at fault, as it came, with a caret under the offending part.

use super::super::style::{Style, harmless};
use crate::finding::Finding;

/// Columns kept in front of the offending part when the line is too long for the page.
const BEFORE: usize = 24;

/// Two lines; nothing for findings that are not about a field.
pub(super) fn under(finding: &Finding, style: Style) -> String {
    shown(finding, style).unwrap_or_default()
}

fn shown(finding: &Finding, style: Style) -> Option<String> {
    let text = |name: &str| finding.evidence.get(name)?.as_str();
    let line = match finding.id.as_str() {
        "http/hsts-invalid" => format!("Strict-Transport-Security: {}", text("header")?),
        "http/location-invalid" => field(text("head")?, "location")?,
        _ => return None,
    };
    let name = line.find(':')? + 1;
    let line = harmless(&line);
    let token = harmless(text("token")?);
    // ASCII alone changes its case, so positions stay.
    let (lower, wanted) = (line.to_ascii_lowercase(), token.to_ascii_lowercase());
    let at = match wanted.as_str() {
        "" => line.len(),
        wanted => name + lower.get(name..)?.rfind(wanted)?,
    };
    let before = line.get(..at)?.chars().count();
    let marked = token.chars().count().max(1);
    let room = style.width.saturating_sub(6);
    let skipped = if before + marked > room {
        before.saturating_sub(BEFORE)
    } else {
        0
    };
    let cut: String = line.chars().skip(skipped).take(room).collect();
    let carets = "^".repeat(marked.min(room.saturating_sub(before - skipped)));
    let pad = " ".repeat(before - skipped);
    Some(format!("  | {cut}\n  | {pad}{carets}\n"))
}

/// The first line of a head with this field.
fn field(head: &str, name: &str) -> Option<String> {
    let mut lines = head.lines();
    let own = lines.find(|line| {
        line.split_once(':')
            .is_some_and(|(own, _)| own.eq_ignore_ascii_case(name))
    });
    own.map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Severity;
    use serde_json::{Value, json};

    const STYLE: Style = Style {
        color: false,
        unicode: false,
        width: 60,
        verbose: false,
        quiet: false,
    };

    fn drawn(id: &str, evidence: Value) -> String {
        let finding = Finding {
            id: id.to_owned(),
            severity: Severity::Warning,
            subject: String::new(),
            subjects: Vec::new(),
            message: String::new(),
            fix: String::new(),
            evidence,
        };
        under(&finding, STYLE)
    }

    #[test]
    fn the_last_of_two_directives_is_marked() {
        let evidence = json!({ "header": "max-age=1; Max-Age=2", "token": "max-age" });
        assert_eq!(
            drawn("http/hsts-invalid", evidence),
            "  | Strict-Transport-Security: max-age=1; Max-Age=2\n  |                                       ^^^^^^^\n"
        );
    }

    #[test]
    fn a_long_line_is_cut_around_the_mark_and_stays_on_the_page() {
        let header = format!("{}=1; b\u{fc}cher", "x".repeat(300));
        let drawn = drawn(
            "http/hsts-invalid",
            json!({ "header": header, "token": "b\u{fc}cher" }),
        );
        assert!(
            drawn.contains("b\u{fc}cher") && drawn.contains("^^^^^^"),
            "{drawn}"
        );
        assert!(
            drawn.lines().all(|line| line.chars().count() <= 60),
            "{drawn}"
        );
    }

    #[test]
    fn an_empty_location_is_marked_behind_its_name_and_others_not_at_all() {
        let head = "HTTP/1.1 301 X\nLocation: \nServer: x\n\n";
        let drawn_ = drawn(
            "http/location-invalid",
            json!({ "head": head, "token": "" }),
        );
        assert_eq!(drawn_.lines().count(), 2);
        assert_eq!(drawn("http/hsts-missing", json!({})), "");
        assert_eq!(
            drawn("http/hsts-invalid", json!({ "header": "x", "token": null })),
            ""
        );
    }
}
