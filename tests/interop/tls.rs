//! What `tlscheck --enumerate` lists, held against sslscan and nmap on servers whose configuration says what they accept.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

/// The suites of each version.
pub(super) type Lists = BTreeMap<String, BTreeSet<String>>;

/// A server that is ended with the test.
pub(super) struct Server {
    child: Child,
    pub(super) port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        // Servers that have children of their own end them when they are asked to end.
        let id = self.child.id().to_string();
        let _ = Command::new("kill").arg(&id).status();
        for _ in 0..40 {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Starts a program on a free port and waits until it accepts connections.
    pub(super) fn start(program: &str, arguments: impl Fn(u16) -> Vec<String>) -> Self {
        let port = free_port();
        let child = Command::new(program)
            .args(arguments(port))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{program}: {error}"));
        let server = Self { child, port };
        for _ in 0..600 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return server;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("{program} does not listen");
    }

    fn listed(&self) -> (Lists, Vec<String>, u64) {
        listed(self.port)
    }

    /// The groups by doorstep.
    fn groups(&self) -> BTreeSet<String> {
        let report = report(self.port);
        let groups = report["tls"]["endpoints"][0]["offered"]["groups"].as_array();
        let groups = groups.unwrap().iter();
        groups
            .map(|group| group.as_str().unwrap().to_owned())
            .collect()
    }

    /// By sslscan, under the registered names.
    fn scanned(&self) -> Lists {
        let output = Command::new("sslscan")
            .args([
                "--no-colour",
                "--no-heartbleed",
                "--no-renegotiation",
                "--sni-name=shop.example",
            ])
            .arg(format!("127.0.0.1:{}", self.port))
            .output()
            .unwrap();
        let registered = registered();
        let mut lists = Lists::new();
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            if let ["Preferred" | "Accepted", version, _, "bits", suite, ..] = words.as_slice() {
                lists.entry((*version).to_owned()).or_default().insert(
                    registered
                        .get(*suite)
                        .cloned()
                        .unwrap_or_else(|| (*suite).to_owned()),
                );
            }
        }
        lists
    }
}

/// By doorstep: the lists, the findings, and how many connections it took.
pub(super) fn listed(port: u16) -> (Lists, Vec<String>, u64) {
    let report = report(port);
    let offered = &report["tls"]["endpoints"][0]["offered"];
    let lists = offered["versions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|version| {
            let suites = version["cipher_suites"].as_array().unwrap().iter();
            (
                version["version"].as_str().unwrap().to_owned(),
                suites
                    .map(|suite| suite.as_str().unwrap().to_owned())
                    .collect(),
            )
        });
    let findings = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["id"].as_str().unwrap().to_owned());
    (
        lists.collect(),
        findings.collect(),
        offered["connections"].as_u64().unwrap(),
    )
}

