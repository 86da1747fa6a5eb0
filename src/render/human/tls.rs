//! The second door: what was agreed, and at each address whom the server proved to be; under `-v` the story of it.

mod announced;
mod hellos;
mod listing;
mod story;
mod tree;

use std::fmt::Write;

use colored::Colorize;

use super::super::style::{Style, harmless};
use super::super::words::{common_name, left};
use super::{failed, mark, worst, wrapped};
use crate::facts::probe::Probe;
use crate::facts::tls::{Endpoint, Tls};
use crate::finding::{Finding, Severity};
use crate::report::Report;

/// The section of a report.
pub(super) fn section(report: &Report, tls: &Tls, style: Style) -> String {
    let lost = tls
        .endpoints
        .iter()
        .filter(|endpoint| endpoint.error.is_some() && !endpoint.is_unmeasured());
    let worst = worst(&report.findings, "tls/").or(failed(lost.count(), tls.endpoints.len()));
    let shaken = || {
        tls.endpoints
            .iter()
            .filter(|endpoint| endpoint.version.is_some())
    };
    let measured = tls
        .endpoints
        .iter()
        .any(|endpoint| !endpoint.is_unmeasured());
    let sign = if measured || worst.is_some() {
        mark(worst, style)
    } else {
        style.unknown()
    };
    let first = shaken().next().map(agreed);
    let alike = shaken().all(|endpoint| Some(agreed(endpoint)) == first);
    let said = first.clone().filter(|_| alike).unwrap_or_else(|| {
        if first.is_some() {
            "the addresses differ".to_owned()
        } else if tls.endpoints.iter().all(|endpoint| endpoint.file.is_some()) {
            "a chain from a file".to_owned()
        } else {
            "no handshake".to_owned()
        }
    });
    let mut out = format!("  TLS   {sign} {said}\n");
    let lines: Vec<(String, String)> = tls
        .endpoints
        .iter()
        .flat_map(|endpoint| {
            let place = endpoint.file.clone();
            let own = (
                harmless(&place.unwrap_or_else(|| endpoint.address.to_string())),
                line(report, endpoint, alike, style),
            );
            let others = endpoint.probes.iter().flatten();
            let others = others.filter(|probe| probe.shows_other_certificate());
            let others = others.filter(|_| endpoint.error.is_none());
            let others = others.map(|probe| (String::new(), other(report, probe, style)));
            std::iter::once(own).chain(others).collect::<Vec<_>>()
        })
        .collect();
    out.push_str(&each(&lines, style));
    let tried = tls.announced.as_deref().unwrap_or_default();
    out.push_str(&announced::announced(tried, style));
    if report.command == "tlscheck" || style.verbose {
        for endpoint in &tls.endpoints {
            out.push_str(&hellos::hellos(endpoint, style));
        }
        out.push_str(&chains(report, tls, style));
    }
    for endpoint in &tls.endpoints {
        if let Some(offered) = &endpoint.offered {
            out.push_str(&listing::listing(&endpoint.label(), offered, style));
        }
        if let Some(resumption) = &endpoint.resumption {
            out.push_str(&hellos::resumption(endpoint, resumption, style));
        }
    }
    if style.verbose {
        let shaken = told_once(tls)
            .into_iter()
            .filter(|endpoint| endpoint.error.is_none());
        for endpoint in shaken {
            let _ = write!(out, "\n{}", story::story(endpoint, style));
        }
    }
    out
}

/// A line for each address.
fn each(lines: &[(String, String)], style: Style) -> String {
    let width = lines
        .iter()
        .map(|(address, _)| address.len())
        .max()
        .unwrap_or_default();
    let line = |(address, said): &(String, String)| {
        let first = format!("        {address:width$}  ");
        let rest = " ".repeat(first.len() + 2);
        wrapped(said, &first, &rest, style)
    };
    lines.iter().map(line).collect()
}

