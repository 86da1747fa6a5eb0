//! The command line: parses, runs one subcommand, prints, and chooses the exit code.

mod args;
mod chain_file;
mod config;
#[cfg(feature = "demo")]
mod demo;
mod exit;
mod expect;
mod explain;
mod generate;
mod identity;
mod output;
mod pem;
mod printer;
mod resolver;
mod run;
mod settings;
mod starts;
mod target;
mod wait;
mod walk;

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use crate::observe::dns::TracePlan;
use args::{CheckArgs, Cli, Command, DnstraceArgs, HttpcheckArgs, ListArgs, TlscheckArgs};
use exit::{Exit, UsageError};
use settings::Settings;
use target::Target;
use walk::{Asking, Handshake};

/// Runs `doorstep` on the arguments of the process.
#[must_use]
pub fn doorstep() -> ExitCode {
    run(std::env::args_os().collect())
}

/// Runs `dnstrace` on the arguments of the process.
#[must_use]
pub fn dnstrace() -> ExitCode {
    under_own_name("dnstrace")
}

/// Runs `tlscheck` on the arguments of the process.
#[must_use]
pub fn tlscheck() -> ExitCode {
    under_own_name("tlscheck")
}

/// `--version` belongs to the whole program, everything else to the subcommand.
fn under_own_name(subcommand: &'static str) -> ExitCode {
    let own: Vec<OsString> = std::env::args_os().skip(1).collect();
    let mut arguments = vec![OsString::from("doorstep")];
    if !own
        .iter()
        .any(|argument| argument == "--version" || argument == "-V")
    {
        arguments.push(OsString::from(subcommand));
    }
    arguments.extend(own);
    run(arguments)
}

fn run(arguments: Vec<OsString>) -> ExitCode {
    let done = match parse(arguments) {
        Ok(cli) => dispatch(cli.command),
        Err(Refused::Told(told)) => {
            let asked_for = !told.use_stderr();
            let _ = told.print();
            return if asked_for {
                Exit::Fine.into()
            } else {
                Exit::Usage.into()
            };
        }
        Err(Refused::Wrong(wrong)) => Err(wrong),
    };
    match done {
        Ok(exit) => exit.into(),
        Err(wrong) => {
            let _ = writeln!(io::stderr(), "{wrong}");
            Exit::Usage.into()
        }
    }
}

/// Why there is nothing to run.
enum Refused {
    /// By clap, which has the words: an error, or the help that was asked for.
    Told(clap::Error),
    /// By the configuration file.
    Wrong(UsageError),
}

impl From<clap::Error> for Refused {
    fn from(told: clap::Error) -> Self {
        Self::Told(told)
    }
}

/// Reads the arguments, and again with what the configuration file adds.
fn parse(arguments: Vec<OsString>) -> Result<Cli, Refused> {
    let matches = Cli::command().try_get_matches_from(arguments.clone())?;
    let matches = match config::merge(&arguments, &matches).map_err(Refused::Wrong)? {
        Some(merged) => Cli::command().try_get_matches_from(merged)?,
        None => matches,
    };
    Ok(Cli::from_arg_matches(&matches)?)
}

fn dispatch(command: Command) -> Result<Exit, UsageError> {
    match command {
        Command::Check(args) => run_check(&args),
        Command::Dnstrace(args) => run_dnstrace(&args),
        Command::Tlscheck(args) => run_tlscheck(&args),
        Command::Httpcheck(args) => run_httpcheck(&args),
        #[cfg(feature = "demo")]
        Command::Demo(args) => demo::demo(&args),
        Command::Explain(args) => output::print(&explain::explain(&args)?).map(|()| Exit::Fine),
        Command::Completions(args) => {
            output::print(&generate::completions(&args)?).map(|()| Exit::Fine)
        }
        Command::Man(args) => generate::write_man(&args.dir).map(|()| Exit::Fine),
    }
}

fn run_dnstrace(args: &DnstraceArgs) -> Result<Exit, UsageError> {
    let settings = Settings::resolve(&args.probing)?.with_compared(&args.compare)?;
    let mut settings = settings.with_registration(&args.registration);
    settings.graph = args.graph.map(Into::into);
    let given: Vec<String> = args.name.iter().cloned().collect();
    let read = |name: &str| {
        Ok((
            name.to_owned(),
            settings::trace_plan(name, args, &settings)?,
        ))
    };
    let named = targets(&given, &args.list, read)?;
    let settings = settings.clone().for_targets(named.len());
    let plans = named.into_iter().map(|(name, (plan, expected))| {
        let shared = settings.trace.shared.clone();
        (shown(&name), (TracePlan { shared, ..plan }, expected))
    });
    run::run(
        "dnstrace",
        plans.collect(),
        args.list.jobs,
        &settings,
        |(plan, expected), deadline| {
            let settings = Settings {
                expected,
                ..settings.clone()
            };
            async move { walk::dnstrace(plan, &settings, deadline).await }
        },
    )
}

