//! Signatures that were verified before: those of the root and the TLDs are the same for every name of a run.

use std::fmt;
use std::sync::Arc;

use hickory_proto::dnssec::rdata::DNSKEY;
use hickory_proto::dnssec::{PublicKey, Verifier};
use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};

/// How many are remembered: 40 bytes each, and an ordinary name needs 20.
const REMEMBERED: usize = 16_384;

/// What came of each, by a digest of key, signed bytes and signature. It changes no verdict: the same always comes to the same.
#[derive(Clone)]
pub(super) struct Tried(Arc<Cache<[u8; 32], bool>>);

impl Default for Tried {
    fn default() -> Self {
        Self(Arc::new(Cache::new(REMEMBERED)))
    }
}

impl fmt::Debug for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tried({})", self.0.len())
    }
}

impl Tried {
    /// Whether the signature over these bytes is by this key.
    pub(super) fn verify(&self, key: &DNSKEY, signed: &[u8], signature: &[u8]) -> bool {
        let own = digest(key, signed, signature);
        if let Some(valid) = self.0.get(&own) {
            return valid;
        }
        let valid = key.verify(signed, signature).is_ok();
        self.0.insert(own, valid);
        valid
    }
}

/// Each part is preceded by its length, so that no two triples have the same bytes.
fn digest(key: &DNSKEY, signed: &[u8], signature: &[u8]) -> [u8; 32] {
    let public = key.public_key().public_bytes();
    let mut digest = Sha256::new();
    digest.update([u8::from(Verifier::algorithm(key))]);
    for part in [public, signed, signature] {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    digest.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hickory_proto::dnssec::{Algorithm, PublicKeyBuf};

    fn key(byte: u8) -> DNSKEY {
        DNSKEY::with_flags(
            257,
            PublicKeyBuf::new(vec![byte; 64], Algorithm::ECDSAP256SHA256),
        )
    }

    #[test]
    fn another_key_or_another_split_of_the_bytes_is_another_signature() {
        let all = [
            digest(&key(1), b"ab", b"c"),
            digest(&key(1), b"a", b"bc"),
            digest(&key(2), b"ab", b"c"),
        ];
        assert!(all[0] != all[1] && all[0] != all[2] && all[1] != all[2]);
    }

    #[test]
    fn what_is_no_signature_stays_none_when_it_is_asked_again() {
        let tried = Tried::default();
        assert!(!tried.verify(&key(1), b"signed", b"signature"));
        assert!(!tried.verify(&key(1), b"signed", b"signature"));
        assert_eq!(tried.0.len(), 1);
    }
}
