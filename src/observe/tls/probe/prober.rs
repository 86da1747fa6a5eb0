//! Connections for hellos: so many to one address at a time, and again alone where many at once may have been too many.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Mutex, Semaphore, SemaphorePermit};

use super::super::Depth;
use super::super::door::{Door, socket};
use super::super::hello::read::{End, Flight, Reader, Until};
use super::super::hello::sslv2;
use super::super::hello::write::Nonces;
use super::ahead::Ahead;
use super::question::Hello;
use crate::facts::attempt::Failure;
use crate::net::clock::Stopwatch;
use crate::net::limits;

/// A second try waits so many times as long as the slowest answer took, within the probe's own bound and not under a second.
const PATIENCE: u32 = 8;

/// What a hello met.
#[derive(Clone, Debug, Default)]
pub(in crate::observe::tls) struct Met {
    pub(in crate::observe::tls) flight: Flight,
    pub(in crate::observe::tls) sslv2: Option<sslv2::ServerHello>,
    /// Why nothing more was read, unless all that was wanted had come or an alert had.
    pub(in crate::observe::tls) failure: Option<Failure>,
    pub(in crate::observe::tls) tries: u8,
    pub(in crate::observe::tls) elapsed: Duration,
    /// How many connections were open at most, with its own.
    pub(in crate::observe::tls) beside: u32,
}

impl Met {
    /// Whether the server said anything in TLS that is an answer.
    pub(in crate::observe::tls) fn is_answer(&self) -> bool {
        self.flight.hello.is_some() || self.sslv2.is_some() || self.is_alert()
    }

    fn is_alert(&self) -> bool {
        self.failure.is_none() && self.flight.alert.is_some()
    }

    /// Whether it may have come of too many connections at once.
    pub(in crate::observe::tls) fn is_doubtful(&self) -> bool {
        let cut = matches!(
            self.failure,
            Some(
                Failure::Reset
                    | Failure::Closed
                    | Failure::TimedOut { .. }
                    | Failure::Refused
                    | Failure::Unreachable
                    | Failure::System { .. }
                    | Failure::StarttlsRefused { .. }
            )
        );
        cut && !self.is_answer()
    }
}

/// What a connection takes up: of the address, and of the process.
pub(in crate::observe::tls) type Room<'p> = (
    Option<SemaphorePermit<'p>>,
    Option<SemaphorePermit<'static>>,
);

/// Asks one address.
pub(in crate::observe::tls) struct Prober<'a> {
    door: &'a Door<'a>,
    /// As many as connections may be open at a time; all of them for a try that has to be alone.
    permits: Semaphore,
    /// How many those are: fewer once a hello was answered alone that had been cut off beside others.
    width: AtomicU32,
    /// Held by who waits for all of them.
    turn: Mutex<()>,
    retries: AtomicUsize,
    silences: AtomicUsize,
    connections: AtomicUsize,
    /// How long the slowest answer took, in milliseconds; 0 as long as nobody answered.
    slowest: AtomicU64,
    /// Of a list, connections for the hellos that come next. What begins in clear has greetings that a server may count.
    ahead: Option<Ahead>,
    /// Whether the probes are over and the list has begun.
    in_list: AtomicBool,
}

impl<'a> Prober<'a> {
    pub(in crate::observe::tls) fn new(door: &'a Door<'a>) -> Self {
        let lists = door.plan.depth == Depth::Enumerate;
        let width = if lists {
            limits::LISTED_AT_ONCE
        } else {
            limits::PROBES_AT_ONCE
        };
        Self {
            door,
            permits: Semaphore::new(width),
            width: AtomicU32::new(u32::try_from(width).unwrap_or(u32::MAX)),
            turn: Mutex::new(()),
            retries: AtomicUsize::new(0),
            silences: AtomicUsize::new(0),
            // The handshake's.
            connections: AtomicUsize::new(1),
            slowest: AtomicU64::new(0),
            ahead: (lists && door.plan.starttls.is_none())
                .then(|| Ahead::new(door.at, door.patience(), door.dialer.clone(), door.deadline)),
            in_list: AtomicBool::new(false),
        }
    }

    /// Whether all that is accepted will be listed.
    pub(in crate::observe::tls) fn lists(&self) -> bool {
        self.door.plan.depth == Depth::Enumerate
    }

    /// Notes that the probes are over.
    pub(in crate::observe::tls) fn begin_list(&self) {
        self.in_list.store(true, Ordering::Relaxed);
    }

