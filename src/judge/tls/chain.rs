//! Does the chain that was sent lead to a trust anchor, and is it what should be sent?

use super::{labels, place, strength, usage};
use crate::facts::certificate::Certificate;
use crate::facts::tls::{Distrust, Endpoint, FetchedIssuer, Malformation, Trust, TrustStatus};
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// The certificate is signed with its own key, so nobody vouches for it.
    ///
    /// Such a certificate is what servers make for themselves at installation. Browsers stop visitors with a warning. Have a
    /// certificate issued by a public authority (Let's Encrypt costs nothing), and point the server to it.
    ///
    /// `certbot --nginx` or `certbot --apache` gets one and writes it into the configuration; acme.sh: `acme.sh --issue -d NAME -w
    /// /var/www/html`, then `--install-cert` with `--fullchain-file`, which is `ssl_certificate` in nginx and `SSLCertificateFile`
    /// in Apache, and `--key-file`; HAProxy wants both in one file as `crt`. Behind an ALB or CloudFront the certificate of ACM
    /// is attached to the listener or the distribution; the one on the instances is never seen by visitors.
    SelfSigned { place: String, subject: String }
    id: "tls/self-signed", severity: Error, source: "RFC 5280 §6.1",
    explained_by: ["tls/address-behind"],
    message: "the certificate at {place} is self-signed: `{subject}` vouches for itself",
    fix: "have a certificate issued by a public authority, such as Let's Encrypt, and serve it there",
}

finding! {
    /// The chain ends in an authority that the trust store does not have.
    ///
    /// Every signature may be right, but the root is unknown to browsers: a company's own authority, a test or staging
    /// authority, or one that was removed from the stores. Have the certificate issued by a public authority; for an intranet,
    /// give doorstep your root with `--trust FILE`.
    ///
    /// certbot with `--staging`, or acme.sh with `--staging` or an unexpected `--server`, gets a test certificate: issue it again
    /// without. A certificate of AWS Private CA is for your own clients: for visitors request a public one in ACM and choose it
    /// at the ALB's listener or in CloudFront. nginx `ssl_certificate` and HAProxy `crt` then want the new file, and a reload.
    UntrustedRoot { place: String, root: String, path: Vec<String> }
    id: "tls/untrusted-root", severity: Error, source: "RFC 5280 §6.1",
    explained_by: ["tls/address-behind"],
    message: "the chain at {place} ends in `{root}`, which no trust store in use has",
    fix: "have the certificate issued by a public authority, or give your own root with `--trust FILE`",
}

finding! {
    /// The server does not send the intermediate certificate that links its own to a root.
    ///
    /// Desktop browsers often mend this by themselves, because they have met the intermediate elsewhere; phones, programs and
    /// APIs fail. Configure the full chain: with certbot `fullchain.pem` instead of `cert.pem`, in nginx as
    /// `ssl_certificate`, in Apache as `SSLCertificateFile`; in ACM import the chain along with the certificate.
    /// `doorstep tlscheck HOST --save-chain FILE --complete` fetches what is missing and writes the right file.
    ///
    /// acme.sh: `--install-cert --fullchain-file FILE`, not `--cert-file`. HAProxy: `crt` is a file of certificate, intermediates
    /// and key, in this order (`cat fullchain.pem privkey.pem`). What was imported into ACM without its chain is imported again
    /// with `--certificate-chain`; the ALB's listener and CloudFront then send it.
    MissingIntermediate { place: String, issuer: String, at: String, found_at: Option<String>, append: Option<String> }
    id: "tls/missing-intermediate", severity: Error, source: "RFC 8446 §4.4.2",
    explained_by: ["tls/address-behind"],
    message: "the chain at {place} lacks the certificate of its issuer, `{issuer}`",
    fix: "append the certificate of `{issuer}`{at} to the server's certificate file (certbot: use fullchain.pem)",
}

finding! {
    /// The chain breaks a rule that verifiers enforce.
    ///
    /// The certificates fit together, but one of them may not be used like this: an authority's certificate has ended, lacks
    /// the right to issue, or is limited to other names or uses. Browsers refuse it. Ask the authority for the chain that goes
    /// with your certificate, and serve that.
    ///
    /// With certbot and acme.sh a renewal brings the right chain (`certbot renew --force-renewal`, `acme.sh --renew -d NAME
    /// --force`); nginx `ssl_certificate` and HAProxy `crt` should name its `fullchain.pem`. In ACM import certificate and chain
    /// again, or request one of ACM's own and choose it at the ALB's listener or in CloudFront. The evidence names each
    /// certificate and its fault.
    PathInvalid { place: String, reasons: Vec<Distrust>, why: String }
    id: "tls/path-invalid", severity: Error, source: "RFC 5280 §6.1",
    explained_by: ["tls/leaf-not-first", "tls/address-behind"],
    message: "the chain at {place} cannot be verified: {why}",
    fix: "serve the chain that the authority gives out with this certificate, or have the certificate issued anew",
}

