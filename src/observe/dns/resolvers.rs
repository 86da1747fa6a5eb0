//! Look-ups that are not traced: the hosts file, and the resolver that a visitor's machine would ask.

mod failure;
mod peer;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use hickory_resolver::Hosts;
use hickory_resolver::proto::op::Query;
use rustls::RootCertStore;

use super::TracePlan;
use crate::facts::attempt::Failure;
use crate::facts::dns::{Outcome, Rcode, Record, ResolverAnswer, Transport};
use crate::facts::name::{DnsName, RrType};
use crate::net::deadline::Deadline;
use crate::net::dial::Dialer;
use crate::net::limits;
use peer::{Peer, Ways};

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
    /// Who is asked the same, to compare.
    pub compare: Vec<ResolverChoice>,
    /// What to read before.
    pub hosts: Option<HostsFile>,
    /// Whom the certificates of resolvers must lead to.
    pub roots: Arc<RootCertStore>,
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
    resolver: Option<Peer>,
    hosts: Option<(String, Arc<Hosts>)>,
    known: Vec<(String, Result<Vec<IpAddr>, Failure>)>,
}

impl Lookup {
    /// Looks up as `plan` says.
    #[must_use]
    pub fn new(plan: LookupPlan, dialer: Dialer, deadline: Deadline) -> Self {
        let resolver = Peer::new(&plan.resolver, &ways(&plan, &dialer, deadline));
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

    /// Whether the sockets of `host` and `port` are had without asking anybody.
    #[must_use]
    pub fn knows(&self, host: &str, port: u16) -> bool {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        bare.parse::<IpAddr>().is_ok()
            || self.dialer.pinned(host, port).is_some()
            || self.known.iter().any(|(known, _)| known == host)
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
        match host.parse::<DnsName>() {
            Ok(name) => self.ask(&name, &[RrType::A, RrType::AAAA]).await,
            Err(_) => Vec::new(),
        }
    }

    /// What the hosts file and the resolver say of these types at `name`.
    pub async fn ask(&self, name: &DnsName, types: &[RrType]) -> Vec<ResolverAnswer> {
        let of_hosts = types
            .iter()
            .filter_map(|rr_type| self.hosts_answer(name, *rr_type));
        let of_hosts: Vec<ResolverAnswer> = of_hosts.collect();
        let of_resolver = match (&self.plan.resolver, &self.resolver) {
            (ResolverChoice::Trace(plan), _) => {
                join_all(
                    types
                        .iter()
                        .map(|rr_type| self.traced(plan, name, *rr_type)),
                )
                .await
            }
            (_, Some(peer)) => peer.ask(name, types).await,
            (_, None) => Vec::new(),
        };
        of_hosts.into_iter().chain(of_resolver).collect()
    }

    /// What the resolvers that are to be compared with say, each with an answer for each type, in their order.
    pub async fn compare(&self, name: &DnsName, types: &[RrType]) -> Vec<ResolverAnswer> {
        let ways = ways(&self.plan, &self.dialer, self.deadline);
        let peers = self.plan.compare.iter();
        let peers: Vec<Peer> = peers
            .filter_map(|choice| Peer::new(choice, &ways))
            .collect();
        let answers = join_all(peers.iter().map(|peer| peer.ask(name, types))).await;
        let mut answers = answers.concat();
        answers.iter_mut().for_each(|answer| answer.compared = true);
        answers
    }

    fn hosts_answer(&self, name: &DnsName, rr_type: RrType) -> Option<ResolverAnswer> {
        let (path, hosts) = self.hosts.as_ref()?;
        let query = Query::query(name.as_wire().clone(), rr_type.as_wire());
        let found = hosts.lookup_static_host(&query)?;
        let mut answer = unanswered(path, Transport::Hosts, name, rr_type);
        answer.rcode = Some("NOERROR".to_owned());
        answer.answers = found.answers().iter().map(Record::from).collect();
        (!answer.answers.is_empty()).then_some(answer)
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
        let mut answer = unanswered("trace", Transport::Udp, name, rr_type);
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

fn ways<'w>(plan: &'w LookupPlan, dialer: &'w Dialer, deadline: Deadline) -> Ways<'w> {
    Ways {
        dialer,
        roots: &plan.roots,
        patience: plan.probe_timeout,
        deadline,
    }
}

fn unanswered(
    resolver: &str,
    transport: Transport,
    name: &DnsName,
    rr_type: RrType,
) -> ResolverAnswer {
    ResolverAnswer {
        resolver: resolver.to_owned(),
        transport,
        name: name.clone(),
        r#type: rr_type,
        rcode: None,
        answers: Vec::new(),
        ttl_left: None,
        authenticated: None,
        ede: Vec::new(),
        rtt_ms: None,
        compared: false,
        agrees: None,
        as_expected: None,
        failure: None,
    }
}

fn rcode_name(rcode: Rcode) -> &'static str {
    match rcode {
        Rcode::NoError => "NOERROR",
        Rcode::NxDomain => "NXDOMAIN",
        Rcode::ServFail => "SERVFAIL",
    }
}
