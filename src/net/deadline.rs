//! When to stop: one deadline for a target, and within it a bound for each attempt.

use std::future::Future;
use std::time::Duration;

use super::clock::Stopwatch;

/// The end of the time that one target has. Made once, by the command line, and handed down by value.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    started: Stopwatch,
    total: Duration,
}

/// What ended a bounded wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elapsed {
    /// The bound of this one attempt, after so long.
    Attempt(Duration),
    /// The target's deadline.
    Target,
}

impl Deadline {
    /// A deadline `total` from now.
    #[must_use]
    pub fn after(total: Duration) -> Self {
        Self {
            started: Stopwatch::start(),
            total,
        }
    }

    /// What is left; zero when it is over.
    #[must_use]
    pub fn left(self) -> Duration {
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
        match tokio::time::timeout(limit, work).await {
            Ok(done) => Ok(done),
            Err(_) if left <= bound => Err(Elapsed::Target),
            Err(_) => Err(Elapsed::Attempt(limit)),
        }
    }
}