finding! {
    /// The server did not prove that it holds the key of its first certificate.
    ///
    /// Its signature over the handshake does not verify under that certificate's key. Mostly the certificates stand in the
    /// wrong order in the file, or certificate and key belong to different orders. Every client refuses such a server. Put
    /// the server's own certificate first, and use the key that it was made for.
    ///
    /// With certbot and acme.sh use `fullchain.pem`, which has the right order, and `privkey.pem` of the same directory; nginx:
    /// `ssl_certificate` and `ssl_certificate_key`; HAProxy: one file as `crt`, own certificate, intermediates, key. ACM and
    /// `nginx -t` refuse a certificate with another's key, so look for a proxy that was not reloaded.
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
    ///
    /// certbot's and acme.sh's `fullchain.pem` has no root: use it as nginx's `ssl_certificate`, and in HAProxy's `crt` before
    /// the key. In ACM leave the root out of the certificate chain when you import; certificates of ACM's own have none.
    ChainHasRoot { place: String, root: String, bytes: usize }
    id: "tls/chain-has-root", severity: Notice, source: "RFC 8446 §4.4.2",
    message: "the root `{root}` is sent along at {place}, {bytes} bytes that no client needs",
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
    for reason in &trust.reasons {
        let about = (host, subjects.as_slice());
        findings.extend(unanchored(reason, first, &place, about));
    }
    let own = trust.reasons.iter();
    let own = own.filter(|reason| !is_told_elsewhere(reason, first));
    let whys: Vec<String> = own.filter_map(in_words).collect();
    if !whys.is_empty() {
        let evidence = PathInvalid {
            place: place.clone(),
            reasons: trust.reasons.clone(),
            why: whys.join("; "),
        };
        findings.push(evidence.about_all(host, subjects.clone()));
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

/// The finding of a chain that ends before an anchor.
fn unanchored(
    reason: &Distrust,
    first: &Endpoint,
    place: &str,
    (host, subjects): (&str, &[String]),
) -> Option<Finding> {
    let (place, subjects) = (place.to_owned(), subjects.to_vec());
    match reason {
        Distrust::SelfSigned => {
            let leaf = first.leaf().map(|leaf| leaf.subject.clone());
            let subject = leaf.unwrap_or_default();
            Some(SelfSigned { place, subject }.about_all(host, subjects))
        }
        Distrust::IssuerNotSent { issuer } => {
            let evidence = missing(place, issuer, &first.issuers_fetched);
            Some(evidence.about_all(host, subjects))
        }
        Distrust::UnknownRoot { root } => {
            let path = first.trust.as_ref().map(|trust| trust.path.clone());
            let evidence = UntrustedRoot {
                place,
                root: root.clone(),
                path: path.unwrap_or_default(),
            };
            Some(evidence.about_all(host, subjects))
        }
        _ => None,
    }
}

/// What to append: the certificate itself when it was found at the address that the last one names.
fn missing(place: String, issuer: &str, fetched: &[FetchedIssuer]) -> MissingIntermediate {
    let found = fetched.iter().find_map(|fetched| {
        let own = fetched.certificate.as_ref()?;
        (own.subject == issuer).then_some((fetched.url.clone(), own.pem.clone()))
    });
    let (found_at, append) = found.unzip();
    MissingIntermediate {
        place,
        issuer: issuer.to_owned(),
        at: found_at
            .as_ref()
            .map(|url| format!(", to be had at {url},"))
            .unwrap_or_default(),
        found_at,
        append,
    }
}

/// Whether another question of this area tells it: weak keys and signatures of what was sent, the purposes of the leaf.
fn is_told_elsewhere(reason: &Distrust, first: &Endpoint) -> bool {
    match reason {
        Distrust::KeyWeak { subject } => strength::tells_key(first, subject),
        Distrust::NotForServers { subject } => usage::tells_purpose(first, subject),
        Distrust::SignatureWeak { subject, .. } => strength::tells_signature(first, subject),
        _ => false,
    }
}

/// What a broken rule of path validation means; those that have a finding of their own are left to it.
fn in_words(reason: &Distrust) -> Option<String> {
    Some(match reason {
        Distrust::SelfSigned
        | Distrust::IssuerNotSent { .. }
        | Distrust::UnknownRoot { .. }
        | Distrust::AuthorityExpired { .. }
        | Distrust::AuthorityNotYetValid { .. } => return None,
        Distrust::KeyWeak { subject } => {
            format!("the key of `{subject}` is too weak, or of a kind that clients do not accept")
        }
        Distrust::Unreadable => "the first certificate cannot be read".to_owned(),
        Distrust::NotAnAuthority { subject } => {
            format!("`{subject}`, which is no authority, has issued a certificate")
        }
        Distrust::MustNotSign { subject } => {
            format!("the key of `{subject}` must not sign certificates (key usage)")
        }
        Distrust::PathTooLong { subject, path_len } => {
            format!("`{subject}` allows {path_len} authorities below it, and more follow")
        }
        Distrust::NotForServers { subject } => {
            format!("`{subject}` is not for servers (extended key usage)")
        }
        Distrust::NameNotAllowed { subject, presented } => {
            format!("`{subject}` may not issue for {presented} (name constraints)")
        }
        Distrust::NoValidPolicy { subject } => {
            format!("`{subject}` has no policy of those that an authority above it demands")
        }
        Distrust::UnknownCriticalExtension { subject, oid } => {
            format!("`{subject}` demands what clients do not know (critical extension {oid})")
        }
        Distrust::SignatureWeak { subject, algorithm } => {
            format!("`{subject}` is signed with an algorithm that clients refuse ({algorithm})")
        }
        Distrust::SignatureInvalid { subject } => {
            format!("the signature on `{subject}` is not by the key of its issuer")
        }
        Distrust::Malformed { subject, what } => {
            format!("`{subject}` is malformed: {}", malformed(what))
        }
        Distrust::LimitReached { limit } => {
            format!("it is built so that looking for a path would take too long (bound {limit})")
        }
    })
}

fn malformed(what: &Malformation) -> String {
    match what {
        Malformation::ExtensionTwice { oid } => format!("the extension {oid} stands in it twice"),
        Malformation::ExtensionUnreadable { oid } => {
            format!("its extension {oid} cannot be read")
        }
        Malformation::AlgorithmsDiffer => {
            "it names two different algorithms for one signature".to_owned()
        }
        Malformation::CurveNotNamed => "it spells out a curve instead of naming it".to_owned(),
        Malformation::KeyUnreadable => "its public key is no key of its kind".to_owned(),
    }
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
    use super::super::testing::{certificate, distrusting, endpoint, ids};
    use super::*;
    use crate::facts::certificate::Key;

    fn distrusted(reason: Distrust) -> Vec<String> {
        let distrusting = distrusting(reason);
        ids(|findings| judge("shop.example", &[&distrusting], findings))
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
    fn what_another_question_tells_is_not_told_twice() {
        let leaf = || "CN=shop.example".to_owned();
        let told = |reason: Distrust, change: fn(&mut Certificate)| {
            let mut changed = distrusting(reason);
            changed.chain.iter_mut().for_each(change);
            ids(|findings| judge("shop.example", &[&changed], findings))
        };
        let purpose = || Distrust::NotForServers { subject: leaf() };
        let mail = |own: &mut Certificate| {
            own.extended_key_usage = Some(vec!["emailProtection".to_owned()])
        };
        assert!(told(purpose(), mail).is_empty());
        // Another certificate of the leaf's name.
        assert_eq!(distrusted(purpose()), ["tls/path-invalid"]);
        let key = || Distrust::KeyWeak { subject: leaf() };
        let short = |own: &mut Certificate| {
            own.key = Some(Key {
                algorithm: "RSA".to_owned(),
                bits: Some(1024),
                ..Key::default()
            });
        };
        assert!(told(key(), short).is_empty());
        assert_eq!(distrusted(key()), ["tls/path-invalid"]);
        let signature = || Distrust::SignatureWeak {
            subject: leaf(),
            algorithm: "1.2.840.113549.1.1.5".to_owned(),
        };
        let sha1 =
            |own: &mut Certificate| own.signature_algorithm = "sha1WithRSAEncryption".to_owned();
        assert!(told(signature(), sha1).is_empty());
        assert_eq!(distrusted(signature()), ["tls/path-invalid"]);
        let root = Distrust::KeyWeak {
            subject: "CN=Demo Root".to_owned(),
        };
        assert_eq!(distrusted(root), ["tls/path-invalid"]);
    }

    #[test]
    fn the_certificate_to_append_is_named_with_where_it_is() {
        let issuer = certificate("CN=Some CA", -1, 1);
        let fetched = FetchedIssuer {
            url: "http://ca.example/1.cer".to_owned(),
            certificate: Some(issuer),
            failure: None,
        };
        let found = missing(
            "192.0.2.1:443".to_owned(),
            "CN=Some CA",
            std::slice::from_ref(&fetched),
        );
        assert!(
            found.fix().contains("http://ca.example/1.cer"),
            "{}",
            found.fix()
        );
        assert!(found.append.is_some());
        let other = missing("192.0.2.1:443".to_owned(), "CN=Other", &[fetched]);
        assert!(other.append.is_none());
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
