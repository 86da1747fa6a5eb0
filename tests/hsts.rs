//! Public tables of header cases held against the grammar of HSTS policies.
//!
//! The cases are not part of this repository. They are looked for in `$DOORSTEP_HSTS`, or beside the working copy: a list, or a
//! list under `cases`, of objects with `headers` (or `header`) and what a browser makes of them: `valid`, `max_age`,
//! `include_subdomains`, `preload`. What a case does not name is not held against it.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]
#![expect(clippy::print_stderr, reason = "each case that disagrees is listed")]

use std::path::{Path, PathBuf};

use doorstep::facts::http::{Hsts, Http};
use doorstep::verify::hsts;
use serde_json::{Value, json};

fn cases() -> PathBuf {
    match std::env::var_os("DOORSTEP_HSTS") {
        Some(named) => named.into(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/hsts/cases.json"),
    }
}

/// The fields of a case, line by line.
fn fields(case: &Value) -> Vec<&str> {
    let given = [&case["headers"], &case["header"]];
    let lists = given.into_iter().flat_map(|value| match value {
        Value::Array(list) => list.iter().collect(),
        other => vec![other],
    });
    lists.filter_map(Value::as_str).collect()
}

/// What is kept of an answer with these fields.
fn policy(fields: &[&str]) -> Hsts {
    let lines = fields
        .iter()
        .map(|field| format!("Strict-Transport-Security: {field}\n"));
    let head = format!("HTTP/1.1 200 OK\n{}\n", lines.collect::<String>());
    let http = json!({ "host": "shop.example", "routes": [{
        "start": "https://shop.example/", "outcome": "https", "hops": [{
            "url": "https://shop.example/", "port": 443, "status": 200, "locations": 0, "elapsed_ms": 0, "timings": {}, "head": head
        }]
    }] });
    let mut http: Http = serde_json::from_value(http).unwrap();
    hsts::verify(&mut http);
    http.hsts.unwrap()
}

/// Where what is kept differs from what a case says, in the names of the case.
fn disagreements(case: &Value) -> Vec<&'static str> {
    let kept = policy(&fields(case));
    let valid = kept.valid == Some(true);
    let differs = |name: &str, value: Value| case.get(name).is_some_and(|said| *said != value);
    let mut found = Vec::new();
    if differs("valid", json!(valid)) {
        found.push("valid");
    }
    // Of what is dropped nothing is kept.
    let max_age = kept.max_age.filter(|_| valid);
    let too_long = max_age == Some(u64::MAX) && case["max_age"].is_number();
    if differs("max_age", json!(max_age)) && !too_long {
        found.push("max_age");
    }
    if valid && differs("include_subdomains", json!(kept.include_subdomains)) {
        found.push("include_subdomains");
    }
    if valid && differs("preload", json!(kept.preload)) {
        found.push("preload");
    }
    found
}

#[test]
fn a_case_that_disagrees_is_noticed() {
    let case = |valid, max_age| {
        let headers = ["max-age=1; includeSubDomains", "max-age=2"];
        json!({ "headers": headers, "valid": valid, "max_age": max_age, "include_subdomains": true })
    };
    assert!(disagreements(&case(true, 1)).is_empty());
    assert_eq!(disagreements(&case(true, 2)), ["max_age"]);
    assert_eq!(disagreements(&case(false, 1)), ["valid"]);
    let dropped = json!({ "header": "max-age", "valid": false, "max_age": null });
    assert!(disagreements(&dropped).is_empty());
}

#[test]
#[ignore = "needs the header cases; .ci/run runs it when they are there"]
fn policies_agree_with_the_public_tables() {
    let read: Value = serde_json::from_slice(&std::fs::read(cases()).unwrap()).unwrap();
    let cases = read
        .as_array()
        .or_else(|| read["cases"].as_array())
        .unwrap();
    assert!(!cases.is_empty());
    let mut disagreeing = 0;
    for case in cases {
        let found = disagreements(case);
        if !found.is_empty() {
            disagreeing += 1;
            eprintln!("{found:?} differ: {case}");
        }
    }
    assert_eq!(disagreeing, 0, "of {} cases", cases.len());
}
