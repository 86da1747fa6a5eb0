//! The arguments as they are written; [`super::settings`] makes of them what is to be done.

mod certificates;
mod compare;
mod registration;
pub(super) mod tls;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use ipnet::IpNet;
use jiff::Timestamp;

use crate::finding::Severity;
use crate::net::dial::ConnectTo;
use crate::render::graph::Picture;
pub(super) use certificates::{PemArgs, StatusArgs};
pub(super) use compare::CompareArgs;
pub(super) use registration::RegistrationArgs;
use tls::{DepthArgs, IdentityArgs, PeerArgs};

/// Can visitors get in, and if not, where are they stopped and what mends it?
///
/// A visitor's way in has three doors: DNS, TLS, and the redirects from HTTP to HTTPS. doorstep tries each as a visitor's
/// machine would and says what it saw, what is wrong, and what mends it.
#[derive(Debug, Parser)]
#[command(
    name = "doorstep",
    version,
    max_term_width = 100,
    disable_help_subcommand = true,
    after_help = "Exit codes: 0 fine, 1 something found, 2 wrong usage, 3 not measurable from here"
)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Try the whole way in: DNS, then TLS on every address, then the redirects
    ///
    /// Traces the name from the root, shakes hands with every address that the zone gives, walks from http:// to the final
    /// page at each of them, and gives one verdict. What one fault causes at the next door is not told again.
    Check(CheckArgs),
    /// Resolve a name hop by hop from the root
    ///
    /// Starts at the root servers and follows the referrals to the zone's own servers, as a resolver would, then asks
    /// each of those servers. The system's resolver is never on the path; what it says is shown beside.
    Dnstrace(DnstraceArgs),
    /// Shake hands with every address of a host: version, cipher suite, chain, verdict
    ///
    /// Shows what the client offered, what each address chose, and the whole chain as it was sent, also when it cannot be
    /// verified. Addresses are those that --resolver gives.
    Tlscheck(TlscheckArgs),
    /// Walk from http:// to https://, hop by hop, at every address
    ///
    /// Shows each redirect with its status and Location, the final page, and the HSTS policy that a browser would keep.
    Httpcheck(HttpcheckArgs),
    /// Say what a finding means, why it matters and how to mend it
    Explain(ExplainArgs),
    /// Start a small internet inside the process and check a site in it
    ///
    /// Without a scenario, shows the healthy site and two broken ones. Nothing leaves this machine.
    #[cfg(feature = "demo")]
    Demo(DemoArgs),
    /// Print the completions of a shell
    Completions(CompletionsArgs),
    /// Write the manual pages into a directory
    Man(ManArgs),
}

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// A host, host:port, URL or address; `-` reads them from standard input, one a line
    #[arg(value_name = "TARGET", required_unless_present = "targets")]
    pub(super) target: Vec<String>,
    #[command(flatten)]
    pub(super) status: StatusArgs,
    #[command(flatten)]
    pub(super) registration: RegistrationArgs,
    #[command(flatten)]
    pub(super) list: ListArgs,
    #[command(flatten)]
    pub(super) depth: DepthArgs,
    #[command(flatten)]
    pub(super) compare: CompareArgs,
    #[command(flatten)]
    pub(super) survey: SurveyArgs,
    #[command(flatten)]
    pub(super) probing: ProbingArgs,
}

/// Where targets come from besides the arguments.
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Read targets from a file, one a line; blank lines and # comments are passed over
    #[arg(long, value_name = "FILE")]
    pub(super) targets: Option<PathBuf>,
    /// Targets at a time
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=1024), env = "DOORSTEP_JOBS")]
    pub(super) jobs: u16,
}

#[derive(Debug, Args)]
pub(super) struct TlscheckArgs {
    /// A host with or without port, a URL or an address; `-` reads them from standard input
    #[arg(value_name = "HOST[:PORT]", required_unless_present_any = ["targets", "pem"])]
    pub(super) target: Vec<String>,
    /// The name to send and to verify, instead of the host
    #[arg(long, value_name = "NAME")]
    pub(super) server_name: Option<String>,
    /// Application protocols to offer, the preferred one first
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        default_value = "h2,http/1.1"
    )]
    pub(super) alpn: Vec<String>,
    /// Go to this address only; the name is not looked up
    #[arg(long, value_name = "ADDR")]
    pub(super) address: Option<std::net::IpAddr>,
    #[command(flatten)]
    pub(super) pem: PemArgs,
    #[command(flatten)]
    pub(super) status: StatusArgs,
    #[command(flatten)]
    pub(super) list: ListArgs,
    #[command(flatten)]
    pub(super) depth: DepthArgs,
    #[command(flatten)]
    pub(super) peer: PeerArgs,
    #[command(flatten)]
    pub(super) probing: ProbingArgs,
}

