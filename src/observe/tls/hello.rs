//! The first message of a client, written byte by byte, and what comes back to it: no keys, no cryptography, no library that
//! would refuse what is old. Pure: bytes in, bytes out.

pub(super) mod read;
pub(super) mod sslv2;
pub(super) mod write;

use crate::facts::probe::Alert;

/// Protocol versions by their numbers on the wire.
pub(super) const SSL3: u16 = 0x0300;
pub(super) const TLS10: u16 = 0x0301;
pub(super) const TLS11: u16 = 0x0302;
pub(super) const TLS12: u16 = 0x0303;
pub(super) const TLS13: u16 = 0x0304;

/// The name of a version in a report, or the number of one that is unknown.
pub(super) fn version_name(version: u16) -> String {
    match version {
        sslv2::VERSION => "SSLv2".to_owned(),
        SSL3 => "SSLv3".to_owned(),
        TLS10 => "TLSv1.0".to_owned(),
        TLS11 => "TLSv1.1".to_owned(),
        TLS12 => "TLSv1.2".to_owned(),
        TLS13 => "TLSv1.3".to_owned(),
        other => format!("0x{other:04X}"),
    }
}

/// An alert (RFC 8446 §6, and the older ones of RFC 5246 §7.2 and RFC 6101 §5.4) with its name, as the TLS library spells it.
pub(super) fn alert(code: u8) -> Alert {
    let known = rustls::AlertDescription::from(code);
    let name = known
        .as_str()
        .map_or_else(|| format!("alert {code}"), str::to_owned);
    Alert { code, name }
}
