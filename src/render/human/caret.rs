//! The line of an answer that is at fault, as it came, with carets under the offending part.

use textwrap::core::display_width;

use super::super::style::{Style, harmless};
use crate::finding::{AtFault, Finding};

/// Columns kept in front of the offending part when the line is too long for the page.
const BEFORE: usize = 24;

/// What stands before both lines.
const EDGE: &str = "  | ";

/// Two lines; nothing for findings that no line of an answer is the cause of.
pub(super) fn under(finding: &Finding, style: Style) -> String {
    let at_fault = finding.evidence.get("at_fault");
    let read =
        at_fault.and_then(|at_fault| serde_json::from_value::<AtFault>(at_fault.clone()).ok());
    read.and_then(|at_fault| drawn(&at_fault, style))
        .unwrap_or_default()
}

fn drawn(at_fault: &AtFault, style: Style) -> Option<String> {
    let (before, part, behind) = at_fault.split()?;
    let room = style.width.saturating_sub(EDGE.len());
    let line = Line::of([before, part, behind]);
    let shown = line.within(room, style);
    let (pad, carets) = (" ".repeat(shown.before), "^".repeat(shown.marked));
    Some(format!("{EDGE}{}\n{EDGE}{pad}{carets}\n", shown.text))
}

/// A line, character by character as it is shown: an escaped one is wider, and is not to be cut within.
struct Line {
    cells: Vec<Cell>,
    /// The number of cells before the offending part, and up to its end.
    start: usize,
    end: usize,
}

struct Cell {
    text: String,
    width: usize,
}

/// What there is room for.
struct Shown {
    text: String,
    /// Columns before the carets.
    before: usize,
    /// Columns of carets.
    marked: usize,
}

impl Line {
    fn of([before, part, behind]: [&str; 3]) -> Self {
        let cells = |text: &str| -> Vec<Cell> {
            text.chars()
                .map(|c| {
                    let text = harmless(c.encode_utf8(&mut [0; 4]));
                    let width = display_width(&text);
                    Cell { text, width }
                })
                .collect()
        };
        let (before, part, behind) = (cells(before), cells(part), cells(behind));
        let (start, end) = (before.len(), before.len() + part.len());
        let cells = before.into_iter().chain(part).chain(behind).collect();
        Self { cells, start, end }
    }

    fn width(&self, from: usize, to: usize) -> usize {
        let cells = self.cells.get(from..to).unwrap_or_default();
        cells.iter().map(|cell| cell.width).sum()
    }

    /// The first cell that is shown: the beginning of the line, when the part fits behind it.
    fn first(&self, room: usize, dots: usize) -> usize {
        // Where something is missing there is a caret without a character.
        let part = self.width(self.start, self.end).max(1);
        if self.width(0, self.start) + part + dots <= room {
            return 0;
        }
        let kept = BEFORE.min(room / 3);
        let before = self.cells.iter().enumerate().take(self.start).rev();
        let mut width = 0;
        let near = before.take_while(|(_, cell)| {
            width += cell.width;
            width <= kept
        });
        near.last().map_or(self.start, |(at, _)| at)
    }

    /// Behind the last cell for which there is room.
    fn last(&self, from: usize, room: usize, dots: usize) -> usize {
        if self.width(from, self.cells.len()) <= room {
            return self.cells.len();
        }
        let behind = self.cells.iter().skip(from);
        let mut width = dots;
        let fitting = behind.take_while(|cell| {
            width += cell.width;
            width <= room
        });
        from + fitting.count()
    }

