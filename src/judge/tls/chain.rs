//! Does the chain that was sent lead to a trust anchor, and is it what should be sent?

use super::{labels, place};
use crate::facts::certificate::Certificate;
use crate::facts::tls::{Distrust, Endpoint, Trust, TrustStatus};
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// The certificate is signed with its own key, so nobody vouches for it.
    ///
    /// Such a certificate is what servers make for themselves at installation. Browsers stop visitors with a warning. Have a
    /// certificate issued by a public authority (Let's Encrypt costs nothing), and point the server to it.
    SelfSigned { place: String, subject: String }
    id: "tls/self-signed", severity: Error, source: "RFC 5280 §6.1",
    message: "the certificate at {place} is self-signed: `{subject}` vouches for itself",
    fix: "have a certificate issued by a public authority, such as Let's Encrypt, and serve it there",
}

finding! {
    /// The chain ends in an authority that the trust store does not have.
    ///
    /// Every signature may be right, but the root is unknown to browsers: a company's own authority, a test or staging
    /// authority, or one that was removed from the stores. Have the certificate issued by a public authority; for an intranet,
    /// give doorstep your root with `--trust FILE`.
    UntrustedRoot { place: String, root: String, path: Vec<String> }
    id: "tls/untrusted-root", severity: Error, source: "RFC 5280 §6.1",
    message: "the chain at {place} ends in `{root}`, which no trust store in use has",
    fix: "have the certificate issued by a public authority, or give your own root with `--trust FILE`",
}

finding! {
    /// The server does not send the intermediate certificate that links its own to a root.
    ///
    /// Desktop browsers often mend this by themselves, because they have met the intermediate elsewhere; phones, programs and
    /// APIs fail. Configure the full chain: with certbot `fullchain.pem` instead of `cert.pem`, in nginx as
    /// `ssl_certificate`, in Apache as `SSLCertificateFile`; in ACM import the chain along with the certificate.
    MissingIntermediate { place: String, issuer: String }
    id: "tls/missing-intermediate", severity: Error, source: "RFC 8446 §4.4.2",
    message: "the chain at {place} lacks the certificate of its issuer, `{issuer}`",
    fix: "append the certificate of `{issuer}` to the server's certificate file (certbot: use fullchain.pem)",
}

finding! {
    /// The chain breaks a rule that verifiers enforce.
    ///
    /// The certificates fit together, but one of them may not be used like this: an authority's certificate has ended, lacks
    /// the right to issue, or is limited to other names or uses. Browsers refuse it. Ask the authority for the chain that goes
    /// with your certificate, and serve that.
    PathInvalid { place: String, rule: String, why: String }
    id: "tls/path-invalid", severity: Error, source: "RFC 5280 §6.1",
    message: "the chain at {place} cannot be verified: {why}",
    fix: "serve the chain that the authority gives out with this certificate, or have the certificate issued anew",
}

finding! {
    /// The server did not prove that it holds the key of its first certificate.
    ///
    /// Its signature over the handshake does not verify under that certificate's key. Mostly the certificates stand in the
    /// wrong order in the file, or certificate and key belong to different orders. Every client refuses such a server. Put
    /// the server's own certificate first, and use the key that it was made for.
    LeafNotFirst { place: String }
    id: "tls/leaf-not-first", severity: Error, source: "RFC 8446 §4.4.2",
    message: "the first certificate at {place} is not the one of the server's key",
    fix: "put the server's own certificate first in the file, and use the key that belongs to it",
}

finding! {
    /// The root is sent along, which nobody needs.
    ///
    /// A client trusts a root because it has it already, so sending it only makes every handshake longer. Take the last
    /// certificate, whose subject is its own issuer, out of the server's certificate file.
    ChainHasRoot { place: String, root: String, bytes: usize }
    id: "tls/chain-has-root", severity: Notice, source: "RFC 8446 §4.4.2",
    message: "{place} sends the root `{root}` along, {bytes} bytes that no client needs",
    fix: "take the certificate of `{root}` out of the server's certificate file",
}

pub(super) fn judge(host: &str, shown: &[&Endpoint], findings: &mut Vec<Finding>) {
    let Some(first) = shown.first() else { return };
    let (place, subjects) = (place(shown), labels(shown));
    if first.key_proven == Some(false) {
        let evidence = LeafNotFirst {
            place: place.clone(),
        };
        findings.push(evidence.about_all(host, subjects.clone()));
    }
    let Some(trust) = &first.trust else { return };
    if let Some(finding) = trust.reason.as_ref().map(|reason| match reason {
        Distrust::SelfSigned => {
            let subject = first
                .leaf()
                .map(|leaf| leaf.subject.clone())
                .unwrap_or_default();
            SelfSigned {
                place: place.clone(),
                subject,
            }
            .about_all(host, subjects.clone())
        }
        Distrust::IssuerNotSent { issuer } => MissingIntermediate {
            place: place.clone(),
            issuer: issuer.clone(),
        }
        .about_all(host, subjects.clone()),
        Distrust::UnknownRoot { root } => {
            let (root, path) = (root.clone(), trust.path.clone());
            UntrustedRoot {
                place: place.clone(),
                root,
                path,
            }
            .about_all(host, subjects.clone())
        }
        Distrust::Unreadable => {
            path_invalid("Unreadable", place.clone()).about_all(host, subjects.clone())
        }
        other => {
            path_invalid(&format!("{other:?}"), place.clone()).about_all(host, subjects.clone())
        }
    }) {
        findings.push(finding);
    }
    if let Some(root) = root_sent(&first.chain, trust) {
        let evidence = ChainHasRoot {
            place,
            root: root.subject.clone(),
            bytes: root.der_length(),
        };
        findings.push(evidence.about_all(host, subjects));
    }
}

