//! What packagers need, from the one definition of the flags and findings: completions, manual pages, the report's schema.

use std::io;
use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell as Known;
use clap_complete_nushell::Nushell;

use super::args::{Cli, CompletionsArgs, Program, Shell};
use super::exit::UsageError;
use crate::judge::rules;
use crate::render;

/// The completions of a shell for one of the programs.
pub(super) fn completions(args: &CompletionsArgs) -> Result<String, UsageError> {
    let name = match args.program {
        Program::Doorstep => "doorstep",
        Program::Dnstrace => "dnstrace",
        Program::Tlscheck => "tlscheck",
    };
    let whole = Cli::command();
    let mut command = whole.find_subcommand(name).cloned().unwrap_or(whole);
    let mut out = Vec::new();
    let mut known = |shell: Known| clap_complete::generate(shell, &mut command, name, &mut out);
    match args.shell {
        Shell::Bash => known(Known::Bash),
        Shell::Zsh => known(Known::Zsh),
        Shell::Fish => known(Known::Fish),
        Shell::PowerShell => known(Known::PowerShell),
        Shell::Elvish => known(Known::Elvish),
        Shell::Nushell => clap_complete::generate(Nushell, &mut command, name, &mut out),
    }
    String::from_utf8(out).map_err(|error| UsageError::new(format!("completions: {error}")))
}

/// Every file with its name: a page for the program and for each subcommand, the findings, and the schema of a report.
fn pages() -> io::Result<Vec<(String, Vec<u8>)>> {
    let whole = Cli::command();
    let mut pages = Vec::new();
    for subcommand in whole.get_subcommands() {
        let name = format!("doorstep-{}", subcommand.get_name());
        let bin_name = format!("doorstep {}", subcommand.get_name());
        let command = subcommand
            .clone()
            .display_name(name.clone())
            .bin_name(bin_name);
        let mut roff = Vec::new();
        clap_mangen::Man::new(command)
            .title(name.clone())
            .render(&mut roff)?;
        pages.push((format!("{name}.1"), roff));
    }
    for name in ["dnstrace", "tlscheck"] {
        pages.push((
            format!("{name}.1"),
            format!(".so man1/doorstep-{name}.1\n").into_bytes(),
        ));
    }
    let mut roff = Vec::new();
    clap_mangen::Man::new(whole).render(&mut roff)?;
    pages.push(("doorstep.1".to_owned(), roff));
    let findings: Vec<_> = rules().collect();
    pages.push((
        "doorstep-findings.7".to_owned(),
        render::man::findings(&findings).into_bytes(),
    ));
    pages.push((
        "doorstep-report.schema.json".to_owned(),
        render::json::schema().into_bytes(),
    ));
    Ok(pages)
}

/// Writes every page into a directory.
pub(super) fn write_man(directory: &Path) -> Result<(), UsageError> {
    let wrong = |error: io::Error| {
        UsageError::new(format!(
            "cannot write manual pages to `{}`: {error}",
            directory.display()
        ))
        .hint("the directory must exist")
    };
    for (name, roff) in pages().map_err(wrong)? {
        std::fs::write(directory.join(name), roff).map_err(wrong)?;
    }
    Ok(())
}
