//! For how long do browsers keep the policy?

use super::Sent;
use crate::finding;
use crate::finding::{AtFault, Evidence, Finding};
use crate::judge::server::Sts;

finding! {
    /// The HSTS policy is kept for less than half a year.
    ///
    /// Visitors who come back later than that begin in clear again. A short time is right for the first weeks only, until it is
    /// sure that everything works over https. Then raise `max-age` to a year, 31536000.
    ///
    /// nginx `add_header Strict-Transport-Security "max-age=31536000" always;`; Apache `Header always set
    /// Strict-Transport-Security "max-age=31536000"`; HAProxy `http-after-response set-header Strict-Transport-Security
    /// max-age=31536000`; IIS `<hsts enabled="true" max-age="31536000" />`; Caddy `header Strict-Transport-Security
    /// max-age=31536000`; an ALB the attribute of the HTTPS listener; CloudFront the response headers policy; Cloudflare Edge
    /// Certificates, Max Age 12 months.
    HstsShort { host: String, max_age: u64, at_fault: Option<AtFault>, advice: String }
    id: "http/hsts-short", severity: Warning, source: "practice: a policy is to outlast the time between visits (Observatory, internet.nl)",
    message: "the HSTS policy of `{host}` is kept for {max_age} seconds only, less than half a year",
    fix: "raise `max-age` to 31536000; {advice}",
}

finding! {
    /// The HSTS policy is kept for less than a year.
    ///
    /// It protects, and a year is what most recommend and what hstspreload.org asks for. Raise `max-age` to 31536000 where the
    /// policy is set, when everything has worked over https for a while.
    ///
    /// nginx `add_header Strict-Transport-Security "max-age=31536000" always;`; Apache `Header always set
    /// Strict-Transport-Security "max-age=31536000"`; HAProxy `http-after-response set-header`; IIS `<hsts
    /// max-age="31536000">`; Caddy `header`; an ALB the attribute of the HTTPS listener; CloudFront the response headers
    /// policy; Cloudflare Edge Certificates, Max Age 12 months.
    HstsUnderAYear { host: String, max_age: u64, at_fault: Option<AtFault>, advice: String }
    id: "http/hsts-under-a-year", severity: Notice, source: "practice: a year is the common recommendation (internet.nl)",
    message: "the HSTS policy of `{host}` is kept for {max_age} seconds, less than a year",
    fix: "raise `max-age` to 31536000; {advice}",
}

finding! {
    /// The HSTS policy switches the protection off.
    ///
    /// `max-age=0` makes browsers forget the policy. That is right only on the way out of https. Otherwise the value was left
    /// over from a test, or an unset variable became 0: look where the field is made, and begin with a day (86400), then a
    /// month, then a year (31536000).
    ///
    /// nginx `add_header Strict-Transport-Security "max-age=86400" always;`, Apache `Header always set Strict-Transport-Security
    /// "max-age=86400"`, HAProxy `http-after-response set-header Strict-Transport-Security max-age=86400`, IIS `<hsts
    /// enabled="true" max-age="86400" />`, Caddy `header Strict-Transport-Security max-age=86400`, an ALB the attribute of the
    /// HTTPS listener, CloudFront the response headers policy, Cloudflare Edge Certificates (HSTS "Disable" sends 0 on purpose).
    HstsDisabled { host: String, header: String, policy: String, at_fault: Option<AtFault>, advice: String }
    id: "http/hsts-disabled", severity: Warning, source: "RFC 6797 §6.1.1",
    message: "the HSTS policy of `{host}`, `{header}`, makes browsers forget that it has one",
    fix: "send `Strict-Transport-Security: {policy}`, unless the site is to leave https; {advice}",
}

/// 180 days.
const HALF_A_YEAR: u64 = 15_552_000;
/// 365 days.
const YEAR: u64 = 31_536_000;

pub(super) fn judge(sent: &Sent<'_>, to_send: impl Fn(Sts) -> String, findings: &mut Vec<Finding>) {
    let hsts = sent.hsts;
    let Some(max_age) = hsts.max_age.filter(|_| hsts.valid == Some(true)) else {
        return;
    };
    let (host, subjects) = (hsts.host.clone(), sent.places.clone());
    let at_fault = sent.max_age.clone();
    let policy = Sts::of(hsts).for_a_year();
    match max_age {
        0 => {
            let evidence = HstsDisabled {
                host: host.clone(),
                header: hsts.header.clone().unwrap_or_default(),
                policy: policy.to_string(),
                at_fault,
                advice: to_send(policy),
            };
            findings.push(evidence.about_all(host, subjects));
        }
        1..HALF_A_YEAR => {
            let evidence = HstsShort {
                host: host.clone(),
                max_age,
                at_fault,
                advice: to_send(policy),
            };
            findings.push(evidence.about_all(host, subjects));
        }
        HALF_A_YEAR..YEAR => {
            let evidence = HstsUnderAYear {
                host: host.clone(),
                max_age,
                at_fault,
                advice: to_send(policy),
            };
            findings.push(evidence.about_all(host, subjects));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::ids;
    use super::super::tests::{policy, sent};
    use super::*;

    fn judged(max_age: u64) -> Vec<String> {
        let mut hsts = policy("max-age");
        hsts.max_age = Some(max_age);
        ids(|findings| judge(&sent(&hsts), |policy| policy.to_string(), findings))
    }

    #[test]
    fn short_is_less_than_180_days_and_a_year_is_enough() {
        assert_eq!(judged(0), ["http/hsts-disabled"]);
        assert_eq!(judged(1), ["http/hsts-short"]);
        assert_eq!(judged(15_551_999), ["http/hsts-short"]);
        assert_eq!(judged(15_552_000), ["http/hsts-under-a-year"]);
        assert_eq!(judged(31_535_999), ["http/hsts-under-a-year"]);
        assert!(judged(31_536_000).is_empty());
    }

    #[test]
    fn a_policy_that_is_dropped_has_no_duration() {
        let mut hsts = policy("max-age");
        (hsts.max_age, hsts.valid) = (Some(0), Some(false));
        assert!(
            ids(|findings| judge(&sent(&hsts), |policy| policy.to_string(), findings)).is_empty()
        );
    }
}
