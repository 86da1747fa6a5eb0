//! Is the certificate in the public logs?

use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::{labels, place};
use crate::facts::probe::ProbeOutcome;
use crate::facts::revocation::Sct;
use crate::facts::tls::Endpoint;
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// The certificate comes from a public authority, but without proof that it is in the public logs.
    ///
    /// Chrome, Edge and Safari stop visitors at a certificate without timestamps of Certificate Transparency logs. Authorities
    /// embed them when they issue, so mostly it was ordered with logging switched off (in ACM the option "certificate
    /// transparency logging" of a request; `aws acm request-certificate --options
    /// CertificateTransparencyLoggingPreference=ENABLED`), or is a test, or all its logs have been given up by the browsers. Have
    /// it issued anew with logging on: `certbot renew --force-renewal`, `acme.sh --renew -d NAME --force`, then reload nginx or
    /// HAProxy. Counted are timestamps in the certificate, in a stapled OCSP response, and in the extension of TLS 1.2. That of
    /// TLS 1.3 is not asked for: where a server speaks nothing else, or a chain is judged from a file, none is missed.
    CtMissing { place: String }
    id: "tls/ct-missing", severity: Error, source: "RFC 6962, Chrome and Apple CT policies",
    message: "the certificate at {place} has no timestamp of a public log, neither in itself nor beside it",
    fix: "have the certificate issued anew with certificate transparency logging switched on",
}

finding! {
    /// The certificate has timestamps of too few public logs.
    ///
    /// Chrome and Safari want two, and three for certificates valid for more than 180 days, of different logs and of at least two
    /// operators. With fewer they stop visitors, or will when one of the logs is retired. A log that the browsers have rejected
    /// does not count, nor does a timestamp that its log has not signed; a log younger than the list in doorstep is taken for good.
    /// One log at least must still be in use, and beside the certificate only such count. Have the certificate issued anew by an
    /// authority that follows the browsers' policy, as all of the large ones do: `certbot renew --force-renewal`, `acme.sh --renew
    /// -d NAME --force`, then reload nginx or HAProxy; with ACM request a new certificate and choose it at the listener of the
    /// load balancer or in the CloudFront distribution.
    CtFew { place: String, logs: usize, wanted: usize, operators: usize, had: String }
    id: "tls/ct-few", severity: Warning, source: "RFC 6962, Chrome and Apple CT policies",
    message: "the certificate at {place} has timestamps of {had}, where browsers want {wanted} of two operators",
    fix: "have the certificate issued anew with timestamps of at least {wanted} logs",
}

/// From this lifetime on a third log is wanted.
const LONG: SignedDuration = SignedDuration::from_hours(180 * 24);

pub(super) fn judge(host: &str, shown: &[&Endpoint], findings: &mut Vec<Finding>) {
    let Some(first) = shown.first() else { return };
    let public = first.trust.as_ref().is_some_and(|trust| trust.public);
    if !public || first.scts.is_none() {
        return;
    }
    // What one address has beside the certificate is no help at another: the worst of them is told.
    let counts = shown.iter().filter_map(|endpoint| Count::best_of(endpoint));
    let Some(count) = counts.min_by_key(Count::worth) else {
        return;
    };
    let (place, subjects) = (place(shown), labels(shown));
    if count.logs == 0 {
        // Without that look nothing is known of those that come beside the certificate.
        if shown
            .iter()
            .all(|endpoint| has_shown_its_extension(endpoint))
        {
            findings.push(CtMissing { place }.about_all(host, subjects));
        }
    } else if !count.is_enough() {
        let evidence = CtFew {
            place,
            logs: count.logs,
            wanted: count.wanted,
            operators: count.operators,
            had: count.in_words(),
        };
        findings.push(evidence.about_all(host, subjects));
    }
}

/// Whether a hello of TLS 1.2 was answered with this certificate: every such hello asks for timestamps.
fn has_shown_its_extension(endpoint: &Endpoint) -> bool {
    let mut probes = endpoint.probes.iter().flatten();
    probes.any(|probe| {
        let chosen = probe.outcome == ProbeOutcome::Accepted;
        chosen && probe.version.as_deref() == Some("TLSv1.2") && probe.chain.is_empty()
    })
}

