//! What is to be done, made of the arguments and the environment: the options of each layer.

use std::io::IsTerminal;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rustls::pki_types::CertificateDer;

use super::args::{
    CompareArgs, DnstraceArgs, FailOn, Format, ProbingArgs, RegistrationArgs, StatusArgs, When,
};
use super::exit::UsageError;
use super::expect::{Expected, expected};
use super::output::Output;
use super::resolver::{compared, resolver};
use super::target::host_name;
use crate::facts::name::{DnsName, RrType};
use crate::judge::policy::Policy;
use crate::net::dial::{Dialer, Families};
use crate::net::limits;
use crate::observe::dns::TracePlan;
use crate::observe::dns::hints::RootHints;
use crate::observe::dns::registration::RegistrationPlan;
use crate::observe::dns::resolvers::{HostsFile, LookupPlan};
use crate::observe::dns::shared::SharedCuts;
use crate::observe::tls::beside::BesidePlan;
use crate::render::graph::Picture;
use crate::render::style::Style;
use crate::verify::dnssec::anchors::TrustAnchors;
use crate::verify::path::Anchors;

/// What every probing command needs, resolved.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) dialer: Dialer,
    pub(super) timeout: Duration,
    pub(super) lookup: LookupPlan,
    /// A trace of A and AAAA; the name is filled in for each target.
    pub(super) trace: TracePlan,
    pub(super) anchors: Anchors,
    pub(super) trust_anchors: TrustAnchors,
    pub(super) at: Option<Timestamp>,
    pub(super) policy: Policy,
    pub(super) style: Style,
    pub(super) format: Format,
    /// Draw what was seen of DNS in place of the report.
    pub(super) graph: Option<Picture>,
    pub(super) fail_on: FailOn,
    pub(super) outputs: Vec<Output>,
    pub(super) progress: bool,
    /// How long to look again.
    pub(super) wait: Option<Duration>,
    /// What the user's questions must be answered with.
    pub(super) expected: Option<Expected>,
    /// What is fetched beside the handshakes.
    pub(super) beside: BesidePlan,
    /// Whom to ask for the registration of the domain, if that is wanted.
    pub(super) registration: Option<RegistrationPlan>,
}

impl Settings {
    pub(super) fn resolve(probing: &ProbingArgs) -> Result<Self, UsageError> {
        let trace = TracePlan {
            name: DnsName::root(),
            types: vec![RrType::A, RrType::AAAA],
            hints: hints(probing.root_hints.as_deref())?,
            minimise: true,
            tcp_only: false,
            signatures: true,
            buffer: limits::EDNS_BUFFER,
            thorough: false,
            probe_timeout: probing.probe_timeout,
            shared: None,
        };
        let resolver = resolver(&probing.resolver, &trace)?;
        let anchors = anchors(&probing.trust)?;
        let lookup = LookupPlan {
            resolver,
            compare: Vec::new(),
            hosts: hosts(probing.hosts.as_deref())?,
            roots: Arc::new(anchors.roots()),
            probe_timeout: probing.probe_timeout,
        };
        let beside = BesidePlan {
            issuers: true,
            status: false,
            known: Arc::new(anchors.subjects().map(<[u8]>::to_vec).collect()),
            patience: probing.probe_timeout,
        };
        Ok(Self {
            dialer: Dialer::new(families(probing), probing.connect_to.clone()),
            timeout: probing.timeout,
            lookup,
            trace,
            anchors,
            trust_anchors: trust_anchors(probing.trust_anchor.as_deref())?,
            at: probing.at,
            policy: Policy {
                internal: probing.internal.clone(),
                min_version: None,
            },
            style: style(probing),
            format: probing.format(),
            graph: None,
            fail_on: probing.fail_on,
            outputs: probing
                .output
                .iter()
                .map(|text| Output::read(text))
                .collect::<Result<_, _>>()?,
            progress: !probing.quiet && std::io::stderr().is_terminal(),
            wait: None,
            expected: None,
            beside,
            registration: None,
        })
    }

    /// With whom to compare, and how long to look again.
    pub(super) fn with_compared(mut self, args: &CompareArgs) -> Result<Self, UsageError> {
        self.lookup.compare = compared(&args.compare)?;
        self.wait = args.wait;
        Ok(self)
    }

    /// With how the registration of the domain is learned.
    pub(super) fn with_registration(mut self, args: &RegistrationArgs) -> Self {
        let wanted = args.registration || args.rdap.is_some();
        self.registration = wanted.then(|| RegistrationPlan {
            server: args.rdap.clone(),
            patience: self.lookup.probe_timeout,
        });
        self
    }

    /// For a run over so many targets: several share what leads to their zones, unless a change is waited for.
    pub(super) fn for_targets(mut self, targets: usize) -> Self {
        if targets > 1 && self.wait.is_none() {
            // Not with look-ups that are traced: they may ask in another way (--tcp, --bufsize).
            self.trace.shared = Some(Arc::new(SharedCuts::default()));
        }
        self
    }

    /// With how the status of certificates is learned.
    pub(super) fn with_status(self, status: &StatusArgs) -> Result<Self, UsageError> {
        let lists = status.crl.iter().map(|path| super::pem::list(path));
        let lists = lists.collect::<Result<Vec<_>, _>>()?.concat();
        Ok(Self {
            beside: BesidePlan {
                issuers: !status.no_aia,
                status: status.revocation,
                ..self.beside
            },
            anchors: self.anchors.with_lists(lists),
            ..self
        })
    }
}

