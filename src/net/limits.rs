//! Every bound in one place, each with its reason. Reaching one is a fact, then a finding, never a hang or a panic.

use std::time::Duration;

/// Questions on the path of one name. Unbound ends at 200 in all, BIND 9 at 200.
pub const PATH_QUESTIONS: usize = 200;
/// Questions of one run, the servers' survey included.
pub const RUN_QUESTIONS: usize = 1_000;
/// Bytes that the cuts take which the traces of a run share: some thousand zones, and a third of what a run may take.
pub const SHARED_BYTES: usize = 32 * 1024 * 1024;
/// Bytes that one of them takes at least, which bounds their number to 32,768.
pub const SHARED_ENTRY_BYTES: usize = 1_024;
/// How long one of them is kept at most: a run that takes longer looks again.
pub const SHARED_TIME: Duration = Duration::from_secs(3_600);
/// How long that is kept which a zone's servers say of the zone itself: what changed since would have been missed by a second too.
pub const SURVEY_SHARED_TIME: Duration = Duration::from_secs(10);
/// Referrals on the path of one name; hickory follows 24, unbound 130.
pub const REFERRALS: usize = 30;
/// Look-ups of server names at one cut: the bound against NXNSAttack (unbound: 16).
pub const SERVER_NAME_LOOKUPS: usize = 6;
/// How deep look-ups of server names may need each other (BIND 9: 7).
pub const LOOKUP_DEPTH: usize = 7;
/// Servers kept of one NS set (unbound: 20).
pub const SERVERS_PER_CUT: usize = 20;
/// Addresses kept of one server name.
pub const ADDRESSES_PER_SERVER: usize = 4;
/// Links of an alias chain (unbound and BIND 9: 11).
pub const ALIAS_LINKS: usize = 11;
/// HTTPS records of AliasMode that are followed one after the other; clients are to bound them (RFC 9460 §3).
pub const SERVICE_ALIASES: usize = 4;
/// Names at which CAA is looked for, climbing from the host: more labels than names of public sites have.
pub const CAA_NAMES: usize = 8;
/// Questions by which an expectation is held against every server: 32 addresses, two types, four names.
pub const EXPECTED_QUESTIONS: usize = 256;
/// Resolvers compared with in one run.
pub const RESOLVERS: usize = 32;
/// The shortest time between two looks of `--wait`.
pub const WAIT_LEAST: Duration = Duration::from_secs(1);
/// The longest: nobody wants to learn of a change later than that, whatever the TTL.
pub const WAIT_MOST: Duration = Duration::from_secs(60);
/// The same where no TTL says anything: a certificate, a redirect, a server that does not answer.
pub const WAIT_BLINDLY: Duration = Duration::from_secs(10);
/// Servers asked side by side at one cut.
pub const SERVERS_AT_ONCE: usize = 3;
/// Minimised questions for one name (RFC 9156 §2.3, MAX_MINIMISE_COUNT).
pub const MINIMISED_STEPS: usize = 10;
/// The first labels that are added one by one (RFC 9156 §2.3, MINIMISE_ONE_LAB).
pub const MINIMISED_SINGLY: usize = 4;
/// The EDNS buffer that avoids fragments (DNS flag day 2020).
pub const EDNS_BUFFER: u16 = 1_232;
/// How long the two tries over UDP wait.
pub const UDP_TRIES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(2)];
/// How long the two tries of a survey wait: long enough for a satellite, and two of them end before a visitor would give up.
pub const SURVEY_TRIES: [Duration; 2] = [Duration::from_millis(600), Duration::from_millis(900)];
/// The same over TCP: one lost SYN is sent again by every system within it.
pub const SURVEY_TCP: Duration = Duration::from_millis(1_500);
/// Questions of the survey: what a run may ask without those on the path.
pub const SURVEY_QUESTIONS: usize = RUN_QUESTIONS - PATH_QUESTIONS;
/// Records kept of one response of a survey; a datagram of 1,232 bytes holds about 70.
pub const SURVEY_RECORDS: usize = 256;
/// Responses kept of one server of a survey, which asks each some twelve questions.
pub const SURVEY_RESPONSES: usize = 64;
/// Datagrams passed over (wrong id, wrong question) in one wait: a flood must not hold the run.
pub const STRAY_DATAGRAMS: usize = 64;
/// Addresses of one host that are tried.
pub const ADDRESSES_PER_HOST: usize = 16;
/// Certificates of one chain that are looked at; browsers give up far earlier.
pub const CERTIFICATES: usize = 64;
/// Certificates of a file that are looked at. The longest chain of the public path-validation suites has about 100.
pub const FILE_CERTIFICATES: usize = 1_000;
/// Bytes read of a file with certificates: the largest trust stores have about 1 MB.
pub const FILE_BYTES: u64 = 16 * 1024 * 1024;
/// Bytes read of a revocation list at hand: the longest public ones have tens of megabytes.
pub const LIST_BYTES: u64 = 256 * 1024 * 1024;
/// Issuers fetched for one chain; chains in use lack one or two.
pub const FETCHED_ISSUERS: usize = 4;
/// Bytes of a fetched issuer, which has 1 to 3 KB, or of a bundle of them.
pub const ISSUER_BYTES: usize = 64 * 1024;
/// Bytes of a response about one certificate, which has 0.5 to 5 KB.
pub const RESPONSE_BYTES: usize = 64 * 1024;
/// Bytes of a fetched revocation list: public authorities split theirs, most stay under 1 MB.
pub const FETCHED_LIST_BYTES: usize = 32 * 1024 * 1024;
/// Bytes of a registry's answer about one domain, which has 2 to 20 KB.
pub const REGISTRATION_BYTES: usize = 256 * 1024;
/// Redirects followed when something beside the site is fetched.
pub const FETCH_REDIRECTS: usize = 3;
/// Redirects followed at most by default; common clients follow 10, the Fetch standard 20.
pub const HOPS: usize = 10;
/// Bytes of an answer's head; servers and browsers take 8 to 256 KiB.
pub const HEAD_BYTES: usize = 64 * 1024;
/// Bytes of a Location that is followed: servers read requests of 8 to 16 KiB.
pub const LOCATION_BYTES: usize = 16 * 1024;
/// Bytes of a head that is kept as it came; of a longer one, long fields are cut.
pub const HEAD_KEPT_BYTES: usize = 16 * 1024;
/// What is kept of those that nothing is judged by.
pub const FIELD_KEPT_BYTES: usize = 1024;
/// Fields of an answer's head.
pub const HEADERS: usize = 256;
/// Bytes kept of what a peer says first, to tell what it speaks when that is no TLS.
pub const FIRST_BYTES: usize = 64;
/// Bytes of a server's first flight that are read; the longest chains in use have a tenth of it.
pub const FLIGHT_BYTES: usize = 256 * 1024;
/// Hellos to one address at a time: what a check asks in one go (16), and room for the follow-ups; the handshake is beside them.
pub const PROBES_AT_ONCE: usize = 17;
/// Hellos to one address at a time, the handshake's included, when all that it accepts is listed.
pub const LISTED_AT_ONCE: usize = 18;
/// Connections beside those that are made ahead at a time for the hellos that come next: while the probes are answered, for the
/// first round of the list; and while that is, for the second.
pub const CONNECTIONS_AHEAD: [usize; 2] = [14, 13];
/// The same in all: what the list of a server of today takes. A longer one has hellos enough to fill the waits.
pub const CONNECTIONS_AHEAD_IN_ALL: usize = 41;
/// Connections of a check to one address, as long as the server answers each.
pub const PROBES: usize = 18;
/// Connections more, one at a time, for what ended in a reset or in silence: a server may cut every hello that it dislikes.
pub const PROBE_RETRIES: usize = 16;
/// The same for a list: some servers refuse every hello by closing the connection.
pub const LIST_RETRIES: usize = 64;
/// Of those, for what ended in silence, which costs the whole wait each time.
pub const PROBE_SILENCES: usize = 3;
/// Sockets for questions to name servers of the whole process, beside those of probes.
pub const DNS_SOCKETS: usize = 384;
/// Connections for handshakes and hellos of the whole process; systems allow 1,024 open files as a rule.
pub const PROBE_CONNECTIONS: usize = 256;
/// What a server may take, beside two round trips, to say what comes after a handshake: tickets, or that it wants a certificate.
pub const SERVER_WORK: Duration = Duration::from_millis(200);
/// Bytes that a server may say before TLS begins.
pub const STARTTLS_BYTES: usize = 64 * 1024;
/// Before a hello that is asked again alone: the server must have seen the end of the connections before it.
pub const PROBE_PAUSE: Duration = Duration::from_millis(25);
/// Bytes of a page that are read, to see whether it leads elsewhere by itself: that stands in its first lines.
pub const PAGE_BYTES: usize = 64 * 1024;
/// How long those are waited for once the head is there: the page itself is nobody's here.
pub const PAGE_TIME: Duration = Duration::from_secs(1);
/// HTTPS records of a name whose promises are tried; those in use have one or two.
pub const ANNOUNCEMENTS: usize = 4;
/// Handshakes made for them in all: two ways at six addresses, twice over.
pub const ANNOUNCED_TRIES: usize = 24;
/// Of those at a time at one address, beside what else is asked there: one for each way to keep a promise.
pub const ANNOUNCED_AT_ONCE: usize = 3;
/// How long QUIC is waited for: its first datagram is sent again after one and after three seconds (RFC 9002 §6.2).
pub const QUIC_WAIT: Duration = Duration::from_secs(4);
/// HTTP requests for a host at one of its addresses: four paths, each over http and https. What was asked for is followed on to the
/// bound on redirects, and what is looked at beside it then makes no more than its first requests, which are under way already.
pub const REQUESTS_PER_ADDRESS: usize = 8;
/// Of those, for redirects of what was asked for: more of them than that are a finding.
pub const REQUESTS_KEPT: usize = 3;
/// The same for its twin: two paths.
pub const REQUESTS_FOR_TWIN: usize = 4;
/// Of those, for redirects from its front page.
pub const REQUESTS_KEPT_FOR_TWIN: usize = 1;
/// HTTP connections to one address at a time: what a name and its twin are asked before any answer is there.
pub const REQUESTS_AT_ONCE_PER_ADDRESS: usize = 8;
/// HTTP requests to one address that wait for nothing: browsers open as many connections at once.
pub const REQUESTS_UNSPACED: usize = 6;
/// Between the beginnings of two that follow: a hundred a second, and less than a round trip for all of a run.
pub const REQUEST_PAUSE: Duration = Duration::from_millis(10);
/// HTTP connections of one target at a time.
pub const REQUESTS_AT_ONCE: usize = 48;
