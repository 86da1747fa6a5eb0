//! `httpcheck` against nginx, Apache, HAProxy and Caddy: the right configuration, the commonest wrong ones, and these again
//! with the line that the fix sentence gives.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use doorstep::net::clock::Stopwatch;
use serde_json::Value;

const NEEDS: &str =
    "needs root, nginx, apache2, haproxy, caddy, openssl and curl; .ci/run installs them";
/// No registrable name and no `www`, so that no twin is looked up, and waited for, in vain.
const HOST: &str = "door.shop.example";
const PROBE: &str = "/doorstep-probe/a%20b%2Fc?x=1&y=%26";
/// How long a server may take to listen.
const PATIENCE: Duration = Duration::from_secs(20);

/// A certificate authority and a leaf for the site, in a directory of their own.
struct Ground(tempfile::TempDir);

impl Ground {
    fn new() -> Self {
        let ground = Self(tempfile::tempdir().unwrap());
        std::fs::write(
            ground.file("leaf.ext"),
            format!("subjectAltName=DNS:{HOST}\nextendedKeyUsage=serverAuth\n"),
        )
        .unwrap();
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
        for arguments in [
            format!("req -x509 {key} -keyout ca.key -out ca.pem -days 3650 -subj /CN=Interop-Root -addext keyUsage=critical,keyCertSign,cRLSign"),
            format!("req {key} -keyout leaf.key -out leaf.csr -subj /CN={HOST}"),
            "x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out leaf.pem -days 90 -extfile leaf.ext".to_owned(),
        ] {
            let mut openssl = Command::new("openssl");
            openssl.args(arguments.split(' ')).current_dir(ground.0.path());
            assert!(openssl.output().unwrap_or_else(|error| panic!("{error}; {NEEDS}")).status.success());
        }
        let both = ["leaf.pem", "leaf.key"]
            .map(|name| std::fs::read_to_string(ground.file(name)).unwrap());
        std::fs::write(ground.file("both.pem"), both.concat()).unwrap();
        std::fs::create_dir(ground.file("site")).unwrap();
        std::fs::write(ground.file("site/index.html"), "Come in, we are open.\n").unwrap();
        // The server's own user is to read it.
        let open = Command::new("chmod")
            .args(["-R", "a+rX"])
            .arg(ground.0.path())
            .status();
        assert!(open.unwrap().success());
        ground
    }

    fn file(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }
}

/// One of the peers.
#[derive(Clone, Copy, Debug)]
enum Peer {
    Nginx,
    Apache,
    Haproxy,
    Caddy,
}

/// A server that runs until it is dropped, and where it listens.
struct Running {
    child: Child,
    http: u16,
    https: u16,
}