    /// Makes room for a connection that is made elsewhere, and counts it.
    pub(in crate::observe::tls) async fn reserve(&self) -> Option<SemaphorePermit<'_>> {
        self.drop_ahead();
        let (permit, _) = self.room().await;
        self.connections.fetch_add(1, Ordering::Relaxed);
        permit
    }

    /// Room for one connection, and beside how many it is at most. A server that bears one alone must have seen the end of the
    /// one before.
    async fn room(&self) -> (Option<SemaphorePermit<'_>>, u32) {
        let permit = self.permits.acquire().await.ok();
        let beside = self.width.load(Ordering::Relaxed);
        if beside == 1 {
            tokio::time::sleep(limits::PROBE_PAUSE).await;
        }
        (permit, beside)
    }

    /// A connection for a handshake that is made elsewhere, and the room that it takes. It is counted.
    pub(in crate::observe::tls) async fn connection(
        &self,
    ) -> Result<(TcpStream, Room<'_>), Failure> {
        let (one, _) = self.room().await;
        let (ready, leave) = self.ready_or_leave().await;
        let stream = match ready {
            Some(stream) => stream,
            None => self.door.open().await?,
        };
        Ok((stream, (one, leave)))
    }

    /// Makes room for the handshake where it counts among the connections at a time.
    pub(in crate::observe::tls) async fn room_in_list(&self) -> Option<SemaphorePermit<'_>> {
        match self.lists() {
            true => self.room().await.0,
            false => None,
        }
    }

    /// How many connections to the address were begun, the handshake's included.
    pub(in crate::observe::tls) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// Says a hello; and again, alone, when what came may be due to the other connections.
    pub(in crate::observe::tls) async fn ask(&self, hello: &Hello) -> Met {
        let met = self.ask_once(hello).await;
        self.doubted(hello, met).await
    }

    /// Says a hello beside others.
    pub(in crate::observe::tls) async fn ask_once(&self, hello: &Hello) -> Met {
        let (_one, beside) = self.room().await;
        let met = self.once(hello, self.door.patience()).await;
        Met { beside, ..met }
    }

    /// What came, or what comes when it is asked for again, alone. To be called once it is known whether the server answers
    /// anything.
    pub(in crate::observe::tls) async fn doubted(&self, hello: &Hello, met: Met) -> Met {
        if met.is_doubtful() && self.may_retry(&met) {
            self.alone(hello, Some(met.beside)).await
        } else {
            met
        }
    }

    /// Says a hello while no other probe of the address is under way.
    pub(in crate::observe::tls) async fn ask_alone(&self, hello: &Hello) -> Met {
        self.alone(hello, None).await
    }

    /// The same for what may have been cut off for the connections `beside` it: if it is answered now, there will be half as many.
    async fn alone(&self, hello: &Hello, beside: Option<u32>) -> Met {
        self.drop_ahead();
        let _turn = self.turn.lock().await;
        let width = self.width.load(Ordering::Relaxed);
        let mut all = self.permits.acquire_many(width).await;
        tokio::time::sleep(limits::PROBE_PAUSE).await;
        let slowest = Duration::from_millis(self.slowest.load(Ordering::Relaxed));
        let patience = (slowest * PATIENCE).max(Duration::from_secs(1));
        let met = self.once(hello, patience.min(self.door.patience())).await;
        if met.is_answer() && beside == Some(width) {
            let fewer = width / 2;
            let taken = all.as_mut().ok().and_then(|all| all.split(fewer as usize));
            if let Some(taken) = taken {
                taken.forget();
                self.width.store(width - fewer, Ordering::Relaxed);
            }
        }
        Met { tries: 2, ..met }
    }

    /// Once more, after a longer pause, what was cut off alone too.
    pub(in crate::observe::tls) async fn ask_at_last(&self, hello: &Hello, met: &Met) -> Met {
        if met.tries < 2 || !self.may_retry(met) {
            return met.clone();
        }
        tokio::time::sleep(limits::PROBE_PAUSE * PATIENCE).await;
        let met = self.ask_alone(hello).await;
        Met { tries: 3, ..met }
    }

    /// A server that never answered is not asked again, and one that falls silent only so many times.
    fn may_retry(&self, met: &Met) -> bool {
        if self.slowest.load(Ordering::Relaxed) == 0 {
            return false;
        }
        let silent = matches!(met.failure, Some(Failure::TimedOut { .. }));
        if silent && self.silences.fetch_add(1, Ordering::Relaxed) >= limits::PROBE_SILENCES {
            return false;
        }
        let most = if self.lists() {
            limits::LIST_RETRIES
        } else {
            limits::PROBE_RETRIES
        };
        self.retries.fetch_add(1, Ordering::Relaxed) < most
    }

    async fn once(&self, hello: &Hello, patience: Duration) -> Met {
        let (ready, _leave) = self.ready_or_leave().await;
        let watch = Stopwatch::start();
        let mut listener = Listener::new(hello);
        let talk = self.talk(ready, hello, &mut listener);
        let failure = match self.door.deadline.bound(patience, talk).await {
            Ok(done) => done.err(),
            Err(elapsed) => Some(elapsed.into()),
        };
        let elapsed = watch.elapsed();
        let met = Met {
            flight: listener.reader.flight,
            sslv2: listener.sslv2,
            failure,
            tries: 1,
            elapsed,
            beside: 1,
        };
        if met.is_answer() {
            let took = u64::try_from(elapsed.as_millis())
                .unwrap_or(u64::MAX)
                .max(1);
            self.slowest.fetch_max(took, Ordering::Relaxed);
        }
        met
    }

    async fn talk(
        &self,
        ready: Option<TcpStream>,
        hello: &Hello,
        listener: &mut Listener,
    ) -> Result<(), Failure> {
        let mut stream = match ready {
            Some(stream) => stream,
            None => self.door.open().await?,
        };
        let nonces = Nonces {
            random: rand::random(),
            session: rand::random(),
        };
        let bytes = match hello {
            Hello::Tls(hello, _) => hello.record(&nonces),
            Hello::Sslv2 => sslv2::client_hello(rand::random()),
        };
        // What the server had said before it cut the connection is read before the cut is judged.
        let _ = stream.write_all(&bytes).await;
        let [before, within] = limits::CONNECTIONS_AHEAD;
        let in_list = self.in_list.load(Ordering::Relaxed);
        self.look_ahead(if in_list { within } else { before });
        listener.listen(&mut stream).await
    }

    /// The next of the connections made ahead, or leave for one more, which is counted.
    ///
    /// All go through one line as long as any are made ahead: a server that serves one client after the other would wait for a
    /// hello on those that were made before.
    async fn ready_or_leave(&self) -> (Option<TcpStream>, Option<SemaphorePermit<'static>>) {
        let (next, begun) = self.ahead.as_ref().map(Ahead::next).unwrap_or_default();
        self.connections.fetch_add(begun, Ordering::Relaxed);
        if let Some(next) = next
            && let Ok(Some((stream, leave))) = next.await
        {
            return (Some(stream), Some(leave));
        }
        self.connections.fetch_add(1, Ordering::Relaxed);
        (None, socket().await)
    }

    /// What is alone, or made elsewhere, must not wait behind connections over which nothing is said.
    fn drop_ahead(&self) {
        if let Some(ahead) = &self.ahead {
            ahead.stop();
        }
    }

    /// Of a list, makes connections for what is asked next, so that so many are ahead; while the server thinks, for instance.
    pub(in crate::observe::tls) fn look_ahead(&self, count: usize) {
        if let Some(ahead) = &self.ahead {
            let begun = ahead.fill(count);
            self.connections.fetch_add(begun, Ordering::Relaxed);
        }
    }
}

