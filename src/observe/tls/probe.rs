//! What an endpoint answers to further hellos: which versions and classes of suites it accepts, and what it cannot bear.
//!
//! One hello for each question, all at once. What ends in a reset or in silence is asked again alone, and a reset is believed
//! only when the server still answers another hello.

mod ahead;
pub(super) mod prober;
pub(super) mod question;
pub(super) mod verdict;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::join_all;

use super::certificate;
use super::hello::{TLS12, version_name};
use crate::facts::attempt::Failure;
use crate::facts::certificate::Certificate;
use crate::facts::probe::{Probe, ProbeOutcome};
use crate::facts::suite::{CipherSuite, Sslv2Cipher};
use crate::facts::tls::{Endpoint, Hello as Offer};
use crate::net::limits;
use prober::{Met, Prober};
use question::{Addressee, Hello, Question};

/// A question and what it met.
pub(super) type Asked = (Question, Met);

/// Asks every question, then what follows from the answers, within the address's share of connections.
pub(super) async fn ask(prober: &Prober<'_>, addressee: Addressee<'_>) -> Vec<Asked> {
    let mut questions = addressee.questions();
    if !prober.lists() {
        let place = questions.len().saturating_sub(1);
        questions.splice(place..place, addressee.nameless_question());
    }
    // A list takes what it needs.
    let mut left = match prober.lists() {
        true => usize::MAX,
        false => limits::PROBES.saturating_sub(prober.connections() + questions.len()),
    };
    let asking = questions.into_iter().map(|question| async {
        let met = prober.ask_once(&question.hello).await;
        (question, met)
    });
    let mut asked: Vec<Asked> = Vec::new();
    for (question, met) in join_all(asking).await {
        let met = prober.doubted(&question.hello, met).await;
        asked.push((question, met));
    }
    // What was cut off beside others and answered alone tells of a limit: then one cut alone is not enough.
    if asked
        .iter()
        .any(|(_, met)| met.tries > 1 && met.is_answer())
    {
        for (question, met) in asked.iter_mut().filter(|(_, met)| met.is_doubtful()) {
            *met = prober.ask_at_last(&question.hello, met).await;
        }
    }
    for question in follow_ups(addressee, &asked) {
        if left > 0 {
            left -= 1;
            let met = prober.ask(&question.hello).await;
            asked.push((question, met));
        }
    }
    if !is_still_answering(prober, &asked).await {
        asked.iter_mut().for_each(|(_, met)| disbelieve(met));
    }
    asked
}

/// Asks without a name: what a list leaves for later, as it learns nothing from it.
pub(super) async fn ask_nameless(prober: &Prober<'_>, addressee: Addressee<'_>) -> Option<Asked> {
    let question = addressee.nameless_question().filter(|_| prober.lists())?;
    let met = prober.ask(&question.hello).await;
    Some((question, met))
}

/// Puts it where it stands in every report.
pub(super) fn put(nameless: Option<Asked>, asked: &mut Vec<Asked>) {
    let place = asked
        .iter()
        .position(|(question, _)| question.name == "grease");
    let place = place.unwrap_or(asked.len());
    asked.splice(place..place, nameless);
}

fn follow_ups(addressee: Addressee<'_>, asked: &[Asked]) -> Vec<Question> {
    let outcome = |name: &str| {
        let (question, met) = asked.iter().find(|(question, _)| question.name == name)?;
        Some(verdict::outcome(&question.hello, met))
    };
    let hello = |name: &str| {
        let (question, _) = asked.iter().find(|(question, _)| question.name == name)?;
        match &question.hello {
            Hello::Tls(hello, _) => Some(hello),
            Hello::Sslv2 => None,
        }
    };
    let picked = asked
        .iter()
        .filter(|(question, _)| question.name.starts_with("tls12-"));
    let mut picked = picked
        .filter_map(|(_, met)| met.flight.hello.as_ref())
        .filter(|hello| hello.version == TLS12)
        .peekable();
    let mut questions = Vec::new();
    if picked.peek().is_some() && picked.all(|hello| !hello.suite.is_aead()) {
        questions.push(addressee.aead_question());
    }
    if outcome("grease") == Some(ProbeOutcome::Refused) {
        let small = ["post-quantum", "tls12-rsa", "tls12-ecdsa"];
        let accepted = |name: &&str| outcome(name) == Some(ProbeOutcome::Accepted);
        let small = small.into_iter().find(accepted).and_then(hello);
        questions.push(addressee.large_question(small));
    }
    questions
}

/// Whether what was cut off, alone too, was cut off for what it said: the server must still answer another hello.
async fn is_still_answering(prober: &Prober<'_>, asked: &[Asked]) -> bool {
    let cut = |met: &Met| met.tries > 1 && met.is_doubtful();
    let answered = asked
        .iter()
        .any(|(_, met)| met.tries > 1 && met.is_answer());
    if answered || !asked.iter().any(|(_, met)| cut(met)) {
        return true;
    }
    let control = asked.iter().find(|(_, met)| met.is_answer());
    match control {
        Some((question, _)) => prober.ask_alone(&question.hello).await.is_answer(),
        None => false,
    }
}

