//! The basic fields of a certificate: RFC 5280 §4.1.

use x509_parser::time::ASN1Time;
use x509_parser::x509::X509Version;

use super::{Clause, Examined, rfc5280, shown};
use crate::verify::der::{self, Element};

pub(super) const CLAUSES: &[Clause] = &[
    rfc5280("4.1.2.1", "version-without-extensions", version),
    rfc5280("4.1.2.2", "serial-not-positive", serial_sign),
    rfc5280("4.1.2.2", "serial-too-long", serial_length),
    rfc5280("4.1.2.4", "issuer-empty", issuer),
    rfc5280("4.1.2.5", "time-encoding", time_encoding),
    rfc5280("4.1.2.5", "time-syntax", time_syntax),
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

/// Both times as they stand.
fn time_syntax(examined: &Examined<'_, '_>) -> Option<String> {
    let parts = der::sequence(examined.certificate.der)?;
    let fields = der::elements(parts.first()?.content)?;
    let mut sequences = fields.iter().filter(|field| field.tag == der::SEQUENCE);
    // Algorithm and issuer stand before the validity.
    let times = der::elements(sequences.nth(2)?.content)?;
    let wrong = times.iter().find(|time| !is_plain(time))?;
    let text = String::from_utf8_lossy(wrong.content);
    Some(format!("the time `{}`", text.escape_debug()))
}

/// `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ`: seconds, no fraction, and no other zone (§4.1.2.5.1, §4.1.2.5.2).
fn is_plain(time: &Element<'_>) -> bool {
    let length = match time.tag {
        0x17 => 13,
        0x18 => 15,
        _ => return false,
    };
    let digits = time.content.strip_suffix(b"Z");
    time.content.len() == length
        && digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_digit))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(tag: u8, text: &str) -> bool {
        let der = der::wrapped(tag, text.as_bytes());
        is_plain(&der::element(&der).unwrap().0)
    }

    #[test]
    fn times_have_seconds_and_end_in_z() {
        assert!(plain(0x17, "200101000000Z"));
        assert!(plain(0x18, "20990101000000Z"));
        for wrong in [
            "2001010000Z",
            "200101000000+0000",
            "2001010000000",
            "20010100000aZ",
        ] {
            assert!(!plain(0x17, wrong), "{wrong}");
        }
        for wrong in [
            "20990101000000.5Z",
            "209901010000Z",
            "20990101000000",
            "20990101000000+0100",
        ] {
            assert!(!plain(0x18, wrong), "{wrong}");
        }
        assert!(!plain(0x0c, "200101000000Z"));
    }
}