impl Drop for Running {
    fn drop(&mut self) {
        // SIGTERM, so that a master takes its workers along.
        let _ = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        let began = Stopwatch::start();
        while self.child.try_wait().is_ok_and(|ended| ended.is_none()) && began.elapsed() < PATIENCE
        {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

impl Peer {
    /// Starts it; `{http}`, `{https}` and `{dir}` in the configuration are filled in.
    fn start(self, ground: &Ground, configuration: &str) -> Running {
        let (http, https) = (free_port(), free_port());
        let text = self.whole(configuration);
        let text = text
            .replace("{http}", &http.to_string())
            .replace("{https}", &https.to_string());
        let text = text.replace("{dir}", &ground.0.path().display().to_string());
        let file = ground.file("server.conf");
        std::fs::write(&file, &text).unwrap();
        let (program, arguments): (&str, Vec<&str>) = match self {
            Self::Nginx => ("nginx", vec!["-c", &file, "-g", "daemon off;"]),
            Self::Apache => ("apache2", vec!["-f", &file, "-DFOREGROUND"]),
            Self::Haproxy => ("haproxy", vec!["-db", "-f", &file]),
            Self::Caddy => (
                "caddy",
                vec!["run", "--adapter", "caddyfile", "--config", &file],
            ),
        };
        let log = std::fs::File::create(ground.file("server.log")).unwrap();
        let path = std::env::var("PATH").unwrap_or_default();
        let child = Command::new(program)
            .args(&arguments)
            .env("PATH", format!("{path}:/usr/sbin"))
            .env("HOME", ground.0.path())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("{program}: {error}; {NEEDS}"));
        let running = Running { child, http, https };
        for port in [http, https] {
            let began = Stopwatch::start();
            while TcpStream::connect(("127.0.0.1", port)).is_err() {
                let log = || std::fs::read_to_string(ground.file("server.log")).unwrap_or_default();
                assert!(
                    began.elapsed() < PATIENCE,
                    "{self:?} does not listen: {}\n{text}",
                    log()
                );
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        running
    }

    fn whole(self, own: &str) -> String {
        match self {
            Self::Nginx => format!(
                "pid {{dir}}/nginx.pid; error_log {{dir}}/error.log; worker_processes 1; events {{}}\nhttp {{\n access_log off;\n \
                 ssl_certificate {{dir}}/leaf.pem; ssl_certificate_key {{dir}}/leaf.key;\n{own}\n}}\n"
            ),
            Self::Apache => {
                let modules = [
                    "mpm_event",
                    "authz_core",
                    "dir",
                    "ssl",
                    "socache_shmcb",
                    "headers",
                    "rewrite",
                    "alias",
                    "http2",
                    "setenvif",
                ];
                let load = modules.map(|name| {
                    format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n")
                });
                format!(
                    "{}ServerRoot {{dir}}\nPidFile {{dir}}/apache.pid\nErrorLog {{dir}}/error.log\nServerName {HOST}\nListen {{http}}\n\
                     Listen {{https}}\nUser www-data\nGroup www-data\nDocumentRoot {{dir}}/site\nAllowEncodedSlashes On\n\
                     Protocols h2 http/1.1\n<Directory {{dir}}/site>\nRequire all granted\nDirectoryIndex index.html\n</Directory>\n{own}\n",
                    load.concat()
                )
            }
            Self::Haproxy => format!(
                "global\n log stderr local0 err\ndefaults\n mode http\n timeout client 5s\n timeout server 5s\n timeout connect 5s\n{own}\n"
            ),
            Self::Caddy => format!("{{\n admin off\n auto_https off\n}}\n{own}\n"),
        }
    }
}

/// A look at the site: the server listens on IPv4, and on IPv6 where that is asked for.
fn look(ground: &Ground, server: &Running, families: &[&str]) -> Value {
    let hosts: String = families
        .iter()
        .map(|address| format!("{address} {HOST}\n"))
        .collect();
    std::fs::write(ground.file("hosts"), hosts).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_doorstep"));
    command.args([
        "httpcheck",
        HOST,
        "--json",
        "--no-config",
        "--probe-timeout",
        "1s",
    ]);
    command.args([
        "--trust",
        &ground.file("ca.pem"),
        "--hosts",
        &ground.file("hosts"),
    ]);
    // The hosts file has all that is looked up.
    command.args(["--resolver", "127.0.0.1:1"]);
    for address in ["127.0.0.1", "[::1]"] {
        for (port, own) in [(80, server.http), (443, server.https)] {
            command.args(["--connect-to", &format!("{address}:{port}:{address}:{own}")]);
        }
    }
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {stderr}"))
}

fn ids(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| finding["id"].as_str().unwrap())
        .collect()
}

/// Every status and the final URL by curl.
fn curl(ground: &Ground, server: &Running, start: &str) -> (Vec<i64>, String) {
    let (port_80, port_443) = (
        format!("{HOST}:80:127.0.0.1:{}", server.http),
        format!("{HOST}:443:127.0.0.1:{}", server.https),
    );
    let ca = ground.file("ca.pem");
    let output: Output = Command::new("curl")
        .args([
            "-sS",
            "-L",
            "-D",
            "-",
            "-o",
            "/dev/null",
            "-w",
            "final %{url_effective}\n",
            "--cacert",
            &ca,
        ])
        .args(["--connect-to", &port_80, "--connect-to", &port_443, start])
        .output()
        .unwrap_or_else(|error| panic!("{error}; {NEEDS}"));
    let text = String::from_utf8(output.stdout).unwrap();
    let statuses = text.lines().filter(|line| line.starts_with("HTTP/"));
    let statuses = statuses.map(|line| line.split(' ').nth(1).unwrap().parse().unwrap());
    let last = text.lines().find_map(|line| line.strip_prefix("final "));
    (statuses.collect(), last.unwrap_or_default().to_owned())
}

/// The hops from both kinds of start are those of curl.
fn agrees_with_curl(ground: &Ground, server: &Running, report: &Value) {
    for path in ["/", PROBE] {
        let start = format!("http://{HOST}{path}");
        let routes = report["http"]["routes"].as_array().unwrap();
        let own =
            |route: &&Value| route["start"] == start.as_str() && route["address"] == "127.0.0.1";
        let route = routes.iter().find(own).unwrap();
        let hops = route["hops"].as_array().unwrap();
        let statuses: Vec<i64> = hops
            .iter()
            .filter_map(|hop| hop["status"].as_i64())
            .collect();
        let last = hops.last().unwrap()["url"].as_str().unwrap().to_owned();
        assert_eq!((statuses, last), curl(ground, server, &start), "{start}");
    }
}

/// The piece of configuration in a fix sentence that begins like this.
fn line(report: &Value, id: &str, begins: &str) -> String {
    let findings = report["findings"].as_array().unwrap();
    let finding = findings.iter().find(|finding| finding["id"] == id).unwrap();
    let fix = finding["fix"].as_str().unwrap();
    let mut quoted = fix.split('`').skip(1).step_by(2);
    let line = quoted.find(|line| line.starts_with(begins));
    line.unwrap_or_else(|| panic!("`{begins}` in {fix}"))
        .to_owned()
}

/// A configuration with a fault in the place of `right`, what is found, and how the line that mends it begins.
struct Fault {
    right: &'static str,
    wrong: &'static str,
    id: &'static str,
    begins: &'static str,
}

/// The right configuration has no findings; each fault has its own; and with the line of the fix it is gone.
fn hold(peer: Peer, right: &str, faults: &[Fault]) {
    let ground = Ground::new();
    {
        let server = peer.start(&ground, right);
        let report = look(&ground, &server, &["127.0.0.1"]);
        assert_eq!(ids(&report), [""; 0], "{peer:?}: {:#}", report["findings"]);
        agrees_with_curl(&ground, &server, &report);
    }
    for fault in faults {
        assert!(
            right.contains(fault.right),
            "{peer:?} has no {}",
            fault.right
        );
        let wrong = right.replace(fault.right, fault.wrong);
        let server = peer.start(&ground, &wrong);
        let report = look(&ground, &server, &["127.0.0.1"]);
        assert_eq!(
            ids(&report),
            [fault.id],
            "{peer:?} with {}: {:#}",
            fault.wrong,
            report["findings"]
        );
        agrees_with_curl(&ground, &server, &report);
        drop(server);
        let mended = right.replace(fault.right, &line(&report, fault.id, fault.begins));
        let server = peer.start(&ground, &mended);
        let report = look(&ground, &server, &["127.0.0.1"]);
        assert_eq!(ids(&report), [""; 0], "{peer:?} mended: {mended}");
    }
}

const NGINX: &str = r#"
 server {
  listen 127.0.0.1:{http};
  server_name door.shop.example;
  return 301 https://$host$request_uri;
 }
 server {
  listen 127.0.0.1:{https} ssl http2; listen [::1]:{https} ssl http2;
  server_name door.shop.example;
  root {dir}/site;
  add_header Strict-Transport-Security "max-age=31536000" always;
 }
"#;

const APACHE: &str = r#"
<VirtualHost *:{http}>
ServerName door.shop.example
AllowEncodedSlashes On
RewriteEngine On
RewriteCond %{THE_REQUEST} "^\S+ (\S+)"
RewriteRule ^ https://%{HTTP_HOST}%1 [R=301,NE,L]
</VirtualHost>
<VirtualHost *:{https}>
ServerName door.shop.example
AllowEncodedSlashes On
SSLEngine on
SSLCertificateFile {dir}/leaf.pem
SSLCertificateKeyFile {dir}/leaf.key
Header always set Strict-Transport-Security "max-age=31536000"
</VirtualHost>
"#;

const HAPROXY: &str = r#"
frontend clear
 bind 127.0.0.1:{http}
 http-request redirect scheme https code 301 unless { ssl_fc }
frontend secure
 bind 127.0.0.1:{https} ssl crt {dir}/both.pem alpn h2,http/1.1
 http-after-response set-header Strict-Transport-Security max-age=31536000
 http-request return status 200 content-type text/html string "Come in" if { path / }
 http-request return status 404 content-type text/html string "Nothing here"
"#;

const CADDY: &str = r#"
http://door.shop.example:{http} {
 bind 127.0.0.1
 redir https://{host}{uri} permanent
}
https://door.shop.example:{https} {
 bind 127.0.0.1
 tls {dir}/leaf.pem {dir}/leaf.key
 header Strict-Transport-Security max-age=31536000
 root * {dir}/site
 file_server
}
"#;

const fn fault(
    right: &'static str,
    wrong: &'static str,
    id: &'static str,
    begins: &'static str,
) -> Fault {
    Fault {
        right,
        wrong,
        id,
        begins,
    }
}

#[test]
#[ignore = "needs root, nginx, apache2, haproxy, caddy, openssl and curl; .ci/run installs them"]
fn nginx_is_judged_rightly_and_mended_by_the_line_of_the_fix() {
    const REDIRECT: &str = "return 301 https://$host$request_uri;";
    const POLICY: &str = "add_header Strict-Transport-Security \"max-age=31536000\" always;";
    hold(
        Peer::Nginx,
        NGINX,
        &[
            fault(
                POLICY,
                "add_header Strict-Transport-Security \"max-age=31536000\";",
                "http/hsts-partial",
                "add_header",
            ),
            fault(POLICY, "", "http/hsts-missing", "add_header"),
            fault(
                REDIRECT,
                "return 301 https://$host$uri;",
                "http/path-lost",
                "return 301",
            ),
            // It swallows the challenge of an authority as well, which is told with it.
            fault(
                REDIRECT,
                "return 301 https://$host/;",
                "http/path-lost",
                "return 301",
            ),
            fault(
                REDIRECT,
                "return 302 https://$host$request_uri;",
                "http/not-permanent",
                "return 301",
            ),
            fault(
                REDIRECT,
                "root {dir}/site;",
                "http/no-redirect",
                "return 301",
            ),
            fault(
                REDIRECT,
                "location = / { return 301 https://$host$request_uri; }",
                "http/only-root",
                "return 301",
            ),
        ],
    );
}

#[test]
#[ignore = "needs root, nginx, apache2, haproxy, caddy, openssl and curl; .ci/run installs them"]
fn apache_is_judged_rightly_and_mended_by_the_line_of_the_fix() {
    const REDIRECT: &str = "RewriteRule ^ https://%{HTTP_HOST}%1 [R=301,NE,L]";
    const POLICY: &str = "Header always set Strict-Transport-Security \"max-age=31536000\"";
    let faults = [
        fault(
            POLICY,
            "Header set Strict-Transport-Security \"max-age=31536000\"",
            "http/hsts-partial",
            "Header always set",
        ),
        fault(
            REDIRECT,
            "Redirect permanent / https://door.shop.example",
            "http/host-glued",
            "RewriteRule",
        ),
        fault(
            REDIRECT,
            "RewriteRule ^ https://%{HTTP_HOST}/ [R=301,L]",
            "http/path-lost",
            "RewriteRule",
        ),
        fault(REDIRECT, "", "http/no-redirect", "RewriteRule"),
    ];
    hold(Peer::Apache, APACHE, &faults);
    // As it comes, Apache answers an encoded slash with 404: that is no page that was left out of the redirect.
    let as_it_comes = APACHE.replace("AllowEncodedSlashes On\n", "");
    hold(Peer::Apache, &as_it_comes, &faults[1..2]);
}

#[test]
#[ignore = "needs root, nginx, apache2, haproxy, caddy, openssl and curl; .ci/run installs them"]
fn haproxy_is_judged_rightly_and_mended_by_the_line_of_the_fix() {
    const REDIRECT: &str = "http-request redirect scheme https code 301 unless { ssl_fc }";
    const POLICY: &str =
        "http-after-response set-header Strict-Transport-Security max-age=31536000";
    hold(
        Peer::Haproxy,
        HAPROXY,
        &[
            fault(
                POLICY,
                "http-response set-header Strict-Transport-Security max-age=31536000",
                "http/hsts-missing",
                "http-after-response",
            ),
            fault(
                REDIRECT,
                "http-request redirect location https://door.shop.example/ code 301",
                "http/path-lost",
                "http-request redirect",
            ),
            fault(
                REDIRECT,
                "http-request redirect scheme https",
                "http/not-permanent",
                "http-request redirect",
            ),
        ],
    );
}

#[test]
#[ignore = "needs root, nginx, apache2, haproxy, caddy, openssl and curl; .ci/run installs them"]
fn caddy_is_judged_rightly_and_mended_by_the_line_of_the_fix() {
    const REDIRECT: &str = "redir https://{host}{uri} permanent";
    const POLICY: &str = "header Strict-Transport-Security max-age=31536000";
    hold(
        Peer::Caddy,
        CADDY,
        &[
            fault(POLICY, "", "http/hsts-missing", "header Strict"),
            fault(
                REDIRECT,
                "redir https://{host} permanent",
                "http/path-lost",
                "redir https",
            ),
            fault(
                REDIRECT,
                "redir https://{host}{uri}",
                "http/not-permanent",
                "redir https",
            ),
        ],
    );
}

#[test]
#[ignore = "needs root, nginx, apache2, haproxy, caddy, openssl and curl; .ci/run installs them"]
fn a_challenge_that_is_kept_out_is_let_in_by_the_lines_of_the_fix() {
    let ground = Ground::new();
    let hidden = "root {dir}/site; location ~ /\\. { deny all; }";
    let wrong = NGINX.replace("root {dir}/site;", hidden);
    let server = Peer::Nginx.start(&ground, &wrong);
    let report = look(&ground, &server, &["127.0.0.1"]);
    assert_eq!(
        ids(&report),
        ["http/acme-challenge"],
        "{:#}",
        report["findings"]
    );
    drop(server);
    let through = line(&report, "http/acme-challenge", "location ^~");
    let redirect = "return 301 https://$host$request_uri;";
    let mended = wrong.replace(redirect, &format!("{through} location / {{ {redirect} }}"));
    let server = Peer::Nginx.start(&ground, &mended);
    assert_eq!(ids(&look(&ground, &server, &["127.0.0.1"])), [""; 0]);
}

#[test]
#[ignore = "needs root, nginx, apache2, haproxy, caddy, openssl and curl; .ci/run installs them"]
fn a_redirect_that_swallows_the_challenge_is_told_once_with_its_cause() {
    let ground = Ground::new();
    let redirect = "return 301 https://$host$request_uri;";
    let wrong = NGINX.replace(redirect, "return 301 https://$host/;");
    let server = Peer::Nginx.start(&ground, &wrong);
    let report = look(&ground, &server, &["127.0.0.1"]);
    assert_eq!(ids(&report), ["http/path-lost"]);
    let also = &report["findings"][0]["evidence"]["also"];
    assert_eq!(also[0]["id"], "http/acme-challenge", "{also}");
}

#[test]
#[ignore = "needs root, nginx, apache2, haproxy, caddy, openssl and curl; .ci/run installs them"]
fn a_family_without_listener_is_named_until_it_has_one() {
    let ground = Ground::new();
    let both = ["127.0.0.1", "::1"];
    let server = Peer::Nginx.start(&ground, NGINX);
    assert_eq!(ids(&look(&ground, &server, &both)), ["http/family-fails"]);
    drop(server);
    let listen = "listen 127.0.0.1:{http};";
    let mended = NGINX.replace(listen, &format!("{listen} listen [::1]:{{http}};"));
    let server = Peer::Nginx.start(&ground, &mended);
    assert_eq!(ids(&look(&ground, &server, &both)), [""; 0]);
}

#[test]
#[ignore = "needs root, nginx, apache2, haproxy, caddy, openssl and curl; .ci/run installs them"]
fn an_application_that_does_not_know_of_tls_is_told_by_the_line_of_the_fix() {
    let (inside, ground) = (Ground::new(), Ground::new());
    let application = r#"
 map $http_x_forwarded_proto $proto { default http; https https; }
 server {
  listen 127.0.0.1:{http}; listen 127.0.0.1:{https};
  root {dir}/site;
  location = / { return 301 $proto://$host/index.html; }
 }
"#;
    let behind = Peer::Nginx.start(&inside, application);
    let proxy = |told: &str| {
        let (front, _) = HAPROXY.split_once(" http-request return").unwrap();
        format!(
            "{front} {told}\n default_backend inside\nbackend inside\n server one 127.0.0.1:{}\n",
            behind.http
        )
    };
    let server = Peer::Haproxy.start(&ground, &proxy(""));
    let report = look(&ground, &server, &["127.0.0.1"]);
    assert_eq!(ids(&report), ["http/downgrade"], "{:#}", report["findings"]);
    // curl heeds the policy that it has just met and leaves the step in clear out; who cannot is who meets it.
    let (_, last) = curl(&ground, &server, &format!("http://{HOST}/"));
    assert_eq!(report["http"]["routes"][0]["final_url"], last.as_str());
    drop(server);
    let told = line(&report, "http/downgrade", "http-request set-header");
    let server = Peer::Haproxy.start(&ground, &proxy(&told));
    assert_eq!(ids(&look(&ground, &server, &["127.0.0.1"])), [""; 0]);
}
