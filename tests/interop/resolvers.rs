//! unbound beside the trace: over UDP, TLS and HTTPS, validating, on ports of the loopback.

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use doorstep::demo::ground::Ground;
use doorstep::demo::pki::{HEALTHY, Pki};
use doorstep::demo::scenarios::find;
use doorstep::demo::{RESOLVER, World};
use serde_json::Value;

/// The demo's healthy world, and an unbound that asks its resolver; both up until they are dropped.
struct Beside {
    _runtime: tokio::runtime::Runtime,
    world: World,
    unbound: Child,
    directory: tempfile::TempDir,
    ports: [u16; 3],
}

impl Drop for Beside {
    fn drop(&mut self) {
        let _ = self.unbound.kill();
        let _ = self.unbound.wait();
    }
}

/// Ports that were free a moment ago.
fn ports() -> [u16; 3] {
    let bound = [(); 3].map(|()| std::net::TcpListener::bind("127.0.0.1:0").unwrap());
    bound.map(|socket| socket.local_addr().unwrap().port())
}

impl Beside {
    fn start() -> Self {
        let pki = Arc::new(Pki::new().unwrap());
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let staged = find("healthy").unwrap().stage(&pki).unwrap();
        let world = runtime
            .block_on(World::start(staged.plan, Ground::Loopback, None))
            .unwrap();
        let directory = tempfile::tempdir().unwrap();
        let ports = ports();
        write(&directory, &pki, &world, ports);
        let unbound = Command::new("unbound")
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .args(["-d", "-c"])
            .arg(directory.path().join("unbound.conf"))
            .stderr(Stdio::null())
            .spawn()
            .expect("unbound; .ci/run installs it");
        let [udp, ..] = ports;
        for _ in 0..50 {
            if std::net::TcpStream::connect(("127.0.0.1", udp)).is_ok() {
                break;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Self {
            _runtime: runtime,
            world,
            unbound,
            directory,
            ports,
        }
    }

    fn file(&self, name: &str) -> String {
        self.directory.path().join(name).display().to_string()
    }

    /// What unbound says of a name over each transport.
    fn asked(&self, name: &str) -> Vec<Value> {
        let [udp, tls, https] = self.ports;
        let own = "#shop.example";
        let compare =
            format!("192.0.2.100,tls://192.0.2.100{own},https://192.0.2.100/dns-query{own}");
        let mut rules: Vec<String> = [(53, udp), (853, tls), (443, https)]
            .map(|(from, to)| format!("192.0.2.100:{from}:127.0.0.1:{to}"))
            .to_vec();
        rules.extend(self.world.connect_to());
        let mut command = Command::new(env!("CARGO_BIN_EXE_doorstep"));
        command
            .env_clear()
            .args(["dnstrace", name, "A", "--json", "--no-config"]);
        command.args(["--resolver", "trace", "--hosts", "/dev/null"]);
        command.args([
            "--trust",
            &self.file("root.pem"),
            "--trust-anchor",
            &self.file("root.ds"),
        ]);
        command.args(["--compare", &compare, "--internal", "192.0.2.0/24"]);
        for rule in &rules {
            command.args(["--connect-to", rule]);
        }
        let output = command.output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
        report["dns"]["resolvers"].as_array().unwrap().clone()
    }
}

fn write(directory: &tempfile::TempDir, pki: &Pki, world: &World, [udp, tls, https]: [u16; 3]) {
    let put = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
    let pem = |label: &str, der: &[u8]| pem::encode(&pem::Pem::new(label, der));
    let leaf = pki.leaf(&HEALTHY).unwrap();
    let chain = [leaf.certificate, pki.issuing.certificate()];
    put(
        "chain.pem",
        &chain.map(|own| pem("CERTIFICATE", &own)).concat(),
    );
    put("key.pem", &pem("PRIVATE KEY", leaf.key.secret_der()));
    put("root.pem", &pem("CERTIFICATE", &pki.root.certificate()));
    put("root.ds", world.trust_anchor());
    let asked = world
        .places()
        .iter()
        .find(|place| place.asked.ip() == RESOLVER);
    let forward = asked.unwrap().dialled;
    let at = directory.path().display();
    let (to, port) = (forward.ip(), forward.port());
    put(
        "unbound.conf",
        &format!(
            "server:\n interface: 127.0.0.1@{udp}\n interface: 127.0.0.1@{tls}\n interface: 127.0.0.1@{https}\n tls-port: {tls}\n \
         https-port: {https}\n tls-service-key: \"{at}/key.pem\"\n tls-service-pem: \"{at}/chain.pem\"\n username: \"\"\n \
         chroot: \"\"\n pidfile: \"\"\n use-syslog: no\n do-daemonize: no\n do-not-query-localhost: no\n ede: yes\n \
         trust-anchor-file: \"{at}/root.ds\"\n module-config: \"validator iterator\"\n \
         forward-zone:\n name: \".\"\n forward-addr: {to}@{port}\nremote-control:\n control-enable: no\n"
        ),
    );
}

#[test]
#[ignore = "needs unbound; .ci/run installs it"]
fn unbound_agrees_over_each_transport_and_says_that_it_validated() {
    let beside = Beside::start();
    let answers = beside.asked("www.shop.example");
    let transports: Vec<&str> = answers
        .iter()
        .map(|answer| answer["transport"].as_str().unwrap())
        .collect();
    assert_eq!(transports, ["udp", "tls", "https"]);
    for answer in &answers {
        assert_eq!(answer["agrees"], true, "{answer:#}");
        assert_eq!(answer["authenticated"], true, "{answer:#}");
        let left = answer["ttl_left"].as_u64().unwrap();
        assert!((290..=300).contains(&left), "{answer:#}");
    }
    for answer in beside.asked("nowhere.shop.example") {
        assert_eq!(
            (&answer["rcode"], &answer["agrees"]),
            (&"NXDOMAIN".into(), &true.into())
        );
        assert!(
            answer["ttl_left"].as_u64().is_some_and(|left| left <= 60),
            "{answer:#}"
        );
    }
}
