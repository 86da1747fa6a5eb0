//! `explain`: what a finding means, from its declaration.

use super::args::{ExplainArgs, Format};
use super::exit::UsageError;
use super::settings::nearest;
use crate::finding::Rule;
use crate::judge::rules;
use crate::render;

pub(super) fn explain(args: &ExplainArgs) -> Result<String, UsageError> {
    let shown: Vec<&Rule> = match &args.id {
        None => rules().collect(),
        Some(id) => vec![find(id)?],
    };
    let format = if args.json { Format::Json } else { args.format };
    Ok(match (format, &args.id) {
        (Format::Json | Format::Jsonl, _) => render::json::rules(&shown),
        (Format::Human, None) => render::human::rule_list(&shown),
        (Format::Human, Some(_)) => shown
            .iter()
            .map(|rule| render::human::rule_page(rule))
            .collect(),
    })
}

fn find(id: &str) -> Result<&'static Rule, UsageError> {
    rules().find(|rule| rule.id == id).ok_or_else(|| {
        let error = UsageError::new(format!("no finding is called `{}`", id.escape_default()));
        match nearest(id, rules().map(|rule| rule.id)) {
            Some(known) => error.hint(format!("did you mean `doorstep explain {known}`?")),
            None => error.hint("`doorstep explain` lists them all"),
        }
    })
}