/// Reads what comes back to one hello.
struct Listener {
    reader: Reader,
    expects_sslv2: bool,
    sslv2: Option<sslv2::ServerHello>,
    heard: Vec<u8>,
}

impl Listener {
    fn new(hello: &Hello) -> Self {
        let (until, expects_sslv2) = match hello {
            Hello::Tls(_, until) => (*until, false),
            Hello::Sslv2 => (Until::Hello, true),
        };
        Self {
            reader: Reader::new(until),
            expects_sslv2,
            sslv2: None,
            heard: Vec::new(),
        }
    }

    async fn listen(&mut self, stream: &mut TcpStream) -> Result<(), Failure> {
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let read = stream.read(&mut buffer).await;
            let read = read.map_err(|error| Failure::from_io(&error, Duration::ZERO))?;
            let bytes = buffer.get(..read).unwrap_or_default();
            if bytes.is_empty() {
                return Err(Failure::Closed);
            }
            if let Some(done) = self.take(bytes) {
                return done;
            }
        }
    }

    /// Takes bytes in; says when there is nothing more to wait for.
    fn take(&mut self, bytes: &[u8]) -> Option<Result<(), Failure>> {
        if self.expects_sslv2 {
            self.heard.extend(bytes);
            match sslv2::read(&self.heard) {
                Ok(None) => return None,
                Ok(Some(hello)) => {
                    self.sslv2 = Some(hello);
                    return Some(Ok(()));
                }
                // What is no SSLv2 may be an alert of TLS.
                Err(()) => self.expects_sslv2 = false,
            }
            let heard = std::mem::take(&mut self.heard);
            return self.read(&heard);
        }
        self.read(bytes)
    }

    fn read(&mut self, bytes: &[u8]) -> Option<Result<(), Failure>> {
        let room = limits::FIRST_BYTES.saturating_sub(self.heard.len());
        self.heard.extend(bytes.iter().take(room));
        let limit = || Failure::LimitReached {
            limit: "FLIGHT_BYTES".to_owned(),
        };
        Some(match self.reader.push(bytes)? {
            End::Told | End::Alert => Ok(()),
            End::NotTls => Err(super::super::spoken::not_tls(&self.heard)),
            End::Malformed(at) => Err(Failure::Malformed { at: Some(at) }),
            End::TooMuch => Err(limit()),
        })
    }
}