    fn within(&self, room: usize, style: Style) -> Shown {
        let dots = if style.unicode { "\u{2026}" } else { "..." };
        let wide = display_width(dots);
        let all = self.width(0, self.cells.len());
        let whole = all + usize::from(self.start == self.cells.len()) <= room;
        let from = if whole { 0 } else { self.first(room, wide) };
        let left = if from > 0 { dots } else { "" };
        let rest = room.saturating_sub(display_width(left));
        let to = self.last(from, rest, wide);
        let right = if to < self.cells.len() { dots } else { "" };
        let cells = self.cells.get(from..to).unwrap_or_default();
        let text: String = cells.iter().map(|cell| cell.text.as_str()).collect();
        Shown {
            text: format!("{left}{text}{right}"),
            before: display_width(left) + self.width(from, self.start),
            marked: self.width(self.start, self.end.min(to)).max(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Severity;
    use serde_json::{Value, json};

    const STYLE: Style = Style {
        color: false,
        unicode: false,
        width: 60,
        verbose: false,
        quiet: false,
    };

    fn of(evidence: Value, style: Style) -> String {
        let finding = Finding {
            id: "http/hsts-invalid".to_owned(),
            severity: Severity::Warning,
            subject: String::new(),
            subjects: Vec::new(),
            message: String::new(),
            fix: String::new(),
            evidence,
        };
        under(&finding, style)
    }

    /// What is drawn of a line whose offending part stands between these two.
    fn drawn(before: &str, part: &str, behind: &str) -> String {
        let (start, end) = (before.len(), before.len() + part.len());
        let line = format!("{before}{part}{behind}");
        let at_fault = json!({ "line": line, "start": start, "end": end });
        of(json!({ "at_fault": at_fault }), STYLE)
    }

    /// The columns that the carets stand under, and the text there.
    fn pointed(drawn: &str) -> (usize, String) {
        let mut lines = drawn.lines();
        let (line, carets) = (lines.next().unwrap(), lines.next().unwrap());
        let at = carets.find('^').unwrap();
        let marked = carets.len() - at;
        let text = line.chars().skip(at).take(marked).collect();
        (at, text)
    }

    #[test]
    fn the_part_itself_is_marked_and_not_another_of_the_same_letters() {
        assert_eq!(
            drawn("Strict-Transport-Security: max-age=1; ", "Max-Age=2", ""),
            "  | Strict-Transport-Security: max-age=1; Max-Age=2\n  |                                       ^^^^^^^^^\n"
        );
        assert_eq!(
            drawn("Set-Cookie: ", "id", "=id; Path=/id"),
            "  | Set-Cookie: id=id; Path=/id\n  |             ^^\n"
        );
    }

    #[test]
    fn what_is_missing_has_one_caret_in_its_place() {
        assert_eq!(
            drawn("Location: ", "", ""),
            "  | Location: \n  |           ^\n"
        );
        assert_eq!(
            pointed(&drawn("Location: /a", "", "#b")),
            (16, "#".to_owned())
        );
    }

    #[test]
    fn what_is_escaped_is_marked_whole_and_moves_what_stands_behind_it() {
        let escaped = drawn("Location: https://a", "\u{1b}[31m\u{202e}", "b");
        let (_, marked) = pointed(&escaped);
        assert_eq!(marked, "\\u{1b}[31m\\u{202e}");
        assert!(!escaped.contains(['\u{1b}', '\u{202e}']), "{escaped:?}");
        let (at, marked) = pointed(&drawn("A: \u{1b}\u{1b} ", "b", ""));
        assert_eq!((at, marked.as_str()), (4 + "A: \\u{1b}\\u{1b} ".len(), "b"));
    }

    #[test]
    fn wide_characters_count_for_two_columns() {
        assert_eq!(
            drawn("A: \u{6f22}", "\u{5b57}", ""),
            "  | A: \u{6f22}\u{5b57}\n  |      ^^\n"
        );
    }

    #[test]
    fn a_long_line_is_cut_around_the_part_and_stays_on_the_page() {
        for (before, part, behind) in [
            ("x".repeat(60_000), "part".to_owned(), "y".repeat(60_000)),
            ("x".repeat(300), "part".to_owned(), String::new()),
            ("A: ".to_owned(), "part".to_owned(), "y".repeat(300)),
            ("\u{1b}".repeat(90), "part".to_owned(), "\u{1b}".repeat(90)),
            ("x".repeat(300), "p".repeat(300), "y".repeat(9)),
            (
                "\u{6f22}".repeat(90),
                "part".to_owned(),
                "\u{6f22}".repeat(90),
            ),
        ] {
            let text = drawn(&before, &part, &behind);
            assert!(
                text.lines().all(|line| display_width(line) <= STYLE.width),
                "{text}"
            );
            let (line, carets) = text.trim_end().split_once('\n').unwrap();
            assert!(carets.contains("^^^^"), "{text}");
            assert!(!line.contains("{1b..."), "cut within an escape: {text}");
            let column = display_width(carets.trim_end_matches('^'));
            let mut width = 0;
            let own: String = line
                .chars()
                .skip_while(|c| {
                    width += display_width(c.encode_utf8(&mut [0; 4]));
                    width <= column
                })
                .collect();
            assert!(own.starts_with(&part[..4]), "{text}");
        }
        let missing = drawn(&"x".repeat(300), "", "");
        assert!(
            missing.lines().all(|line| line.len() <= STYLE.width),
            "{missing}"
        );
        assert!(missing.starts_with("  | ...xxx"), "{missing}");
        let short = format!("A: {}", "x".repeat(52));
        assert!(!drawn(&short, "p", "").contains("..."), "it just fits");
    }

    #[test]
    fn no_page_is_too_narrow_and_no_evidence_too_odd() {
        for width in 0..20 {
            let at_fault = json!({ "line": "A: bcdefghijklmnopq", "start": 9, "end": 12 });
            let text = of(json!({ "at_fault": at_fault }), Style { width, ..STYLE });
            assert_eq!(text.lines().count(), 2, "{width}");
        }
        for evidence in [
            json!({}),
            json!(null),
            json!({ "at_fault": null }),
            json!({ "at_fault": { "line": "A: b", "start": 9, "end": 10 } }),
            json!({ "at_fault": { "line": "A: b", "start": 3, "end": 2 } }),
            json!({ "at_fault": { "line": "A: \u{fc}", "start": 4, "end": 5 } }),
            json!({ "at_fault": { "line": "A: b", "start": -1, "end": 2 } }),
        ] {
            assert_eq!(of(evidence.clone(), STYLE), "", "{evidence}");
        }
    }
}
