//! Times and lengths of time as findings say them.

use jiff::{SignedDuration, Timestamp};

/// To the minute, in UTC.
pub(super) fn minute(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// A length of time in its largest unit.
pub(super) fn span(length: SignedDuration) -> String {
    let count = |number: i64, unit: &str| match number {
        1 => format!("1 {unit}"),
        many => format!("{many} {unit}s"),
    };
    match (length.as_hours() / 24, length.as_hours(), length.as_mins()) {
        (days, _, _) if days > 1 => count(days, "day"),
        (_, hours, _) if hours > 1 => count(hours, "hour"),
        (_, _, minutes) => count(minutes, "minute"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_said_in_its_largest_unit() {
        let hours = SignedDuration::from_hours;
        assert_eq!(span(hours(24 * 64)), "64 days");
        assert_eq!(span(hours(25)), "25 hours");
        assert_eq!(span(SignedDuration::from_mins(1)), "1 minute");
    }
}
