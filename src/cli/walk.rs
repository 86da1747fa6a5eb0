//! What each probing command looks at, in which order, for one target.

mod manner;

use std::net::{IpAddr, SocketAddr};

use futures_util::future::join_all;

use super::expect::Expected;
use super::settings::Settings;
use super::starts::{self, walk};
use super::target::{Host, Target};
use crate::facts::announced::Announced;
use crate::facts::attempt::Failure;
use crate::facts::dns::{Dns, Purpose, ResolverAnswer};
use crate::facts::http::Http;
use crate::facts::name::{DnsName, RrType};
use crate::facts::registration::Registration;
use crate::facts::service;
use crate::facts::tls::{Tls, Twin};
use crate::net::clock;
use crate::net::deadline::Deadline;
use crate::net::limits;
use crate::observe;
use crate::observe::dns::registration;
use crate::observe::dns::resolvers::{self, Lookup, ResolverChoice};
use crate::observe::dns::{Trace, TracePlan};
use crate::observe::tls::announced::Promises;
use crate::observe::tls::beside::{self, BesidePlan};
use crate::observe::tls::starttls::Protocol;
use crate::observe::tls::{Depth, TlsPlan};
use crate::verify::{dnssec, measured};
pub(super) use manner::{Asking, Handshake};

/// What was seen of one target, door by door; a door that was not asked for is `None`.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) dns: Option<Dns>,
    pub(super) tls: Option<Tls>,
    pub(super) http: Option<Http>,
}

/// The trace, and beside it what the system's resolver says of the same name.
pub(super) async fn dnstrace(plan: TracePlan, settings: &Settings, deadline: Deadline) -> Seen {
    let traced = traced_beside(plan, Vec::new(), settings, deadline).await;
    Seen {
        dns: Some(traced.ended().await),
        ..Seen::default()
    }
}

/// A trace that can still be asked, and what the resolver says.
struct Traced {
    trace: Trace,
    resolvers: Vec<ResolverAnswer>,
    registration: Option<Registration>,
    expected: Option<Expected>,
}

impl Traced {
    /// What was seen so far.
    fn facts(&self) -> Dns {
        let mut dns = Dns {
            resolvers: self.resolvers.clone(),
            registration: self.registration.clone(),
            ..self.trace.facts()
        };
        expect(&mut dns, self.expected.as_ref());
        dns
    }

    async fn ended(self) -> Dns {
        self.trace.settle().await;
        self.facts()
    }

    /// The same after further questions.
    async fn ended_with(self, besides: Vec<Beside>, settings: &Settings) -> Dns {
        if !besides.is_empty() {
            self.trace.also(besides).await;
            proven(&self.trace, settings).await;
        }
        self.ended().await
    }
}

/// The same with questions that the user did not ask.
async fn traced_beside(
    plan: TracePlan,
    besides: Vec<Beside>,
    settings: &Settings,
    deadline: Deadline,
) -> Traced {
    let lookup = Lookup::new(settings.lookup.clone(), settings.dialer.clone(), deadline);
    let name = plan.name.clone();
    // Who is asked for everything answers with what it likes (RFC 8482).
    let types = plan.types.iter().copied();
    let types: Vec<RrType> = types.filter(|rr_type| *rr_type != RrType::ANY).collect();
    // A resolver that is a trace would say the same again.
    let apart = !matches!(settings.lookup.resolver, ResolverChoice::Trace(_));
    let registration = async {
        let plan = settings.registration.as_ref()?;
        registration::look_up(plan, &name, &lookup, deadline).await
    };
    let own = async {
        if apart {
            lookup.ask(&name, &types).await
        } else {
            Vec::new()
        }
    };
    let trace = traced(plan, besides, settings, deadline);
    let compared = lookup.compare(&name, &types);
    let (trace, own, compared, registration) = tokio::join!(trace, own, compared, registration);
    Traced {
        trace,
        resolvers: [own, compared].concat(),
        registration,
        expected: settings.expected.clone(),
    }
}