fn wanted(endpoint: &Endpoint) -> usize {
    let leaf = endpoint.leaf();
    let validity = leaf.and_then(|leaf| leaf.not_before.zip(leaf.not_after));
    let long = validity.is_some_and(|(from, until)| from.duration_until(until) > LONG);
    if long { 3 } else { 2 }
}

/// How many timestamps beside a certificate are wanted, however long it lives.
const BESIDE: usize = 2;

/// Different logs that count, or may, and who runs those that are known.
struct Count {
    logs: usize,
    unknown: usize,
    operators: usize,
    wanted: usize,
    /// Whether one of the logs is in use, as far as is known.
    current: bool,
    /// Timestamps that their logs have not signed.
    unsigned: usize,
}

impl Count {
    /// The better of the timestamps within the certificate and of those beside it: browsers count each for themselves.
    fn best_of(endpoint: &Endpoint) -> Option<Self> {
        let timestamps = endpoint.scts.as_deref()?;
        let (within, beside): (Vec<&Sct>, Vec<&Sct>) = timestamps
            .iter()
            .partition(|own| own.source == "certificate");
        let is_retired = |own: &Sct| own.state.as_deref() == Some("retired");
        let beside: Vec<&Sct> = beside.into_iter().filter(|own| !is_retired(own)).collect();
        let both = [
            Self::of(&within, wanted(endpoint)),
            Self::of(&beside, BESIDE),
        ];
        both.into_iter().max_by_key(Self::worth)
    }

    fn of(timestamps: &[&Sct], wanted: usize) -> Self {
        let good = || timestamps.iter().filter(|own| own.counts != Some(false));
        let logs: BTreeSet<&str> = good().map(|own| own.log.as_str()).collect();
        let unknown: BTreeSet<&str> = good()
            .filter(|own| own.operator.is_none())
            .map(|own| own.log.as_str())
            .collect();
        let operators: BTreeSet<&str> = good().filter_map(|own| own.operator.as_deref()).collect();
        let unsigned = timestamps.iter().filter(|own| own.signature == Some(false));
        Self {
            logs: logs.len(),
            unknown: unknown.len(),
            operators: operators.len(),
            wanted,
            current: good().any(|own| own.state.as_deref() != Some("retired")),
            unsigned: unsigned.count(),
        }
    }

    /// From bad to good.
    fn worth(&self) -> (bool, usize) {
        (self.is_enough(), self.logs)
    }

    fn is_enough(&self) -> bool {
        self.logs >= self.wanted && self.current && !self.is_of_one_operator()
    }

    fn is_of_one_operator(&self) -> bool {
        self.unknown == 0 && self.operators == 1
    }

