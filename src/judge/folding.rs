//! One cause, one finding: what another finding explains becomes its evidence.

use serde_json::{Value, json};

use crate::finding::{Finding, Rule};

/// Moves each finding that a rule calls explained, and whose subjects a cause has, into that cause's `evidence.also`.
///
/// A finding is never folded into a milder one: that would hide how bad things are. Neither is one that says that it has a
/// cause of its own as well (`independent`): mending the other would not mend it.
pub(super) fn fold(
    findings: Vec<Finding>,
    rules: impl Iterator<Item = &'static Rule>,
) -> Vec<Finding> {
    let rules: Vec<&Rule> = rules.collect();
    let causes: Vec<Option<usize>> = findings
        .iter()
        .map(|finding| {
            let rule = rules.iter().find(|rule| rule.id == finding.id)?;
            findings
                .iter()
                .position(|cause| explains(cause, rule, finding))
        })
        .collect();
    let roots: Vec<Option<usize>> = (0..findings.len())
        .map(|index| root(index, &causes))
        .collect();
    let mut also: Vec<Vec<Value>> = vec![Vec::new(); findings.len()];
    for (finding, root) in findings.iter().zip(&roots) {
        if let Some(folded) = root.and_then(|root| also.get_mut(root)) {
            folded.push(json!({
                "id": finding.id, "severity": finding.severity,
                "subjects": finding.subjects, "message": finding.message,
            }));
        }
    }
    let kept = findings
        .into_iter()
        .zip(also)
        .zip(roots)
        .filter(|(_, root)| root.is_none());
    kept.map(|((finding, also), _)| with(finding, also))
        .collect()
}

fn with(mut finding: Finding, also: Vec<Value>) -> Finding {
    if let Value::Object(evidence) = &mut finding.evidence
        && !also.is_empty()
    {
        evidence.insert("also".to_owned(), Value::Array(also));
    }
    finding
}

fn explains(cause: &Finding, rule: &Rule, finding: &Finding) -> bool {
    rule.explained_by.contains(&cause.id.as_str())
        && cause.id != finding.id
        && cause.severity >= finding.severity
        && finding.evidence.get("independent") != Some(&Value::Bool(true))
        && finding
            .subjects
            .iter()
            .all(|subject| covers(cause, subject))
}

/// Whether a cause concerns the subject: names it, its address on whatever port, or the whole host.
fn covers(cause: &Finding, subject: &str) -> bool {
    cause.subject == subject
        || cause
            .subjects
            .iter()
            .any(|own| own == subject || without_port(own) == without_port(subject))
}

/// The address of `address:port`; other subjects are as they are.
fn without_port(subject: &str) -> String {
    match subject.parse::<std::net::SocketAddr>() {
        Ok(socket) => socket.ip().to_string(),
        Err(_) => subject.to_owned(),
    }
}

/// Follows causes of causes to the one that nothing explains. `None` when there is no cause, or they go round.
fn root(index: usize, causes: &[Option<usize>]) -> Option<usize> {
    let next = |at: usize| causes.get(at).copied().flatten();
    let mut at = next(index)?;
    for _ in 0..causes.len() {
        match next(at) {
            Some(cause) => at = cause,
            None => return Some(at),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Severity;

    static CAUSE: Rule = rule("tls/cause", &[]);
    static EFFECT: Rule = rule("tls/effect", &["tls/cause"]);
    static FURTHER: Rule = rule("tls/further", &["tls/effect"]);

    const fn rule(id: &'static str, explained_by: &'static [&'static str]) -> Rule {
        Rule {
            id,
            severity: Severity::Error,
            source: "",
            doc: "",
            explained_by,
        }
    }

    fn finding(id: &str, severity: Severity, subjects: &[&str]) -> Finding {
        Finding {
            id: id.to_owned(),
            severity,
            subject: "host".to_owned(),
            subjects: subjects.iter().map(ToString::to_string).collect(),
            message: String::new(),
            fix: String::new(),
            evidence: json!({}),
        }
    }

    fn folded(findings: Vec<Finding>) -> Vec<(String, usize)> {
        let rules = [&CAUSE, &EFFECT, &FURTHER].into_iter();
        let left = fold(findings, rules).into_iter();
        let also = |finding: &Finding| finding.evidence["also"].as_array().map_or(0, Vec::len);
        left.map(|finding| (finding.id.clone(), also(&finding)))
            .collect()
    }

    #[test]
    fn effects_of_effects_end_at_the_first_cause_whatever_the_port() {
        let found = folded(vec![
            finding("tls/further", Severity::Notice, &["192.0.2.1:80"]),
            finding("tls/effect", Severity::Warning, &["192.0.2.1:443"]),
            finding("tls/cause", Severity::Error, &["192.0.2.1:443"]),
        ]);
        assert_eq!(found, [("tls/cause".to_owned(), 2)]);
    }

    #[test]
    fn what_has_a_cause_of_its_own_as_well_stands_by_itself() {
        let mut effect = finding("tls/effect", Severity::Warning, &["192.0.2.1:443"]);
        effect.evidence = json!({ "independent": true });
        let cause = finding("tls/cause", Severity::Error, &["192.0.2.1:443"]);
        assert_eq!(folded(vec![effect, cause]).len(), 2);
    }

    #[test]
    fn another_subject_is_another_cause() {
        let found = folded(vec![
            finding(
                "tls/effect",
                Severity::Warning,
                &["192.0.2.1:443", "192.0.2.2:443"],
            ),
            finding("tls/cause", Severity::Error, &["192.0.2.1:443"]),
        ]);
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn nothing_is_folded_into_what_is_milder() {
        let found = folded(vec![
            finding("tls/effect", Severity::Error, &["a"]),
            finding("tls/cause", Severity::Warning, &["a"]),
        ]);
        assert_eq!(found.len(), 2);
    }
}
