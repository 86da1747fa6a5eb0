//! Where in a line of an answer the cause of a finding stands.

use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A line of the head of an answer, and the part of it that is at fault. In evidence it stands under `at_fault`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AtFault {
    /// The line as it came, without its end.
    pub line: String,
    /// How many bytes of it stand before the part.
    pub start: usize,
    /// How many bytes of it stand before the end of the part; as many as `start` where something is missing.
    pub end: usize,
}

impl AtFault {
    /// What stands before the part, the part, and what stands behind it; `None` when the line has no such part, as in a report that
    /// was changed by hand.
    #[must_use]
    pub fn split(&self) -> Option<(&str, &str, &str)> {
        let Range { start, end } = self.start..self.end;
        let part = self.line.get(start..end)?;
        Some((self.line.get(..start)?, part, self.line.get(end..)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(line: &str, start: usize, end: usize) -> Option<(String, String, String)> {
        let line = line.to_owned();
        let at_fault = AtFault { line, start, end };
        let (before, part, behind) = at_fault.split()?;
        Some([before, part, behind].map(str::to_owned).into())
    }

    #[test]
    fn a_line_is_split_around_the_part_and_no_other_line_breaks_it() {
        let parts = |a: &str, b: &str, c: &str| Some([a, b, c].map(str::to_owned).into());
        assert_eq!(split("A: bcd", 3, 4), parts("A: ", "b", "cd"));
        assert_eq!(split("A: ", 3, 3), parts("A: ", "", ""));
        assert_eq!(split("A: b", 3, 9), None);
        assert_eq!(split("A: b", 4, 3), None);
        assert_eq!(split("A: \u{fc}", 3, 4), None, "within a character");
        assert_eq!(split("A: b", usize::MAX, usize::MAX), None);
    }
}
