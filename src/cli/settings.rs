//! What is to be done, made of the arguments and the environment: the options of each layer.

use std::io::IsTerminal;
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use super::args::{DnstraceArgs, ProbingArgs, When};
use super::exit::UsageError;
use crate::facts::name::{DnsName, RrType};
use crate::judge::policy::Policy;
use crate::net::dial::{Dialer, Families};
use crate::observe::dns::TracePlan;
use crate::observe::dns::hints::RootHints;
use crate::render::style::Style;

/// Longer than any international name can be; a bound on what is handed to the parser.
const LONGEST_NAME: usize = 1_024;

/// A trace, resolved.
pub(super) struct Trace {
    pub(super) plan: TracePlan,
    pub(super) dialer: Dialer,
    pub(super) timeout: Duration,
    pub(super) policy: Policy,
    pub(super) style: Style,
}

impl Trace {
    pub(super) fn resolve(args: &DnstraceArgs) -> Result<Self, UsageError> {
        let probing = &args.probing;
        let (name, own_types) = target(&args.name)?;
        let types = if args.types.is_empty() {
            own_types
        } else {
            read_types(&args.types)?
        };
        Ok(Self {
            plan: TracePlan {
                name,
                types,
                hints: hints(probing.root_hints.as_deref())?,
                minimise: !args.no_qname_minimisation,
                tcp_only: args.tcp,
                buffer: args.bufsize,
                probe_timeout: probing.probe_timeout,
            },
            dialer: Dialer::new(families(probing), probing.connect_to.clone()),
            timeout: probing.timeout,
            policy: Policy::default(),
            style: style(probing),
        })
    }
}

/// The name to trace, and the types to ask for when none are given. An address stands for its reverse name.
fn target(text: &str) -> Result<(DnsName, Vec<RrType>), UsageError> {
    if let Ok(address) = text.parse::<IpAddr>() {
        let reverse = hickory_proto::rr::Name::from(address);
        return Ok((
            reverse.into(),
            vec![hickory_proto::rr::RecordType::PTR.into()],
        ));
    }
    Ok((host_name(text)?, vec![RrType::A, RrType::AAAA]))
}

/// A name as a user writes it, international ones included.
fn host_name(text: &str) -> Result<DnsName, UsageError> {
    let wrong =
        |why: &str| UsageError::new(format!("`{}` is no name: {why}", text.escape_default()));
    if text.is_empty() {
        return Err(wrong("it is empty"));
    }
    if text.contains("://") {
        return Err(wrong("it is a URL").hint("give the host alone, as in www.example.com"));
    }
    if text.len() > LONGEST_NAME {
        return Err(wrong("a name has at most 253 characters"));
    }
    let ascii = if text.is_ascii() {
        text.to_owned()
    } else {
        idna::domain_to_ascii(text)
            .map_err(|_| wrong("it holds characters that no name can have"))?
    };
    let relative = ascii.strip_suffix('.').unwrap_or(&ascii);
    if !relative.is_empty() {
        for label in relative.split('.') {
            match label.len() {
                0 => {
                    return Err(wrong("a label is empty")
                        .hint("two dots stand side by side, or one stands in front"));
                }
                1..=63 => {}
                _ => return Err(wrong("a label has at most 63 characters")),
            }
        }
    }
    ascii
        .parse()
        .map_err(|_| wrong("a name has at most 253 characters, in labels of at most 63"))
}

fn read_types(types: &[String]) -> Result<Vec<RrType>, UsageError> {
    let mut read = Vec::new();
    for text in types {
        let rr_type = text.parse::<RrType>().map_err(|_| {
            let error = UsageError::new(format!("unknown record type `{}`", text.escape_default()));
            match nearest(&text.to_ascii_uppercase(), KNOWN_TYPES.iter().copied()) {
                Some(known) => error.hint(format!("did you mean {known}?")),
                None => error.hint("give a type by name, as in AAAA, or by number, as in TYPE65"),
            }
        })?;
        if !read.contains(&rr_type) {
            read.push(rr_type);
        }
    }
    Ok(read)
}

/// The types that people ask for, to suggest the nearest of.
const KNOWN_TYPES: [&str; 16] = [
    "A", "AAAA", "CAA", "CNAME", "DNSKEY", "DS", "HTTPS", "MX", "NAPTR", "NS", "PTR", "SOA", "SRV",
    "SVCB", "TLSA", "TXT",
];

/// The candidate that `text` was most likely meant to be.
pub(super) fn nearest<'a>(
    text: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    let scored = candidates.map(|candidate| (strsim::jaro_winkler(text, candidate), candidate));
    let best = scored.max_by(|(one, _), (other, _)| one.total_cmp(other))?;
    (best.0 > 0.7).then_some(best.1)
}

fn hints(file: Option<&Path>) -> Result<RootHints, UsageError> {
    let Some(path) = file else {
        return Ok(RootHints::built_in());
    };
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| {
        UsageError::new(format!("cannot read the root hints `{shown}`: {error}"))
    })?;
    RootHints::parse(&text).map_err(|error| {
        UsageError::new(format!("root hints `{shown}`: {error}"))
            .hint("the format is that of https://www.internic.net/domain/named.root")
    })
}

fn families(probing: &ProbingArgs) -> Families {
    match (probing.ipv4, probing.ipv6) {
        (true, _) => Families::Ipv4,
        (_, true) => Families::Ipv6,
        _ => Families::Both,
    }
}

fn style(probing: &ProbingArgs) -> Style {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    let forced = std::env::var_os("CLICOLOR_FORCE").is_some_and(|value| value != "0");
    let terminal = std::io::stdout().is_terminal();
    let color = match probing.color {
        When::Always => true,
        When::Never => false,
        When::Auto => !set("NO_COLOR") && (forced || (terminal && !dumb)),
    };
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    let unicode = locale.is_some_and(|locale| {
        locale
            .to_ascii_lowercase()
            .replace('-', "")
            .contains("utf8")
    });
    let width = terminal_size::terminal_size()
        .filter(|_| terminal)
        .map_or(80, |(width, _)| usize::from(width.0));
    Style {
        color,
        unicode,
        width,
        verbose: probing.verbose,
    }
}
