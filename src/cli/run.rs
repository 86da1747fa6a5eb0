//! Runs a probing command over its targets: so many at a time, with progress, until done or stopped; then prints.

use std::collections::BTreeMap;
use std::future::Future;
use std::num::NonZero;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::mpsc;

use super::args::Format;
use super::exit::{Exit, UsageError};
use super::output;
use super::settings::Settings;
use super::walk::Seen;
use crate::facts::Facts;
use crate::facts::attempt::Millis;
use crate::net::clock;
use crate::net::deadline::{Deadline, Stop};
use crate::render::style::Style;
use crate::report::Report;
use crate::{judge, render, verify};

/// How long what is under way may take to notice that it is stopped.
const GRACE: Duration = Duration::from_millis(150);

/// Looks at every target, so many at a time, prints each report as the format allows, and writes the files that were asked
/// for. Reports stand in the order of the targets, but for `jsonl`, which has them as they finish.
pub(super) fn run<T, F>(
    command: &'static str,
    targets: Vec<(String, T)>,
    jobs: u16,
    settings: &Settings,
    look: impl Fn(T, Deadline) -> F + Sync,
) -> Result<Exit, UsageError>
where
    T: Send,
    F: Future<Output = Seen>,
{
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(UsageError::runtime)?;
    let mut printer = Printer::new(settings, targets.len());
    let stop = Stop::new();
    let shares = shares(usize::from(jobs).min(targets.len()));
    let waiting = Mutex::new(targets.into_iter().enumerate());
    let report = async |(index, (shown, target)): (usize, (String, T))| {
        let started = clock::now();
        let deadline = Deadline::after(settings.timeout, stop);
        let seen = look(target, deadline).await;
        let facts = facts(seen, started, settings);
        let findings = judge::judge(&facts, &settings.policy);
        let elapsed = Millis::from(deadline.elapsed());
        (
            index,
            Report::new(command, &shown, facts, findings, elapsed),
        )
    };
    let ended = std::thread::scope(|threads| {
        let (sender, finished) = mpsc::channel(1);
        for share in shares {
            let (sender, waiting, report) = (sender.clone(), &waiting, &report);
            let runtime = runtime.handle();
            threads.spawn(move || {
                let next = || {
                    waiting
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .next()
                };
                let reports = stream::iter(std::iter::from_fn(next)).map(report);
                let work = reports.buffer_unordered(share).for_each(|report| async {
                    // Nobody takes it any more once the output is closed or the wait for the last ones is over.
                    let _ = sender.send(report).await;
                });
                runtime.block_on(until_given_up(stop, work));
            });
        }
        drop(sender);
        let ended = runtime.block_on(print(&mut printer, finished, stop));
        // Whatever ended the printing, nothing more is to be begun.
        stop.stop();
        ended
    });
    // Threads of the system's resolver may still be waiting for an answer that nobody wants.
    runtime.shutdown_background();
    let exit = printer.finish()?;
    Ok(ended?.unwrap_or(exit))
}

/// How many targets at a time each thread has: one a processor, for proofs and judgement are work and no waiting.
fn shares(jobs: usize) -> Vec<usize> {
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    let threads = processors.min(jobs).max(1);
    let share = |thread| jobs / threads + usize::from(thread < jobs % threads);
    (0..threads).map(share).filter(|share| *share > 0).collect()
}

/// Does the work until it is done, or was stopped and had its grace.
async fn until_given_up(stop: Stop, work: impl Future<Output = ()>) {
    let grace = async {
        stop.wait().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        () = work => {}
        () = grace => {}
    }
}

/// Prints what is finished until all is, or the user stops it; then says how the process ends.
async fn print(
    printer: &mut Printer<'_>,
    mut finished: mpsc::Receiver<(usize, Report)>,
    stop: Stop,
) -> Result<Option<Exit>, UsageError> {
    let mut signal = std::pin::pin!(signalled());
    let mut ended = None;
    loop {
        tokio::select! {
            report = finished.recv() => match report {
                Some((index, report)) => printer.take(index, &report)?,
                None => return Ok(ended),
            },
            exit = &mut signal, if ended.is_none() => {
                ended = Some(exit);
                stop.stop();
            }
        }
    }
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

/// Prints reports, and keeps only what has to wait: for its turn, or for the end.
struct Printer<'a> {
    settings: &'a Settings,
    several: bool,
    /// What stands on standard output already.
    printed: usize,
    /// Texts that are not yet in turn.
    waiting: BTreeMap<usize, String>,
    /// For each file, the text of each report.
    files: Vec<BTreeMap<usize, String>>,
    done: usize,
    exit: Exit,
    progress: ProgressBar,
}

