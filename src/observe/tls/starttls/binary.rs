//! The protocols whose words are numbers.

use tokio::io::{AsyncRead, AsyncWrite};

use super::{Talk, not_offered, refused};
use crate::facts::attempt::Failure;

/// An LDAP message: number 1, an extended request with the object identifier of StartTLS (RFC 4511 §4.14.1).
const LDAP_REQUEST: &[u8] = b"0\x1d\x02\x01\x01w\x18\x80\x161.3.6.1.4.1.1466.20037";

pub(super) async fn ldap<S: AsyncRead + AsyncWrite + Unpin>(
    talk: &mut Talk<'_, S>,
) -> Result<(), Failure> {
    talk.send(LDAP_REQUEST).await?;
    let header = talk.exactly(2).await?;
    let [0x30, length] = *header.as_slice() else {
        return Err(refused(&header));
    };
    // A long form of the length has so many bytes more (X.690 §8.1.3).
    let length = match length {
        short @ ..0x80 => usize::from(short),
        long => {
            let bytes = talk.exactly(usize::from(long & 0x7f).min(4)).await?;
            bytes
                .iter()
                .fold(0, |sum, byte| sum << 8 | usize::from(*byte))
        }
    };
    let body = talk.exactly(length.min(4096)).await?;
    // The result is the first element of the response, an enumeration of one byte.
    let result = body.windows(3).find_map(|part| match part {
        [0x0a, 1, result] => Some(*result),
        _ => None,
    });
    match result {
        Some(0) => Ok(()),
        _ => Err(refused(&body)),
    }
}

/// The SSLRequest of PostgreSQL: its length, and a number that no version has.
pub(super) async fn postgres<S: AsyncRead + AsyncWrite + Unpin>(
    talk: &mut Talk<'_, S>,
) -> Result<(), Failure> {
    talk.send(&[0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]).await?;
    let answer = talk.exactly(1).await?;
    match answer.as_slice() {
        b"S" => Ok(()),
        b"N" => Err(not_offered("N")),
        _ => Err(refused(&answer)),
    }
}

/// Capabilities of the MySQL protocol: protocol 4.1, TLS, secure connection.
const MYSQL_SSL: u16 = 0x0800;
const MYSQL_CAPABILITIES: u32 = 0x0000_8a00;

/// The server greets; the client answers with the first part of its own greeting, which asks for TLS.
pub(super) async fn mysql<S: AsyncRead + AsyncWrite + Unpin>(
    talk: &mut Talk<'_, S>,
) -> Result<(), Failure> {
    let header = talk.exactly(4).await?;
    let length = match *header.as_slice() {
        [a, b, 0, _] => usize::from(u16::from_le_bytes([a, b])),
        _ => return Err(refused(&header)),
    };
    let greeting = talk.exactly(length.min(4096)).await?;
    match capabilities(&greeting) {
        Some(flags) if flags & MYSQL_SSL == 0 => {
            return Err(not_offered("a greeting without CLIENT_SSL"));
        }
        Some(_) => {}
        None => return Err(refused(&greeting)),
    }
    let mut request = vec![32, 0, 0, 1];
    request.extend(MYSQL_CAPABILITIES.to_le_bytes());
    // The largest packet, the character set (utf8mb4) and 23 bytes of nothing.
    request.extend((1u32 << 24).to_le_bytes());
    request.push(45);
    request.extend([0; 23]);
    talk.send(&request).await
}

/// The lower capability flags of a greeting of protocol 10: version, thread, eight bytes of nonce and a zero come before.
fn capabilities(greeting: &[u8]) -> Option<u16> {
    let [10, rest @ ..] = greeting else {
        return None;
    };
    let version = rest.iter().position(|byte| *byte == 0)?;
    match rest.get(version + 1 + 4 + 8 + 1..)? {
        [a, b, ..] => Some(u16::from_le_bytes([*a, *b])),
        _ => None,
    }
}
