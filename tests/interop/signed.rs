//! Signed zones by other hands: BIND's dnssec-signzone and its inline signing, Knot; behind NSD, BIND and Knot. What doorstep
//! says of each name is held against delv through unbound.

use std::fs;
use std::io;
use std::net::IpAddr;
use std::process::Command;
use std::time::Duration;

use doorstep::observe::dns::hints::RootHints;
use serde_json::Value;

use super::internet::{record_type, roots};
use super::namespace::{Namespace, succeeded};

const NEEDS: &str = "needs root, iproute2, nsd, bind9, bind9-utils, bind9-dnsutils, knot and unbound; .ci/run installs them";

/// The TLD, BIND's zones, NSD's, Knot's, and the resolver.
const TLD: &str = "203.0.115.1";
const BIND: &str = "203.0.115.2";
const NSD: &str = "203.0.115.3";
const KNOT: &str = "203.0.115.4";
const RESOLVER: &str = "203.0.115.200";

/// How the parent and the signer treat a zone.
#[derive(Clone, Copy, PartialEq)]
enum Treatment {
    Signed,
    /// Its signatures have run out.
    Expired,
    /// The parent has the DS of another key.
    WrongDs,
    /// It is signed, and its parent has no DS.
    NoDs,
    Unsigned,
}

/// A zone that dnssec-signzone signs.
struct Zone {
    name: &'static str,
    server: &'static str,
    algorithm: &'static str,
    nsec3: bool,
    treatment: Treatment,
}

const ZONES: [Zone; 8] = [
    zone(
        "nsec.example",
        BIND,
        "ECDSAP256SHA256",
        false,
        Treatment::Signed,
    ),
    zone("nsec3.example", NSD, "RSASHA256", true, Treatment::Signed),
    zone("ed.example", NSD, "ED25519", false, Treatment::Signed),
    zone(
        "expired.example",
        BIND,
        "ECDSAP256SHA256",
        false,
        Treatment::Expired,
    ),
    zone(
        "expired3.example",
        NSD,
        "RSASHA256",
        true,
        Treatment::Expired,
    ),
    zone(
        "wrongds.example",
        BIND,
        "ECDSAP256SHA256",
        false,
        Treatment::WrongDs,
    ),
    zone(
        "nods.example",
        NSD,
        "ECDSAP256SHA256",
        true,
        Treatment::NoDs,
    ),
    zone("unsigned.example", BIND, "", false, Treatment::Unsigned),
];

/// Zones that their servers sign themselves.
const INLINE: &str = "inline.example";
const KNOTS: &str = "knot.example";

const fn zone(
    name: &'static str,
    server: &'static str,
    algorithm: &'static str,
    nsec3: bool,
    treatment: Treatment,
) -> Zone {
    Zone {
        name,
        server,
        algorithm,
        nsec3,
        treatment,
    }
}

struct Signed(Namespace);

impl Signed {
    fn start() -> io::Result<Self> {
        let own = [TLD, BIND, NSD, KNOT, RESOLVER].map(|address| address.parse().unwrap());
        let addresses: Vec<IpAddr> = roots().into_iter().chain(own).collect();
        let mut net = Self(Namespace::new(&addresses, RESOLVER)?);
        net.write_children()?;
        net.serve_children()?;
        net.write_parents()?;
        net.serve_parents()?;
        Ok(net)
    }

    fn write_children(&self) -> io::Result<()> {
        for zone in &ZONES {
            fs::write(self.0.file(zone.name), contents(zone.name, zone.server))?;
            if zone.treatment != Treatment::Unsigned {
                self.sign(
                    zone.name,
                    zone.algorithm,
                    zone.nsec3,
                    zone.treatment == Treatment::Expired,
                )?;
            }
        }
        fs::write(self.0.file(INLINE), contents(INLINE, BIND))?;
        fs::write(self.0.file(KNOTS), contents(KNOTS, KNOT))
    }

    /// Signs a zone file in place: `NAME.signed`, and its DS in `dsset-NAME.`.
    fn sign(&self, name: &str, algorithm: &str, nsec3: bool, expired: bool) -> io::Result<()> {
        let generate = format!("dnssec-keygen -q -a {algorithm} -n ZONE");
        let bits = if algorithm == "RSASHA256" {
            " -b 2048"
        } else {
            ""
        };
        self.tool(&format!("{generate}{bits} {name}"))?;
        self.tool(&format!("{generate}{bits} -f KSK {name}"))?;
        let proof = if nsec3 { "-3 - -H 0 -A " } else { "" };
        let times = if expired {
            "-P -s now-20d -e now-3d "
        } else {
            ""
        };
        let file = file_of(name);
        self.tool(&format!(
            "dnssec-signzone -q -S {times}{proof}-o {name} -f {file}.signed {file}"
        ))
    }