fn agreed(endpoint: &Endpoint) -> String {
    let parts = [
        &endpoint.version,
        &endpoint.cipher_suite,
        &endpoint.group,
        &endpoint.alpn,
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .flatten()
        .map(|part| harmless(part))
        .collect();
    parts.join("  ")
}

fn line(report: &Report, endpoint: &Endpoint, alike: bool, style: Style) -> String {
    if let Some(error) = &endpoint.error {
        let sign = if endpoint.is_unmeasured() {
            style.unknown()
        } else {
            style.mark(Severity::Error)
        };
        let shown = match agreed(endpoint) {
            none if none.is_empty() || endpoint.timings.handshake_ms.is_some() => String::new(),
            shown => format!("; other hellos are answered with {shown}"),
        };
        return format!("{sign} {}{shown}", harmless(&error.failure.in_words()));
    }
    let sign = mark(worst_at(&report.findings, endpoint), style);
    let path: Vec<&str> = match &endpoint.trust {
        Some(trust) => trust
            .path
            .iter()
            .map(|subject| common_name(subject))
            .collect(),
        None => endpoint
            .leaf()
            .map(|leaf| common_name(&leaf.subject))
            .into_iter()
            .collect(),
    };
    let path = harmless(&path.join(style.issued_by()));
    let left = endpoint
        .leaf()
        .and_then(|leaf| leaf.not_after)
        .map(|end| left(end, report.judged_at));
    let choice = if alike {
        String::new()
    } else {
        format!("  {}", agreed(endpoint))
    };
    format!("{sign} {path}  {}{choice}", left.unwrap_or_default())
}

/// The certificate of another type, for clients that cannot use the first one.
fn other(report: &Report, probe: &Probe, style: Style) -> String {
    let leaf = probe.chain.first();
    let key = leaf.and_then(|leaf| leaf.key.as_ref());
    let kind = match key.map_or("another key", |key| key.algorithm.as_str()) {
        "EC" => "ECDSA",
        other => other,
    };
    let own = || leaf.map(|leaf| vec![leaf.subject.clone()]);
    let path = probe.trust.as_ref().map(|trust| trust.path.clone());
    let path = path.or_else(own).unwrap_or_default();
    let path: Vec<&str> = path.iter().map(|subject| common_name(subject)).collect();
    let left = leaf
        .and_then(|leaf| leaf.not_after)
        .map(|end| left(end, report.judged_at));
    let path = path.join(style.issued_by());
    let text = format!("also by {kind}: {path}  {}", left.unwrap_or_default());
    style.paint(&harmless(&text), |text| text.dimmed())
}

/// The worst that was found of an endpoint, and not of another host at the same place.
fn worst_at(findings: &[Finding], endpoint: &Endpoint) -> Option<Severity> {
    let label = endpoint.label();
    let own = findings.iter().filter(|finding| {
        let host = finding.evidence.get("host");
        finding.id.starts_with("tls/")
            && finding.subjects.contains(&label)
            && host.is_none_or(|host| *host == *endpoint.server_name)
    });
    own.map(|finding| finding.severity).max()
}

/// One endpoint for each chain that was sent.
fn told_once(tls: &Tls) -> Vec<&Endpoint> {
    let mut seen: Vec<Vec<&str>> = Vec::new();
    let mut told = Vec::new();
    for endpoint in tls
        .endpoints
        .iter()
        .filter(|endpoint| !endpoint.chain.is_empty())
    {
        let chain: Vec<&str> = endpoint
            .chain
            .iter()
            .map(|sent| sent.sha256.as_str())
            .collect();
        if !seen.contains(&chain) {
            seen.push(chain);
            told.push(endpoint);
        }
    }
    told
}

fn chains(report: &Report, tls: &Tls, style: Style) -> String {
    let mut out = String::new();
    for endpoint in told_once(tls) {
        let _ = write!(out, "\n{}", tree::tree(endpoint, report.judged_at, style));
    }
    out
}
