//! One question to one server, over UDP with its repeats or over TCP; a truncated answer is fetched over TCP.

use std::cell::RefCell;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use hickory_proto::op::Message;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UdpSocket;
use tokio::sync::Semaphore;

use super::message::{self, Came, Extensions, NotOurs};
use crate::facts::attempt::Failure;
use crate::facts::dns::{Asked, ResponseClass, Server, Step, Transport};
use crate::facts::name::{DnsName, RrType};
use crate::facts::wire::Reading;
use crate::net::clock::Stopwatch;
use crate::net::deadline::{Deadline, Elapsed};
use crate::net::dial::Dialer;
use crate::net::limits;

/// One for each socket that the process may have open at a time for questions.
static SOCKETS: Semaphore = Semaphore::const_new(limits::DNS_SOCKETS);

/// What every exchange of a trace shares.
#[derive(Clone, Debug)]
pub(super) struct Wire {
    pub(super) dialer: Dialer,
    pub(super) deadline: Deadline,
    pub(super) extensions: Extensions,
    pub(super) tcp_only: bool,
    pub(super) probe_timeout: Duration,
}

/// One question for one server.
#[derive(Clone, Debug)]
pub(super) struct Inquiry {
    pub(super) zone: DnsName,
    pub(super) server: Server,
    pub(super) name: DnsName,
    pub(super) rr_type: RrType,
}

/// What an inquiry led to: every try, and the message that the last one brought, as it was read.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) steps: Vec<Step>,
    pub(super) reading: Option<Arc<Reading>>,
}

/// How an exchange ended when no message came of it.
#[derive(Debug)]
enum Broken {
    Io(io::Error),
    Elapsed(Elapsed),
    Malformed { size: usize },
    TooManyStrays,
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// How one message travels.
#[derive(Clone, Copy)]
pub(super) struct Way {
    pub(super) transport: Transport,
    pub(super) edns: bool,
    /// Whether the server is asked to resolve the name for us (RD).
    pub(super) recursion: bool,
    pub(super) wait: Duration,
}

impl Wire {
    /// Asks over UDP, again when nothing comes, without EDNS when the server does not understand it, and over TCP when
    /// the answer is cut short.
    pub(super) async fn ask(&self, inquiry: &Inquiry) -> Heard {
        if self.tcp_only {
            return self.ask_over_tcp(inquiry).await;
        }
        let mut steps = Vec::new();
        for wait in limits::UDP_TRIES {
            let mut way = Way {
                transport: Transport::Udp,
                edns: true,
                recursion: false,
                wait: wait.min(self.probe_timeout),
            };
            let (mut step, mut reading) = self.attempt(inquiry, way).await;
            let message = reading.as_ref().map(|reading| &reading.message);
            if message.is_some_and(message::fails_at_edns) {
                steps.push(step);
                way.edns = false;
                (step, reading) = self.attempt(inquiry, way).await;
            }
            let silent = step.response == ResponseClass::Timeout
                && !step.failure.as_ref().is_some_and(Failure::is_local);
            steps.push(step);
            let message = reading.as_ref().map(|reading| &reading.message);
            if message.is_some_and(message::wants_tcp) {
                let over_tcp = self.ask_over_tcp(inquiry).await;
                steps.extend(over_tcp.steps);
                return Heard {
                    steps,
                    reading: over_tcp.reading,
                };
            }
            if !silent {
                return Heard { steps, reading };
            }
        }
        Heard {
            steps,
            reading: None,
        }
    }

    /// Asks over TCP only, again without EDNS when the server does not understand it.
    pub(super) async fn ask_over_tcp(&self, inquiry: &Inquiry) -> Heard {
        let mut way = Way {
            transport: Transport::Tcp,
            edns: true,
            recursion: false,
            wait: self.probe_timeout,
        };
        let (step, reading) = self.attempt(inquiry, way).await;
        let mut steps = vec![step];
        let message = reading.as_ref().map(|reading| &reading.message);
        if !message.is_some_and(message::fails_at_edns) {
            return Heard { steps, reading };
        }
        way.edns = false;
        let (step, reading) = self.attempt(inquiry, way).await;
        steps.push(step);
        Heard { steps, reading }
    }

    /// Sends one question and waits for its answer.
    pub(super) async fn attempt(
        &self,
        inquiry: &Inquiry,
        way: Way,
    ) -> (Step, Option<Arc<Reading>>) {
        // Taken before the time begins: who waits for a socket here has not been silent there.
        let _socket = SOCKETS.acquire().await;
        let at = self.deadline.elapsed();
        let watch = Stopwatch::start();
        let extensions = way.edns.then_some(self.extensions);
        let result = match message::question(&inquiry.name, inquiry.rr_type, extensions) {
            Ok(mut asked) => {
                asked.metadata.recursion_desired = way.recursion;
                let work = async {
                    match way.transport {
                        Transport::Tcp => self.over_tcp(inquiry, &asked).await,
                        _ => self.over_udp(inquiry, &asked).await,
                    }
                };
                self.deadline
                    .bound(way.wait, work)
                    .await
                    .unwrap_or_else(|elapsed| Err(Broken::Elapsed(elapsed)))
            }
            Err(error) => Err(Broken::Io(io::Error::other(error))),
        };
        let took = watch.elapsed();
        let mut step = unanswered(inquiry, way, at);
        match result {
            Ok(came) => {
                note(&came, inquiry, &mut step);
                step.rtt_ms = Some(took.into());
                step.message = Some(came.wire);
                (step, Some(came.reading))
            }
            Err(broken) => {
                (step.response, step.failure, step.size) = broken.as_facts(took);
                (step, None)
            }
        }
    }

