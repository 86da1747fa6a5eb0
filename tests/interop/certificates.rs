//! Chains with one fault each, judged by doorstep, by `openssl verify` and by GnuTLS; and openssl's own responder and lists.
//!
//! Where the three disagree the table says why.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

/// A directory of authorities and certificates, made by openssl.
struct Office {
    directory: tempfile::TempDir,
}

/// What a leaf and the authority above it are made of, and what is sent.
struct Chain {
    below: &'static str,
    leaf: &'static str,
    key: &'static str,
    digest: &'static str,
    dates: [&'static str; 2],
    /// The files that are sent, the leaf first.
    sent: &'static [&'static str],
}

const AUTHORITY: &str = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n\
                         subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid";
const SERVER: &str = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n\
                      extendedKeyUsage=serverAuth\nsubjectAltName=DNS:shop.example\nauthorityKeyIdentifier=keyid";
const P256: &str = "ec -pkeyopt ec_paramgen_curve:P-256";
const VALID: [&str; 2] = ["20260101000000Z", "20351231235959Z"];

const GOOD: Chain = Chain {
    below: AUTHORITY,
    leaf: SERVER,
    key: P256,
    digest: "sha256",
    dates: VALID,
    sent: &["leaf", "below"],
};

impl Office {
    /// A root and what issues below it.
    fn new() -> Self {
        let office = Self {
            directory: tempfile::tempdir().unwrap(),
        };
        for name in ["root", "below", "other"] {
            office.write(&format!("{name}.cnf"), &configuration(office.path(), name));
            office.write(&format!("{name}.index"), "");
        }
        for name in ["root", "other"] {
            office.run(&format!(
                "openssl req -x509 -newkey {P256} -nodes -keyout {name}.key -out {name}.pem -days 3650 -subj /CN={name} \
                 -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign"
            ));
        }
        office
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.file(name), text).unwrap();
    }

    /// Runs a line of the shell there.
    fn run(&self, line: &str) {
        let output = self.shell(line);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{line}: {said}");
    }

    fn shell(&self, line: &str) -> std::process::Output {
        let mut command = Command::new("sh");
        command.current_dir(self.path()).args(["-c", line]);
        command.stdin(Stdio::null()).output().unwrap()
    }

    /// Has an authority issue a certificate.
    fn issue(&self, name: &str, issuer: &str, extensions: &str, chain: &Chain) {
        let Chain { key, digest, .. } = chain;
        let [from, until] = if name == "below" { VALID } else { chain.dates };
        self.write("extensions", &format!("[v3]\n{extensions}\n"));
        let subject = if name == "leaf" { "shop.example" } else { name };
        let key = if name == "below" { P256 } else { key };
        self.run(&format!(
            "openssl req -new -newkey {key} -nodes -keyout {name}.key -subj /CN={subject} -out {name}.csr && \
             openssl ca -batch -notext -config {issuer}.cnf -md {digest} -startdate {from} -enddate {until} \
             -extfile extensions -extensions v3 -in {name}.csr -out {name}.pem"
        ));
    }

    fn chain(&self, chain: &Chain) {
        self.issue("below", "root", chain.below, &GOOD);
        self.issue("leaf", "below", chain.leaf, chain);
        let read =
            |name: &&str| std::fs::read_to_string(self.file(&format!("{name}.pem"))).unwrap();
        let sent: Vec<String> = chain.sent.iter().map(read).collect();
        self.write("chain.pem", &sent.concat());
        let above: Vec<String> = chain.sent.iter().skip(1).map(read).collect();
        self.write("above.pem", &above.concat());
        let first: String = chain.sent.first().map(read).unwrap();
        self.write("first.pem", &first);
    }

    fn openssl(&self) -> bool {
        let line = "openssl verify -CAfile root.pem -untrusted above.pem -purpose sslserver -verify_hostname shop.example first.pem";
        self.shell(line).status.success()
    }

    fn gnutls(&self) -> bool {
        let line = "certtool --verify --load-ca-certificate root.pem --verify-hostname shop.example \
                    --verify-purpose 1.3.6.1.5.5.7.3.1 --infile chain.pem";
        self.shell(line).status.success()
    }

    /// By doorstep: whether visitors get in, and what was found.
    fn doorstep(&self) -> (bool, Vec<String>) {
        let output = Command::new(env!("CARGO_BIN_EXE_doorstep"))
            .args([
                "tlscheck",
                "--no-config",
                "--json",
                "--name",
                "shop.example",
            ])
            .arg("--trust")
            .arg(self.file("root.pem"))
            .arg("--pem")
            .arg(self.file("chain.pem"))
            .output()
            .unwrap();
        let report: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
        let findings = report["findings"].as_array().unwrap();
        let fatal = findings
            .iter()
            .any(|finding| finding["severity"] == "error");
        let ids = findings
            .iter()
            .map(|finding| finding["id"].as_str().unwrap().to_owned());
        (!fatal, ids.collect())
    }
}