fn path_invalid(rule: &str, place: String) -> PathInvalid {
    PathInvalid {
        place,
        rule: rule.to_owned(),
        why: in_words(rule),
    }
}

/// What a verifier's name for a broken rule means.
fn in_words(rule: &str) -> String {
    let name = rule
        .split(|c: char| !c.is_alphanumeric())
        .next()
        .unwrap_or_default();
    let words = match name {
        "Unreadable" | "BadDer" => "the first certificate cannot be read",
        "CertExpired" => "the certificate of an authority in it has ended",
        "CertNotValidYet" => "the certificate of an authority in it is not valid yet",
        "CaUsedAsEndEntity" => "the server's own certificate is made for an authority",
        "EndEntityUsedAsCa" => "a certificate that is not an authority's has issued another",
        "RequiredEkuNotFound" | "RequiredEkuNotFoundContext" => {
            "it is not made for servers (extended key usage)"
        }
        "NameConstraintViolation" => "an authority in it may not issue for this name",
        "PathLenConstraintViolated" => "it is longer than an authority in it allows",
        "InvalidSignatureForPublicKey" => "a signature in it does not verify",
        "UnsupportedCriticalExtension" => {
            "it demands something that clients do not know (a critical extension)"
        }
        _ => return format!("it breaks a rule of path validation ({rule})"),
    };
    words.to_owned()
}

/// The anchor of the path among what was sent.
fn root_sent<'a>(chain: &'a [Certificate], trust: &Trust) -> Option<&'a Certificate> {
    let anchor = trust
        .path
        .last()
        .filter(|_| trust.status == TrustStatus::Trusted)?;
    let above = chain.iter().skip(1);
    above
        .into_iter()
        .find(|sent| sent.subject == sent.issuer && sent.subject == *anchor)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{certificate, endpoint, ids};
    use super::*;

    fn distrusted(reason: Distrust) -> Vec<String> {
        let mut endpoint = endpoint(1);
        endpoint.trust = Some(Trust {
            status: TrustStatus::Untrusted,
            reason: Some(reason.clone()),
            reasons: vec![reason],
            path: vec!["CN=shop.example".to_owned()],
        });
        ids(|findings| judge("shop.example", &[&endpoint], findings))
    }

    #[test]
    fn each_reason_of_distrust_has_its_finding_and_a_trusted_chain_none() {
        let name = || "CN=Some CA".to_owned();
        assert_eq!(distrusted(Distrust::SelfSigned), ["tls/self-signed"]);
        let unsent = Distrust::IssuerNotSent { issuer: name() };
        assert_eq!(distrusted(unsent), ["tls/missing-intermediate"]);
        let unknown = Distrust::UnknownRoot { root: name() };
        assert_eq!(distrusted(unknown), ["tls/untrusted-root"]);
        assert_eq!(distrusted(Distrust::Unreadable), ["tls/path-invalid"]);
        let rule = Distrust::NotAnAuthority { subject: name() };
        assert_eq!(distrusted(rule), ["tls/path-invalid"]);
        assert!(ids(|findings| judge("shop.example", &[&endpoint(1)], findings)).is_empty());
    }

    #[test]
    fn a_root_is_superfluous_when_it_is_the_anchor_and_not_when_nothing_is_trusted() {
        let mut sends_root = endpoint(1);
        sends_root.chain.push(certificate("CN=Demo Root", -9, 9));
        sends_root
            .chain
            .iter_mut()
            .skip(1)
            .for_each(|root| root.issuer.clone_from(&root.subject));
        let judged =
            |endpoint: &Endpoint| ids(|findings| judge("shop.example", &[endpoint], findings));
        assert_eq!(judged(&sends_root), ["tls/chain-has-root"]);
        sends_root.trust = None;
        assert!(judged(&sends_root).is_empty());
    }

    #[test]
    fn a_key_that_is_not_proven_is_an_error_and_an_unmeasured_one_is_not() {
        let mut unproven = endpoint(1);
        unproven.key_proven = Some(false);
        assert_eq!(
            ids(|findings| judge("shop.example", &[&unproven], findings)),
            ["tls/leaf-not-first"]
        );
        unproven.key_proven = None;
        assert!(ids(|findings| judge("shop.example", &[&unproven], findings)).is_empty());
    }
}
