//! BIND, NSD, Knot and PowerDNS as the four servers of one zone, and one of them otherwise than the rest: each difference comes
//! to its finding, and to no other.

use std::fs;
use std::io;
use std::net::IpAddr;
use std::process::Command;
use std::time::Duration;

use doorstep::observe::dns::hints::RootHints;
use serde_json::Value;

use super::internet::{record_type, roots};
use super::namespace::{Namespace, succeeded};

const NEEDS: &str = "needs root, iproute2, nsd, bind9, bind9-utils, bind9-dnsutils, knot, pdns-server and pdns-backend-bind; .ci/run installs them";

const TLD: &str = "203.0.115.1";
/// The servers of every zone, each in a network of its own.
const BIND: &str = "203.0.116.2";
const NSD: &str = "203.0.117.3";
const KNOT: &str = "203.0.118.4";
const PDNS: &str = "203.0.119.5";
const SERVERS: [&str; 4] = [BIND, NSD, KNOT, PDNS];
/// PowerDNS again, behind a firewall that lets no TCP through.
const WITHOUT_TCP: &str = "203.0.120.6";
/// Where NSD was last year, and nobody is now.
const LEFT: &str = "203.0.121.7";
/// BIND as a resolver.
const RESOLVER: &str = "203.0.122.8";

/// What is so with one of the servers of a zone.
#[derive(Clone, Copy, PartialEq)]
enum Odd {
    Nothing,
    /// BIND has the zone of last week.
    OldSerial,
    /// NSD has another address, and the serial of the rest.
    OldAnswer,
    /// Knot has the zone without signatures.
    Unsigned,
    /// PowerDNS does not have the zone.
    Refusing,
    /// In the place of PowerDNS a resolver answers.
    Recursive,
    /// The parent has the address that NSD had last year.
    OldGlue,
    /// PowerDNS is not reached over TCP.
    NoTcp,
}

const CASES: [(&str, Odd, &[&str]); 8] = [
    ("healthy.example", Odd::Nothing, &[]),
    ("serial.example", Odd::OldSerial, &["dns/serial-mismatch"]),
    ("answer.example", Odd::OldAnswer, &["dns/answers-differ"]),
    ("unsigned.example", Odd::Unsigned, &["dns/partly-signed"]),
    ("refusing.example", Odd::Refusing, &["dns/lame-delegation"]),
    (
        "recursive.example",
        Odd::Recursive,
        &["dns/lame-delegation"],
    ),
    ("glue.example", Odd::OldGlue, &["dns/glue-mismatch"]),
    ("tcp.example", Odd::NoTcp, &["dns/tcp-refused"]),
];

/// Where the servers of a zone are, as the zone says.
fn servers(odd: Odd) -> [&'static str; 4] {
    let last = match odd {
        Odd::Recursive => RESOLVER,
        Odd::NoTcp => WITHOUT_TCP,
        _ => PDNS,
    };
    [BIND, NSD, KNOT, last]
}

struct World(Namespace);

impl World {
    fn start() -> io::Result<Self> {
        let own = SERVERS.into_iter().chain([TLD, WITHOUT_TCP, RESOLVER]);
        let own = own.map(|address| address.parse().unwrap());
        let addresses: Vec<IpAddr> = roots().into_iter().chain(own).collect();
        let mut world = Self(Namespace::new(&addresses, RESOLVER)?);
        world.write_zones()?;
        world.write_parents()?;
        world.serve()?;
        world.shut_tcp()?;
        Ok(world)
    }

    fn tool(&self, line: &str) -> io::Result<()> {
        let mut words = line.split_whitespace();
        let program = words.next().unwrap_or_default();
        let mut command = Command::new(program);
        command.args(words).current_dir(self.0.directory());
        succeeded(line, &command.output()?)
    }

