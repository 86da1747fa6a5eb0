//! One resolver, asked over its own transport, and what it says kept whole.
//!
//! The connections are those of hickory-resolver. Its pool above them makes an error of every SERVFAIL and drops what stands
//! beside it (extended errors, the SOA of what is not there), so each response is taken from the connection itself.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query};
use hickory_proto::rr::RData;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverOpts};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::xfer::{DnsExchange, DnsHandle, FirstAnswer};
use hickory_resolver::proto::op::{DnsRequest, DnsRequestOptions};
use hickory_resolver::{ConnectionProvider, PoolContext, TlsConfig};
use rustls::{ClientConfig, RootCertStore};

use super::failure::failure;
use super::{ResolverChoice, unanswered};
use crate::facts::attempt::Failure;
use crate::facts::dns::{Record, ResolverAnswer, Transport};
use crate::facts::name::{DnsName, RrType};
use crate::net::clock::Stopwatch;
use crate::net::deadline::Deadline;
use crate::net::dial::Dialer;
use crate::net::limits;
use crate::observe::dns::message::{extended_errors, rcode_name};

type Connection = DnsExchange<TokioRuntimeProvider>;

/// A resolver that can be asked.
#[derive(Clone)]
pub(super) struct Peer {
    pub(super) label: String,
    pub(super) transport: Transport,
    /// Several only for the system's: the next is asked when one does not answer.
    servers: Vec<NameServerConfig>,
    context: Arc<PoolContext>,
    /// What drives the connections: they end with it.
    provider: TokioRuntimeProvider,
    patience: Duration,
    deadline: Deadline,
}

/// How a resolver is come to, whoever it is.
pub(super) struct Ways<'w> {
    pub(super) dialer: &'w Dialer,
    pub(super) roots: &'w RootCertStore,
    pub(super) patience: Duration,
    pub(super) deadline: Deadline,
}

impl Peer {
    /// The resolver of a choice. `None` for a trace, and when this machine has none configured.
    pub(super) fn new(choice: &ResolverChoice, ways: &Ways<'_>) -> Option<Self> {
        let (label, transport, servers) = match choice {
            ResolverChoice::Trace(_) => return None,
            ResolverChoice::System => {
                let (config, _) = hickory_resolver::system_conf::read_system_conf().ok()?;
                ("system".to_owned(), Transport::Udp, config.name_servers)
            }
            ResolverChoice::Server {
                address, transport, ..
            } => (
                label(*address, *transport),
                *transport,
                vec![server(choice)?],
            ),
        };
        let servers: Vec<NameServerConfig> = servers
            .into_iter()
            .filter(|server| ways.dialer.allows(server.ip))
            .map(|server| rewritten(server, ways.dialer))
            .collect();
        let patience = ways.patience / u32::try_from(servers.len().max(1)).unwrap_or(1);
        let mut options = ResolverOpts::default();
        options.timeout = patience;
        let config = client_config(ways.roots.clone())?;
        Some(Self {
            label,
            transport,
            servers,
            context: Arc::new(PoolContext::new(options, TlsConfig { config })),
            provider: TokioRuntimeProvider::default(),
            patience,
            deadline: ways.deadline,
        })
    }

    /// Its answer for each type, all over one connection.
    pub(super) async fn ask(&self, name: &DnsName, types: &[RrType]) -> Vec<ResolverAnswer> {
        let blank = |rr_type: &RrType| unanswered(&self.label, self.transport, name, *rr_type);
        let mut answers: Vec<ResolverAnswer> = types.iter().map(blank).collect();
        if self.servers.is_empty() {
            answers
                .iter_mut()
                .for_each(|answer| answer.failure = Some(Failure::NoRoute));
        }
        for server in &self.servers {
            self.ask_server(server, &mut answers).await;
            if answers.iter().all(|answer| answer.rcode.is_some()) {
                break;
            }
        }
        answers
    }

