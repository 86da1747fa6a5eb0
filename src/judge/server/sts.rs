//! An HSTS policy as it is to be written.

use std::fmt;

use crate::facts::http::Hsts;

/// 365 days, in seconds.
const YEAR: u64 = 31_536_000;

/// An HSTS policy as it is to be (RFC 6797 §6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::judge) struct Sts {
    /// Seconds.
    pub(in crate::judge) max_age: u64,
    pub(in crate::judge) include_subdomains: bool,
    pub(in crate::judge) preload: bool,
}

impl Sts {
    /// For the host alone: what is below it may not be ready.
    pub(in crate::judge) fn new() -> Self {
        Self {
            max_age: YEAR,
            include_subdomains: false,
            preload: false,
        }
    }

    /// What the host sends, as it was probably meant when it breaks the grammar.
    pub(in crate::judge) fn of(hsts: &Hsts) -> Self {
        match (hsts.max_age, hsts.valid) {
            (Some(max_age @ 1..), Some(true)) => Self {
                max_age,
                include_subdomains: hsts.include_subdomains,
                preload: hsts.preload,
            },
            _ => Self::meant(hsts.header.as_deref().unwrap_or_default()),
        }
    }

    /// What a field was probably meant to say.
    pub(in crate::judge) fn meant(header: &str) -> Self {
        let header = header.to_ascii_lowercase();
        // Of several the longest: a policy of 0 is meant on the way out of https alone, and is asked for by nobody's advice.
        let ages = header.split("max-age").skip(1).filter_map(seconds);
        Self {
            max_age: ages.max().filter(|age| *age > 0).unwrap_or(YEAR),
            include_subdomains: header.contains("includesubdomains"),
            preload: header.contains("preload"),
        }
    }

    /// Of the two flags those that are set, in the words of a place that has its own for them.
    pub(super) fn flags(self, include_subdomains: &str, preload: &str) -> String {
        let below = if self.include_subdomains {
            include_subdomains
        } else {
            ""
        };
        let listed = if self.preload { preload } else { "" };
        format!("{below}{listed}")
    }

    /// The same, for a year.
    pub(in crate::judge) fn for_a_year(self) -> Self {
        Self {
            max_age: YEAR,
            ..self
        }
    }
}

/// The number behind `max-age`, unless it is the beginning of something else.
fn seconds(rest: &str) -> Option<u64> {
    let rest = rest.trim_start_matches([' ', '\t', '=', '"', '\'']);
    let end = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    let (digits, behind) = rest.split_at_checked(end)?;
    digits
        .parse()
        .ok()
        .filter(|_| !behind.starts_with(['.', 'e']))
}

impl fmt::Display for Sts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = self.flags("; includeSubDomains", "; preload");
        write!(f, "max-age={}{flags}", self.max_age)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_is_kept() {
        for (header, meant) in [
            (
                "max-age=63072000, includeSubDomains",
                "max-age=63072000; includeSubDomains",
            ),
            (
                "max-age=\"1; includeSubDomains; Preload",
                "max-age=1; includeSubDomains; preload",
            ),
            (
                "max-age=1; includeSubDomains=1",
                "max-age=1; includeSubDomains",
            ),
            ("max-age=1; max-age=2", "max-age=2"),
            ("max-age=31536000, max-age=300", "max-age=31536000"),
            (
                "max-age=0; max-age=86400; preload",
                "max-age=86400; preload",
            ),
            (
                "max-age=0; includeSubDomains",
                "max-age=31536000; includeSubDomains",
            ),
            ("max-age 86400", "max-age=86400"),
            (
                "max-age=1 includeSubDomains",
                "max-age=1; includeSubDomains",
            ),
            ("max-age=1.5", "max-age=31536000"),
            ("max-age=abc", "max-age=31536000"),
            ("includeSubDomains", "max-age=31536000; includeSubDomains"),
            ("", "max-age=31536000"),
        ] {
            assert_eq!(Sts::meant(header).to_string(), meant, "{header}");
        }
    }

    #[test]
    fn a_flag_has_the_words_of_its_place() {
        let flags = |header| Sts::meant(header).flags(" A", " B");
        assert_eq!(flags("max-age=1"), "");
        assert_eq!(flags("max-age=1; preload"), " B");
        assert_eq!(flags("max-age=1; includeSubDomains; preload"), " A B");
    }

    #[test]
    fn nobody_is_told_to_send_a_policy_that_switches_the_protection_off() {
        let kept = |max_age| Hsts {
            host: "shop.example".to_owned(),
            header: Some(format!("max-age={max_age}; preload")),
            fields: 1,
            max_age: Some(max_age),
            include_subdomains: false,
            preload: true,
            valid: Some(true),
            errors: Vec::new(),
            preload_errors: None,
        };
        assert_eq!(Sts::of(&kept(0)).to_string(), "max-age=31536000; preload");
        assert_eq!(Sts::of(&kept(1)).to_string(), "max-age=1; preload");
    }
}
