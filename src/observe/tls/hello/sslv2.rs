//! The hellos of SSLv2 (its specification, §2.5 to 2.7), which have a record format of their own.

use crate::facts::suite::Sslv2Cipher;

/// The version's number on the wire.
pub(in crate::observe::tls) const VERSION: u16 = 0x0002;
const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 4;

/// A hello that offers every kind of cipher.
pub(in crate::observe::tls) fn client_hello(challenge: [u8; 16]) -> Vec<u8> {
    let kinds: Vec<u8> = Sslv2Cipher::all()
        .flat_map(|kind| kind.0.to_be_bytes().into_iter().skip(1))
        .collect();
    let mut message = vec![CLIENT_HELLO];
    for number in [usize::from(VERSION), kinds.len(), 0, challenge.len()] {
        message.extend(u16::try_from(number).unwrap_or_default().to_be_bytes());
    }
    message.extend(kinds);
    message.extend(challenge);
    // The highest bit says that the header has two bytes and no padding follows.
    let length = u16::try_from(message.len()).unwrap_or_default() | 0x8000;
    let mut record = length.to_be_bytes().to_vec();
    record.extend(message);
    record
}

/// What a server of SSLv2 says: its certificate, and every kind of cipher that both sides know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::observe::tls) struct ServerHello {
    pub(in crate::observe::tls) certificate: Vec<u8>,
    pub(in crate::observe::tls) kinds: Vec<Sslv2Cipher>,
}

/// Reads a ServerHello: `Ok(None)` as long as bytes are missing, `Err` when it is none.
pub(in crate::observe::tls) fn read(bytes: &[u8]) -> Result<Option<ServerHello>, ()> {
    let [high, low, rest @ ..] = bytes else {
        return Ok(None);
    };
    if high & 0x80 == 0 {
        return Err(());
    }
    let length = usize::from(u16::from_be_bytes([high & 0x7f, *low]));
    match rest.get(..length) {
        Some(message) => server_hello(message).map(Some).ok_or(()),
        None if rest.first().is_some_and(|kind| *kind != SERVER_HELLO) => Err(()),
        None => Ok(None),
    }
}

fn server_hello(message: &[u8]) -> Option<ServerHello> {
    let [SERVER_HELLO, _, _, 0, 2, lengths @ ..] = message else {
        return None;
    };
    let [c, c2, k, k2, _, _, rest @ ..] = lengths else {
        return None;
    };
    let (certificate, rest) = rest.split_at_checked(u16::from_be_bytes([*c, *c2]).into())?;
    let kinds = rest.get(..u16::from_be_bytes([*k, *k2]).into())?;
    let kinds = kinds.chunks_exact(3).filter_map(|kind| match kind {
        [a, b, c] => Some(Sslv2Cipher(u32::from_be_bytes([0, *a, *b, *c]))),
        _ => None,
    });
    Some(ServerHello {
        certificate: certificate.to_vec(),
        kinds: kinds.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ServerHello with a certificate of two bytes and these kinds.
    fn answer(kinds: &[u8]) -> Vec<u8> {
        let mut message = vec![
            4,
            0,
            1,
            0,
            2,
            0,
            2,
            0,
            u8::try_from(kinds.len()).unwrap(),
            0,
            1,
            0xaa,
            0xbb,
        ];
        message.extend(kinds);
        message.push(0xcc);
        let mut record = vec![0x80, u8::try_from(message.len()).unwrap()];
        record.extend(message);
        record
    }

    #[test]
    fn a_hello_offers_seven_kinds_and_a_challenge() {
        let record = client_hello([5; 16]);
        assert_eq!(record[..11], [0x80, 46, 1, 0, 2, 0, 21, 0, 0, 0, 16]);
        assert_eq!(record.len(), 2 + 46);
    }

    #[test]
    fn an_answer_lists_certificate_and_kinds_however_it_is_split() {
        let bytes = answer(&[1, 0, 0x80, 7, 0, 0xc0]);
        for end in 0..bytes.len() {
            assert_eq!(read(&bytes[..end]), Ok(None), "{end}");
        }
        let read = read(&bytes).unwrap().unwrap();
        assert_eq!(read.certificate, [0xaa, 0xbb]);
        assert_eq!(read.kinds, [Sslv2Cipher(0x01_0080), Sslv2Cipher(0x07_00c0)]);
    }

    #[test]
    fn an_alert_an_error_and_words_are_no_answer() {
        assert_eq!(read(&[21, 3, 1, 0, 2, 2, 40]), Err(()));
        assert_eq!(read(&[0x80, 3, 0, 0, 1]), Err(()));
        assert_eq!(read(b"HTTP/1.1 400"), Err(()));
        let mut short = answer(&[1, 0, 0x80]);
        short[8] = 200;
        assert_eq!(read(&short), Err(()));
    }
}
