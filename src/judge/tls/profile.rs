//! Do the certificates keep to the standards where clients let departures pass?

use super::{labels, place, strength};
use crate::facts::tls::{Departure, Endpoint, Standard};
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// A certificate in the chain breaks a rule of its standard that most clients let pass.
    ///
    /// Every certificate must follow RFC 5280, and one of a public authority the Baseline Requirements of the CA/Browser Forum as
    /// well. Strict clients (recent Go and Python, programs on rustls, Apple's) refuse more with every version, and a public
    /// authority must revoke what it issued wrongly within five days. Tell the authority the clause and have the certificate
    /// issued anew. With an authority of your own (OpenSSL, step-ca, AWS Private CA, Active Directory) correct its profile: the
    /// evidence names certificate, clause and what was found.
    ///
    /// Certificates of Let's Encrypt (certbot, acme.sh) and of ACM keep to their profiles: `certbot renew --force-renewal`,
    /// `acme.sh --renew -d NAME --force`, or another certificate at the ALB's listener or in CloudFront. nginx and HAProxy serve
    /// whatever the file holds: there is nothing to set.
    ProfileViolation { place: String, what: String, departures: Vec<Departure> }
    id: "tls/profile-violation", severity: Warning, source: "RFC 5280, CA/Browser Forum BR",
    explained_by: ["tls/leaf-not-first", "tls/self-signed", "tls/path-invalid"],
    message: "the chain at {place} breaks its standard: {what}",
    fix: "have the authority correct its certificate profile, and the certificate issued anew",
}

finding! {
    /// A certificate of a private authority departs from what public ones must keep to.
    ///
    /// The Baseline Requirements of the CA/Browser Forum do not bind a private authority, so nothing is wrong by itself. But
    /// browsers and libraries are built for certificates that keep to them, and refuse more of the others over time: a common
    /// name that is no alternative name, a missing extended key usage, odd key sizes. When you set up the authority's profile
    /// anew, follow them: the evidence names certificate, clause and what was found.
    ///
    /// nginx and HAProxy serve whatever the file holds. Where visitors from outside come, a certificate by certbot, acme.sh or
    /// ACM (at the ALB's listener, in CloudFront) has none of this.
    BrDeparture { place: String, what: String, departures: Vec<Departure> }
    id: "tls/br-departure", severity: Notice, source: "CA/Browser Forum BR",
    explained_by: ["tls/leaf-not-first", "tls/self-signed", "tls/path-invalid"],
    message: "the private chain at {place} departs from the rules for public ones: {what}",
    fix: "when the authority's certificate profile is next changed, follow the Baseline Requirements",
}

/// How many departures a message tells.
const TOLD: usize = 3;

pub(super) fn judge(host: &str, shown: &[&Endpoint], findings: &mut Vec<Finding>) {
    let Some((first, trust)) = shown
        .first()
        .and_then(|first| Some((first, first.trust.as_ref()?)))
    else {
        return;
    };
    let own = |departure: &&Departure| !strength::tells(first, departure);
    let binding = |departure: &&Departure| trust.public || departure.standard == Standard::Rfc5280;
    let (broken, departed): (Vec<&Departure>, Vec<&Departure>) =
        trust.departures.iter().filter(own).partition(binding);
    let owned = |departures: &[&Departure]| departures.iter().copied().cloned().collect();
    if !broken.is_empty() {
        let evidence = ProfileViolation {
            place: place(shown),
            what: told(&broken),
            departures: owned(&broken),
        };
        findings.push(evidence.about_all(host, labels(shown)));
    }
    if !departed.is_empty() {
        let evidence = BrDeparture {
            place: place(shown),
            what: told(&departed),
            departures: owned(&departed),
        };
        findings.push(evidence.about_all(host, labels(shown)));
    }
}

fn told(departures: &[&Departure]) -> String {
    let each = departures.iter().take(TOLD).map(|departure| {
        let standard = match departure.standard {
            Standard::Rfc5280 => "RFC 5280 §",
            Standard::Baseline => "BR ",
        };
        let (subject, found, clause) = (&departure.subject, &departure.found, &departure.clause);
        format!("`{subject}` has {found} ({standard}{clause})")
    });
    let mut told: Vec<String> = each.collect();
    if departures.len() > TOLD {
        told.push(format!("and {} more", departures.len() - TOLD));
    }
    told.join("; ")
}

#[cfg(test)]
mod tests {
    use super::super::testing::{endpoint, ids};
    use super::*;

    fn judged(standard: Standard, public: bool) -> Vec<String> {
        let mut departing = endpoint(1);
        if let Some(trust) = &mut departing.trust {
            trust.public = public;
            trust.departures = vec![Departure {
                standard,
                clause: "4.1.2.2".to_owned(),
                certificate: Some(0),
                subject: "CN=shop.example".to_owned(),
                rule: "serial-not-positive".to_owned(),
                found: "the serial number 0".to_owned(),
            }];
        }
        ids(|findings| judge("shop.example", &[&departing], findings))
    }

    #[test]
    fn the_baseline_requirements_bind_public_chains_and_rfc_5280_all() {
        assert_eq!(judged(Standard::Rfc5280, false), ["tls/profile-violation"]);
        assert_eq!(judged(Standard::Rfc5280, true), ["tls/profile-violation"]);
        assert_eq!(judged(Standard::Baseline, true), ["tls/profile-violation"]);
        assert_eq!(judged(Standard::Baseline, false), ["tls/br-departure"]);
    }

    #[test]
    fn without_departures_or_without_a_verdict_there_is_nothing_to_say() {
        assert!(ids(|findings| judge("shop.example", &[&endpoint(1)], findings)).is_empty());
        let mut unverified = endpoint(1);
        unverified.trust = None;
        assert!(ids(|findings| judge("shop.example", &[&unverified], findings)).is_empty());
    }

    #[test]
    fn a_message_tells_three_departures_and_counts_the_rest() {
        let one = Departure {
            standard: Standard::Baseline,
            clause: "7.1.1".to_owned(),
            certificate: None,
            subject: "CN=Root".to_owned(),
            rule: "version".to_owned(),
            found: "version 1".to_owned(),
        };
        let text = told(&[&one; 5]);
        assert!(
            text.ends_with("and 2 more") && text.contains("(BR 7.1.1)"),
            "{text}"
        );
    }
}