/// What `openssl ca` wants to know of an authority.
fn configuration(directory: &Path, name: &str) -> String {
    let at = directory.display();
    format!(
        "[ca]\ndefault_ca=own\n[own]\ndatabase={at}/{name}.index\nnew_certs_dir={at}\nrand_serial=yes\n\
         certificate={at}/{name}.pem\nprivate_key={at}/{name}.key\ndefault_md=sha256\npolicy=any\nunique_subject=no\n\
         default_crl_days=7\ncopy_extensions=none\n[any]\ncommonName=optional\n"
    )
}

/// A fault, whether openssl, GnuTLS and doorstep let it pass, and why they differ.
type Row = (&'static str, Chain, [bool; 3], &'static str);

fn rows() -> Vec<Row> {
    let pass = [true; 3];
    let refuse = [false; 3];
    vec![
        ("nothing", GOOD, pass, ""),
        (
            "expired",
            Chain {
                dates: ["20250101000000Z", "20250301000000Z"],
                ..GOOD
            },
            refuse,
            "",
        ),
        (
            "not yet valid",
            Chain {
                dates: ["20340101000000Z", "20340301000000Z"],
                ..GOOD
            },
            refuse,
            "",
        ),
        (
            "another name",
            Chain {
                leaf: "subjectAltName=DNS:other.example\nextendedKeyUsage=serverAuth\nauthorityKeyIdentifier=keyid",
                ..GOOD
            },
            refuse,
            "",
        ),
        (
            "the common name alone",
            Chain {
                leaf: "basicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\nauthorityKeyIdentifier=keyid",
                ..GOOD
            },
            [true, true, false],
            "openssl and GnuTLS still look at the common name where there is no alternative name; browsers and Go do not",
        ),
        (
            "self-signed",
            Chain {
                sent: &["own"],
                ..GOOD
            },
            refuse,
            "",
        ),
        (
            "an unknown root",
            Chain {
                sent: &["leaf-of-other"],
                ..GOOD
            },
            refuse,
            "",
        ),
        (
            "no intermediate",
            Chain {
                sent: &["leaf"],
                ..GOOD
            },
            refuse,
            "",
        ),
        (
            "the root beside",
            Chain {
                sent: &["leaf", "below", "root"],
                ..GOOD
            },
            pass,
            "",
        ),
        (
            "a stray between",
            Chain {
                sent: &["leaf", "other", "below"],
                ..GOOD
            },
            pass,
            "",
        ),
        (
            "the authority first",
            Chain {
                sent: &["below", "leaf"],
                ..GOOD
            },
            refuse,
            "",
        ),
        (
            "an authority as leaf",
            Chain {
                leaf: "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,digitalSignature,keyCertSign\nextendedKeyUsage=serverAuth\nsubjectAltName=DNS:shop.example\nauthorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash",
                ..GOOD
            },
            pass,
            "",
        ),
        (
            "no authority",
            Chain {
                below: "basicConstraints=critical,CA:FALSE\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid",
                ..GOOD
            },
            refuse,
            "",
        ),
        (
            "an authority that may not sign",
            Chain {
                below: "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,cRLSign\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid",
                ..GOOD
            },
            refuse,
            "",
        ),
        (
            "a path too long",
            Chain {
                below: "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid",
                ..GOOD
            },
            pass,
            "",
        ),
        (
            "for clients",
            Chain {
                leaf: "extendedKeyUsage=clientAuth\nsubjectAltName=DNS:shop.example\nauthorityKeyIdentifier=keyid",
                ..GOOD
            },
            refuse,
            "",
        ),
        (
            "for anything",
            Chain {
                leaf: "extendedKeyUsage=anyExtendedKeyUsage\nsubjectAltName=DNS:shop.example\nauthorityKeyIdentifier=keyid",
                ..GOOD
            },
            [false, true, false],
            "GnuTLS takes any purpose for this one, as Chrome and Go do; openssl and Firefox do not",
        ),
        (
            "an authority for anything",
            Chain {
                below: "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nextendedKeyUsage=anyExtendedKeyUsage\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid",
                ..GOOD
            },
            refuse,
            "",
        ),
        (
            "an authority for mail",
            Chain {
                below: "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nextendedKeyUsage=emailProtection\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid",
                ..GOOD
            },
            refuse,
            "",
        ),
        (
            "an RSA key of 1024 bits",
            Chain {
                key: "rsa:1024",
                ..GOOD
            },
            [true, true, false],
            "openssl verify has security level 1 and certtool its low profile by default; browsers and Go refuse it",
        ),
        (
            "a key of RSA for PSS alone",
            Chain {
                key: "rsa-pss",
                ..GOOD
            },
            [true, true, false],
            "openssl and GnuTLS know such keys; browsers and Go do not",
        ),
        (
            "SHA-1",
            Chain {
                digest: "sha1",
                ..GOOD
            },
            [true, false, false],
            "openssl verify does not hold the chain against a security level unless -auth_level is given",
        ),
        (
            "another name permitted",
            Chain {
                below: "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nnameConstraints=critical,permitted;DNS:other.example\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid",
                ..GOOD
            },
            refuse,
            "",
        ),
        (
            "its name excluded",
            Chain {
                below: "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nnameConstraints=critical,excluded;DNS:shop.example\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid",
                ..GOOD
            },
            refuse,
            "",
        ),
        (
            "an unknown critical extension",
            Chain {
                leaf: "subjectAltName=DNS:shop.example\nextendedKeyUsage=serverAuth\nauthorityKeyIdentifier=keyid\n1.2.3.4=critical,DER:0500",
                ..GOOD
            },
            refuse,
            "",
        ),
    ]
}

