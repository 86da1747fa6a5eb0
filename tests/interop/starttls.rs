//! STARTTLS with the servers that people run: the probes and the list come to an end behind each, and nothing is left open.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::tls::{Server, enumerated, material, words};

/// A server's place for its files, and the certificate that it shows.
struct Place {
    directory: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let _ = material(directory.path());
        // Servers that give up root must still come here.
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
        Self { directory }
    }

    fn file(&self, name: &str) -> String {
        self.directory.path().join(name).display().to_string()
    }

    fn write(&self, name: &str, text: &str) -> String {
        fs::write(self.directory.path().join(name), text).unwrap();
        self.file(name)
    }

    fn folder(&self, name: &str) -> String {
        fs::create_dir_all(self.directory.path().join(name)).unwrap();
        self.file(name)
    }

    /// Gives everything here to a user.
    fn give(&self, user: &str) {
        let id = |flag| {
            let output = Command::new("id").args([flag, user]).output().unwrap();
            String::from_utf8(output.stdout)
                .unwrap()
                .trim()
                .parse()
                .ok()
        };
        let (uid, gid): (Option<u32>, Option<u32>) = (id("-u"), id("-g"));
        assert!(uid.is_some(), "no user {user}");
        for entry in fs::read_dir(self.directory.path()).unwrap() {
            chown(entry.unwrap().path(), uid, gid).unwrap();
        }
        chown(self.directory.path(), uid, gid).unwrap();
    }
}

/// The report of doorstep on a server that is asked for TLS in this protocol.
fn report(port: u16, protocol: &str) -> Value {
    enumerated(port, &["--starttls", protocol])
}

