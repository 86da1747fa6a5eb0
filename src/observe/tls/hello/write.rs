//! Writes a ClientHello (RFC 8446 §4.1.2, RFC 5246 §7.4.1.2, RFC 6101 §5.6.1.2) with the peculiarities that old servers need.

use super::{SSL3, TLS10, TLS12, TLS13};
use crate::facts::group::{NamedGroup, SignatureScheme};
use crate::facts::suite::CipherSuite;

/// What one hello offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::observe::tls) struct ClientHello {
    /// Versions from the highest down. They are said one by one with TLS 1.3; without it the first is said, as the maximum, and
    /// the others are those that an answer may have.
    pub(in crate::observe::tls) versions: Vec<u16>,
    pub(in crate::observe::tls) suites: Vec<CipherSuite>,
    pub(in crate::observe::tls) groups: Vec<NamedGroup>,
    pub(in crate::observe::tls) schemes: Vec<SignatureScheme>,
    /// `None` leaves SNI out.
    pub(in crate::observe::tls) server_name: Option<String>,
    pub(in crate::observe::tls) alpn: Vec<String>,
    /// Whether DEFLATE is offered beside no compression.
    pub(in crate::observe::tls) compression: bool,
    /// Whether values are strewn in that a server must ignore (RFC 8701).
    pub(in crate::observe::tls) grease: bool,
    /// How long the handshake message shall be at least.
    pub(in crate::observe::tls) length: usize,
}

/// What must not be guessed by anybody: the client's random and its session id.
#[derive(Clone, Copy, Debug)]
pub(in crate::observe::tls) struct Nonces {
    pub(in crate::observe::tls) random: [u8; 32],
    pub(in crate::observe::tls) session: [u8; 32],
}

/// The signalling value for secure renegotiation (RFC 5746 §3.3), which every version can carry.
const RENEGOTIATION_SCSV: u16 = 0x00ff;
/// Values that a server must ignore (RFC 8701 §2), one for each place.
const GREASE: [u16; 4] = [0x0a0a, 0x1a1a, 0x2a2a, 0x3a3a];
/// Extensions by their registered numbers.
mod extension {
    pub(super) const SERVER_NAME: u16 = 0;
    pub(super) const GROUPS: u16 = 10;
    pub(super) const POINT_FORMATS: u16 = 11;
    pub(super) const SIGNATURE_ALGORITHMS: u16 = 13;
    pub(super) const ALPN: u16 = 16;
    pub(super) const TIMESTAMPS: u16 = 18;
    pub(super) const PADDING: u16 = 21;
    pub(super) const EXTENDED_MASTER_SECRET: u16 = 23;
    pub(super) const SUPPORTED_VERSIONS: u16 = 43;
    pub(super) const PSK_MODES: u16 = 45;
    pub(super) const KEY_SHARE: u16 = 51;
}

impl ClientHello {
    fn highest(&self) -> u16 {
        self.versions.first().copied().unwrap_or(TLS12)
    }

    fn has_tls13(&self) -> bool {
        self.versions.contains(&TLS13)
    }

    /// The record that carries the hello.
    pub(in crate::observe::tls) fn record(&self, nonces: &Nonces) -> Vec<u8> {
        let message = self.message(nonces);
        // Many servers of TLS 1.0 and above expect the oldest TLS version on the first record (RFC 8446 §5.1).
        let version = if self.highest() == SSL3 { SSL3 } else { TLS10 };
        let mut record = vec![22];
        put16(&mut record, version.into());
        put16(&mut record, message.len());
        record.extend(message);
        record
    }

    fn message(&self, nonces: &Nonces) -> Vec<u8> {
        let mut body = Vec::new();
        put16(&mut body, usize::from(self.highest().min(TLS12)));
        body.extend(nonces.random);
        if self.has_tls13() {
            // As in the middlebox compatibility mode (RFC 8446 §D.4).
            put8(&mut body, &nonces.session);
        } else {
            body.push(0);
        }
        put_vector(&mut body, &self.suites_sent());
        let methods: &[u8] = if self.compression { &[1, 0] } else { &[0] };
        put8(&mut body, methods);
        if self.highest() > SSL3 {
            // Four bytes of header come before the body, two of length before the extensions.
            let before = body.len() + 4 + 2;
            put_vector(&mut body, &self.extensions(before));
        }
        let mut message = vec![1, 0];
        put_vector(&mut message, &body);
        message
    }

    fn suites_sent(&self) -> Vec<u8> {
        let [grease, ..] = GREASE;
        let grease = self.grease.then_some(grease);
        let scsv = (!self.has_tls13() || self.versions.len() > 1).then_some(RENEGOTIATION_SCSV);
        let own = self.suites.iter().map(|suite| suite.0);
        numbers(grease.into_iter().chain(own).chain(scsv))
    }

