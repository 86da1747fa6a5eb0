//! Look-ups that are not traced: the hosts file, and the resolver that a visitor's machine would ask.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::Query;
use hickory_resolver::{Hosts, TokioResolver, system_conf};

use super::{TracePlan, message};
use crate::facts::attempt::Failure;
use crate::facts::dns::{Outcome, Rcode, Record, ResolverAnswer, Transport};
use crate::facts::name::{DnsName, RrType};
use crate::net::clock::Stopwatch;
use crate::net::deadline::Deadline;
use crate::net::dial::Dialer;
use crate::net::limits;

/// Who is asked.
#[derive(Clone, Debug)]
pub enum ResolverChoice {
    /// What this machine is configured to ask.
    System,
    /// One server.
    Server {
        /// Where it listens.
        address: SocketAddr,
        /// How it is asked.
        transport: Transport,
        /// The name that its certificate must have.
        server_name: String,
        /// The path of an HTTPS resolver.
        path: Option<String>,
    },
    /// Nobody: names are traced from the root, as this plan says.
    Trace(Box<TracePlan>),
}

/// The hosts file of this machine.
#[derive(Clone, Debug)]
pub struct HostsFile {
    /// Where it lies.
    pub path: String,
    /// What it says.
    pub text: String,
}

/// How to look names up.
#[derive(Clone, Debug)]
pub struct LookupPlan {
    /// Whom to ask.
    pub resolver: ResolverChoice,
    /// What to read before.
    pub hosts: Option<HostsFile>,
    /// How long one query may take.
    pub probe_timeout: Duration,
}

/// Looks names up as a visitor's machine would.
#[derive(Clone)]
pub struct Lookup {
    plan: LookupPlan,
    dialer: Dialer,
    deadline: Deadline,
    /// `None` when this machine has no resolver configured, or names are traced.
    resolver: Option<(String, Transport, TokioResolver)>,
    hosts: Option<(String, Arc<Hosts>)>,
    known: Vec<(String, Result<Vec<IpAddr>, Failure>)>,
}

impl Lookup {
    /// Looks up as `plan` says.
    #[must_use]
    pub fn new(plan: LookupPlan, dialer: Dialer, deadline: Deadline) -> Self {
        let resolver = resolver(&plan, &dialer);
        let hosts = plan.hosts.as_ref().and_then(|file| {
            let mut hosts = Hosts::default();
            hosts.read_hosts_conf(file.text.as_bytes()).ok()?;
            Some((file.path.clone(), Arc::new(hosts)))
        });
        Self {
            plan,
            dialer,
            deadline,
            resolver,
            hosts,
            known: Vec::new(),
        }
    }

    /// The same, with `host` known to have these addresses: it is not looked up again.
    #[must_use]
    pub fn knowing(mut self, host: &str, addresses: Vec<IpAddr>) -> Self {
        self.known.push((host.to_owned(), Ok(addresses)));
        self
    }

    /// The same, with `host` known to have no address.
    #[must_use]
    pub fn lost(mut self, host: &str, failure: Failure) -> Self {
        self.known.push((host.to_owned(), Err(failure)));
        self
    }

