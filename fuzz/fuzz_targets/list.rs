//! A revocation list of any origin, beside a chain that it may be about: the file is split where a chain ends and a list begins.

#![no_main]

use doorstep::observe::tls::{bundle, file};
use doorstep::verify::path::{Anchors, RevocationList};
use doorstep_fuzz::{judged_and_shown, of_tls};
use libfuzzer_sys::fuzz_target;
use rustls::pki_types::CertificateDer;

fuzz_target!(|bytes: &[u8]| {
    let held = bundle::read(bytes);
    let lists = held.lists.into_iter();
    let read = |der| {
        RevocationList::read("fuzz.crl", der)
            .unwrap_or_else(|| RevocationList::unreadable("fuzz.crl"))
    };
    let lists: Vec<RevocationList> = lists.map(read).collect();
    let Some(last) = held.certificates.last() else {
        return;
    };
    let (anchors, _) = Anchors::from_certificates("fuzz", &[CertificateDer::from(last.as_slice())]);
    let anchors = anchors.with_lists(lists);
    let tls = file::read("fuzz.pem", Some("www.shop.example"), &held.certificates);
    judged_and_shown(of_tls(tls), &anchors);
});
