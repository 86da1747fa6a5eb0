//! `httpcheck` with a certificate of its own, at a server that asks for one.

use std::sync::Arc;

use rustls::RootCertStore;
use rustls::server::WebPkiClientVerifier;
use serde_json::Value;

use super::pki::{Leaf, server};
use super::site::{Config, Machine, World, answer, builder, chain, ids, key, moved, routes};

const NAMES: [&str; 3] = ["shop.example", "www.shop.example", "other.example"];

/// Lets only clients in whose certificate comes from the authority of the world.
fn closed(world: &World) -> Config {
    let mut roots = RootCertStore::empty();
    roots
        .add(world.authority.certificate.der().clone())
        .unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    let leaf = world.leaf(&NAMES);
    let builder = builder().with_client_cert_verifier(verifier.build().unwrap());
    Arc::new(builder.with_single_cert(chain(&leaf), key(&leaf)).unwrap())
}

/// A site that leads from one path to another host behind the same door.
fn site() -> World {
    let world = World::new();
    let machine = Machine::start(closed(&world), |asked| {
        match (asked.scheme, asked.path.as_str()) {
            ("http", _) => moved(&format!("https://{}{}", asked.host, asked.path)),
            (_, "/away") => moved("https://other.example/"),
            _ => answer("200 OK", "", ""),
        }
    });
    world.with("127.0.0.2", &NAMES, machine)
}

/// A certificate of a client, and the options that name it.
struct Identity {
    _directory: tempfile::TempDir,
    options: Vec<String>,
}

impl Identity {
    fn new(world: &World) -> Self {
        let mut params = server();
        params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
        // The server asks the clock of this machine.
        params.not_before = time::OffsetDateTime::UNIX_EPOCH;
        params.not_after += time::Duration::days(36_500);
        let Leaf { certificate, key } = world.authority.issue(&params);
        let directory = tempfile::tempdir().unwrap();
        let file = |name: &str, text: String| {
            let path = directory.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let certificate = file("client.pem", certificate.pem());
        let key = file("client.key", key.serialize_pem());
        let options = ["--cert".to_owned(), certificate, "--key".to_owned(), key];
        Self {
            _directory: directory,
            options: options.to_vec(),
        }
    }

    fn with<'a>(&'a self, arguments: &[&'a str]) -> Vec<&'a str> {
        let own = self.options.iter().map(String::as_str);
        arguments.iter().copied().chain(own).collect()
    }
}

fn ends(report: &Value) -> Vec<&Value> {
    routes(report, "target")
        .map(|route| &route["final_url"])
        .collect()
}

#[test]
fn with_a_certificate_the_door_is_open() {
    let world = site();
    let identity = Identity::new(&world);
    let report = world.report(&identity.with(&["shop.example"]));
    assert_eq!(ends(&report), ["https://shop.example/"; 2]);
    let heard = world.machine("127.0.0.2").heard();
    let protected = |host: &str| {
        let mut own = heard.iter().filter(|asked| asked.host == host);
        own.any(|asked| asked.scheme == "https")
    };
    assert!(protected("shop.example") && protected("www.shop.example"));
    assert!(!ids(&report).contains(&"http/www-inconsistent"));
}

#[test]
fn without_one_the_alert_of_the_server_is_told() {
    let world = site();
    let report = world.report(&["shop.example"]);
    assert_eq!(ends(&report), [&Value::Null; 2]);
    for route in routes(&report, "target") {
        assert_eq!(route["error"]["stage"], "handshake");
        assert_eq!(route["error"]["reason"], "alert");
        assert_eq!(route["error"]["code"], 116);
    }
    assert_eq!(ids(&report)[0], "http/target-unreachable");
}

#[test]
fn a_host_that_redirects_lead_to_is_not_shown_the_certificate() {
    let world = site();
    let identity = Identity::new(&world);
    let report = world.report(&identity.with(&["https://shop.example/away"]));
    assert_eq!(ends(&report), [&Value::Null; 2]);
    for route in routes(&report, "target") {
        let last = route["hops"].as_array().unwrap().last().unwrap();
        assert_eq!(last["url"], "https://other.example/");
        assert_eq!(last["error"]["code"], 116);
    }
}

#[test]
fn a_certificate_without_its_key_is_a_fault_of_usage() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_doorstep"))
        .env_clear()
        .args(["httpcheck", "http://127.0.0.1:1/", "--cert", "client.pem"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
}
