//! For people at a terminal: the cause first, then the way in, then each finding with what mends it.

mod caret;
mod changes;
mod dns;
mod http;
mod tls;

use std::fmt::Write;

pub use changes::changes;

use super::style::{Style, harmless};
use super::words::{count, severity};
use crate::facts::Inconclusive;
use crate::finding::{Finding, Rule, Severity};
use crate::report::{Report, Verdict};

/// A whole report; nothing when only what is wrong is wanted and nothing is.
#[must_use]
pub fn report(report: &Report, style: Style) -> String {
    if style.quiet && matches!(report.verdict, Verdict::Ok | Verdict::Notice) {
        return String::new();
    }
    let mut out = headline(report, style);
    if !style.quiet {
        out.push_str(&doors(report, style));
    }
    for missed in &report.inconclusive {
        let _ = write!(out, "\n{}", not_measured(missed, style));
    }
    for finding in &report.findings {
        let _ = write!(out, "\n{}", diagnostic(finding, style));
    }
    out
}

/// The doors one below the other; apart when each is told at length.
fn doors(report: &Report, style: Style) -> String {
    let mut sections = Vec::new();
    if let Some(dns) = report.dns.as_ref().filter(|dns| !dns.questions.is_empty()) {
        let whole = report.command == "dnstrace" || style.verbose;
        sections.push(if whole {
            dns::way(dns, style)
        } else {
            dns::line(dns, &report.findings, style)
        });
    }
    if let Some(tls) = &report.tls {
        sections.push(tls::section(report, tls, style));
    }
    if let Some(http) = &report.http {
        sections.push(http::section(report, http, style));
    }
    let gap = if style.verbose { "\n" } else { "" };
    if sections.is_empty() {
        String::new()
    } else {
        format!("\n{}", sections.join(gap))
    }
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
        (_, Verdict::Inconclusive) => "could not be measured from here".to_owned(),
        (Some(worst), _) => harmless(&worst.message),
        (None, _) => fine(report).to_owned(),
    };
    let text = format!("{}: {said}", harmless(&report.target));
    let tally = format!(
        "{}{:.0} ms",
        tally(&report.findings, style),
        report.elapsed_ms.0
    );
    // A date or a name is not to be broken at its hyphens.
    let options = textwrap::Options::new(style.width.saturating_sub(2))
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    let lines = textwrap::wrap(&text, options);
    let last = lines
        .last()
        .map_or(0, |line| textwrap::core::display_width(line))
        + 2;
    let text = lines.join("\n  ");
    let room = style.width.saturating_sub(last);
    let width = textwrap::core::display_width(&tally);
    if room > width + 1 {
        format!(
            "{mark} {text}{tally:>room$}\n",
            room = room - width + tally.chars().count()
        )
    } else {
        format!("{mark} {text}\n  {tally}\n")
    }
}

/// What it means that nothing was found.
fn fine(report: &Report) -> &'static str {
    let tls = report.tls.iter().flat_map(|tls| &tls.endpoints);
    match report.command.as_str() {
        "tlscheck" if tls.clone().any(|endpoint| endpoint.file.is_some()) => {
            "the chain is as it should be"
        }
        "dnstrace" => "resolves",
        "tlscheck" => "the TLS door is open, and the server is who it says",
        "httpcheck" if !report.inconclusive.is_empty() => "nothing wrong in what was seen",
        "httpcheck" => "the way to HTTPS is open",
        _ => "visitors can get in",
    }
}

fn tally(findings: &[Finding], style: Style) -> String {
    let kinds = [Severity::Error, Severity::Warning, Severity::Notice]
        .into_iter()
        .map(|kind| {
            (
                findings
                    .iter()
                    .filter(|finding| finding.severity == kind)
                    .count(),
                severity(kind),
            )
        });
    let each: Vec<String> = kinds
        .filter(|(many, _)| *many > 0)
        .map(|(many, word)| count(many, word))
        .collect();
    if each.is_empty() {
        String::new()
    } else {
        format!("{} {} ", each.join(", "), style.dot())
    }
}

fn diagnostic(finding: &Finding, style: Style) -> String {
    let word = severity(finding.severity);
    let painted = match finding.severity {
        Severity::Error => style.paint(word, colored::Colorize::red),
        Severity::Warning => style.paint(word, colored::Colorize::yellow),
        Severity::Notice => style.paint(word, colored::Colorize::cyan),
    };
    let id = &finding.id;
    let head = format!("{word}[{id}]: {}", harmless(&finding.message));
    let head = wrapped(&head, "", "  ", style).replacen(word, &painted, 1);
    let mut out = head + &caret::under(finding, style);
    let said = |subject: &String| finding.message.contains(subject.as_str());
    if finding.subjects.len() > 1 && !finding.subjects.iter().all(said) {
        out.push_str(&wrapped(
            &harmless(&finding.subjects.join(", ")),
            "  = at: ",
            "    ",
            style,
        ));
    }
    for also in finding
        .evidence
        .get("also")
        .and_then(|also| also.as_array())
        .into_iter()
        .flatten()
    {
        let said = also
            .get("message")
            .and_then(|message| message.as_str())
            .unwrap_or_default();
        out.push_str(&wrapped(&harmless(said), "  = therefore: ", "    ", style));
    }
    out.push_str(&wrapped(
        &harmless(&finding.fix),
        "  = fix: ",
        "    ",
        style,
    ));
    let _ = writeln!(out, "  = more: doorstep explain {id}");
    out
}

/// Text folded to the width, each line ended.
fn wrapped(text: &str, first: &str, rest: &str, style: Style) -> String {
    let options = textwrap::Options::new(style.width)
        .initial_indent(first)
        .subsequent_indent(rest)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .break_words(true);
    textwrap::fill(text, options) + "\n"
}

fn not_measured(missed: &Inconclusive, style: Style) -> String {
    let text = format!(
        "not measured: {}: {}",
        harmless(&missed.what),
        harmless(&missed.failure.in_words())
    );
    let mark = style.unknown();
    let text = wrapped(&text, "  ", "  ", style);
    format!("{mark} {}", text.trim_start())
}

/// The worst severity among the findings of an area, such as `tls/`.
fn worst(findings: &[Finding], area: &str) -> Option<Severity> {
    let own = findings
        .iter()
        .filter(|finding| finding.id.starts_with(area));
    own.map(|finding| finding.severity).max()
}

/// How bad it is that so many of these attempts failed, where no finding of the door's own says so: another one explains it.
fn failed(some: usize, of: usize) -> Option<Severity> {
    match some {
        0 => None,
        all if all == of => Some(Severity::Error),
        _ => Some(Severity::Warning),
    }
}

fn mark(severity: Option<Severity>, style: Style) -> String {
    severity.map_or_else(|| style.good(), |severity| style.mark(severity))
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
            severity(rule.severity)
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
    // What is to be copied is not to be broken at its hyphens.
    let options = textwrap::Options::new(80).word_splitter(textwrap::WordSplitter::NoHyphenation);
    let paragraphs: Vec<String> = paragraphs(rule)
        .iter()
        .map(|text| textwrap::fill(text, &options))
        .collect();
    format!(
        "{} ({})\n\n{}\n\n{source}",
        rule.id,
        severity(rule.severity),
        paragraphs.join("\n\n")
    )
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
