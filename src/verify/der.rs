//! DER as far as certificates need it: one element after the other (X.690 §8.1), definite and minimal lengths only.

/// One element: tag, content, and both together as they stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Element<'a> {
    pub(super) tag: u8,
    pub(super) content: &'a [u8],
    pub(super) whole: &'a [u8],
}

/// Tags of universal types.
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const ENUMERATED: u8 = 0x0a;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// The first element, and what follows it. Tags above 30 are not used by certificates.
pub(super) fn element(bytes: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    if tag & 0x1f == 0x1f {
        return None;
    }
    let (length, rest) = length(rest)?;
    let (content, after) = rest.split_at_checked(length)?;
    let whole = bytes.get(..bytes.len() - after.len())?;
    Some((
        Element {
            tag,
            content,
            whole,
        },
        after,
    ))
}

fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    if first < 0x80 {
        return Some((usize::from(first), rest));
    }
    let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
    let minimal = digits.first().is_some_and(|digit| *digit > 0) && digits.len() <= 4;
    let length = digits
        .iter()
        .fold(0, |length, digit| length << 8 | usize::from(*digit));
    (minimal && length >= 0x80).then_some((length, rest))
}

/// The only element in `bytes`, when it has this tag.
pub(super) fn only(bytes: &[u8], tag: u8) -> Option<Element<'_>> {
    let (found, rest) = element(bytes)?;
    (rest.is_empty() && found.tag == tag).then_some(found)
}

/// All elements that follow each other in `bytes`; `None` when one cannot be read.
pub(super) fn elements(mut bytes: &[u8]) -> Option<Vec<Element<'_>>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let (next, rest) = element(bytes)?;
        found.push(next);
        bytes = rest;
    }
    Some(found)
}

/// The elements of the only SEQUENCE in `bytes`.
pub(super) fn sequence(bytes: &[u8]) -> Option<Vec<Element<'_>>> {
    elements(only(bytes, SEQUENCE)?.content)
}

/// Whether these are the bytes of a number, as few as can be (X.690 §8.3.2).
pub(super) fn is_number(content: &[u8]) -> bool {
    !matches!(content, [] | [0, 0..=0x7f, ..] | [0xff, 0x80..=0xff, ..])
}

/// The bytes of a BIT STRING without unused bits.
pub(super) fn bits<'a>(element: &Element<'a>) -> Option<&'a [u8]> {
    match element.content.split_first() {
        Some((0, bits)) if element.tag == BIT_STRING => Some(bits),
        _ => None,
    }
}

/// `content` as an element with this tag.
pub(super) fn wrapped(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let significant: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
    let mut der = vec![tag];
    match u8::try_from(content.len()) {
        Ok(short) if short < 0x80 => der.push(short),
        _ => {
            der.push(0x80 | u8::try_from(significant.len()).unwrap_or_default());
            der.extend(significant);
        }
    }
    der.extend(content);
    der
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrapped_is_read_again() {
        for size in [0, 1, 127, 128, 255, 256, 70_000] {
            let content = vec![7; size];
            let der = wrapped(SEQUENCE, &content);
            assert_eq!(only(&der, SEQUENCE).unwrap().content, content, "{size}");
        }
    }

    #[test]
    fn lengths_that_are_not_minimal_indefinite_or_too_long_are_refused() {
        for wrong in [
            &[0x30, 0x80, 0, 0][..],
            &[0x30, 0x81, 1, 0],
            &[0x30, 0x82, 0, 0x80],
            &[0x30, 5, 0],
            &[0x30],
            &[0x1f, 0x81, 1, 0],
        ] {
            assert!(element(wrong).is_none(), "{wrong:02x?}");
        }
    }

    #[test]
    fn elements_are_all_read_or_none() {
        assert_eq!(elements(&[2, 1, 5, 2, 1, 6]).unwrap().len(), 2);
        assert!(elements(&[2, 1, 5, 2, 9]).is_none());
    }
}
