//! Runs a probing command over its targets: so many at a time, with progress, until done or stopped; then prints.

use std::future::Future;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use indicatif::{ProgressBar, ProgressStyle};

use super::args::Format;
use super::exit::{Exit, UsageError};
use super::output;
use super::settings::Settings;
use super::wait::wait;
use super::walk::Seen;
use crate::facts::Facts;
use crate::facts::attempt::Millis;
use crate::net::clock;
use crate::net::deadline::{Deadline, Stop};
use crate::report::Report;
use crate::{judge, render, verify};

/// How long what is under way may take to notice that it is stopped.
const GRACE: Duration = Duration::from_millis(150);

/// Looks at every target, prints each report as the format allows, and writes the files that were asked for.
pub(super) fn run<T, F>(
    command: &'static str,
    targets: Vec<(String, T)>,
    jobs: u16,
    settings: &Settings,
    look: impl Fn(T, Deadline) -> F,
) -> Result<Exit, UsageError>
where
    T: Clone,
    F: Future<Output = Seen>,
{
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(UsageError::runtime)?;
    let several = targets.len() > 1;
    let mut printer = Printer::new(settings, several);
    let stop = Stop::new();
    let teller = printer.teller();
    let ended = runtime.block_on(async {
        let reports = targets.into_iter().map(|(shown, target)| {
            let (looking, teller) = (&look, &teller);
            async move {
                let once = |deadline| {
                    let seen = looking(target.clone(), deadline);
                    reported((command, &shown), seen, settings, deadline)
                };
                let Some(total) = settings.wait else {
                    return once(Deadline::after(settings.timeout, stop)).await;
                };
                let tell = |before: Option<&Report>, report: &Report| teller.tell(before, report);
                let (before, last) = wait((total, stop), settings, once, tell).await;
                teller.tell_last(before.as_ref(), &last);
                last
            }
        });
        let mut finished = stream::iter(reports).buffered(usize::from(jobs));
        let mut signal = std::pin::pin!(signalled());
        let mut ended = None;
        let mut grace = std::pin::pin!(async {
            stop.wait().await;
            tokio::time::sleep(GRACE).await;
        });
        loop {
            tokio::select! {
                report = finished.next() => match report {
                    Some(report) => printer.take(report)?,
                    None => return Ok(ended),
                },
                exit = &mut signal, if ended.is_none() => {
                    ended = Some(exit);
                    stop.stop();
                }
                () = &mut grace => return Ok(ended),
            }
        }
    });
    // Threads of the system's resolver may still be waiting for an answer that nobody wants.
    runtime.shutdown_background();
    let reports = printer.finish()?;
    Ok(ended?.unwrap_or_else(|| Exit::of_all(&reports, settings.fail_on)))
}

/// One look, judged.
async fn reported(
    (command, shown): (&str, &str),
    seen: impl Future<Output = Seen>,
    settings: &Settings,
    deadline: Deadline,
) -> Report {
    let started = clock::now();
    let facts = facts(seen.await, started, settings);
    let findings = judge::judge(&facts, &settings.policy);
    let elapsed = Millis::from(deadline.elapsed());
    Report::new(command, shown, facts, findings, elapsed)
}

fn drawn(report: &Report, settings: &Settings) -> String {
    let picture = settings.graph.zip(report.dns.as_ref());
    picture.map_or_else(String::new, |(picture, dns)| {
        render::graph::draw(dns, picture)
    })
}

fn facts(seen: Seen, started: jiff::Timestamp, settings: &Settings) -> Facts {
    let mut facts = Facts {
        started,
        judged_at: settings.at.unwrap_or(started),
        inconclusive: Vec::new(),
        dns: seen.dns,
        tls: seen.tls,
        http: seen.http,
    };
    verify::verify(&mut facts, &settings.anchors, &settings.trust_anchors);
    facts
}

/// Waits for the wish to stop, and says with which code the process then ends.
pub(super) async fn signalled() -> Exit {
    #[cfg(unix)]
    {
        let terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
        if let Ok(mut terminate) = terminate {
            return tokio::select! {
                _ = tokio::signal::ctrl_c() => Exit::Interrupted,
                _ = terminate.recv() => Exit::Terminated,
            };
        }
    }
    // Without a handler the system ends the process itself.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
    Exit::Interrupted
}

/// Says what changes while a target is waited for.
struct Teller<'a> {
    settings: &'a Settings,
    progress: ProgressBar,
}

impl Teller<'_> {
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

/// Prints reports as they finish, and keeps them for what can be written only at the end.
struct Printer<'a> {
    settings: &'a Settings,
    several: bool,
    reports: Vec<Report>,
    progress: ProgressBar,
}

impl<'a> Printer<'a> {
    fn new(settings: &'a Settings, several: bool) -> Self {
        let progress = if settings.progress {
            ProgressBar::new_spinner()
        } else {
            ProgressBar::hidden()
        };
        let style = ProgressStyle::with_template("{spinner} {msg} {elapsed}");
        progress.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        progress.set_message("looking");
        progress.enable_steady_tick(Duration::from_millis(100));
        Self {
            settings,
            several,
            reports: Vec::new(),
            progress,
        }
    }

    fn teller(&self) -> Teller<'a> {
        Teller {
            settings: self.settings,
            progress: self.progress.clone(),
        }
    }

    fn take(&mut self, report: Report) -> Result<(), UsageError> {
        let text = match self.settings.format {
            Format::Human if self.settings.graph.is_some() => drawn(&report, self.settings),
            Format::Human => {
                let gap = if self.reports.is_empty() { "" } else { "\n" };
                let text = render::human::report(&report, self.settings.style);
                if text.is_empty() {
                    text
                } else {
                    format!("{gap}{text}")
                }
            }
            Format::Jsonl => render::json::line(&report),
            Format::Json => String::new(),
        };
        self.reports.push(report);
        self.progress
            .set_message(format!("{} done", self.reports.len()));
        self.progress.suspend(|| output::print(&text))
    }

    fn finish(self) -> Result<Vec<Report>, UsageError> {
        self.progress.finish_and_clear();
        if self.settings.format == Format::Json && !(self.several && self.reports.is_empty()) {
            output::print(&self.json())?;
        }
        for file in &self.settings.outputs {
            let style = render::style::Style {
                color: false,
                ..self.settings.style
            };
            file.write(&match file.format {
                Format::Json => self.json(),
                Format::Jsonl => self.reports.iter().map(render::json::line).collect(),
                Format::Human => {
                    let each = self
                        .reports
                        .iter()
                        .map(|report| render::human::report(report, style));
                    each.collect::<Vec<_>>().join("\n")
                }
            })?;
        }
        Ok(self.reports)
    }

    /// One object for one target, an array for several.
    fn json(&self) -> String {
        match self.reports.as_slice() {
            [only] if !self.several => render::json::report(only),
            all => render::json::reports(all),
        }
    }
}
