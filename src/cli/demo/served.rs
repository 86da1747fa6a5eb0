//! `demo --serve`: keeps a world up, and prints what other tools need to walk it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::pin::pin;

use super::Stage;
use crate::cli::exit::{Exit, UsageError};
use crate::cli::{output, run};
use crate::demo::blueprint::HOST;
use crate::demo::{Place, RANGES, RESOLVER};
use crate::net::roots::ROOT_SERVERS;

/// The names that the site is called by.
const NAMES: [&str; 2] = ["shop.example", "www.shop.example"];

/// Serves until the user stops it; then the files are removed.
pub(super) fn serve(stage: &Stage) -> Result<Exit, UsageError> {
    stage.runtime.block_on(async {
        let mut signal = pin!(run::signalled());
        // The first poll has the signal caught: an early one would leave the files behind.
        tokio::select! {
            biased;
            exit = &mut signal => return Ok(exit),
            () = std::future::ready(()) => {}
        }
        let directory = tempfile::Builder::new()
            .prefix("doorstep-demo-")
            .tempdir()
            .map_err(|error| UsageError::new(format!("cannot make a directory: {error}")))?;
        let shown = directory.path().display();
        let files = Files::write(stage, directory.path())
            .map_err(|error| UsageError::new(format!("cannot write to `{shown}`: {error}")))?;
        output::print(&told(stage, &files))?;
        Ok(signal.await)
    })
}

/// What is written for other tools.
struct Files {
    authority: PathBuf,
    hints: PathBuf,
    trust_anchor: PathBuf,
    delv: PathBuf,
    hosts: PathBuf,
    options: PathBuf,
}

impl Files {
    fn write(stage: &Stage, directory: &Path) -> std::io::Result<Self> {
        let files = Self {
            authority: directory.join("ca.pem"),
            hints: directory.join("named.root"),
            trust_anchor: directory.join("root.ds"),
            delv: directory.join("delv.anchors"),
            hosts: directory.join("hosts"),
            options: directory.join("doorstep.toml"),
        };
        std::fs::write(&files.authority, stage.pki.root.pem())?;
        std::fs::write(&files.hints, hints())?;
        std::fs::write(&files.trust_anchor, stage.world.trust_anchor())?;
        std::fs::write(&files.delv, anchors_of_delv(stage.world.trust_anchor()))?;
        std::fs::write(&files.hosts, &stage.hosts)?;
        std::fs::write(&files.options, files.options_for(stage))?;
        Ok(files)
    }

    /// The command line of doorstep. On the world's own addresses its built-in root servers are the world's.
    fn doorstep(&self, stage: &Stage, real: bool) -> String {
        let check = format!("doorstep check {}", stage.scenario.target);
        if !real {
            return format!("{check} --config {}", quoted(&self.options));
        }
        let internal = RANGES.map(|range| format!("--internal {range}")).join(" ");
        let hosts = match stage.hosts.as_str() {
            "" => String::new(),
            _ => format!(" --hosts {}", quoted(&self.hosts)),
        };
        let authority = quoted(&self.authority);
        let anchor = quoted(&self.trust_anchor);
        format!(
            "{check} --trust {authority} --trust-anchor {anchor} --resolver {RESOLVER} {internal}{hosts}"
        )
    }

    /// The options of doorstep, as its configuration file. A JSON string is one of TOML as well.
    fn options_for(&self, stage: &Stage) -> String {
        let json = |value: serde_json::Value| value.to_string();
        let path = |path: &Path| json(path.display().to_string().into());
        let list = |values: &[String]| {
            let each = values
                .iter()
                .map(|value| format!("  {},\n", json(value.as_str().into())));
            format!("[\n{}]", each.collect::<String>())
        };
        format!(
            "trust = [{}]\ntrust-anchor = {}\nroot-hints = {}\nhosts = {}\nresolver = {}\ninternal = {}\nconnect-to = {}\n",
            path(&self.authority),
            path(&self.trust_anchor),
            path(&self.hints),
            path(&self.hosts),
            json(RESOLVER.to_string().into()),
            list(&RANGES.map(str::to_owned)),
            list(&stage.world.connect_to())
        )
    }
}

/// The root servers in the `named.root` format.
fn hints() -> String {
    let lines = ROOT_SERVERS.iter().map(|(name, v4, v6)| {
        format!(". 3600000 NS {name}\n{name} 3600000 A {v4}\n{name} 3600000 AAAA {v6}\n")
    });
    lines.collect()
}

