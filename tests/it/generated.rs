//! What is generated from the definitions of flags and findings is committed, and current.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;

const REFRESH: &str = "refresh it with: REFRESH=1 cargo test --test it generated";

fn stdout(arguments: &[&str]) -> String {
    let output = Command::cargo_bin("doorstep")
        .unwrap()
        .env_clear()
        .args(arguments)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

fn is_current(path: &Path, text: &str) {
    if std::env::var_os("REFRESH").is_some() {
        std::fs::write(path, text).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(committed == text, "{} is stale; {REFRESH}", path.display());
}

fn inside(directory: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(directory)
}

#[test]
fn generated_completions_are_current() {
    type FileName = fn(&str) -> String;
    let shells: [(&str, FileName); 6] = [
        ("bash", |program| format!("{program}.bash")),
        ("zsh", |program| format!("_{program}")),
        ("fish", |program| format!("{program}.fish")),
        ("powershell", |program| format!("_{program}.ps1")),
        ("elvish", |program| format!("{program}.elv")),
        ("nushell", |program| format!("{program}.nu")),
    ];
    for (shell, file) in shells {
        for program in ["doorstep", "dnstrace", "tlscheck"] {
            let text = stdout(&["completions", shell, "--program", program]);
            is_current(&inside("completions").join(file(program)), &text);
        }
    }
}

#[test]
fn generated_manual_pages_and_schema_are_current() {
    let directory = tempfile::tempdir().unwrap();
    stdout(&["man", directory.path().to_str().unwrap()]);
    let mut pages = 0;
    for page in std::fs::read_dir(directory.path()).unwrap() {
        let page = page.unwrap();
        let text = std::fs::read_to_string(page.path()).unwrap();
        is_current(&inside("man").join(page.file_name()), &text);
        pages += 1;
    }
    assert_eq!(
        std::fs::read_dir(inside("man")).unwrap().count(),
        pages,
        "a page too many; {REFRESH}"
    );
}

#[test]
fn generated_table_of_findings_in_the_readme_is_current() {
    let rules: Vec<Value> = serde_json::from_str(&stdout(&["explain", "--json"])).unwrap();
    let row = |rule: &Value| {
        let text = |key: &str| rule[key].as_str().unwrap_or_default().to_owned();
        let title = rule["doc"][0].as_str().unwrap().to_owned();
        format!("| `{}` | {} | {title} |\n", text("id"), text("severity"))
    };
    let table: String = rules.iter().map(row).collect();
    let path = inside("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once("<!-- findings -->\n").unwrap();
    let (_, after) = rest.split_once("<!-- end of findings -->").unwrap();
    let head = "| finding | severity | what is wrong |\n| --- | --- | --- |\n";
    is_current(
        &path,
        &format!("{before}<!-- findings -->\n{head}{table}<!-- end of findings -->{after}"),
    );
}