impl<'a> Printer<'a> {
    fn new(settings: &'a Settings, targets: usize) -> Self {
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
            several: targets > 1,
            printed: 0,
            waiting: BTreeMap::new(),
            files: settings.outputs.iter().map(|_| BTreeMap::new()).collect(),
            done: 0,
            exit: Exit::Fine,
            progress,
        }
    }

    fn take(&mut self, index: usize, report: &Report) -> Result<(), UsageError> {
        self.exit = self.exit.and(report, self.settings.fail_on);
        self.done += 1;
        self.progress.set_message(format!("{} done", self.done));
        for (file, texts) in self.settings.outputs.iter().zip(&mut self.files) {
            let style = Style {
                color: false,
                ..self.settings.style
            };
            texts.insert(index, text(report, file.format, style));
        }
        let text = match self.settings.graph.zip(report.dns.as_ref()) {
            Some((picture, dns)) => render::graph::draw(dns, picture),
            None => text(report, self.settings.format, self.settings.style),
        };
        if self.settings.format == Format::Jsonl {
            return self.print(&text);
        }
        self.waiting.insert(index, text);
        while let Some(text) = self.waiting.remove(&self.printed) {
            self.print_in_turn(&text)?;
        }
        Ok(())
    }

    fn print_in_turn(&mut self, text: &str) -> Result<(), UsageError> {
        self.printed += 1;
        let first = self.printed == 1;
        match self.settings.format {
            Format::Json if self.several => self.print(&element(text, first)),
            Format::Human if !first && !text.is_empty() => self.print(&format!("\n{text}")),
            _ => self.print(text),
        }
    }

    fn print(&self, text: &str) -> Result<(), UsageError> {
        self.progress.suspend(|| output::print(text))
    }

    /// Prints what waited for one that never came, writes the files, and says how it ends.
    fn finish(mut self) -> Result<Exit, UsageError> {
        self.progress.finish_and_clear();
        for text in std::mem::take(&mut self.waiting).into_values() {
            self.print_in_turn(&text)?;
        }
        if self.settings.format == Format::Json && self.several && self.printed > 0 {
            self.print("\n]\n")?;
        }
        for (file, texts) in self.settings.outputs.iter().zip(&self.files) {
            let texts: Vec<&str> = texts.values().map(String::as_str).collect();
            file.write(&match file.format {
                Format::Json => array(&texts, self.several),
                Format::Jsonl => texts.concat(),
                Format::Human => texts.join("\n"),
            })?;
        }
        Ok(self.exit)
    }
}

fn text(report: &Report, format: Format, style: Style) -> String {
    match format {
        Format::Human => render::human::report(report, style),
        Format::Jsonl => render::json::line(report),
        Format::Json => render::json::report(report),
    }
}

/// An object as an element of an array, after the bracket or the comma before it.
fn element(object: &str, first: bool) -> String {
    let before = if first { "[" } else { "," };
    let indented = object.trim_end().replace('\n', "\n  ");
    format!("{before}\n  {indented}")
}

/// One object for one target, an array for several.
fn array(objects: &[&str], several: bool) -> String {
    match objects {
        [only] if !several => (*only).to_owned(),
        [] => "[]\n".to_owned(),
        all => {
            let each = all.iter().enumerate();
            let elements = each.map(|(index, object)| element(object, index == 0));
            elements.collect::<String>() + "\n]\n"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_are_shared_out_among_the_threads() {
        for jobs in [1, 2, 3, 32, 1024] {
            assert_eq!(shares(jobs).iter().sum::<usize>(), jobs);
        }
    }

    #[test]
    fn objects_are_joined_to_what_a_json_writer_makes_of_an_array() {
        let value = serde_json::json!([{ "a": [1, 2] }, { "b": "two\nlines" }]);
        let objects = value.as_array().unwrap().iter();
        let objects: Vec<String> = objects.map(|object| format!("{object:#}\n")).collect();
        let objects: Vec<&str> = objects.iter().map(String::as_str).collect();
        assert_eq!(array(&objects, true), format!("{value:#}\n"));
        assert_eq!(array(&objects[..1], false), objects[0]);
    }
}
