//! Reads a server's first flight as it comes: records joined, messages split and packed, until it is told or cannot go on.

use tls_parser::{
    ECParametersContent, TlsExtension, TlsMessageHandshake, parse_dh_params, parse_ecdh_params,
    parse_tls_handshake_msg_certificate, parse_tls_handshake_server_hello,
    parse_tls_server_hello_extension,
};

use super::TLS12;
use crate::facts::group::{NamedGroup, SignatureScheme};
use crate::facts::suite::{CipherSuite, KeyExchange};
use crate::net::limits;

/// What has come so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::observe::tls) struct Flight {
    pub(in crate::observe::tls) hello: Option<ServerHello>,
    /// Certificates as sent, in DER.
    pub(in crate::observe::tls) chain: Vec<Vec<u8>>,
    pub(in crate::observe::tls) agreement: Option<Agreement>,
    pub(in crate::observe::tls) asks_certificate: bool,
    /// The alert that ended it, or the last warning.
    pub(in crate::observe::tls) alert: Option<u8>,
}

/// What the server chose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::observe::tls) struct ServerHello {
    pub(in crate::observe::tls) version: u16,
    pub(in crate::observe::tls) suite: CipherSuite,
    /// Of TLS 1.3; in older versions the group is in [`Agreement`].
    pub(in crate::observe::tls) group: Option<NamedGroup>,
    pub(in crate::observe::tls) alpn: Option<String>,
    pub(in crate::observe::tls) compression: u8,
    /// The numbers of the extensions that came.
    pub(in crate::observe::tls) extensions: Vec<u16>,
    /// A list of certificate timestamps, as it came.
    pub(in crate::observe::tls) timestamps: Option<Vec<u8>>,
}

/// The server's half of a fresh key agreement (ServerKeyExchange).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::observe::tls) struct Agreement {
    pub(in crate::observe::tls) group: Option<NamedGroup>,
    /// The size of the prime, of Diffie-Hellman without a curve.
    pub(in crate::observe::tls) dh_bits: Option<usize>,
    pub(in crate::observe::tls) scheme: Option<SignatureScheme>,
}

/// Why nothing more is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::observe::tls) enum End {
    /// All that was wanted has come.
    Told,
    /// A fatal alert.
    Alert,
    /// What came first is no TLS record.
    NotTls,
    /// A record or a message breaks its format, at this byte of the connection.
    Malformed(usize),
    /// More came than is read.
    TooMuch,
}

/// How far to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::observe::tls) enum Until {
    /// The ServerHello is enough.
    Hello,
    /// All that is in clear: to the ServerHelloDone of TLS 1.2 and below.
    Flight,
}

/// Takes bytes in as they come.
#[derive(Debug)]
pub(in crate::observe::tls) struct Reader {
    until: Until,
    /// Bytes of the connection that belong to no whole record yet.
    records: Vec<u8>,
    /// Bytes of handshake records that belong to no whole message yet.
    messages: Vec<u8>,
    alerts: Vec<u8>,
    /// How many bytes have come in all.
    read: usize,
    pub(in crate::observe::tls) flight: Flight,
}

/// The random of a HelloRetryRequest is the same everywhere (RFC 8446 §4.1.3); it needs no telling from a ServerHello here,
/// because both name suite and group. In a HelloRetryRequest the key share is the group alone.
const KEY_SHARE: u16 = 51;
const SUPPORTED_VERSIONS: u16 = 43;
const TIMESTAMPS: u16 = 18;
/// Types of records.
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
/// Types of messages.
const SERVER_HELLO: u8 = 2;
const CERTIFICATE: u8 = 11;
const SERVER_KEY_EXCHANGE: u8 = 12;
const CERTIFICATE_REQUEST: u8 = 13;
const SERVER_HELLO_DONE: u8 = 14;
/// The most that a record of TLS 1.2 may hold (RFC 5246 §6.2.3).
const RECORD_BYTES: usize = (1 << 14) + 2048;

