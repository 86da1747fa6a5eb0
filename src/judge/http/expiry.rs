//! Is a cookie set, or taken away?

/// Year, month, day and second of the day, in UTC.
type Date = (u32, u32, u32, u32);

/// Before there were cookies as there are now: who writes such a date means the past.
const PAST: Date = (2000, 1, 1, 0);

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

/// Whether a Set-Cookie field takes its cookie away (RFC 6265 §4.1.2). `sent` is the Date field of the answer.
pub(super) fn is_removal(cookie: &str, sent: Option<&str>) -> bool {
    let attributes = cookie.split(';').skip(1);
    let attributes = attributes.filter_map(|attribute| attribute.split_once('='));
    let values = |wanted: &str| {
        let own = attributes
            .clone()
            .filter(move |(name, _)| name.trim().eq_ignore_ascii_case(wanted));
        own.map(|(_, value)| value.trim()).collect::<Vec<&str>>()
    };
    // Of two of a name the last counts, and Max-Age more than Expires (RFC 6265 §5.3).
    let max_age = values("max-age").into_iter().rev().find_map(lasts);
    if let Some(lasts) = max_age {
        return !lasts;
    }
    let expires = values("expires").into_iter().rev().find_map(date);
    let now = sent.and_then(date).unwrap_or(PAST);
    expires.is_some_and(|expires| expires <= now)
}

/// Whether a Max-Age is more than nothing; `None` when it is no number.
fn lasts(value: &str) -> Option<bool> {
    let (negative, digits) = match value.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, value),
    };
    let number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    number.then(|| !negative && digits.bytes().any(|byte| byte != b'0'))
}

/// A date as browsers read it (RFC 6265 §5.1.1): time, day, month and year, each where it is first met.
fn date(text: &str) -> Option<Date> {
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    let tokens = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == ':'));
    for token in tokens.filter(|token| !token.is_empty()) {
        let number = || token.parse::<u32>().ok();
        if time.is_none() && token.contains(':') {
            time = seconds(token);
        } else if day.is_none() && token.len() <= 2 && number().is_some() {
            day = number();
        } else if month.is_none() && named(token).is_some() {
            month = named(token);
        } else if year.is_none() && (2..=4).contains(&token.len()) {
            year = number().map(in_full);
        }
    }
    Some((year?, month?, day?, time?))
}

fn seconds(token: &str) -> Option<u32> {
    let fields: Vec<u32> = token
        .split(':')
        .map_while(|field| field.parse().ok())
        .collect();
    match *fields.as_slice() {
        [hours @ 0..24, minutes @ 0..60, seconds @ 0..60] => {
            Some((hours * 60 + minutes) * 60 + seconds)
        }
        _ => None,
    }
}

fn named(token: &str) -> Option<u32> {
    let start = token.get(..3)?.to_ascii_lowercase();
    let at = MONTHS.iter().position(|month| *month == start)?;
    u32::try_from(at + 1).ok()
}

fn in_full(year: u32) -> u32 {
    match year {
        0..70 => 2000 + year,
        70..100 => 1900 + year,
        _ => year,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SENT: Option<&str> = Some("Mon, 23 Nov 2026 12:00:00 GMT");

    #[test]
    fn a_cookie_is_taken_away_by_its_age_or_by_a_date_that_is_over() {
        for cookie in [
            "id=; Max-Age=0",
            "id=; max-age = 00",
            "id=; Max-Age=-1",
            "id=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
            "id=x; expires=Thu, 01-Jan-1970 00:00:01 GMT; path=/",
            "id=x; expires=Thu, 01-Jan-70 00:00:01 GMT",
            "id=x; Expires=Mon, 23 Nov 2026 12:00:00 GMT",
            "id=x; Expires=Mon, 23 Nov 2026 11:59:59 GMT",
            "id=x; Expires=Fri, 21 Nov 2025 07:28:00 GMT",
            "id=x; Expires=Fri Nov 21 07:28:00 2025",
            "id=x; Expires=Wed, 01 Jan 2031 00:00:00 GMT; Max-Age=0",
            "id=x; Max-Age=60; Max-Age=0",
        ] {
            assert!(is_removal(cookie, SENT), "{cookie}");
        }
    }

    #[test]
    fn a_cookie_that_is_kept_is_not_taken_away() {
        for cookie in [
            "id=1",
            "Max-Age=0",
            "id=Max-Age=0; Path=/",
            "id=1; Max-Age=1",
            "id=1; Max-Age=",
            "id=1; Max-Age=x",
            "id=1; Expires=Mon, 23 Nov 2026 12:00:01 GMT",
            "id=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=60",
            "id=1; Expires=soon",
            "id=1; Expires=Thu, 01 Jan 1970",
            "id=01 Jan 1970 00:00:00",
        ] {
            assert!(!is_removal(cookie, SENT), "{cookie}");
        }
    }

    #[test]
    fn without_the_date_of_the_answer_only_what_is_long_over_is_past() {
        assert!(is_removal(
            "id=; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
            None
        ));
        assert!(!is_removal(
            "id=; Expires=Fri, 21 Nov 2025 07:28:00 GMT",
            None
        ));
    }
}
