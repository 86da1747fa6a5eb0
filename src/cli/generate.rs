//! What packagers need, from the one definition of the flags and findings: completions and manual pages.

use std::io;
use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell as Known;
use clap_complete_nushell::Nushell;

use super::args::{Cli, Shell};
use super::exit::UsageError;
use crate::judge::rules;
use crate::render;

/// The completions of a shell for `doorstep`, `dnstrace` and `tlscheck`.
pub(super) fn completions(shell: Shell) -> Result<String, UsageError> {
    let mut out = Vec::new();
    for mut command in commands() {
        let name = command.get_name().to_owned();
        match shell {
            Shell::Bash => clap_complete::generate(Known::Bash, &mut command, name, &mut out),
            Shell::Zsh => clap_complete::generate(Known::Zsh, &mut command, name, &mut out),
            Shell::Fish => clap_complete::generate(Known::Fish, &mut command, name, &mut out),
            Shell::PowerShell => {
                clap_complete::generate(Known::PowerShell, &mut command, name, &mut out)
            }
            Shell::Elvish => clap_complete::generate(Known::Elvish, &mut command, name, &mut out),
            Shell::Nushell => clap_complete::generate(Nushell, &mut command, name, &mut out),
        }
    }
    String::from_utf8(out).map_err(|error| UsageError::new(format!("completions: {error}")))
}

/// The three programs: the whole, and two of its subcommands under their own names.
fn commands() -> Vec<clap::Command> {
    let whole = Cli::command();
    let own = ["dnstrace", "tlscheck"]
        .into_iter()
        .filter_map(|name| whole.find_subcommand(name).cloned());
    std::iter::once(whole.clone()).chain(own).collect()
}

/// Every manual page with its file name.
fn pages() -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut whole = Cli::command();
    whole.build();
    let mut pages = Vec::new();
    let mut page = |command: clap::Command, name: String| -> io::Result<()> {
        let mut roff = Vec::new();
        clap_mangen::Man::new(command.name(name.clone())).render(&mut roff)?;
        pages.push((format!("{name}.1"), roff));
        Ok(())
    };
    for subcommand in whole.get_subcommands() {
        page(
            subcommand.clone(),
            format!("doorstep-{}", subcommand.get_name()),
        )?;
    }
    page(whole, "doorstep".to_owned())?;
    let findings: Vec<_> = rules().collect();
    pages.push((
        "doorstep-findings.7".to_owned(),
        render::man::findings(&findings).into_bytes(),
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
    };
    for (name, roff) in pages().map_err(wrong)? {
        std::fs::write(directory.join(name), roff).map_err(wrong)?;
    }
    Ok(())
}
