//! Takes a file or a fetched body with certificates apart, whatever its form: PEM, DER or PKCS#7.
//!
//! Keys in it are passed over; their content is never decoded.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use x509_parser::asn1_rs::{Any, FromDer, Tag};

/// What a file holds, in its order.
#[derive(Debug, Default)]
pub struct Held {
    /// Certificates, DER.
    pub certificates: Vec<Vec<u8>>,
    /// Revocation lists, DER.
    pub lists: Vec<Vec<u8>>,
    /// What was passed over, and why.
    pub warnings: Vec<String>,
}

/// Reads DER, or PEM where that is none.
#[must_use]
pub fn read(bytes: &[u8]) -> Held {
    let mut held = Held::default();
    // Looked at first, because a large binary file is slow to search for text.
    if bytes.first() == Some(&0x30) && held.read_der(bytes) {
        return held;
    }
    held = Held::default();
    let text = String::from_utf8_lossy(bytes);
    if text.contains("-----BEGIN ") {
        held.read_pem(&text);
    } else {
        held.warnings.push("it is neither PEM nor DER".to_owned());
    }
    held
}

impl Held {
    fn read_pem(&mut self, text: &str) {
        let mut lines = text.lines().enumerate();
        while let Some((number, line)) = lines.next() {
            let Some(label) = label(line, "BEGIN") else {
                continue;
            };
            let mut body = String::new();
            let mut ended = false;
            for (_, line) in lines.by_ref() {
                if line.trim_start().starts_with("-----") {
                    ended = label_is(line, label);
                    break;
                }
                // Headers of encrypted blocks and attributes (RFC 1421) are no base64.
                if !line.contains(':') {
                    body.push_str(line.trim());
                }
            }
            let at = format!(
                "the block `{}` in line {}",
                label.escape_debug(),
                number + 1
            );
            if ended {
                self.read_block(label, &body, &at);
            } else {
                self.warnings.push(format!("{at} has no end, passed over"));
            }
        }
    }

    fn read_block(&mut self, label: &str, body: &str, at: &str) {
        if label.ends_with("PRIVATE KEY") {
            self.warnings.push(format!(
                "{at} is a private key, passed over: keep keys out of such files"
            ));
            return;
        }
        let kind = match label {
            "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => Kind::Certificate,
            "PKCS7" | "PKCS #7 SIGNED DATA" | "CMS" => Kind::Signed,
            "X509 CRL" | "CRL" => Kind::List,
            _ => {
                self.warnings
                    .push(format!("{at} is no certificate, passed over"));
                return;
            }
        };
        let Ok(der) = STANDARD.decode(body) else {
            self.warnings
                .push(format!("{at} is no base64, passed over"));
            return;
        };
        match kind {
            // OpenSSL's trusted certificates have settings after the certificate.
            Kind::Certificate if label == "TRUSTED CERTIFICATE" => {
                let own = Any::from_der(&der).map(|(rest, _)| der.len() - rest.len());
                let own = der.get(..own.unwrap_or(der.len()));
                self.certificates.push(own.unwrap_or_default().to_vec());
            }
            Kind::Certificate => self.certificates.push(der),
            Kind::List => self.lists.push(der),
            Kind::Signed => match signed_data(&der) {
                Some(certificates) => self.certificates.extend(certificates),
                None => self
                    .warnings
                    .push(format!("{at} cannot be read, passed over")),
            },
        }
    }

    /// Certificates one after the other, or one PKCS#7, or one list. Whether it was any of these.
    fn read_der(&mut self, bytes: &[u8]) -> bool {
        if let Some(certificates) = signed_data(bytes) {
            self.certificates.extend(certificates);
            return true;
        }
        let mut rest = bytes;
        while let Ok((after, element)) = Any::from_der(rest) {
            let whole = rest.get(..rest.len() - after.len()).unwrap_or_default();
            match kind_of(&element) {
                Some(Kind::List) => self.lists.push(whole.to_vec()),
                Some(_) => self.certificates.push(whole.to_vec()),
                None => return false,
            }
            rest = after;
        }
        rest.is_empty() && !bytes.is_empty()
    }
}

enum Kind {
    Certificate,
    List,
    Signed,
}

/// What a SEQUENCE is, by the first elements of what is signed in it: a certificate begins with `[0]` or a serial number and an
/// algorithm, a list with a version and an algorithm; a list's third element is a name and its fourth a time.
fn kind_of(element: &Any<'_>) -> Option<Kind> {
    let (_, signed) = Any::from_der(element.data).ok()?;
    if element.tag() != Tag::Sequence || signed.tag() != Tag::Sequence {
        return None;
    }
    let tags = tags(signed.data);
    let is_time = |tag: &Tag| matches!(*tag, Tag::UtcTime | Tag::GeneralizedTime);
    Some(if tags.iter().take(4).any(is_time) {
        Kind::List
    } else {
        Kind::Certificate
    })
}

