//! Path building, judgement and rendering of a hostile chain: certificates one after the other, of which the last is the anchor.

#![no_main]

use doorstep::observe::tls::{bundle, file};
use doorstep::verify::path::Anchors;
use doorstep_fuzz::{judged_and_shown, of_tls};
use libfuzzer_sys::fuzz_target;
use rustls::pki_types::CertificateDer;

fuzz_target!(|bytes: &[u8]| {
    let chain = bundle::read(bytes).certificates;
    let Some(last) = chain.last() else { return };
    let (anchors, _) = Anchors::from_certificates("fuzz", &[CertificateDer::from(last.as_slice())]);
    let tls = file::read("fuzz.pem", Some("www.shop.example"), &chain);
    judged_and_shown(of_tls(tls), &anchors);
});