    /// Those that are empty come first: some servers fail when the last extension is.
    fn extensions(&self, before: usize) -> Vec<u8> {
        let mut all = Vec::new();
        if self.grease {
            put_extension(&mut all, GREASE[1], &[]);
        }
        if self.versions.iter().any(|version| *version < TLS13) {
            put_extension(&mut all, extension::EXTENDED_MASTER_SECRET, &[]);
        }
        // In TLS 1.3 the answer is encrypted, and in older versions nobody has it.
        if self.versions == [TLS12] {
            put_extension(&mut all, extension::TIMESTAMPS, &[]);
        }
        if let Some(name) = &self.server_name {
            put_extension(&mut all, extension::SERVER_NAME, &server_name(name));
        }
        if !self.alpn.is_empty() {
            put_extension(&mut all, extension::ALPN, &protocols(&self.alpn));
        }
        if self.has_tls13() {
            self.put_tls13(&mut all);
        }
        // Older versions have no signature algorithms to choose from (RFC 5246 §7.4.1.4.1).
        if self.highest() >= TLS12 {
            let schemes = self.schemes.iter().map(|scheme| scheme.0);
            put_extension(
                &mut all,
                extension::SIGNATURE_ALGORITHMS,
                &vector(&numbers(schemes)),
            );
        }
        put_extension(&mut all, extension::POINT_FORMATS, &[1, 0]);
        let grease = self.grease.then_some(GREASE[2]);
        let groups = grease
            .into_iter()
            .chain(self.groups.iter().map(|group| group.0));
        put_extension(&mut all, extension::GROUPS, &vector(&numbers(groups)));
        if let Some(padding) = self.padding(before + all.len()) {
            put_extension(&mut all, extension::PADDING, &vec![0; padding]);
        }
        all
    }

    /// Without a share for any group the server asks for one (HelloRetryRequest), which names suite and group at no cost.
    fn put_tls13(&self, all: &mut Vec<u8>) {
        let grease = self.grease.then_some(GREASE[3]);
        let versions = numbers(grease.into_iter().chain(self.versions.iter().copied()));
        let mut body = Vec::new();
        put8(&mut body, &versions);
        put_extension(all, extension::SUPPORTED_VERSIONS, &body);
        put_extension(all, extension::PSK_MODES, &[1, 1]);
        put_extension(all, extension::KEY_SHARE, &[0, 0]);
    }

    /// How many bytes of padding a message of `length` bytes needs (RFC 7685), the extension's header not counted.
    ///
    /// Some servers take a hello of 256 to 511 bytes for one of SSLv2, others fail when its length leaves 10 or 14 of 256.
    fn padding(&self, length: usize) -> Option<usize> {
        let wanted = match length {
            256..=511 => self.length.max(512),
            _ if matches!(length % 256, 10 | 14) => self.length.max(length + 5),
            _ => self.length,
        };
        // At least one byte, as the last extension must not be empty.
        (wanted > length).then(|| (wanted - length).saturating_sub(4).max(1))
    }
}

fn server_name(name: &str) -> Vec<u8> {
    let mut entry = vec![0];
    put_vector(&mut entry, name.as_bytes());
    vector(&entry)
}

fn protocols(names: &[String]) -> Vec<u8> {
    let mut list = Vec::new();
    for name in names {
        put8(&mut list, name.as_bytes());
    }
    vector(&list)
}

fn put_extension(all: &mut Vec<u8>, kind: u16, body: &[u8]) {
    all.extend(kind.to_be_bytes());
    put_vector(all, body);
}

fn numbers(of: impl Iterator<Item = u16>) -> Vec<u8> {
    of.flat_map(u16::to_be_bytes).collect()
}

/// The bytes with their length in two bytes before them.
fn vector(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put_vector(&mut out, bytes);
    out
}

fn put_vector(out: &mut Vec<u8>, bytes: &[u8]) {
    put16(out, bytes.len());
    out.extend(bytes);
}

fn put8(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(u8::try_from(bytes.len()).unwrap_or(u8::MAX));
    out.extend(bytes);
}

/// Nothing that is offered comes near the bound of two bytes.
fn put16(out: &mut Vec<u8>, number: usize) {
    out.extend(u16::try_from(number).unwrap_or(u16::MAX).to_be_bytes());
}

#[cfg(test)]
mod tests {
    use tls_parser::{TlsExtension, TlsMessage, TlsMessageHandshake, parse_tls_plaintext};

    use super::*;

    const NONCES: Nonces = Nonces {
        random: [7; 32],
        session: [9; 32],
    };