/// International names in both spellings.
fn shown(name: &str) -> String {
    Target::read(name).map_or_else(|_| name.to_owned(), |target| target.shown())
}

fn run_check(args: &CheckArgs) -> Result<Exit, UsageError> {
    let settings = Settings::resolve(&args.probing)?.with_status(&args.status)?;
    let settings = settings.with_registration(&args.registration);
    let mut settings = settings.with_compared(&args.compare)?;
    settings
        .policy
        .min_version
        .clone_from(&args.depth.min_version);
    settings.trace.thorough = args.survey.thorough;
    let targets = hosts(&args.target, &args.list)?;
    let handshake = Handshake {
        depth: args.depth.depth(),
        ..Handshake::default()
    };
    let settings = settings.for_targets(targets.len());
    let (settings, handshake) = (&settings, &handshake);
    run::run(
        "check",
        targets,
        args.list.jobs,
        settings,
        |target, deadline| async move { walk::check(&target, handshake, settings, deadline).await },
    )
}

fn run_tlscheck(args: &TlscheckArgs) -> Result<Exit, UsageError> {
    let mut settings = Settings::resolve(&args.probing)?.with_status(&args.status)?;
    settings
        .policy
        .min_version
        .clone_from(&args.depth.min_version);
    if !args.pem.pem.is_empty() {
        return pem::judge(&args.pem, &settings);
    }
    let targets = hosts(&args.target, &args.list)?;
    let server_name = args
        .server_name
        .as_deref()
        .map(target::host_name)
        .transpose()?;
    let handshake = Handshake {
        server_name: server_name.map(|name| name.without_dot()),
        alpn: args
            .alpn
            .iter()
            .filter(|name| !name.is_empty())
            .cloned()
            .collect(),
        address: args.address,
        starttls: args.peer.starttls,
        identity: identity::identity(&args.peer.identity)?,
        depth: args.depth.depth(),
    };
    let settings = settings.for_targets(targets.len());
    let saving = chain_file::Saving::new(&args.pem, targets.len())?;
    let (settings, handshake, saving_to) = (&settings, &handshake, &saving);
    let exit = run::run(
        "tlscheck",
        targets,
        args.list.jobs,
        settings,
        |target, deadline| async move {
            let seen = walk::tlscheck(&target, handshake, settings, deadline).await;
            saving_to.save(seen.tls.as_ref());
            seen
        },
    )?;
    saving.done().map(|()| exit)
}

fn run_httpcheck(args: &HttpcheckArgs) -> Result<Exit, UsageError> {
    let settings = Settings::resolve(&args.probing)?;
    let targets = hosts(&args.target, &args.list)?;
    let asking = Asking {
        method: args.method.clone(),
        headers: args.header.clone(),
        user_agent: args
            .user_agent
            .clone()
            .unwrap_or_else(|| Asking::default().user_agent),
        max_hops: args.max_hops,
        path: args.path.clone(),
        address: args.address,
        identity: identity::identity(&args.identity)?,
    };
    let settings = settings.for_targets(targets.len());
    let (settings, asking) = (&settings, &asking);
    run::run(
        "httpcheck",
        targets,
        args.list.jobs,
        settings,
        |target, deadline| async move { walk::httpcheck(&target, asking, settings, deadline).await },
    )
}

/// Hosts, URLs and addresses, each with how it is shown.
fn hosts(given: &[String], list: &ListArgs) -> Result<Vec<(String, Target)>, UsageError> {
    targets(given, list, |text| {
        let target = Target::read(text)?;
        Ok((target.shown(), target))
    })
}

/// What `read` makes of the targets of the arguments, of the list, and of standard input, in this order.
fn targets<T>(
    given: &[String],
    list: &ListArgs,
    read: impl Fn(&str) -> Result<T, UsageError>,
) -> Result<Vec<T>, UsageError> {
    let mut targets = Vec::new();
    for text in given {
        if text == "-" {
            let mut lines = String::new();
            io::stdin().read_to_string(&mut lines).map_err(|error| {
                UsageError::new(format!("cannot read targets from standard input: {error}"))
            })?;
            targets.extend(target::read_list(&lines, "standard input", &read)?);
        } else {
            targets.push(read(text)?);
        }
    }
    if let Some(path) = &list.targets {
        let text = settings::read_file(path, "targets")?;
        targets.extend(target::read_list(
            &text,
            &path.display().to_string(),
            &read,
        )?);
    }
    if targets.is_empty() {
        return Err(
            UsageError::new("no target in the list").hint("put one host or URL on each line")
        );
    }
    Ok(targets)
}