    fn tool(&self, line: &str) -> io::Result<()> {
        let mut words = line.split_whitespace();
        let program = words.next().unwrap_or_default();
        let mut command = Command::new(program);
        command.args(words).current_dir(self.0.directory());
        succeeded(line, &command.output()?)
    }

    fn serve_children(&mut self) -> io::Result<()> {
        let directory = self.0.directory().display().to_string();
        let signed = |zone: &&Zone| zone.treatment != Treatment::Unsigned;
        let path = |zone: &Zone| {
            let suffix = if signed(&zone) { ".signed" } else { "" };
            format!("{directory}/{}{suffix}", zone.name)
        };
        let of = |server: &'static str| ZONES.iter().filter(move |zone| zone.server == server);
        let bind: String = of(BIND)
            .map(|zone| {
                format!(
                    "zone \"{}\" {{ type primary; file \"{}\"; }};\n",
                    zone.name,
                    path(zone)
                )
            })
            .collect();
        let inline = format!(
            "zone \"{INLINE}\" {{ type primary; file \"{directory}/{INLINE}\"; dnssec-policy default; inline-signing yes; key-directory \"{directory}\"; }};\n"
        );
        let named = format!(
            "options {{ directory \"{directory}\"; pid-file none; session-keyfile \"{directory}/session.key\"; lock-file none; \
             managed-keys-directory \"{directory}\"; listen-on {{ {BIND}; }}; listen-on-v6 {{ none; }}; recursion no; allow-query {{ any; }}; \
             dnssec-validation no; }};\ncontrols {{ }};\n{bind}{inline}"
        );
        fs::write(self.0.file("named.conf"), named)?;
        fs::write(
            self.0.file("nsd.conf"),
            nsd(
                &directory,
                &[NSD],
                "child",
                of(NSD).map(|zone| (zone.name, path(zone))),
            ),
        )?;
        let knot = format!(
            "server:\n  listen: {KNOT}@53\n  rundir: {directory}/knot\n  user: root\ndatabase:\n  storage: {directory}/knot\n\
             policy:\n  - id: ed\n    algorithm: ed25519\n    nsec3: on\ntemplate:\n  - id: default\n    storage: {directory}\n    dnssec-signing: on\n    dnssec-policy: ed\n\
             zone:\n  - domain: {KNOTS}\n    file: {KNOTS}\n"
        );
        fs::create_dir_all(self.0.file("knot"))?;
        fs::write(self.0.file("knot.conf"), knot)?;
        let [named, nsd, knot] =
            ["named.conf", "nsd.conf", "knot.conf"].map(|name| self.0.file(name));
        self.0.serve("named", &["-g", "-c", &named])?;
        self.0.serve("nsd", &["-d", "-c", &nsd])?;
        self.0.serve("knotd", &["-c", &knot])?;
        for (server, name) in [(BIND, INLINE), (KNOT, KNOTS)] {
            let keys = self.wait_for(server, name, "DNSKEY")?;
            let keys: String = keys
                .lines()
                .map(|data| format!("{name}. 300 IN DNSKEY {data}\n"))
                .collect();
            fs::write(self.0.file("keys"), keys)?;
            let ds = self.0.run("dnssec-dsfromkey", &["-f", "keys", "-2", name]);
            succeeded("dnssec-dsfromkey", &ds)?;
            fs::write(self.0.file(&format!("dsset-{name}.")), ds.stdout)?;
        }
        Ok(())
    }

