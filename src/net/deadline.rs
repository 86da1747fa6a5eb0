//! When to stop: one deadline for a target, and within it a bound for each attempt.

use std::future::Future;
use std::time::Duration;

use tokio::sync::watch;

use super::clock::Stopwatch;

/// The user's wish to stop, seen by every wait at once.
#[derive(Clone, Copy, Debug)]
pub struct Stop(&'static watch::Sender<bool>);

impl Stop {
    /// A wish that nobody has had yet. One a process: it lives as long as that.
    #[must_use]
    pub fn new() -> Self {
        Self(Box::leak(Box::new(watch::Sender::new(false))))
    }

    /// Ends every wait.
    pub fn stop(self) {
        self.0.send_replace(true);
    }

    /// Whether to stop.
    #[must_use]
    pub fn is_stopped(self) -> bool {
        *self.0.borrow()
    }

    /// Waits for the wish.
    pub async fn wait(self) {
        // The sender lives for ever, so waiting cannot fail.
        let _ = self.0.subscribe().wait_for(|stopped| *stopped).await;
    }
}

impl Default for Stop {
    fn default() -> Self {
        Self::new()
    }
}

/// The end of the time that one target has. Made once, by the command line, and handed down by value.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    started: Stopwatch,
    total: Duration,
    stop: Stop,
}

/// What ended a bounded wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elapsed {
    /// The bound of this one attempt, after so long.
    Attempt(Duration),
    /// The target's deadline.
    Target,
    /// The user's wish to stop.
    Stopped,
}

impl Deadline {
    /// A deadline `total` from now, or when `stop` comes.
    #[must_use]
    pub fn after(total: Duration, stop: Stop) -> Self {
        Self {
            started: Stopwatch::start(),
            total,
            stop,
        }
    }

    /// What is left; zero when it is over.
    #[must_use]
    pub fn left(self) -> Duration {
        if self.stop.is_stopped() {
            return Duration::ZERO;
        }
        self.total.saturating_sub(self.started.elapsed())
    }

    /// The time since the target was begun.
    #[must_use]
    pub fn elapsed(self) -> Duration {
        self.started.elapsed()
    }

    /// Waits for `work` no longer than `bound`, and never beyond the deadline.
    ///
    /// # Errors
    /// Which of the two bounds ended the wait.
    pub async fn bound<T>(
        self,
        bound: Duration,
        work: impl Future<Output = T>,
    ) -> Result<T, Elapsed> {
        let left = self.left();
        let limit = bound.min(left);
        tokio::select! {
            biased;
            () = self.stop.wait() => Err(Elapsed::Stopped),
            done = tokio::time::timeout(limit, work) => match done {
                Ok(done) => Ok(done),
                Err(_) if left <= bound => Err(Elapsed::Target),
                Err(_) => Err(Elapsed::Attempt(limit)),
            },
        }
    }
}
