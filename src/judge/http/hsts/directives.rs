//! Where in a Strict-Transport-Security field its directives stand.

use std::ops::Range;

use crate::facts::http::{Hop, HstsError};
use crate::finding::AtFault;
use crate::judge::field::{Field, fields};

/// The field whose policy counts: of several the first.
pub(super) fn field(hop: &Hop) -> Option<Field> {
    fields(hop, "strict-transport-security").into_iter().next()
}

/// The first directive of this name.
pub(super) fn named(hop: &Hop, name: &str) -> Option<AtFault> {
    let field = field(hop)?;
    let all = directives(field.value());
    let own = all.into_iter().find(|directive| directive.is(name))?;
    field.part(own.bytes)
}

/// The second policy: another line, or what two in one line are joined by.
pub(super) fn second(hop: &Hop) -> Option<AtFault> {
    let fields = fields(hop, "strict-transport-security");
    match fields.as_slice() {
        [] => None,
        [only] => {
            let comma = only.value().find(',')?;
            only.part(comma..comma + 1)
        }
        [_, second, ..] => second.whole(),
    }
}

/// What breaks the grammar; where nothing stands, the place behind the last directive.
pub(super) fn broken(hop: &Hop, error: &HstsError) -> Option<AtFault> {
    let field = field(hop)?;
    let value = field.value();
    let all = directives(value);
    let mut last_first = all.iter().rev();
    let own = match error {
        HstsError::MissingMaxAge => None,
        HstsError::InvalidMaxAge { value: text } => last_first
            .find(|directive| directive.is("max-age") && directive.has(text))
            .map(|directive| directive.value.clone().unwrap_or(directive.bytes.clone())),
        HstsError::DuplicateDirective { directive: name }
        | HstsError::UnexpectedValue { directive: name } => last_first
            .find(|directive| directive.is(name))
            .map(|directive| directive.bytes.clone()),
        HstsError::Malformed { token } => all
            .iter()
            .find(|directive| directive.text == token)
            .map(|directive| directive.bytes.clone()),
    };
    field.part(own.unwrap_or(value.len()..value.len()))
}

/// A directive, and its bytes in the value of the field.
struct Directive<'a> {
    text: &'a str,
    bytes: Range<usize>,
    /// Those behind the equals sign, when there are any.
    value: Option<Range<usize>>,
}

impl Directive<'_> {
    fn is(&self, name: &str) -> bool {
        let own = self.text.split('=').next().unwrap_or_default();
        own.trim_end().eq_ignore_ascii_case(name)
    }

    /// Whether this is its value, without quotes and escapes.
    fn has(&self, value: &str) -> bool {
        let own = self.text.split_once('=').map_or("", |(_, own)| own);
        let plain = |text: &str| text.replace(['"', '\\'], "");
        plain(own.trim_start()) == plain(value)
    }
}

/// Those that are not empty, split at semicolons outside quotes.
fn directives(value: &str) -> Vec<Directive<'_>> {
    let (mut quoted, mut escaped) = (false, false);
    let parts = value.split(|c| {
        quoted ^= c == '"' && !escaped;
        escaped = quoted && c == '\\' && !escaped;
        c == ';' && !quoted
    });
    let mut from = 0;
    let placed = parts.map(|part| {
        let start = from;
        from += part.len() + 1;
        (start, part)
    });
    placed
        .filter_map(|(start, part)| directive(start, part))
        .collect()
}

fn directive(start: usize, part: &str) -> Option<Directive<'_>> {
    let blank = [' ', '\t'];
    let text = part.trim_matches(blank);
    let start = start + (part.len() - part.trim_start_matches(blank).len());
    let bytes = start..start + text.len();
    let value = text.split_once('=').map(|(_, value)| value.trim_start());
    let value = value.filter(|value| !value.is_empty());
    let value = value.map(|value| bytes.end - value.len()..bytes.end);
    (!text.is_empty()).then_some(Directive { text, bytes, value })
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::page;
    use super::*;

    fn sent(lines: &[&str]) -> Hop {
        let mut hop = page("https://shop.example/", 200);
        let lines: Vec<String> = lines
            .iter()
            .map(|line| format!("strict-transport-security: {line}\n"))
            .collect();
        hop.head = Some(format!("HTTP/2 200\n{}\n", lines.concat()));
        hop
    }

    /// What stands in the value before the part at fault, and the part.
    fn split(at_fault: Option<AtFault>) -> (String, String) {
        let at_fault = at_fault.unwrap();
        let (before, part, _) = at_fault.split().unwrap();
        let before = before.strip_prefix("strict-transport-security: ").unwrap();
        (before.to_owned(), part.to_owned())
    }

    fn told(before: &str, part: &str) -> (String, String) {
        (before.to_owned(), part.to_owned())
    }

    #[test]
    fn what_breaks_the_grammar_is_marked_where_it_stands() {
        let (name, text) = (|name: &str| name.to_owned(), |text: &str| text.to_owned());
        for (value, error, before, part) in [
            (
                "max-age=1; Max-Age = 2",
                HstsError::DuplicateDirective {
                    directive: name("max-age"),
                },
                "max-age=1; ",
                "Max-Age = 2",
            ),
            (
                "x=\"a;max-age=2\"; max-age=1,5",
                HstsError::InvalidMaxAge { value: text("1,5") },
                "x=\"a;max-age=2\"; max-age=",
                "1,5",
            ),
            (
                "max-age; preload",
                HstsError::InvalidMaxAge { value: text("") },
                "",
                "max-age",
            ),
            (
                "max-age=\"1 day\"",
                HstsError::InvalidMaxAge {
                    value: text("1 day"),
                },
                "max-age=",
                "\"1 day\"",
            ),
            (
                "max-age=1;includeSubDomains=1; x",
                HstsError::UnexpectedValue {
                    directive: name("includesubdomains"),
                },
                "max-age=1;",
                "includeSubDomains=1",
            ),
            (
                "max-age=1; b\u{fc}cher ; x",
                HstsError::Malformed {
                    token: text("b\u{fc}cher"),
                },
                "max-age=1; ",
                "b\u{fc}cher",
            ),
            (
                "includeSubDomains",
                HstsError::MissingMaxAge,
                "includeSubDomains",
                "",
            ),
        ] {
            assert_eq!(
                split(broken(&sent(&[value]), &error)),
                told(before, part),
                "{value}"
            );
        }
    }

    #[test]
    fn a_directive_is_marked_in_the_policy_that_counts() {
        let hop = sent(&["includeSubDomains; max-age=60", "max-age=1; preload"]);
        let before = "includeSubDomains; ";
        assert_eq!(split(named(&hop, "max-age")), told(before, "max-age=60"));
        assert_eq!(named(&hop, "preload"), None);
        assert_eq!(named(&sent(&[]), "max-age"), None);
    }

    #[test]
    fn the_second_policy_is_a_line_or_begins_at_a_comma() {
        let lines = sent(&["max-age=1", "max-age=2"]);
        assert_eq!(split(second(&lines)), told("", "max-age=2"));
        let joined = sent(&["max-age=1, max-age=2"]);
        assert_eq!(split(second(&joined)), told("max-age=1", ","));
        assert_eq!(second(&sent(&["max-age=1"])), None);
    }
}
