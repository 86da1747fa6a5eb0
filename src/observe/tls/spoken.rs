//! What a peer speaks that does not speak TLS, by its first bytes.

use crate::facts::attempt::Failure;

/// A TLS record begins with its type (20 to 24) and a version of major number 3 (RFC 8446 §5.1).
pub(super) fn looks_like_tls(first: &[u8]) -> bool {
    matches!(first, [20..=24, 3, ..])
}

/// The failure of a talk that began with these bytes.
pub(super) fn not_tls(first: &[u8]) -> Failure {
    Failure::NotTls {
        protocol: spoken(first).to_owned(),
        first_bytes: first.escape_ascii().to_string(),
    }
}

fn spoken(first: &[u8]) -> &'static str {
    let signs: [(&[u8], &str); 6] = [
        (b"HTTP/", "HTTP"),
        (b"<", "HTTP"),
        (b"SSH-", "SSH"),
        (b"220", "SMTP or FTP"),
        (b"* OK", "IMAP"),
        (b"+OK", "POP3"),
    ];
    signs
        .iter()
        .find(|(sign, _)| first.starts_with(sign))
        .map_or("unknown", |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_tls_is_named_by_its_first_bytes() {
        assert_eq!(spoken(b"HTTP/1.1 400 Bad Request"), "HTTP");
        assert_eq!(spoken(b"SSH-2.0-OpenSSH"), "SSH");
        assert_eq!(spoken(b"\0"), "unknown");
        assert!(looks_like_tls(&[21, 3, 3]) && !looks_like_tls(b"HT"));
    }
}
