//! `tlscheck` against servers whose authorities can be asked: missing issuers, staples, responders and lists.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use assert_cmd::Command;
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::pki::{Authority, Leaf, MOMENT, access, authority, server};

/// A server of `shop.example`, and an authority's host `ca.test`.
struct Site {
    _runtime: tokio::runtime::Runtime,
    tls: SocketAddr,
    http: SocketAddr,
    directory: tempfile::TempDir,
}

impl Site {
    /// Serves `chain` with `staple`; `ca.test` has these paths.
    fn start(
        chain: Vec<CertificateDer<'static>>,
        leaf: &Leaf,
        staple: Vec<u8>,
        paths: &[(&str, Vec<u8>)],
    ) -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(leaf.key.serialize_der()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert_with_ocsp(chain, key, staple)
            .unwrap();
        let paths: HashMap<String, Vec<u8>> = paths
            .iter()
            .map(|(path, body)| ((*path).to_owned(), body.clone()))
            .collect();
        let tls = runtime.block_on(serve_tls(config));
        let http = runtime.block_on(serve_http(paths));
        Self {
            _runtime: runtime,
            tls,
            http,
            directory: tempfile::tempdir().unwrap(),
        }
    }

    fn report(&self, root: &Authority, more: &[&str]) -> Value {
        let trust = self.directory.path().join("root.pem");
        std::fs::write(&trust, root.certificate.pem()).unwrap();
        let target = format!("shop.example:{}", self.tls.port());
        let (port, at) = (self.http.port(), format!("@{MOMENT}"));
        let output = Command::cargo_bin("doorstep")
            .unwrap()
            .env_clear()
            .args(["tlscheck", "--no-config", "--json", &target, "--at", &at])
            .args(["--address", "127.0.0.1", "--hosts", "/dev/null"])
            .args(["--connect-to", &format!("ca.test:80:127.0.0.1:{port}")])
            .arg("--trust")
            .arg(trust)
            .args(more)
            .output()
            .unwrap();
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
    }
}

async fn serve_tls(config: ServerConfig) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                if let Ok(mut stream) = acceptor.accept(stream).await {
                    let _ = stream.read_u8().await;
                }
            });
        }
    });
    at
}

/// Answers each path with its body, or moves on to where a body that begins with `->` says.
async fn serve_http(paths: HashMap<String, Vec<u8>>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let paths = Arc::new(paths);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let paths = Arc::clone(&paths);
            tokio::spawn(async move {
                let mut head = vec![0; 4096];
                let size = stream.read(&mut head).await.unwrap_or_default();
                let head = String::from_utf8_lossy(&head[..size]).into_owned();
                let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
                let body = paths.get(&path).cloned().unwrap_or_default();
                let status = match body.strip_prefix(b"->") {
                    Some(to) => format!("302 Found\r\nLocation: {}", String::from_utf8_lossy(to)),
                    None if body.is_empty() => "404 Not Found".to_owned(),
                    None => "200 OK".to_owned(),
                };
                let length = body.len();
                let answer = format!(
                    "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
                );
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.write_all(&body).await;
            });
        }
    });
    at
}

fn ids(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().unwrap();
    let ids = findings
        .iter()
        .map(|finding| finding["id"].as_str().unwrap());
    ids.filter(|id| *id != "tls/br-departure").collect()
}

/// A root, an authority below it, and a leaf with this extension.
fn world(extension: Option<rcgen::CustomExtension>) -> (Authority, Authority, Leaf) {
    let root = Authority::root(authority("Root"));
    let below = root.below(authority("Below"));
    let mut params = server();
    params.custom_extensions.extend(extension);
    let leaf = below.issue(&params);
    (root, below, leaf)
}

fn chain(leaf: &Leaf, below: &Authority) -> Vec<CertificateDer<'static>> {
    vec![
        leaf.certificate.der().clone(),
        below.certificate.der().clone(),
    ]
}

#[test]
fn a_missing_issuer_is_fetched_named_and_written_into_the_completed_chain() {
    let (root, below, leaf) = world(Some(access(2, "http://ca.test/below.cer")));
    let only = vec![leaf.certificate.der().clone()];
    let body = below.certificate.der().to_vec();
    let paths = [
        ("/below.cer", b"->/moved.cer".to_vec()),
        ("/moved.cer", body),
    ];
    let site = Site::start(only, &leaf, Vec::new(), &paths);
    let to = site.directory.path().join("chain.pem");
    let report = site.report(&root, &["--save-chain", to.to_str().unwrap(), "--complete"]);
    assert_eq!(ids(&report), ["tls/missing-intermediate"]);
    let finding = &report["findings"][0];
    assert!(
        finding["fix"]
            .as_str()
            .unwrap()
            .contains("http://ca.test/below.cer"),
        "{finding}"
    );
    assert!(
        finding["evidence"]["append"]
            .as_str()
            .unwrap()
            .contains("BEGIN CERTIFICATE")
    );
    let written = std::fs::read_to_string(&to).unwrap();
    assert_eq!(written.matches("BEGIN CERTIFICATE").count(), 2);
    let judged = Command::cargo_bin("doorstep")
        .unwrap()
        .env_clear()
        .args([
            "tlscheck",
            "--no-config",
            "--at",
            &format!("@{MOMENT}"),
            "--pem",
        ])
        .arg(&to)
        .arg("--trust")
        .arg(site.directory.path().join("root.pem"))
        .output()
        .unwrap();
    assert_eq!(judged.status.code(), Some(0));
}

