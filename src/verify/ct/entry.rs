//! What a log signs: a certificate, or one before it had its timestamps (RFC 6962 §3.1, §3.2).

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};

use crate::verify::der::{self, Element};
use crate::verify::path::{Cert, id, split_key};

/// The extensions of a TBSCertificate.
const EXTENSIONS: u8 = 0xa3;
/// Kinds of entries.
const CERTIFICATE: u16 = 0;
const PRECERTIFICATE: u16 = 1;
/// Bytes of version, log and time at the beginning of a timestamp.
const BEFORE_EXTENSIONS: usize = 1 + 32 + 8;

/// An entry as it stands in what is signed: its kind, then itself.
#[derive(Clone, Debug)]
pub(in crate::verify) struct Entry(Vec<u8>);

impl Entry {
    /// What timestamps beside a certificate are over.
    pub(in crate::verify) fn certificate(leaf: &Cert<'_>) -> Option<Self> {
        Some(Self(
            [&CERTIFICATE.to_be_bytes()[..], &counted(leaf.der)?].concat(),
        ))
    }

    /// What timestamps within a certificate are over: it without them, and the key that issues it. Where the precertificate was
    /// issued by another one, as was done long ago, no signature fits.
    pub(in crate::verify) fn precertificate(leaf: &Cert<'_>, issuer_key: &[u8]) -> Option<Self> {
        let issuer = digest(&SHA256, issuer_key);
        let body = without_timestamps(leaf.der)?;
        let kind = PRECERTIFICATE.to_be_bytes();
        Some(Self(
            [&kind[..], issuer.as_ref(), &counted(&body)?].concat(),
        ))
    }

    /// Whether the holder of a key has signed a timestamp (SignedCertificateTimestamp) over this entry.
    pub(super) fn is_signed(&self, timestamp: &[u8], key_info: &[u8]) -> bool {
        self.verified(timestamp, key_info).is_some()
    }

    fn verified(&self, timestamp: &[u8], key_info: &[u8]) -> Option<()> {
        let (head, rest) = timestamp.split_at_checked(BEFORE_EXTENSIONS)?;
        let (length, _) = rest.split_first_chunk::<2>()?;
        let extensions = rest.get(..2 + usize::from(u16::from_be_bytes(*length)))?;
        let rest = rest.get(extensions.len()..)?;
        let (algorithm, rest) = rest.split_first_chunk::<2>()?;
        let (length, signature) = rest.split_first_chunk::<2>()?;
        if signature.len() != usize::from(u16::from_be_bytes(*length)) {
            return None;
        }
        // SHA-256 with RSA or ECDSA, which is all that logs may use (§2.1.4).
        let algorithm: &dyn VerificationAlgorithm = match algorithm {
            [4, 1] => &RSA_PKCS1_2048_8192_SHA256,
            [4, 3] => &ECDSA_P256_SHA256_ASN1,
            _ => return None,
        };
        // Version, then the kind of signature, that of a certificate's timestamp.
        let (version, time) = (head.first()?, head.get(33..)?);
        let signed = [&[*version, 0], time, &self.0, extensions].concat();
        let (_, key) = split_key(key_info)?;
        let key = UnparsedPublicKey::new(algorithm, key);
        key.verify(&signed, signature).ok()
    }
}

/// With its length in three bytes before it.
fn counted(bytes: &[u8]) -> Option<Vec<u8>> {
    let length = u32::try_from(bytes.len()).ok()?.to_be_bytes();
    let [0, length @ ..] = length else {
        return None;
    };
    Some([&length[..], bytes].concat())
}

/// The TBSCertificate without the extension that has the timestamps.
fn without_timestamps(certificate: &[u8]) -> Option<Vec<u8>> {
    let parts = der::sequence(certificate)?;
    let fields = der::elements(parts.first()?.content)?;
    let kept = fields.iter().filter_map(|field| {
        if field.tag == EXTENSIONS {
            kept_extensions(field)
        } else {
            Some(field.whole.to_vec())
        }
    });
    let body: Vec<u8> = kept.flatten().collect();
    Some(der::wrapped(der::SEQUENCE, &body))
}

/// The extensions that remain; none when there are none any more, or none could be read.
fn kept_extensions(field: &Element<'_>) -> Option<Vec<u8>> {
    let all = der::sequence(field.content)?;
    let is_kept = |extension: &&Element<'_>| {
        let own = der::element(extension.content).map(|(own, _)| own.content);
        own != Some(id::TIMESTAMPS)
    };
    let kept: Vec<u8> = all
        .iter()
        .filter(is_kept)
        .flat_map(|extension| extension.whole.to_vec())
        .collect();
    (!kept.is_empty()).then(|| der::wrapped(EXTENSIONS, &der::wrapped(der::SEQUENCE, &kept)))
}

#[cfg(test)]
mod tests {
    use super::super::{LOGS, embedded};
    use super::*;

    /// A certificate of July 2019 with timestamps of two logs, and that of its issuer; from the assets of the crate x509-parser
    /// (MIT or Apache-2.0).
    const LEAF: &[u8] = include_bytes!("certificate.der");
    const ISSUER: &[u8] = include_bytes!("issuer.der");

    fn signatures(leaf: &[u8], issuer: &[u8]) -> Vec<Option<bool>> {
        let leaf = Cert::read(leaf, Some(0)).unwrap();
        let issuer = Cert::read(issuer, None).unwrap();
        let entry = Entry::precertificate(&leaf, issuer.key_der());
        let all = embedded(&leaf, entry.as_ref());
        all.iter().map(|own| own.signature).collect()
    }

    #[test]
    fn logs_have_signed_what_a_real_certificate_was_before() {
        let found = signatures(LEAF, ISSUER);
        assert_eq!(found, [Some(true), Some(true)]);
    }

    #[test]
    fn another_issuer_or_another_body_is_not_what_was_signed() {
        assert_eq!(signatures(LEAF, LEAF), [Some(false), Some(false)]);
        let at = LEAF.windows(9).position(|own| own == b"lists.for").unwrap();
        let mut other = LEAF.to_vec();
        other[at] = b'L';
        assert_eq!(signatures(&other, ISSUER), [Some(false), Some(false)]);
    }

    #[test]
    fn one_within_is_not_over_the_certificate_as_it_is() {
        let leaf = Cert::read(LEAF, Some(0)).unwrap();
        let entry = Entry::certificate(&leaf);
        let all = embedded(&leaf, entry.as_ref());
        assert!(all.iter().all(|own| own.signature == Some(false)));
        assert!(
            embedded(&leaf, None)
                .iter()
                .all(|own| own.signature.is_none())
        );
        assert!(all.iter().all(|own| LOGS.contains_key(own.log.as_str())));
    }
}
