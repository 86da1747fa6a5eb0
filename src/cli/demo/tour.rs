//! The demo for a reader who sees the tool for the first time: the healthy site, then two broken ones.

use super::{Stage, find, pki};
use crate::cli::args::{DemoArgs, Format};
use crate::cli::exit::{Exit, UsageError};
use crate::cli::target::Target;
use crate::cli::{output, run, walk};
use crate::demo::scenarios::Scenario;
use crate::render::style::Style;

/// What is shown.
const SHOWN: [&str; 3] = ["healthy", "expired-at-one", "redirect-loop"];

const WELCOME: &str = "A visitor's way into a site has three doors: DNS leads to its addresses, TLS proves that the right \
                       server stands there, and redirects lead from http to the page over https. doorstep tries all three at \
                       every address.\n\nHere it does so in a small internet inside this process, with root servers, a \
                       registry, name servers, a certificate authority and a shop. Nothing leaves this machine.";

const NEXT: &str = "\nWhat to try next:\n\n  \
                    doorstep check your.own.site      the same for a site of yours\n  \
                    doorstep demo --list              what else can be wrong\n  \
                    doorstep demo silent-server -v    one of them, told as a story\n  \
                    doorstep explain tls/expired      what a finding means, and how to mend it\n  \
                    doorstep demo --serve             keep this internet up, for dig and curl\n";

/// What a scenario shows, as a paragraph with its title.
pub(super) fn introduction(scenario: &Scenario, style: Style) -> String {
    let title = style.paint(
        &format!("{}: {}", scenario.name, scenario.title),
        colored::Colorize::bold,
    );
    format!("{title}\n\n{}\n\n", filled(scenario.text, style))
}

fn filled(text: &str, style: Style) -> String {
    let options = textwrap::Options::new(style.width.min(80))
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    textwrap::fill(text, options)
}

/// Runs the demo. It ends well when every site came out as it is meant to, however broken.
pub(super) fn tour(args: &DemoArgs) -> Result<Exit, UsageError> {
    let pki = pki()?;
    let for_people = args.probing.format() == Format::Human && args.probing.output.is_empty();
    if !for_people {
        let stages = SHOWN.map(|name| Stage::set(args, find(name)?, &pki));
        return together(&stages.into_iter().collect::<Result<Vec<_>, _>>()?);
    }
    for (number, name) in SHOWN.into_iter().enumerate() {
        let stage = Stage::set(args, find(name)?, &pki)?;
        let style = stage.settings.style;
        if !style.quiet {
            let before = if number == 0 {
                filled(WELCOME, style) + "\n"
            } else {
                String::new()
            };
            let shown = format!(
                "{before}\n{}. {}",
                number + 1,
                introduction(stage.scenario, style)
            );
            output::print(&shown)?;
        }
        let exit = as_meant(stage.check()?, stage.scenario);
        if exit != Exit::Fine {
            return Ok(exit);
        }
    }
    if !args.probing.quiet {
        output::print(NEXT)?;
    }
    Ok(Exit::Fine)
}

/// All reports in one piece, for programs.
fn together(stages: &[Stage]) -> Result<Exit, UsageError> {
    let mut targets = Vec::new();
    for stage in stages {
        let target = Target::read(stage.scenario.target)?;
        targets.push((target.shown(), (target, &stage.settings)));
    }
    let Some(first) = stages.first() else {
        return Ok(Exit::Fine);
    };
    let exit = run::run(
        "check",
        targets,
        1,
        &first.settings,
        |(target, settings), deadline| async move { walk::check(&target, settings, deadline).await },
    )?;
    Ok(if exit == Exit::Found {
        Exit::Fine
    } else {
        exit
    })
}

/// That a broken site was found to be broken is no failure of the demo.
fn as_meant(exit: Exit, scenario: &Scenario) -> Exit {
    match exit {
        Exit::Found if !scenario.findings.is_empty() => Exit::Fine,
        other => other,
    }
}
