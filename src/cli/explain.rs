//! `explain`: what a finding means, from its declaration.

use super::args::{ExplainArgs, Format};
use super::exit::UsageError;
use super::settings::nearest;
use crate::finding::Rule;
use crate::judge::RULES;
use crate::render;

pub(super) fn explain(args: &ExplainArgs) -> Result<String, UsageError> {
    let rules: Vec<&Rule> = match &args.id {
        None => RULES.iter().collect(),
        Some(id) => vec![find(id)?],
    };
    Ok(match (args.format, &args.id) {
        (Format::Json, _) => render::json::rules(&rules),
        (Format::Human, None) => render::human::rule_list(&rules),
        (Format::Human, Some(_)) => rules
            .iter()
            .map(|rule| render::human::rule_page(rule))
            .collect(),
    })
}

fn find(id: &str) -> Result<&'static Rule, UsageError> {
    RULES.iter().find(|rule| rule.id == id).ok_or_else(|| {
        let error = UsageError::new(format!("no finding is called `{}`", id.escape_default()));
        match nearest(id, RULES.iter().map(|rule| rule.id)) {
            Some(known) => error.hint(format!("did you mean `doorstep explain {known}`?")),
            None => error.hint("`doorstep explain` lists them all"),
        }
    })
}
