//! Resolvers over TLS, HTTPS and QUIC: hickory-server on loopback with a certificate of the demo's authority.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use doorstep::demo::pki::{HEALTHY, Pki};
use hickory_proto::rr::rdata::{A, SOA};
use hickory_proto::rr::{Name, RData, Record};
use hickory_server::Server;
use hickory_server::net::runtime::TokioRuntimeProvider;
use hickory_server::store::in_memory::InMemoryZoneHandler;
use hickory_server::zone_handler::{AxfrPolicy, Catalog, ZoneHandler, ZoneType};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use serde_json::Value;

use super::{NEW, seen, servers, world};

/// The answers of this peer may be kept so long.
const TTL: u32 = 212;

/// The peer, up until it is dropped.
struct Peer {
    _runtime: tokio::runtime::Runtime,
    _server: Server<Catalog>,
    /// Where it listens: over TLS, HTTPS and QUIC.
    at: [SocketAddr; 3],
    root: tempfile::NamedTempFile,
}

fn catalog() -> Catalog {
    let name = |text: &str| Name::from_ascii(text).unwrap();
    let mut zone = InMemoryZoneHandler::<TokioRuntimeProvider>::empty(
        name("shop.example."),
        ZoneType::Primary,
        AxfrPolicy::Deny,
    );
    let soa = SOA::new(name("ns."), name("hostmaster."), 1, 3600, 600, 86400, 60);
    for (owner, data) in [
        ("shop.example.", RData::SOA(soa)),
        ("www.shop.example.", RData::A(A(NEW.parse().unwrap()))),
    ] {
        zone.upsert_mut(Record::from_rdata(name(owner), TTL, data), 1);
    }
    let mut catalog = Catalog::new();
    let zone: Arc<dyn ZoneHandler> = Arc::new(zone);
    catalog.upsert(name("shop.example.").into(), vec![zone]);
    catalog
}

fn certificate(pki: &Pki) -> Arc<SingleCertAndKey> {
    let leaf = pki.leaf(&HEALTHY).unwrap();
    let chain = vec![leaf.certificate, pki.issuing.certificate()];
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let key = CertifiedKey::from_der(chain, leaf.key, &provider).unwrap();
    Arc::new(key.into())
}

impl Peer {
    fn start() -> Self {
        let pki = Pki::new().unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let (server, at) = runtime.block_on(listen(&certificate(&pki)));
        let root = tempfile::NamedTempFile::new().unwrap();
        let pem = pem::Pem::new("CERTIFICATE", pki.root.certificate().to_vec());
        std::fs::write(root.path(), pem::encode(&pem)).unwrap();
        Self {
            _runtime: runtime,
            _server: server,
            at,
            root,
        }
    }
}

async fn listen(certificate: &Arc<SingleCertAndKey>) -> (Server<Catalog>, [SocketAddr; 3]) {
    let here = (Ipv4Addr::LOCALHOST, 0);
    let wait = Duration::from_secs(5);
    let tls = tokio::net::TcpListener::bind(here).await.unwrap();
    let https = tokio::net::TcpListener::bind(here).await.unwrap();
    let quic = tokio::net::UdpSocket::bind(here).await.unwrap();
    let at = [
        tls.local_addr().unwrap(),
        https.local_addr().unwrap(),
        quic.local_addr().unwrap(),
    ];
    let mut server = Server::new(catalog());
    let own = || Arc::clone(certificate);
    server.register_tls_listener(tls, wait, own()).unwrap();
    let path = "/dns-query".to_owned();
    server
        .register_https_listener(https, wait, own(), None, path)
        .unwrap();
    server.register_quic_listener(quic, wait, own()).unwrap();
    (server, at)
}

/// What is told of this peer when it must be called so, and must be trusted or not.
fn asked(name: &str, trusted: bool) -> Vec<Value> {
    let world = world(servers(NEW, NEW, 300), Vec::new());
    let peer = Peer::start();
    let [tls, https, quic] = peer.at.map(|at| at.port());
    // At addresses of the world, which are dialled as it says.
    let compare = format!(
        "tls://192.0.2.100#{name},https://192.0.2.100/dns-query#{name},quic://192.0.2.101#{name}"
    );
    let rules = [
        format!("192.0.2.100:853:127.0.0.1:{tls}"),
        format!("192.0.2.100:443:127.0.0.1:{https}"),
        format!("192.0.2.101:853:127.0.0.1:{quic}"),
    ];
    let mut arguments = vec!["www.shop.example", "A", "--compare", &compare];
    // Before the world's own rules, of which the last one leads all else nowhere.
    let root = peer.root.path().display().to_string();
    if trusted {
        arguments.extend(["--trust", &root]);
    }
    let (report, code) = world.report_by(&rules, &arguments);
    assert_eq!(
        (seen(&report).as_slice(), code),
        ([].as_slice(), 0),
        "{report:#}"
    );
    report["dns"]["resolvers"].as_array().unwrap().clone()
}

#[test]
fn an_answer_comes_over_tls_https_and_quic_with_what_is_left_of_its_time() {
    let answers = asked("shop.example", true);
    let each: Vec<(&str, &str)> = answers
        .iter()
        .map(|answer| {
            assert_eq!(answer["agrees"], true, "{answer}");
            assert_eq!(answer["ttl_left"], TTL);
            let text = |field: &str| answer[field].as_str().unwrap();
            (text("transport"), text("resolver"))
        })
        .collect();
    assert_eq!(
        each,
        [
            ("tls", "tls://192.0.2.100"),
            ("https", "https://192.0.2.100"),
            ("quic", "quic://192.0.2.101"),
        ]
    );
}

#[test]
fn a_certificate_that_is_not_trusted_or_for_another_name_is_the_resolvers_failure() {
    for (name, trusted) in [("shop.example", false), ("dns.example", true)] {
        for answer in asked(name, trusted) {
            assert_eq!(answer["failure"]["reason"], "untrusted", "{answer}");
            assert_eq!(answer["rcode"], Value::Null);
        }
    }
}
