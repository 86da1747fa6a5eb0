//! Which line of an answer's head is at fault, and where in it.

use std::ops::Range;

use crate::facts::http::Hop;
use crate::finding::AtFault;

/// A field line as it came.
#[derive(Clone, Debug)]
pub(super) struct Field {
    line: String,
    /// The bytes of its name.
    name: Range<usize>,
    /// The bytes of its value, without the blanks around it.
    value: Range<usize>,
}

/// The lines of an answer that have this field, in order.
pub(super) fn fields(hop: &Hop, name: &str) -> Vec<Field> {
    let lines = hop.head.iter().flat_map(|head| head.lines().skip(1));
    let own = lines.filter_map(Field::read);
    let own: Vec<Field> = own.filter(|field| field.is(name)).collect();
    if own.is_empty() {
        known(hop, name).into_iter().collect()
    } else {
        own
    }
}

/// A field whose value was noted apart from the head, where there is no head.
fn known(hop: &Hop, name: &str) -> Option<Field> {
    let (name, value) = match name {
        "location" => ("Location", hop.location.as_ref()?),
        "strict-transport-security" => ("Strict-Transport-Security", hop.hsts.as_ref()?),
        _ => return None,
    };
    Field::read(&format!("{name}: {value}"))
}

/// The status code in the first line of an answer.
pub(super) fn status(hop: &Hop) -> Option<AtFault> {
    let line = hop.head.as_ref()?.lines().next()?;
    let start = line.find(' ')? + 1;
    let code = line.get(start..)?.split(' ').next()?;
    at(line, start..start + code.len())
}

/// The first characters in a head that no line may have (RFC 9110 §5.5), and their line.
pub(super) fn control(hop: &Hop) -> Option<AtFault> {
    // What is no HTTP at all has no lines to speak of.
    let head = hop.head.as_ref().filter(|head| head.starts_with("HTTP/"))?;
    let mut marked = head.lines().filter_map(|line| at(line, controls(line)?));
    marked.next()
}

/// The bytes of the first control characters that follow each other. A tab is allowed.
pub(super) fn controls(text: &str) -> Option<Range<usize>> {
    let is_control = |c: char| c.is_control() && c != '\t';
    let start = text.find(is_control)?;
    let rest = text.get(start..)?;
    let length = rest.find(|c| !is_control(c)).unwrap_or(rest.len());
    Some(start..start + length)
}

fn at(line: &str, part: Range<usize>) -> Option<AtFault> {
    let line = line.to_owned();
    let Range { start, end } = part;
    let at_fault = AtFault { line, start, end };
    at_fault.split().is_some().then_some(at_fault)
}

impl Field {
    fn read(line: &str) -> Option<Self> {
        let colon = line.find(':')?;
        let name = line.get(..colon)?;
        let value = line.get(colon + 1..)?;
        let blank = [' ', '\t'];
        let start = colon + 1 + (value.len() - value.trim_start_matches(blank).len());
        let length = value.trim_matches(blank).len();
        Some(Self {
            line: line.to_owned(),
            name: 0..name.trim_end().len(),
            value: start..start + length,
        })
    }

    fn is(&self, name: &str) -> bool {
        let own = self.line.get(self.name.clone()).unwrap_or_default();
        own.eq_ignore_ascii_case(name)
    }

    pub(super) fn value(&self) -> &str {
        self.line.get(self.value.clone()).unwrap_or_default()
    }

    /// Its name is at fault.
    pub(super) fn name(&self) -> Option<AtFault> {
        at(&self.line, self.name.clone())
    }

    /// All of its value is.
    pub(super) fn whole(&self) -> Option<AtFault> {
        at(&self.line, self.value.clone())
    }

    /// These bytes of its value are.
    pub(super) fn part(&self, part: Range<usize>) -> Option<AtFault> {
        let from = self.value.start;
        at(
            &self.line,
            from.checked_add(part.start)?..from.checked_add(part.end)?,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::http::testing::{page, redirect};
    use super::*;

    fn answered(head: &str) -> Hop {
        let mut hop = page("https://shop.example/", 200);
        hop.head = Some(head.to_owned());
        hop
    }

    /// The part at fault, and the line around it.
    fn marked(at_fault: Option<AtFault>) -> Option<(String, String)> {
        let at_fault = at_fault?;
        let (_, part, _) = at_fault.split()?;
        Some((part.to_owned(), at_fault.line.clone()))
    }

    fn told(part: &str, line: &str) -> Option<(String, String)> {
        Some((part.to_owned(), line.to_owned()))
    }

    #[test]
    fn each_line_of_a_field_is_as_it_came() {
        let hop =
            answered("HTTP/1.1 200 OK\nX-A : \t one two \nOther: x-a: no\nx-a:three\nX-A:\n\n");
        let found = fields(&hop, "x-a");
        let whole: Vec<_> = found.iter().map(|field| marked(field.whole())).collect();
        assert_eq!(whole[0], told("one two", "X-A : \t one two "));
        assert_eq!(whole[1], told("three", "x-a:three"));
        assert_eq!(whole[2], told("", "X-A:"));
        assert_eq!(found.len(), 3);
        assert_eq!(
            marked(found[0].part(4..7)),
            told("two", "X-A : \t one two ")
        );
        assert_eq!(marked(found[0].name()), told("X-A", "X-A : \t one two "));
        assert_eq!(found[1].part(0..99), None);
        assert_eq!(found[1].part(0..usize::MAX), None);
        assert!(fields(&hop, "http/1.1 200 ok").is_empty());
    }

    #[test]
    fn a_field_that_was_noted_without_a_head_has_a_line() {
        let hop = redirect("http://shop.example/", 301, "https://shop.example/");
        let found = fields(&hop, "location");
        let line = "Location: https://shop.example/";
        assert_eq!(
            marked(found[0].whole()),
            told("https://shop.example/", line)
        );
        assert!(fields(&hop, "set-cookie").is_empty());
    }

    #[test]
    fn the_status_code_and_control_characters_are_found() {
        let hop = answered("HTTP/1.1 302 Found\nA: \u{fc}\tb\nB: x\u{1b}\u{0}y\u{7}\n\n");
        assert_eq!(marked(status(&hop)), told("302", "HTTP/1.1 302 Found"));
        let line = "B: x\u{1b}\u{0}y\u{7}";
        assert_eq!(marked(control(&hop)), told("\u{1b}\u{0}", line));
        assert_eq!(status(&answered("HTTP/2")), None);
        assert_eq!(control(&answered("HTTP/1.1 200 OK\nA: b\n\n")), None);
        assert_eq!(
            control(&answered("\u{15}\u{3}\u{1}\u{0}")),
            None,
            "an alert of TLS"
        );
    }
}
