//! Every scenario run once: its findings, its report against the schema, and what a person sees of it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;
use std::sync::Mutex;

use doorstep::demo::RANGES;
use doorstep::demo::scenarios::{Scenario, all};
use doorstep::facts::Facts;
use doorstep::judge::policy::Policy;
use doorstep::judge::{judge, rules};
use serde_json::Value;

use super::{demo, scrub};

/// How many run side by side: most of them wait for something.
const AT_ONCE: usize = 8;

/// The scenario whose whole report is a snapshot; of the others it is the outline.
const WHOLE: [&str; 1] = ["healthy"];

/// A report as JSON and as a person sees it.
struct Seen {
    report: Value,
    text: String,
}

fn look(scenario: &Scenario) -> Seen {
    let text = tempfile::NamedTempFile::new().unwrap();
    let to_file = format!("human:{}", text.path().display());
    let output = demo(&[scenario.name, "--json", "--output", &to_file])
        .output()
        .unwrap();
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        let stderr = String::from_utf8_lossy(&output.stderr);
        panic!("{}: {error}: {stderr}", scenario.name)
    });
    Seen {
        report,
        text: std::fs::read_to_string(text.path()).unwrap(),
    }
}

fn look_at_all() -> BTreeMap<&'static str, Seen> {
    let waiting: Mutex<VecDeque<&Scenario>> = Mutex::new(all().collect());
    let seen = Mutex::new(BTreeMap::new());
    std::thread::scope(|threads| {
        for _ in 0..AT_ONCE {
            threads.spawn(|| {
                loop {
                    let Some(scenario) = waiting.lock().unwrap().pop_front() else {
                        return;
                    };
                    let looked = look(scenario);
                    seen.lock().unwrap().insert(scenario.name, looked);
                }
            });
        }
    });
    seen.into_inner().unwrap()
}

fn ids(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|finding| finding["id"].as_str().unwrap())
        .collect()
}

/// The findings that were folded into others.
fn folded(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().unwrap().iter();
    let also = findings.filter_map(|finding| finding["evidence"]["also"].as_array());
    also.flatten()
        .map(|also| also["id"].as_str().unwrap())
        .collect()
}

/// The reports that were made under a policy: the oldest version that `--min-version` allowed.
const MIN_VERSIONS: [(&str, &str); 1] = [("tls-dated-settings.json", "TLSv1.3")];

/// Reports saved where a world on loopback cannot have the fault, by the names of their files. To keep them small, the suites
/// that a probe offered are cut to four, except of the one without a name, where they are judged.
fn recorded() -> BTreeMap<String, Value> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/facts");
    let files = std::fs::read_dir(directory)
        .unwrap()
        .map(|file| file.unwrap());
    let named = files.map(|file| {
        let text = std::fs::read_to_string(file.path()).unwrap();
        let name = file.file_name().into_string().unwrap();
        (name, serde_json::from_str(&text).unwrap())
    });
    named.collect()
}

/// What the command that made a recorded report asked for.
fn policy_of(file: &str) -> Policy {
    let min_version = MIN_VERSIONS.iter().find(|(name, _)| *name == file);
    Policy {
        internal: RANGES.iter().map(|range| range.parse().unwrap()).collect(),
        min_version: min_version.map(|(_, version)| (*version).to_owned()),
    }
}

#[test]
fn every_scenario_comes_to_its_findings_and_no_other() {
    let seen = look_at_all();
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("man/doorstep-report.schema.json");
    let schema = serde_json::from_str(&std::fs::read_to_string(schema).unwrap()).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let mut table = String::new();
    let mut wrong = Vec::new();
    for scenario in all() {
        let report = &seen[scenario.name].report;
        if let Err(error) = schema.validate(report) {
            wrong.push(format!(
                "{}: {error} at {}",
                scenario.name, error.instance_path
            ));
        }
        let found = ids(report);
        if found != scenario.findings {
            wrong.push(format!("{}: {found:?}", scenario.name));
        }
        let also: String = folded(report).iter().map(|id| format!(" ({id})")).collect();
        let line = format!("{:28}{}{also}", scenario.name, found.join(" "));
        table += &(line.trim_end().to_owned() + "\n");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| compare(&seen, &table));
}

/// Worlds whose servers contradict each other: what is shown as the answer is that of the server that was heard first. Their
/// findings are held all the same.
const BY_CHANCE: [&str; 3] = ["answers-differ", "answers-vary", "serial-mismatch"];

fn compare(seen: &BTreeMap<&str, Seen>, table: &str) {
    insta::assert_snapshot!("findings", table);
    let seen: Vec<(&str, &Seen)> = seen
        .iter()
        .map(|(name, seen)| (*name, seen))
        .filter(|(name, _)| !BY_CHANCE.contains(name))
        .collect();
    for (name, seen) in &seen {
        insta::assert_snapshot!(format!("human-{name}"), scrub::text(&seen.text));
    }
    for (name, seen) in &seen {
        let report = scrub::report(&seen.report);
        let kept = if WHOLE.contains(name) {
            report
        } else {
            scrub::outline(&report)
        };
        insta::assert_json_snapshot!(format!("json-{name}"), kept);
    }
}

/// What scenarios come to in the evidence of its cause: some findings are never alone.
fn folded_in_scenarios() -> BTreeSet<String> {
    let table = include_str!("../snapshots/findings.snap");
    let words = table.split_whitespace();
    let folded = words.filter_map(|word| word.strip_prefix('(')?.strip_suffix(')'));
    folded.map(str::to_owned).collect()
}

#[test]
fn every_rule_is_produced_by_a_scenario_or_a_recorded_report() {
    let of_scenarios = all().flat_map(|scenario| scenario.findings.iter().copied());
    let mut produced: BTreeSet<String> = of_scenarios.map(str::to_owned).collect();
    for report in recorded().values() {
        produced.extend(ids(report).into_iter().map(str::to_owned));
    }
    produced.extend(folded_in_scenarios());
    let missing: Vec<&str> = rules()
        .map(|rule| rule.id)
        .filter(|id| !produced.contains(*id))
        .collect();
    assert!(missing.is_empty(), "no scenario comes to {missing:?}");
    let known: BTreeSet<&str> = rules().map(|rule| rule.id).collect();
    let unknown: Vec<&String> = produced
        .iter()
        .filter(|id| !known.contains(id.as_str()))
        .collect();
    assert!(unknown.is_empty(), "no rule is called {unknown:?}");
}

#[test]
fn a_recorded_report_is_judged_again_to_what_was_found() {
    for (file, report) in recorded() {
        let facts: Facts = serde_json::from_value(report.clone()).unwrap();
        let found: Vec<String> = judge(&facts, &policy_of(&file))
            .into_iter()
            .map(|finding| finding.id)
            .collect();
        assert_eq!(found, ids(&report), "{file}");
    }
}