/// One that was not asked again, or whose server had stopped answering, says nothing.
fn disbelieve(met: &mut Met) {
    if met.is_doubtful() {
        met.tries = 1;
    }
}

/// The facts of an answer. Certificates are those that the endpoint did not show already.
pub(super) fn fact((question, met): &Asked, shown: Option<&str>) -> Probe {
    let hello = met.flight.hello.as_ref();
    let agreement = met.flight.agreement.as_ref();
    let alert = met
        .flight
        .alert
        .filter(|_| hello.is_none() && met.failure.is_none());
    let mut chain: Vec<Certificate> = met
        .flight
        .chain
        .iter()
        .map(|der| certificate::read(der))
        .collect();
    if chain.first().map(|leaf| leaf.sha256.as_str()) == shown {
        chain.clear();
    }
    let mut probe = Probe {
        name: question.name.to_owned(),
        offered: offer(&question.hello),
        outcome: verdict::outcome(&question.hello, met),
        version: hello.map(|hello| version_name(hello.version)),
        cipher_suite: hello.map(|hello| hello.suite.name()),
        group: hello
            .and_then(|hello| hello.group)
            .or(agreement.and_then(|own| own.group))
            .map(|group| group.name()),
        alert: alert.map(super::hello::alert),
        failure: met.failure.clone().filter(|_| !met.is_answer()),
        extensions: hello.map(|hello| hello.extensions.clone()),
        timestamps: hello
            .and_then(|hello| hello.timestamps.as_ref())
            .map(|list| STANDARD.encode(list)),
        compression: hello.map(|hello| hello.compression),
        dh_bits: agreement.and_then(|own| own.dh_bits),
        signature_scheme: agreement
            .and_then(|own| own.scheme)
            .map(|scheme| scheme.name()),
        client_certificate_asked: (!met.flight.chain.is_empty())
            .then_some(met.flight.asks_certificate),
        chain,
        trust: None,
        name_matches: None,
        issuers_fetched: Vec::new(),
        status_answers: Vec::new(),
        revocation: None,
        tries: met.tries,
        elapsed_ms: Some(met.elapsed.into()),
    };
    if let Some(old) = &met.sslv2 {
        probe.version = Some(version_name(super::hello::sslv2::VERSION));
        probe.cipher_suite = old.kinds.first().map(|kind| kind.name());
        probe.chain = vec![certificate::read(&old.certificate)];
    }
    probe
}

fn offer(hello: &Hello) -> Offer {
    match hello {
        Hello::Tls(hello, _) => Offer {
            versions: hello
                .versions
                .iter()
                .map(|version| version_name(*version))
                .collect(),
            cipher_suites: hello.suites.iter().map(|suite| suite.name()).collect(),
            groups: hello.groups.iter().map(|group| group.name()).collect(),
            alpn: hello.alpn.clone(),
        },
        Hello::Sslv2 => Offer {
            versions: vec!["SSLv2".to_owned()],
            cipher_suites: Sslv2Cipher::all().map(Sslv2Cipher::name).collect(),
            groups: Vec::new(),
            alpn: Vec::new(),
        },
    }
}

/// Shows whole what the TLS library could not talk to: what the server chose in the best of the answers in clear.
pub(super) fn show(asked: &[Asked], endpoint: &mut Endpoint) {
    // A suite without certificate shows nobody, and without a name another server may answer.
    let shows_server = |met: &Met| {
        let hello = met.flight.hello.as_ref();
        hello.is_none_or(|hello| !hello.suite.is_anonymous())
    };
    let accepted = asked
        .iter()
        .filter(|(question, met)| question.name != "no-sni" && shows_server(met))
        .filter(|(question, met)| verdict::outcome(&question.hello, met) == ProbeOutcome::Accepted);
    let best = accepted.max_by_key(|(_, met)| {
        let hello = met.flight.hello.as_ref();
        let strength = |suite: CipherSuite| {
            (
                suite.has_forward_secrecy() && !suite.is_anonymous(),
                suite.is_aead(),
                suite.bits(),
            )
        };
        (
            hello.map(|hello| hello.version),
            !met.flight.chain.is_empty(),
            hello.map(|hello| strength(hello.suite)),
        )
    });
    let Some(asked) = best else { return };
    let seen = fact(asked, None);
    endpoint.version = seen.version;
    endpoint.cipher_suite = seen.cipher_suite;
    endpoint.group = seen.group;
    if endpoint.chain.is_empty() {
        endpoint.chain = seen.chain;
    }
    endpoint.client_certificate_asked = endpoint
        .client_certificate_asked
        .or(seen.client_certificate_asked);
}

/// Whether a failed handshake may be due to the connections beside it, because they were answered.
pub(super) fn is_worth_another_try(failure: &Failure, asked: &[Asked]) -> bool {
    let doubtful = matches!(
        failure,
        Failure::Reset
            | Failure::Closed
            | Failure::TimedOut { .. }
            | Failure::StarttlsRefused { .. }
    );
    doubtful && asked.iter().any(|(_, met)| met.is_answer())
}
