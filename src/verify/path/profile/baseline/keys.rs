//! Keys and signature algorithms that public authorities may certify and use.

use x509_parser::public_key::PublicKey;

use super::super::super::signature::{Signed, split_key};
use super::super::Examined;

pub(super) fn key_size(examined: &Examined<'_, '_>) -> Option<String> {
    let info = examined.certificate.x509.public_key();
    match info.parsed() {
        Ok(PublicKey::RSA(key)) => {
            let significant = key.modulus.iter().skip_while(|byte| **byte == 0);
            let first = significant
                .clone()
                .next()
                .map_or(8, |byte| byte.leading_zeros());
            let bits = significant.count() * 8 - usize::try_from(first).unwrap_or_default();
            (bits < 2048 || bits % 8 != 0).then(|| format!("an RSA key of {bits} bits"))
        }
        _ => None,
    }
}

/// rsaEncryption with NULL, and the curves P-256, P-384 and P-521 by name; byte for byte.
pub(super) fn key_algorithm(examined: &Examined<'_, '_>) -> Option<String> {
    let (algorithm, _) = split_key(examined.certificate.key_der())?;
    let known: [&[u8]; 4] = [
        b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00",
        b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07",
        b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22",
        b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x23",
    ];
    (!known.contains(&algorithm)).then(|| {
        let info = examined.certificate.x509.public_key();
        format!("the key algorithm {}", info.algorithm.algorithm)
    })
}

/// Signature algorithms, byte for byte, each with the curve of the key that may make it.
const SIGNATURES: [(&[u8], Option<&[u8]>); 9] = [
    (
        b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00",
        None,
    ),
    (
        b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c\x05\x00",
        None,
    ),
    (
        b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d\x05\x00",
        None,
    ),
    (
        b"\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02",
        Some(b"\x2a\x86\x48\xce\x3d\x03\x01\x07"),
    ),
    (
        b"\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03",
        Some(b"\x2b\x81\x04\x00\x22"),
    ),
    (
        b"\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x04",
        Some(b"\x2b\x81\x04\x00\x23"),
    ),
    (PSS_SHA256, None),
    (PSS_SHA384, None),
    (PSS_SHA512, None),
];

/// RSASSA-PSS with one hash throughout, and a salt of its length.
const PSS_SHA256: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30\x34\xa0\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\xa2\x03\x02\x01\x20";
const PSS_SHA384: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30\x34\xa0\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\xa2\x03\x02\x01\x30";
const PSS_SHA512: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30\x34\xa0\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\xa2\x03\x02\x01\x40";

pub(super) fn signature_algorithm(examined: &Examined<'_, '_>) -> Option<String> {
    let signed = Signed::read(examined.certificate.der)?;
    let name = &examined.certificate.x509.signature_algorithm.algorithm;
    let Some((_, curve)) = SIGNATURES
        .iter()
        .find(|(known, _)| *known == signed.algorithm)
    else {
        return Some(format!("the signature algorithm {name}"));
    };
    let (key, curve) = (examined.issuer_key?, (*curve)?);
    let (algorithm, _) = split_key(key)?;
    (!algorithm.ends_with(curve))
        .then(|| format!("the signature algorithm {name} with a key of another curve"))
}
