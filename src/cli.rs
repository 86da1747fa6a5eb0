//! The command line: parses, runs one subcommand, prints, and chooses the exit code.

mod args;
mod exit;
mod explain;
mod settings;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use crate::facts::attempt::Millis;
use crate::facts::{
    Door, Facts, Inconclusive, attempt::Failure, dns::Dns, dns::Obstacle, name::DnsName,
};
use crate::net::clock;
use crate::net::deadline::Deadline;
use crate::report::Report;
use crate::{judge, observe, render};
use args::{Cli, Command, DnstraceArgs, Format};
use exit::{Exit, UsageError};
use settings::Trace;

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

fn under_own_name(subcommand: &'static str) -> ExitCode {
    let mut arguments = vec![OsString::from("doorstep"), OsString::from(subcommand)];
    arguments.extend(std::env::args_os().skip(1));
    run(arguments)
}

fn run(arguments: Vec<OsString>) -> ExitCode {
    let matches = match Cli::command().try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(told) => {
            let asked_for = !told.use_stderr();
            let _ = told.print();
            return if asked_for {
                Exit::Fine.into()
            } else {
                Exit::Usage.into()
            };
        }
    };
    let done = match Cli::from_arg_matches(&matches) {
        Ok(cli) => dispatch(cli.command),
        Err(told) => told.exit(),
    };
    match done {
        Ok(exit) => exit.into(),
        Err(wrong) => {
            let _ = writeln!(io::stderr(), "{wrong}");
            Exit::Usage.into()
        }
    }
}

fn dispatch(command: Command) -> Result<Exit, UsageError> {
    match command {
        Command::Dnstrace(args) => run_dnstrace(&args),
        Command::Explain(args) => print(&explain::explain(&args)?).map(|()| Exit::Fine),
    }
}

fn run_dnstrace(args: &DnstraceArgs) -> Result<Exit, UsageError> {
    let settings = Trace::resolve(args)?;
    let started = clock::now();
    let deadline = Deadline::after(settings.timeout);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(UsageError::runtime)?;
    let traced = runtime.block_on(async {
        tokio::select! {
            dns = observe::dns::trace(settings.plan.clone(), settings.dialer.clone(), deadline) => Some(dns),
            _ = tokio::signal::ctrl_c() => None,
        }
    });
    runtime.shutdown_background();
    let Some(dns) = traced else {
        return Ok(Exit::Interrupted);
    };
    let inconclusive = not_measured(&dns, &settings);
    let facts = Facts {
        started,
        judged_at: started,
        inconclusive,
        dns: Some(dns),
        tls: None,
    };
    let findings = judge::judge(&facts, &settings.policy);
    let report = Report::new(
        "dnstrace",
        &args.name,
        facts,
        findings,
        Millis::from(deadline.elapsed()),
    );
    let text = match args.probing.format() {
        Format::Json => render::json::report(&report),
        Format::Human => render::human::report(&report, settings.style),
    };
    print(&text)?;
    Ok(Exit::of(&report, args.probing.fail_on))
}

/// What of the trace could not be looked at from here.
fn not_measured(dns: &Dns, settings: &Trace) -> Vec<Inconclusive> {
    let mut missed = Vec::new();
    let out_of_time = dns
        .questions
        .iter()
        .any(|question| question.obstacle == Some(Obstacle::OutOfTime));
    let asked_nobody = dns
        .questions
        .iter()
        .all(|question| question.steps.is_empty());
    if out_of_time || asked_nobody {
        let failure = if asked_nobody {
            Failure::NoRoute
        } else {
            Failure::OutOfTime
        };
        missed.push(Inconclusive {
            door: Door::Dns,
            what: settings.plan.name.to_string(),
            whole_door: true,
            failure,
        });
    } else if is_port_blocked(dns) {
        let failure = Failure::TimedOut {
            after_ms: Millis::from(settings.plan.probe_timeout),
        };
        let what = "port 53 of the root servers".to_owned();
        missed.push(Inconclusive {
            door: Door::Dns,
            what,
            whole_door: true,
            failure,
        });
    }
    missed
}

/// Not one root server was heard: that says something about this network, and nothing about the name.
fn is_port_blocked(dns: &Dns) -> bool {
    dns.questions
        .iter()
        .flat_map(|question| &question.steps)
        .all(|step| !step.response.is_response())
        && dns.questions.iter().all(|question| {
            question.obstacle
                == Some(Obstacle::NoUsableServer {
                    zone: DnsName::root(),
                })
        })
}

/// Writes to standard output; a closed pipe ends quietly.
fn print(text: &str) -> Result<(), UsageError> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(UsageError::output(&error)),
        _ => Ok(()),
    }
}
