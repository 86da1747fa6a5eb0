//! A public suite of path-validation cases held against `tlscheck --pem`: each case by the command line, as a user would.
//!
//! The cases are not part of this repository. They are looked for in `$DOORSTEP_LIMBO`, or beside the working copy.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]
#![expect(clippy::print_stderr, reason = "each case that disagrees is listed")]

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;

/// Cases that disagree on purpose, each with its reason.
const CONTESTED: &[(&str, &str)] = &[];

fn cases() -> PathBuf {
    match std::env::var_os("DOORSTEP_LIMBO") {
        Some(named) => named.into(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/limbo/cases.json"),
    }
}

/// Cases that ask for what doorstep has no option for.
fn applies(case: &Value) -> bool {
    let asks_nothing = |key: &str| case[key].is_null() || case[key] == Value::Array(Vec::new());
    asks_nothing("max_chain_depth") && asks_nothing("key_usage")
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

/// The report on one case.
fn report(case: &Value) -> Result<Value, String> {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, blocks: Vec<&str>| {
        let path = directory.path().join(name);
        std::fs::write(&path, blocks.join("\n")).unwrap();
        path
    };
    let leaf = case["peer_certificate"].as_str().unwrap();
    let chain = std::iter::once(leaf).chain(texts(&case["untrusted_intermediates"]));
    let chain = file("chain.pem", chain.collect());
    let trust = file("trust.pem", texts(&case["trusted_certs"]).collect());
    let mut command = Command::cargo_bin("doorstep").unwrap();
    command
        .env_clear()
        .args(["tlscheck", "--no-config", "--json"]);
    command.arg("--trust").arg(trust).arg("--pem").arg(chain);
    if let Some(at) = case["validation_time"].as_str() {
        command.args(["--at", at]);
    }
    if let Some(name) = case["expected_peer_name"]["value"].as_str() {
        command.args(["--name", name]);
    }
    let lists: Vec<&str> = texts(&case["crls"]).collect();
    if !lists.is_empty() {
        command.arg("--crl").arg(file("crl.pem", lists));
    }
    let output = command.output().unwrap();
    serde_json::from_slice(&output.stdout)
        .map_err(|_| String::from_utf8_lossy(&output.stderr).into_owned())
}

/// The ids that count against a chain, and what else does.
fn against(report: &Value, named: bool) -> Vec<String> {
    let endpoint = &report["tls"]["endpoints"][0];
    let mut found = Vec::new();
    if endpoint["trust"]["status"] != "trusted" {
        found.push(format!("untrusted {}", endpoint["trust"]["reasons"]));
    }
    if named && endpoint["name_matches"] != true {
        found.push("the name does not match".to_owned());
    }
    let findings = report["findings"].as_array().unwrap();
    let counting = findings.iter().filter(|finding| {
        finding["severity"] == "error" || finding["id"] == "tls/profile-violation"
    });
    found.extend(counting.map(|finding| format!("{}: {}", finding["id"], finding["message"])));
    found
}

/// Why the report disagrees with what the case expects.
fn disagreement(case: &Value) -> Option<String> {
    let report = match report(case) {
        Ok(report) => report,
        Err(error) => return Some(format!("no report: {error}")),
    };
    let against = against(&report, case["expected_peer_name"]["value"].is_string());
    // Authorities of the suite have a key usage that is not critical, good cases and bad ones: that says nothing of either.
    let departs = || {
        let departures = report["tls"]["endpoints"][0]["trust"]["departures"].as_array();
        let mut rules = departures.into_iter().flatten();
        rules.any(|departure| departure["rule"] != "key-usage-not-critical")
    };
    if case["expected_result"] == "SUCCESS" {
        (!against.is_empty()).then(|| against.join("; "))
    } else {
        (against.is_empty() && !departs()).then(|| "nothing was found wrong".to_owned())
    }
}

#[test]
#[ignore = "needs the path-validation cases; .ci/run runs it when they are there"]
fn verdicts_agree_with_the_public_suite() {
    let read: Value = serde_json::from_slice(&std::fs::read(cases()).unwrap()).unwrap();
    let applying: Vec<&Value> = read["testcases"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|case| applies(case))
        .collect();
    let mut unexplained = Vec::new();
    let mut agreeing = 0;
    for case in &applying {
        let id = case["id"].as_str().unwrap();
        let Some(why) = disagreement(case) else {
            agreeing += 1;
            continue;
        };
        let contested = CONTESTED.iter().find(|(own, _)| *own == id);
        eprintln!("{id} should be {}: {why}", case["expected_result"]);
        match contested {
            Some((_, reason)) => eprintln!("  contested: {reason}"),
            None => unexplained.push(id),
        }
    }
    eprintln!("{agreeing} of {} cases agree", applying.len());
    assert!(unexplained.is_empty(), "{unexplained:?}");
}
