//! How a run ends: stopped by the user, or with a pipe that nobody reads any more. The codes 0, 1, 2 and 3 are held where
//! their causes are: `dnstrace`, `usage`, `demo`.

#![cfg(unix)]

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use doorstep::demo::Behaviour::{self, Serve, Silent};
use serde_json::Value;

use super::world::{ZONE, server, shop, start, tld};

/// A run that waits for a silent server, stopped by a signal: its exit code and what it printed.
fn stopped(signal: &str) -> (Option<i32>, String) {
    stopped_in(signal, Silent, &["--timeout", "60s"])
}

/// A trace of a name whose server behaves so.
fn stopped_in(signal: &str, behaviour: Behaviour, options: &[&str]) -> (Option<i32>, String) {
    let named = ["www.shop.example", "A", "--json"];
    stopped_as(signal, behaviour, &[&named, options].concat())
}

fn stopped_as(signal: &str, behaviour: Behaviour, arguments: &[&str]) -> (Option<i32>, String) {
    let world = start(tld(), vec![server(ZONE, &[shop()], behaviour)]);
    let command = world.dnstrace(arguments);
    let mut child = Command::new(command.get_program())
        .args(command.get_args())
        .env_clear()
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // Long enough to have begun, and far from any bound of its own.
    std::thread::sleep(Duration::from_millis(700));
    kill(signal, &child);
    let mut text = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    (child.wait().unwrap().code(), text)
}

fn kill(signal: &str, child: &Child) {
    let done = Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status();
    assert!(done.unwrap().success());
}

#[test]
fn ctrl_c_ends_with_130_and_prints_what_had_been_seen() {
    let (code, text) = stopped("-INT");
    assert_eq!(code, Some(130));
    let report: Value = serde_json::from_str(&text).unwrap();
    let steps = report["dns"]["questions"][0]["steps"].as_array().unwrap();
    assert!(steps.iter().any(|step| step["response"] == "referral"));
    assert_eq!(report["inconclusive"][0]["reason"], "interrupted");
    assert_eq!(
        report["findings"].as_array().unwrap().len(),
        0,
        "{report:#}"
    );
}

#[test]
fn a_request_to_terminate_ends_with_143() {
    assert_eq!(stopped("-TERM").0, Some(143));
}

#[test]
fn ctrl_c_while_a_change_is_waited_for_prints_the_last_look() {
    let waiting = ["--expect", "192.0.2.99", "--wait", "60s"];
    let (code, text) = stopped_in("-INT", Serve, &waiting);
    assert_eq!(code, Some(130));
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["findings"][0]["id"], "dns/expected-mismatch");
    assert_eq!(report["inconclusive"].as_array().unwrap().len(), 0);
}

#[test]
fn what_the_user_stops_before_it_has_begun_has_no_report() {
    let names = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(names.path(), "www.shop.example\n".repeat(50)).unwrap();
    let list = ["--targets", names.path().to_str().unwrap(), "--jobs", "2"];
    let options = ["--format", "jsonl", "--timeout", "60s"];
    let (code, text) = stopped_as("-INT", Silent, &[&list[..], &options].concat());
    assert_eq!((code, text.lines().count()), (Some(130), 2));
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_doorstep"))
        .arg("explain")
        .env_clear()
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty());
}

#[test]
fn a_file_that_cannot_be_written_is_a_fault_of_usage() {
    let output = Command::new(env!("CARGO_BIN_EXE_doorstep"))
        .args([
            "tlscheck",
            "example.com",
            "--output",
            "json:/nonexistent/report",
        ])
        .env_clear()
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
}
