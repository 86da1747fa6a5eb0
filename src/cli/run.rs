//! Runs a probing command over its targets: so many at a time, with progress, until done or stopped.

use std::future::Future;
use std::num::NonZero;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use tokio::sync::mpsc;

use super::exit::{Exit, UsageError};
use super::printer::Printer;
use super::settings::Settings;
use super::wait::{Teller, wait};
use super::walk::Seen;
use crate::facts::Facts;
use crate::facts::attempt::Millis;
use crate::net::clock;
use crate::net::deadline::{Deadline, Stop};
use crate::report::Report;
use crate::{judge, verify};

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
    T: Clone + Send,
    F: Future<Output = Seen>,
{
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(UsageError::runtime)?;
    let mut printer = Printer::new(settings, targets.len());
    let stop = Stop::new();
    let teller = Teller::new(settings, &printer.progress);
    let shares = shares(usize::from(jobs).min(targets.len()));
    let waiting = Mutex::new(targets.into_iter().enumerate());
    let report = async |(index, (shown, target)): (usize, (String, T))| {
        let once = |deadline| {
            let seen = look(target.clone(), deadline);
            reported((command, &shown), seen, settings, deadline)
        };
        let report = match settings.wait {
            Some(total) => wait((total, stop), settings, once, &teller).await,
            None => once(Deadline::after(settings.timeout, stop)).await,
        };
        (index, report)
    };
    let ended = std::thread::scope(|threads| {
        let (sender, finished) = mpsc::channel(1);
        for share in shares {
            let (sender, waiting, report) = (sender.clone(), &waiting, &report);
            let runtime = runtime.handle();
            threads.spawn(move || {
                // What the user stopped before it had begun is nobody's report.
                let next = || {
                    let mut left = waiting.lock().unwrap_or_else(PoisonError::into_inner);
                    left.next().filter(|_| !stop.is_stopped())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_are_shared_out_among_the_threads() {
        for jobs in [1, 2, 3, 32, 1024] {
            assert_eq!(shares(jobs).iter().sum::<usize>(), jobs);
        }
    }
}