#[derive(Debug, Args)]
pub(super) struct HttpcheckArgs {
    /// A URL with path and query, or a host; `-` reads them from standard input
    #[arg(value_name = "URL-or-HOST", required_unless_present = "targets")]
    pub(super) target: Vec<String>,
    /// Go to this address only; the name is not looked up
    #[arg(long, value_name = "ADDR")]
    pub(super) address: Option<std::net::IpAddr>,
    /// The method of the walks from the URL given; probes beside them are GET
    #[arg(long, value_name = "M", default_value = "GET", value_parser = method)]
    pub(super) method: String,
    /// Ask for this path and query instead of the target's
    #[arg(long, value_name = "P")]
    pub(super) path: Option<String>,
    /// Send this header field with every request to the host, in clear too, as in 'Accept: text/html'; may be repeated
    #[arg(long, value_name = "H", value_parser = header)]
    pub(super) header: Vec<(String, String)>,
    /// Call the client this
    #[arg(long, value_name = "S", value_parser = user_agent)]
    pub(super) user_agent: Option<String>,
    /// Follow at most so many redirects
    #[arg(long, value_name = "N", default_value_t = crate::net::limits::HOPS, value_parser = hops)]
    pub(super) max_hops: usize,
    #[command(flatten)]
    pub(super) identity: IdentityArgs,
    #[command(flatten)]
    pub(super) list: ListArgs,
    #[command(flatten)]
    pub(super) probing: ProbingArgs,
}

#[derive(Debug, Args)]
pub(super) struct DnstraceArgs {
    /// The name to resolve; international names are accepted, an address stands for its reverse name; `-` reads names from
    /// standard input, one a line
    #[arg(required_unless_present = "targets")]
    pub(super) name: Option<String>,
    /// Record types, by name or as TYPE123, of every name [default: A AAAA]
    #[arg(value_name = "TYPE")]
    pub(super) types: Vec<String>,
    /// Send the whole name to every server instead of only the labels it needs
    #[arg(long)]
    pub(super) no_qname_minimisation: bool,
    /// Ask for no signatures and judge none
    #[arg(long)]
    pub(super) no_dnssec: bool,
    /// Print the delegation and its chain of trust as a picture instead
    #[arg(long, value_enum, conflicts_with_all = ["format", "json"])]
    pub(super) graph: Option<Graph>,
    /// Ask over TCP only
    #[arg(long)]
    pub(super) tcp: bool,
    /// The size of answers that are accepted over UDP
    #[arg(long, value_name = "N", default_value_t = crate::net::limits::EDNS_BUFFER, value_parser = clap::value_parser!(u16).range(512..))]
    pub(super) bufsize: u16,
    /// The answer must be this set, at every server of the zone
    ///
    /// Values stand as in a zone file, with commas between them: 192.0.2.1,2001:db8::1 or, after the type TXT, '"v=spf1 -all"'.
    /// Without types only those of the values are asked for; a type that is named and has no value must have no record.
    #[arg(long, value_name = "VALUE,…", help_heading = "Judgement")]
    pub(super) expect: Vec<String>,
    #[command(flatten)]
    pub(super) compare: CompareArgs,
    #[command(flatten)]
    pub(super) registration: RegistrationArgs,
    #[command(flatten)]
    pub(super) list: ListArgs,
    #[command(flatten)]
    pub(super) survey: SurveyArgs,
    #[command(flatten)]
    pub(super) probing: ProbingArgs,
}

/// How far servers are asked.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct SurveyArgs {
    /// Ask every server of every zone on the way for its referral, not only three
    #[arg(long)]
    pub(super) thorough: bool,
}

