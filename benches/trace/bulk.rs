//! 2,000 names in one run, beside `dig +trace` under `xargs -P`: names a second, processor time a name, memory.
//!
//! The names lie in 100 signed zones below one TLD, on two name servers. Servers and askers share the machine.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::world::RESOLVER;
use doorstep::demo::ground::Ground;
use doorstep::demo::zone::ZoneData;
use doorstep::demo::{Behaviour, NameServer, Plan, World};
use doorstep::net::roots::ROOT_SERVERS;

const ZONES: usize = 100;
const HOSTS: usize = 20;
/// Names at a time, for both.
const JOBS: &str = "64";
/// The argument under which this program serves the world, in a network of its own.
pub(crate) const SERVE: &str = "--serve-bulk";

const TLD: (&str, &str) = ("ns1.nic.example.", "203.0.113.1");
const SERVERS: [(&str, &str); 2] = [
    ("ns1.dns.example.", "192.0.2.53"),
    ("ns2.dns.example.", "198.51.100.53"),
];

fn zone(number: usize) -> String {
    format!("shop{number}.example.")
}

fn names() -> String {
    let zones = (0..ZONES).map(zone);
    let hosts = zones.flat_map(|zone| (0..HOSTS).map(move |host| format!("www{host}.{zone}\n")));
    hosts.collect()
}

fn plan() -> Plan {
    let of_root: Vec<&str> = ROOT_SERVERS.iter().map(|(name, ..)| *name).collect();
    let root = ROOT_SERVERS
        .iter()
        .fold(ZoneData::new(".", &of_root), |zone, (name, v4, _)| {
            zone.address(name, v4)
        });
    let root = root.delegate("example.", TLD.0, &[TLD.1]);
    let tld = ZoneData::new("example.", &[TLD.0]).address(TLD.0, TLD.1);
    let tld = SERVERS
        .iter()
        .fold(tld, |tld, (name, address)| tld.address(name, address));
    let cuts = (0..ZONES)
        .map(zone)
        .flat_map(|zone| SERVERS.map(|(name, _)| (zone.clone(), name)));
    let tld = cuts.fold(tld, |tld, (zone, name)| tld.delegate(&zone, name, &[]));
    let own = |zone: String| {
        let apex = ZoneData::new(&zone, &SERVERS.map(|(name, _)| name));
        let hosts = (0..HOSTS).map(|host| format!("www{host}.{zone}"));
        Arc::new(hosts.fold(apex, |zone, host| zone.address(&host, "192.0.2.10")))
    };
    let zones: Vec<Arc<ZoneData>> = (0..ZONES).map(zone).map(own).collect();
    let server = |name: &str, addresses: Vec<&str>, zones: Vec<Arc<ZoneData>>| NameServer {
        name: name.to_owned(),
        addresses: addresses
            .iter()
            .map(|address| address.parse().unwrap())
            .collect(),
        zones,
        behaviour: Behaviour::Serve,
    };
    let mut servers = vec![
        server(
            "root",
            ROOT_SERVERS.iter().map(|(_, v4, _)| *v4).collect(),
            vec![root.into()],
        ),
        server(TLD.0, vec![TLD.1], vec![tld.into()]),
    ];
    for (name, address) in SERVERS {
        servers.push(server(name, vec![address], zones.clone()));
    }
    Plan {
        servers,
        ..Plan::default()
    }
}

