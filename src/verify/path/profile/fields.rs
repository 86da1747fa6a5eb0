//! The basic fields of a certificate: RFC 5280 §4.1.

use x509_parser::time::ASN1Time;
use x509_parser::x509::X509Version;

use super::{Clause, Examined, rfc5280, shown};

pub(super) const CLAUSES: &[Clause] = &[
    rfc5280("4.1.2.1", "version-without-extensions", version),
    rfc5280("4.1.2.2", "serial-not-positive", serial_sign),
    rfc5280("4.1.2.2", "serial-too-long", serial_length),
    rfc5280("4.1.2.4", "issuer-empty", issuer),
    rfc5280("4.1.2.5", "time-encoding", time_encoding),
    rfc5280("4.1.2.6", "authority-without-subject", authority_subject),
    rfc5280("4.1.2.8", "unique-identifier", unique_identifier),
];

fn version(examined: &Examined<'_, '_>) -> Option<String> {
    let x509 = &examined.certificate.x509;
    let number = x509.version().0.saturating_add(1);
    (x509.version() != X509Version::V3 && !x509.extensions().is_empty())
        .then(|| format!("version {number} with extensions"))
}

fn serial_sign(examined: &Examined<'_, '_>) -> Option<String> {
    let serial = examined.certificate.x509.raw_serial();
    if serial.first().is_some_and(|byte| *byte >= 0x80) {
        Some("a negative serial number".to_owned())
    } else if serial.iter().all(|byte| *byte == 0) {
        Some("the serial number 0".to_owned())
    } else {
        None
    }
}

fn serial_length(examined: &Examined<'_, '_>) -> Option<String> {
    let length = examined.certificate.x509.raw_serial().len();
    (length > 20).then(|| format!("a serial number of {length} bytes"))
}

fn issuer(examined: &Examined<'_, '_>) -> Option<String> {
    let empty = examined
        .certificate
        .x509
        .issuer()
        .iter_rdn()
        .next()
        .is_none();
    empty.then(|| "an empty issuer".to_owned())
}

/// UTCTime through 2049, GeneralizedTime from 2050 on.
fn time_encoding(examined: &Examined<'_, '_>) -> Option<String> {
    let validity = examined.certificate.x509.validity();
    let wrong = |time: &ASN1Time| (time.to_datetime().year() >= 2050) != time.is_generalizedtime();
    let times = [validity.not_before, validity.not_after];
    let found = times.into_iter().find(wrong)?;
    let kind = if found.is_utctime() {
        "UTCTime"
    } else {
        "GeneralizedTime"
    };
    Some(format!("{} as {kind}", shown(found)))
}

fn authority_subject(examined: &Examined<'_, '_>) -> Option<String> {
    let empty = examined
        .certificate
        .x509
        .subject()
        .iter_rdn()
        .next()
        .is_none();
    (examined.is_above() && empty).then(|| "an authority with an empty subject".to_owned())
}

fn unique_identifier(examined: &Examined<'_, '_>) -> Option<String> {
    let x509 = &examined.certificate.x509;
    (x509.issuer_uid.is_some() || x509.subject_uid.is_some())
        .then(|| "a unique identifier".to_owned())
}