/// What every probing command takes.
#[derive(Clone, Debug, Args)]
pub(super) struct ProbingArgs {
    /// How results are printed
    #[arg(long, value_enum, default_value_t = Format::Human, env = "DOORSTEP_FORMAT", help_heading = "Output")]
    format: Format,
    /// Short for --format json
    #[arg(long, conflicts_with = "format", help_heading = "Output")]
    json: bool,
    /// Write the results to a file as well, replaced as a whole; may be repeated with other formats
    #[arg(long, value_name = "[FORMAT:]FILE", help_heading = "Output")]
    pub(super) output: Vec<String>,
    /// When to use colour; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are honoured
    #[arg(long, value_enum, default_value_t = When::Auto, env = "DOORSTEP_COLOR", help_heading = "Output")]
    pub(super) color: When,
    /// Tell the story: every exchange, what was offered and chosen, and what it means
    #[arg(short, long, help_heading = "Output")]
    pub(super) verbose: bool,
    /// Show only what is wrong, and no progress
    #[arg(short, long, conflicts_with = "verbose", help_heading = "Output")]
    pub(super) quiet: bool,
    /// The lowest severity that makes the exit code 1
    #[arg(long, value_enum, default_value_t = FailOn::Error, env = "DOORSTEP_FAIL_ON", help_heading = "Output")]
    pub(super) fail_on: FailOn,
    /// The bound on one target, everything included
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration, env = "DOORSTEP_TIMEOUT", help_heading = "Network")]
    pub(super) timeout: Duration,
    /// The bound on one query or connection attempt
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = duration, env = "DOORSTEP_PROBE_TIMEOUT", help_heading = "Network")]
    pub(super) probe_timeout: Duration,
    /// Use IPv4 only
    #[arg(short = '4', conflicts_with = "ipv6", help_heading = "Network")]
    pub(super) ipv4: bool,
    /// Use IPv6 only
    #[arg(short = '6', help_heading = "Network")]
    pub(super) ipv6: bool,
    /// Who answers look-ups that are not traced: system, ADDR[:PORT], tls://ADDR, https://ADDR/PATH, quic://ADDR, or trace
    #[arg(
        long,
        value_name = "SPEC",
        default_value = "system",
        env = "DOORSTEP_RESOLVER",
        help_heading = "Network"
    )]
    pub(super) resolver: String,
    /// The hosts file that a visitor on this machine would be led by [default: the system's]
    #[arg(long, value_name = "FILE", help_heading = "Network")]
    pub(super) hosts: Option<PathBuf>,
    /// Root servers in the `named.root` format [default: built in]
    #[arg(
        long,
        value_name = "FILE",
        env = "DOORSTEP_ROOT_HINTS",
        help_heading = "Network"
    )]
    pub(super) root_hints: Option<PathBuf>,
    /// DNSSEC anchors: DS or DNSKEY records in zone-file format [default: IANA's, built in]
    #[arg(
        long,
        value_name = "FILE",
        env = "DOORSTEP_TRUST_ANCHOR",
        help_heading = "Judgement"
    )]
    pub(super) trust_anchor: Option<PathBuf>,
    /// Dial another address, as curl does; an empty field means any, or the same
    #[arg(long, value_name = "HOST:PORT:ADDR:PORT", help_heading = "Network")]
    pub(super) connect_to: Vec<ConnectTo>,
    /// Whom certificates must lead to: webpki (Mozilla's roots), system, or a PEM file; may be repeated [default: webpki]
    #[arg(
        long,
        value_name = "STORE",
        env = "DOORSTEP_TRUST",
        help_heading = "Judgement"
    )]
    pub(super) trust: Vec<String>,
    /// Special-purpose addresses in this range are meant to be there; may be repeated
    #[arg(long, value_name = "CIDR", help_heading = "Judgement")]
    pub(super) internal: Vec<IpNet>,
    /// Judge validity at this time: RFC 3339, or @ and Unix seconds
    #[arg(long, value_name = "TIME", value_parser = moment, help_heading = "Judgement")]
    pub(super) at: Option<Timestamp>,
    /// Options from this file [default: doorstep.toml, looked for upwards from here]
    #[arg(long, value_name = "FILE", help_heading = "Configuration")]
    pub(super) config: Option<PathBuf>,
    /// Read no configuration file
    #[arg(long, conflicts_with = "config", help_heading = "Configuration")]
    pub(super) no_config: bool,
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
    /// Short for --format json
    #[arg(long, conflicts_with = "format")]
    pub(super) json: bool,
}

