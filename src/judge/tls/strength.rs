//! Are keys and signatures strong enough for clients?

use super::{labels, on_path, place};
use crate::facts::certificate::{Certificate, Key};
use crate::facts::tls::{Departure, Endpoint, TrustStatus};
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// A key in the chain is too short, or of a kind that browsers do not accept.
    ///
    /// An RSA key needs 2048 bits and an odd exponent of 3 or more; an EC key one of the curves P-256, P-384 and P-521; DSA keys
    /// are accepted nowhere. Make a new key and have the certificate issued for it: with certbot `--key-type ecdsa`, with
    /// acme.sh `--keylength ec-256`, with OpenSSL `openssl ecparam -name prime256v1 -genkey`. When the key is an authority's,
    /// have the certificate issued by another one.
    ///
    /// nginx: `ssl_certificate` and `ssl_certificate_key` name the new files; HAProxy: `crt` holds both. ACM makes keys of 2048
    /// bits or P-256 itself: request a certificate there, and choose it at the ALB's listener or in CloudFront instead of the
    /// imported one.
    KeyWeak { place: String, subject: String, key: String }
    id: "tls/key-weak", severity: Error, source: "CA/Browser Forum BR 6.1.5, 6.1.6",
    explained_by: ["tls/address-behind"],
    message: "the certificate of `{subject}` at {place} has a weak key: {key}",
    fix: "make a new key, ECDSA P-256 or RSA of 2048 bits or more, and have the certificate issued for it",
}

finding! {
    /// A signature in the chain is made with MD5 or SHA-1, which can be forged.
    ///
    /// Browsers have refused such certificates since 2017. Have the certificate issued anew: every public authority signs with
    /// SHA-256 or better today. For an authority of your own, set the hash where it signs (OpenSSL: `default_md = sha256`), and
    /// issue its intermediates anew as well. The root's own signature does not matter: nobody verifies it.
    ///
    /// `certbot renew --force-renewal` and `acme.sh --renew -d NAME --force` bring certificate and chain that are signed well;
    /// then reload nginx or HAProxy. Replace an imported one in ACM by one of ACM's own at the ALB's listener or in CloudFront.
    SignatureWeak { place: String, subject: String, algorithm: String }
    id: "tls/signature-weak", severity: Error, source: "CA/Browser Forum BR 7.1.3.2, RFC 9155",
    explained_by: ["tls/address-behind"],
    message: "the certificate of `{subject}` at {place} is signed with {algorithm}, which clients refuse",
    fix: "have the certificate of `{subject}` issued anew, signed with SHA-256 or better",
}

pub(super) fn judge(host: &str, shown: &[&Endpoint], findings: &mut Vec<Finding>) {
    let Some(first) = shown.first() else { return };
    let (place, subjects) = (place(shown), labels(shown));
    let path = on_path(first);
    let weak = path
        .iter()
        .find_map(|own| Some((own, weakness(own.key.as_ref()?)?)));
    if let Some((own, key)) = weak {
        let evidence = KeyWeak {
            place: place.clone(),
            subject: own.subject.clone(),
            key,
        };
        findings.push(evidence.about_all(host, subjects.clone()));
    }
    if let Some(own) = below_anchor(first).find(|own| is_weakly_signed(own)) {
        let evidence = SignatureWeak {
            place,
            subject: own.subject.clone(),
            algorithm: own.signature_algorithm.clone(),
        };
        findings.push(evidence.about_all(host, subjects));
    }
}

/// The certificates of the path as sent, without one that stands for the anchor: nobody looks at who signed that (RFC 5280 §6.1).
fn below_anchor(endpoint: &Endpoint) -> impl Iterator<Item = &Certificate> {
    let trust = endpoint.trust.as_ref();
    let trusted = trust.filter(|trust| trust.status == TrustStatus::Trusted);
    let last = trusted.and_then(|trust| *trust.path_sent.get(1..)?.last()?);
    let anchor = last.and_then(|place| endpoint.chain.get(place));
    let path = on_path(endpoint).into_iter();
    path.filter(move |own| !anchor.is_some_and(|anchor| std::ptr::eq(anchor, *own)))
}

/// Whether the weakness of a certificate's key, on the path as sent, is told here.
pub(super) fn tells_key(endpoint: &Endpoint, subject: &str) -> bool {
    let mut path = on_path(endpoint).into_iter();
    path.any(|own| {
        own.subject == subject && own.key.as_ref().is_some_and(|key| weakness(key).is_some())
    })
}

/// Whether the weak signature of a certificate is told here.
pub(super) fn tells_signature(endpoint: &Endpoint, subject: &str) -> bool {
    let mut path = below_anchor(endpoint);
    path.any(|own| own.subject == subject && is_weakly_signed(own))
}

/// Whether a departure of what was sent is told here already, as an error.
pub(super) fn tells(endpoint: &Endpoint, departure: &Departure) -> bool {
    let sent = departure.certificate;
    let Some(own) = sent.and_then(|place| endpoint.chain.get(place)) else {
        return false;
    };
    match departure.rule.as_str() {
        "key-size" | "key-algorithm" => own.key.as_ref().is_some_and(|key| weakness(key).is_some()),
        "signature-algorithm" => is_weakly_signed(own),
        _ => false,
    }
}