impl Reader {
    pub(in crate::observe::tls) fn new(until: Until) -> Self {
        Self {
            until,
            records: Vec::new(),
            messages: Vec::new(),
            alerts: Vec::new(),
            read: 0,
            flight: Flight::default(),
        }
    }

    /// Takes in what came; says why nothing more is to be read, when that is so.
    pub(in crate::observe::tls) fn push(&mut self, bytes: &[u8]) -> Option<End> {
        self.read += bytes.len();
        self.records.extend(bytes);
        while let Some((kind, body)) = match self.record() {
            Ok(record) => record,
            Err(end) => return Some(end),
        } {
            let end = match kind {
                ALERT => self.alert(&body),
                HANDSHAKE => {
                    self.messages.extend(body);
                    self.handshake()
                }
                // ChangeCipherSpec and what is encrypted say nothing here.
                _ => None,
            };
            if end.is_some() {
                return end;
            }
        }
        (self.read > limits::FLIGHT_BYTES).then_some(End::TooMuch)
    }

    /// Takes the next whole record off what has come.
    fn record(&mut self) -> Result<Option<(u8, Vec<u8>)>, End> {
        let malformed = Err(End::Malformed(self.read - self.records.len()));
        match *self.records.as_slice() {
            [20..=24, 3, _, high, low, ..] => {
                let length = usize::from(u16::from_be_bytes([high, low]));
                if length > RECORD_BYTES {
                    return malformed;
                }
                if self.records.len() < 5 + length {
                    return Ok(None);
                }
                let rest = self.records.split_off(5 + length);
                let mut whole = std::mem::replace(&mut self.records, rest);
                let kind = whole.first().copied().unwrap_or_default();
                Ok(Some((kind, whole.split_off(5))))
            }
            [] | [20..=24] | [20..=24, 3, ..] => Ok(None),
            _ if self.read == self.records.len() => Err(End::NotTls),
            _ => malformed,
        }
    }

    /// A warning before the ServerHello (unrecognized_name above all) is no refusal.
    fn alert(&mut self, body: &[u8]) -> Option<End> {
        self.alerts.extend(body);
        while let [level, code, ..] = *self.alerts.as_slice() {
            self.alerts.drain(..2);
            self.flight.alert = Some(code);
            // close_notify is a warning by its level, and ends the connection all the same.
            if level != 1 || code == 0 {
                return Some(End::Alert);
            }
        }
        None
    }

    fn handshake(&mut self) -> Option<End> {
        loop {
            let [kind, a, b, c, ..] = *self.messages.as_slice() else {
                return None;
            };
            let length = usize::try_from(u32::from_be_bytes([0, a, b, c])).unwrap_or(usize::MAX);
            if length > limits::FLIGHT_BYTES {
                return Some(End::TooMuch);
            }
            if self.messages.len() < 4 + length {
                return None;
            }
            let rest = self.messages.split_off(4 + length);
            let message = std::mem::replace(&mut self.messages, rest);
            let body = message.get(4..).unwrap_or_default();
            if let Some(end) = self.message(kind, body) {
                return Some(end);
            }
        }
    }

    fn message(&mut self, kind: u8, body: &[u8]) -> Option<End> {
        // At the end of the record that ends the message, whatever has come after it.
        let malformed = Some(End::Malformed(self.read - self.records.len()));
        match (kind, &self.flight.hello) {
            (SERVER_HELLO, None) => match server_hello(body) {
                Some(hello) => {
                    let told = hello.version > TLS12 || self.until == Until::Hello;
                    self.flight.hello = Some(hello);
                    told.then_some(End::Told)
                }
                None => malformed,
            },
            (CERTIFICATE, Some(_)) => {
                self.flight.chain = chain(body);
                None
            }
            (SERVER_KEY_EXCHANGE, Some(hello)) => {
                self.flight.agreement = agreement(hello, body);
                None
            }
            (CERTIFICATE_REQUEST, Some(_)) => {
                self.flight.asks_certificate = true;
                None
            }
            (SERVER_HELLO_DONE, Some(_)) => Some(End::Told),
            // Messages that say nothing here, such as a stapled status.
            (_, Some(_)) => None,
            (_, None) => malformed,
        }
    }
}

