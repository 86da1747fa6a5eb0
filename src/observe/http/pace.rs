//! How closely requests to one address follow one another.

use std::time::Duration;

use crate::net::limits;

/// The requests to one address so far.
#[derive(Debug, Default)]
pub(super) struct Pace {
    begun: usize,
    /// Before which moment of the run the next may not begin.
    next: Duration,
}

impl Pace {
    /// How long the next request waits. `now` is a moment of the run.
    pub(super) fn wait(&mut self, now: Duration) -> Duration {
        let free = self.begun < limits::REQUESTS_UNSPACED;
        let begins = if free { now } else { now.max(self.next) };
        self.begun += 1;
        self.next = begins + limits::REQUEST_PAUSE;
        begins - now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_requests_go_out_together_and_the_others_one_by_one() {
        let mut pace = Pace::default();
        let now = Duration::from_secs(1);
        for _ in 0..limits::REQUESTS_UNSPACED {
            assert_eq!(pace.wait(now), Duration::ZERO);
        }
        for number in 1..=8 {
            assert_eq!(pace.wait(now), limits::REQUEST_PAUSE * number);
        }
    }

    #[test]
    fn who_comes_late_enough_waits_for_nothing() {
        let mut pace = Pace::default();
        for number in 0..12 {
            assert_eq!(pace.wait(limits::REQUEST_PAUSE * number), Duration::ZERO);
        }
        let soon = limits::REQUEST_PAUSE * 11 + limits::REQUEST_PAUSE / 2;
        assert_eq!(pace.wait(soon), limits::REQUEST_PAUSE / 2);
    }

    #[test]
    fn the_pauses_of_a_run_are_short_beside_its_round_trips() {
        let most = limits::REQUESTS_PER_ADDRESS + limits::REQUESTS_FOR_TWIN;
        let mut pace = Pace::default();
        let longest = (0..most).map(|_| pace.wait(Duration::ZERO)).max();
        assert!(longest.unwrap() <= Duration::from_millis(100));
    }
}
