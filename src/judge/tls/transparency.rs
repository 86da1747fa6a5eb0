//! Is the certificate in the public logs?

use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::{labels, place};
use crate::facts::tls::Endpoint;
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// The certificate comes from a public authority, but without proof that it is in the public logs.
    ///
    /// Chrome, Edge and Safari stop visitors at a certificate without timestamps of Certificate Transparency logs. Authorities
    /// embed them when they issue, so mostly it was ordered with logging switched off (in ACM the option "certificate
    /// transparency logging"), or is a test. Have it issued anew with logging on. Timestamps that only a TLS extension carries
    /// are not seen by doorstep.
    CtMissing { place: String }
    id: "tls/ct-missing", severity: Error, source: "RFC 6962, Chrome and Apple CT policies",
    message: "the certificate at {place} holds no timestamp of a public log, nor does a staple",
    fix: "have the certificate issued anew with certificate transparency logging switched on",
}

finding! {
    /// The certificate has timestamps of too few public logs.
    ///
    /// Chrome and Safari want two, and three for certificates valid for more than 180 days, of different logs. With fewer they
    /// stop visitors, or will when one of the logs is retired. Have the certificate issued anew by an authority that follows
    /// the browsers' policy; all of the large ones do.
    CtFew { place: String, logs: usize, wanted: usize }
    id: "tls/ct-few", severity: Warning, source: "RFC 6962, Chrome and Apple CT policies",
    message: "the certificate at {place} has timestamps of {logs} public logs, where browsers want {wanted}",
    fix: "have the certificate issued anew with timestamps of at least {wanted} logs",
}

/// From this lifetime on a third log is wanted.
const LONG: SignedDuration = SignedDuration::from_hours(180 * 24);

pub(super) fn judge(host: &str, shown: &[&Endpoint], findings: &mut Vec<Finding>) {
    let Some(first) = shown.first() else { return };
    let public = first.trust.as_ref().is_some_and(|trust| trust.public);
    let Some(timestamps) = first.scts.as_ref().filter(|_| public) else {
        return;
    };
    let logs: BTreeSet<&str> = timestamps.iter().map(|own| own.log.as_str()).collect();
    let validity = first
        .leaf()
        .and_then(|leaf| leaf.not_before.zip(leaf.not_after));
    let long = validity.is_some_and(|(from, until)| from.duration_until(until) > LONG);
    let wanted = if long { 3 } else { 2 };
    let (place, subjects) = (place(shown), labels(shown));
    if logs.is_empty() {
        findings.push(CtMissing { place }.about_all(host, subjects));
    } else if logs.len() < wanted {
        let logs = logs.len();
        let evidence = CtFew {
            place,
            logs,
            wanted,
        };
        findings.push(evidence.about_all(host, subjects));
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{certificate, endpoint, ids};
    use super::*;
    use crate::facts::revocation::Sct;

    /// Judges a certificate valid for so many days with timestamps of these logs.
    fn judged(days: i64, logs: &[&str], public: bool) -> Vec<String> {
        let mut endpoint = endpoint(1);
        endpoint.chain = vec![certificate("CN=shop.example", 0, days)];
        endpoint
            .trust
            .iter_mut()
            .for_each(|trust| trust.public = public);
        let timestamps = logs.iter().map(|log| Sct {
            log: (*log).to_owned(),
            at: None,
            source: "certificate".to_owned(),
        });
        endpoint.scts = Some(timestamps.collect());
        ids(|findings| judge("shop.example", &[&endpoint], findings))
    }

    #[test]
    fn a_public_certificate_needs_two_logs_and_three_when_it_lives_long() {
        assert_eq!(judged(90, &[], true), ["tls/ct-missing"]);
        assert_eq!(judged(90, &["a"], true), ["tls/ct-few"]);
        assert_eq!(judged(90, &["a", "a"], true), ["tls/ct-few"]);
        assert!(judged(90, &["a", "b"], true).is_empty());
        assert_eq!(judged(181, &["a", "b"], true), ["tls/ct-few"]);
        assert!(judged(181, &["a", "b", "c"], true).is_empty());
    }

    #[test]
    fn private_authorities_log_nothing_and_what_was_not_counted_is_not_judged() {
        assert!(judged(90, &[], false).is_empty());
        let mut uncounted = endpoint(1);
        uncounted
            .trust
            .iter_mut()
            .for_each(|trust| trust.public = true);
        assert!(ids(|findings| judge("shop.example", &[&uncounted], findings)).is_empty());
    }
}