/// Serves the world until it is killed; the trust anchor and the names go into `directory`.
pub(crate) fn serve(directory: &Path) {
    let plan = plan();
    run("ip", &["link", "set", "lo", "up"]);
    for address in plan.addresses() {
        let length = if address.is_ipv4() { 32 } else { 128 };
        run(
            "ip",
            &["addr", "add", &format!("{address}/{length}"), "dev", "lo"],
        );
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let world = runtime
        .block_on(World::start(plan, Ground::Real, None))
        .unwrap();
    let resolver = format!("nameserver {RESOLVER}\n");
    std::fs::write(directory.join("resolv.conf"), resolver).unwrap();
    std::fs::write(directory.join("names"), names()).unwrap();
    std::fs::write(directory.join("root.ds"), world.trust_anchor()).unwrap();
    runtime.block_on(std::future::pending::<()>());
}

fn run(program: &str, arguments: &[&str]) {
    let done = Command::new(program).args(arguments).status().unwrap();
    assert!(done.success(), "{program} {arguments:?}");
}

/// Up until it is dropped.
struct Served {
    child: Child,
    resolver: String,
}

impl Served {
    fn start(directory: &Path) -> Self {
        let own = std::env::current_exe().unwrap();
        let child = Command::new("unshare")
            .arg("--net")
            .arg(own)
            .arg(SERVE)
            .arg(directory)
            .spawn();
        let served = Self {
            child: child.unwrap(),
            resolver: directory.join("resolv.conf").display().to_string(),
        };
        while !directory.join("root.ds").exists() {
            std::thread::sleep(Duration::from_millis(20));
        }
        served
    }

    fn inside(&self, line: &str) -> Command {
        let network = format!("--net=/proc/{}/ns/net", self.child.id());
        // dig asks the machine's resolver for the servers' addresses, which is the world's here.
        let bound = format!("mount --bind {} /etc/resolv.conf && {line}", self.resolver);
        let mut command = Command::new("nsenter");
        command
            .args([&network, "unshare", "--mount", "sh", "-c", &bound])
            .stdin(Stdio::null());
        command
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a run took: seconds, seconds of processor time of the process itself, and the most memory that it had, in MB.
struct Cost {
    wall: f64,
    processor: f64,
    memory: f64,
}

fn measure(mut command: Command) -> Cost {
    let began = Instant::now();
    let mut child = command.spawn().unwrap();
    let mut cost = Cost {
        wall: 0.0,
        processor: 0.0,
        memory: 0.0,
    };
    let process = format!("/proc/{}", child.id());
    while child.try_wait().unwrap().is_none() {
        if let Some((processor, memory)) = of_process(&process) {
            (cost.processor, cost.memory) = (processor, memory);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    cost.wall = began.elapsed().as_secs_f64();
    cost
}

fn of_process(process: &str) -> Option<(f64, f64)> {
    let stat = std::fs::read_to_string(format!("{process}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    // Fields 14 and 15, and those of children, in hundredths of a second (proc_pid_stat(5)).
    let ticks = fields
        .get(11..15)?
        .iter()
        .filter_map(|ticks| ticks.parse::<f64>().ok());
    let status = std::fs::read_to_string(format!("{process}/status")).ok()?;
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let memory: f64 = peak.split_whitespace().next()?.parse().ok()?;
    Some((ticks.sum::<f64>() / 100.0, memory / 1024.0))
}

pub(crate) fn main() {
    let directory = tempfile::tempdir().unwrap();
    let (directory, count) = (directory.path(), (ZONES * HOSTS) as f64);
    let served = Served::start(directory);
    let shown = directory.display();
    println!(
        "\n| {count} names, {JOBS} at a time | validates | names a second | processor time a name | memory |"
    );
    println!("| --- | --- | --- | --- | --- |");
    let row = |name: &str, validates: &str, cost: &Cost, memory: String| {
        let (speed, each) = (count / cost.wall, cost.processor / count * 1e3);
        println!("| {name} | {validates} | {speed:.0} | {each:.2} ms | {memory} |");
    };
    let program = env!("CARGO_BIN_EXE_doorstep");
    let line = format!(
        "exec {program} dnstrace --targets {shown}/names - A --jobs {JOBS} --trust-anchor {shown}/root.ds --resolver trace \
         --hosts /dev/null --no-config --fail-on never -4 --format jsonl > {shown}/reports"
    );
    let cost = measure(served.inside(&line));
    let reports = std::fs::read_to_string(directory.join("reports")).unwrap();
    let secure = r#""outcome":"answer","obstacle":null,"rcode":"NOERROR""#;
    let answered = reports.lines().filter(|line| line.contains(secure)).count();
    let validated = reports
        .lines()
        .filter(|line| line.contains(r#""dnssec":{"status":"secure""#))
        .count();
    assert_eq!((answered, validated), (ZONES * HOSTS, ZONES * HOSTS));
    row(
        "doorstep dnstrace --targets",
        "yes",
        &cost,
        format!("{:.0} MB", cost.memory),
    );
    let line = format!(
        "exec xargs -a {shown}/names -n 1 -P {JOBS} dig @198.41.0.4 +trace +nodnssec > {shown}/traces"
    );
    let cost = measure(served.inside(&line));
    row("xargs dig +trace", "no", &cost, "a process each".to_owned());
}
