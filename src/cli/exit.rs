//! How the process ends: the exit codes that scripts rely on, and errors of usage.

use std::fmt;
use std::process::ExitCode;

use super::args::FailOn;
use crate::report::Report;

/// The published exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// Measured, and nothing at or above `--fail-on` found.
    Fine = 0,
    /// Something was found.
    Found = 1,
    /// The command line or an input file is wrong, or output could not be written.
    Usage = 2,
    /// A whole door could not be measured from here.
    Inconclusive = 3,
    /// Ctrl-C.
    Interrupted = 130,
    /// SIGTERM.
    Terminated = 143,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Exit {
    /// The code with one report more: what was found outweighs what could not be measured.
    pub(super) fn and(self, report: &Report, fail_on: FailOn) -> Self {
        match (self, Self::of(report, fail_on)) {
            (Self::Found, _) | (_, Self::Found) => Self::Found,
            (Self::Inconclusive, _) | (_, Self::Inconclusive) => Self::Inconclusive,
            _ => Self::Fine,
        }
    }

    pub(super) fn of(report: &Report, fail_on: FailOn) -> Self {
        if report
            .findings
            .iter()
            .any(|finding| fail_on.includes(finding.severity))
        {
            Self::Found
        } else if report.inconclusive.iter().any(|missed| missed.whole_door) {
            Self::Inconclusive
        } else {
            Self::Fine
        }
    }
}

/// What was wrong, and a hint.
#[derive(Debug)]
pub(super) struct UsageError {
    what: String,
    hint: Option<String>,
}

impl UsageError {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            hint: None,
        }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same error, found at a line of a file.
    pub(super) fn at(mut self, file: &str, line: usize) -> Self {
        self.what = format!("{file}, line {line}: {}", self.what);
        self
    }

    pub(super) fn runtime(error: std::io::Error) -> Self {
        Self::new(format!("cannot start: {error}"))
    }

    pub(super) fn output(error: &std::io::Error) -> Self {
        Self::new(format!("cannot write to standard output: {error}"))
    }
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.what)?;
        self.hint
            .iter()
            .try_for_each(|hint| write!(f, "\nhint: {hint}"))
    }
}