fn server_hello(body: &[u8]) -> Option<ServerHello> {
    let (_, read) = parse_tls_handshake_server_hello(body).ok()?;
    let mut hello = ServerHello {
        version: read.version.0,
        suite: CipherSuite(read.cipher.0),
        group: None,
        alpn: None,
        compression: read.compression.0,
        extensions: Vec::new(),
        timestamps: None,
    };
    let mut rest = read.ext.unwrap_or_default();
    while let [a, b, c, d, after @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*c, *d]));
        let own = rest.get(..4 + length)?;
        note(u16::from_be_bytes([*a, *b]), own, &mut hello);
        rest = after.get(length..)?;
    }
    Some(hello)
}

/// Takes one extension in; what cannot be read of it is left out, and the others are not lost.
fn note(kind: u16, whole: &[u8], hello: &mut ServerHello) {
    hello.extensions.push(kind);
    match (kind, whole.get(4..)) {
        (SUPPORTED_VERSIONS, Some([a, b])) => hello.version = u16::from_be_bytes([*a, *b]),
        (TIMESTAMPS, Some(list)) => hello.timestamps = Some(list.to_vec()),
        (KEY_SHARE, Some([a, b, ..])) => {
            hello.group = Some(NamedGroup(u16::from_be_bytes([*a, *b])));
        }
        _ => {
            if let Ok((_, TlsExtension::ALPN(names))) = parse_tls_server_hello_extension(whole) {
                let name = names.first().map(|name| name.escape_ascii().to_string());
                hello.alpn = name;
            }
        }
    }
}

fn chain(body: &[u8]) -> Vec<Vec<u8>> {
    match parse_tls_handshake_msg_certificate(body) {
        Ok((_, TlsMessageHandshake::Certificate(list))) => {
            let sent = list.cert_chain.iter().take(limits::CERTIFICATES);
            sent.map(|certificate| certificate.data.to_vec()).collect()
        }
        _ => Vec::new(),
    }
}

/// The suite tells what kind of key agreement it is.
fn agreement(hello: &ServerHello, body: &[u8]) -> Option<Agreement> {
    let mut agreement = Agreement::default();
    let rest = match hello.suite.key_exchange() {
        KeyExchange::Ecdhe => {
            let (rest, read) = parse_ecdh_params(body).ok()?;
            if let ECParametersContent::NamedGroup(group) = read.curve_params.params_content {
                agreement.group = Some(NamedGroup(group.0));
            }
            rest
        }
        KeyExchange::Dhe => {
            let (rest, read) = parse_dh_params(body).ok()?;
            agreement.dh_bits = Some(bits(read.dh_p));
            rest
        }
        // RSA with an export key: the modulus stands where Diffie-Hellman has its prime.
        _ => return None,
    };
    // Older versions sign with MD5 and SHA-1 together, or with SHA-1, and do not say so.
    if let (TLS12, [a, b, ..]) = (hello.version, rest) {
        agreement.scheme = Some(SignatureScheme(u16::from_be_bytes([*a, *b])));
    }
    Some(agreement)
}

/// The length of a number without its leading zeros.
fn bits(number: &[u8]) -> usize {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let significant = number.get(zeros..).unwrap_or_default();
    let first = significant.first().map_or(0, |byte| byte.leading_zeros());
    (significant.len() * 8).saturating_sub(usize::try_from(first).unwrap_or_default())
}

/// What the first flight of a server tells, and why nothing more is read, when it comes in pieces of so many bytes: in words, for
/// those who compare.
#[must_use]
pub fn told_in_pieces(flight: &[u8], size: usize) -> String {
    let mut reader = Reader::new(Until::Flight);
    let end = flight
        .chunks(size.max(1))
        .find_map(|piece| reader.push(piece));
    format!("{:?} {end:?}", reader.flight)
}

