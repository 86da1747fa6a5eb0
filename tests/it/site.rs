//! Sites on loopback that answer a request as a test says, in clear and over TLS, and write down what they were asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::sync::{Arc, Mutex};

use assert_cmd::Command;
use serde_json::Value;

use super::peers::{Peer, shaken};
use super::pki::{Authority, Leaf, MOMENT, authority, server};

/// A request as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) scheme: &'static str,
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) fields: Vec<String>,
}

impl Asked {
    pub(crate) fn url(&self) -> String {
        format!("{}://{}{}", self.scheme, self.host, self.path)
    }
}

/// What a machine says to a request: all of it, head and page.
type Answer = fn(&Asked) -> String;

/// A machine that serves both schemes.
pub(crate) struct Machine {
    clear: Peer,
    secure: Peer,
    heard: Arc<Mutex<Vec<Asked>>>,
}

/// What a server of TLS needs.
pub(crate) type Config = Arc<rustls::ServerConfig>;

impl Machine {
    pub(crate) fn start(config: Config, answer: Answer) -> Self {
        let heard = Arc::<Mutex<Vec<Asked>>>::default();
        let kept = Arc::clone(&heard);
        let clear = Peer::start(move |_, stream| talk(stream, "http", answer, &kept));
        let kept = Arc::clone(&heard);
        let secure = Peer::start(move |_, stream| {
            if let Some(stream) = shaken(&config, stream) {
                talk(stream, "https", answer, &kept);
            }
        });
        Self {
            clear,
            secure,
            heard,
        }
    }

    /// The requests since this was last asked.
    pub(crate) fn heard(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.heard.lock().unwrap())
    }
}

/// What was said and can be answered.
pub(crate) trait Talk: Read + Write {}

impl<S: Read + Write> Talk for S {}

/// Reads one request and answers it.
fn talk(mut stream: impl Talk, scheme: &'static str, answer: Answer, kept: &Mutex<Vec<Asked>>) {
    let Some(asked) = asked(&mut stream, scheme) else {
        return;
    };
    let said = answer(&asked);
    kept.lock().unwrap().push(asked);
    let _ = stream.write_all(said.as_bytes());
    let _ = stream.flush();
}

/// The request that a connection begins with.
pub(crate) fn asked(stream: &mut impl Talk, scheme: &'static str) -> Option<Asked> {
    let lines = BufReader::new(stream).lines().map_while(Result::ok);
    let mut lines = lines.take_while(|line| !line.is_empty());
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let fields: Vec<String> = lines.collect();
    let host = fields.iter().find_map(|field| field.strip_prefix("host: "));
    Some(Asked {
        scheme,
        host: host?.to_owned(),
        path,
        fields,
    })
}

/// An answer with these fields and this page.
pub(crate) fn answer(status: &str, fields: &str, page: &str) -> String {
    let length = page.len();
    format!(
        "HTTP/1.1 {status}\r\n{fields}Content-Length: {length}\r\nConnection: close\r\n\r\n{page}"
    )
}

/// A redirect for good.
pub(crate) fn moved(to: &str) -> String {
    answer("301 Moved Permanently", &format!("Location: {to}\r\n"), "")
}

/// The world of a test: an authority, and names that lead to machines.
pub(crate) struct World {
    pub(crate) authority: Authority,
    machines: Vec<(&'static str, Machine)>,
    names: String,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            authority: Authority::root(authority("Test Root")),
            machines: Vec::new(),
            names: String::new(),
        }
    }

    /// Puts a machine at an address of loopback, to which names lead.
    pub(crate) fn with(mut self, address: &'static str, names: &[&str], machine: Machine) -> Self {
        for name in names {
            self.names += &format!("{address} {name}\n");
        }
        self.machines.push((address, machine));
        self
    }

    /// A certificate that names these hosts.
    pub(crate) fn leaf(&self, names: &[&str]) -> Leaf {
        let mut params = server();
        let first = names.first().copied().unwrap_or_default();
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, first);
        let names = names.iter().map(|name| (*name).try_into().unwrap());
        params.subject_alt_names = names.map(rcgen::SanType::DnsName).collect();
        self.authority.issue(&params)
    }

    /// What a server with that certificate needs.
    pub(crate) fn config(&self, names: &[&str]) -> Config {
        let leaf = self.leaf(names);
        let builder = builder().with_no_client_auth();
        Arc::new(builder.with_single_cert(chain(&leaf), key(&leaf)).unwrap())
    }

    pub(crate) fn machine(&self, address: &str) -> &Machine {
        let found = self.machines.iter().find(|(own, _)| *own == address);
        &found.unwrap().1
    }

    /// The report of `httpcheck`.
    pub(crate) fn report(&self, arguments: &[&str]) -> Value {
        let text = self.said(&[&["--json"], arguments].concat());
        serde_json::from_str(&text).unwrap()
    }

    /// What `httpcheck` says.
    pub(crate) fn said(&self, arguments: &[&str]) -> String {
        let directory = tempfile::tempdir().unwrap();
        let hosts = directory.path().join("hosts");
        std::fs::write(&hosts, &self.names).unwrap();
        let trust = directory.path().join("trust.pem");
        std::fs::write(&trust, self.authority.certificate.pem()).unwrap();
        let mut command = Command::cargo_bin("doorstep").unwrap();
        command
            .env_clear()
            .args(["httpcheck", "--no-config", "--internal", "127.0.0.0/8"])
            .args(["--at", &format!("@{MOMENT}"), "--timeout", "20s"])
            .arg("--hosts")
            .arg(&hosts)
            .arg("--trust")
            .arg(&trust);
        for (address, machine) in &self.machines {
            for (port, peer) in [(80, &machine.clear), (443, &machine.secure)] {
                let rule = format!("{address}:{port}:127.0.0.1:{}", peer.port);
                command.args(["--connect-to", &rule]);
            }
        }
        let output = command.args(arguments).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(matches!(output.status.code(), Some(0 | 1 | 3)), "{error}");
        String::from_utf8(output.stdout).unwrap()
    }
}

/// A server of TLS by rustls that does not yet know whom it asks for a certificate.
pub(crate) fn builder() -> rustls::ConfigBuilder<rustls::ServerConfig, rustls::WantsVerifier> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = rustls::ServerConfig::builder_with_provider(provider);
    builder.with_safe_default_protocol_versions().unwrap()
}

pub(crate) fn chain(leaf: &Leaf) -> Vec<rustls::pki_types::CertificateDer<'static>> {
    vec![leaf.certificate.der().clone()]
}

pub(crate) fn key(leaf: &Leaf) -> rustls::pki_types::PrivateKeyDer<'static> {
    rustls::pki_types::PrivateKeyDer::try_from(leaf.key.serialize_der()).unwrap()
}

/// The ids of the findings, those that others explain included, in order.
pub(crate) fn ids(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().unwrap();
    let also = findings
        .iter()
        .filter_map(|finding| finding["evidence"]["also"].as_array());
    let all = findings.iter().chain(also.flatten());
    all.map(|finding| finding["id"].as_str().unwrap()).collect()
}

/// Each walk with its address.
pub(crate) fn routes<'a>(report: &'a Value, purpose: &'a str) -> impl Iterator<Item = &'a Value> {
    let routes = report["http"]["routes"].as_array().unwrap().iter();
    routes.filter(move |route| route["purpose"] == purpose)
}