    /// Asks one server for what is not answered yet.
    async fn ask_server(&self, server: &NameServerConfig, answers: &mut [ResolverAnswer]) {
        let [first, rest @ ..] = server.connections.as_slice() else {
            return;
        };
        let connection = self.connect(server.ip, first).await;
        let open = answers.iter_mut().filter(|answer| answer.rcode.is_none());
        let asks = open.map(|answer| async {
            let asked = (answer.name.clone(), answer.r#type);
            let mut heard = self.exchange(connection.as_ref(), &asked).await;
            let is_cut = |message: &Message| message.metadata.truncation;
            if let (Ok((message, _)), Some(second)) = (&heard, rest.first())
                && is_cut(message)
            {
                let connection = self.connect(server.ip, second).await;
                heard = self.exchange(connection.as_ref(), &asked).await;
            }
            match heard {
                Ok((message, took)) => {
                    note(answer, &message);
                    answer.rtt_ms = Some(took.into());
                    answer.failure = None;
                }
                Err(failure) => answer.failure = Some(failure),
            }
        });
        join_all(asks).await;
    }

    async fn connect(&self, ip: IpAddr, to: &ConnectionConfig) -> Result<Connection, Failure> {
        let connecting = self
            .provider
            .new_connection(ip, to, &self.context)
            .map_err(|error| failure(&error, Duration::ZERO))?;
        self.bound(connecting).await
    }

    async fn exchange(
        &self,
        connection: Result<&Connection, &Failure>,
        asked: &(DnsName, RrType),
    ) -> Result<(Message, Duration), Failure> {
        let connection = connection.map_err(Clone::clone)?;
        let request = DnsRequest::new(question(asked), DnsRequestOptions::default());
        let watch = Stopwatch::start();
        let response = self.bound(connection.send(request).first_answer()).await?;
        Ok((response.into_message(), watch.elapsed()))
    }

    async fn bound<T>(
        &self,
        work: impl Future<Output = Result<T, NetError>>,
    ) -> Result<T, Failure> {
        let watch = Stopwatch::start();
        let done = self.deadline.bound(self.patience, work).await;
        done?.map_err(|error| failure(&error, watch.elapsed()))
    }
}

/// A question with recursion that wants to know whether the answer is validated (AD, RFC 6840 §5.7), and what is wrong (EDNS).
fn question((name, rr_type): &(DnsName, RrType)) -> Message {
    let mut message = Message::new(rand::random(), MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.metadata.authentic_data = true;
    message.add_query(Query::query(name.as_wire().clone(), rr_type.as_wire()));
    let mut edns = Edns::new();
    edns.set_max_payload(limits::EDNS_BUFFER);
    message.set_edns(edns);
    message
}

fn note(answer: &mut ResolverAnswer, message: &Message) {
    answer.rcode = Some(rcode_name(message.metadata.response_code));
    answer.answers = message.answers.iter().map(Record::from).collect();
    answer.authenticated = Some(message.metadata.authentic_data);
    answer.ede = extended_errors(message);
    answer.ttl_left = ttl_left(answer, message);
}

/// When the first of the records is forgotten; what is not there is kept by the SOA (RFC 2308 §5).
fn ttl_left(answer: &ResolverAnswer, message: &Message) -> Option<u32> {
    let records = answer.answers.iter();
    let has_type = records.clone().any(|record| record.r#type == answer.r#type);
    let absence = message
        .authorities
        .iter()
        .filter_map(|record| match &record.data {
            RData::SOA(soa) if !has_type => Some(record.ttl.min(soa.minimum)),
            _ => None,
        });
    records.map(|record| record.ttl).chain(absence).min()
}

fn client_config(roots: RootCertStore) -> Option<ClientConfig> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let versions = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .ok()?;
    Some(versions.with_root_certificates(roots).with_no_client_auth())
}

/// The resolver as it is written on the command line, without what is the default.
fn label(address: SocketAddr, transport: Transport) -> String {
    let (scheme, port) = match transport {
        Transport::Tls => ("tls://", 853),
        Transport::Https => ("https://", 443),
        Transport::Quic => ("quic://", 853),
        _ => ("", 53),
    };
    match address {
        _ if address.port() != port => format!("{scheme}{address}"),
        SocketAddr::V6(address) if !scheme.is_empty() => format!("{scheme}[{}]", address.ip()),
        _ => format!("{scheme}{}", address.ip()),
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

/// Addresses are rewritten as those of every other socket are.
fn rewritten(mut server: NameServerConfig, dialer: &Dialer) -> NameServerConfig {
    let asked = server.ip;
    for connection in &mut server.connections {
        let dialled = dialer.dialled(SocketAddr::new(asked, connection.port));
        (server.ip, connection.port) = (dialled.ip(), dialled.port());
    }
    server
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resolver_is_called_as_it_was_written() {
        let called = |address: &str, transport| label(address.parse().unwrap(), transport);
        assert_eq!(called("9.9.9.9:53", Transport::Udp), "9.9.9.9");
        assert_eq!(called("9.9.9.9:5353", Transport::Udp), "9.9.9.9:5353");
        assert_eq!(called("[2620:fe::fe]:53", Transport::Udp), "2620:fe::fe");
        assert_eq!(
            called("[2620:fe::fe]:853", Transport::Quic),
            "quic://[2620:fe::fe]"
        );
        assert_eq!(
            called("9.9.9.9:8443", Transport::Https),
            "https://9.9.9.9:8443"
        );
    }
}
