//! `doorstep-findings(7)`: every finding as a manual page.

use std::fmt::Write;

use super::human::paragraphs;
use super::words::severity;
use crate::finding::Rule;

/// The page, in roff.
#[must_use]
pub fn findings(rules: &[&Rule]) -> String {
    let mut out = String::from(concat!(
        ".TH doorstep-findings 7\n.SH NAME\ndoorstep-findings \\- what doorstep finds, what it means and how to mend it\n",
        ".SH DESCRIPTION\nThe name of a finding is a promise: scripts may select by it. Severities: an error stops a visitor now, \n",
        "a warning stops some of them, or all by a known date, a notice is worth seeing.\n"
    ));
    let mut area = "";
    for rule in rules {
        let own = rule.id.split('/').next().unwrap_or_default();
        if own != area {
            let _ = writeln!(out, ".SH {}", own.to_uppercase());
            area = own;
        }
        let _ = writeln!(
            out,
            ".SS {} ({})",
            escaped(rule.id),
            severity(rule.severity)
        );
        for paragraph in paragraphs(rule) {
            let _ = writeln!(out, "{}\n.PP", escaped(&paragraph));
        }
        if !rule.source.is_empty() {
            let _ = writeln!(out, "Source: {}", escaped(rule.source));
        }
    }
    out.push_str(".SH SEE ALSO\ndoorstep(1), doorstep-explain(1)\n");
    out
}

/// Hyphens are meant as such, and a line that begins with a dot or quote is text.
fn escaped(text: &str) -> String {
    let escaped = text.replace('\\', "\\e").replace('-', "\\-");
    if escaped.starts_with(['.', '\'']) {
        format!("\\&{escaped}")
    } else {
        escaped
    }
}
