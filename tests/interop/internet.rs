//! NSD as root and TLD, BIND as the zones and as a resolver, nginx as the sites.

use std::fs;
use std::io;
use std::net::IpAddr;
use std::process::{Command, Output};
use std::time::Duration;

use doorstep::observe::dns::hints::RootHints;

use super::namespace::{Namespace, succeeded};

/// Addresses of the site: both serve it.
pub(crate) const SITE: [&str; 3] = ["203.0.115.10", "203.0.115.11", "2600:ff::10"];
/// An address that the site `half.example` has too, and where nothing listens.
const CLOSED: &str = "203.0.115.12";
/// An address that packets get lost on the way to.
const LOST: &str = "203.0.115.99";
const TLD_SERVER: [&str; 2] = ["203.0.115.1", "2600:ff::1"];
pub(crate) const ZONE_SERVER: &str = "203.0.115.53";
const ZONE_SERVERS: [&str; 2] = [ZONE_SERVER, "2600:ff::53"];
/// BIND again, as a resolver that begins at its own built-in root servers.
pub(crate) const RESOLVER: &str = "203.0.115.200";
/// The sites, each a zone of its own.
const ZONES: [&str; 3] = ["shop.example", "half.example", "slow.example"];

/// The internet, up until it is dropped.
pub(crate) struct Internet(Namespace);

impl Internet {
    pub(crate) fn start() -> io::Result<Self> {
        let mut net = Self(Namespace::new(&addresses(), RESOLVER)?);
        net.write_zones()?;
        net.write_certificates()?;
        net.write_configurations()?;
        let [nsd, zone, resolver, nginx] =
            ["nsd.conf", "zone.conf", "resolver.conf", "nginx.conf"].map(|name| net.file(name));
        net.0.serve("nsd", &["-d", "-c", &nsd])?;
        net.0.serve("named", &["-g", "-c", &zone])?;
        net.0.serve("named", &["-g", "-c", &resolver])?;
        net.0.serve("nginx", &["-c", &nginx])?;
        net.wait()?;
        Ok(net)
    }

    /// The path of a file of this internet.
    pub(crate) fn file(&self, name: &str) -> String {
        self.0.file(name)
    }

    /// Runs a program inside, with a scrubbed environment.
    pub(crate) fn run(&self, program: &str, arguments: &[&str]) -> Output {
        self.0.run(program, arguments)
    }

    fn write_zones(&self) -> io::Result<()> {
        let hints = RootHints::built_in().0;
        let mut root = String::from(
            "$TTL 300\n. SOA a.root-servers.net. hostmaster.example. 1 3600 600 86400 60\n",
        );
        for (name, address) in &hints {
            root += &format!(". NS {name}\n{name} {} {address}\n", record_type(address));
        }
        root += "example. NS ns.nic.example.\n";
        let mut tld = String::from(
            "$TTL 300\nexample. SOA ns.nic.example. hostmaster.example. 1 3600 600 86400 60\nexample. NS ns.nic.example.\n",
        );
        for address in TLD_SERVER {
            let line = format!(
                "ns.nic.example. {} {address}\n",
                record_type(&address.parse().unwrap())
            );
            root += &line;
            tld += &line;
        }
        for zone in ZONES {
            let mut records = servers(zone);
            tld += &records;
            records = format!(
                "$TTL 300\n{zone}. SOA ns1.{zone}. hostmaster.example. 1 3600 600 86400 60\n{records}"
            );
            let extra = (zone == "half.example").then_some(CLOSED);
            for address in SITE.into_iter().chain(extra) {
                records += &format!(
                    "{zone}. {} {address}\n",
                    record_type(&address.parse().unwrap())
                );
            }
            fs::write(self.file(zone), records)?;
        }
        // Nothing here is signed, and nobody promises that it is: the anchor is for another name.
        let anchor = format!("nothing.invalid. DS 1 13 2 {}\n", "AB".repeat(32));
        fs::write(self.file("anchor"), anchor)?;
        fs::write(self.file("root.zone"), root)?;
        fs::write(self.file("example.zone"), tld)
    }

    fn write_certificates(&self) -> io::Result<()> {
        let openssl = |arguments: &str| {
            let arguments: Vec<&str> = arguments.split(' ').collect();
            let mut command = Command::new("openssl");
            let done = command
                .args(&arguments)
                .current_dir(self.0.directory())
                .output()?;
            succeeded("openssl", &done)
        };
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
        let names: Vec<String> = ZONES.iter().map(|zone| format!("DNS:{zone}")).collect();
        fs::write(
            self.file("leaf.ext"),
            format!(
                "subjectAltName={}\nextendedKeyUsage=serverAuth\nauthorityKeyIdentifier=keyid\n",
                names.join(",")
            ),
        )?;
        openssl(&format!(
            "req -x509 {key} -keyout ca.key -out ca.pem -days 3650 -subj /CN=Interop-Root -addext keyUsage=critical,keyCertSign,cRLSign"
        ))?;
        openssl(&format!(
            "req {key} -keyout leaf.key -out leaf.csr -subj /CN=shop.example"
        ))?;
        openssl(
            "x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out leaf.pem -days 90 -extfile leaf.ext",
        )
    }

