//! What each probing command looks at, in which order, for one target.

use std::net::{IpAddr, SocketAddr};

use super::settings::Settings;
use super::target::{Host, Target};
use crate::facts::attempt::Failure;
use crate::facts::dns::{Dns, ResolverAnswer};
use crate::facts::name::RrType;
use crate::facts::tls::Tls;
use crate::net::deadline::Deadline;
use crate::observe;
use crate::observe::dns::TracePlan;
use crate::observe::dns::resolvers::{self, Lookup, ResolverChoice};
use crate::observe::tls::TlsPlan;
use crate::verify::measured;

/// What was seen of one target, door by door; a door that was not asked for is `None`.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) dns: Option<Dns>,
    pub(super) tls: Option<Tls>,
}

/// How to shake hands, whatever the target.
#[derive(Clone, Debug)]
pub(super) struct Handshake {
    pub(super) server_name: Option<String>,
    pub(super) alpn: Vec<String>,
    pub(super) address: Option<IpAddr>,
}

impl Default for Handshake {
    fn default() -> Self {
        let alpn = ["h2", "http/1.1"].map(str::to_owned).to_vec();
        Self {
            server_name: None,
            alpn,
            address: None,
        }
    }
}

/// The trace, and beside it what the system's resolver says of the same name.
pub(super) async fn dnstrace(plan: TracePlan, settings: &Settings, deadline: Deadline) -> Seen {
    let lookup = Lookup::new(settings.lookup.clone(), settings.dialer.clone(), deadline);
    let host = plan.name.without_dot();
    // A resolver that is a trace would say the same again.
    let apart = !matches!(settings.lookup.resolver, ResolverChoice::Trace(_));
    let mut asked = plan.types.iter();
    let of_addresses = apart && asked.any(|rr_type| [RrType::A, RrType::AAAA].contains(rr_type));
    let types = plan.types.clone();
    let beside = async {
        if of_addresses {
            lookup.ask_addresses(&host).await
        } else {
            Vec::new()
        }
    };
    let (mut dns, answers) = tokio::join!(
        observe::dns::trace(plan, settings.dialer.clone(), deadline),
        beside
    );
    dns.resolvers = answers
        .into_iter()
        .filter(|answer| types.contains(&answer.r#type))
        .collect();
    Seen {
        dns: Some(dns),
        tls: None,
    }
}

/// All three doors. A door behind one that is shut is not tried.
pub(super) async fn check(target: &Target, settings: &Settings, deadline: Deadline) -> Seen {
    let host = target.host.to_string();
    let mut lookup = Lookup::new(settings.lookup.clone(), settings.dialer.clone(), deadline);
    let mut seen = Seen::default();
    if let Host::Name(name) = &target.host {
        let plan = TracePlan {
            name: name.clone(),
            ..settings.trace.clone()
        };
        let dns = dnstrace(plan, settings, deadline)
            .await
            .dns
            .unwrap_or_default();
        let addresses = visited(&dns);
        seen.dns = Some(dns);
        if addresses.is_empty() && settings.dialer.pinned(&host, 443).is_none() {
            return seen;
        }
        lookup = lookup.knowing(&host, addresses);
    }
    let port = match &target.url {
        Some(url) if url.scheme() == "http" => 443,
        _ => target.port.unwrap_or(443),
    };
    let sockets = lookup.sockets(&host, port).await;
    seen.tls = Some(shake_hands(&host, sockets, &Handshake::default(), (settings, deadline)).await);
    seen
}

/// The addresses that visitors go to: those of the zone; of the resolver where the zone could not be asked from here.
fn visited(dns: &Dns) -> Vec<IpAddr> {
    if measured::is_blocked(dns) {
        let beside: Vec<ResolverAnswer> = dns.resolvers.clone();
        return resolvers::addresses(&beside).unwrap_or_default();
    }
    let records = dns.questions.iter().flat_map(|question| &question.answers);
    let mut found: Vec<IpAddr> = Vec::new();
    for address in records.filter_map(|record| record.data.parse().ok()) {
        if !found.contains(&address) {
            found.push(address);
        }
    }
    found
}

/// A handshake with every address that the resolver gives.
pub(super) async fn tlscheck(
    target: &Target,
    handshake: &Handshake,
    settings: &Settings,
    deadline: Deadline,
) -> Seen {
    let port = match &target.url {
        Some(url) => url.port_or_known_default().unwrap_or(443),
        None => target.port.unwrap_or(443),
    };
    let (answers, sockets) = look_up(target, port, handshake.address, (settings, deadline)).await;
    let host = target.host.to_string();
    let tls = shake_hands(&host, sockets, handshake, (settings, deadline)).await;
    Seen {
        dns: beside(answers),
        tls: Some(tls),
    }
}

fn beside(resolvers: Vec<ResolverAnswer>) -> Option<Dns> {
    (!resolvers.is_empty()).then(|| Dns {
        resolvers,
        ..Dns::default()
    })
}

/// Where to connect to for a command that traces nothing: the address that was given, or what the resolver says.
async fn look_up(
    target: &Target,
    port: u16,
    address: Option<IpAddr>,
    (settings, deadline): (&Settings, Deadline),
) -> (Vec<ResolverAnswer>, Result<Vec<SocketAddr>, Failure>) {
    if let Some(address) = address {
        return (Vec::new(), Ok(vec![SocketAddr::new(address, port)]));
    }
    let host = target.host.to_string();
    let lookup = Lookup::new(settings.lookup.clone(), settings.dialer.clone(), deadline);
    let is_address = matches!(target.host, Host::Address(_));
    if is_address || settings.dialer.pinned(&host, port).is_some() {
        return (Vec::new(), lookup.sockets(&host, port).await);
    }
    let answers = lookup.ask_addresses(&host).await;
    let sockets = match resolvers::addresses(&answers) {
        Ok(addresses) => lookup.knowing(&host, addresses).sockets(&host, port).await,
        Err(failure) => Err(failure),
    };
    (answers, sockets)
}

async fn shake_hands(
    host: &str,
    sockets: Result<Vec<SocketAddr>, Failure>,
    handshake: &Handshake,
    (settings, deadline): (&Settings, Deadline),
) -> Tls {
    let addresses = match sockets {
        Ok(addresses) => addresses,
        Err(failure) => {
            return Tls {
                host: host.to_owned(),
                lookup: Some(failure),
                endpoints: Vec::new(),
            };
        }
    };
    let plan = TlsPlan {
        host: host.to_owned(),
        addresses,
        server_name: handshake
            .server_name
            .clone()
            .unwrap_or_else(|| host.to_owned()),
        alpn: handshake.alpn.clone(),
        probe_timeout: settings.lookup.probe_timeout,
    };
    observe::tls::observe(&plan, &settings.dialer, deadline).await
}
