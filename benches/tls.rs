//! What a check and a list cost beside openssl s_client, sslscan, sslyze, nmap and testssl.sh: connections, wall and CPU.
//!
//! All look at one nginx with Mozilla's intermediate settings on loopback, behind a relay that counts connections and holds
//! every byte back as a network with that round trip would. Needs root, nginx and openssl; of the others those that are
//! installed: `cargo bench --bench tls`. `SSLYZE` may say where that one is. Prints a table for the README.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench prints, reads the clock, and stops by panicking"
)]

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// The lengths of a round trip, in milliseconds.
const ROUND_TRIPS: [u64; 3] = [0, 20, 50];
/// What takes longer is cut off, and shown as that.
const PATIENCE: Duration = Duration::from_secs(240);
const SUITES: &str = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:\
                      ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:\
                      DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384:DHE-RSA-CHACHA20-POLY1305";

/// nginx, until it is dropped.
struct Site {
    child: Child,
    directory: tempfile::TempDir,
    port: u16,
}

impl Site {
    fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().display().to_string();
        let port = free_port();
        run(
            "openssl",
            &format!("dhparam -dsaparam -out {place}/dh.pem 2048"),
        );
        run(
            "openssl",
            &format!(
                "req -x509 -nodes -days 90 -subj /CN=shop.example -newkey rsa:2048 -addext subjectAltName=DNS:shop.example \
                 -keyout {place}/key.pem -out {place}/chain.pem"
            ),
        );
        let text = format!(
            "daemon off; worker_processes 1; error_log {place}/errors; pid {place}/pid; events {{ }} http {{ access_log off; \
             server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {place}/chain.pem; ssl_certificate_key {place}/key.pem; \
             ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers {SUITES}; ssl_prefer_server_ciphers off; \
             ssl_dhparam {place}/dh.pem; ssl_session_cache shared:s:1m; }} }}"
        );
        fs::write(directory.path().join("nginx.conf"), text).unwrap();
        let child = Command::new("nginx")
            .args(["-c", &format!("{place}/nginx.conf")])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            std::thread::sleep(Duration::from_millis(20));
        }
        Self {
            child,
            directory,
            port,
        }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let id = self.child.id().to_string();
        let _ = Command::new("kill").arg(id).status();
        let _ = self.child.wait();
        assert!(self.directory.path().exists());
    }
}

/// A way to the site that is as long as it is said to be.
struct Relay {
    port: u16,
    accepted: Arc<AtomicUsize>,
    round_trip: Arc<AtomicU64>,
}

impl Relay {
    fn to(site: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (accepted, round_trip) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicU64::new(0)));
        let (count, length) = (Arc::clone(&accepted), Arc::clone(&round_trip));
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                count.fetch_add(1, Ordering::SeqCst);
                let trip = Duration::from_millis(length.load(Ordering::SeqCst));
                std::thread::spawn(move || relay(&client, site, trip));
            }
        });
        Self {
            port,
            accepted,
            round_trip,
        }
    }
}

/// The system accepts at once, so that the first bytes wait for as long as the connection would have taken.
fn relay(client: &TcpStream, site: u16, trip: Duration) {
    let Ok(server) = TcpStream::connect(("127.0.0.1", site)) else {
        return;
    };
    // What waits for an acknowledgement on loopback would count as the network's.
    for end in [client, &server] {
        let _ = end.set_nodelay(true);
    }
    let connected = Instant::now() + trip;
    std::thread::scope(|threads| {
        threads.spawn(|| pump(client, &server, trip / 2, connected));
        threads.spawn(|| pump(&server, client, trip / 2, connected));
    });
}