fn tags(mut bytes: &[u8]) -> Vec<Tag> {
    let mut tags = Vec::new();
    while let Ok((rest, element)) = Any::from_der(bytes) {
        tags.push(element.tag());
        bytes = rest;
    }
    tags
}

/// The certificates of PKCS#7 SignedData (RFC 2315 §9.1).
fn signed_data(der: &[u8]) -> Option<Vec<Vec<u8>>> {
    let (_, outer) = Any::from_der(der).ok()?;
    let (rest, kind) = Any::from_der(outer.data).ok()?;
    // 1.2.840.113549.1.7.2
    if kind.tag() != Tag::Oid || kind.data != b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02" {
        return None;
    }
    let (_, explicit) = Any::from_der(rest).ok()?;
    let (_, data) = Any::from_der(explicit.data).ok()?;
    let mut rest = data.data;
    while let Ok((after, field)) = Any::from_der(rest) {
        rest = after;
        // `[0]`, after version, digest algorithms and content.
        if field.class() == x509_parser::asn1_rs::Class::ContextSpecific && field.tag().0 == 0 {
            return Some(sequences(field.data));
        }
    }
    None
}

fn sequences(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    while let Ok((rest, element)) = Any::from_der(bytes) {
        if element.tag() == Tag::Sequence {
            found.extend(bytes.get(..bytes.len() - rest.len()).map(<[u8]>::to_vec));
        }
        bytes = rest;
    }
    found
}

/// The label of `-----BEGIN label-----`.
fn label<'t>(line: &'t str, word: &str) -> Option<&'t str> {
    let inner = line.trim().strip_prefix("-----")?.strip_suffix("-----")?;
    inner.strip_prefix(word)?.strip_prefix(' ')
}

fn label_is(line: &str, expected: &str) -> bool {
    label(line, "END") == Some(expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The shape of a certificate: a SEQUENCE with a SEQUENCE first.
    const SHAPE: &[u8] = &[0x30, 5, 0x30, 3, 2, 1, 7];

    fn block(label: &str, der: &[u8]) -> String {
        format!(
            "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
            STANDARD.encode(der)
        )
    }

    #[test]
    fn certificates_are_taken_and_keys_are_left_with_a_warning() {
        let text = format!(
            "Subject: x\n{}{}{}",
            block("CERTIFICATE", SHAPE),
            block("EC PRIVATE KEY", &[1]),
            block("DH PARAMETERS", &[1])
        );
        let held = read(text.as_bytes());
        assert_eq!(held.certificates, [SHAPE]);
        assert_eq!(held.warnings.len(), 2);
        assert!(
            held.warnings[0].contains("private key") && held.warnings[0].contains("line 5"),
            "{}",
            held.warnings[0]
        );
    }

    #[test]
    fn a_block_without_end_or_base64_is_passed_over() {
        let text = format!(
            "-----BEGIN CERTIFICATE-----\nMA==\n{}",
            block("CERTIFICATE", SHAPE)
        );
        let held = read(text.as_bytes());
        assert_eq!(held.warnings.len(), 1);
        let held = read(b"-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n");
        assert!(held.certificates.is_empty() && held.warnings[0].contains("base64"));
    }

    #[test]
    fn der_is_read_one_after_the_other() {
        let held = read(&[SHAPE, SHAPE].concat());
        assert_eq!(held.certificates.len(), 2);
        assert_eq!(read(b"what is this").warnings.len(), 1);
        assert_eq!(read(b"").warnings.len(), 1);
    }

    #[test]
    fn pkcs7_gives_its_certificates() {
        let wrap = |tag: u8, content: &[u8]| {
            [&[tag, u8::try_from(content.len()).unwrap()], content].concat()
        };
        let data = [
            &[2, 1, 1, 0x31, 0, 0x30, 0][..],
            &wrap(0xa0, SHAPE),
            &[0x31, 0],
        ]
        .concat();
        let oid = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
        let whole = wrap(0x30, &[&oid[..], &wrap(0xa0, &wrap(0x30, &data))].concat());
        assert_eq!(read(&whole).certificates, [SHAPE]);
        assert_eq!(
            read(block("PKCS7", &whole).as_bytes()).certificates,
            [SHAPE]
        );
    }
}
