//! For people at a terminal: the cause first, then the way in.

mod dns;

use std::fmt::Write;

use super::style::{Style, harmless};
use crate::facts::{Inconclusive, attempt::Failure};
use crate::finding::{Finding, Rule, Severity};
use crate::report::{Report, Verdict};

/// A whole report.
#[must_use]
pub fn report(report: &Report, style: Style) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{}", headline(report, style));
    if let Some(dns) = &report.dns {
        let _ = write!(out, "\n{}", dns::way(dns, style));
    }
    for missed in &report.inconclusive {
        let _ = write!(out, "\n{}", not_measured(missed, style));
    }
    for finding in &report.findings {
        let _ = write!(out, "\n{}", diagnostic(finding, style));
    }
    out
}

fn headline(report: &Report, style: Style) -> String {
    let mark = match report.verdict {
        Verdict::Ok => style.good(),
        Verdict::Notice => style.mark(Severity::Notice),
        Verdict::Warning => style.mark(Severity::Warning),
        Verdict::Error => style.mark(Severity::Error),
        Verdict::Inconclusive => style.unknown(),
    };
    let said = match (report.findings.first(), report.verdict) {
        (Some(worst), _) => harmless(&worst.message),
        (None, Verdict::Inconclusive) => "could not be measured from here".to_owned(),
        (None, _) => "resolves".to_owned(),
    };
    format!(
        "{mark} {}: {said} ({}{:.0} ms)",
        harmless(&report.target),
        tally(&report.findings),
        report.elapsed_ms.0
    )
}

fn tally(findings: &[Finding]) -> String {
    [
        (Severity::Error, "error"),
        (Severity::Warning, "warning"),
        (Severity::Notice, "notice"),
    ]
    .into_iter()
    .map(|(severity, word)| {
        match findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
        {
            0 => String::new(),
            1 => format!("1 {word}, "),
            many => format!("{many} {word}s, "),
        }
    })
    .collect()
}

fn diagnostic(finding: &Finding, style: Style) -> String {
    let word = match finding.severity {
        Severity::Error => style.paint("error", colored::Colorize::red),
        Severity::Warning => style.paint("warning", colored::Colorize::yellow),
        Severity::Notice => style.paint("notice", colored::Colorize::cyan),
    };
    let (id, message, fix) = (
        &finding.id,
        harmless(&finding.message),
        harmless(&finding.fix),
    );
    format!("{word}[{id}]: {message}\n  = fix: {fix}\n  = more: doorstep explain {id}\n")
}

fn not_measured(missed: &Inconclusive, style: Style) -> String {
    let why = match &missed.failure {
        Failure::TimedOut { after_ms } => format!("nothing came within {:.0} ms", after_ms.0),
        Failure::OutOfTime => "the time was over (see --timeout)".to_owned(),
        Failure::NoRoute => "this machine has no way there".to_owned(),
        other => format!("{other:?}").to_lowercase(),
    };
    format!(
        "{} not measured: {}: {why}\n",
        style.unknown(),
        harmless(&missed.what)
    )
}

/// One line a rule.
#[must_use]
pub fn rule_list(rules: &[&Rule]) -> String {
    let width = rules
        .iter()
        .map(|rule| rule.id.len())
        .max()
        .unwrap_or_default();
    let line = |rule: &&Rule| {
        let title = paragraphs(rule).into_iter().next().unwrap_or_default();
        format!(
            "{:width$}  {:7}  {title}\n",
            rule.id,
            severity_word(rule.severity)
        )
    };
    rules.iter().map(line).collect()
}

/// All about one rule.
#[must_use]
pub fn rule_page(rule: &Rule) -> String {
    let source = if rule.source.is_empty() {
        String::new()
    } else {
        format!("source: {}\n", rule.source)
    };
    format!(
        "{} ({})\n\n{}\n\n{source}",
        rule.id,
        severity_word(rule.severity),
        paragraphs(rule).join("\n\n")
    )
}

fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Notice => "notice",
    }
}

/// The paragraphs of a rule's documentation, each on one line.
#[must_use]
pub(super) fn paragraphs(rule: &Rule) -> Vec<String> {
    let lines: Vec<&str> = rule.doc.lines().map(str::trim).collect();
    lines
        .split(|line| line.is_empty())
        .map(|lines| lines.join(" "))
        .filter(|text| !text.is_empty())
        .collect()
}
