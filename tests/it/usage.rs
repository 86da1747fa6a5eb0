//! Wrong input: what was wrong, a hint, exit code 2, and nothing on standard output.

use assert_cmd::Command;

fn fails(arguments: &[&str], said: &str) {
    let output = Command::cargo_bin("doorstep")
        .unwrap()
        .args(arguments)
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(
        output.stdout.is_empty() && stderr.contains(said),
        "{stderr}"
    );
}

#[test]
fn names_that_are_none_are_refused() {
    fails(&["dnstrace", ""], "it is empty");
    fails(&["dnstrace", &"a".repeat(64)], "at most 63");
    fails(&["dnstrace", "a..b"], "a label is empty");
    fails(&["dnstrace", &["a"; 130].join(".")], "253");
    fails(&["dnstrace", "https://example.com/"], "it is a URL");
}

#[test]
fn an_unknown_type_or_finding_gets_the_nearest() {
    fails(&["dnstrace", "example.com", "AAA"], "did you mean AAAA?");
    fails(
        &["explain", "dns/alias-lop"],
        "did you mean `doorstep explain dns/alias-loop`?",
    );
}

#[test]
fn files_that_cannot_be_read_are_named_with_the_line() {
    fails(
        &[
            "dnstrace",
            "example.com",
            "--root-hints",
            "/nonexistent/hints",
        ],
        "/nonexistent/hints",
    );
    let hints = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(hints.path(), ". NS a.\nwhat is this\n").unwrap();
    fails(
        &[
            "dnstrace",
            "example.com",
            "--root-hints",
            hints.path().to_str().unwrap(),
        ],
        "line 2",
    );
}

#[test]
fn wrong_options_are_refused() {
    fails(
        &[
            "dnstrace",
            "example.com",
            "--connect-to",
            "a:70000:127.0.0.1:1",
        ],
        "70000",
    );
    fails(
        &["dnstrace", "example.com", "--timeout", "soon"],
        "no duration",
    );
    fails(
        &["dnstrace", "example.com", "-4", "-6"],
        "cannot be used with",
    );
}

#[test]
fn explain_lists_shows_and_speaks_json() {
    let explain = |arguments: &[&str]| {
        let output = Command::cargo_bin("doorstep")
            .unwrap()
            .arg("explain")
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(explain(&[]).lines().count() >= 10);
    assert!(explain(&["dns/alias-loop"]).contains("source: RFC 1034"));
    let rules: serde_json::Value = serde_json::from_str(&explain(&["--format", "json"])).unwrap();
    assert_eq!(rules[0]["id"], "dns/not-delegated");
}

#[test]
fn dnstrace_answers_under_its_own_name() {
    let output = Command::cargo_bin("dnstrace")
        .unwrap()
        .arg("")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
}
