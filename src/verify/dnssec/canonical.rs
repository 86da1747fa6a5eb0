//! The canonical form of data whose type hickory does not know: names in it are in lower case (RFC 4034 §6.2, RFC 6840 §5.1).

use hickory_proto::rr::RecordType;

/// One part of a record's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Name,
    Bytes(usize),
}
use Part::{Bytes, Name};

/// The data in canonical form; what does not fit its type stays as it came.
pub(super) fn in_lower_case(kind: RecordType, data: &[u8]) -> Vec<u8> {
    lowered(parts(kind.into()), data).unwrap_or_else(|| data.to_vec())
}

/// What the data begins with, up to its last name (RFC 1035 §3.3, RFC 1183, RFC 2163, RFC 2230, RFC 6672).
fn parts(kind: u16) -> &'static [Part] {
    match kind {
        // MD, MF, MB, MG, MR, DNAME
        3 | 4 | 7 | 8 | 9 | 39 => &[Name],
        // MINFO, RP
        14 | 17 => &[Name, Name],
        // AFSDB, RT, KX
        18 | 21 | 36 => &[Bytes(2), Name],
        // PX
        26 => &[Bytes(2), Name, Name],
        _ => &[],
    }
}

fn lowered(parts: &[Part], data: &[u8]) -> Option<Vec<u8>> {
    let mut at = 0;
    let mut own = data.to_vec();
    for part in parts {
        let length = match part {
            Bytes(length) => *length,
            Name => name_length(data.get(at..)?)?,
        };
        let bytes = own.get_mut(at..at + length)?;
        if *part == Name {
            // The length of a label is no letter, for it is below 64.
            bytes.make_ascii_lowercase();
        }
        at += length;
    }
    Some(own)
}

/// The bytes of the name that data begins with; such names are not compressed (RFC 3597 §4).
fn name_length(data: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        match usize::from(*data.get(at)?) {
            0 => return Some(at + 1),
            length if length < 64 => at += length + 1,
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_are_changed() {
        let lower = |kind: u16, data: &[u8]| in_lower_case(RecordType::from(kind), data);
        assert_eq!(lower(39, b"\x03WwW\x00"), b"\x03www\x00");
        assert_eq!(lower(18, b"AB\x01C\x00"), b"AB\x01c\x00");
        assert_eq!(lower(17, b"\x01A\x00\x01B\x00"), b"\x01a\x00\x01b\x00");
        assert_eq!(lower(65_280, b"\x01A\x00"), b"\x01A\x00");
    }

    #[test]
    fn what_does_not_fit_stays_as_it_came() {
        for data in [b"\x05Ab".as_slice(), b"", b"\xc0\x0cAB"] {
            assert_eq!(in_lower_case(RecordType::from(39), data), data);
        }
    }
}
