//! How much cryptography one run does: signatures are cheap to send and dear to verify (KeyTrap, CVE-2023-50387).

use std::cell::Cell;

/// Signatures tried over one set of records (unbound: 8).
pub(super) const SIGNATURES_PER_SET: usize = 8;
/// Keys tried that share one tag (hickory: 2).
pub(super) const KEYS_PER_TAG: usize = 2;
/// Signatures verified in one run: an ordinary name with every server of its zone needs some hundred.
const SIGNATURES: usize = 4_000;
/// Names hashed in one run, each with its iterations (CVE-2023-50868).
const HASHES: usize = 2_000;

/// What is left of the bounds.
#[derive(Debug)]
pub(super) struct Budget {
    signatures: Cell<usize>,
    hashes: Cell<usize>,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            signatures: Cell::new(SIGNATURES),
            hashes: Cell::new(HASHES),
        }
    }
}

impl Budget {
    /// Takes one verification of a signature, if one is left.
    pub(super) fn take_signature(&self) -> bool {
        take(&self.signatures)
    }

    /// Takes the hashing of one name, if one is left.
    pub(super) fn take_hash(&self) -> bool {
        take(&self.hashes)
    }
}

fn take(left: &Cell<usize>) -> bool {
    let before = left.get();
    left.set(before.saturating_sub(1));
    before > 0
}