#[test]
#[ignore = "needs openssl and gnutls-bin; .ci/run installs them"]
fn verdicts_are_those_of_openssl_and_gnutls_or_the_table_says_why_not() {
    let mut wrong = Vec::new();
    for (fault, chain, expected, why) in rows() {
        let office = Office::new();
        office.issue("leaf-of-other", "other", SERVER, &GOOD);
        office.run(&format!(
            "openssl req -x509 -newkey {P256} -nodes -keyout own.key -out own.pem -days 90 -subj /CN=shop.example \
             -addext subjectAltName=DNS:shop.example"
        ));
        office.chain(&chain);
        let (accepted, found) = office.doorstep();
        let verdicts = [office.openssl(), office.gnutls(), accepted];
        let explained = why.is_empty() == expected.iter().all(|own| *own == expected[0]);
        if verdicts != expected || !explained {
            wrong.push(format!("{fault}: {verdicts:?}, found {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A program that is ended with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// Asked of the kernel: the responder of openssl waits for ever on a connection that is closed without a question.
fn is_listening(port: u16) -> bool {
    let wanted = format!(":{port:04X}");
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"];
    let lines = tables
        .map(|table| std::fs::read_to_string(table).unwrap_or_default())
        .concat();
    lines.lines().any(|line| {
        let mut fields = line.split_whitespace().skip(1);
        let local = fields.next().is_some_and(|local| local.ends_with(&wanted));
        local && fields.nth(1) == Some("0A")
    })
}

impl Office {
    /// Starts a line of the shell and waits until the port takes connections.
    fn start(&self, line: &str, port: u16) -> Running {
        let child = Command::new("sh")
            .current_dir(self.path())
            .args(["-c", &format!("exec {line}")])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let running = Running(child);
        for _ in 0..100 {
            if is_listening(port) {
                return running;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("`{line}` does not listen");
    }

    /// What `--revocation` says of the chain behind a server.
    fn revocation(&self) -> (Value, Vec<String>) {
        let port = free_port();
        let line = format!(
            "openssl s_server -quiet -accept {port} -cert leaf.pem -key leaf.key -cert_chain below.pem"
        );
        let _server = self.start(&line, port);
        let output = Command::new(env!("CARGO_BIN_EXE_doorstep"))
            .args([
                "tlscheck",
                &format!("shop.example:{port}"),
                "--address",
                "127.0.0.1",
            ])
            .args([
                "--revocation",
                "--handshake-only",
                "--no-config",
                "--json",
                "--trust",
            ])
            .arg(self.file("root.pem"))
            .output()
            .unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let findings = report["findings"].as_array().unwrap().iter();
        let ids = findings.map(|finding| finding["id"].as_str().unwrap().to_owned());
        (
            report["tls"]["endpoints"][0]["revocation"].clone(),
            ids.collect(),
        )
    }
}

#[test]
#[ignore = "needs openssl; .ci/run installs it"]
fn the_responder_of_openssl_is_believed() {
    let office = Office::new();
    let port = free_port();
    let leaf = format!("{SERVER}\nauthorityInfoAccess=OCSP;URI:http://127.0.0.1:{port}/\n");
    office.issue("below", "root", AUTHORITY, &GOOD);
    office.issue("leaf", "below", &leaf, &GOOD);
    let responder = format!(
        "openssl ocsp -index below.index -port {port} -rsigner below.pem -rkey below.key -CA below.pem -nmin 60"
    );
    let status = || {
        let _responder = office.start(&responder, port);
        office.revocation()
    };
    let (good, found) = status();
    assert_eq!(good["status"], "good", "{good} {found:?}");
    assert!(!found.contains(&"tls/revoked".to_owned()));
    office.run("openssl ca -config below.cnf -revoke leaf.pem -crl_reason keyCompromise");
    let (revoked, found) = status();
    assert_eq!(
        (&revoked["status"], &revoked["reason"]),
        (&"revoked".into(), &"keyCompromise".into())
    );
    assert!(found.contains(&"tls/revoked".to_owned()), "{found:?}");
    office.write("below.index", "");
    let (unknown, found) = status();
    assert_eq!(unknown["status"], "unknown", "{unknown}");
    assert!(
        found.contains(&"tls/status-unusable".to_owned()),
        "{found:?}"
    );
}

#[test]
#[ignore = "needs openssl and nginx; .ci/run installs them"]
fn a_list_that_nginx_serves_is_believed() {
    let office = Office::new();
    let port = free_port();
    let leaf = format!("{SERVER}\ncrlDistributionPoints=URI:http://127.0.0.1:{port}/below.crl\n");
    office.issue("below", "root", AUTHORITY, &GOOD);
    office.issue("leaf", "below", &leaf, &GOOD);
    let at = office.path().display();
    office.write(
        "nginx.conf",
        &format!(
            "daemon off; pid {at}/nginx.pid; error_log {at}/error.log; events {{}}\n\
             http {{ access_log off; client_body_temp_path {at}/b; proxy_temp_path {at}/p; fastcgi_temp_path {at}/f;\n\
             uwsgi_temp_path {at}/u; scgi_temp_path {at}/s; server {{ listen 127.0.0.1:{port}; root {at}; }} }}\n"
        ),
    );
    office.run(&format!("chmod 755 {at}"));
    let publish = || {
        office.run("openssl ca -config below.cnf -gencrl | openssl crl -outform DER -out below.crl")
    };
    publish();
    let _nginx = office.start(&format!("nginx -c {at}/nginx.conf"), port);
    let (good, found) = office.revocation();
    assert_eq!(good["status"], "good", "{good} {found:?}");
    office.run("openssl ca -config below.cnf -revoke leaf.pem -crl_reason superseded");
    publish();
    let (revoked, found) = office.revocation();
    assert_eq!(
        (&revoked["status"], &revoked["reason"]),
        (&"revoked".into(), &"superseded".into())
    );
    assert!(found.contains(&"tls/revoked".to_owned()), "{found:?}");
}