/// Notes what the user's own questions must be answered with.
fn expect(dns: &mut Dns, expected: Option<&Expected>) {
    let own = dns
        .questions
        .iter_mut()
        .filter(|question| question.purpose.is_none());
    for question in own {
        let mut of_type = expected
            .into_iter()
            .flatten()
            .filter(|(rr_type, _)| *rr_type == question.r#type);
        question.expected = of_type.next().map(|(_, data)| data.clone());
    }
}

/// A question that the user did not ask.
type Beside = (DnsName, RrType, Purpose);

/// What a check asks beside the addresses: which protocols are announced, and where the twin is.
fn besides(name: &DnsName, twin: Option<&str>, settings: &Settings) -> Vec<Beside> {
    let mut besides = vec![(name.clone(), RrType::HTTPS, Purpose::Https)];
    let twin = twin.and_then(|twin| twin.parse::<DnsName>().ok());
    if let Some(twin) = twin {
        let types = settings.trace.types.iter();
        besides.extend(types.map(|rr_type| (twin.clone(), *rr_type, Purpose::Twin)));
    }
    besides
}

/// Asks for where HTTPS records of AliasMode lead, as browsers do: what is announced there, and its addresses.
async fn follow_services(trace: &Trace, settings: &Settings) {
    for _ in 0..limits::SERVICE_ALIASES {
        let targets = service::aliases(&trace.facts());
        if targets.is_empty() {
            break;
        }
        let types = settings.trace.types.iter().chain([&RrType::HTTPS]);
        let asks = targets.iter().flat_map(|target| {
            let of = |rr_type: &RrType| (target.clone(), *rr_type, Purpose::Https);
            types.clone().map(of)
        });
        trace.also(asks.collect()).await;
    }
}

/// How often a verdict may show that something more must be asked.
const ROUNDS: usize = 8;

/// The trace with all that its validation needs, and the survey of the zone's servers.
async fn traced(
    plan: TracePlan,
    besides: Vec<Beside>,
    settings: &Settings,
    deadline: Deadline,
) -> Trace {
    let trace = Trace::run(plan, settings.dialer.clone(), deadline).await;
    let complete = async {
        if trace.has_answer() && !besides.is_empty() {
            trace.also(besides).await;
            follow_services(&trace, settings).await;
        }
        proven(&trace, settings).await;
    };
    tokio::join!(complete, trace.survey());
    if settings.expected.is_some() {
        trace.ask_everywhere().await;
    }
    trace
}

/// Asks for what is wanting until every question has a verdict.
async fn proven(trace: &Trace, settings: &Settings) {
    let at = settings.at.unwrap_or_else(clock::now);
    for _ in 0..ROUNDS {
        let wanted = dnssec::wanting(&trace.heard(), &settings.trust_anchors, at);
        if wanted.is_empty() {
            break;
        }
        let asks = wanted
            .iter()
            .map(|want| trace.ask(&want.zone, &want.name, want.r#type));
        join_all(asks).await;
    }
}

/// What the certificate is held against, asked beside the handshakes so that nothing waits for it: which authorities may
/// issue, climbing from the host (RFC 8659 §3), and which certificates are expected, below the host and below the end of its
/// aliases (RFC 7671 §7).
fn promises(dns: &Dns, name: &DnsName, port: u16) -> Vec<Beside> {
    let labels = name.label_count();
    let climbed = (1..=labels).rev().take(limits::CAA_NAMES);
    let caa = climbed.map(|labels| (name.with_labels(labels), RrType::CAA, Purpose::Caa));
    let links = dns
        .own_questions()
        .filter_map(|question| question.links.last());
    let mut bases = vec![name];
    for end in links.map(|link| &link.name) {
        if !bases.contains(&end) {
            bases.push(end);
        }
    }
    let of_port = |base: &&DnsName| format!("_{port}._tcp.{base}").parse().ok();
    let tlsa = bases.iter().filter_map(of_port);
    let tlsa = tlsa.map(|owner| (owner, RrType::TLSA, Purpose::Tlsa));
    caa.chain(tlsa).collect()
}

/// All three doors. A door behind one that is shut is not tried.
pub(super) async fn check(
    target: &Target,
    handshake: &Handshake,
    settings: &Settings,
    deadline: Deadline,
) -> Seen {
    let host = target.host.to_string();
    let mut lookup = Lookup::new(settings.lookup.clone(), settings.dialer.clone(), deadline);
    let port = match &target.url {
        Some(url) if url.scheme() == "http" => 443,
        _ => target.port.unwrap_or(443),
    };
    let mut open: Option<(Traced, Vec<Beside>)> = None;
    if let Host::Name(name) = &target.host {
        let plan = TracePlan {
            name: name.clone(),
            ..settings.trace.clone()
        };
        let twin = starts::twin(target, &Asking::default());
        let besides = besides(name, twin.as_deref(), settings);
        let traced = traced_beside(plan, besides, settings, deadline).await;
        let dns = traced.facts();
        let addresses = visited(&dns, None);
        // Where the zone could not be asked from here, the resolver is asked of the twin as well.
        if let Some(twin) = twin.filter(|_| !measured::is_blocked(&dns)) {
            let addresses = visited(&dns, Some(Purpose::Twin));
            lookup = if addresses.is_empty() {
                lookup.lost(&twin, Failure::NoAddress)
            } else {
                lookup.knowing(&twin, addresses)
            };
        }
        if addresses.is_empty() && settings.dialer.pinned(&host, 443).is_none() {
            return Seen {
                dns: Some(traced.ended().await),
                ..Seen::default()
            };
        }
        let promises = if addresses.is_empty() || measured::is_blocked(&dns) {
            Vec::new()
        } else {
            promises(&dns, name, port)
        };
        open = Some((traced, promises));
        lookup = lookup.knowing(&host, addresses);
    }
    let sockets = lookup.sockets(&host, port).await;
    let asking = Asking::default();
    let own = sockets.clone().unwrap_or_default();
    let shaking = shake_hands(&host, sockets, handshake, (settings, deadline));
    let walking = walked(target, &asking, &lookup, (settings, deadline));
    let twin = async {
        let twin = twin_of(target, &asking, handshake, &lookup).await?;
        Some(shown_as(twin, &own, handshake, (settings, deadline)).await)
    };
    // What the records announce is tried once they are there.
    let promised = async {
        let (traced, promises) = open?;
        let dns = traced.ended_with(promises, settings).await;
        let place = (host.as_str(), port);
        let announced = announced(place, &dns, &lookup, (settings, deadline)).await;
        Some((dns, announced))
    };
    let (promised, tls, http, twin) = tokio::join!(promised, shaking, walking, twin);
    let (dns, announced) = promised.unzip();
    let announced = announced.flatten();
    Seen {
        dns,
        tls: Some(Tls {
            twin,
            announced,
            ..tls
        }),
        http: Some(http),
    }
}

/// Where the twin leads, when the certificates of the target may be expected to name it.
async fn twin_of(
    target: &Target,
    asking: &Asking,
    handshake: &Handshake,
    lookup: &Lookup,
) -> Option<Twin> {
    let is_web = handshake.server_name.is_none() && handshake.starttls.is_none();
    let name = starts::twin(target, asking).filter(|_| is_web)?;
    let sockets = lookup.sockets(&name, 443).await.ok()?;
    let addresses = sockets.iter().map(SocketAddr::ip).collect();
    let endpoints = Vec::new();
    Some(Twin {
        name,
        addresses,
        endpoints,
    })
}

/// With one handshake by the twin's name at each socket of the host to which it leads too: a server may have a certificate for it
/// beside that for the host.
async fn shown_as(
    twin: Twin,
    own: &[SocketAddr],
    handshake: &Handshake,
    (settings, deadline): (&Settings, Deadline),
) -> Twin {
    let own = own.iter().copied();
    let shared: Vec<SocketAddr> = own
        .filter(|socket| twin.addresses.contains(&socket.ip()))
        .collect();
    let alone = Handshake {
        depth: Depth::Handshake,
        ..handshake.clone()
    };
    let tls = shake_hands(&twin.name, Ok(shared), &alone, (settings, deadline)).await;
    Twin {
        endpoints: tls.endpoints,
        ..twin
    }
}

/// What the HTTPS records of the name announce, tried. Those of another port stand at another name (RFC 9460 §2.3).
async fn announced(
    (host, port): (&str, u16),
    dns: &Dns,
    lookup: &Lookup,
    (settings, deadline): (&Settings, Deadline),
) -> Option<Vec<Announced>> {
    (port == 443).then_some(())?;
    dns.of(Some(Purpose::Https)).next()?;
    let promises = Promises {
        host: host.to_owned(),
        announcements: service::announcements(dns),
        probe_timeout: settings.lookup.probe_timeout,
    };
    let dialer = &settings.dialer;
    Some(observe::tls::announced::observe(&promises, lookup, (dialer, deadline)).await)
}

/// The addresses that visitors go to: those of the zone; of the resolver where the zone could not be asked from here.
fn visited(dns: &Dns, purpose: Option<Purpose>) -> Vec<IpAddr> {
    if measured::is_blocked(dns) {
        let own = dns.resolvers.iter().filter(|answer| !answer.compared);
        let own: Vec<ResolverAnswer> = own.cloned().collect();
        return resolvers::addresses(&own).unwrap_or_default();
    }
    let answered = dns.of(purpose).flat_map(|question| &question.answers);
    // Which server a visitor's resolver asks is chance: all that any of them says counts.
    let told = dns.told_addresses().filter(|_| purpose.is_none());
    let records = answered.chain(told);
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
    let handshake = upgraded(handshake, port, target.url.is_some());
    let asking = Asking {
        address: handshake.address,
        ..Asking::default()
    };
    let lookup = Lookup::new(settings.lookup.clone(), settings.dialer.clone(), deadline);
    let own = sockets.clone().unwrap_or_default();
    let shaking = shake_hands(&host, sockets, &handshake, (settings, deadline));
    let twin = async {
        let twin = twin_of(target, &asking, &handshake, &lookup).await?;
        Some(shown_as(twin, &own, &handshake, (settings, deadline)).await)
    };
    let (tls, twin) = tokio::join!(shaking, twin);
    Seen {
        dns: beside(answers),
        tls: Some(Tls { twin, ..tls }),
        http: None,
    }
}

/// The port tells which protocol comes before TLS, unless that was said. Those protocols have no use for the web's ALPN.
fn upgraded(handshake: &Handshake, port: u16, is_url: bool) -> Handshake {
    let of_port = Protocol::of_port(port).filter(|_| !is_url);
    let mut handshake = handshake.clone();
    handshake.starttls = handshake.starttls.or(of_port);
    if handshake.starttls.is_some() && handshake.alpn == Handshake::default().alpn {
        handshake.alpn.clear();
    }
    handshake
}

/// The redirects at every address that the resolver gives.
pub(super) async fn httpcheck(
    target: &Target,
    asking: &Asking,
    settings: &Settings,
    deadline: Deadline,
) -> Seen {
    let host = target.host.to_string();
    let mut lookup = Lookup::new(settings.lookup.clone(), settings.dialer.clone(), deadline);
    let twin = starts::twin(target, asking);
    let looking = look_up(target, 443, asking.address, (settings, deadline));
    // Side by side: one round trip less before the walks begin.
    let ((answers, sockets), of_twin) = tokio::join!(looking, placed(twin.as_deref(), &lookup));
    lookup = match twin.zip(of_twin) {
        Some((twin, Ok(addresses))) => lookup.knowing(&twin, addresses),
        Some((twin, Err(failure))) => lookup.lost(&twin, failure),
        None => lookup,
    };
    let known = asking.address.is_some() || !answers.is_empty();
    if let (true, Ok(sockets)) = (known, &sockets) {
        lookup = lookup.knowing(&host, sockets.iter().map(SocketAddr::ip).collect());
    }
    let http = match sockets {
        Err(failure) if known => {
            let lost = lookup.lost(&host, failure);
            walked(target, asking, &lost, (settings, deadline)).await
        }
        _ => walked(target, asking, &lookup, (settings, deadline)).await,
    };
    Seen {
        dns: beside(answers),
        tls: None,
        http: Some(http),
    }
}

/// The addresses of the twin, if there is one.
async fn placed(twin: Option<&str>, lookup: &Lookup) -> Option<Result<Vec<IpAddr>, Failure>> {
    let sockets = lookup.sockets(twin?, 443).await;
    Some(sockets.map(|sockets| sockets.iter().map(SocketAddr::ip).collect()))
}

fn beside(resolvers: Vec<ResolverAnswer>) -> Option<Dns> {
    (!resolvers.is_empty()).then(|| Dns {
        resolvers,
        ..Dns::default()
    })
}

/// The walks, and the issuers that servers on the way did not send. Those of the target are looked for at its own door.
async fn walked(
    target: &Target,
    asking: &Asking,
    lookup: &Lookup,
    (settings, deadline): (&Settings, Deadline),
) -> Http {
    let mut http = walk(target, asking, lookup, (settings, deadline)).await;
    let hops = http.routes.iter_mut().flat_map(|route| &mut route.hops);
    let own = target.host.to_string();
    let met = hops.filter_map(|hop| hop.tls.as_mut());
    let plan = BesidePlan {
        status: false,
        ..settings.beside.clone()
    };
    beside::look(
        met.filter(|endpoint| endpoint.server_name != own),
        &plan,
        lookup,
        (&settings.dialer, deadline),
    )
    .await;
    http
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
                twin: None,
                endpoints: Vec::new(),
                announced: None,
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
        starttls: handshake.starttls,
        identity: handshake.identity.clone(),
        ech: None,
        depth: handshake.depth,
    };
    let mut tls = observe::tls::observe(&plan, &settings.dialer, deadline).await;
    let lookup = Lookup::new(settings.lookup.clone(), settings.dialer.clone(), deadline);
    beside::look(
        &mut tls.endpoints,
        &settings.beside,
        &lookup,
        (&settings.dialer, deadline),
    )
    .await;
    tls
}
