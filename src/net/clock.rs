//! The only place that reads clocks (`clippy.toml` forbids it elsewhere).

use std::time::{Duration, Instant};

use jiff::Timestamp;

/// The calendar time now.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the calendar clock"
)]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// A stopwatch over the monotonic clock.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts at zero.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the monotonic clock"
    )]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// The time since the start.
    #[must_use]
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}