    /// The sockets to dial for `host` and `port`: an address stands for itself, then `--connect-to`, what is known, the
    /// hosts file and the resolver are asked in this order. IPv6 first, as RFC 6724 has it, and at most as many as are tried.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn sockets(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Failure> {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        if let Some(pinned) = self.dialer.pinned(host, port) {
            return Ok(vec![pinned]);
        }
        let addresses = match self.known.iter().find(|(known, _)| known == host) {
            Some((_, known)) => known.clone()?,
            None => addresses(&self.ask_addresses(host).await)?,
        };
        let usable = addresses
            .into_iter()
            .filter(|address| self.dialer.allows(*address));
        let sockets: Vec<SocketAddr> = usable
            .map(|address| SocketAddr::new(address, port))
            .take(limits::ADDRESSES_PER_HOST)
            .collect();
        if sockets.is_empty() {
            return Err(Failure::NoAddress);
        }
        Ok(sockets)
    }

    /// What the hosts file and the resolver say of the addresses of `host`: two answers each at most.
    pub async fn ask_addresses(&self, host: &str) -> Vec<ResolverAnswer> {
        let Ok(name) = host.parse::<DnsName>() else {
            return Vec::new();
        };
        let of_hosts: Vec<ResolverAnswer> = [RrType::A, RrType::AAAA]
            .into_iter()
            .filter_map(|rr_type| self.hosts_answer(&name, rr_type))
            .collect();
        let (v4, v6) = tokio::join!(
            self.resolver_answer(&name, RrType::A),
            self.resolver_answer(&name, RrType::AAAA)
        );
        of_hosts.into_iter().chain(v4).chain(v6).collect()
    }

    fn hosts_answer(&self, name: &DnsName, rr_type: RrType) -> Option<ResolverAnswer> {
        let (path, hosts) = self.hosts.as_ref()?;
        let query = Query::query(name.as_wire().clone(), rr_type.as_wire());
        let found = hosts.lookup_static_host(&query)?;
        let mut answer = unanswered(path.clone(), Transport::Hosts, name, rr_type);
        answer.rcode = Some("NOERROR".to_owned());
        answer.answers = found.answers().iter().map(Record::from).collect();
        (!answer.answers.is_empty()).then_some(answer)
    }

    async fn resolver_answer(&self, name: &DnsName, rr_type: RrType) -> Option<ResolverAnswer> {
        if let ResolverChoice::Trace(plan) = &self.plan.resolver {
            return Some(self.traced(plan, name, rr_type).await);
        }
        let (label, transport, resolver) = self.resolver.as_ref()?;
        let mut answer = unanswered(label.clone(), *transport, name, rr_type);
        let watch = Stopwatch::start();
        // hickory repeats the question once within its own timeout; the bound here is for all of it.
        let asked = resolver.lookup(name.as_wire().clone(), rr_type.as_wire());
        match self.deadline.bound(self.plan.probe_timeout, asked).await {
            Ok(Ok(found)) => {
                answer.rcode = Some("NOERROR".to_owned());
                answer.answers = found.answers().iter().map(Record::from).collect();
                answer.authenticated = Some(found.message().metadata.authentic_data);
                answer.rtt_ms = Some(watch.elapsed().into());
            }
            Ok(Err(error)) => {
                (answer.rcode, answer.failure) = ended(&error, watch.elapsed());
                answer.rtt_ms = answer.rcode.is_some().then(|| watch.elapsed().into());
            }
            Err(elapsed) => answer.failure = Some(elapsed.into()),
        }
        Some(answer)
    }

    async fn traced(&self, plan: &TracePlan, name: &DnsName, rr_type: RrType) -> ResolverAnswer {
        let plan = TracePlan {
            name: name.clone(),
            types: vec![rr_type],
            signatures: false,
            ..plan.clone()
        };
        let trace = super::Trace::run(plan, self.dialer.clone(), self.deadline).await;
        let dns = trace.facts();
        let mut answer = unanswered("trace".to_owned(), Transport::Udp, name, rr_type);
        if let Some(question) = dns.questions.into_iter().next() {
            answer.rcode = Some(rcode_name(question.rcode).to_owned());
            if question.outcome == Outcome::Answer {
                answer.answers = question.answers;
            }
        }
        answer
    }
}

/// The addresses that a visitor would go to: those of the hosts file when it names the host, else the resolver's.
///
/// # Errors
/// Why there is none, from the most telling of the answers.
pub fn addresses(answers: &[ResolverAnswer]) -> Result<Vec<IpAddr>, Failure> {
    let of = |wanted: &dyn Fn(&ResolverAnswer) -> bool| -> Vec<IpAddr> {
        let records = answers
            .iter()
            .filter(|answer| wanted(answer))
            .flat_map(|answer| &answer.answers);
        let mut found: Vec<IpAddr> = records
            .filter_map(|record| record.data.parse().ok())
            .collect();
        found.sort_by_key(IpAddr::is_ipv4);
        found
    };
    let local = of(&|answer| answer.transport == Transport::Hosts);
    if !local.is_empty() {
        return Ok(local);
    }
    let found = of(&|answer| answer.transport != Transport::Hosts);
    if !found.is_empty() {
        return Ok(found);
    }
    let rcodes: Vec<&str> = answers
        .iter()
        .filter_map(|answer| answer.rcode.as_deref())
        .collect();
    Err(if rcodes.contains(&"NXDOMAIN") {
        Failure::NameNotFound
    } else if let Some(failed) = rcodes.iter().find(|rcode| **rcode != "NOERROR") {
        Failure::LookupFailed {
            rcode: Some((*failed).to_owned()),
        }
    } else if rcodes.is_empty() {
        let failure = answers.iter().find_map(|answer| answer.failure.clone());
        failure.unwrap_or(Failure::LookupFailed { rcode: None })
    } else {
        Failure::NoAddress
    })
}

