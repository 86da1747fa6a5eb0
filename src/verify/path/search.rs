//! Looks for a path from a leaf to an anchor among certificates in any order. Bounded, whatever was sent.
//!
//! First for one without a fault; where there is none, for the one with the fewest faults, so that they can be told. A
//! certificate is used once in a path, and so is a pair of subject and key: cycles end.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use super::Moments;
use super::anchors::{Anchor, Anchors};
use super::certificate::Cert;
use super::faults;
use super::signature::{Signed, Verdict};
use crate::facts::tls::Distrust;

/// Certificates in a path. The deepest in use have 6; Go and OpenSSL allow far more, and 100 without an anchor must end.
const DEPTH: usize = 24;
/// Signatures verified for one chain; Go ends at 100 as well. A chain of 3 needs 3.
const SIGNATURES: usize = 128;
/// Candidates looked at for one chain: 1,000 certificates of one name, each of which could issue the other.
const STEPS: usize = 4_096;
/// Paths of one kind, without faults or with some, that are compared.
const COMPARED: usize = 32;

/// A way from the leaf up.
#[derive(Clone, Debug)]
pub(super) struct Path<'s, 'a> {
    /// The leaf first; the anchor is not among them.
    pub(super) certificates: Vec<&'s Cert<'a>>,
    /// Where it ends, if it does.
    pub(super) anchor: Option<&'s Anchor>,
    /// What is wrong with it.
    pub(super) faults: Vec<Distrust>,
}

/// The search for one chain.
pub(super) struct Search<'s, 'a> {
    /// The leaf first.
    pool: Vec<&'s Cert<'a>>,
    by_subject: HashMap<&'s [u8], Vec<usize>>,
    anchors: &'s Anchors,
    at: Moments,
    signatures: Cell<usize>,
    steps: Cell<usize>,
    /// Whether a way was given up for its length.
    too_deep: Cell<bool>,
    verdicts: RefCell<HashMap<(*const u8, Vec<u8>), Verdict>>,
}

impl<'s, 'a> Search<'s, 'a> {
    /// `pool` holds the leaf first, then all that may issue.
    pub(super) fn new(pool: Vec<&'s Cert<'a>>, anchors: &'s Anchors, at: Moments) -> Self {
        let mut by_subject: HashMap<&[u8], Vec<usize>> = HashMap::new();
        for (index, certificate) in pool.iter().enumerate().skip(1) {
            let named = by_subject.entry(certificate.subject_der()).or_default();
            named.push(index);
        }
        Self {
            pool,
            by_subject,
            anchors,
            at,
            signatures: Cell::new(SIGNATURES),
            steps: Cell::new(STEPS),
            too_deep: Cell::new(false),
            verdicts: RefCell::default(),
        }
    }

    /// The bound that the search met, if it did.
    pub(super) fn limit(&self) -> Option<Distrust> {
        let limit = if self.signatures.get() == 0 {
            "SIGNATURES"
        } else if self.steps.get() == 0 {
            "STEPS"
        } else {
            return None;
        };
        Some(Distrust::LimitReached {
            limit: limit.to_owned(),
        })
    }

    /// The bound on the length of a path, if a way was given up for it: where it would have led is not known.
    pub(super) fn depth_limit(&self) -> Option<Distrust> {
        let limit = "DEPTH".to_owned();
        self.too_deep
            .get()
            .then_some(Distrust::LimitReached { limit })
    }

    /// The paths without a fault, the likeliest first.
    pub(super) fn faultless(&self) -> Vec<Path<'s, 'a>> {
        let mut found = Vec::new();
        let leaf = self.pool.first().copied();
        if let Some(leaf) = leaf.filter(|leaf| faults::of_leaf(leaf).is_empty()) {
            self.climb_faultless(&mut vec![leaf], &mut found);
        }
        found
    }