#[cfg(test)]
mod tests {
    use super::super::{SSL3, TLS10, TLS13};
    use super::*;

    fn record(kind: u8, body: &[u8]) -> Vec<u8> {
        let mut record = vec![kind, 3, 3];
        record.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
        record.extend(body);
        record
    }

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let mut message = u32::try_from(body.len()).unwrap().to_be_bytes().to_vec();
        message[0] = kind;
        message.extend(body);
        message
    }

    #[test]
    fn what_breaks_off_does_so_at_the_same_place_however_it_comes() {
        let broken = record(HANDSHAKE, &message(SERVER_HELLO, &[3, 3, 7]));
        let flight = [broken, record(HANDSHAKE, &[0; 600])].concat();
        let whole = told_in_pieces(&flight, flight.len());
        assert!(whole.ends_with("Some(Malformed(12))"), "{whole}");
        for size in [0, 1, 7, 13] {
            assert_eq!(told_in_pieces(&flight, size), whole, "{size}");
        }
    }

    fn hello(version: u16, suite: u16, extensions: &[u8]) -> Vec<u8> {
        let mut body = version.to_be_bytes().to_vec();
        body.extend([1; 32]);
        body.push(0);
        body.extend(suite.to_be_bytes());
        body.push(0);
        if !extensions.is_empty() {
            body.extend(u16::try_from(extensions.len()).unwrap().to_be_bytes());
            body.extend(extensions);
        }
        message(SERVER_HELLO, &body)
    }

    /// A flight of TLS 1.2: hello, two certificates, a key agreement, the end.
    fn flight(suite: u16, agreement: &[u8]) -> Vec<u8> {
        let mut all = hello(TLS12, suite, &[0xff, 1, 0, 1, 0, 0, 23, 0, 0]);
        all.extend(message(
            CERTIFICATE,
            &[0, 0, 10, 0, 0, 2, 1, 2, 0, 0, 2, 3, 4],
        ));
        all.extend(message(SERVER_KEY_EXCHANGE, agreement));
        all.extend(message(CERTIFICATE_REQUEST, &[1, 1, 0, 0, 0, 0]));
        all.extend(message(SERVER_HELLO_DONE, &[]));
        all
    }

    /// Every split of the bytes must read the same.
    fn read(bytes: &[u8], until: Until) -> (Option<End>, Flight) {
        let at_once = {
            let mut reader = Reader::new(until);
            (reader.push(bytes), reader.flight)
        };
        let mut reader = Reader::new(until);
        let end = bytes.chunks(1).find_map(|byte| reader.push(byte));
        assert_eq!((&end, &reader.flight.hello), (&at_once.0, &at_once.1.hello));
        at_once
    }

    const CURVE: [u8; 10] = [3, 0, 0x1d, 2, 9, 9, 8, 4, 0, 0];

    #[test]
    fn a_flight_shows_suite_chain_curve_and_signature_however_it_is_packed() {
        let whole = flight(0xc02f, &CURVE);
        let packed = record(HANDSHAKE, &whole);
        let split: Vec<u8> = whole
            .chunks(7)
            .flat_map(|part| record(HANDSHAKE, part))
            .collect();
        for bytes in [packed, split] {
            let (end, flight) = read(&bytes, Until::Flight);
            assert_eq!(end, Some(End::Told));
            assert_eq!(flight.chain, [vec![1, 2], vec![3, 4]]);
            let agreement = flight.agreement.unwrap();
            assert_eq!(agreement.group, Some(NamedGroup::X25519));
            assert_eq!(agreement.scheme, Some(SignatureScheme(0x0804)));
            assert!(flight.asks_certificate);
            assert_eq!(flight.hello.unwrap().extensions, [0xff01, 23]);
        }
    }

    #[test]
    fn the_size_of_a_prime_does_not_count_its_leading_zeros() {
        let mut agreement = vec![0, 129, 0];
        agreement.extend([0x7f; 128]);
        agreement.extend([0, 1, 2, 0, 1, 5, 4, 1, 0, 0]);
        let (_, flight) = read(
            &record(HANDSHAKE, &flight(0x0033, &agreement)),
            Until::Flight,
        );
        assert_eq!(flight.agreement.unwrap().dh_bits, Some(1023));
        assert_eq!((bits(&[0, 0]), bits(&[1, 0]), bits(&[0x80])), (0, 9, 8));
    }

    #[test]
    fn a_retry_of_tls13_names_version_suite_and_group() {
        let extensions = [0, 43, 0, 2, 3, 4, 0, 51, 0, 2, 0x11, 0xec];
        let (end, flight) = read(
            &record(HANDSHAKE, &hello(TLS12, 0x1301, &extensions)),
            Until::Flight,
        );
        let hello = flight.hello.unwrap();
        assert_eq!((end, hello.version), (Some(End::Told), TLS13));
        assert_eq!(hello.suite.name(), "TLS_AES_128_GCM_SHA256");
        assert_eq!(hello.group, Some(NamedGroup::X25519MLKEM768));
    }

    #[test]
    fn old_versions_are_read_without_extensions_and_without_signature_scheme() {
        let (end, flight) = read(&record(HANDSHAKE, &hello(SSL3, 0x000a, &[])), Until::Hello);
        assert_eq!(
            (end, flight.hello.unwrap().version),
            (Some(End::Told), SSL3)
        );
        let mut old = hello(TLS10, 0xc013, &[]);
        old.extend(message(SERVER_KEY_EXCHANGE, &CURVE));
        let (end, flight) = read(&record(HANDSHAKE, &old), Until::Flight);
        assert_eq!((end, flight.agreement.unwrap().scheme), (None, None));
    }

    #[test]
    fn a_warning_before_the_hello_is_no_refusal_and_a_fatal_alert_is() {
        let mut bytes = record(ALERT, &[1, 112]);
        bytes.extend(record(HANDSHAKE, &hello(TLS12, 0xc02f, &[])));
        let (end, flight) = read(&bytes, Until::Hello);
        assert_eq!((end, flight.alert), (Some(End::Told), Some(112)));
        let (end, flight) = read(&record(ALERT, &[2, 70]), Until::Hello);
        assert_eq!((end, flight.alert), (Some(End::Alert), Some(70)));
        assert_eq!(
            read(&record(ALERT, &[1, 0]), Until::Hello).0,
            Some(End::Alert)
        );
    }

    #[test]
    fn words_and_broken_records_and_endless_messages_end_the_reading() {
        assert_eq!(
            read(b"HTTP/1.1 400 Bad Request", Until::Hello).0,
            Some(End::NotTls)
        );
        assert_eq!(read(b"SSH-2.0-x", Until::Hello).0, Some(End::NotTls));
        assert_eq!(
            read(&[22, 3, 3, 0xff, 0xff], Until::Hello).0,
            Some(End::Malformed(0))
        );
        let mut after = record(HANDSHAKE, &[]);
        after.extend(b"what is this");
        assert_eq!(read(&after, Until::Hello).0, Some(End::Malformed(5)));
        let endless = record(HANDSHAKE, &[11, 0xff, 0xff, 0xff]);
        assert_eq!(read(&endless, Until::Flight).0, Some(End::TooMuch));
        let mut reader = Reader::new(Until::Flight);
        let empty = record(HANDSHAKE, &[]);
        let ends = (0..limits::FLIGHT_BYTES).find_map(|_| reader.push(&empty));
        assert_eq!(ends, Some(End::TooMuch));
    }

    #[test]
    fn no_corruption_of_a_flight_panics() {
        let whole = record(
            HANDSHAKE,
            &flight(0x0033, &[0, 1, 5, 0, 1, 2, 0, 1, 3, 4, 1, 0, 0]),
        );
        for at in 0..whole.len() {
            for value in [0, 1, 0x7f, 0xff] {
                let mut broken = whole.clone();
                broken[at] = value;
                Reader::new(Until::Flight).push(&broken);
                Reader::new(Until::Flight).push(&broken[..at]);
            }
        }
    }
}
