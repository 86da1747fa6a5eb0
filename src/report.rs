//! Facts, findings and where they come from: what is printed, saved, and judged again.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::facts::attempt::Millis;
use crate::facts::{Facts, Inconclusive, dns::Dns, http::Http, tls::Tls};
use crate::finding::{Finding, Severity};

/// The number of the published schema.
pub const SCHEMA: u32 = 1;

/// The report on one target.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// The schema's number.
    pub schema: u32,
    /// The version of doorstep.
    pub version: String,
    /// The subcommand.
    pub command: String,
    /// The target as it was given.
    pub target: String,
    /// When the run began.
    #[schemars(with = "String")]
    pub started: jiff::Timestamp,
    /// The time at which validity was judged.
    #[schemars(with = "String")]
    pub judged_at: jiff::Timestamp,
    /// How long it took.
    pub elapsed_ms: Millis,
    /// The worst of what was found, or that it could not be measured.
    pub verdict: Verdict,
    /// What could not be looked at from here.
    pub inconclusive: Vec<Inconclusive>,
    /// What was found, the worst first.
    pub findings: Vec<Finding>,
    /// The first door.
    pub dns: Option<Dns>,
    /// The second.
    pub tls: Option<Tls>,
    /// The third.
    pub http: Option<Http>,
}

/// One word for a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Measured, and nothing found.
    Ok,
    /// At worst a notice.
    Notice,
    /// At worst a warning.
    Warning,
    /// An error.
    Error,
    /// A whole door could not be measured, and nothing worse is known.
    Inconclusive,
}

impl Report {
    /// Joins facts and findings.
    #[must_use]
    pub fn new(
        command: &str,
        target: &str,
        facts: Facts,
        findings: Vec<Finding>,
        elapsed_ms: Millis,
    ) -> Self {
        Self {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            command: command.to_owned(),
            target: target.to_owned(),
            started: facts.started,
            judged_at: facts.judged_at,
            elapsed_ms,
            verdict: verdict(&facts, &findings),
            inconclusive: facts.inconclusive,
            findings,
            dns: facts.dns,
            tls: facts.tls,
            http: facts.http,
        }
    }
}

fn verdict(facts: &Facts, findings: &[Finding]) -> Verdict {
    let door_missed = facts.inconclusive.iter().any(|missed| missed.whole_door);
    match findings.iter().map(|finding| finding.severity).max() {
        Some(Severity::Error) => Verdict::Error,
        Some(Severity::Warning) => Verdict::Warning,
        _ if door_missed => Verdict::Inconclusive,
        Some(Severity::Notice) => Verdict::Notice,
        None if ends_unseen(facts) => Verdict::Inconclusive,
        None => Verdict::Ok,
    }
}

/// Whether no walk came to a page: what visitors see at its end is not known.
fn ends_unseen(facts: &Facts) -> bool {
    let mut given = facts.http.iter().flat_map(|http| http.given()).peekable();
    given.peek().is_some() && given.all(|route| route.final_url.is_none())
}