/// The plan of `dnstrace`, and what is expected. An address stands for its reverse name.
pub(super) fn trace_plan(
    name: &str,
    args: &DnstraceArgs,
    settings: &Settings,
) -> Result<(TracePlan, Option<Expected>), UsageError> {
    let (name, own_types) = match name.parse::<IpAddr>() {
        Ok(address) => {
            let reverse = hickory_proto::rr::Name::from(address);
            (
                reverse.into(),
                vec![hickory_proto::rr::RecordType::PTR.into()],
            )
        }
        Err(_) => (host_name(name)?, vec![RrType::A, RrType::AAAA]),
    };
    let types = if args.types.is_empty() {
        own_types
    } else {
        read_types(&args.types)?
    };
    let mut plan = TracePlan {
        name,
        types,
        minimise: !args.no_qname_minimisation,
        tcp_only: args.tcp,
        signatures: !args.no_dnssec,
        buffer: args.bufsize,
        thorough: args.survey.thorough,
        ..settings.trace.clone()
    };
    let expected = expected(&args.expect, &mut plan, !args.types.is_empty())?;
    Ok((plan, expected))
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

/// Reads a file that the user named; `what` says what it should hold.
pub(super) fn read_file(path: &Path, what: &str) -> Result<String, UsageError> {
    std::fs::read_to_string(path).map_err(|error| {
        UsageError::new(format!(
            "cannot read the {what} `{}`: {error}",
            path.display()
        ))
    })
}

fn hints(file: Option<&Path>) -> Result<RootHints, UsageError> {
    let Some(path) = file else {
        return Ok(RootHints::built_in());
    };
    let text = read_file(path, "root hints")?;
    RootHints::parse(&text).map_err(|error| {
        UsageError::new(format!("root hints `{}`: {error}", path.display()))
            .hint("the format is that of https://www.internic.net/domain/named.root")
    })
}

fn trust_anchors(file: Option<&Path>) -> Result<TrustAnchors, UsageError> {
    let Some(path) = file else {
        return Ok(TrustAnchors::built_in());
    };
    let text = read_file(path, "trust anchors")?;
    TrustAnchors::parse(&text).map_err(|error| {
        UsageError::new(format!("trust anchors `{}`: {error}", path.display())).hint(
            "write DS or DNSKEY records in zone-file format, as in `. IN DS 20326 8 2 E06D44…`",
        )
    })
}

/// The hosts file: a file that was named must be readable, the system's may be missing.
fn hosts(file: Option<&Path>) -> Result<Option<HostsFile>, UsageError> {
    let (path, text) = match file {
        Some(path) => (path.to_owned(), Some(read_file(path, "hosts file")?)),
        None => {
            let path = system_hosts();
            let text = std::fs::read_to_string(&path).ok();
            (path, text)
        }
    };
    Ok(text.map(|text| HostsFile {
        path: path.display().to_string(),
        text,
    }))
}

fn system_hosts() -> PathBuf {
    match std::env::var_os("SystemRoot").filter(|_| cfg!(windows)) {
        Some(root) => PathBuf::from(root).join(r"System32\drivers\etc\hosts"),
        None => PathBuf::from("/etc/hosts"),
    }
}

/// The anchors of every store named, Mozilla's without any. A file without one usable root is an error; a bad one among good
/// ones is warned of and passed over.
fn anchors(stores: &[String]) -> Result<Anchors, UsageError> {
    let each = stores.iter().map(|store| match store.as_str() {
        "webpki" => Ok(Anchors::webpki()),
        "system" => system_anchors(),
        file => file_anchors(Path::new(file)),
    });
    let all = each.reduce(|one, other| Ok(one?.and(&other?)));
    all.unwrap_or_else(|| Ok(Anchors::webpki()))
}

fn system_anchors() -> Result<Anchors, UsageError> {
    let found = rustls_native_certs::load_native_certs();
    let (anchors, _) = Anchors::from_certificates("system", &found.certs);
    if anchors.is_empty() {
        return Err(
            UsageError::new("this system has no trust store that can be read")
                .hint("use --trust webpki, or a PEM file with roots"),
        );
    }
    Ok(anchors)
}

fn file_anchors(path: &Path) -> Result<Anchors, UsageError> {
    let shown = path.display();
    let held = super::pem::read(path, "trust store")?;
    let mut warnings = held.warnings;
    let certificates: Vec<CertificateDer<'_>> = held
        .certificates
        .into_iter()
        .map(CertificateDer::from)
        .collect();
    let (anchors, unusable) =
        Anchors::from_certificates(&path.display().to_string(), &certificates);
    warnings.extend(
        unusable
            .iter()
            .map(|index| format!("certificate {} cannot be read", index + 1)),
    );
    if certificates.is_empty() {
        let found = warnings
            .first()
            .map(|first| format!(": {first}"))
            .unwrap_or_default();
        return Err(UsageError::new(format!("trust store `{shown}`: no usable root in it{found}"))
            .hint("it must hold certificates in PEM form (-----BEGIN CERTIFICATE-----), or be webpki or system"));
    }
    for warning in warnings {
        super::output::warn(&format!("trust store `{shown}`: {warning}, passed over"));
    }
    Ok(anchors)
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
        .map_or(80, |(width, _)| usize::from(width.0).clamp(40, 120));
    Style {
        color,
        unicode,
        width,
        verbose: probing.verbose,
        quiet: probing.quiet,
    }
}
