//! Derives what follows from the facts by cryptography and grammar. Pure: facts, anchors and a time in, verdicts out.

pub mod measured;
pub mod path;
pub mod resolvers;

use crate::facts::Facts;
use path::Anchors;

/// Fills in all that is derived.
pub fn verify(facts: &mut Facts, anchors: &Anchors) {
    let at = facts.judged_at;
    if let Some(dns) = &mut facts.dns {
        resolvers::verify(dns);
    }
    for endpoint in facts.tls.iter_mut().flat_map(|tls| &mut tls.endpoints) {
        path::verify(endpoint, anchors, at);
    }
    measured::verify(facts);
}
