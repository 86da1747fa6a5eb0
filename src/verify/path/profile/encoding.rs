//! Distinguished encoding: RFC 5280 §4.1 wants DER, of which X.690 §10 and §11 say what that is.

use super::{Clause, Examined, rfc5280};
use crate::verify::der::{self, Element};
use crate::verify::path::certificate::id;

pub(super) const CLAUSES: &[Clause] = &[
    rfc5280("4.1", "encoding-not-distinguished", encoding),
    rfc5280("4.1", "default-encoded", default_encoded),
    rfc5280("4.1", "extensions-empty", no_extensions),
];

/// How deep elements may stand in each other; certificates in use need 12.
const DEPTH: usize = 32;

fn encoding(examined: &Examined<'_, '_>) -> Option<String> {
    let values = examined.certificate.x509.extensions().iter();
    let mut parts = std::iter::once(examined.certificate.der).chain(
        // Timestamps are no DER inside, and what is not known here may not be either.
        values
            .filter(|extension| {
                !extension.parsed_extension().unsupported() && is_standard(extension.oid.as_bytes())
            })
            .map(|extension| extension.value),
    );
    parts.find_map(|part| fault(part, DEPTH)).map(str::to_owned)
}

/// Those that RFC 5280 defines.
fn is_standard(oid: &[u8]) -> bool {
    oid.starts_with(&[0x55, 0x1d]) || oid.starts_with(&[43, 6, 1, 5, 5, 7, 1])
}

/// The first thing that DER would write otherwise.
fn fault(bytes: &[u8], depth: usize) -> Option<&'static str> {
    let Some(elements) = der::elements(bytes).filter(|_| depth > 0) else {
        return Some("an element that is cut short, or a length that is not minimal");
    };
    elements.iter().find_map(|element| {
        let constructed = element.tag & 0x20 != 0;
        if constructed {
            fault(element.content, depth - 1)
        } else {
            primitive(element)
        }
    })
}

fn primitive(element: &Element<'_>) -> Option<&'static str> {
    let wrong = match (element.tag, element.content) {
        (0x01, [0 | 0xff]) => false,
        (0x01, _) => return Some("a BOOLEAN that is neither 00 nor ff"),
        (0x02 | 0x0a, content) if !der::is_number(content) => {
            return Some("an INTEGER that is not as short as it could be");
        }
        (0x03, content) => match content.split_first() {
            Some((0, _)) => false,
            Some((unused @ 1..=7, bits)) => bits
                .last()
                .is_none_or(|last| last.trailing_zeros() < u32::from(*unused)),
            _ => true,
        },
        (0x05, content) => !content.is_empty(),
        (0x30 | 0x31, _) | (0x10 | 0x11, _) => true,
        _ => false,
    };
    wrong.then_some("an element that DER writes otherwise")
}

/// Version 1, `critical` FALSE and `cA` FALSE are defaults, which DER leaves out, as it does bits of a list of names that are not
/// set.
fn default_encoded(examined: &Examined<'_, '_>) -> Option<String> {
    version_default(examined)
        .or_else(|| extension_default(examined))
        .or_else(|| critical_default(examined))
}

fn version_default(examined: &Examined<'_, '_>) -> Option<String> {
    let parts = der::sequence(examined.certificate.der)?;
    let (first, _) = der::element(parts.first()?.content)?;
    (first.whole == [0xa0, 3, 2, 1, 0])
        .then(|| "a default that is written out (version 1)".to_owned())
}

fn extension_default(examined: &Examined<'_, '_>) -> Option<String> {
    let certificate = examined.certificate;
    let value = |id| certificate.extension(id).map(|extension| extension.value);
    let constraints = value(id::BASIC_CONSTRAINTS).and_then(der::sequence);
    let first = constraints.and_then(|fields| fields.first().map(|field| field.whole));
    if first == Some(&[1, 1, 0]) {
        return Some("a default that is written out (cA FALSE)".to_owned());
    }
    // A list of named bits ends with the last that is set (X.690 §11.2.2).
    let usage = der::only(value(id::KEY_USAGE)?, der::BIT_STRING)?;
    let (unused, bits) = usage.content.split_first()?;
    let ends_set = bits
        .last()
        .is_none_or(|last| last.trailing_zeros() == u32::from(*unused));
    (!ends_set).then(|| "key usages with bits after the last that is set".to_owned())
}

fn critical_default(examined: &Examined<'_, '_>) -> Option<String> {
    let body = der::sequence(examined.certificate.der)?;
    let fields = der::elements(body.first()?.content)?;
    let list = fields.iter().find(|field| field.tag == 0xa3)?;
    let extensions = der::sequence(list.content)?;
    let critical = extensions.iter().any(|extension| {
        let parts = der::elements(extension.content).unwrap_or_default();
        parts.get(1).is_some_and(|part| part.whole == [1, 1, 0])
    });
    critical.then(|| "a default that is written out (critical FALSE)".to_owned())
}

fn no_extensions(examined: &Examined<'_, '_>) -> Option<String> {
    let body = der::sequence(examined.certificate.der)?;
    let fields = der::elements(body.first()?.content)?;
    let list = fields.iter().find(|field| field.tag == 0xa3)?;
    let empty = der::sequence(list.content)?.is_empty();
    empty.then(|| "an empty list of extensions".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_der_writes_otherwise_is_found_at_any_depth() {
        assert_eq!(fault(&[0x30, 3, 1, 1, 0xff], DEPTH), None);
        assert!(fault(&[0x30, 3, 1, 1, 1], DEPTH).is_some());
        assert!(fault(&[0x30, 4, 2, 2, 0, 1], DEPTH).is_some());
        assert_eq!(fault(&[0x30, 4, 2, 2, 0, 0x80], DEPTH), None);
        assert!(fault(&[3, 2, 1, 1], DEPTH).is_some());
        assert_eq!(fault(&[3, 2, 1, 2], DEPTH), None);
        assert!(fault(&[0x30, 0x81, 1, 0], DEPTH).is_some());
    }

    #[test]
    fn what_is_nested_without_end_ends() {
        let mut nested = vec![0x05, 0];
        for _ in 0..2 * DEPTH {
            nested = der::wrapped(der::SEQUENCE, &nested);
        }
        assert!(fault(&nested, DEPTH).is_some());
    }
}