    fn climb_faultless(&self, way: &mut Vec<&'s Cert<'a>>, found: &mut Vec<Path<'s, 'a>>) {
        let Some(top) = way.last().copied() else {
            return;
        };
        for anchor in self.anchors.named(top.issuer_der()) {
            let path = self.ending(way, anchor);
            let sound = self.verdict(top, &anchor.key) == Verdict::Good && path.faults.is_empty();
            if sound && found.len() < COMPARED {
                found.push(path);
            }
        }
        for candidate in self.issuers(way) {
            if found.len() < COMPARED
                && self.verdict(top, candidate.key_der()) == Verdict::Good
                && faults::of_authority(candidate, self.at).is_empty()
            {
                way.push(candidate);
                self.climb_faultless(way, found);
                way.pop();
            }
        }
    }

    /// The path to an anchor with the fewest faults.
    pub(super) fn least_faulty(&self) -> Option<Path<'s, 'a>> {
        self.steps.set(STEPS);
        let leaf = self.pool.first().copied()?;
        let mut found = Vec::new();
        self.climb_any(&mut vec![leaf], &mut found);
        found.into_iter().min_by_key(|path| path.faults.len())
    }

    fn climb_any(&self, way: &mut Vec<&'s Cert<'a>>, found: &mut Vec<Path<'s, 'a>>) {
        let Some(top) = way.last().copied() else {
            return;
        };
        for anchor in self.anchors.named(top.issuer_der()) {
            let verdict = self.verdict(top, &anchor.key);
            if found.len() < COMPARED && verdict != Verdict::Bad {
                let mut path = self.ending(way, anchor);
                path.faults = self.all_faults(&path);
                found.push(path);
            }
        }
        for candidate in self.issuers(way) {
            let verdict = self.verdict(top, candidate.key_der());
            if found.len() < COMPARED && verdict != Verdict::Bad {
                way.push(candidate);
                self.climb_any(way, found);
                way.pop();
            }
        }
    }

    /// The way from the leaf up as far as it leads by sound signatures, whatever its faults.
    pub(super) fn farthest(&self) -> Path<'s, 'a> {
        self.steps.set(STEPS);
        let mut way: Vec<&Cert<'a>> = self.pool.first().copied().into_iter().collect();
        while let Some(top) = way.last().copied() {
            let next = self
                .issuers(&way)
                .into_iter()
                .find(|candidate| self.verdict(top, candidate.key_der()) != Verdict::Bad);
            match next {
                Some(next) => way.push(next),
                None => break,
            }
        }
        Path {
            certificates: way,
            anchor: None,
            faults: Vec::new(),
        }
    }

    /// Whether an anchor has the name of `top`'s issuer, or a certificate claims by its key identifier to be it, and is not.
    pub(super) fn has_false_issuer(&self, top: &Cert<'_>) -> bool {
        if !top.is_self_issued() && self.anchors.named(top.issuer_der()).next().is_some() {
            return true;
        }
        let named = self.by_subject.get(top.issuer_der()).into_iter().flatten();
        let candidates = named.filter_map(|index| self.pool.get(*index));
        candidates.into_iter().any(|candidate| {
            let claims = top.issuer_key_id().is_some() && candidate.key_id() == top.issuer_key_id();
            claims && self.verdict(top, candidate.key_der()) == Verdict::Bad
        })
    }

    /// Those of the pool that sign, directly or not, what leads to the leaf.
    pub(super) fn related(&self) -> Vec<&'s Cert<'a>> {
        self.steps.set(STEPS);
        let mut related: Vec<&Cert<'a>> = self.pool.first().copied().into_iter().collect();
        let mut next = 0;
        while let Some(top) = related.get(next).copied() {
            next += 1;
            let known =
                |candidate: &Cert<'a>| related.iter().any(|own| std::ptr::eq(*own, candidate));
            let more: Vec<&Cert<'a>> = self
                .issuers(&[top])
                .into_iter()
                .filter(|candidate| !known(candidate))
                .filter(|candidate| self.verdict(top, candidate.key_der()) != Verdict::Bad)
                .collect();
            related.extend(more);
        }
        related
    }

