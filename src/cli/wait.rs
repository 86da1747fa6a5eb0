//! `--wait`: the same look again and again, in step with what is remembered, until nothing is left to wait for.

use std::time::Duration;

use indicatif::ProgressBar;

use super::args::Format;
use super::exit::Exit;
use super::output;
use super::settings::Settings;
use crate::net::deadline::{Deadline, Stop};
use crate::net::limits;
use crate::render;
use crate::report::Report;

/// Looks until nothing at or above `--fail-on` is left or `total` is over, and gives the last look. `tell` hears of each
/// each, with the one before.
pub(super) async fn wait<F: Future<Output = Report>>(
    (total, stop): (Duration, Stop),
    settings: &Settings,
    look: impl Fn(Deadline) -> F,
    teller: &Teller<'_>,
) -> Report {
    let whole = Deadline::after(total, stop);
    let mut before: Option<Report> = None;
    let mut last = look(Deadline::after(settings.timeout, stop)).await;
    while Exit::of(&last, settings.fail_on) != Exit::Fine {
        let left = whole.left();
        if left.is_zero() {
            break;
        }
        teller.tell(before.as_ref(), &last);
        // Whatever ends the pause, the next look or the end of it all comes next.
        let _ = whole
            .bound(pace(&last, settings), std::future::pending::<()>())
            .await;
        if stop.is_stopped() {
            break;
        }
        let next = look(Deadline::after(settings.timeout, stop)).await;
        if stop.is_stopped() {
            // Cut short by the user: the one before is whole.
            break;
        }
        before = Some(std::mem::replace(&mut last, next));
    }
    teller.tell_last(before.as_ref(), &last);
    last
}

/// Says what changes while a target is waited for.
pub(super) struct Teller<'a> {
    settings: &'a Settings,
    progress: ProgressBar,
}

impl<'a> Teller<'a> {
    pub(super) fn new(settings: &'a Settings, progress: &ProgressBar) -> Self {
        Self {
            settings,
            progress: progress.clone(),
        }
    }

    /// A look after which another one comes.
    fn tell(&self, before: Option<&Report>, report: &Report) {
        let changes = render::human::changes(before, report, self.settings.style);
        match self.settings.format {
            Format::Human => self.print(&changes),
            Format::Jsonl if !changes.is_empty() => self.print(&render::json::line(report)),
            Format::Jsonl | Format::Json => {}
        }
        let waited = report.findings.iter();
        let waited = waited.filter(|finding| self.settings.fail_on.includes(finding.severity));
        self.progress
            .set_message(format!("{} left to wait for", waited.count()));
    }

    /// The last one, which is printed whole after this.
    fn tell_last(&self, before: Option<&Report>, report: &Report) {
        if self.settings.format == Format::Human && before.is_some() {
            let changes = render::human::changes(before, report, self.settings.style);
            self.print(&changes);
            self.print("\n");
        }
    }

    fn print(&self, text: &str) {
        if !self.settings.style.quiet && self.settings.graph.is_none() {
            // What cannot be written shows when the report is.
            let _ = self.progress.suspend(|| output::print(text));
        }
    }
}

/// When to look again: when the first of those that are waited for may have forgotten what it says.
fn pace(report: &Report, settings: &Settings) -> Duration {
    let waited = report
        .findings
        .iter()
        .filter(|finding| settings.fail_on.includes(finding.severity));
    let each = waited.map(|finding| match finding.id.as_str() {
        id if OF_RESOLVERS.contains(&id) => of_resolvers(report),
        id if id.starts_with("dns/") => of_zone(report),
        _ => None,
    });
    let pause = each
        .map(|pause| pause.unwrap_or(limits::WAIT_BLINDLY))
        .min();
    let pause = pause.unwrap_or(limits::WAIT_BLINDLY);
    pause.clamp(limits::WAIT_LEAST, limits::WAIT_MOST)
}

/// What is over when a resolver forgets.
const OF_RESOLVERS: [&str; 3] = [
    "dns/resolver-stale",
    "dns/resolver-disagrees",
    "across/address-not-in-zone",
];

fn of_resolvers(report: &Report) -> Option<Duration> {
    let resolvers = report.dns.iter().flat_map(|dns| &dns.resolvers);
    let others = resolvers.filter(|answer| answer.agrees != Some(true));
    // A TTL is cut to whole seconds: what has 1 left may live for almost two.
    let left = others.filter_map(|answer| answer.ttl_left);
    let left = left.min()?;
    Some(Duration::from_secs(u64::from(left) + 1))
}

fn of_zone(report: &Report) -> Option<Duration> {
    let dns = report.dns.as_ref()?;
    let answers = dns.own_questions().flat_map(|question| &question.answers);
    let of_records = answers.map(|record| record.ttl).min();
    let of_absence = || Some(dns.propagation.as_ref()?.records.as_ref()?.seconds);
    let seconds = of_records.or_else(of_absence)?;
    Some(Duration::from_secs(seconds.into()))
}
