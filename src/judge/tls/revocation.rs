//! What does the authority say of the certificate's status, and does the server pass it on as it promised?

use super::{labels, place};
use crate::facts::revocation::{Revocation, RevocationStatus, StatusFault, Unusable};
use crate::facts::tls::Endpoint;
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// The authority has revoked the certificate.
    ///
    /// Firefox, Safari and many programs refuse it, Chrome as soon as its own list has it. Authorities revoke when a key became
    /// known, when the names are no longer yours, or when they issued wrongly; the reason is in the evidence. Make a new key,
    /// have a new certificate issued (certbot: `certbot certonly --force-renewal`; ACM: request a new one), put it on every
    /// server and reload. Never go on with the old key when its reason is keyCompromise.
    ///
    /// acme.sh: `acme.sh --issue -d NAME --force --always-force-new-domain-key`. nginx names the new files `ssl_certificate` and
    /// `ssl_certificate_key`, HAProxy one `crt`; behind an ALB or CloudFront choose the new one at the listener or in the
    /// distribution.
    Revoked { place: String, source: String, revocation: Revocation, which: String, since: String }
    id: "tls/revoked", severity: Error, source: "RFC 5280 §5, RFC 6960",
    message: "{which} at {place} is revoked{since} (says {source})",
    fix: "make a new key, have a new certificate issued for it, and serve that one everywhere",
}

finding! {
    /// The certificate demands that the server passes on the authority's statement (OCSP staple), and the server does not.
    ///
    /// Firefox refuses the connection. Switch stapling on: nginx `ssl_stapling on; ssl_stapling_verify on;` with a `resolver`,
    /// Apache `SSLUseStapling on` with `SSLStaplingCache`, HAProxy `ocsp-update on`. Or have the certificate issued without
    /// the demand (certbot: without `--must-staple`): Let's Encrypt gave OCSP up in 2025, so its certificates cannot be stapled.
    ///
    /// acme.sh: issue without `--ocsp-must-staple`. ACM never sets the demand, and an ALB does not staple: replace an imported
    /// certificate there by one of ACM's own.
    MustStapleMissing { place: String }
    id: "tls/must-staple-missing", severity: Error, source: "RFC 7633 §4",
    message: "the certificate at {place} demands a stapled OCSP response, and none came",
    fix: "switch OCSP stapling on at {place}, or have the certificate issued without the TLS Feature extension",
}

finding! {
    /// The statement of the authority that the server passes on (OCSP staple) is of no use.
    ///
    /// It has ended, speaks of another certificate, or is not signed by the authority. Firefox refuses the connection. Mostly
    /// the server cannot reach the authority's responder and keeps an old response, or still has that of the former certificate:
    /// let the server's `resolver` and firewall allow requests to the address in the certificate, empty the stapling
    /// cache, and reload. Where the authority no longer runs a responder, switch stapling off.
    ///
    /// nginx: `resolver`, then `nginx -s reload`, and `ssl_stapling off` to end it; HAProxy: `ocsp-update on`, or remove the
    /// `.ocsp` file beside `crt`. certbot and acme.sh get certificates of Let's Encrypt, which has had no responder since 2025:
    /// nothing can be stapled for them. An ALB never staples; CloudFront does by itself, so tell AWS.
    StapleInvalid { place: String, why: String, fault: StatusFault }
    id: "tls/staple-invalid", severity: Error, source: "RFC 6960 §3.2",
    message: "the OCSP response stapled at {place} is of no use: {why}",
    fix: "let the server fetch a fresh OCSP response and reload it, or switch stapling off",
}

finding! {
    /// A revocation list that was given says nothing about the certificates.
    ///
    /// It is by the right authority, but has ended, is ill signed, or its signer may not sign lists. With it nobody can
    /// tell whether the certificates are revoked, and clients that insist on a list (VPN gateways, mail servers, `openssl
    /// verify -crl_check`) refuse the connection. Fetch the current list from the address in the certificate; with an authority
    /// of your own publish lists before the former ones end, by a key that has the key usage `cRLSign`.
    ///
    /// Lists are published by the authority, not by the server: nginx and HAProxy use one only for the certificates of their
    /// clients (`ssl_crl`, `crl-file`), which must then be replaced and reloaded too. certbot, acme.sh and ACM have no part in
    /// it; AWS Private CA publishes to an S3 bucket, whose policy must let it write.
    CrlUnusable { place: String, source: String, why: String, fault: StatusFault }
    id: "tls/crl-unusable", severity: Error, source: "RFC 5280 §6.3.3",
    message: "the revocation list `{source}` cannot be used for the chain at {place}: {why}",
    fix: "fetch or publish a current list that the authority signs, and give that one",
}

