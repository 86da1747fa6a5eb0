//! The arguments as they are written; [`super::settings`] makes of them what is to be done.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::finding::Severity;
use crate::net::dial::ConnectTo;

#[derive(Debug, Parser)]
#[command(
    name = "doorstep",
    version,
    about,
    max_term_width = 100,
    disable_help_subcommand = true
)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Resolve a name hop by hop from the root
    ///
    /// Starts at the root servers and follows the referrals to the zone's own servers, as a resolver would, then asks
    /// each of those servers. The system's resolver is never on the path.
    Dnstrace(DnstraceArgs),
    /// Say what a finding means, why it matters and how to mend it
    Explain(ExplainArgs),
}

#[derive(Debug, Args)]
pub(super) struct DnstraceArgs {
    /// The name to resolve; international names are accepted
    pub(super) name: String,
    /// Record types, by name or as TYPE123 [default: A AAAA]
    #[arg(value_name = "TYPE")]
    pub(super) types: Vec<String>,
    /// Send the whole name to every server instead of only the labels it needs
    #[arg(long)]
    pub(super) no_qname_minimisation: bool,
    /// Ask over TCP only
    #[arg(long)]
    pub(super) tcp: bool,
    /// The size of answers that are accepted over UDP
    #[arg(long, value_name = "N", default_value_t = crate::net::limits::EDNS_BUFFER, value_parser = clap::value_parser!(u16).range(512..))]
    pub(super) bufsize: u16,
    #[command(flatten)]
    pub(super) probing: ProbingArgs,
}

/// What every probing command takes.
#[derive(Debug, Args)]
pub(super) struct ProbingArgs {
    /// How results are printed
    #[arg(long, value_enum, default_value_t = Format::Human, help_heading = "Output")]
    format: Format,
    /// Short for --format json
    #[arg(long, conflicts_with = "format", help_heading = "Output")]
    json: bool,
    /// When to use colour; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are honoured
    #[arg(long, value_enum, default_value_t = When::Auto, help_heading = "Output")]
    pub(super) color: When,
    /// Show every exchange
    #[arg(short, long, help_heading = "Output")]
    pub(super) verbose: bool,
    /// The lowest severity that makes the exit code 1
    #[arg(long, value_enum, default_value_t = FailOn::Error, help_heading = "Output")]
    pub(super) fail_on: FailOn,
    /// The bound on one target, everything included
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration, help_heading = "Network")]
    pub(super) timeout: Duration,
    /// The bound on one query or connection attempt
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = duration, help_heading = "Network")]
    pub(super) probe_timeout: Duration,
    /// Use IPv4 only
    #[arg(short = '4', conflicts_with = "ipv6", help_heading = "Network")]
    pub(super) ipv4: bool,
    /// Use IPv6 only
    #[arg(short = '6', help_heading = "Network")]
    pub(super) ipv6: bool,
    /// Root servers in the `named.root` format [default: built in]
    #[arg(long, value_name = "FILE", help_heading = "Network")]
    pub(super) root_hints: Option<PathBuf>,
    /// Dial another address, as curl does; an empty field means any, or the same
    #[arg(long, value_name = "HOST:PORT:ADDR:PORT", help_heading = "Network")]
    pub(super) connect_to: Vec<ConnectTo>,
}

impl ProbingArgs {
    pub(super) fn format(&self) -> Format {
        if self.json { Format::Json } else { self.format }
    }
}

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// The finding, such as dns/alias-loop; without it, all are listed
    pub(super) id: Option<String>,
    /// How it is printed
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Human,
    /// One object
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum When {
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    Error,
    Warning,
    Notice,
    Never,
}

impl FailOn {
    /// Whether a finding of this severity makes the run fail.
    pub(super) fn includes(self, severity: Severity) -> bool {
        match self {
            Self::Error => severity >= Severity::Error,
            Self::Warning => severity >= Severity::Warning,
            Self::Notice => true,
            Self::Never => false,
        }
    }
}

/// Reads `30s`, `500ms`, `2m` or, as seconds, a bare number.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no duration\nhint: write it as 500ms, 5s or 2m");
    let digits = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let seconds = match unit {
        "ms" => number / 1e3,
        "" | "s" => number,
        "m" => number * 60.0,
        "h" => number * 3600.0,
        _ => return Err(wrong()),
    };
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_of_the_arguments_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn durations_have_units_and_are_not_zero() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("1.5"), Ok(Duration::from_millis(1500)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        for wrong in [
            "",
            "s",
            "5 s",
            "-1s",
            "0",
            "1d",
            "1e3",
            "99999999999999999999h",
        ] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
