//! Servers that misbehave byte by byte: what they send, and how slowly.

use std::fmt;
use std::time::Duration;

use hickory_proto::op::Message;

/// Over what a question came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// Each piece is a datagram.
    Udp,
    /// Pieces are written as they are, lengths included.
    Tcp,
}

/// What is sent in place of a response.
#[derive(Clone, Debug, Default)]
pub struct Forged {
    /// One after the other.
    pub pieces: Vec<Vec<u8>>,
    /// The wait before each.
    pub pause: Duration,
}

impl Forged {
    /// A message as its carrier takes it.
    #[must_use]
    pub fn whole(bytes: Vec<u8>, carrier: Carrier) -> Self {
        let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
        let framed = match carrier {
            Carrier::Udp => bytes,
            Carrier::Tcp => [&length.to_be_bytes()[..], &bytes].concat(),
        };
        Self {
            pieces: vec![framed],
            pause: Duration::ZERO,
        }
    }
}

/// Makes of a question, and of the response that it should get, what is sent.
#[derive(Clone, Copy)]
pub struct Forge(pub fn(&Message, Message, Carrier) -> Forged);

impl fmt::Debug for Forge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Forge")
    }
}

/// Two forgeries are the same when somebody says so: functions have no identity.
impl PartialEq for Forge {
    fn eq(&self, _: &Self) -> bool {
        false
    }
}

impl Eq for Forge {}
