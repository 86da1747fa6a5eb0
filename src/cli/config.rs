//! `doorstep.toml`: options under their long names, for every command that has them.
//!
//! What the file says is put in front of the arguments as if it had been typed, so that each option is read and checked in
//! one place. The command line outweighs the environment, and that the file.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory};
use toml::{Spanned, Value};

use super::args::Cli;
use super::exit::UsageError;
use super::settings::{nearest, read_file};

/// The name under which the file is looked for.
const NAME: &str = "doorstep.toml";

/// The arguments with what the configuration file adds to them; `None` when there is no file, or nothing to add.
pub(super) fn merge(
    arguments: &[OsString],
    matches: &ArgMatches,
) -> Result<Option<Vec<OsString>>, UsageError> {
    let Some((subcommand, own)) = matches.subcommand() else {
        return Ok(None);
    };
    if own.try_get_one::<bool>("no_config").ok().flatten() != Some(&false) {
        return Ok(None);
    }
    // The demo's world is whole in itself: a file that lies about is none of its business.
    let around = subcommand != "demo";
    let Some(path) = file(own).filter(|_| around || own.get_one::<PathBuf>("config").is_some())
    else {
        return Ok(None);
    };
    let text = read_file(&path, "configuration")?;
    let added = added(&text, &path.display().to_string(), subcommand, own)?;
    let at = arguments.iter().position(|argument| argument == subcommand);
    let Some((before, after)) = at.and_then(|at| arguments.split_at_checked(at + 1)) else {
        return Ok(None);
    };
    Ok(Some(
        before
            .iter()
            .cloned()
            .chain(added)
            .chain(after.iter().cloned())
            .collect(),
    ))
}

fn file(own: &ArgMatches) -> Option<PathBuf> {
    if let Some(path) = own.get_one::<PathBuf>("config") {
        return Some(path.clone());
    }
    let here = std::env::current_dir().ok()?;
    here.ancestors()
        .map(|directory| directory.join(NAME))
        .find(|path| path.is_file())
}

/// The file's options that the subcommand has and nobody gave otherwise, as arguments.
fn added(
    text: &str,
    path: &str,
    subcommand: &str,
    own: &ArgMatches,
) -> Result<Vec<OsString>, UsageError> {
    let options: BTreeMap<Spanned<String>, Spanned<Value>> =
        toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| line_of(text, span.start));
            UsageError::new(error.message().to_owned()).at(path, line)
        })?;
    let command = Cli::command();
    let mut added = Vec::new();
    for (key, value) in &options {
        let line = line_of(text, key.span().start);
        let name = key.get_ref().as_str();
        if !long_names(&command).contains(name) {
            let wrong = UsageError::new(format!("no option is called `{name}`")).at(path, line);
            let known = long_names(&command);
            return Err(match nearest(name, known.iter().map(String::as_str)) {
                Some(known) => wrong.hint(format!("did you mean `{known}`?")),
                None => wrong.hint("options have their long names, as in timeout = \"10s\""),
            });
        }
        let of_subcommand = command.find_subcommand(subcommand);
        let arg = of_subcommand
            .and_then(|of| of.get_arguments().find(|arg| arg.get_long() == Some(name)));
        let Some(arg) = arg else { continue };
        if is_given(own, arg.get_id().as_str()) {
            continue;
        }
        let values = as_arguments(name, value.get_ref(), arg.get_action().takes_values())
            .map_err(|wrong| wrong.at(path, line))?;
        check(subcommand, &values).map_err(|wrong| wrong.at(path, line))?;
        added.extend(values.into_iter().map(OsString::from));
    }
    Ok(added)
}

/// By the command line or the environment.
fn is_given(own: &ArgMatches, id: &str) -> bool {
    matches!(
        own.value_source(id),
        Some(ValueSource::CommandLine | ValueSource::EnvVariable)
    )
}

