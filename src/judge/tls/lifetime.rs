//! Is the certificate valid for longer than public authorities may issue?

use jiff::{SignedDuration, Timestamp};

use super::{labels, place};
use crate::facts::tls::Endpoint;
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// The certificate is valid for longer than public authorities may issue it.
    ///
    /// The limit was 398 days until 2026-03-15, is 200 until 2027-03-15, then 100, and 47 from 2029-03-15 on. Apple's and
    /// Google's clients enforce it and stop visitors. Have the certificate issued anew by an authority that keeps the limit; with
    /// lifetimes this short renewal should run by itself: certbot, acme.sh, or ACM with its DNS validation record left in the zone.
    ///
    /// Then nginx (`nginx -s reload`) and HAProxy (`systemctl reload haproxy`) must read the new file at each renewal: put that
    /// into the hook.
    LifetimeLong { place: String, days: i64, limit: i64 }
    id: "tls/lifetime-long", severity: Error, source: "CA/Browser Forum BR 6.3.2",
    message: "the certificate at {place} is valid for {days} days, where {limit} are the most that is allowed",
    fix: "have the certificate issued anew for at most {limit} days, and let it renew by itself",
}

/// The limits in days, each for certificates issued before that second (BR 6.3.2). What was issued before 2020-09-01 ended long ago.
const LIMITS: [(i64, i64); 5] = [
    (1_598_918_400, 825),
    (1_773_532_800, 398),
    (1_805_068_800, 200),
    (1_868_227_200, 100),
    (i64::MAX, 47),
];

/// The seconds of a day.
const DAY: i64 = 24 * 60 * 60;

pub(super) fn judge(host: &str, shown: &[&Endpoint], findings: &mut Vec<Finding>) {
    let Some(first) = shown.first() else { return };
    let public = first.trust.as_ref().is_some_and(|trust| trust.public);
    let validity = first
        .leaf()
        .and_then(|leaf| leaf.not_before.zip(leaf.not_after));
    let Some((from, until)) = validity.filter(|_| public) else {
        return;
    };
    let limit = limit(from);
    // Both ends are part of the validity (RFC 5280 §4.1.2.5).
    let lifetime = from.duration_until(until) + SignedDuration::from_secs(1);
    if lifetime > SignedDuration::from_hours(24 * limit) {
        let days = (lifetime.as_secs() + DAY - 1) / DAY;
        let place = place(shown);
        let evidence = LifetimeLong { place, days, limit };
        findings.push(evidence.about_all(host, labels(shown)));
    }
}

fn limit(issued: Timestamp) -> i64 {
    let own = LIMITS
        .iter()
        .find(|(before, _)| issued.as_second() < *before);
    own.map_or(47, |(_, days)| *days)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{endpoint, ids};
    use super::*;

    /// Judges a certificate issued on this day and valid for so many days.
    fn judged(issued: &str, days: i64, public: bool) -> Vec<String> {
        let mut endpoint = endpoint(1);
        let from: Timestamp = format!("{issued}T00:00:00Z").parse().unwrap();
        for leaf in &mut endpoint.chain {
            leaf.not_before = Some(from);
            let last = SignedDuration::from_hours(24 * days) - SignedDuration::from_secs(1);
            leaf.not_after = Some(from + last);
        }
        endpoint
            .trust
            .iter_mut()
            .for_each(|trust| trust.public = public);
        ids(|findings| judge("shop.example", &[&endpoint], findings))
    }

    #[test]
    fn the_limit_is_that_of_the_day_of_issuance() {
        for (issued, limit) in [
            ("2025-01-01", 398),
            ("2026-03-14", 398),
            ("2026-03-15", 200),
            ("2027-03-14", 200),
            ("2027-03-15", 100),
            ("2029-03-14", 100),
            ("2029-03-15", 47),
        ] {
            assert!(judged(issued, limit, true).is_empty(), "{issued}");
            assert_eq!(
                judged(issued, limit + 1, true),
                ["tls/lifetime-long"],
                "{issued}"
            );
        }
    }

    #[test]
    fn private_authorities_may_issue_for_as_long_as_they_like() {
        assert!(judged("2026-04-01", 4000, false).is_empty());
    }
}