    /// Makes keys for a zone once, and signs a state of it: `FILE.signed`.
    fn sign(&self, zone: &str, file: &str) -> io::Result<()> {
        self.tool(&format!(
            "dnssec-signzone -q -S -o {zone} -f {file}.signed {file}"
        ))
    }

    fn keys(&self, zone: &str) -> io::Result<()> {
        self.tool(&format!("dnssec-keygen -q -a ECDSAP256SHA256 {zone}"))?;
        self.tool(&format!(
            "dnssec-keygen -q -a ECDSAP256SHA256 -f KSK {zone}"
        ))
    }

    /// Of each zone the state that most servers have, that of last week, and that with another address.
    fn write_zones(&self) -> io::Result<()> {
        for (zone, odd, _) in CASES {
            self.keys(zone)?;
            let states = [
                ("", 2_026_112_301, "192.88.98.10"),
                (".old", 2_026_111_601, "192.88.98.9"),
                (".other", 2_026_112_301, "192.88.98.11"),
            ];
            for (suffix, serial, address) in states {
                let file = format!("{zone}{suffix}");
                fs::write(self.0.file(&file), contents(zone, odd, serial, address))?;
                self.sign(zone, &file)?;
            }
        }
        Ok(())
    }

    fn write_parents(&self) -> io::Result<()> {
        let ds = |zone: &str| fs::read_to_string(self.0.file(&format!("dsset-{zone}.")));
        let mut tld = format!(
            "$TTL 300\nexample. SOA ns.nic.example. hostmaster.example. 1 3600 600 86400 60\nexample. NS ns.nic.example.\nns.nic.example. A {TLD}\n"
        );
        for (zone, odd, _) in CASES {
            let mut glue = servers(odd);
            if odd == Odd::OldGlue {
                glue[1] = LEFT;
            }
            tld += &delegation(zone, &glue);
            tld += &ds(zone)?;
        }
        fs::write(self.0.file("example"), tld)?;
        self.keys("example")?;
        self.sign("example", "example")?;
        let mut root = String::from(
            "$TTL 300\n. SOA a.root-servers.net. hostmaster.example. 1 3600 600 86400 60\n",
        );
        for (name, address) in RootHints::built_in().0 {
            root += &format!(". NS {name}\n{name} {} {address}\n", record_type(&address));
        }
        root += &format!(
            "example. NS ns.nic.example.\nns.nic.example. A {TLD}\n{}",
            ds("example")?
        );
        fs::write(self.0.file("root"), root)?;
        self.keys(".")?;
        self.sign(".", "root")
    }

    /// Which state of a zone a server has; `None` when it has none.
    fn state(&self, zone: &str, odd: Odd, server: &str) -> Option<String> {
        let file = match (odd, server) {
            (Odd::OldSerial, BIND) => format!("{zone}.old.signed"),
            (Odd::OldAnswer, NSD) => format!("{zone}.other.signed"),
            (Odd::Unsigned, KNOT) => zone.to_owned(),
            (Odd::Refusing | Odd::Recursive, PDNS) => return None,
            _ => format!("{zone}.signed"),
        };
        Some(self.0.file(&file))
    }

    /// The zones of a server, each written as its configuration has it.
    fn zones(&self, server: &str, write: impl Fn(&str, &str) -> String) -> String {
        let each = CASES.iter().filter_map(|(zone, odd, _)| {
            let file = self.state(zone, *odd, server)?;
            Some(write(zone, &file))
        });
        each.collect()
    }

    fn serve(&mut self) -> io::Result<()> {
        self.serve_nsd()?;
        self.serve_bind()?;
        self.serve_knot()?;
        self.serve_powerdns()?;
        let up = [TLD, BIND, NSD, KNOT, PDNS, WITHOUT_TCP];
        for (server, zone) in up
            .iter()
            .zip(["example"].into_iter().chain(["healthy.example"; 5]))
        {
            self.wait_for(server, zone)?;
        }
        Ok(())
    }