    fn hello(versions: &[u16], suites: usize) -> ClientHello {
        ClientHello {
            versions: versions.to_vec(),
            suites: CipherSuite::all().take(suites).collect(),
            groups: vec![NamedGroup::X25519, NamedGroup(0x17)],
            schemes: SignatureScheme::all().collect(),
            server_name: Some("shop.example".to_owned()),
            alpn: vec!["h2".to_owned()],
            compression: false,
            grease: false,
            length: 0,
        }
    }

    /// The numbers of the extensions in their order, and the length of the last one's body.
    fn extensions(record: &[u8]) -> (Vec<u16>, usize) {
        let (rest, record) = parse_tls_plaintext(record).unwrap();
        assert!(rest.is_empty());
        let [TlsMessage::Handshake(TlsMessageHandshake::ClientHello(hello))] =
            record.msg.as_slice()
        else {
            panic!("{record:?}");
        };
        let mut bytes = hello.ext.unwrap_or_default();
        let (mut kinds, mut last) = (Vec::new(), 0);
        while let [kind, kind2, length, length2, rest @ ..] = bytes {
            kinds.push(u16::from_be_bytes([*kind, *kind2]));
            last = usize::from(u16::from_be_bytes([*length, *length2]));
            bytes = &rest[last..];
        }
        (kinds, last)
    }

    #[test]
    fn each_version_has_its_record_version_and_its_extensions() {
        let record = hello(&[SSL3], 10).record(&NONCES);
        assert_eq!(record[..3], [22, 3, 0]);
        assert_eq!(extensions(&record), (vec![], 0));
        let record = hello(&[TLS10], 10).record(&NONCES);
        assert_eq!(
            (&record[..3], &record[9..11]),
            (&[22, 3, 1][..], &[3, 1][..])
        );
        assert_eq!(extensions(&record).0, [23, 0, 16, 11, 10]);
        let record = hello(&[TLS13], 10).record(&NONCES);
        assert_eq!(
            (&record[..3], &record[9..11]),
            (&[22, 3, 1][..], &[3, 3][..])
        );
        assert_eq!(extensions(&record).0, [0, 16, 43, 45, 51, 13, 11, 10]);
    }

    #[test]
    fn a_hello_of_tls13_has_a_session_id_and_an_empty_key_share() {
        let record = hello(&[TLS13], 4).record(&NONCES);
        let (_, record) = parse_tls_plaintext(&record).unwrap();
        let [TlsMessage::Handshake(TlsMessageHandshake::ClientHello(hello))] =
            record.msg.as_slice()
        else {
            panic!("{record:?}");
        };
        assert_eq!(hello.session_id, Some(&NONCES.session[..]));
        let (_, read) = tls_parser::parse_tls_client_hello_extensions(hello.ext.unwrap()).unwrap();
        assert!(read.contains(&TlsExtension::KeyShare(&[0, 0])), "{read:?}");
        assert!(
            read.iter().any(
                |one| matches!(one, TlsExtension::SNI(names) if names[0].1 == b"shop.example")
            )
        );
    }

    #[test]
    fn no_length_is_one_that_servers_stumble_over_and_the_last_extension_is_never_empty() {
        for suites in 1..350 {
            let record = hello(&[TLS12], suites).record(&NONCES);
            let length = record.len() - 5;
            assert!(
                !(256..512).contains(&length) && ![10, 14].contains(&(length % 256)),
                "{length}"
            );
            assert!(extensions(&record).1 > 0);
        }
    }

    #[test]
    fn a_hello_with_64_suites_stays_within_512_bytes_and_a_large_one_is_as_large_as_asked() {
        assert!(hello(&[TLS12], 64).record(&NONCES).len() <= 512 + 5);
        let large = ClientHello {
            length: 2_000,
            ..hello(&[TLS12], 64)
        };
        assert_eq!(large.record(&NONCES).len(), 2_000 + 5);
    }

    #[test]
    fn grease_stands_among_suites_groups_versions_and_extensions() {
        let greased = ClientHello {
            grease: true,
            ..hello(&[TLS13, TLS12], 4)
        };
        let record = greased.record(&NONCES);
        for value in GREASE {
            assert!(
                record.windows(2).any(|pair| pair == value.to_be_bytes()),
                "{value:04x}"
            );
        }
        assert_eq!(extensions(&record).0[0], GREASE[1]);
    }

    #[test]
    fn compression_is_offered_only_when_asked() {
        let methods = |compression| {
            let record = ClientHello {
                compression,
                ..hello(&[TLS12], 1)
            }
            .record(&NONCES);
            let (_, record) = parse_tls_plaintext(&record).unwrap();
            match record.msg.as_slice() {
                [TlsMessage::Handshake(TlsMessageHandshake::ClientHello(hello))] => {
                    hello.comp.iter().map(|method| method.0).collect::<Vec<_>>()
                }
                other => panic!("{other:?}"),
            }
        };
        assert_eq!((methods(true), methods(false)), (vec![1, 0], vec![0]));
    }
}
