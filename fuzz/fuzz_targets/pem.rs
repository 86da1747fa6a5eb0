//! A file with certificates, keys and lists in PEM, DER or PKCS#7: nothing grows, and no warning carries what it warns of.

#![no_main]

use doorstep::observe::tls::bundle;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let held = bundle::read(bytes);
    let size = |blocks: &[Vec<u8>]| blocks.iter().map(Vec::len).sum::<usize>();
    assert!(size(&held.certificates) + size(&held.lists) <= bytes.len());
    for warning in &held.warnings {
        assert!(!warning.chars().any(char::is_control), "{warning:?}");
    }
});