    /// Who may have issued the top of the way, the likeliest first: key identifiers that agree, then those valid the longest.
    fn issuers(&self, way: &[&'s Cert<'a>]) -> Vec<&'s Cert<'a>> {
        if way.len() >= DEPTH {
            self.too_deep.set(true);
            return Vec::new();
        }
        let Some(top) = way.last() else {
            return Vec::new();
        };
        let named = self.by_subject.get(top.issuer_der()).into_iter().flatten();
        let unused = |candidate: &&'s Cert<'a>| {
            self.steps.set(self.steps.get().saturating_sub(1));
            let same = |own: &&Cert<'a>| {
                own.subject_der() == candidate.subject_der() && own.key_der() == candidate.key_der()
            };
            self.steps.get() > 0 && !way.iter().any(same)
        };
        let candidates = named.filter_map(|index| self.pool.get(*index).copied());
        let mut fitting: Vec<&Cert<'a>> = candidates.filter(unused).collect();
        fitting.sort_by_key(|candidate| {
            let identified =
                top.issuer_key_id().is_some() && candidate.key_id() == top.issuer_key_id();
            let end = candidate.x509.validity().not_after.timestamp();
            (!identified, std::cmp::Reverse(end))
        });
        fitting
    }

    fn ending(&self, way: &[&'s Cert<'a>], anchor: &'s Anchor) -> Path<'s, 'a> {
        let mut path = Path {
            certificates: way.to_vec(),
            anchor: Some(anchor),
            faults: Vec::new(),
        };
        let certificate = anchor
            .certificate
            .as_deref()
            .and_then(|der| Cert::read(der, None));
        path.faults = certificate
            .as_ref()
            .map(|certificate| faults::of_anchor(certificate, self.at))
            .unwrap_or_default();
        path.faults
            .extend(faults::of_path(&path, certificate.as_ref()));
        path
    }

    /// Every fault of a path that ends in an anchor.
    fn all_faults(&self, path: &Path<'s, 'a>) -> Vec<Distrust> {
        let leaf = path.certificates.first().map(|leaf| faults::of_leaf(leaf));
        let above = path.certificates.iter().skip(1);
        let above = above.flat_map(|own| faults::of_authority(own, self.at));
        let mut all: Vec<Distrust> = leaf.into_iter().flatten().chain(above).collect();
        all.extend(self.weak_signatures(path));
        for fault in &path.faults {
            if !all.contains(fault) {
                all.push(fault.clone());
            }
        }
        all
    }

    /// Signatures in algorithms that clients refuse. A key that is too weak itself is told of as such.
    pub(super) fn weak_signatures(&self, path: &Path<'s, 'a>) -> Vec<Distrust> {
        let keys = path
            .certificates
            .iter()
            .skip(1)
            .map(|above| above.key_der());
        let keys = keys.chain(path.anchor.map(|anchor| anchor.key.as_slice()));
        let pairs = path.certificates.iter().zip(keys);
        pairs
            .filter_map(|(own, key)| match self.verdict(own, key) {
                Verdict::Weak | Verdict::Unsupported => Some(Distrust::SignatureWeak {
                    subject: own.subject(),
                    algorithm: own.x509.signature_algorithm.algorithm.to_id_string(),
                }),
                Verdict::Good | Verdict::Bad => None,
            })
            .collect()
    }

    /// Verifies each signature once. Beyond the bound none is good.
    fn verdict(&self, certificate: &Cert<'_>, key: &[u8]) -> Verdict {
        let known = (certificate.der.as_ptr(), key.to_vec());
        if let Some(verdict) = self.verdicts.borrow().get(&known) {
            return *verdict;
        }
        let Some(left) = self.signatures.get().checked_sub(1) else {
            return Verdict::Bad;
        };
        self.signatures.set(left);
        let signed = Signed::read(certificate.der);
        let verdict = signed.map_or(Verdict::Bad, |signed| signed.verify(key));
        self.verdicts.borrow_mut().insert(known, verdict);
        verdict
    }
}
