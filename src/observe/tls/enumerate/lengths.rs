//! How many suites a server bears in one hello. Some fail on long ones, which looks as a refusal of the suites does: that is
//! believed only where as long a hello was accepted.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::sync::Mutex;

use super::super::hello::TLS12;
use super::super::hello::read::Until;
use super::super::hello::write::ClientHello;
use super::super::probe::question::{Hello, SUITES_PER_HELLO};
use super::{Lister, chunks};
use crate::facts::probe::ProbeOutcome;
use crate::facts::suite::CipherSuite;

/// How long the hellos of a list are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    /// Every server bears them.
    Short,
    /// What is rare goes into long ones.
    Usual,
    /// What is usual as well.
    Long,
}

/// More suites than one of these are what servers fail on.
const STEPS: [usize; 2] = [SUITES_PER_HELLO, 2 * SUITES_PER_HELLO];

/// What is known of a server.
#[derive(Debug, Default)]
pub(super) struct Lengths {
    /// The most suites of a hello that was accepted.
    borne: AtomicUsize,
    /// Whether a hello was refused for its length.
    fails: AtomicBool,
    /// Whether a hello went out that tells by the way.
    is_tried: AtomicBool,
    /// Held while it is asked for by itself.
    asking: Mutex<()>,
}

impl Lengths {
    /// Takes in how many suites a hello had that was accepted.
    pub(super) fn note(&self, count: usize) {
        self.borne.fetch_max(count, Ordering::Relaxed);
    }

    /// Whether a hello was refused for its length.
    pub(super) fn fails(&self) -> bool {
        self.fails.load(Ordering::Relaxed)
    }

    fn bears(&self, count: usize) -> bool {
        step(count) <= step(self.borne.load(Ordering::Relaxed))
    }
}

fn step(count: usize) -> usize {
    STEPS.iter().filter(|most| count > **most).count()
}

impl Lister<'_> {
    /// The outcome of a hello, uncertain where its length may be what was refused.
    pub(super) async fn believed(&self, hello: &Hello, outcome: ProbeOutcome) -> ProbeOutcome {
        let Hello::Tls(hello, _) = hello else {
            return outcome;
        };
        match outcome {
            ProbeOutcome::Accepted => outcome,
            _ if self.bears(hello.suites.len()).await => outcome,
            _ => ProbeOutcome::Uncertain,
        }
    }

    /// Whether so many suites in a hello are no reason to refuse it; asks when nothing has told yet.
    async fn bears(&self, count: usize) -> bool {
        let lengths = &self.lengths;
        if lengths.bears(count) {
            return true;
        }
        let _one = lengths.asking.lock().await;
        if lengths.bears(count) || lengths.fails() {
            return lengths.bears(count);
        }
        // Where nothing is accepted there is nothing to ask with.
        let Some((version, suite)) = self.choices.any() else {
            return true;
        };
        let hello = lengthened(self.addressee.hello(&[version], [suite]));
        let (_, outcome) = self.answered(&Hello::Tls(hello, Until::Hello)).await;
        let fails = outcome != ProbeOutcome::Accepted;
        lengths.fails.store(fails, Ordering::Relaxed);
        !fails
    }

    /// The first hello of TLS 1.2 whose answer is expected, with what is rare at its end: it tells by the way.
    pub(super) fn long(&self, hello: &ClientHello) -> Option<ClientHello> {
        let tells = hello.versions == [TLS12] && !self.lengths.bears(usize::MAX);
        let is_first = tells && !self.lengths.is_tried.swap(true, Ordering::Relaxed);
        is_first.then(|| lengthened(hello.clone()))
    }
}

/// The hello with all that is rare in TLS 1.2 at the end: no list asks for more at once.
fn lengthened(mut hello: ClientHello) -> ClientHello {
    let rare = chunks::suites(TLS12).into_iter().map(|chunk| chunk.all);
    let rare = rare.filter(|all| all.len() > SUITES_PER_HELLO).flatten();
    let added: Vec<CipherSuite> = rare.filter(|own| !hello.suites.contains(own)).collect();
    hello.suites.extend(added);
    hello
}

#[cfg(test)]
mod tests {
    use super::super::super::probe::question::Addressee;
    use super::*;

    #[test]
    fn as_much_as_was_accepted_is_borne_and_no_more_beyond_the_next_step() {
        let lengths = Lengths::default();
        assert!(lengths.bears(63) && !lengths.bears(64));
        lengths.note(102);
        lengths.note(30);
        assert!(lengths.bears(126) && !lengths.bears(127));
        lengths.note(196);
        assert!(lengths.bears(usize::MAX));
        assert!(!lengths.fails());
    }

    #[test]
    fn no_list_asks_for_more_than_the_hello_that_tells() {
        let addressee = Addressee { server_name: None };
        let suite = CipherSuite::named("TLS_RSA_WITH_AES_128_GCM_SHA256").unwrap();
        let long = lengthened(addressee.hello(&[TLS12], [suite]));
        assert!(long.suites.len() > STEPS[1], "{}", long.suites.len());
        assert_eq!(long.suites[0], suite);
        let mut once = long.suites.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), long.suites.len());
    }
}
