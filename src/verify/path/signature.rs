//! Whether a key made a signature, and whether clients accept the algorithm. For certificates, lists and responses alike.

use aws_lc_rs::signature as legacy;
use webpki::ALL_VERIFICATION_ALGS;

use crate::verify::der;

/// What came of verifying a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::verify) enum Verdict {
    /// It is by the key.
    Good,
    /// It is, but clients refuse the algorithm or the size of the key.
    Weak,
    /// It is in an algorithm that cannot be verified here, nor by clients.
    Unsupported,
    /// It is not by the key.
    Bad,
}

/// Something signed: certificate, list or response, all of the form `SEQUENCE { what, algorithm, signature }`.
#[derive(Clone, Copy, Debug)]
pub(in crate::verify) struct Signed<'a> {
    pub(in crate::verify) what: &'a [u8],
    /// The content of the AlgorithmIdentifier.
    pub(in crate::verify) algorithm: &'a [u8],
    pub(in crate::verify) signature: &'a [u8],
}

impl<'a> Signed<'a> {
    /// Takes the parts of the SEQUENCE apart.
    pub(in crate::verify) fn read(bytes: &'a [u8]) -> Option<Self> {
        let parts = der::sequence(bytes)?;
        let [what, algorithm, signature, ..] = parts.as_slice() else {
            return None;
        };
        Some(Self {
            what: what.whole,
            algorithm: algorithm.content,
            signature: der::bits(signature)?,
        })
    }

    /// Verifies the signature under a SubjectPublicKeyInfo.
    pub(in crate::verify) fn verify(&self, key_info: &[u8]) -> Verdict {
        let Some((algorithm, key)) = split_key(key_info) else {
            return Verdict::Unsupported;
        };
        let fitting = ALL_VERIFICATION_ALGS.iter().filter(|known| {
            known.signature_alg_id().as_ref() == self.algorithm
                && known.public_key_alg_id().as_ref() == algorithm
        });
        let mut tried = false;
        for known in fitting {
            tried = true;
            if known
                .verify_signature(key, self.what, self.signature)
                .is_ok()
            {
                return Verdict::Good;
            }
        }
        match self.verify_weak(key) {
            Verdict::Unsupported if tried => Verdict::Bad,
            other => other,
        }
    }

    /// Verifies what only lenient clients of former times accept.
    fn verify_weak(&self, key: &[u8]) -> Verdict {
        let Some((oid, _)) = der::element(self.algorithm) else {
            return Verdict::Unsupported;
        };
        let known: &[&'static dyn legacy::VerificationAlgorithm] = match oid.content {
            SHA1_WITH_RSA => &[&legacy::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY],
            SHA256_WITH_RSA => &[&legacy::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY],
            SHA512_WITH_RSA => &[&legacy::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY],
            _ => return Verdict::Unsupported,
        };
        let good = known.iter().any(|known| {
            let key = legacy::UnparsedPublicKey::new(*known, key);
            key.verify(self.what, self.signature).is_ok()
        });
        if good { Verdict::Weak } else { Verdict::Bad }
    }
}

/// 1.2.840.113549.1.1.5, .11 and .13.
const SHA1_WITH_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5];
const SHA256_WITH_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11];
const SHA512_WITH_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 13];

/// The content of the algorithm, and the key itself.
pub(in crate::verify) fn split_key(key_info: &[u8]) -> Option<(&[u8], &[u8])> {
    let parts = der::sequence(key_info)?;
    let [algorithm, key] = parts.as_slice() else {
        return None;
    };
    Some((algorithm.content, der::bits(key)?))
}
