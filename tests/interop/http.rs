//! `httpcheck` against nginx, Apache, HAProxy and Caddy as Debian has them, at ports 80 and 443 of both families: the right
//! configuration, the commonest wrong ones, and these again with the lines that the fix sentence gives, where it says.

/// The redirect of the right configuration is another one, and is written anew. The constants are the server's own.
macro_rules! redirect {
    ($wrong:literal, $id:literal) => {
        fault(&[(REDIRECT, $wrong)], $id, |wrong, fix| {
            wrong.replace($wrong, &fix.lines(CLEAR))
        })
    };
}

/// The same of the policy.
macro_rules! policy {
    ($wrong:literal, $id:literal) => {
        fault(&[(POLICY, $wrong)], $id, |wrong, fix| {
            wrong.replace($wrong, &fix.lines(SECURE))
        })
    };
}

mod apache;
mod behind;
mod caddy;
mod fix;
mod haproxy;
mod nginx;

use std::collections::BTreeSet;
use std::fs;
use std::panic::AssertUnwindSafe;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use doorstep::net::clock::Stopwatch;
use serde_json::Value;

use super::namespace::Namespace;
use fix::Fix;

const NEEDS: &str =
    "needs root, iproute2, nginx, apache2, haproxy, caddy, openssl and curl; .ci/run installs them";
/// No registrable name and no `www`, so that no twin is looked up, and waited for, in vain.
const HOST: &str = "door.shop.example";
/// Another site at the same place.
const OTHER: &str = "other.shop.example";
const PROBE: &str = "/doorstep-probe/a%20b%2Fc?x=1&y=%26";
const SITE: [&str; 2] = ["203.0.113.80", "2001:db8::80"];
/// How long a server may take to listen.
const PATIENCE: Duration = Duration::from_secs(20);

/// A machine that is the site, a certificate authority, and a leaf for the site.
struct Ground(Namespace);

impl Ground {
    fn new() -> Self {
        let addresses = SITE.map(|address| address.parse().unwrap());
        let made = Namespace::new(&addresses, "127.0.0.1");
        let ground = Self(made.unwrap_or_else(|error| panic!("{error}; {NEEDS}")));
        ground.certify();
        let site = ground.file("site");
        fs::create_dir(&site).unwrap();
        fs::write(
            format!("{site}/index.html"),
            "<p>Come in, we are open.</p>\n",
        )
        .unwrap();
        let hosts: String = SITE
            .iter()
            .map(|address| format!("{address} {HOST} {OTHER}\n"))
            .collect();
        fs::write(ground.file("hosts"), hosts).unwrap();
        // The servers' own users are to read it.
        let directory = ground.0.directory();
        let open = Command::new("chmod")
            .args(["-R", "a+rX"])
            .arg(directory)
            .status();
        assert!(open.unwrap().success());
        ground
    }

    fn certify(&self) {
        let names = format!("subjectAltName=DNS:{HOST},DNS:{OTHER}\nextendedKeyUsage=serverAuth\n");
        fs::write(self.file("leaf.ext"), names).unwrap();
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
        for arguments in [
            format!("req -x509 {key} -keyout ca.key -out ca.pem -days 3650 -subj /CN=Interop-Root -addext keyUsage=critical,keyCertSign,cRLSign"),
            format!("req {key} -keyout leaf.key -out leaf.csr -subj /CN={HOST}"),
            "x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out leaf.pem -days 90 -extfile leaf.ext".to_owned(),
        ] {
            let mut openssl = Command::new("openssl");
            openssl.args(arguments.split(' ')).current_dir(self.0.directory());
            assert!(openssl.output().unwrap_or_else(|error| panic!("{error}; {NEEDS}")).status.success());
        }
        let both =
            ["leaf.pem", "leaf.key"].map(|name| fs::read_to_string(self.file(name)).unwrap());
        // Where the lines for HAProxy have it.
        let place = format!("{}/haproxy", self.0.etc());
        fs::create_dir(&place).unwrap();
        fs::write(format!("{place}/site.pem"), both.concat()).unwrap();
    }