/// The report of doorstep with the lists of a server.
pub(super) fn enumerated(port: u16, options: &[&str]) -> Value {
    let target = format!("shop.example:{port}");
    let output = Command::new(env!("CARGO_BIN_EXE_doorstep"))
        .args(["tlscheck", &target, "--address", "127.0.0.1"])
        .args(["--enumerate", "--json", "--no-config"])
        .args(["--timeout", "120s", "--probe-timeout", "20s"])
        .args(options)
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

fn report(port: u16) -> Value {
    let report = enumerated(port, &[]);
    let offered = &report["tls"]["endpoints"][0]["offered"];
    assert_eq!(offered["complete"], true, "{report:#}");
    report
}

pub(super) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// The registered names of suites by those of OpenSSL.
fn registered() -> BTreeMap<String, String> {
    let output = Command::new("openssl")
        .args(["ciphers", "-stdname", "ALL:COMPLEMENTOFALL@SECLEVEL=0"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let names = text.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let (registered, _, own) = (words.next()?, words.next()?, words.next()?);
        Some((own.to_owned(), registered.to_owned()))
    });
    names.collect()
}

/// An RSA and an ECDSA certificate for `shop.example`, and a group of 2048 bits.
pub(super) fn material(directory: &Path) -> impl Fn(&str) -> String {
    let path = directory.to_owned();
    let file = move |name: &str| path.join(name).display().to_string();
    for (name, key) in [
        ("rsa", &["rsa:2048"][..]),
        ("ec", &["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]),
    ] {
        let (certificate, secret) = (file(&format!("{name}.pem")), file(&format!("{name}.key")));
        let made = Command::new("openssl")
            .args([
                "req",
                "-x509",
                "-nodes",
                "-days",
                "90",
                "-subj",
                "/CN=shop.example",
                "-newkey",
            ])
            .args(key)
            .args([
                "-addext",
                "subjectAltName=DNS:shop.example",
                "-keyout",
                &secret,
                "-out",
                &certificate,
            ])
            .output()
            .unwrap();
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
    }
    file
}

pub(super) fn words(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

#[test]
#[ignore = "needs openssl, sslscan, gnutls-bin and nginx; .ci/run installs them"]
fn lists_equal_those_of_sslscan() {
    let directory = tempfile::tempdir().unwrap();
    let file = material(directory.path());
    let (rsa, rsa_key, ec, ec_key) = (
        file("rsa.pem"),
        file("rsa.key"),
        file("ec.pem"),
        file("ec.key"),
    );

    let everything = |port: u16, order: &str| {
        let suites = "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256";
        let line = format!(
            "s_server -quiet -accept {port} -cert {rsa} -key {rsa_key} -dcert {ec} -dkey {ec_key} -min_protocol TLSv1 \
             -cipher ALL:COMPLEMENTOFALL@SECLEVEL=0 -ciphersuites {suites}{order}"
        );
        words(&line)
    };
    let ordered = Server::start("openssl", |port| everything(port, " -serverpref"));
    let (listed_in_order, _, connections) = ordered.listed();
    assert!(connections <= 160, "{connections}");
    drop(ordered);
    let everything = Server::start("openssl", |port| everything(port, ""));
    let (listed, findings, connections) = everything.listed();
    assert_eq!(listed, listed_in_order);
    assert_eq!(listed, everything.scanned());
    assert_eq!(
        listed.keys().map(String::as_str).collect::<Vec<_>>(),
        ["TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"]
    );
    for id in [
        "tls/null-cipher",
        "tls/anonymous",
        "tls/no-forward-secrecy",
        "tls/tls10",
        "tls/tls11",
    ] {
        assert!(
            findings.iter().any(|found| found == id),
            "{id}: {findings:?}"
        );
    }
    assert!(connections <= 160, "{connections}");

    let gnutls = Server::start("gnutls-serv", |port| {
        let priority = "LEGACY:+VERS-TLS1.0:+ARCFOUR-128:+3DES-CBC:+ANON-ECDH:+ANON-DH:+NULL:+CAMELLIA-128-CBC";
        words(&format!(
            "-q --x509certfile {rsa} --x509keyfile {rsa_key} -p {port} --priority {priority}"
        ))
    });
    let (listed, findings, _) = gnutls.listed();
    assert_eq!(listed, gnutls.scanned());
    for id in [
        "tls/rc4",
        "tls/3des",
        "tls/null-cipher",
        "tls/anonymous",
        "tls/no-tls13",
    ] {
        assert!(
            findings.iter().any(|found| found == id),
            "{id}: {findings:?}"
        );
    }

    let configuration = file("nginx.conf");
    let group = file("dh.pem");
    let made = Command::new("openssl")
        .args(["dhparam", "-dsaparam", "-out", &group, "2048"])
        .output()
        .unwrap();
    assert!(made.status.success());
    let nginx = Server::start("nginx", |port| {
        // Mozilla's intermediate recommendation, with two certificates and an order of its own: no other costs as many.
        let suites = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:\
                      ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:\
                      DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384:DHE-RSA-CHACHA20-POLY1305";
        let text = format!(
            "daemon off; error_log {errors}; pid {pid}; events {{}} http {{ access_log off; server {{ listen 127.0.0.1:{port} ssl; \
             ssl_certificate {rsa}; ssl_certificate_key {rsa_key}; ssl_certificate {ec}; ssl_certificate_key {ec_key}; \
             ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers {suites}; ssl_prefer_server_ciphers on; ssl_dhparam {group}; }} }}",
            errors = file("error.log"),
            pid = file("nginx.pid"),
        );
        std::fs::write(&configuration, text).unwrap();
        words(&format!("-c {configuration}"))
    });
    let (listed, findings, connections) = nginx.listed();
    assert_eq!(listed, nginx.scanned());
    let weak = [
        "tls/rc4",
        "tls/3des",
        "tls/tls10",
        "tls/no-tls13",
        "tls/no-forward-secrecy",
        "tls/uncertain",
    ];
    assert!(
        !findings.iter().any(|found| weak.contains(&found.as_str())),
        "{findings:?}"
    );
    assert!(connections <= 50, "{connections}");
}

#[test]
#[ignore = "needs openssl; .ci/run installs it"]
fn the_groups_of_a_server_of_tls12_with_an_ecdsa_certificate_are_listed() {
    let directory = tempfile::tempdir().unwrap();
    let file = material(directory.path());
    let (ec, ec_key) = (file("ec.pem"), file("ec.key"));
    // Such a server refuses whoever does not offer the certificate's own curve as well.
    for (version, groups) in [
        ("-tls1_2", "X25519:P-256:X448:P-521"),
        ("-tls1_2 -serverpref", "X25519:X448:P-256"),
        ("-tls1_2", "brainpoolP256r1:P-256:secp256k1"),
        ("-tls1_3", "X448:ffdhe2048:ffdhe4096"),
    ] {
        let server = Server::start("openssl", |port| {
            words(&format!(
                "s_server -quiet -accept {port} -cert {ec} -key {ec_key} -groups {groups} {version}"
            ))
        });
        let configured = groups.split(':').map(|name| match name {
            "P-256" => "secp256r1".to_owned(),
            "P-521" => "secp521r1".to_owned(),
            other => other.to_owned(),
        });
        assert_eq!(server.groups(), configured.collect(), "{version} {groups}");
    }
}

#[test]
#[ignore = "needs openssl; .ci/run installs it"]
fn a_list_is_in_the_order_of_the_server_wherever_it_has_what_is_rare() {
    let directory = tempfile::tempdir().unwrap();
    let file = material(directory.path());
    let (rsa, rsa_key, parameters) = (file("rsa.pem"), file("rsa.key"), file("dsa.params"));
    let (dsa, dsa_key) = (file("dsa.pem"), file("dsa.key"));
    for line in [
        format!(
            "genpkey -genparam -algorithm DSA -pkeyopt dsa_paramgen_bits:2048 -out {parameters}"
        ),
        format!("genpkey -paramfile {parameters} -out {dsa_key}"),
        format!("req -x509 -new -key {dsa_key} -days 90 -subj /CN=shop.example -out {dsa}"),
    ] {
        let made = Command::new("openssl").args(words(&line)).output().unwrap();
        let stderr = String::from_utf8_lossy(&made.stderr);
        assert!(made.status.success(), "{line}: {stderr}");
    }
    let all = "ALL:COMPLEMENTOFALL@SECLEVEL=0";
    let server = Server::start("openssl", |port| {
        let line = format!(
            "s_server -quiet -accept {port} -cert {dsa} -key {dsa_key} -dcert {rsa} -dkey {rsa_key} -tls1_2 -serverpref -cipher {all}"
        );
        words(&line)
    });
    let configured = Command::new("openssl")
        .args(["ciphers", "-stdname", "-s", "-tls1_2", all])
        .output()
        .unwrap();
    let configured = String::from_utf8(configured.stdout).unwrap();
    let configured: Vec<&str> = configured
        .lines()
        .filter_map(|line| line.split(' ').next())
        .filter(|suite| !suite.contains("_ECDSA_"))
        .collect();
    let report = report(server.port);
    let listed = &report["tls"]["endpoints"][0]["offered"]["versions"][0];
    assert_eq!(listed["version"], "TLSv1.2");
    let listed = listed["cipher_suites"].as_array().unwrap().iter();
    let listed: Vec<&str> = listed.map(|suite| suite.as_str().unwrap()).collect();
    assert_eq!(listed, configured);
    assert!(listed.iter().any(|suite| suite.contains("_DSS_")));
}

/// The suites that nmap was answered with, version by version.
fn mapped(port: u16) -> Lists {
    let output = Command::new("nmap")
        .args(["-Pn", "-n", "-p", &port.to_string()])
        .args(["--script", "ssl-enum-ciphers,tls-nextprotoneg", "127.0.0.1"])
        .output()
        .unwrap();
    let (mut lists, mut version) = (Lists::new(), String::new());
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let line = line.trim_start_matches(['|', '_', ' ']).trim_end();
        match line.strip_suffix(':') {
            Some(name) if name.starts_with("TLSv") || name == "SSLv3" => version = name.to_owned(),
            _ => {}
        }
        // nmap names the suites of TLS 1.3 after its own fashion, as `TLS_AKE_WITH_AES_128_GCM_SHA256`.
        if let Some(suite) = line
            .split(' ')
            .next()
            .filter(|word| word.starts_with("TLS_"))
        {
            let suite = suite.replace("TLS_AKE_WITH_", "TLS_");
            lists.entry(version.clone()).or_default().insert(suite);
        }
    }
    lists
}

#[test]
#[ignore = "needs openssl, nmap and default-jdk-headless; .ci/run installs them"]
fn the_list_of_jsse_with_nothing_disabled_is_its_configuration() {
    let directory = tempfile::tempdir().unwrap();
    let file = material(directory.path());
    for name in ["rsa", "ec"] {
        let made = Command::new("openssl")
            .args([
                "pkcs12",
                "-export",
                "-passout",
                "pass:secret",
                "-name",
                name,
            ])
            .args(["-inkey", &file(&format!("{name}.key"))])
            .args(["-in", &file(&format!("{name}.pem"))])
            .args(["-out", &file(&format!("{name}.p12"))])
            .output()
            .unwrap();
        assert!(made.status.success());
    }
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/Everything.java");
    let (rsa, ec, said) = (file("rsa.p12"), file("ec.p12"), file("suites"));
    let server = Server::start("sh", |port| {
        let line = format!("exec java -Xmx128m {source} {port} {rsa} {ec} > {said}");
        vec!["-c".to_owned(), line]
    });
    let (listed, findings, _) = server.listed();
    let text = std::fs::read_to_string(&said).unwrap();
    let configured: BTreeSet<String> = text
        .lines()
        .next()
        .unwrap()
        .split(' ')
        .filter(|suite| !suite.contains("SCSV"))
        // It has no DSA certificate.
        .filter(|suite| !suite.contains("_DSS_"))
        .map(|suite| suite.replacen("SSL_", "TLS_", 1))
        .collect();
    let found: BTreeSet<String> = listed.values().flatten().cloned().collect();
    assert_eq!(found, configured);
    for (version, suites) in mapped(server.port) {
        let own = listed.get(&version).cloned().unwrap_or_default();
        let missed: Vec<&String> = suites.difference(&own).collect();
        assert!(missed.is_empty(), "{version}: {missed:?}");
    }
    for id in ["tls/null-cipher", "tls/anonymous", "tls/sslv3", "tls/tls10"] {
        assert!(
            findings.iter().any(|found| found == id),
            "{id}: {findings:?}"
        );
    }
}
