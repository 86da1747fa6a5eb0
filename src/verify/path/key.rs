//! Is the key of a certificate one of its kind, and do clients take it?

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P521_SHA512_ASN1,
    EcdsaVerificationAlgorithm, ParsedPublicKey,
};
use x509_parser::public_key::{PublicKey, RSAPublicKey};

use super::certificate::Cert;
use super::signature::split_key;
use crate::facts::tls::{Distrust, Malformation};
use crate::verify::der;

/// The curves that clients take: P-256, P-384, P-521.
const CURVES: [(&str, &EcdsaVerificationAlgorithm); 3] = [
    ("1.2.840.10045.3.1.7", &ECDSA_P256_SHA256_ASN1),
    ("1.3.132.0.34", &ECDSA_P384_SHA384_ASN1),
    ("1.3.132.0.35", &ECDSA_P521_SHA512_ASN1),
];
/// 1.3.101.112 (RFC 8410 §3).
const ED25519: &str = "1.3.101.112";
/// Bytes of such a key.
const ED25519_BYTES: usize = 32;
/// Bits of RSA that some client still takes: Chrome's library takes a modulus of so many, and so long an exponent.
const MODULUS: std::ops::RangeInclusive<usize> = 2048..=16 * 1024;
const EXPONENT_BITS: usize = 33;

/// Why clients do not take the key: it is none, or weak, or of a kind or form that browsers do not know.
pub(super) fn fault(certificate: &Cert<'_>) -> Option<Distrust> {
    let subject = || certificate.subject();
    let weak = || Distrust::KeyWeak { subject: subject() };
    let malformed = |what| Distrust::Malformed {
        subject: subject(),
        what,
    };
    let unreadable = || malformed(Malformation::KeyUnreadable);
    let info = certificate.x509.public_key();
    let Some((_, key)) = split_key(certificate.key_der()) else {
        return Some(unreadable());
    };
    match info.parsed() {
        Ok(PublicKey::EC(_)) => {
            let parameters = info.algorithm.parameters.as_ref();
            let Some(curve) = parameters.and_then(|parameters| parameters.as_oid().ok()) else {
                return Some(malformed(Malformation::CurveNotNamed));
            };
            let curve = curve.to_id_string();
            match CURVES.iter().find(|(known, _)| *known == curve) {
                None => Some(weak()),
                // A hybrid point is of a form that certificates do not have (RFC 5480 §2.2).
                Some(_) if matches!(key.first(), Some(6 | 7)) => Some(unreadable()),
                Some((_, of_curve)) if ParsedPublicKey::new(*of_curve, key).is_err() => {
                    Some(unreadable())
                }
                // A compressed one may stand there, but Firefox and Go do not read it.
                Some(_) => matches!(key.first(), Some(2 | 3)).then(weak),
            }
        }
        Ok(PublicKey::RSA(own)) if !is_rsa(key, &own) => Some(unreadable()),
        Ok(PublicKey::RSA(own)) => {
            let takes = MODULUS.contains(&own.key_size()) && !has_weak_exponent(own.exponent);
            (!takes).then(weak)
        }
        Ok(_) if info.algorithm.algorithm.to_id_string() == ED25519 => {
            (key.len() != ED25519_BYTES).then(unreadable)
        }
        // DSA, keys that agree instead of signing, and RSA for PSS alone.
        Ok(_) => Some(weak()),
        Err(_) => Some(unreadable()),
    }
}

/// Two numbers and nothing else, of which the product of two odd primes is one (RFC 8017 §3.1, §A.1.1).
fn is_rsa(key: &[u8], own: &RSAPublicKey<'_>) -> bool {
    let numbers = der::sequence(key).unwrap_or_default();
    let are_numbers = numbers.iter().all(|number| number.tag == der::INTEGER);
    let is_positive = own.modulus.first().is_some_and(|first| *first < 0x80);
    let is_odd = own.modulus.last().is_some_and(|last| last % 2 == 1);
    numbers.len() == 2 && are_numbers && is_positive && is_odd
}

/// An exponent that is even, or 1, is none (RFC 8017 §3.1), and a long one is a burden that clients refuse.
fn has_weak_exponent(exponent: &[u8]) -> bool {
    let significant: Vec<u8> = exponent
        .iter()
        .copied()
        .skip_while(|byte| *byte == 0)
        .collect();
    match significant.as_slice() {
        [] | [0..=2] => true,
        [first, .., last] => {
            let unused = first.leading_zeros() as usize;
            last % 2 == 0 || significant.len() * 8 - unused > EXPONENT_BITS
        }
        [last] => last % 2 == 0,
    }
}