/// What is read goes on later, in order, without waiting for what came before it.
fn pump(from: &TcpStream, to: &TcpStream, delay: Duration, not_before: Instant) {
    let (send, receive) = mpsc::channel::<(Instant, Vec<u8>)>();
    std::thread::scope(|threads| {
        threads.spawn(move || {
            let (mut from, mut buffer) = (from, vec![0; 16 * 1024]);
            while let Ok(length) = from.read(&mut buffer) {
                let at = Instant::now().max(not_before) + delay;
                let _ = send.send((at, buffer[..length].to_vec()));
                if length == 0 {
                    break;
                }
            }
        });
        let mut to = to;
        for (at, bytes) in receive {
            std::thread::sleep(at.saturating_duration_since(Instant::now()));
            if bytes.is_empty() || to.write_all(&bytes).is_err() {
                break;
            }
        }
        let _ = to.shutdown(std::net::Shutdown::Write);
    });
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn run(program: &str, line: &str) {
    let output = Command::new(program)
        .args(line.split(' '))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// What one run cost.
struct Cost {
    connections: usize,
    wall: Duration,
    cpu: f64,
}

/// Seconds of this process's children that have ended, by themselves and by the system for them.
fn cpu_of_children() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    // The name of the program, in brackets, may hold spaces.
    let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    let ticks: f64 = [13, 14]
        .iter()
        .map(|at| fields[*at].parse::<f64>().unwrap())
        .sum();
    ticks / 100.0
}

fn measure(relay: &Relay, line: &str) -> Cost {
    let before = (relay.accepted.load(Ordering::SeqCst), cpu_of_children());
    let began = Instant::now();
    let mut child = Command::new("sh")
        .args(["-c", line])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(1));
        if began.elapsed() > PATIENCE {
            let _ = child.kill();
        }
    }
    Cost {
        connections: relay.accepted.load(Ordering::SeqCst) - before.0,
        wall: began.elapsed(),
        cpu: cpu_of_children() - before.1,
    }
}

/// The tools by name, with their command lines for a port.
fn tools(port: u16) -> Vec<(&'static str, String)> {
    let ours = format!(
        "{} tlscheck shop.example:{port} --address 127.0.0.1 --no-config",
        env!("CARGO_BIN_EXE_doorstep")
    );
    let client =
        format!("openssl s_client -connect 127.0.0.1:{port} -servername shop.example </dev/null");
    let sslyze = std::env::var("SSLYZE").unwrap_or_else(|_| "sslyze".to_owned());
    let all = vec![
        ("doorstep: a check", ours.clone()),
        ("doorstep: a list", format!("{ours} --enumerate")),
        ("openssl s_client", client.clone()),
        (
            "20 openssl s_client",
            format!("for i in $(seq 20); do {client}; done"),
        ),
        (
            "nmap ssl-enum-ciphers",
            format!("nmap -Pn -n -p {port} --script ssl-enum-ciphers 127.0.0.1"),
        ),
        (
            "sslscan",
            format!("sslscan --no-colour --sni-name=shop.example 127.0.0.1:{port}"),
        ),
        ("sslyze", format!("{sslyze} 127.0.0.1:{port}")),
        (
            "testssl.sh",
            format!("testssl --warnings off --color 0 --quiet 127.0.0.1:{port}"),
        ),
    ];
    let is_there = |line: &str| {
        let program = line.split(' ').next().unwrap();
        program == "for"
            || Command::new("which")
                .arg(program)
                .output()
                .unwrap()
                .status
                .success()
    };
    all.into_iter().filter(|(_, line)| is_there(line)).collect()
}

fn main() {
    let site = Site::start();
    let relay = Relay::to(site.port);
    println!("| | connections | 0 ms | 20 ms | 50 ms | CPU |");
    println!("| --- | --- | --- | --- | --- | --- |");
    for (name, line) in tools(relay.port) {
        let costs = ROUND_TRIPS.map(|trip| {
            relay.round_trip.store(trip, Ordering::SeqCst);
            measure(&relay, &line)
        });
        let walls: Vec<String> = costs
            .iter()
            .map(|cost| match cost.wall {
                long if long > PATIENCE => "cut off".to_owned(),
                wall => format!("{:.2} s", wall.as_secs_f64()),
            })
            .collect();
        let cpu = costs.iter().map(|cost| cost.cpu).fold(f64::MAX, f64::min);
        let connections = costs
            .iter()
            .map(|cost| cost.connections)
            .max()
            .unwrap_or_default();
        println!(
            "| {name} | {connections} | {} | {cpu:.2} s |",
            walls.join(" | ")
        );
    }
}
