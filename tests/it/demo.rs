//! `demo`: every scenario held to its findings, what people and programs see of it, and the world kept up for other tools.

mod latency;
mod scenarios;
mod scrub;
mod served;

use assert_cmd::Command;
use serde_json::Value;

/// `doorstep demo`, with a scrubbed environment that speaks UTF-8.
fn demo(arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("doorstep").unwrap();
    command
        .env_clear()
        .env("LANG", "C.UTF-8")
        .arg("demo")
        .args(arguments);
    command
}

fn stdout(arguments: &[&str], code: i32) -> String {
    let output = demo(arguments).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {stderr}");
    String::from_utf8(output.stdout).unwrap()
}

fn json(arguments: &[&str], code: i32) -> Value {
    serde_json::from_str(&stdout(arguments, code)).unwrap()
}

#[test]
fn the_tour_shows_three_sites_and_ends_well() {
    let shown = stdout(&[], 0);
    let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    for said in [
        "1. healthy",
        "2. expired-at-one",
        "3. redirect-loop",
        "Nothing leaves this machine",
        "visitors can get in",
        "error[tls/address-behind]",
        "error[http/redirect-loop]",
        "What to try next",
    ] {
        assert!(words.contains(said), "{said} in {shown}");
    }
    let verdicts: Vec<Value> = json(&["--json"], 0)
        .as_array()
        .unwrap()
        .iter()
        .map(|report| report["verdict"].clone())
        .collect();
    assert_eq!(verdicts, ["ok", "error", "error"]);
}

#[test]
fn a_scenario_is_explained_and_ends_as_its_check_does() {
    let shown = stdout(&["hsts-missing"], 0);
    assert!(
        shown.starts_with("hsts-missing: the site does not tell"),
        "{shown}"
    );
    assert!(shown.contains("warning[http/hsts-missing]"), "{shown}");
    stdout(&["hsts-missing", "--fail-on", "warning"], 1);
    assert!(stdout(&["healthy", "-q"], 0).is_empty());
}

#[test]
fn scenarios_are_listed_and_a_mistyped_one_gets_the_nearest() {
    let listed = json(&["--list", "--json"], 0);
    let listed = listed.as_array().unwrap();
    assert_eq!(stdout(&["--list"], 0).lines().count(), listed.len());
    assert_eq!(listed[0]["name"], "healthy");
    let output = demo(&["redirect-lop"]).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr.contains("did you mean `doorstep demo redirect-loop`?"),
        "{stderr}"
    );
}

#[test]
fn nothing_of_this_machine_leaks_into_the_world() {
    let here = tempfile::tempdir().unwrap();
    std::fs::write(
        here.path().join("doorstep.toml"),
        "this is no configuration\n",
    )
    .unwrap();
    let mut command = demo(&["healthy", "--json"]);
    command.current_dir(here.path());
    for (name, value) in [
        ("http_proxy", "http://127.0.0.1:1"),
        ("https_proxy", "http://127.0.0.1:1"),
        ("DOORSTEP_RESOLVER", "192.0.2.250"),
        ("DOORSTEP_TRUST", "/nonexistent"),
        ("DOORSTEP_ROOT_HINTS", "/nonexistent"),
    ] {
        command.env(name, value);
    }
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["verdict"], "ok");
    let asked: Vec<&Value> = report["dns"]["resolvers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|answer| &answer["resolver"])
        .collect();
    assert_eq!(asked, ["198.51.100.99", "198.51.100.99"]);
}

#[test]
fn the_story_names_whom_was_asked_and_fits_the_page_in_ascii() {
    let mut command = demo(&["alias-dangling", "-v"]);
    let output = command.env("LANG", "C").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.is_ascii(), "{text}");
    assert!(text.lines().all(|line| line.len() <= 80), "{text}");
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for said in [
        "It begins at the root, whose servers every resolver knows beforehand.",
        "was asked for example. A, as much of the name as it needs to see.",
        "it referred to the servers of `shop.example.`, for it knows no more itself",
        "it answered that the name is an alias for another",
        "exchanges, of which",
    ] {
        assert!(words.contains(said), "{said} in {text}");
    }
}