    fn write_configurations(&self) -> io::Result<()> {
        let directory = self.0.directory().display();
        let listen = |addresses: &[String]| {
            addresses
                .iter()
                .map(|address| format!("  ip-address: {address}\n"))
                .collect::<String>()
        };
        let parents: Vec<String> = roots()
            .iter()
            .map(ToString::to_string)
            .chain(TLD_SERVER.map(str::to_owned))
            .collect();
        let nsd = format!(
            "server:\n{}  username: \"\"\n  pidfile: \"{directory}/nsd.pid\"\n  database: \"\"\n  xfrdfile: \"{directory}/xfrd\"\n  \
             zonelistfile: \"{directory}/zones\"\n  zonesdir: \"{directory}\"\nremote-control:\n  control-enable: no\n\
             zone:\n  name: \".\"\n  zonefile: root.zone\nzone:\n  name: example\n  zonefile: example.zone\n",
            listen(&parents)
        );
        fs::write(self.file("nsd.conf"), nsd)?;
        let options = |name: &str, v4: &str, v6: &str, recursion: &str| {
            format!(
                "options {{ directory \"{directory}\"; pid-file \"{directory}/{name}.pid\"; session-keyfile \"{directory}/{name}.key\"; \
                 lock-file none; managed-keys-directory \"{directory}\"; listen-on {{ {v4}; }}; listen-on-v6 {{ {v6}; }}; dnssec-validation no; \
                 recursion {recursion}; allow-query {{ any; }}; allow-recursion {{ any; }}; minimal-responses yes; }};\ncontrols {{ }};\n"
            )
        };
        let zones: String = ZONES
            .iter()
            .map(|zone| {
                format!("zone \"{zone}\" {{ type primary; file \"{directory}/{zone}\"; }};\n")
            })
            .collect();
        fs::write(
            self.file("zone.conf"),
            options("zone", ZONE_SERVERS[0], ZONE_SERVERS[1], "no") + &zones,
        )?;
        fs::write(
            self.file("resolver.conf"),
            options("resolver", RESOLVER, "none", "yes"),
        )?;
        self.write_nginx()
    }

    fn write_nginx(&self) -> io::Result<()> {
        let directory = self.0.directory().display();
        let bracketed = SITE.map(|address| {
            if address.contains(':') {
                format!("[{address}]")
            } else {
                address.to_owned()
            }
        });
        let listen = |rest: &str| {
            bracketed
                .iter()
                .map(|address| format!("listen {address}:{rest};\n"))
                .collect::<String>()
        };
        let nginx = format!(
            "daemon off;\nuser root;\npid {directory}/nginx.pid;\nerror_log {directory}/error.log;\nevents {{}}\nhttp {{\naccess_log off;\n\
             server {{\n{}return 301 https://$host$request_uri;\n}}\n\
             server {{\n{}ssl_certificate {directory}/leaf.pem;\nssl_certificate_key {directory}/leaf.key;\nssl_protocols TLSv1.2 TLSv1.3;\n\
             add_header Strict-Transport-Security \"max-age=31536000\" always;\nlocation / {{ return 200 \"welcome\\n\"; }}\n}}\n}}\n",
            listen("80"),
            listen("443 ssl http2"),
        );
        fs::write(self.file("nginx.conf"), nginx)
    }

    /// Waits until the resolver answers through the whole tree, and nginx accepts.
    fn wait(&self) -> io::Result<()> {
        for _ in 0..100 {
            let resolved = self.run(
                "dig",
                &[
                    &format!("@{RESOLVER}"),
                    "+short",
                    "+time=1",
                    "+tries=1",
                    "shop.example",
                ],
            );
            let served = self.run(
                "curl",
                &[
                    "-s",
                    "-o",
                    "/dev/null",
                    "-m",
                    "1",
                    &format!("http://{}/", SITE[0]),
                ],
            );
            if String::from_utf8_lossy(&resolved.stdout).contains(SITE[0])
                && served.status.success()
            {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        let said = self.0.logs();
        Err(io::Error::other(format!(
            "the servers do not come up: {said}"
        )))
    }
}

fn addresses() -> Vec<IpAddr> {
    let own = [RESOLVER, CLOSED]
        .into_iter()
        .chain(SITE)
        .chain(TLD_SERVER)
        .chain(ZONE_SERVERS);
    roots()
        .into_iter()
        .chain(own.map(|address| address.parse().unwrap()))
        .collect()
}

pub(crate) fn roots() -> Vec<IpAddr> {
    RootHints::built_in()
        .0
        .into_iter()
        .map(|(_, address)| address)
        .collect()
}

pub(crate) fn record_type(address: &IpAddr) -> &'static str {
    if address.is_ipv4() { "A" } else { "AAAA" }
}

/// NS records and addresses of a zone's servers; one of those of `slow.example` is lost.
fn servers(zone: &str) -> String {
    let mut records = format!("{zone}. NS ns1.{zone}.\n");
    for address in ZONE_SERVERS {
        records += &format!(
            "ns1.{zone}. {} {address}\n",
            record_type(&address.parse().unwrap())
        );
    }
    if zone == "slow.example" {
        records += &format!("{zone}. NS ns2.{zone}.\nns2.{zone}. A {LOST}\n");
    }
    records
}
