//! Are the authorities' certificates within their validity?

use jiff::Timestamp;

use super::{labels, place};
use crate::facts::certificate::Certificate;
use crate::facts::tls::{Distrust, Endpoint, Trust, TrustStatus};
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// The certificate of an authority in the chain has ended, and no other way leads to a root.
    ///
    /// The server's own certificate may be fine; browsers stop visitors all the same, because nobody valid vouches for it. The
    /// server sends an old intermediate certificate. Fetch the current one from the authority (certbot and acme.sh write it into
    /// `fullchain.pem` at every renewal: run one), put it after the server's own in the file that nginx calls
    /// `ssl_certificate`, Apache `SSLCertificateFile` and HAProxy `crt`, and reload. In ACM, import the certificate again with the
    /// new chain. When the root itself has ended, have the certificate issued anew.
    IntermediateExpired { place: String, subject: String, ended: String }
    id: "tls/intermediate-expired", severity: Error, source: "RFC 5280 §6.1.3",
    explained_by: ["tls/address-behind"],
    message: "the chain at {place} depends on the authority `{subject}`, whose certificate {ended}",
    fix: "replace the certificate of `{subject}` in the server's certificate file by the authority's current one, and reload",
}

finding! {
    /// A certificate that ended is sent along for a second way to a root, which current clients do not need.
    ///
    /// Another way works, so browsers are fine. Some old programs take the first way that they find and fail at the ended
    /// certificate, as many did when AddTrust's root ended in 2020. Take it out of the server's certificate file: with certbot
    /// `--preferred-chain` chooses the way, and every renewal writes the current chain.
    ///
    /// acme.sh has `--preferred-chain` too; nginx reads the file named by `ssl_certificate`, HAProxy that of `crt`, at the next
    /// reload. In ACM import the certificate again with the current chain alone.
    SparePathExpired { place: String, subject: String, not_after: String }
    id: "tls/spare-path-expired", severity: Notice, source: "RFC 8446 §4.4.2",
    message: "a certificate of `{subject}` that ended on {not_after} is sent along at {place}; another way to a root works",
    fix: "take the certificate of `{subject}` that ended out of the server's certificate file",
}

pub(super) fn judge(host: &str, shown: &[&Endpoint], at: Timestamp, findings: &mut Vec<Finding>) {
    let Some(first) = shown.first() else { return };
    let Some(trust) = &first.trust else { return };
    let (place, subjects) = (place(shown), labels(shown));
    if let Some((subject, ended)) = trust.reasons.iter().find_map(outside) {
        let evidence = IntermediateExpired {
            place,
            subject,
            ended,
        };
        findings.push(evidence.about_all(host, subjects));
    } else if let Some(spare) = spare_expired(&first.chain, trust, at) {
        let evidence = SparePathExpired {
            place,
            subject: spare.subject.clone(),
            not_after: day(spare.not_after),
        };
        findings.push(evidence.about_all(host, subjects));
    }
}

/// Whose certificate is outside of its validity, and how.
fn outside(reason: &Distrust) -> Option<(String, String)> {
    match reason {
        Distrust::AuthorityExpired { subject, not_after } => {
            Some((subject.clone(), format!("ended on {}", day(*not_after))))
        }
        Distrust::AuthorityNotYetValid {
            subject,
            not_before,
        } => Some((subject.clone(), format!("begins on {}", day(*not_before)))),
        _ => None,
    }
}

/// A certificate that could serve another path, and ended.
fn spare_expired<'c>(
    chain: &'c [Certificate],
    trust: &Trust,
    at: Timestamp,
) -> Option<&'c Certificate> {
    let spare =
        |place: usize| !trust.path_sent.contains(&Some(place)) && !trust.unrelated.contains(&place);
    let mut numbered = chain.iter().enumerate();
    let (_, found) =
        numbered.find(|(place, own)| spare(*place) && own.not_after.is_some_and(|end| end < at))?;
    (trust.status == TrustStatus::Trusted).then_some(found)
}

fn day(time: Option<Timestamp>) -> String {
    time.map(|time| time.strftime("%Y-%m-%d").to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{NOW, at, certificate, distrusting, endpoint, ids};
    use super::*;

    fn judged(endpoint: &Endpoint) -> Vec<String> {
        ids(|findings| judge("shop.example", &[endpoint], at(NOW), findings))
    }

    #[test]
    fn an_authority_outside_of_its_validity_is_an_error() {
        let subject = || "CN=Demo CA 1".to_owned();
        let ended = Distrust::AuthorityExpired {
            subject: subject(),
            not_after: Some(at(NOW - 1)),
        };
        assert_eq!(judged(&distrusting(ended)), ["tls/intermediate-expired"]);
        let early = Distrust::AuthorityNotYetValid {
            subject: subject(),
            not_before: Some(at(NOW + 1)),
        };
        assert_eq!(judged(&distrusting(early)), ["tls/intermediate-expired"]);
        assert!(judged(&distrusting(Distrust::SelfSigned)).is_empty());
    }

    #[test]
    fn a_spare_certificate_is_told_of_when_it_ended_and_not_before() {
        let mut spare = endpoint(1);
        spare.chain.push(certificate("CN=Old root", -900, -1));
        assert_eq!(judged(&spare), ["tls/spare-path-expired"]);
        let mut valid = endpoint(1);
        valid.chain.push(certificate("CN=Old root", -900, 1));
        assert!(judged(&valid).is_empty());
    }

    #[test]
    fn what_is_on_no_path_at_all_is_another_question() {
        let mut unrelated = endpoint(1);
        unrelated.chain.push(certificate("CN=Old root", -900, -1));
        if let Some(trust) = &mut unrelated.trust {
            trust.unrelated = vec![1];
        }
        assert!(judged(&unrelated).is_empty());
    }
}
