//! Words that several renderers share.

use jiff::{SignedDuration, Timestamp};

use crate::finding::Severity;

/// A severity in one word.
#[must_use]
pub fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Notice => "notice",
    }
}

/// How many of something: `1 error`, `2 errors`.
#[must_use]
pub fn count(number: usize, word: &str) -> String {
    match number {
        1 => format!("1 {word}"),
        many => format!("{many} {word}s"),
    }
}

/// What is left until `end`, or how long ago it was.
#[must_use]
pub fn left(end: Timestamp, at: Timestamp) -> String {
    let left = at.duration_until(end);
    if left.is_negative() {
        format!("ended {} ago", days(left.abs()))
    } else {
        format!("{} left", days(left))
    }
}

/// A length of time in its largest unit that leaves nothing out, or nearly.
#[must_use]
pub fn period(seconds: u32) -> String {
    let units = [
        (86_400, "day"),
        (3_600, "hour"),
        (60, "minute"),
        (1, "second"),
    ];
    let fits = |(length, _): &&(u32, &str)| seconds >= *length && seconds.is_multiple_of(*length);
    let (length, word) = units.iter().find(fits).unwrap_or(&(1, "second"));
    count(usize::try_from(seconds / length).unwrap_or_default(), word)
}

fn days(length: SignedDuration) -> String {
    match usize::try_from(length.as_hours()).unwrap_or_default() {
        hours if hours < 48 => count(hours, "hour"),
        hours => count(hours / 24, "day"),
    }
}

/// The common name of a distinguished name, or all of it when there is none.
#[must_use]
pub fn common_name(subject: &str) -> &str {
    let parts = subject
        .split(", ")
        .filter_map(|part| part.strip_prefix("CN="));
    parts.last().unwrap_or(subject)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_common_name_is_taken_out_of_a_subject() {
        assert_eq!(common_name("C=US, O=Demo, CN=Demo CA 1"), "Demo CA 1");
        assert_eq!(common_name("O=Demo"), "O=Demo");
    }

    #[test]
    fn a_period_has_the_unit_that_fits() {
        assert_eq!(period(172_800), "2 days");
        assert_eq!(period(3_600), "1 hour");
        assert_eq!(period(300), "5 minutes");
        assert_eq!(period(90), "90 seconds");
        assert_eq!(period(0), "0 seconds");
    }

    #[test]
    fn what_is_left_is_said_in_hours_and_then_in_days() {
        let at = Timestamp::from_second(1_800_000_000).unwrap();
        assert_eq!(
            left(at + SignedDuration::from_hours(24 * 64), at),
            "64 days left"
        );
        assert_eq!(
            left(at - SignedDuration::from_hours(5), at),
            "ended 5 hours ago"
        );
    }
}
