//! A run of doorstep whose time and memory are watched.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

/// The most memory that a run may take, in KiB.
pub(crate) const MEMORY: usize = 50 * 1024;

/// What a run said, and the most memory that it took, in KiB.
pub(crate) struct Watched {
    pub(crate) report: Value,
    pub(crate) peak: usize,
}

/// Runs a command that prints a report.
///
/// # Panics
/// When it hangs, fails, or takes more memory than it may.
pub(crate) fn watched(command: &mut Command, patience: Duration) -> Watched {
    let output = tempfile::NamedTempFile::new().unwrap();
    let stdout = Stdio::from(output.reopen().unwrap());
    let mut child = command.stdout(stdout).spawn().unwrap();
    let mut peak = 0;
    let mut waited = Duration::ZERO;
    let pause = Duration::from_millis(10);
    let code = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status.code();
        }
        peak = peak.max(memory(child.id()).unwrap_or_default());
        if waited >= patience {
            let _ = child.kill();
            panic!("it hangs");
        }
        std::thread::sleep(pause);
        waited += pause;
    };
    assert!(matches!(code, Some(0 | 1 | 3)), "{code:?}");
    assert!(peak < MEMORY, "{peak} KiB");
    let report = serde_json::from_slice(&fs::read(output.path()).unwrap()).unwrap();
    Watched { report, peak }
}

/// The most memory that a process has taken, where the system tells.
pub(crate) fn memory(process: u32) -> Option<usize> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    // Until it has become another program, a new process has the memory of this one.
    status.starts_with("Name:\tdoorstep").then_some(())?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
