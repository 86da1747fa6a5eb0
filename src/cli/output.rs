//! Where results go: standard output, and files that are replaced as a whole.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::args::Format;
use super::exit::UsageError;

/// One `--output [FORMAT:]FILE`.
#[derive(Clone, Debug)]
pub(super) struct Output {
    pub(super) format: Format,
    pub(super) path: PathBuf,
}

impl Output {
    /// Without a format the file's extension tells, and else it is for people.
    pub(super) fn read(text: &str) -> Result<Self, UsageError> {
        if let Some((format, path)) = text.split_once(':')
            && let Ok(format) = Format::from_str(format, true)
        {
            return Self {
                format,
                path: path.into(),
            }
            .checked();
        }
        let path = PathBuf::from(text);
        let format = match path.extension().and_then(|extension| extension.to_str()) {
            Some("json") => Format::Json,
            Some("jsonl") => Format::Jsonl,
            _ => Format::Human,
        };
        Self { format, path }.checked()
    }

    /// What cannot be written later should be said before anything is probed.
    fn checked(self) -> Result<Self, UsageError> {
        let shown = self.path.display().to_string();
        if self.path.file_name().is_none() || self.path.is_dir() {
            return Err(
                UsageError::new(format!("`{shown}` is no file that can be written"))
                    .hint("write it as --output report.json, or as --output json:FILE"),
            );
        }
        let parent = directory(&self.path);
        if !parent.is_dir() {
            return Err(UsageError::new(format!(
                "cannot write `{shown}`: there is no directory `{}`",
                parent.display()
            )));
        }
        Ok(self)
    }

    /// Replaces the file as a whole.
    pub(super) fn write(&self, text: &str) -> Result<(), UsageError> {
        replace(&self.path, text)
    }
}

/// Replaces a file as a whole: a reader sees the former or the new one, never a part.
pub(super) fn replace(path: &Path, text: &str) -> Result<(), UsageError> {
    let wrong =
        |error: io::Error| UsageError::new(format!("cannot write `{}`: {error}", path.display()));
    let mut name = path.file_name().map(ToOwned::to_owned).unwrap_or_default();
    name.push(format!(".{}.part", std::process::id()));
    let part = directory(path).join(name);
    let written = std::fs::File::create(&part)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())
                .and_then(|()| file.sync_all())
        })
        .and_then(|()| std::fs::rename(&part, path));
    if written.is_err() {
        // What is half written is of no use; that it cannot be removed changes nothing.
        let _ = std::fs::remove_file(&part);
    }
    written.map_err(wrong)
}

fn directory(path: &Path) -> &Path {
    path.parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// Writes to standard output; a closed pipe ends quietly.
pub(super) fn print(text: &str) -> Result<(), UsageError> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(UsageError::output(&error)),
        _ => Ok(()),
    }
}

/// A warning on standard error.
pub(super) fn warn(text: &str) {
    // Nobody is left to be told when standard error is closed.
    let _ = writeln!(io::stderr(), "warning: {text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_is_named_or_told_by_the_extension() {
        assert_eq!(Output::read("json:report").unwrap().format, Format::Json);
        assert_eq!(Output::read("report.json").unwrap().format, Format::Json);
        assert_eq!(Output::read("report.txt").unwrap().format, Format::Human);
    }

    #[test]
    fn a_file_is_replaced_and_nothing_else_is_left_behind() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("report.json");
        let output = Output::read(path.to_str().unwrap()).unwrap();
        output.write("one").unwrap();
        output.write("two").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_cannot_be_written_is_said_at_once() {
        assert!(Output::read("json:/nonexistent/report").is_err());
        assert!(Output::read("json:").is_err());
    }
}