/// What a file can say: the long options, but not which file to read.
fn long_names(command: &clap::Command) -> BTreeSet<String> {
    let arguments = command
        .get_subcommands()
        .flat_map(clap::Command::get_arguments);
    let names = arguments
        .filter_map(|arg| arg.get_long())
        .map(str::to_owned);
    names
        .filter(|name| !["config", "no-config", "help"].contains(&name.as_str()))
        .collect()
}

fn as_arguments(name: &str, value: &Value, takes_value: bool) -> Result<Vec<String>, UsageError> {
    let option = |value: &str| format!("--{name}={value}");
    let wrong = || UsageError::new(format!("`{name}` cannot be set to this kind of value"));
    Ok(match value {
        Value::Boolean(on) if !takes_value => {
            if *on {
                vec![format!("--{name}")]
            } else {
                Vec::new()
            }
        }
        Value::String(text) if takes_value => vec![option(text)],
        Value::Integer(number) if takes_value => vec![option(&number.to_string())],
        Value::Float(number) if takes_value => vec![option(&number.to_string())],
        Value::Array(values) => {
            let each = values
                .iter()
                .map(|value| as_arguments(name, value, takes_value));
            each.collect::<Result<Vec<_>, _>>()?.concat()
        }
        _ => return Err(wrong()),
    })
}

/// Lets clap read one option, so that its complaint can name the file and the line.
fn check(subcommand: &str, values: &[String]) -> Result<(), UsageError> {
    let arguments = ["doorstep", subcommand]
        .map(str::to_owned)
        .into_iter()
        .chain(values.iter().cloned());
    let required = ["example.com".to_owned()];
    match Cli::command().try_get_matches_from(arguments.chain(required)) {
        Ok(_) => Ok(()),
        Err(told) => {
            let text = told.to_string();
            let said = text.lines().next().unwrap_or_default();
            Err(UsageError::new(
                said.trim_start_matches("error: ").to_owned(),
            ))
        }
    }
}

fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(text: &str, arguments: &[&str]) -> Result<Vec<String>, String> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(NAME);
        std::fs::write(&path, text).unwrap();
        let mut all = vec!["doorstep", "check", "--config", path.to_str().unwrap()];
        all.extend(arguments);
        let all: Vec<OsString> = all.into_iter().map(OsString::from).collect();
        let matches = Cli::command().try_get_matches_from(&all).unwrap();
        let merged = merge(&all, &matches).map_err(|wrong| wrong.to_string())?;
        Ok(merged
            .unwrap_or_default()
            .into_iter()
            .map(|text| text.into_string().unwrap())
            .collect())
    }

    #[test]
    fn options_of_the_file_count_unless_they_were_given() {
        let text = "timeout = \"9s\"\njobs = 4\ninternal = [\"10.0.0.0/8\", \"fd00::/8\"]\nverbose = true\n";
        let all = merged(text, &["example.com", "--timeout", "3s"]).unwrap();
        for expected in [
            "--jobs=4",
            "--internal=10.0.0.0/8",
            "--internal=fd00::/8",
            "--verbose",
        ] {
            assert!(all.contains(&expected.to_owned()), "{expected} in {all:?}");
        }
        assert!(!all.contains(&"--timeout=9s".to_owned()));
    }

    #[test]
    fn options_of_other_commands_are_passed_over() {
        assert!(
            !merged("bufsize = 4096\n", &["example.com"])
                .unwrap()
                .iter()
                .any(|one| one.contains("bufsize"))
        );
    }

    #[test]
    fn faults_are_named_with_file_and_line() {
        let wrong = merged("\ntimeot = \"9s\"\n", &["example.com"]).unwrap_err();
        assert!(
            wrong.contains("doorstep.toml, line 2") && wrong.contains("did you mean `timeout`?"),
            "{wrong}"
        );
        let wrong = merged("jobs = 4\ntimeout = \"soon\"\n", &["example.com"]).unwrap_err();
        assert!(
            wrong.contains("line 2") && wrong.contains("soon"),
            "{wrong}"
        );
        let wrong = merged("jobs = 4\n[[[\n", &["example.com"]).unwrap_err();
        assert!(wrong.contains("line 2"), "{wrong}");
    }
}
