//! A scenario of the demo on its own addresses, in a network namespace, and commands that are run inside.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The world's resolver, which is that of its machine.
pub(crate) const RESOLVER: &str = "198.51.100.99";

/// Up until it is dropped.
pub(crate) struct World {
    pub(crate) child: Child,
    /// Where its files lie.
    pub(crate) directory: String,
}

impl World {
    /// Starts a scenario with so many milliseconds a round trip.
    pub(crate) fn start(scenario: &str, delay_ms: u32) -> Self {
        let program = env!("CARGO_BIN_EXE_doorstep");
        let mut command = Command::new("unshare");
        command.args(["--net", program, "demo", scenario]);
        command.args(["--serve", "--real-addresses"]);
        if delay_ms > 0 {
            command.args(["--delay", &format!("{delay_ms}ms")]);
        }
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let anchors = lines
            .map_while(Result::ok)
            .find_map(|line| Some(line.trim().split_once("/delv.anchors")?.0.to_owned()));
        let directory = anchors.unwrap();
        let resolver = format!("nameserver {RESOLVER}\n");
        std::fs::write(format!("{directory}/resolv.conf"), resolver).unwrap();
        std::thread::sleep(Duration::from_millis(300));
        Self { child, directory }
    }

    fn inside(&self, line: &str) -> Command {
        let network = format!("--net=/proc/{}/ns/net", self.child.id());
        let mut command = Command::new("nsenter");
        // Programs ask the machine's resolver on the way, which is the world's here.
        let bind = format!(
            "mount --bind {}/resolv.conf /etc/resolv.conf && {line}",
            self.directory
        );
        command
            .args([&network, "unshare", "--mount", "sh", "-c", &bind])
            .stdin(Stdio::null());
        command
    }

    /// Runs a line of the shell inside.
    pub(crate) fn run(&self, line: &str) -> Output {
        self.inside(line).output().unwrap()
    }

    /// The same with how long it took, the way into the namespace not counted.
    pub(crate) fn timed(&self, line: &str) -> (Output, Duration) {
        let began = Instant::now();
        self.run("true");
        let way = began.elapsed();
        let output = self.run(line);
        (output, began.elapsed().saturating_sub(2 * way))
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = Command::new("kill")
            .args(["-INT", &self.child.id().to_string()])
            .status();
        let _ = self.child.wait();
    }
}
