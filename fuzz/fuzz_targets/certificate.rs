//! The facts of one certificate: whatever the bytes, they are read, written and read back the same.

#![no_main]

use doorstep::facts::certificate::Certificate;
use doorstep::observe::tls::certificate;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|der: &[u8]| {
    let facts = certificate::read(der);
    let written = serde_json::to_string(&facts).expect("facts can be written");
    let again: Certificate = serde_json::from_str(&written).expect("and read back");
    assert_eq!(serde_json::to_string(&again).ok(), Some(written));
});