    /// The answer of a server, once it has one that is signed.
    fn wait_for(&self, server: &str, name: &str, rr_type: &str) -> io::Result<String> {
        for _ in 0..150 {
            let at = format!("@{server}");
            let recursion = if server == RESOLVER { "+rec" } else { "+norec" };
            let arguments = [
                &at, "+time=1", "+tries=1", recursion, "+short", "+dnssec", name, rr_type,
            ];
            let output = self.0.run("dig", &arguments);
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            let (signatures, data): (Vec<&str>, Vec<&str>) =
                said.lines().partition(|line| line.starts_with(rr_type));
            if !signatures.is_empty() && !data.is_empty() {
                return Ok(data.join("\n"));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Err(io::Error::other(format!(
            "{name} does not come up at {server}: {}",
            self.0.logs()
        )))
    }

    fn write_parents(&self) -> io::Result<()> {
        let ds = |name: &str| {
            fs::read_to_string(self.0.file(&format!("dsset-{name}."))).unwrap_or_default()
        };
        let mut tld = format!(
            "$TTL 300\nexample. SOA ns.nic.example. hostmaster.example. 1 3600 600 86400 60\nexample. NS ns.nic.example.\nns.nic.example. A {TLD}\n"
        );
        for zone in &ZONES {
            tld += &delegation(zone.name, zone.server);
            tld += &match zone.treatment {
                Treatment::NoDs | Treatment::Unsigned => String::new(),
                Treatment::WrongDs => {
                    ds("nsec.example").replace("nsec.example.", "wrongds.example.")
                }
                _ => ds(zone.name),
            };
        }
        for (name, server) in [(INLINE, BIND), (KNOTS, KNOT)] {
            tld += &delegation(name, server);
            tld += &ds(name);
        }
        fs::write(self.0.file("example"), tld)?;
        self.sign("example", "ECDSAP256SHA256", true, false)?;
        let mut root = String::from(
            "$TTL 300\n. SOA a.root-servers.net. hostmaster.example. 1 3600 600 86400 60\n",
        );
        for (name, address) in RootHints::built_in().0 {
            root += &format!(". NS {name}\n{name} {} {address}\n", record_type(&address));
        }
        root += &format!(
            "example. NS ns.nic.example.\nns.nic.example. A {TLD}\n{}",
            ds("example")
        );
        fs::write(self.0.file("root"), root)?;
        self.sign(".", "RSASHA256", false, false)?;
        let anchor = fs::read_to_string(self.0.file("dsset-."))?;
        fs::write(self.0.file("anchor"), &anchor)?;
        let fields: Vec<&str> = anchor
            .lines()
            .next()
            .unwrap_or_default()
            .split_whitespace()
            .collect();
        let [_, _, _, tag, algorithm, digest_type, digest @ ..] = fields.as_slice() else {
            return Err(io::Error::other(anchor));
        };
        fs::write(
            self.0.file("delv.keys"),
            format!(
                "trust-anchors {{ . static-ds {tag} {algorithm} {digest_type} \"{}\"; }};\n",
                digest.concat()
            ),
        )
    }

    fn serve_parents(&mut self) -> io::Result<()> {
        let directory = self.0.directory().display().to_string();
        let addresses: Vec<String> = roots()
            .iter()
            .map(ToString::to_string)
            .chain([TLD.to_owned()])
            .collect();
        let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
        let zones = [
            (".", format!("{directory}/root.signed")),
            ("example", format!("{directory}/example.signed")),
        ];
        fs::write(
            self.0.file("parents.conf"),
            nsd(&directory, &addresses, "parent", zones.into_iter()),
        )?;
        let hints: String = RootHints::built_in()
            .0
            .iter()
            .map(|(name, address)| {
                format!(
                    ". 3600 NS {name}\n{name} 3600 {} {address}\n",
                    record_type(address)
                )
            })
            .collect();
        fs::write(self.0.file("hints"), hints)?;
        let unbound = format!(
            "server:\n  interface: {RESOLVER}\n  access-control: 0.0.0.0/0 allow\n  username: \"\"\n  chroot: \"\"\n  directory: \"{directory}\"\n  pidfile: \"{directory}/unbound.pid\"\n  \
             use-syslog: no\n  do-daemonize: no\n  root-hints: \"{directory}/hints\"\n  trust-anchor-file: \"{directory}/anchor\"\n  module-config: \"validator iterator\"\n  ede: yes\n\
             remote-control:\n  control-enable: no\n"
        );
        fs::write(self.0.file("unbound.conf"), unbound)?;
        let [parents, unbound] = ["parents.conf", "unbound.conf"].map(|name| self.0.file(name));
        self.0.serve("nsd", &["-d", "-c", &parents])?;
        self.0.serve("unbound", &["-d", "-c", &unbound])?;
        self.wait_for(TLD, "example", "DNSKEY")?;
        self.wait_for(RESOLVER, "example", "DNSKEY").map(|_| ())
    }

    /// What delv says through unbound, in doorstep's words.
    fn delv(&self, name: &str, rr_type: &str) -> String {
        let (keys, at) = (self.0.file("delv.keys"), format!("@{RESOLVER}"));
        let output = self
            .0
            .run("delv", &["-4", &at, "-a", &keys, "+root=.", name, rr_type]);
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        if text.contains("fully validated") {
            "secure".to_owned()
        } else if text.contains("unsigned answer") {
            "insecure".to_owned()
        } else if text.contains("resolution failed") {
            "bogus".to_owned()
        } else {
            text
        }
    }

    /// Whether unbound answers and sets AD.
    fn is_vouched_for(&self, name: &str, rr_type: &str) -> bool {
        let at = format!("@{RESOLVER}");
        let output = self.0.run("dig", &[&at, "+adflag", name, rr_type]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(!text.contains("SERVFAIL"), "{text}");
        text.lines()
            .any(|line| line.contains("flags:") && line.contains(" ad"))
    }

    /// The report of doorstep on one question.
    fn doorstep(&self, name: &str, rr_type: &str) -> Value {
        let anchor = self.0.file("anchor");
        let arguments = [
            "dnstrace",
            name,
            rr_type,
            "--trust-anchor",
            &anchor,
            "--json",
            "--no-config",
            "--probe-timeout",
            "2s",
        ];
        let output = self.0.run(env!("CARGO_BIN_EXE_doorstep"), &arguments);
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
    }
}

/// The file of a zone; the root's name is none for a file.
fn file_of(name: &str) -> &str {
    if name == "." { "root" } else { name }
}

fn contents(name: &str, server: &str) -> String {
    format!(
        "$TTL 300\n{name}. SOA ns.{name}. hostmaster.{name}. 1 3600 600 86400 60\n{name}. NS ns.{name}.\nns.{name}. A {server}\n\
         {name}. A 192.0.2.1\nwww.{name}. A 192.0.2.1\nalias.{name}. CNAME www.{name}.\n*.wild.{name}. A 192.0.2.2\na.ent.{name}. TXT \"deep\"\n"
    )
}

fn delegation(name: &str, server: &str) -> String {
    format!("{name}. NS ns.{name}.\nns.{name}. A {server}\n")
}

fn nsd<'a>(
    directory: &str,
    addresses: &[&str],
    label: &str,
    zones: impl Iterator<Item = (&'a str, String)>,
) -> String {
    let listen: String = addresses
        .iter()
        .map(|address| format!("  ip-address: {address}\n"))
        .collect();
    let zones: String = zones
        .map(|(name, file)| format!("zone:\n  name: \"{name}\"\n  zonefile: \"{file}\"\n"))
        .collect();
    format!(
        "server:\n{listen}  username: \"\"\n  pidfile: \"{directory}/{label}.pid\"\n  database: \"\"\n  xfrdfile: \"{directory}/{label}.xfrd\"\n  \
         zonelistfile: \"{directory}/{label}.zones\"\n  zonesdir: \"{directory}\"\nremote-control:\n  control-enable: no\n{zones}"
    )
}

#[test]
#[ignore = "needs root, iproute2, nsd, bind9, bind9-utils, bind9-dnsutils, knot and unbound; .ci/run installs them"]
fn signed_zones_are_judged_as_delv_and_unbound_judge_them() {
    let net = Signed::start().unwrap_or_else(|error| panic!("{error}; {NEEDS}"));
    let names = ZONES.iter().map(|zone| zone.name).chain([INLINE, KNOTS]);
    let mut differing = Vec::new();
    for zone in names {
        for (host, rr_type) in [
            ("", "A"),
            ("www.", "A"),
            ("www.", "TXT"),
            ("nowhere.", "A"),
            ("x.wild.", "A"),
            ("x.wild.", "TXT"),
            ("ent.", "A"),
            ("alias.", "A"),
            ("", "DS"),
        ] {
            let name = format!("{host}{zone}");
            let report = net.doorstep(&name, rr_type);
            let question = &report["dns"]["questions"][0];
            let ours = question["dnssec"]["status"]
                .as_str()
                .unwrap_or("none")
                .to_owned();
            // delv calls an answer proven that opt-out leaves open; RFC 5155 §9.2 has resolvers not vouch for it (AD).
            let opt_out = question["dnssec"]["reason"]["flaw"] == "opt-out";
            if opt_out && !net.is_vouched_for(&name, rr_type) {
                continue;
            }
            let theirs = net.delv(&name, rr_type);
            if ours != theirs {
                differing.push(format!(
                    "{name} {rr_type}: {ours} ({}), delv says {theirs}",
                    question["dnssec"]
                ));
            }
        }
    }
    assert!(differing.is_empty(), "{differing:#?}");

    let found = |zone: &str| {
        let report = net.doorstep(&format!("www.{zone}"), "A");
        let findings = report["findings"].as_array().unwrap().clone();
        let ids = findings
            .iter()
            .map(|finding| finding["id"].as_str().unwrap().to_owned());
        ids.filter(|id| id.contains("sign") || id.contains("ds-") || id.contains("denial"))
            .collect::<Vec<_>>()
    };
    assert!(
        found("nsec.example").is_empty() && found(KNOTS).is_empty() && found(INLINE).is_empty()
    );
    assert_eq!(found("expired.example"), ["dns/signature-expired"]);
    assert_eq!(found("expired3.example"), ["dns/signature-expired"]);
    assert_eq!(found("wrongds.example"), ["dns/ds-without-key"]);
    assert_eq!(found("nods.example"), ["dns/not-signed"]);
    assert_eq!(found("unsigned.example"), ["dns/not-signed"]);
}
