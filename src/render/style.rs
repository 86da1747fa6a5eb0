//! Symbols, colours and the width; and how text from the network is made harmless.

use colored::{ColoredString, Colorize};

use crate::finding::Severity;

/// How a terminal is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether colour is used.
    pub color: bool,
    /// Whether the locale can show more than ASCII.
    pub unicode: bool,
    /// Columns.
    pub width: usize,
    /// Whether the story is told.
    pub verbose: bool,
    /// Whether only what is wrong is shown.
    pub quiet: bool,
}

impl Style {
    /// The mark of something that is as it should be.
    #[must_use]
    pub fn good(self) -> String {
        self.paint(if self.unicode { "✓" } else { "ok" }, Colorize::green)
    }

    /// The mark of a severity.
    #[must_use]
    pub fn mark(self, severity: Severity) -> String {
        match severity {
            Severity::Error => self.paint(if self.unicode { "✗" } else { "x" }, Colorize::red),
            Severity::Warning => self.paint("!", Colorize::yellow),
            Severity::Notice => self.paint(if self.unicode { "·" } else { "-" }, Colorize::cyan),
        }
    }

    /// The mark of something that was not measured.
    #[must_use]
    pub fn unknown(self) -> String {
        self.paint("?", Colorize::cyan)
    }

    /// An arrow to the right.
    #[must_use]
    pub fn arrow(self) -> &'static str {
        if self.unicode { "→" } else { "->" }
    }

    /// What stands between a certificate and that of its issuer.
    #[must_use]
    pub fn issued_by(self) -> &'static str {
        if self.unicode { " ← " } else { " <- " }
    }

    /// What separates parts of one line.
    #[must_use]
    pub fn dot(self) -> &'static str {
        if self.unicode { "·" } else { "-" }
    }

    /// Text in a colour, if there are colours.
    pub fn paint(self, text: &str, paint: impl Fn(ColoredString) -> ColoredString) -> String {
        if !self.color {
            return text.to_owned();
        }
        // Whether to colour is decided by `color` alone, so `colored`'s own guess at the terminal is not asked.
        colored::control::set_override(true);
        paint(ColoredString::from(text)).to_string()
    }
}

/// Text from the network, with what could move a cursor or reorder a line escaped.
#[must_use]
pub fn harmless(text: &str) -> String {
    text.chars().fold(String::new(), |mut safe, c| {
        let reorders = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
        if c.is_control() || reorders { safe.extend(c.escape_unicode()) } else { safe.push(c) }
        safe
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_controls_and_what_reorders_a_line() {
        assert_eq!(
            harmless("a\x1b[2Jb\r\n\u{202e}é"),
            "a\\u{1b}[2Jb\\u{d}\\u{a}\\u{202e}é"
        );
    }

    #[test]
    fn without_colour_there_is_no_escape_sequence() {
        let plain = Style {
            color: false,
            unicode: false,
            width: 80,
            verbose: false,
            quiet: false,
        };
        assert_eq!(plain.mark(Severity::Error), "x");
        assert!(
            Style {
                color: true,
                ..plain
            }
            .mark(Severity::Error)
            .contains('\x1b')
        );
    }
}
