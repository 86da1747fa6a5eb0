//! Derives what follows from the facts by cryptography and grammar. Pure: facts, anchors and a time in, verdicts out.

pub mod path;