    fn in_words(&self) -> String {
        let logs = match self.logs {
            1 => "1 public log".to_owned(),
            many => format!("{many} public logs"),
        };
        let kind = if self.logs > 1 && self.is_of_one_operator() {
            " of one operator"
        } else if !self.current {
            ", none of them still in use"
        } else {
            ""
        };
        let unsigned = match self.unsigned {
            0 => String::new(),
            1 => " (and one that its log has not signed)".to_owned(),
            many => format!(" (and {many} that their logs have not signed)"),
        };
        logs + kind + &unsigned
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{certificate, endpoint, ids, probe};
    use super::*;
    use crate::facts::probe::Probe;

    /// A hello of TLS 1.2 that was answered with the same certificate.
    fn hello12() -> Option<Vec<Probe>> {
        let mut hello = probe("tls12", ProbeOutcome::Accepted);
        hello.version = Some("TLSv1.2".to_owned());
        Some(vec![hello])
    }

    /// Judges a certificate valid for so many days with timestamps of these logs.
    fn judged(days: i64, logs: &[&str], public: bool) -> Vec<String> {
        let mut endpoint = endpoint(1);
        endpoint.probes = hello12();
        endpoint.chain = vec![certificate("CN=shop.example", 0, days)];
        endpoint
            .trust
            .iter_mut()
            .for_each(|trust| trust.public = public);
        let timestamps = logs.iter().map(|log| Sct {
            log: (*log).to_owned(),
            at: None,
            source: "certificate".to_owned(),
            ..Sct::default()
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

    #[test]
    fn none_is_missed_where_nobody_asked_for_those_beside_the_certificate() {
        let mut unasked = endpoint(1);
        unasked.chain = vec![certificate("CN=shop.example", 0, 90)];
        unasked
            .trust
            .iter_mut()
            .for_each(|trust| trust.public = true);
        unasked.scts = Some(Vec::new());
        let judged =
            |endpoint: &Endpoint| ids(|findings| judge("shop.example", &[endpoint], findings));
        assert!(judged(&unasked).is_empty());
        unasked.probes = hello12();
        assert_eq!(judged(&unasked), ["tls/ct-missing"]);
    }

    /// Judges timestamps of a public certificate by operator, and whether browsers count them.
    fn counted(timestamps: &[(&str, Option<&str>, Option<bool>)]) -> Vec<String> {
        let mut endpoint = endpoint(1);
        endpoint.probes = hello12();
        endpoint.chain = vec![certificate("CN=shop.example", 0, 90)];
        endpoint
            .trust
            .iter_mut()
            .for_each(|trust| trust.public = true);
        let timestamps = timestamps.iter().map(|(log, operator, counts)| Sct {
            log: (*log).to_owned(),
            source: "certificate".to_owned(),
            operator: operator.map(str::to_owned),
            counts: *counts,
            ..Sct::default()
        });
        endpoint.scts = Some(timestamps.collect());
        ids(|findings| judge("shop.example", &[&endpoint], findings))
    }

    #[test]
    fn rejected_logs_do_not_count_and_unknown_ones_may() {
        let good = ("a", Some("one"), Some(true));
        let other = ("b", Some("two"), Some(true));
        let rejected = ("c", Some("three"), Some(false));
        let unknown = ("d", None, None);
        assert_eq!(counted(&[rejected]), ["tls/ct-missing"]);
        assert_eq!(counted(&[good, rejected]), ["tls/ct-few"]);
        assert!(counted(&[good, other]).is_empty());
        assert!(counted(&[good, unknown]).is_empty());
        assert_eq!(counted(&[unknown]), ["tls/ct-few"]);
    }

    /// Judges a certificate that lives long, with timestamps of these sources and states.
    fn of_sources(timestamps: &[(&str, &str, &str)]) -> Vec<String> {
        let mut endpoint = endpoint(1);
        endpoint.probes = hello12();
        endpoint.chain = vec![certificate("CN=shop.example", 0, 190)];
        endpoint
            .trust
            .iter_mut()
            .for_each(|trust| trust.public = true);
        let timestamps = timestamps.iter().map(|(log, source, state)| Sct {
            log: (*log).to_owned(),
            source: (*source).to_owned(),
            state: Some((*state).to_owned()),
            operator: Some(format!("of {log}")),
            counts: Some(true),
            ..Sct::default()
        });
        endpoint.scts = Some(timestamps.collect());
        ids(|findings| judge("shop.example", &[&endpoint], findings))
    }

    #[test]
    fn those_beside_the_certificate_are_two_of_logs_in_use_and_count_for_themselves() {
        let beside = ("a", "extension", "usable");
        assert!(of_sources(&[beside, ("b", "staple", "usable")]).is_empty());
        let retired = ("b", "staple", "retired");
        assert_eq!(of_sources(&[beside, retired]), ["tls/ct-few"]);
        let within = ("b", "certificate", "usable");
        assert_eq!(of_sources(&[beside, within]), ["tls/ct-few"]);
    }

    #[test]
    fn within_the_certificate_one_log_at_least_is_still_in_use() {
        let old = |log| (log, "certificate", "retired");
        assert_eq!(of_sources(&[old("a"), old("b"), old("c")]), ["tls/ct-few"]);
        let one = ("c", "certificate", "usable");
        assert!(of_sources(&[old("a"), old("b"), one]).is_empty());
    }

    #[test]
    fn what_its_log_has_not_signed_is_told() {
        let bad = Sct {
            signature: Some(false),
            counts: Some(false),
            ..Sct::default()
        };
        let good = Sct {
            counts: Some(true),
            ..Sct::default()
        };
        let words = Count::of(&[&good, &bad], 2).in_words();
        assert_eq!(words, "1 public log (and one that its log has not signed)");
    }

    #[test]
    fn two_logs_of_one_operator_are_too_few() {
        let of_one = [
            ("a", Some("one"), Some(true)),
            ("b", Some("one"), Some(true)),
        ];
        assert_eq!(counted(&of_one), ["tls/ct-few"]);
    }
}
