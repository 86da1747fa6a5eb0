//! The demo's world on its own addresses, in a network namespace: dig, unbound, curl and openssl walk it as they are.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};

const NEEDS: &str = "needs root, util-linux, iproute2, bind9-dnsutils, unbound-host, openssl and curl; .ci/run installs them";

/// The world, up until it is dropped.
pub(crate) struct Served {
    child: Child,
    lines: Vec<String>,
}

impl Served {
    pub(crate) fn start(scenario: &str) -> Self {
        let program = env!("CARGO_BIN_EXE_doorstep");
        let mut child = Command::new("unshare")
            .args([
                "--net",
                program,
                "demo",
                scenario,
                "--serve",
                "--real-addresses",
            ])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{error}; {NEEDS}"));
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

    /// The path of a file that the world has written.
    pub(crate) fn file(&self, name: &str) -> String {
        let paths = self
            .lines
            .iter()
            .filter_map(|line| line.trim().split(' ').next());
        let mut named = paths.filter(|path| path.ends_with(&format!("/{name}")));
        named.next().unwrap_or_default().to_owned()
    }

    /// Starts unbound inside, cold, on port 5300 of the loopback; it ends with the world's network.
    pub(crate) fn start_unbound(&self) {
        let (hints, anchor) = (self.file("named.root"), self.file("root.ds"));
        let configuration = format!("{hints}.unbound");
        let text = format!(
            "server:\n interface: 127.0.0.1@5300\n username: \"\"\n chroot: \"\"\n pidfile: \"\"\n use-syslog: no\n do-daemonize: yes\n root-hints: \"{hints}\"\n \
             trust-anchor-file: \"{anchor}\"\n do-not-query-localhost: no\n module-config: \"validator iterator\"\n harden-below-nxdomain: no\n aggressive-nsec: no\n\
             remote-control:\n control-enable: no\n"
        );
        std::fs::write(&configuration, text).unwrap();
        let output = self.inside(&format!("unbound -c {configuration} && sleep 0.3"));
        assert!(output.status.success(), "{}", text_of(&output));
    }

    /// Runs the printed lines of a program inside, and gives what each said with its comment.
    fn run(&self, program: &str) -> Vec<(String, Output)> {
        let own = self.lines.iter().map(|line| line.trim_start());
        let own = own.filter(|line| line.starts_with(&format!("{program} ")));
        own.map(|line| (line.to_owned(), self.inside(line)))
            .collect()
    }

    pub(crate) fn inside(&self, line: &str) -> Output {
        let network = format!("--net=/proc/{}/ns/net", self.child.id());
        let directory = std::path::Path::new(env!("CARGO_BIN_EXE_doorstep"))
            .parent()
            .unwrap();
        let path = std::env::var("PATH").unwrap_or_default();
        Command::new("nsenter")
            .args([&network, "sh", "-c", line])
            .env_clear()
            .env(
                "PATH",
                format!("{}:{path}:/usr/sbin:/sbin", directory.display()),
            )
            .stdin(Stdio::null())
            .output()
            .unwrap_or_else(|error| panic!("{error}; {NEEDS}"))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn text_of(output: &Output) -> String {
    let both = [output.stdout.as_slice(), &output.stderr].concat();
    String::from_utf8_lossy(&both).into_owned()
}

#[test]
#[ignore = "needs root, util-linux, iproute2, bind9-dnsutils, unbound-host, openssl and curl; .ci/run installs them"]
fn every_tool_walks_the_demos_world_by_the_printed_lines() {
    let world = Served::start("healthy");
    let digs = world.run("dig");
    assert_eq!(digs.len(), 6, "{:#?}", world.lines);
    for (line, output) in digs {
        let said = text_of(&output);
        assert!(said.contains("status: NOERROR"), "{line}\n{said}");
        let answers =
            line.contains("resolver") || line.contains("ns1.shop") || line.contains("ns2.shop");
        assert_eq!(said.contains("192.0.2.11"), answers, "{line}\n{said}");
        assert_eq!(
            said.contains("flags: qr aa"),
            line.contains(".shop."),
            "{line}\n{said}"
        );
    }
    for (line, output) in world.run("unbound-host") {
        let said = text_of(&output);
        for address in ["192.0.2.10", "192.0.2.11", "2001:db8::10"] {
            assert!(said.contains(address), "{line}\n{said}");
        }
    }
    for (line, output) in world.run("curl") {
        let said = text_of(&output);
        assert!(output.status.success(), "{line}\n{said}");
        assert!(
            said.contains("we are open") && said.contains("HTTP/2 200"),
            "{line}\n{said}"
        );
    }
    for (line, output) in world.run("openssl") {
        let said = text_of(&output);
        assert!(said.contains("Verify return code: 0"), "{line}\n{said}");
    }
    for (line, output) in world.run("doorstep") {
        assert_eq!(
            output.status.code(),
            Some(0),
            "{line}\n{}",
            text_of(&output)
        );
    }
}

#[test]
#[ignore = "needs root, util-linux, iproute2, bind9-dnsutils, unbound-host, openssl and curl; .ci/run installs them"]
fn a_fault_of_the_world_is_one_for_the_other_tools_as_well() {
    let world = Served::start("expired-at-one");
    let codes = |program: &str| -> Vec<bool> {
        let run = world.run(program).into_iter();
        run.map(|(_, output)| output.status.success()).collect()
    };
    assert_eq!(codes("curl"), [true, false, true]);
    assert_eq!(codes("doorstep"), [false]);
}

#[test]
#[ignore = "needs root, which would be able to change the machine's addresses; .ci/run is root"]
fn the_machines_own_network_is_left_alone() {
    let output = Command::new(env!("CARGO_BIN_EXE_doorstep"))
        .args(["demo", "--serve", "--real-addresses"])
        .output()
        .unwrap();
    let said = text_of(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("hint: run it in a network of its own: unshare --net"),
        "{said}"
    );
}
