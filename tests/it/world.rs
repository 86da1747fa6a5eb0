//! A world to walk: a root, the TLD `example`, and whatever a test adds.

use std::sync::Arc;
use std::time::Duration;

use assert_cmd::Command;
use doorstep::demo::ground::Ground;
use doorstep::demo::zone::ZoneData;
use doorstep::demo::{Behaviour, NameServer, Plan, World};
use serde_json::Value;

/// Addresses of the world. The first is that of a real root server.
pub(crate) const ROOT: &str = "198.41.0.4";
pub(crate) const TLD: &str = "192.0.2.1";
pub(crate) const ZONE: &str = "192.0.2.53";
pub(crate) const SECOND: &str = "192.0.2.54";

/// A running world and the runtime that keeps it up.
pub(crate) struct Running {
    _runtime: tokio::runtime::Runtime,
    world: World,
    hints: tempfile::NamedTempFile,
    trust_anchor: tempfile::NamedTempFile,
}

pub(crate) fn server(address: &str, zones: &[ZoneData], behaviour: Behaviour) -> NameServer {
    let zones = zones.iter().cloned().map(Arc::new).collect();
    NameServer {
        name: address.to_owned(),
        addresses: vec![address.parse().unwrap()],
        zones,
        behaviour,
    }
}

/// The TLD `example`, which delegates `shop.example` to one server with glue.
pub(crate) fn tld() -> ZoneData {
    ZoneData::new("example.", &["ns.nic.example."])
        .address("ns.nic.example.", TLD)
        .delegate("shop.example.", "ns1.shop.example.", &[ZONE])
}

/// The zone `shop.example` with a host `www`.
pub(crate) fn shop() -> ZoneData {
    ZoneData::new("shop.example.", &["ns1.shop.example."])
        .address("ns1.shop.example.", ZONE)
        .address("www.shop.example.", "192.0.2.10")
        .address("www.shop.example.", "2001:db8::10")
}

/// Starts the root, the TLD as given, and the other servers.
pub(crate) fn start(tld: ZoneData, others: Vec<NameServer>) -> Running {
    start_as(tld, Behaviour::Serve, others)
}

/// The same with a TLD whose server behaves so.
pub(crate) fn start_as(tld: ZoneData, behaviour: Behaviour, others: Vec<NameServer>) -> Running {
    start_after(None, tld, behaviour, others)
}

/// The same where every round trip takes so long.
pub(crate) fn start_after(
    delay: Option<Duration>,
    tld: ZoneData,
    behaviour: Behaviour,
    others: Vec<NameServer>,
) -> Running {
    let servers = with_parents(tld, behaviour, others);
    let plan = Plan {
        servers,
        ..Plan::default()
    };
    start_whole(plan, delay)
}

/// The same with a resolver that knew the other servers as they were then, and whatever `change` does to the plan.
pub(crate) fn start_plan(
    tld: ZoneData,
    others: Vec<NameServer>,
    then: Vec<NameServer>,
    change: impl FnOnce(&mut Plan),
) -> Running {
    let remembered = if then.is_empty() {
        then
    } else {
        with_parents(tld.clone(), Behaviour::Serve, then)
    };
    let mut plan = Plan {
        servers: with_parents(tld, Behaviour::Serve, others),
        remembered,
        ..Plan::default()
    };
    change(&mut plan);
    start_whole(plan, None)
}

/// The same where the server of the TLD has other zones as well, which stand after it.
pub(crate) fn start_shared(
    zones: &[ZoneData],
    behaviour: Behaviour,
    others: Vec<NameServer>,
) -> Running {
    let plan = Plan {
        servers: below_root(zones, behaviour, others),
        ..Plan::default()
    };
    start_whole(plan, None)
}

fn with_parents(tld: ZoneData, behaviour: Behaviour, others: Vec<NameServer>) -> Vec<NameServer> {
    below_root(&[tld], behaviour, others)
}

fn below_root(
    zones: &[ZoneData],
    behaviour: Behaviour,
    others: Vec<NameServer>,
) -> Vec<NameServer> {
    let root = ZoneData::new(".", &["a.root-servers.net."])
        .address("a.root-servers.net.", ROOT)
        .delegate("example.", "ns.nic.example.", &[TLD]);
    let mut servers = vec![
        server(ROOT, &[root], Behaviour::Serve),
        server(TLD, zones, behaviour),
    ];
    servers.extend(others);
    servers
}

fn start_whole(plan: Plan, delay: Option<Duration>) -> Running {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let world = runtime
        .block_on(World::start(plan, Ground::Loopback, delay))
        .unwrap();
    let hints = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(
        hints.path(),
        format!(". NS a.root-servers.net.\na.root-servers.net. A {ROOT}\n"),
    )
    .unwrap();
    let trust_anchor = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(trust_anchor.path(), world.trust_anchor()).unwrap();
    Running {
        _runtime: runtime,
        world,
        hints,
        trust_anchor,
    }
}

impl Running {
    /// Has a server serve these zones from now on.
    pub(crate) fn change(&self, address: std::net::IpAddr, zones: &[ZoneData]) {
        self.world.change(address, zones);
    }

    /// The report where more addresses are dialled by these rules.
    pub(crate) fn report_by(&self, rules: &[String], arguments: &[&str]) -> (Value, i32) {
        let own = rules
            .iter()
            .flat_map(|rule| ["--connect-to", rule.as_str()]);
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_doorstep"));
        command.env_clear().arg("dnstrace").args(own);
        command.args(self.command(arguments).get_args().skip(1));
        let output = command.arg("--json").output().unwrap();
        let report = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
        (report, output.status.code().unwrap())
    }

    /// `doorstep dnstrace` in this world, with a scrubbed environment.
    pub(crate) fn dnstrace(&self, arguments: &[&str]) -> Command {
        Command::from_std(self.command(arguments))
    }

    /// The same as the standard library has it.
    pub(crate) fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_doorstep"));
        command
            .env_clear()
            .arg("dnstrace")
            .arg("--root-hints")
            .arg(self.hints.path())
            .arg("--trust-anchor")
            .arg(self.trust_anchor.path());
        for rule in self.world.connect_to() {
            command.args(["--connect-to", &rule]);
        }
        for range in ["192.0.2.0/24", "2001:db8::/32"] {
            command.args(["--internal", range]);
        }
        command.args(["--resolver", "trace", "--hosts", "/dev/null"]);
        command.args(arguments);
        command
    }

    /// The report of `doorstep dnstrace --json`, and the exit code.
    pub(crate) fn report(&self, arguments: &[&str]) -> (Value, i32) {
        let output = self.dnstrace(arguments).arg("--json").output().unwrap();
        let report = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
        (report, output.status.code().unwrap())
    }
}

/// What is to be said of a world of few servers in one network, without IPv6 addresses.
const SMALL: [&str; 3] = ["dns/no-ipv6", "dns/single-server", "dns/single-network"];

/// The ids of the findings of a report, but for those that come from the size of this world.
pub(crate) fn ids(report: &Value) -> Vec<&str> {
    report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["id"].as_str().unwrap())
        .filter(|id| !SMALL.contains(id))
        .collect()
}