    fn serve_nsd(&mut self) -> io::Result<()> {
        let directory = self.0.directory().display().to_string();
        let parents: Vec<String> = roots()
            .iter()
            .map(ToString::to_string)
            .chain([TLD.to_owned()])
            .collect();
        let zone =
            |name: &str, file: &str| format!("zone:\n  name: \"{name}\"\n  zonefile: \"{file}\"\n");
        let root = zone(".", &self.0.file("root.signed"))
            + &zone("example", &self.0.file("example.signed"));
        let own = self.zones(NSD, zone);
        for (label, addresses, zones) in [
            ("parents", parents, root),
            ("nsd", vec![NSD.to_owned()], own),
        ] {
            let listen: String = addresses
                .iter()
                .map(|address| format!("  ip-address: {address}\n"))
                .collect();
            let text = format!(
                "server:\n{listen}  username: \"\"\n  pidfile: \"{directory}/{label}.pid\"\n  database: \"\"\n  xfrdfile: \"{directory}/{label}.xfrd\"\n  \
                 zonelistfile: \"{directory}/{label}.zones\"\n  zonesdir: \"{directory}\"\nremote-control:\n  control-enable: no\n{zones}"
            );
            let file = self.0.file(&format!("{label}.conf"));
            fs::write(&file, text)?;
            self.0.serve("nsd", &["-d", "-c", &file])?;
        }
        Ok(())
    }

    fn serve_bind(&mut self) -> io::Result<()> {
        let directory = self.0.directory().display().to_string();
        let own = self.zones(BIND, |zone, file| {
            format!("zone \"{zone}\" {{ type primary; file \"{file}\"; }};\n")
        });
        for (label, address, recursion, zones) in [
            ("bind", BIND, "no", own),
            ("resolver", RESOLVER, "yes", String::new()),
        ] {
            let text = format!(
                "options {{ directory \"{directory}\"; pid-file none; session-keyfile \"{directory}/{label}.key\"; lock-file none; \
                 managed-keys-directory \"{directory}\"; listen-on {{ {address}; }}; listen-on-v6 {{ none; }}; recursion {recursion}; \
                 allow-query {{ any; }}; allow-recursion {{ any; }}; dnssec-validation no; }};\ncontrols {{ }};\n{zones}"
            );
            let file = self.0.file(&format!("{label}.conf"));
            fs::write(&file, text)?;
            self.0.serve("named", &["-g", "-c", &file])?;
        }
        Ok(())
    }

    fn serve_knot(&mut self) -> io::Result<()> {
        let directory = self.0.directory().display().to_string();
        let zones = self.zones(KNOT, |zone, file| {
            format!("  - domain: {zone}\n    file: {file}\n    zonefile-load: whole\n    journal-content: none\n")
        });
        fs::create_dir_all(self.0.file("knot"))?;
        let text = format!(
            "server:\n  listen: {KNOT}@53\n  rundir: {directory}/knot\n  user: root\ndatabase:\n  storage: {directory}/knot\nzone:\n{zones}"
        );
        let file = self.0.file("knot.conf");
        fs::write(&file, text)?;
        self.0.serve("knotd", &["-c", &file])
    }

    fn serve_powerdns(&mut self) -> io::Result<()> {
        let directory = self.0.directory().display().to_string();
        let zones = self.zones(PDNS, |zone, file| {
            format!("zone \"{zone}\" {{ type master; file \"{file}\"; }};\n")
        });
        fs::write(self.0.file("pdns-zones.conf"), zones)?;
        fs::create_dir_all(self.0.file("pdns"))?;
        let text = format!(
            "launch=bind\nbind-config={directory}/pdns-zones.conf\nbind-dnssec-db={directory}/pdns.db\nlocal-address={PDNS}, {WITHOUT_TCP}\n\
             setuid=root\nsetgid=root\nsocket-dir={directory}/pdns\ndaemon=no\nguardian=no\nsecurity-poll-suffix=\n"
        );
        fs::write(self.0.file("pdns.conf"), text)?;
        self.tool(&format!(
            "pdnsutil --config-dir={directory} create-bind-db {directory}/pdns.db"
        ))?;
        for (zone, odd, _) in CASES {
            if self.state(zone, odd, PDNS).is_some() {
                self.tool(&format!(
                    "pdnsutil --config-dir={directory} set-presigned {zone}"
                ))?;
            }
        }
        let at = format!("--config-dir={directory}");
        self.0.serve("pdns_server", &[&at])
    }

