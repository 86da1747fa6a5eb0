//! JSON as the contract has it.

use serde_json::{Value, json};

use crate::finding::Rule;
use crate::report::Report;

/// One report as one object.
#[must_use]
pub fn report(report: &Report) -> String {
    text(&serde_json::to_value(report).unwrap_or_default())
}

/// One report on one line.
#[must_use]
pub fn line(report: &Report) -> String {
    serde_json::to_string(report)
        .map(|line| line + "\n")
        .unwrap_or_default()
}

/// The JSON Schema of one report.
#[must_use]
pub fn schema() -> String {
    text(&serde_json::to_value(schemars::schema_for!(Report)).unwrap_or_default())
}

/// Rules as an array of objects.
#[must_use]
pub fn rules(rules: &[&Rule]) -> String {
    let each = rules.iter().map(|rule| {
        json!({ "id": rule.id, "severity": rule.severity, "source": rule.source, "doc": super::human::paragraphs(rule) })
    });
    text(&Value::Array(each.collect()))
}

fn text(value: &Value) -> String {
    format!("{value:#}\n")
}