    fn file(&self, name: &str) -> String {
        self.0.file(name)
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

/// A server that runs until it is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // SIGTERM, so that a master takes its workers along.
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let began = Stopwatch::start();
        while self.0.try_wait().is_ok_and(|ended| ended.is_none()) && began.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Peer {
    /// Starts it, as often as is wanted beside others; `{dir}` in the configuration is filled in.
    fn start(self, ground: &Ground, configuration: &str) -> Running {
        let before = listeners(ground);
        let text = self.whole(configuration);
        let text = text.replace("{dir}", &ground.0.directory().display().to_string());
        let file = ground.file(&format!("{self:?}.conf"));
        fs::write(&file, &text).unwrap();
        let (program, arguments): (&str, Vec<&str>) = match self {
            Self::Nginx => ("nginx", vec!["-c", &file, "-g", "daemon off;"]),
            Self::Apache => ("apache2", vec!["-f", &file, "-DFOREGROUND"]),
            Self::Haproxy => ("haproxy", vec!["-db", "-f", &file]),
            Self::Caddy => (
                "caddy",
                vec!["run", "--adapter", "caddyfile", "--config", &file],
            ),
        };
        let log = fs::File::create(ground.file("server.log")).unwrap();
        let child = ground
            .0
            .inside(program, &arguments)
            .env("HOME", ground.0.directory())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("{program}: {error}; {NEEDS}"));
        let mut running = Running(child);
        let began = Stopwatch::start();
        // All of its sockets are there once their number stays the same.
        let mut seen = before.clone();
        loop {
            std::thread::sleep(Duration::from_millis(100));
            let now = listeners(ground);
            if now == seen && now != before {
                return running;
            }
            seen = now;
            let ended = running.0.try_wait().unwrap();
            let log = || fs::read_to_string(ground.file("server.log")).unwrap_or_default();
            assert!(
                ended.is_none() && began.elapsed() < PATIENCE,
                "{self:?} does not listen: {}\n{text}",
                log()
            );
        }
    }

    fn whole(self, own: &str) -> String {
        match self {
            Self::Nginx => format!(
                "user www-data; pid {{dir}}/nginx.pid; error_log {{dir}}/error.log; worker_processes 1; events {{}}\nhttp {{\n \
                 access_log off;\n types {{ text/html html; }}\n ssl_certificate {{dir}}/leaf.pem; ssl_certificate_key \
                 {{dir}}/leaf.key;\n{own}\n}}\n"
            ),
            Self::Apache => {
                let modules = [
                    "mpm_event",
                    "authz_core",
                    "dir",
                    "mime",
                    "ssl",
                    "socache_shmcb",
                    "headers",
                    "rewrite",
                    "alias",
                    "http2",
                    "setenvif",
                    "proxy",
                    "proxy_http",
                ];
                let load = modules.map(|name| {
                    format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n")
                });
                format!(
                    "{}ServerRoot {{dir}}\nPidFile {{dir}}/apache.pid\nErrorLog {{dir}}/error.log\nServerName {HOST}\nUser www-data\n\
                     Group www-data\nTypesConfig /etc/mime.types\nDocumentRoot {{dir}}/site\nProtocols h2 http/1.1\n\
                     <Directory {{dir}}/site>\nRequire all granted\nDirectoryIndex index.html\n</Directory>\n{own}\n",
                    load.concat()
                )
            }
            Self::Haproxy => format!(
                "global\n log stderr local0 err\ndefaults\n mode http\n timeout client 5s\n timeout server 5s\n timeout connect 5s\n{own}\n"
            ),
            Self::Caddy => format!("{{\n admin off\n{own}\n"),
        }
    }
}

/// The sockets that listen inside, over TCP.
fn listeners(ground: &Ground) -> BTreeSet<String> {
    let listed = ground.0.run("ss", &["-Hltn"]).stdout;
    let listed = String::from_utf8_lossy(&listed).into_owned();
    let local = |line: &str| line.split_whitespace().nth(3).map(str::to_owned);
    listed.lines().filter_map(local).collect()
}

/// A look at the site.
fn look(ground: &Ground) -> Value {
    let (ca, hosts) = (ground.file("ca.pem"), ground.file("hosts"));
    let mut arguments = vec!["httpcheck", HOST, "--json", "--no-config"];
    // The hosts file has all that is looked up; a refused connection is known at once.
    arguments.extend([
        "--resolver",
        "tls://127.0.0.1:1",
        "--probe-timeout",
        "500ms",
    ]);
    arguments.extend(["--trust", &ca, "--hosts", &hosts]);
    let output = ground.0.run(env!("CARGO_BIN_EXE_doorstep"), &arguments);
    let stderr = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {stderr}"))
}

fn ids(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| finding["id"].as_str().unwrap())
        .collect()
}

/// What is answered on the way: each status with where it leads.
type Hops = Vec<(i64, Option<String>)>;

/// The way by curl, and the URL at its end; nothing when it comes to no end. One request at a time: on a way of its own, curl leaves
/// steps in clear out as soon as it has met a policy.
fn curl(ground: &Ground, address: &str, start: &str) -> Option<(Hops, String)> {
    let mut hops = Hops::new();
    let mut url = start.to_owned();
    while hops.len() < 12 {
        let (hop, next) = one_by_curl(ground, address, &url)?;
        hops.push(hop);
        if next.is_empty() {
            return Some((hops, url));
        }
        // A blank is quoted by who follows.
        url = next.replace(' ', "%20");
    }
    None
}

