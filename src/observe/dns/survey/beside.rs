//! What one server of a zone is asked for all of them: what the parent should know of the zone, and whether a wildcard answers.

use std::sync::Arc;

use futures_util::future::join_all;

use super::super::referral::Cut;
use super::super::trace::{Log, Tracer};
use super::facts::{answered, answers_in};
use crate::facts::dns::{Outcome, Question, Record};
use crate::facts::name::{DnsName, RrType};

impl Tracer {
    /// Asks a zone for what its parent should know of it: the addresses of the servers inside it, and the keys that it wants
    /// to be trusted by.
    pub(super) async fn ask_of_itself(self: &Arc<Self>, cut: &Cut) {
        let inside = cut.names.iter().filter(|name| cut.needs_glue(name));
        let addresses =
            inside.flat_map(|name| [RrType::A, RrType::AAAA].map(|rr_type| (name, rr_type)));
        let keys = [RrType::CDS, RrType::CDNSKEY].map(|rr_type| (&cut.zone, rr_type));
        let keys = keys.into_iter().filter(|_| self.plan.signatures);
        let asks = addresses
            .chain(keys)
            .map(|(name, rr_type)| self.ask_one_once(&cut.zone, name, rr_type));
        join_all(asks).await;
    }

    /// Asks beside each name that was found for one that nobody will have created: the same answer comes from a wildcard.
    pub(super) async fn ask_of_siblings(self: &Arc<Self>, questions: &[Question]) {
        let asks = questions.iter().filter_map(|question| {
            let (sibling, link) = (sibling(question)?, question.links.last()?);
            Some(async move {
                self.ask_one_once(&link.zone, &sibling, question.r#type)
                    .await
            })
        });
        join_all(asks).await;
    }
}

/// A label that nobody will have created.
const UNCREATED: &str = "doorstep-asks-for-what-is-not-here";

/// The uncreated name beside the one that a question ended at; none at the apex of a zone.
fn sibling(question: &Question) -> Option<DnsName> {
    let last = question.links.last()?;
    let found = question.outcome == Outcome::Answer && last.name.is_below(&last.zone);
    let above = last
        .name
        .with_labels(last.name.label_count() - usize::from(found));
    found
        .then(|| format!("{UNCREATED}.{above}").parse().ok())
        .flatten()
}

pub(super) fn sibling_records(question: &Question, log: &Log) -> Option<Vec<Record>> {
    let name = sibling(question)?;
    let steps = answered(log, |step| {
        step.question.name == name && step.question.r#type == question.r#type
    });
    steps.map(answers_in).next()
}