/// DS records in zone-file form, as BIND's tools read them.
fn anchors_of_delv(records: &str) -> String {
    let each = records.lines().filter_map(|line| {
        let (owner, data) = line.split_once(" IN DS ")?;
        let (numbers, digest) = data.rsplit_once(' ')?;
        Some(format!("  {owner} static-ds {numbers} \"{digest}\";\n"))
    });
    format!("trust-anchors {{\n{}}};\n", each.collect::<String>())
}

fn told(stage: &Stage, files: &Files) -> String {
    let (scenario, name) = (stage.scenario, stage.scenario.target);
    let mut out = format!(
        "The small internet `{}` is up until Ctrl-C: {}.\n",
        scenario.name, scenario.title
    );
    let real = stage.world.connect_to().is_empty();
    if real {
        let _ = writeln!(
            out,
            "It stands on its own addresses; another terminal comes into its network with\n  \
             nsenter --net=/proc/{}/ns/net",
            std::process::id()
        );
    }
    let written = [
        (&files.authority, "the root certificate to trust"),
        (&files.hints, "the root servers"),
        (&files.trust_anchor, "the root's DNSSEC trust anchor"),
        (&files.delv, "the same for delv and BIND"),
        (&files.hosts, "the hosts file of the visitor's machine"),
        (&files.options, "all options for doorstep"),
    ];
    out.push_str("\nfiles, removed at the end:\n");
    for (path, what) in written {
        let _ = writeln!(out, "  {}  # {what}", quoted(path));
    }
    let _ = writeln!(out, "\ndoorstep:\n  {}", files.doorstep(stage, real));
    out.push_str(&dig(stage.world.places(), name));
    if real {
        let _ = writeln!(
            out,
            "\nunbound-host, which walks from the root by itself and validates:\n  unbound-host -v -f {} {name}",
            quoted(&files.trust_anchor)
        );
    }
    out.push_str(&web(stage.world.places(), name, &quoted(&files.authority)));
    out
}

/// A line for the resolver, and one for each name server.
fn dig(places: &[Place], name: &str) -> String {
    let mut out = "\ndig:\n".to_owned();
    let mut told: Vec<&str> = Vec::new();
    for place in places.iter().filter(|place| place.asked.port() == 53) {
        // The addresses of one server say the same.
        if told.contains(&place.name.as_str()) {
            continue;
        }
        told.push(&place.name);
        let is_resolver = place.asked.ip() == RESOLVER;
        let recurse = if is_resolver { "" } else { "+norecurse " };
        let port = match place.dialled.port() {
            53 => String::new(),
            other => format!(" -p {other}"),
        };
        let line = format!("dig @{}{port} {recurse}{name}", place.dialled.ip());
        let _ = writeln!(out, "  {line}  # {}, {}", place.name, place.asked.ip());
    }
    out
}

/// For each machine of the site a line of curl, and one of openssl where port 443 is open.
fn web(places: &[Place], name: &str, authority: &str) -> String {
    let of_site = |port| {
        places
            .iter()
            .filter(move |place| place.name == HOST && place.asked.port() == port)
    };
    let mut machines: Vec<std::net::IpAddr> = of_site(80)
        .chain(of_site(443))
        .map(|place| place.asked.ip())
        .collect();
    machines.sort();
    machines.dedup();
    let (mut curl, mut openssl) = ("\ncurl:\n".to_owned(), "\nopenssl:\n".to_owned());
    for machine in machines {
        let own = || {
            of_site(80)
                .chain(of_site(443))
                .filter(|place| place.asked.ip() == machine)
        };
        let rewritten: Vec<String> = own().flat_map(rewriting).collect();
        let _ = writeln!(
            curl,
            "  curl -vL --cacert {authority} {} http://{name}/  # {machine}",
            rewritten.join(" ")
        );
        for place in own().filter(|place| place.asked.port() == 443) {
            let _ = writeln!(
                openssl,
                "  openssl s_client -connect {} -servername {name} -verify_hostname {name} -CAfile {authority}  # {machine}",
                place.dialled
            );
        }
    }
    curl + &openssl
}

/// curl's option for each name of the site.
fn rewriting(place: &Place) -> Vec<String> {
    let port = place.asked.port();
    NAMES
        .iter()
        .map(|name| format!("--connect-to {name}:{port}:{}", place.dialled))
        .collect()
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-:\\".contains(c);
    if text.chars().all(plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}