    fn wait_for(&self, server: &str, zone: &str) -> io::Result<()> {
        let at = format!("@{server}");
        let arguments = [
            &at, "+time=1", "+tries=1", "+norec", "+short", "+dnssec", zone, "SOA",
        ];
        for _ in 0..150 {
            let said = self.0.run("dig", &arguments).stdout;
            if String::from_utf8_lossy(&said).contains("SOA") {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        let logs = self.0.logs();
        Err(io::Error::other(format!(
            "{zone} does not come up at {server}: {logs}"
        )))
    }

    /// Lets no connection to port 53 of the last server through. The rules for local addresses come first, and are moved.
    fn shut_tcp(&self) -> io::Result<()> {
        let rules = [
            "rule add pref 100 lookup local".to_owned(),
            format!("rule add pref 50 ipproto tcp dport 53 to {WITHOUT_TCP} unreachable"),
            "rule del pref 0".to_owned(),
        ];
        for rule in rules {
            let words: Vec<&str> = rule.split(' ').collect();
            succeeded("ip", &self.0.run("ip", &words))?;
        }
        Ok(())
    }

    fn doorstep(&self, name: &str) -> Value {
        let anchor = self.0.file("dsset-.");
        let arguments = [
            "dnstrace",
            name,
            "--trust-anchor",
            &anchor,
            "--resolver",
            "trace",
            "--json",
            "--no-config",
        ];
        let output = self.0.run(env!("CARGO_BIN_EXE_doorstep"), &arguments);
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
    }
}

fn contents(zone: &str, odd: Odd, serial: u32, address: &str) -> String {
    let apex = format!(
        "$TTL 300\n{zone}. SOA ns1.{zone}. hostmaster.{zone}. {serial} 3600 600 86400 60\n{zone}. A {address}\n{zone}. AAAA 2600:ff::10\n"
    );
    apex + &delegation(zone, &servers(odd))
}

fn delegation(zone: &str, servers: &[&str; 4]) -> String {
    let each = servers.iter().zip(1..).map(|(address, number)| {
        format!("{zone}. NS ns{number}.{zone}.\nns{number}.{zone}. A {address}\n")
    });
    each.collect()
}

/// The ids of what was found, but for the lack of IPv6 in this world.
fn ids(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().unwrap().iter();
    let ids = findings.map(|finding| finding["id"].as_str().unwrap());
    ids.filter(|id| *id != "dns/no-ipv6").collect()
}

#[test]
#[ignore = "needs root, iproute2, nsd, bind9, bind9-utils, bind9-dnsutils, knot, pdns-server and pdns-backend-bind; .ci/run installs them"]
fn each_difference_between_four_servers_comes_to_its_finding_and_no_other() {
    let world = World::start().unwrap_or_else(|error| panic!("{error}; {NEEDS}"));
    let mut wrong = Vec::new();
    for (zone, _, expected) in CASES {
        let report = world.doorstep(zone);
        if ids(&report) != expected {
            let servers = &report["dns"]["zones"][2]["servers"];
            wrong.push(format!("{zone}: {:?} {}", ids(&report), report["findings"]));
            let brief = servers.as_array().into_iter().flatten().map(|server| {
                format!(
                    "{} {} {} {}",
                    server["address"],
                    server["soa_serial"],
                    server["response"],
                    server["reachable_tcp"]
                )
            });
            wrong.extend(brief);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