#[test]
fn nothing_is_fetched_when_that_is_not_wanted_or_not_needed() {
    let (root, below, leaf) = world(Some(access(2, "http://ca.test/below.cer")));
    let paths = [("/below.cer", below.certificate.der().to_vec())];
    let fetched = |report: &Value| {
        report["tls"]["endpoints"][0]["issuers_fetched"]
            .as_array()
            .unwrap()
            .len()
    };
    let only = vec![leaf.certificate.der().clone()];
    let lacking = Site::start(only, &leaf, Vec::new(), &paths);
    assert_eq!(fetched(&lacking.report(&root, &["--no-aia"])), 0);
    let whole = Site::start(chain(&leaf, &below), &leaf, Vec::new(), &paths);
    assert_eq!(fetched(&whole.report(&root, &[])), 0);
}

#[test]
fn an_issuer_that_cannot_be_had_is_inconclusive_and_the_finding_stays() {
    let (root, _, leaf) = world(Some(access(2, "http://ca.test/gone.cer")));
    let site = Site::start(vec![leaf.certificate.der().clone()], &leaf, Vec::new(), &[]);
    let report = site.report(&root, &[]);
    assert_eq!(ids(&report), ["tls/missing-intermediate"]);
    let missed = report["inconclusive"].as_array().unwrap();
    assert_eq!(missed.len(), 1);
    assert_eq!(missed[0]["status"], 404);
}

#[test]
fn a_staple_is_verified_and_counts() {
    let (root, below, leaf) = world(None);
    let serial = [0x4d, 0x2a];
    let with = |staple: Vec<u8>| {
        let site = Site::start(chain(&leaf, &below), &leaf, staple, &[]);
        site.report(&root, &[])
    };
    let good = with(below.response(&serial, 0x80, 5));
    assert!(ids(&good).is_empty(), "{:?}", ids(&good));
    assert_eq!(good["tls"]["endpoints"][0]["revocation"]["status"], "good");
    assert_eq!(
        good["tls"]["endpoints"][0]["revocation"]["source"],
        "staple"
    );
    assert_eq!(
        ids(&with(below.response(&serial, 0xa1, 5))),
        ["tls/revoked"]
    );
    assert_eq!(
        ids(&with(below.response(&serial, 0x80, -1))),
        ["tls/staple-invalid"]
    );
    assert_eq!(
        ids(&with(below.response(&[1], 0x80, 5))),
        ["tls/staple-invalid"]
    );
    assert_eq!(
        ids(&with(root.response(&serial, 0x80, 5))),
        ["tls/staple-invalid"]
    );
    assert_eq!(ids(&with(b"nonsense".to_vec())), ["tls/staple-invalid"]);
}

#[test]
fn the_authority_is_asked_when_that_is_wanted() {
    let (root, below, leaf) = world(Some(access(1, "http://ca.test/ocsp")));
    let revoked = [("/ocsp", below.response(&[0x4d, 0x2a], 0xa1, 5))];
    let site = Site::start(chain(&leaf, &below), &leaf, Vec::new(), &revoked);
    assert!(ids(&site.report(&root, &[])).is_empty());
    let report = site.report(&root, &["--revocation"]);
    assert_eq!(ids(&report), ["tls/revoked"]);
    assert_eq!(
        report["tls"]["endpoints"][0]["revocation"]["source"],
        "http://ca.test/ocsp"
    );
    let other = [("/ocsp", root.response(&[0x4d, 0x2a], 0x80, 5))];
    let site = Site::start(chain(&leaf, &below), &leaf, Vec::new(), &other);
    assert_eq!(
        ids(&site.report(&root, &["--revocation"])),
        ["tls/status-unusable"]
    );
}

#[test]
fn a_list_is_fetched_and_a_responder_that_is_gone_is_no_verdict() {
    let root = Authority::root(authority("Root"));
    let below = root.below(authority("Below"));
    let mut params = server();
    params
        .custom_extensions
        .push(access(1, "http://ca.test/gone"));
    params.crl_distribution_points = vec![rcgen::CrlDistributionPoint {
        uris: vec!["http://ca.test/list.crl".to_owned()],
    }];
    let leaf = below.issue(&params);
    let list = below.list(&[&[0x4d, 0x2a]], 10).der().to_vec();
    let site = Site::start(
        chain(&leaf, &below),
        &leaf,
        Vec::new(),
        &[("/list.crl", list)],
    );
    let report = site.report(&root, &["--revocation"]);
    assert_eq!(ids(&report), ["tls/revoked"]);
    assert_eq!(report["inconclusive"].as_array().unwrap().len(), 1);
}