finding! {
    /// What the authority's responder or list says of the certificate is of no use.
    ///
    /// It was asked with `--revocation`, and its answer has ended, is ill signed, speaks of another certificate, or says that it
    /// knows of none like this. Clients that
    /// insist on an answer fail; browsers mostly go on. There is nothing to mend at the server: tell the authority. With one of
    /// your own look at the responder's clock, at its certificate (extended key usage `OCSPSigning`, issued by the same
    /// authority), and at the job that publishes lists.
    ///
    /// At nginx, HAProxy, certbot, acme.sh and ACM nothing can be set; a certificate of another authority (`--server` of certbot
    /// and acme.sh) is the way out when it lasts.
    StatusUnusable { place: String, source: String, why: String, fault: StatusFault }
    id: "tls/status-unusable", severity: Warning, source: "RFC 6960 §3.2, RFC 5280 §6.3.3",
    message: "the answer of `{source}` about the certificate at {place} is of no use: {why}",
    fix: "tell the authority; with one of your own, mend its responder or its lists",
}

pub(super) fn judge(host: &str, shown: &[&Endpoint], findings: &mut Vec<Finding>) {
    let Some(first) = shown.first() else { return };
    let (place, subjects) = (place(shown), labels(shown));
    let demands = first.leaf().is_some_and(|leaf| leaf.must_staple);
    if demands && first.ocsp_stapled == Some(false) {
        let place = place.clone();
        findings.push(MustStapleMissing { place }.about_all(host, subjects.clone()));
    }
    let fault = first
        .staple_status
        .as_ref()
        .and_then(|staple| staple.fault.clone());
    if let Some(fault) = fault {
        let evidence = StapleInvalid {
            place: place.clone(),
            why: in_words(&fault),
            fault,
        };
        findings.push(evidence.about_all(host, subjects.clone()));
    }
    let Some(revocation) = &first.revocation else {
        return;
    };
    if revocation.status == RevocationStatus::Revoked {
        findings.push(revoked(&place, revocation).about_all(host, subjects.clone()));
    }
    for unusable in &revocation.unusable {
        findings.extend(of_no_use(unusable, &place, (host, &subjects)));
    }
}

fn revoked(place: &str, revocation: &Revocation) -> Revoked {
    let day = |time: jiff::Timestamp| format!(" since {}", time.strftime("%Y-%m-%d"));
    Revoked {
        place: place.to_owned(),
        source: revocation.source.clone().unwrap_or_default(),
        which: match revocation.certificate {
            0 => "the certificate".to_owned(),
            _ => "the certificate of an authority in the chain".to_owned(),
        },
        since: revocation.revoked_at.map(day).unwrap_or_default(),
        revocation: revocation.clone(),
    }
}

/// A list at hand has no scheme in its name. What could not be fetched, and a staple, are told elsewhere.
fn of_no_use(
    unusable: &Unusable,
    place: &str,
    (host, subjects): (&str, &[String]),
) -> Option<Finding> {
    let (place, source) = (place.to_owned(), unusable.source.clone());
    let (fault, why) = (unusable.fault.clone(), in_words(&unusable.fault));
    if source == "staple" || matches!(fault, StatusFault::NotFetched { .. }) {
        None
    } else if source.contains("://") {
        let evidence = StatusUnusable {
            place,
            source,
            why,
            fault,
        };
        Some(evidence.about_all(host, subjects.to_vec()))
    } else {
        let evidence = CrlUnusable {
            place,
            source,
            why,
            fault,
        };
        Some(evidence.about_all(host, subjects.to_vec()))
    }
}