/// The status with the Location as it came, and where curl would go next.
fn one_by_curl(
    ground: &Ground,
    address: &str,
    url: &str,
) -> Option<((i64, Option<String>), String)> {
    let ca = ground.file("ca.pem");
    let mut arguments = vec!["-sS", "-D", "-", "-o", "/dev/null", "--cacert", &ca];
    let places = [HOST, OTHER].map(|host| {
        let place = |port: u16| ["--resolve".to_owned(), format!("{host}:{port}:{address}")];
        [80, 443, 8443].map(place)
    });
    let places: Vec<String> = places.into_iter().flatten().flatten().collect();
    arguments.extend(places.iter().map(String::as_str));
    arguments.extend(["-w", "%{http_code} %{redirect_url}", url]);
    let output = ground.0.run("curl", &arguments);
    let text = String::from_utf8(output.stdout).unwrap();
    let (status, next) = text.lines().last()?.split_once(' ')?;
    let fields = text.lines().filter_map(|line| line.split_once(':'));
    let mut locations = fields.filter(|(name, _)| name.eq_ignore_ascii_case("location"));
    let location = locations.next().map(|(_, value)| value.trim().to_owned());
    let done = output.status.success();
    done.then(|| ((status.parse().unwrap(), location), next.to_owned()))
}

/// The hops from both kinds of start are those of curl, at each address.
fn agrees_with_curl(ground: &Ground, report: &Value) {
    let mut compared = 0;
    for route in report["http"]["routes"].as_array().unwrap() {
        let start = route["start"].as_str().unwrap();
        let page = [format!("{HOST}/"), format!("{HOST}{PROBE}")];
        let (_, place) = start.split_once("://").unwrap();
        let Some(end) = route["final_url"]
            .as_str()
            .filter(|_| page.contains(&place.to_owned()))
        else {
            continue;
        };
        let address = route["address"].as_str().unwrap();
        let hops = route["hops"].as_array().unwrap().iter();
        let hops: Hops = hops
            .map(|hop| {
                let status = hop["status"].as_i64().unwrap();
                (status, hop["location"].as_str().map(str::to_owned))
            })
            .collect();
        let own = Some((hops, end.to_owned()));
        assert_eq!(own, curl(ground, address, start), "{start} at {address}");
        compared += 1;
    }
    let errors = ["error", "loop", "inconclusive"];
    let routes = report["http"]["routes"].as_array().unwrap().iter();
    let broken = routes.filter(|route| errors.contains(&route["outcome"].as_str().unwrap()));
    assert!(
        compared + broken.count() > 7,
        "only {compared} were compared"
    );
}

/// A configuration with a fault, what is found, and how the lines of the fix are written into it.
struct Fault {
    /// What stands in the right configuration, and instead of it.
    changes: &'static [(&'static str, &'static str)],
    id: &'static str,
    mend: fn(&str, &Fix) -> String,
}

const fn fault(
    changes: &'static [(&'static str, &'static str)],
    id: &'static str,
    mend: fn(&str, &Fix) -> String,
) -> Fault {
    Fault { changes, id, mend }
}

/// The right configuration has no findings; each fault has its own; and with the lines of the fix it is gone.
fn hold(peer: Peer, right: &str, faults: &[Fault]) {
    let ground = Ground::new();
    {
        let _server = peer.start(&ground, right);
        let report = look(&ground);
        assert_eq!(ids(&report), [""; 0], "{peer:?}: {:#}", report["findings"]);
        agrees_with_curl(&ground, &report);
    }
    let unmended = faults.iter().filter(|fault| {
        let wrong = wrong(right, fault);
        let tried = AssertUnwindSafe(|| mended(&ground, peer, &wrong, fault));
        std::panic::catch_unwind(tried).is_err()
    });
    let unmended: Vec<_> = unmended.map(|fault| (fault.id, fault.changes)).collect();
    assert!(unmended.is_empty(), "{peer:?}: {unmended:?}");
}

fn wrong(right: &str, fault: &Fault) -> String {
    let changes = fault.changes.iter();
    changes.fold(right.to_owned(), |wrong, (text, instead)| {
        assert!(wrong.contains(text), "there is no {text}");
        wrong.replace(text, instead)
    })
}

/// The fault is found, and gone with the lines of its fix.
fn mended(ground: &Ground, peer: Peer, wrong: &str, fault: &Fault) {
    let report = {
        let _server = peer.start(ground, wrong);
        let report = look(ground);
        let shown = &report["findings"];
        assert_eq!(ids(&report), [fault.id], "{peer:?}: {wrong}\n{shown:#}");
        agrees_with_curl(ground, &report);
        report
    };
    let fix = Fix::of(&report, fault.id, peer);
    let mended = (fault.mend)(wrong, &fix);
    assert_ne!(mended, wrong, "nothing was written: {fix:?}");
    let _server = peer.start(ground, &mended);
    let report = look(ground);
    let shown = &report["findings"];
    assert_eq!(
        ids(&report),
        [""; 0],
        "{peer:?} mended: {mended}\n{shown:#}"
    );
    agrees_with_curl(ground, &report);
}