    async fn over_udp(&self, inquiry: &Inquiry, asked: &Message) -> Result<Came, Broken> {
        let socket = self.dialer.udp(inquiry.server.socket()).await?;
        socket
            .send(&asked.to_vec().map_err(io::Error::other)?)
            .await?;
        for _ in 0..limits::STRAY_DATAGRAMS {
            let (size, came) = next_datagram(&socket, asked).await?;
            match came {
                Ok(came) => return Ok(came),
                Err(NotOurs::Malformed) => return Err(Broken::Malformed { size }),
                Err(NotOurs::Stray) => {}
            }
        }
        Err(Broken::TooManyStrays)
    }

    async fn over_tcp(&self, inquiry: &Inquiry, asked: &Message) -> Result<Came, Broken> {
        let mut stream = self.dialer.tcp(inquiry.server.socket()).await?;
        let question = asked.to_vec().map_err(io::Error::other)?;
        let length = u16::try_from(question.len()).map_err(io::Error::other)?;
        // Length and message in one write: some servers do not wait for a second segment.
        stream
            .write_all(&[&length.to_be_bytes(), question.as_slice()].concat())
            .await?;
        let size = usize::from(stream.read_u16().await?);
        let mut bytes = vec![0; size];
        stream.read_exact(&mut bytes).await?;
        match message::response_to(asked, &bytes) {
            Ok(came) => Ok(came),
            Err(_) => Err(Broken::Malformed { size }),
        }
    }
}

thread_local! {
    /// Where datagrams arrive, as large as one can be: made once, for a run asks some ten thousand questions.
    static DATAGRAM: RefCell<Vec<u8>> = RefCell::new(vec![0; usize::from(u16::MAX)]);
}

/// Waits for one datagram; its size, and what it is as a response to `asked`.
async fn next_datagram(
    socket: &UdpSocket,
    asked: &Message,
) -> io::Result<(usize, Result<Came, NotOurs>)> {
    loop {
        socket.readable().await?;
        let read: io::Result<_> = DATAGRAM.with_borrow_mut(|datagram| {
            let size = socket.try_recv(datagram)?;
            let bytes = datagram.get(..size).unwrap_or_default();
            Ok((size, message::response_to(asked, bytes)))
        });
        match read {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            read => return read,
        }
    }
}

/// A question that a bound of ours kept from being sent.
pub(super) fn unasked(inquiry: &Inquiry, way: Way, at: Duration, limit: &str) -> Step {
    let limit = limit.to_owned();
    Step {
        failure: Some(Failure::LimitReached { limit }),
        ..unanswered(inquiry, way, at)
    }
}

fn unanswered(inquiry: &Inquiry, way: Way, at: Duration) -> Step {
    Step {
        zone: inquiry.zone.clone(),
        question: Asked {
            name: inquiry.name.clone(),
            r#type: inquiry.rr_type,
        },
        server: inquiry.server.clone(),
        transport: way.transport,
        edns: way.edns,
        recursion_desired: way.recursion,
        cached: false,
        age_ms: None,
        at_ms: at.into(),
        rtt_ms: None,
        response: ResponseClass::Timeout,
        failure: None,
        referral_to: None,
        authoritative: None,
        recursion: None,
        truncated: None,
        size: None,
        unreadable: None,
        case_kept: None,
        ede: Vec::new(),
        nsid: None,
        dnssec: None,
        message: None,
    }
}

/// Writes down what a response says of itself.
fn note(came: &Came, inquiry: &Inquiry, step: &mut Step) {
    let message = &came.reading.message;
    let reply = message::classify(&inquiry.zone, &inquiry.name, inquiry.rr_type, message);
    step.response = reply.class();
    if let message::Reply::Referral { zone, .. } = reply {
        step.referral_to = Some(zone);
    }
    step.authoritative = Some(message.metadata.authoritative);
    step.recursion = Some(message.metadata.recursion_available);
    step.truncated = Some(message.metadata.truncation);
    step.size = Some(came.wire.bytes().len());
    step.unreadable = Some(came.reading.unreadable);
    step.case_kept = Some(came.case_kept);
    step.ede = message::extended_errors(message);
    step.nsid = message::nsid(message);
}

impl Broken {
    fn as_facts(&self, took: Duration) -> (ResponseClass, Option<Failure>, Option<usize>) {
        match self {
            Self::Elapsed(over) => (ResponseClass::Timeout, Some((*over).into()), None),
            Self::Malformed { size } => (
                ResponseClass::Malformed,
                Some(Failure::Malformed { at: None }),
                Some(*size),
            ),
            Self::TooManyStrays => {
                let limit = "STRAY_DATAGRAMS".to_owned();
                (
                    ResponseClass::Timeout,
                    Some(Failure::LimitReached { limit }),
                    None,
                )
            }
            Self::Io(error) => (
                ResponseClass::Unreachable,
                Some(Failure::from_io(error, took)),
                None,
            ),
        }
    }
}
