//! 2,000 names in one run, beside `dig +trace` under `xargs -P`: names a second, processor time a name, memory.
//!
//! The names lie in 100 signed zones below one TLD, on two name servers, all of them NSD. Servers and askers share the machine.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::world::RESOLVER;
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

fn shop(number: usize) -> String {
    format!("shop{number}.example.")
}

fn names() -> String {
    let zones = (0..ZONES).map(shop);
    let hosts = zones.flat_map(|zone| (0..HOSTS).map(move |host| format!("www{host}.{zone}\n")));
    hosts.collect()
}

/// The head of a zone file: SOA and NS.
fn zone_file(servers: &[&str]) -> String {
    let first = servers.first().unwrap();
    let mut text = format!("$TTL 3600\n@ SOA {first} hostmaster.example. 1 7200 900 1209600 300\n");
    for server in servers {
        writeln!(text, "@ NS {server}").unwrap();
    }
    text
}

fn addresses<'a>(servers: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let lines = servers.into_iter();
    lines
        .map(|(name, address)| format!("{name} A {address}\n"))
        .collect()
}

fn roots() -> impl Iterator<Item = (&'static str, &'static str)> {
    ROOT_SERVERS.iter().map(|(name, v4, _)| (*name, *v4))
}

/// A zone with its name and the text of its file.
type Zone = (String, String);

fn shops() -> Vec<Zone> {
    let one = |number| {
        let mut text = zone_file(&SERVERS.map(|(name, _)| name));
        for host in 0..HOSTS {
            writeln!(text, "www{host} A 192.0.2.10").unwrap();
        }
        (shop(number), text)
    };
    (0..ZONES).map(one).collect()
}

fn tld() -> Zone {
    let mut text = zone_file(&[TLD.0]) + &addresses([TLD]) + &addresses(SERVERS);
    for (zone, (server, _)) in (0..ZONES).flat_map(|number| SERVERS.map(|one| (shop(number), one)))
    {
        writeln!(text, "{zone} NS {server}").unwrap();
    }
    ("example.".to_owned(), text)
}

fn root() -> Zone {
    let names: Vec<&str> = roots().map(|(name, _)| name).collect();
    let text = zone_file(&names) + &addresses(roots()) + &addresses([TLD]);
    (".".to_owned(), format!("{text}example. NS {}\n", TLD.0))
}

/// Who knows every address, for those that ask the machine's resolver for the servers on their way.
fn resolver() -> Zone {
    let text = zone_file(&["ns."]) + &addresses(roots()) + &addresses([TLD]) + &addresses(SERVERS);
    (".".to_owned(), text)
}

/// Serves the world by NSD until it is killed; the trust anchor and the names go into `directory`.
pub(crate) fn serve(directory: &Path) {
    shell(directory, "ip link set lo up");
    // Those below first: what they are to be trusted by stands in the zone above.
    let shops = shops();
    let zones: Vec<&Zone> = shops.iter().collect();
    let (tld, root, resolver) = (tld(), root(), resolver());
    let of_root: Vec<&str> = roots().map(|(_, address)| address).collect();
    let of_shops = SERVERS.map(|(_, address)| address);
    let servers = [
        start(directory, "shops", &of_shops, &zones),
        start(directory, "tld", &[TLD.1], &[&tld]),
        start(directory, "resolver", &[RESOLVER], &[&resolver]),
        // After the other root zone: the keys of this one are the anchor.
        start(directory, "root", &of_root, &[&root]),
    ];
    let resolver = format!("nameserver {RESOLVER}\n");
    fs::write(directory.join("resolv.conf"), resolver).unwrap();
    fs::write(directory.join("names"), names()).unwrap();
    let answers = format!(
        "until dig +tries=1 +time=1 @{} {} soa | grep -q NOERROR; do :; done",
        TLD.1,
        shop(0)
    );
    shell(directory, &answers);
    fs::copy(directory.join("dsset-."), directory.join("root.ds")).unwrap();
    for mut server in servers {
        server.wait().unwrap();
    }
}

/// An NSD on its own addresses, with its own zones, each signed.
fn start(directory: &Path, name: &str, addresses: &[&str], zones: &[&Zone]) -> Child {
    let own = directory.join(name);
    fs::create_dir(&own).unwrap();
    let shown = own.display();
    let mut conf = format!(
        "server:\n username: \"\"\n zonesdir: \"{shown}\"\n pidfile: \"{shown}/pid\"\n database: \"\"\n xfrdfile: \"{shown}/xfrd\"\n"
    );
    for address in addresses {
        shell(directory, &format!("ip addr add {address}/32 dev lo"));
        writeln!(conf, " ip-address: {address}").unwrap();
    }
    conf += "remote-control:\n control-enable: no\n";
    for (zone, text) in zones {
        let file = format!("{zone}zone");
        fs::write(own.join(&file), text).unwrap();
        let sign = format!(
            "(dnssec-keygen -q -a 13 -f KSK {zone} && dnssec-signzone -q -z -S -g -d .. -o {zone} -f {file}.signed {file}) > /dev/null"
        );
        shell(&own, &sign);
        writeln!(
            conf,
            "zone:\n name: \"{zone}\"\n zonefile: \"{file}.signed\""
        )
        .unwrap();
    }
    let file = own.join("nsd.conf");
    fs::write(&file, conf).unwrap();
    Command::new("nsd")
        .arg("-d")
        .arg("-c")
        .arg(file)
        .spawn()
        .unwrap()
}

fn shell(directory: &Path, line: &str) {
    let done = Command::new("sh")
        .args(["-c", line])
        .current_dir(directory)
        .status();
    assert!(done.unwrap().success(), "{line}");
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
            .args(["--net", "--pid", "--fork", "--kill-child"])
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
