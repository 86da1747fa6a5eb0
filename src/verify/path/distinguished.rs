//! Distinguished names compared as RFC 5280 §7.1 wants it: without regard to case and to runs of spaces.

use crate::verify::der::{self, Element};

/// 1.2.840.113549.1.9.1, the mail address in a distinguished name.
const EMAIL_ADDRESS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1];

/// A name as its relative names, each in a form that equal names share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::verify) struct Distinguished(Vec<Vec<Vec<u8>>>);

impl Distinguished {
    /// Reads the DER of a Name.
    pub(in crate::verify) fn read(name: &[u8]) -> Option<Self> {
        let relative = der::sequence(name)?;
        let read = relative.iter().map(|set| {
            let attributes = der::elements(set.content).filter(|_| set.tag == der::SET)?;
            let mut plain = attributes
                .iter()
                .map(|attribute| plain(attribute))
                .collect::<Option<Vec<_>>>()?;
            plain.sort();
            Some(plain)
        });
        read.collect::<Option<Vec<_>>>().map(Self)
    }

    pub(in crate::verify) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it lies at `base` or below.
    pub(in crate::verify) fn is_within(&self, base: &Self) -> bool {
        self.0.starts_with(&base.0)
    }
}

/// Type and value of an attribute, the value in its plain form.
fn plain(attribute: &Element<'_>) -> Option<Vec<u8>> {
    let parts = der::sequence(attribute.whole)?;
    let [kind, value] = parts.as_slice() else {
        return None;
    };
    let mut plain = kind.whole.to_vec();
    match text(value) {
        Some(text) => {
            let words: Vec<&str> = text.split_whitespace().collect();
            plain.extend(words.join(" ").to_lowercase().bytes());
        }
        None => plain.extend(value.whole),
    }
    Some(plain)
}

/// The text of a DirectoryString or IA5String.
fn text(value: &Element<'_>) -> Option<String> {
    match value.tag {
        // UTF8String, PrintableString, IA5String.
        0x0c | 0x13 | 0x16 => String::from_utf8(value.content.to_vec()).ok(),
        // TeletexString, mostly Latin-1 in practice.
        0x14 => Some(value.content.iter().copied().map(char::from).collect()),
        // BMPString.
        0x1e => {
            let pairs = value.content.chunks(2);
            let units: Vec<u16> = pairs
                .map(|pair| {
                    pair.iter()
                        .fold(0, |unit, byte| unit << 8 | u16::from(*byte))
                })
                .collect();
            String::from_utf16(&units).ok()
        }
        _ => None,
    }
}

/// Mail addresses in a distinguished name, to which constraints on mail addresses apply as well.
pub(in crate::verify) fn mail_addresses(name: &[u8]) -> Vec<String> {
    let sets = der::sequence(name).unwrap_or_default();
    let attributes = sets
        .iter()
        .flat_map(|set| der::elements(set.content).unwrap_or_default());
    let mut found = Vec::new();
    for attribute in attributes {
        if let Some([kind, value]) = der::sequence(attribute.whole).as_deref()
            && kind.content == EMAIL_ADDRESS
        {
            found.extend(text(value));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name of one common name.
    fn name(tag: u8, text: &[u8]) -> Vec<u8> {
        let kind = [0x06, 3, 0x55, 4, 3];
        let value = der::wrapped(tag, text);
        let attribute = der::wrapped(der::SEQUENCE, &[&kind[..], &value].concat());
        der::wrapped(der::SEQUENCE, &der::wrapped(der::SET, &attribute))
    }

    #[test]
    fn case_spaces_and_kind_of_string_make_no_difference() {
        let one = Distinguished::read(&name(0x0c, b"Some  CA ")).unwrap();
        let other = Distinguished::read(&name(0x13, b"some ca")).unwrap();
        let third = Distinguished::read(&name(0x0c, b"some cb")).unwrap();
        assert_eq!(one, other);
        assert_ne!(one, third);
    }

    #[test]
    fn every_name_is_within_the_empty_one_and_within_itself() {
        let empty = Distinguished::read(&[der::SEQUENCE, 0]).unwrap();
        let one = Distinguished::read(&name(0x0c, b"CA")).unwrap();
        assert!(one.is_within(&empty) && one.is_within(&one) && !empty.is_within(&one));
    }
}