/// What is weak about a key.
fn weakness(key: &Key) -> Option<String> {
    let exponent = key.exponent.as_deref().unwrap_or("65537");
    match (key.algorithm.as_str(), key.bits, key.curve.as_deref()) {
        ("RSA", Some(bits), _) if bits < 2048 => Some(format!("RSA of {bits} bits")),
        ("RSA", _, _) if is_bad_exponent(exponent) => {
            Some(format!("RSA with the exponent {exponent}"))
        }
        ("EC", _, Some("P-256" | "P-384" | "P-521")) => None,
        ("EC", _, Some(curve)) => Some(format!("the curve {curve}")),
        ("EC", _, None) => Some("a curve that is not named".to_owned()),
        ("DSA", _, _) => Some("DSA".to_owned()),
        _ => None,
    }
}

/// Even, or below 3 (BR 6.1.6). In decimal, or in hexadecimal after `0x` when it is long.
fn is_bad_exponent(exponent: &str) -> bool {
    let even = exponent
        .chars()
        .last()
        .and_then(|digit| digit.to_digit(16))
        .is_none_or(|digit| digit % 2 == 0);
    even || exponent == "1"
}

/// MD5 or SHA-1, but not on a certificate that is its own issuer.
fn is_weakly_signed(certificate: &Certificate) -> bool {
    let algorithm = certificate.signature_algorithm.to_ascii_lowercase();
    let weak = ["md2", "md5", "sha1"];
    certificate.subject != certificate.issuer && weak.iter().any(|hash| algorithm.contains(hash))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{endpoint, ids};
    use super::*;

    fn judged(change: impl Fn(&mut Certificate)) -> Vec<String> {
        let mut changed = endpoint(1);
        changed.chain.iter_mut().for_each(change);
        ids(|findings| judge("shop.example", &[&changed], findings))
    }

    fn with_key(key: Key) -> Vec<String> {
        judged(|leaf| leaf.key = Some(key.clone()))
    }

    fn rsa(bits: usize, exponent: &str) -> Key {
        Key {
            algorithm: "RSA".to_owned(),
            bits: Some(bits),
            curve: None,
            exponent: Some(exponent.to_owned()),
        }
    }

    #[test]
    fn an_rsa_key_needs_2048_bits_and_an_odd_exponent() {
        assert_eq!(with_key(rsa(2047, "65537")), ["tls/key-weak"]);
        assert!(with_key(rsa(2048, "65537")).is_empty());
        assert!(with_key(rsa(2048, "3")).is_empty());
        assert_eq!(with_key(rsa(2048, "1")), ["tls/key-weak"]);
        assert_eq!(with_key(rsa(2048, "65536")), ["tls/key-weak"]);
    }

    #[test]
    fn curves_are_those_of_browsers_and_dsa_is_none() {
        let ec = |curve: &str| Key {
            algorithm: "EC".to_owned(),
            curve: Some(curve.to_owned()),
            ..Key::default()
        };
        assert!(with_key(ec("P-384")).is_empty());
        assert_eq!(with_key(ec("P-192")), ["tls/key-weak"]);
        let dsa = Key {
            algorithm: "DSA".to_owned(),
            ..Key::default()
        };
        assert_eq!(with_key(dsa), ["tls/key-weak"]);
    }

    #[test]
    fn a_departure_of_a_weak_key_is_told_once() {
        let departure = |rule: &str| Departure {
            standard: crate::facts::tls::Standard::Baseline,
            clause: "6.1.5".to_owned(),
            certificate: Some(0),
            subject: "CN=shop.example".to_owned(),
            rule: rule.to_owned(),
            found: "an RSA key of 1024 bits".to_owned(),
        };
        let mut weak = endpoint(1);
        weak.chain
            .iter_mut()
            .for_each(|leaf| leaf.key = Some(rsa(1024, "65537")));
        assert!(tells(&weak, &departure("key-size")));
        assert!(!tells(&weak, &departure("version")));
        assert!(!tells(&endpoint(1), &departure("key-size")));
    }

    #[test]
    fn sha1_counts_below_the_root_only() {
        let sha1 = |leaf: &mut Certificate| leaf.signature_algorithm = "ecdsa-with-SHA1".to_owned();
        assert_eq!(judged(sha1), ["tls/signature-weak"]);
        assert!(
            judged(|leaf| leaf.signature_algorithm = "ecdsa-with-SHA256".to_owned()).is_empty()
        );
        let root = judged(|leaf| {
            sha1(leaf);
            leaf.issuer.clone_from(&leaf.subject);
        });
        assert!(root.is_empty());
    }

    #[test]
    fn who_signed_what_stands_for_the_anchor_does_not_matter() {
        let mut crossed = endpoint(1);
        let mut cross = crossed.chain[0].clone();
        cross.subject = "CN=Demo Root".to_owned();
        cross.signature_algorithm = "sha1WithRSAEncryption".to_owned();
        crossed.chain.push(cross);
        let mut judged = |places: &[Option<usize>]| {
            crossed.trust.as_mut().unwrap().path_sent = places.to_vec();
            ids(|findings| judge("shop.example", &[&crossed], findings))
        };
        assert!(judged(&[Some(0), Some(1)]).is_empty());
        assert_eq!(judged(&[Some(0), Some(1), None]), ["tls/signature-weak"]);
    }
}