fn unanswered(
    resolver: String,
    transport: Transport,
    name: &DnsName,
    rr_type: RrType,
) -> ResolverAnswer {
    ResolverAnswer {
        resolver,
        transport,
        name: name.clone(),
        r#type: rr_type,
        rcode: None,
        answers: Vec::new(),
        authenticated: None,
        rtt_ms: None,
        agrees: None,
        failure: None,
    }
}

fn ended(error: &NetError, after: Duration) -> (Option<String>, Option<Failure>) {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => {
            (Some(message::rcode_name(none.response_code)), None)
        }
        NetError::Dns(DnsError::ResponseCode(code)) => (Some(message::rcode_name(*code)), None),
        NetError::Io(error) => (None, Some(Failure::from_io(error, after))),
        NetError::Timeout => {
            let after_ms = after.into();
            (None, Some(Failure::TimedOut { after_ms }))
        }
        _ => (None, Some(Failure::LookupFailed { rcode: None })),
    }
}

fn rcode_name(rcode: Rcode) -> &'static str {
    match rcode {
        Rcode::NoError => "NOERROR",
        Rcode::NxDomain => "NXDOMAIN",
        Rcode::ServFail => "SERVFAIL",
    }
}

/// The resolver with its label and transport. Addresses are rewritten as those of every other socket are.
fn resolver(plan: &LookupPlan, dialer: &Dialer) -> Option<(String, Transport, TokioResolver)> {
    let (label, transport, servers) = match &plan.resolver {
        ResolverChoice::Trace(_) => return None,
        ResolverChoice::System => {
            let (config, _) = system_conf::read_system_conf().ok()?;
            ("system".to_owned(), Transport::Udp, config.name_servers)
        }
        ResolverChoice::Server {
            address, transport, ..
        } => (
            label(*address, *transport),
            *transport,
            vec![server(&plan.resolver)?],
        ),
    };
    let servers = servers.into_iter().map(|server| rewritten(server, dialer));
    let config = ResolverConfig::from_name_servers(servers.collect());
    let mut options = ResolverOpts::default();
    options.timeout = (plan.probe_timeout / 2).max(Duration::from_millis(1));
    options.attempts = 1;
    options.use_hosts_file = ResolveHosts::Never;
    options.preserve_intermediates = true;
    options.cache_size = 0;
    let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
    *builder.options_mut() = options;
    Some((label, transport, builder.build().ok()?))
}

fn label(address: SocketAddr, transport: Transport) -> String {
    match transport {
        Transport::Tls => format!("tls://{address}"),
        Transport::Https => format!("https://{address}"),
        Transport::Quic => format!("quic://{address}"),
        _ if address.port() == 53 => address.ip().to_string(),
        _ => address.to_string(),
    }
}

fn server(choice: &ResolverChoice) -> Option<NameServerConfig> {
    let ResolverChoice::Server {
        address,
        transport,
        server_name,
        path,
    } = choice
    else {
        return None;
    };
    let server_name: Arc<str> = server_name.as_str().into();
    let mut connections = match transport {
        Transport::Tls => vec![ConnectionConfig::tls(server_name)],
        Transport::Https => {
            let path = path.as_deref().map(Arc::from);
            vec![ConnectionConfig::https(server_name, path)]
        }
        Transport::Quic => vec![ConnectionConfig::quic(server_name)],
        _ => vec![ConnectionConfig::udp(), ConnectionConfig::tcp()],
    };
    for connection in &mut connections {
        connection.port = address.port();
    }
    Some(NameServerConfig::new(address.ip(), true, connections))
}

fn rewritten(mut server: NameServerConfig, dialer: &Dialer) -> NameServerConfig {
    let asked = server.ip;
    for connection in &mut server.connections {
        let dialled = dialer.dialled(SocketAddr::new(asked, connection.port));
        (server.ip, connection.port) = (dialled.ip(), dialled.port());
    }
    server
}
