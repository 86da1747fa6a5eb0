//! Prints reports: in the order of their targets or as they finish, and at the end into files.

use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::args::Format;
use super::exit::{Exit, UsageError};
use super::output;
use super::settings::Settings;
use crate::render;
use crate::render::style::Style;
use crate::report::Report;

/// Prints reports, and keeps only what has to wait: for its turn, or for the end.
pub(super) struct Printer<'a> {
    settings: &'a Settings,
    several: bool,
    /// What stands on standard output already.
    printed: usize,
    /// Texts that are not yet in turn.
    waiting: BTreeMap<usize, String>,
    /// For each file, the text of each report.
    files: Vec<BTreeMap<usize, String>>,
    done: usize,
    exit: Exit,
    pub(super) progress: ProgressBar,
}

impl<'a> Printer<'a> {
    pub(super) fn new(settings: &'a Settings, targets: usize) -> Self {
        let progress = if settings.progress {
            ProgressBar::new_spinner()
        } else {
            ProgressBar::hidden()
        };
        let style = ProgressStyle::with_template("{spinner} {msg} {elapsed}");
        progress.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        progress.set_message("looking");
        progress.enable_steady_tick(Duration::from_millis(100));
        Self {
            settings,
            several: targets > 1,
            printed: 0,
            waiting: BTreeMap::new(),
            files: settings.outputs.iter().map(|_| BTreeMap::new()).collect(),
            done: 0,
            exit: Exit::Fine,
            progress,
        }
    }

    pub(super) fn take(&mut self, index: usize, report: &Report) -> Result<(), UsageError> {
        self.exit = self.exit.and(report, self.settings.fail_on);
        self.done += 1;
        self.progress.set_message(format!("{} done", self.done));
        for (file, texts) in self.settings.outputs.iter().zip(&mut self.files) {
            let style = Style {
                color: false,
                ..self.settings.style
            };
            texts.insert(index, text(report, file.format, style));
        }
        let text = match self.settings.graph.zip(report.dns.as_ref()) {
            Some((picture, dns)) => render::graph::draw(dns, picture),
            None => text(report, self.settings.format, self.settings.style),
        };
        if self.settings.format == Format::Jsonl {
            return self.print(&text);
        }
        self.waiting.insert(index, text);
        while let Some(text) = self.waiting.remove(&self.printed) {
            self.print_in_turn(&text)?;
        }
        Ok(())
    }

    fn print_in_turn(&mut self, text: &str) -> Result<(), UsageError> {
        self.printed += 1;
        let first = self.printed == 1;
        match self.settings.format {
            Format::Json if self.several => self.print(&element(text, first)),
            Format::Human if !first && !text.is_empty() => self.print(&format!("\n{text}")),
            _ => self.print(text),
        }
    }

    fn print(&self, text: &str) -> Result<(), UsageError> {
        self.progress.suspend(|| output::print(text))
    }

    /// Prints what waited for one that never came, writes the files, and says how it ends.
    pub(super) fn finish(mut self) -> Result<Exit, UsageError> {
        self.progress.finish_and_clear();
        for text in std::mem::take(&mut self.waiting).into_values() {
            self.print_in_turn(&text)?;
        }
        if self.settings.format == Format::Json && self.several && self.printed > 0 {
            self.print("\n]\n")?;
        }
        for (file, texts) in self.settings.outputs.iter().zip(&self.files) {
            let texts: Vec<&str> = texts.values().map(String::as_str).collect();
            file.write(&match file.format {
                Format::Json => array(&texts, self.several),
                Format::Jsonl => texts.concat(),
                Format::Human => texts.join("\n"),
            })?;
        }
        Ok(self.exit)
    }
}

fn text(report: &Report, format: Format, style: Style) -> String {
    match format {
        Format::Human => render::human::report(report, style),
        Format::Jsonl => render::json::line(report),
        Format::Json => render::json::report(report),
    }
}

/// An object as an element of an array, after the bracket or the comma before it.
fn element(object: &str, first: bool) -> String {
    let before = if first { "[" } else { "," };
    let indented = object.trim_end().replace('\n', "\n  ");
    format!("{before}\n  {indented}")
}

/// One object for one target, an array for several.
fn array(objects: &[&str], several: bool) -> String {
    match objects {
        [only] if !several => (*only).to_owned(),
        [] => "[]\n".to_owned(),
        all => {
            let each = all.iter().enumerate();
            let elements = each.map(|(index, object)| element(object, index == 0));
            elements.collect::<String>() + "\n]\n"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_joined_to_what_a_json_writer_makes_of_an_array() {
        let value = serde_json::json!([{ "a": [1, 2] }, { "b": "two\nlines" }]);
        let objects = value.as_array().unwrap().iter();
        let objects: Vec<String> = objects.map(|object| format!("{object:#}\n")).collect();
        let objects: Vec<&str> = objects.iter().map(String::as_str).collect();
        assert_eq!(array(&objects, true), format!("{value:#}\n"));
        assert_eq!(array(&objects[..1], false), objects[0]);
    }
}
