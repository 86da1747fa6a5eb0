//! What a finding is: its rule, declared once with [`finding!`](crate::finding!), and one occurrence of it.

mod at_fault;
mod clipped;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use at_fault::AtFault;
pub use clipped::clipped;

/// How bad, by consequence.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Departs from a SHOULD, or is worth seeing.
    Notice,
    /// Some clients fail, or all will by a known date.
    Warning,
    /// A conforming client fails now, or could be attacked now.
    Error,
}

/// A kind of finding, as declared.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The published name of the defect, such as `dns/alias-loop`; never reused.
    pub id: &'static str,
    /// How bad it is, whatever the evidence.
    pub severity: Severity,
    /// The standard that says so, or `practice: ` and the reason.
    pub source: &'static str,
    /// What it means, why it matters and how to mend it: the first paragraph says it in a sentence.
    pub doc: &'static str,
    /// The rules whose findings make this one a consequence, for the same subject.
    pub explained_by: &'static [&'static str],
}

/// What a rule saw: its operands, and the sentences made of them.
pub trait Evidence: Serialize {
    /// The rule.
    const RULE: Rule;

    /// What is so.
    fn message(&self) -> String;

    /// What to do.
    fn fix(&self) -> String;

    /// The finding about `subject` (a name, a zone, or `address:port`).
    fn about(&self, subject: impl Into<String>) -> Finding
    where
        Self: Sized,
    {
        let subject = subject.into();
        self.about_all(subject.clone(), vec![subject])
    }

    /// The finding about several `subjects` with one cause: named by `common`, or by the only one of them.
    fn about_all(&self, common: impl Into<String>, subjects: Vec<String>) -> Finding
    where
        Self: Sized,
    {
        let subject = match subjects.as_slice() {
            [only] => only.clone(),
            _ => common.into(),
        };
        Finding {
            id: Self::RULE.id.to_owned(),
            severity: Self::RULE.severity,
            subjects,
            subject,
            message: clipped::sentence(&self.message()),
            fix: self.fix(),
            evidence: serde_json::to_value(self).unwrap_or_default(),
        }
    }
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// The rule's name.
    pub id: String,
    /// The rule's severity.
    pub severity: Severity,
    /// What the subjects have in common.
    pub subject: String,
    /// Each thing that has the defect.
    pub subjects: Vec<String>,
    /// What is so; what others have written at length is clipped.
    pub message: String,
    /// What to do.
    pub fix: String,
    /// The operands; under `also` the findings that this one explains, and under `at_fault` where in the head of an answer the cause
    /// stands.
    #[schemars(schema_with = "operands")]
    pub evidence: serde_json::Value,
}

/// The schema of evidence: each rule has operands of its own, beside what all may have.
fn operands(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let at_fault = generator.subschema_for::<Option<AtFault>>();
    schemars::json_schema!({ "properties": { "at_fault": at_fault } })
}

/// Declares a rule: documentation, id, severity, source, typed evidence, message and fix in one place.
#[macro_export]
macro_rules! finding {
    (
        $(#[doc = $doc:literal])+
        $name:ident { $($(#[doc = $field_doc:literal])* $field:ident : $type:ty),* $(,)? }
        id: $id:literal, severity: $severity:ident, source: $source:literal,
        $(explained_by: [$($explained_by:literal),*],)?
        message: $message:literal,
        fix: $fix:literal $(,)?
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug, serde::Serialize)]
        pub(crate) struct $name { $($(#[doc = $field_doc])* pub(crate) $field: $type),* }

        impl $crate::finding::Evidence for $name {
            const RULE: $crate::finding::Rule = $crate::finding::Rule {
                id: $id,
                severity: $crate::finding::Severity::$severity,
                source: $source,
                doc: concat!($($doc, "\n"),+),
                explained_by: &[$($($explained_by),*)?],
            };

            fn message(&self) -> String {
                let Self { $($field),* } = self;
                $(let _ = $field;)*
                format!($message)
            }

            fn fix(&self) -> String {
                let Self { $($field),* } = self;
                $(let _ = $field;)*
                format!($fix)
            }
        }
    };
}