/// TLS 1.2 and 1.3 must be listed whole behind the protocol, and the certificate must be the server's.
fn hold(port: u16, protocol: &str) {
    let report = report(port, protocol);
    let endpoint = &report["tls"]["endpoints"][0];
    assert_eq!(endpoint["error"], Value::Null, "{protocol}: {report:#}");
    assert_eq!(endpoint["starttls"], protocol);
    assert_eq!(endpoint["chain"][0]["san"][0], "shop.example", "{protocol}");
    let offered = &endpoint["offered"];
    assert_eq!(offered["complete"], true, "{protocol}: {report:#}");
    let versions: Vec<&str> = offered["versions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|version| version["version"].as_str().unwrap())
        .collect();
    for version in ["TLSv1.3", "TLSv1.2"] {
        assert!(versions.contains(&version), "{protocol}: {versions:?}");
    }
    let findings = report["findings"].as_array().unwrap();
    let odd = [
        "tls/uncertain",
        "tls/starttls-missing",
        "tls/starttls-injection",
    ];
    for finding in findings {
        assert!(
            !odd.iter().any(|id| finding["id"] == *id),
            "{protocol}: {finding:#}"
        );
    }
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

#[test]
#[ignore = "needs root, openssl and postfix; .ci/run installs them"]
fn postfix_is_walked_by_smtp() {
    let place = Place::new();
    let (queue, data) = (place.folder("queue"), place.folder("data"));
    let (rsa, key) = (place.file("rsa.pem"), place.file("rsa.key"));
    place.write(
        "main.cf",
        &format!(
            "compatibility_level = 3.6\nqueue_directory = {queue}\ndata_directory = {data}\n\
             command_directory = /usr/sbin\ndaemon_directory = /usr/lib/postfix/sbin\nmyhostname = mx.shop.example\n\
             inet_interfaces = 127.0.0.1\nsmtpd_tls_security_level = may\nsmtpd_tls_cert_file = {rsa}\n\
             smtpd_tls_key_file = {key}\nsmtpd_tls_loglevel = 0\nmaillog_file = /dev/stdout\nsmtpd_peername_lookup = no\n\
             smtpd_client_connection_count_limit = 0\n"
        ),
    );
    let directory = text(place.directory.path());
    chown_to_postfix(&data);
    let server = Server::start("postfix", |port| {
        let services = [
            "anvil unix - - n - 1 anvil",
            "tlsmgr unix - - n 1000? 1 tlsmgr",
            "rewrite unix - - n - - trivial-rewrite",
            "proxymap unix - - n - - proxymap",
            "postlog unix-dgram n - n - 1 postlogd",
            "cleanup unix n - n - 0 cleanup",
        ];
        let master = format!("{port} inet n - n - - smtpd\n{}\n", services.join("\n"));
        fs::write(format!("{directory}/master.cf"), master).unwrap();
        words(&format!("-c {directory} start-fg"))
    });
    hold(server.port, "smtp");
    let _ = Command::new("postfix")
        .args(["-c", &directory, "stop"])
        .output();
}

fn chown_to_postfix(path: &str) {
    let output = Command::new("chown")
        .args(["postfix", path])
        .output()
        .unwrap();
    assert!(output.status.success());
}

#[test]
#[ignore = "needs root, openssl and dovecot; .ci/run installs them"]
fn dovecot_is_walked_by_imap_pop3_sieve_and_lmtp() {
    let place = Place::new();
    let (run, state) = (place.folder("run"), place.folder("state"));
    let (rsa, key) = (place.file("rsa.pem"), place.file("rsa.key"));
    let ports = [(); 3].map(|()| super::tls::free_port());
    let [pop3, sieve, lmtp] = ports;
    let configuration = place.file("dovecot.conf");
    let server = Server::start("dovecot", |imap| {
        let block = |service: &str, listener: &str, inside: &str| {
            format!("service {service} {{\n inet_listener {listener} {{\n{inside}\n }}\n}}\n")
        };
        let inet = |service: &str, listener: &str, port: u16| {
            block(
                service,
                listener,
                &format!("address = 127.0.0.1\nport = {port}"),
            )
        };
        let off = |service: &str, listener: &str| block(service, listener, "port = 0");
        let services = [
            inet("imap-login", "imap", imap),
            off("imap-login", "imaps"),
            inet("pop3-login", "pop3", pop3),
            off("pop3-login", "pop3s"),
            inet("managesieve-login", "sieve", sieve),
            inet("lmtp", "lmtp", lmtp),
        ];
        let text = format!(
            "base_dir = {run}\nstate_dir = {state}\nlog_path = /dev/null\nprotocols = imap pop3 lmtp sieve\nssl = yes\n\
             ssl_cert = <{rsa}\nssl_key = <{key}\nmail_location = maildir:/nonexistent\n{}\
             passdb {{\n driver = static\n args = password=x\n }}\n\
             userdb {{\n driver = static\n args = uid=nobody gid=nogroup home=/nonexistent\n }}\n",
            services.concat()
        );
        fs::write(&configuration, text).unwrap();
        words(&format!("-F -c {configuration}"))
    });
    for (port, protocol) in [
        (server.port, "imap"),
        (pop3, "pop3"),
        (sieve, "sieve"),
        (lmtp, "lmtp"),
    ] {
        hold(port, protocol);
    }
    let _ = Command::new("dovecot")
        .args(["-c", &place.file("dovecot.conf"), "stop"])
        .output();
}

#[test]
#[ignore = "needs root, openssl and vsftpd; .ci/run installs them"]
fn vsftpd_is_walked_by_ftp() {
    let place = Place::new();
    let (rsa, key) = (place.file("rsa.pem"), place.file("rsa.key"));
    let empty = place.folder("empty");
    let configuration = place.file("vsftpd.conf");
    let server = Server::start("vsftpd", |port| {
        let text = format!(
            "listen=YES\nlisten_address=127.0.0.1\nlisten_port={port}\nbackground=NO\nssl_enable=YES\nrsa_cert_file={rsa}\n\
             rsa_private_key_file={key}\nsecure_chroot_dir={empty}\nmax_clients=0\nmax_per_ip=0\n"
        );
        fs::write(&configuration, text).unwrap();
        vec![configuration.clone()]
    });
    hold(server.port, "ftp");
}

#[test]
#[ignore = "needs root, openssl and slapd; .ci/run installs them"]
fn slapd_is_walked_by_ldap() {
    let place = Place::new();
    let (rsa, key, data) = (
        place.file("rsa.pem"),
        place.file("rsa.key"),
        place.folder("db"),
    );
    let configuration = place.write(
        "slapd.conf",
        &format!(
            "include /etc/ldap/schema/core.schema\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\nTLSCertificateFile {rsa}\n\
             TLSCertificateKeyFile {key}\ndatabase mdb\nsuffix \"dc=shop,dc=example\"\ndirectory {data}\n"
        ),
    );
    let server = Server::start("slapd", |port| {
        words(&format!(
            "-d 0 -f {configuration} -h ldap://127.0.0.1:{port}"
        ))
    });
    hold(server.port, "ldap");
}

#[test]
#[ignore = "needs root, openssl and postgresql; .ci/run installs them"]
fn postgresql_is_walked_by_its_own_request() {
    let place = Place::new();
    let (rsa, key) = (place.file("rsa.pem"), place.file("rsa.key"));
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    place.give("postgres");
    let programs = fs::read_dir("/usr/lib/postgresql").unwrap();
    let version = programs.map(|entry| entry.unwrap().path()).max().unwrap();
    let (programs, data) = (text(&version.join("bin")), place.file("data"));
    let made = Command::new("runuser")
        .args([
            "-u",
            "postgres",
            "--",
            &format!("{programs}/initdb"),
            "-D",
            &data,
            "--no-sync",
        ])
        .output()
        .unwrap();
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let server = Server::start("runuser", |port| {
        words(&format!(
            "-u postgres -- {programs}/postgres -D {data} -p {port} -k {data} -c listen_addresses=127.0.0.1 -c ssl=on \
             -c ssl_cert_file={rsa} -c ssl_key_file={key} -c max_connections=50"
        ))
    });
    hold(server.port, "postgres");
}

#[test]
#[ignore = "needs root, openssl and mariadb-server; .ci/run installs them"]
fn mariadb_is_walked_by_its_own_request() {
    let place = Place::new();
    let (rsa, key, data) = (
        place.file("rsa.pem"),
        place.file("rsa.key"),
        place.folder("data"),
    );
    place.give("mysql");
    let made = Command::new("mariadb-install-db")
        .args([
            "--no-defaults",
            "--user=mysql",
            "--skip-test-db",
            &format!("--datadir={data}"),
        ])
        .output()
        .unwrap();
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let server = Server::start("mariadbd", |port| {
        words(&format!(
            "--no-defaults --user=mysql --datadir={data} --socket={data}/socket --bind-address=127.0.0.1 --port={port} \
             --ssl-cert={rsa} --ssl-key={key} --max-connect-errors=1000000"
        ))
    });
    hold(server.port, "mysql");
}