fn in_words(fault: &StatusFault) -> String {
    let day = |time: &jiff::Timestamp| time.strftime("%Y-%m-%d %H:%M UTC").to_string();
    match fault {
        StatusFault::Unreadable => "it cannot be read".to_owned(),
        StatusFault::ResponderError { code } => {
            format!("the responder answers with error {code} instead")
        }
        StatusFault::OtherCertificate => "it speaks of another certificate".to_owned(),
        StatusFault::NotKnown => "the responder does not know the certificate".to_owned(),
        StatusFault::BadSignature => "its signature is not the authority's".to_owned(),
        StatusFault::SignerNotAllowed => "its signer has no right to sign it".to_owned(),
        StatusFault::OutOfDate { next_update } => format!("it ended on {}", day(next_update)),
        StatusFault::NotYetValid { this_update } => format!("it begins on {}", day(this_update)),
        StatusFault::UnknownCriticalExtension { oid } => {
            format!("it demands the unknown extension {oid}")
        }
        StatusFault::NotWhole => "it has some reasons alone, or several authorities".to_owned(),
        StatusFault::Malformed { clause } => format!("it breaks RFC 5280 §{clause}"),
        StatusFault::NotFetched { failure } => failure.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{NOW, at, endpoint, ids};
    use super::*;
    use crate::facts::revocation::StapleStatus;

    fn judged(change: impl Fn(&mut Endpoint)) -> Vec<String> {
        let mut changed = endpoint(1);
        change(&mut changed);
        ids(|findings| judge("shop.example", &[&changed], findings))
    }

    fn with(status: RevocationStatus, unusable: Vec<Unusable>) -> Vec<String> {
        judged(|endpoint| {
            endpoint.revocation = Some(Revocation {
                status,
                source: Some("list.crl".to_owned()),
                revoked_at: Some(at(NOW)),
                reason: None,
                certificate: 0,
                unusable: unusable.clone(),
            });
        })
    }

    #[test]
    fn a_revoked_certificate_is_an_error_and_one_that_is_good_or_unknown_is_none() {
        assert_eq!(with(RevocationStatus::Revoked, Vec::new()), ["tls/revoked"]);
        assert!(with(RevocationStatus::Good, Vec::new()).is_empty());
        assert!(with(RevocationStatus::Unchecked, Vec::new()).is_empty());
    }

    #[test]
    fn a_demanded_staple_must_come() {
        let demanding = |stapled: Option<bool>| {
            judged(|endpoint| {
                endpoint
                    .chain
                    .iter_mut()
                    .for_each(|leaf| leaf.must_staple = true);
                endpoint.ocsp_stapled = stapled;
            })
        };
        assert_eq!(demanding(Some(false)), ["tls/must-staple-missing"]);
        assert!(demanding(Some(true)).is_empty());
        assert!(demanding(None).is_empty());
        assert!(judged(|endpoint| endpoint.ocsp_stapled = Some(false)).is_empty());
    }

    #[test]
    fn a_staple_with_a_fault_is_told_and_a_sound_one_is_not() {
        let staple = |fault: Option<StatusFault>| {
            judged(|endpoint| {
                endpoint.staple_status = Some(StapleStatus {
                    status: Some(RevocationStatus::Good),
                    fault: fault.clone(),
                    this_update: None,
                    next_update: None,
                });
            })
        };
        let ended = StatusFault::OutOfDate {
            next_update: at(NOW - 1),
        };
        assert_eq!(staple(Some(ended)), ["tls/staple-invalid"]);
        assert!(staple(None).is_empty());
    }

    #[test]
    fn an_answer_of_no_use_is_told_by_where_it_came_from() {
        let unusable = |source: &str, fault: StatusFault| {
            let source = source.to_owned();
            with(RevocationStatus::Unknown, vec![Unusable { source, fault }])
        };
        assert_eq!(
            unusable("list.crl", StatusFault::BadSignature),
            ["tls/crl-unusable"]
        );
        assert_eq!(
            unusable("http://ocsp.example/", StatusFault::BadSignature),
            ["tls/status-unusable"]
        );
        assert!(unusable("staple", StatusFault::BadSignature).is_empty());
        let unfetched = StatusFault::NotFetched {
            failure: "refused".to_owned(),
        };
        assert!(unusable("http://ocsp.example/", unfetched).is_empty());
    }
}
