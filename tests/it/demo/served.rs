//! `demo --serve`: what it prints works when it is pasted.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use hickory_proto::op::{Message, MessageType, OpCode, Query};
use hickory_proto::rr::{Name, RecordType};
use serde_json::Value;

/// A world that is up, and what it printed.
pub(super) struct Served {
    child: Child,
    lines: Vec<String>,
}

impl Served {
    pub(super) fn start(scenario: &str) -> Self {
        Self::with(scenario, &[])
    }

    /// The same with further options.
    pub(super) fn with(scenario: &str, options: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_doorstep"))
            .env_clear()
            .args(["demo", scenario, "--serve"])
            .args(options)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = Vec::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            let last = line.contains("openssl s_client") && line.ends_with("2001:db8::10");
            lines.push(line);
            if last {
                break;
            }
        }
        Self { child, lines }
    }

    /// The words of the commands that begin so, comments taken off.
    pub(super) fn commands(&self, program: &str) -> Vec<Vec<String>> {
        let own = self.lines.iter().map(|line| line.trim_start());
        let own = own.filter(|line| line.starts_with(&format!("{program} ")));
        let bare = own.map(|line| line.split("  #").next().unwrap_or_default());
        bare.map(|line| line.split_whitespace().map(str::to_owned).collect())
            .collect()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The word after another.
pub(super) fn after<'a>(words: &'a [String], option: &str) -> &'a str {
    let at = words.iter().position(|word| word == option).unwrap();
    &words[at + 1]
}

#[test]
fn the_printed_line_of_doorstep_sees_what_the_demo_sees() {
    let served = Served::start("expired-at-one");
    let commands = served.commands("doorstep");
    let [line] = commands.as_slice() else {
        panic!("{commands:?}")
    };
    let output = Command::new(env!("CARGO_BIN_EXE_doorstep"))
        .env_clear()
        .args(&line[1..])
        .arg("--json")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["findings"][0]["id"], "tls/address-behind");
    assert_eq!(report["findings"].as_array().unwrap().len(), 1);
    assert_eq!(report["dns"]["resolvers"][0]["agrees"], true);
}

#[test]
fn every_printed_port_answers() {
    let served = Served::start("healthy");
    let digs = served.commands("dig");
    assert_eq!(
        digs.len(),
        6,
        "resolver, root, and two servers of each zone: {digs:?}"
    );
    // The resolver and the zone's servers answer, the root's and the registry's refer.
    for (dig, addresses) in digs.iter().zip([2, 0, 0, 0, 2, 2]) {
        let at: SocketAddr = format!("127.0.0.1:{}", after(dig, "-p")).parse().unwrap();
        let said = ask(at, dig.last().unwrap());
        assert_eq!(said.answers.len(), addresses, "{dig:?}: {said:?}");
    }
    for curl in served.commands("curl") {
        let rule = curl
            .iter()
            .find(|word| word.starts_with("shop.example:80:"))
            .unwrap();
        let at = rule.strip_prefix("shop.example:80:").unwrap();
        let mut stream = TcpStream::connect(at).unwrap();
        stream
            .write_all(b"GET /a?b HTTP/1.0\r\nHost: shop.example\r\n\r\n")
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(
            answer.contains("location: https://shop.example/a?b"),
            "{answer}"
        );
    }
    for openssl in served.commands("openssl") {
        assert!(TcpStream::connect(after(&openssl, "-connect")).is_ok());
    }
}

/// One question over UDP, for A.
fn ask(at: SocketAddr, name: &str) -> Message {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(5)))
        .unwrap();
    let mut asked = Message::new(7, MessageType::Query, OpCode::Query);
    asked.add_query(Query::query(
        Name::from_ascii(format!("{name}.")).unwrap(),
        RecordType::A,
    ));
    socket.send_to(&asked.to_vec().unwrap(), at).unwrap();
    let mut datagram = [0; 4096];
    let size = socket.recv(&mut datagram).unwrap();
    Message::from_vec(&datagram[..size]).unwrap()
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_it_and_its_files_are_removed() {
    let mut served = Served::start("healthy");
    let authority = after(&served.commands("curl")[0], "--cacert").to_owned();
    assert!(std::path::Path::new(&authority).exists());
    let id = served.child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &id])
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(served.child.wait().unwrap().code(), Some(130));
    assert!(!std::path::Path::new(&authority).exists());
}