#[cfg(feature = "demo")]
#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// The scenario; see --list
    pub(super) scenario: Option<String>,
    /// Name the scenarios
    #[arg(long, conflicts_with_all = ["scenario", "serve"])]
    pub(super) list: bool,
    /// Keep the world up, and print the options under which other tools walk it
    #[arg(long)]
    pub(super) serve: bool,
    /// Bind the world's own addresses and ports; needs root, and is meant for a network namespace
    #[arg(long)]
    pub(super) real_addresses: bool,
    /// A round trip on every answer
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(super) delay: Option<Duration>,
    #[command(flatten)]
    pub(super) probing: ProbingArgs,
}

#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(super) shell: Shell,
    /// The program to complete
    #[arg(long, value_enum, default_value_t = Program::Doorstep)]
    pub(super) program: Program,
}

#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// The directory, which must exist; the JSON Schema of reports is written there too
    pub(super) dir: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Program {
    Doorstep,
    Dnstrace,
    Tlscheck,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[expect(clippy::enum_variant_names, reason = "PowerShell is called so")]
pub(super) enum Shell {
    Bash,
    Zsh,
    Fish,
    #[value(name = "powershell")]
    PowerShell,
    Elvish,
    Nushell,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Human,
    /// One object for one target, an array for several
    Json,
    /// One object a line, as each target finishes
    Jsonl,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Graph {
    /// Graphviz
    Dot,
    /// Mermaid
    Mermaid,
    /// An image
    Svg,
}

impl From<Graph> for Picture {
    fn from(graph: Graph) -> Self {
        match graph {
            Graph::Dot => Self::Dot,
            Graph::Mermaid => Self::Mermaid,
            Graph::Svg => Self::Svg,
        }
    }
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

/// Reads RFC 3339, or `@` and Unix seconds.
fn moment(text: &str) -> Result<Timestamp, String> {
    let read = match text.strip_prefix('@') {
        Some(seconds) => seconds
            .parse()
            .ok()
            .and_then(|seconds| Timestamp::from_second(seconds).ok()),
        None => text.parse().ok(),
    };
    read.ok_or_else(|| {
        format!("`{text}` is no time\nhint: write it as 2026-11-23T12:00:00Z, or as @1795435200")
    })
}

/// A method is a token (RFC 9110 §9.1); CONNECT is for proxies alone.
fn method(text: &str) -> Result<String, String> {
    match text {
        "CONNECT" => Err("CONNECT asks a proxy for a tunnel, and no site for a page".to_owned()),
        text if is_token(text) => Ok(text.to_owned()),
        text => Err(format!("`{}` is no method", text.escape_debug())),
    }
}

/// Fields by which a request is delimited: they are written as the request needs them.
const FRAMING: [&str; 6] = [
    "connection",
    "content-length",
    "keep-alive",
    "te",
    "transfer-encoding",
    "upgrade",
];

/// What a field may hold (RFC 9110 §5.5): no control but the tab.
fn is_field_value(text: &str) -> bool {
    !text.chars().any(|c| c.is_ascii_control() && c != '\t')
}

/// The value of User-Agent.
fn user_agent(text: &str) -> Result<String, String> {
    if is_field_value(text) {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "`{}` is no value of a header field",
            text.escape_debug()
        ))
    }
}

/// Reads `Name: value`.
fn header(text: &str) -> Result<(String, String), String> {
    match text.split_once(':') {
        Some((name, _)) if FRAMING.contains(&name.to_ascii_lowercase().as_str()) => Err(format!(
            "`{name}` is not to be chosen: requests have no body, and a connection of their own"
        )),
        Some((name, value)) if is_token(name) && is_field_value(value.trim()) => {
            Ok((name.to_owned(), value.trim().to_owned()))
        }
        _ => Err(format!(
            "`{}` is no header field\nhint: write it as 'Name: value'",
            text.escape_debug()
        )),
    }
}

fn is_token(text: &str) -> bool {
    let in_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    !text.is_empty() && text.chars().all(in_token)
}

fn hops(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..=20) => Ok(number),
        _ => Err("a number from 1 to 20".to_owned()),
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
