//! Peers on loopback that answer a connection as a test says: what no well-kept server would do.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use assert_cmd::Command;
use serde_json::Value;

/// A peer that runs until the process ends.
pub(crate) struct Peer {
    pub(crate) port: u16,
    accepted: Arc<AtomicUsize>,
}

impl Peer {
    /// Gives each connection, with its number from 0, to `answer` on a thread of its own.
    pub(crate) fn start(answer: impl Fn(usize, TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let accepted = Arc::new(AtomicUsize::new(0));
        let (answer, count) = (Arc::new(answer), Arc::clone(&accepted));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (answer, number) = (Arc::clone(&answer), count.fetch_add(1, Ordering::SeqCst));
                std::thread::spawn(move || answer(number, stream));
            }
        });
        Self { port, accepted }
    }

    /// Says the same to every hello, and closes.
    pub(crate) fn saying(bytes: Vec<u8>) -> Self {
        Self::start(move |_, mut stream| {
            hello(&mut stream);
            let _ = stream.write_all(&bytes);
            let _ = stream.shutdown(Shutdown::Write);
            drain(stream);
        })
    }

    /// How many connections came.
    pub(crate) fn connections(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    /// The report of `tlscheck` on it; and the exit code.
    pub(crate) fn report(&self, options: &[&str]) -> (Value, i32) {
        let target = format!("shop.example:{}", self.port);
        let output = Command::cargo_bin("doorstep")
            .unwrap()
            .env_clear()
            .args([
                "tlscheck",
                &target,
                "--address",
                "127.0.0.1",
                "--json",
                "--no-config",
            ])
            .args(["--timeout", "20s"])
            .args(options)
            .timeout(Duration::from_secs(60))
            .output()
            .unwrap();
        let report = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
        (report, output.status.code().unwrap())
    }
}

/// The first record of a client; empty when there is none.
pub(crate) fn hello(stream: &mut TcpStream) -> Vec<u8> {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
    let mut bytes = vec![0; 5];
    if stream.read_exact(&mut bytes).is_err() {
        return Vec::new();
    }
    let length = match bytes.as_slice() {
        [22, 3, _, high, low] => usize::from(u16::from_be_bytes([*high, *low])),
        // A hello of SSLv2 has a length of two bytes, of which three bytes of the message were read.
        [_, low, ..] => usize::from(*low).saturating_sub(3),
        _ => 0,
    };
    let mut rest = vec![0; length];
    let _ = stream.read_exact(&mut rest);
    bytes.extend(rest);
    bytes
}

/// Reads what still comes, so that closing sends no reset.
pub(crate) fn drain(mut stream: TcpStream) {
    let _ = stream.set_read_timeout(Some(Duration::from_millis(300)));
    let mut buffer = [0; 4096];
    while matches!(stream.read(&mut buffer), Ok(length) if length > 0) {}
}

/// Ends a connection with a reset: what came is left unread.
pub(crate) fn reset(stream: &TcpStream) {
    let mut byte = [0];
    let _ = stream.peek(&mut byte);
}

/// A record of TLS.
pub(crate) fn record(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut record = vec![kind, 3, 1];
    record.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
    record.extend(body);
    record
}

/// A handshake message.
pub(crate) fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut message = u32::try_from(body.len()).unwrap().to_be_bytes().to_vec();
    message[0] = kind;
    message.extend(body);
    message
}

/// A ServerHello without extensions.
pub(crate) fn server_hello(version: u16, suite: u16) -> Vec<u8> {
    let mut body = version.to_be_bytes().to_vec();
    body.extend([7; 32]);
    body.push(0);
    body.extend(suite.to_be_bytes());
    body.push(0);
    message(2, &body)
}

/// The message with a chain of one certificate.
pub(crate) fn certificate(der: &[u8]) -> Vec<u8> {
    let length = |bytes: usize| u32::try_from(bytes).unwrap().to_be_bytes()[1..].to_vec();
    let body = [length(der.len() + 3), length(der.len()), der.to_vec()].concat();
    message(11, &body)
}

/// Name and key of a server of TLS 1.2 and 1.3 by rustls, which shows a certificate for `shop.example`.
pub(crate) fn modern(alpn: &[&str]) -> Arc<rustls::ServerConfig> {
    speaking(rustls::DEFAULT_VERSIONS, alpn)
}

/// The same that speaks TLS 1.3 alone.
pub(crate) fn newest() -> Arc<rustls::ServerConfig> {
    speaking(&[&rustls::version::TLS13], &["h2"])
}

/// A server with a key of each type and an order of its own.
pub(crate) fn of_two_keys() -> Arc<rustls::ServerConfig> {
    use doorstep::demo::site::Identity;
    let identity = |algorithm| {
        let key = rcgen::KeyPair::generate_for(algorithm).unwrap();
        let params = rcgen::CertificateParams::new(["shop.example".to_owned()]).unwrap();
        let chain = vec![params.self_signed(&key).unwrap().der().clone()];
        let key = rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        Identity::new(chain, &key).unwrap()
    };
    let ecdsa = identity(&rcgen::PKCS_ECDSA_P256_SHA256);
    let mut config = Arc::unwrap_or_clone(modern(&["h2"]));
    config.cert_resolver = Arc::new(ecdsa.or_for_older(identity(&rcgen::PKCS_RSA_SHA256)));
    config.ignore_client_order = true;
    Arc::new(config)
}

fn speaking(
    versions: &[&'static rustls::SupportedProtocolVersion],
    alpn: &[&str],
) -> Arc<rustls::ServerConfig> {
    let made = rcgen::generate_simple_self_signed(["shop.example".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    Arc::new(config)
}

/// Shakes hands as a server, and reads until the client is done.
pub(crate) fn shake(config: &Arc<rustls::ServerConfig>, stream: TcpStream) {
    if let Some(shaken) = shaken(config, stream) {
        drain(shaken.sock);
    }
}

/// A connection whose handshake is done.
pub(crate) type Shaken = rustls::StreamOwned<rustls::ServerConnection, TcpStream>;

/// Shakes hands as a server.
pub(crate) fn shaken(config: &Arc<rustls::ServerConfig>, mut stream: TcpStream) -> Option<Shaken> {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
    let mut connection = rustls::ServerConnection::new(Arc::clone(config)).ok()?;
    while connection.is_handshaking() {
        // The alert is written already, if there is one.
        connection.complete_io(&mut stream).ok()?;
    }
    Some(rustls::StreamOwned::new(connection, stream))
}

/// The ids of the findings that are about the protocol, not about the certificate of the test.
pub(crate) fn ids(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().unwrap();
    let ids = findings
        .iter()
        .map(|finding| finding["id"].as_str().unwrap());
    ids.filter(|id| !["tls/self-signed", "tls/lifetime-long", "tls/br-departure"].contains(id))
        .collect()
}

/// The outcome of a probe.
pub(crate) fn outcome<'a>(report: &'a Value, name: &str) -> &'a str {
    let probes = report["tls"]["endpoints"][0]["probes"].as_array().unwrap();
    let probe = probes.iter().find(|probe| probe["name"] == name);
    probe.map_or("not asked", |probe| probe["outcome"].as_str().unwrap())
}
