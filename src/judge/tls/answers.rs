//! What the hellos of the probes, the listing and the handshake say together: questions that several rules ask.

use crate::facts::probe::{Probe, ProbeOutcome};
use crate::facts::suite::CipherSuite;
use crate::facts::tls::Endpoint;

/// A version and a suite that were chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) version: String,
    pub(super) suite: CipherSuite,
}

/// Every choice that the server was seen to make, the handshake's own first.
pub(super) fn choices(endpoint: &Endpoint) -> impl Iterator<Item = Choice> {
    let own = choice(endpoint.version.as_ref(), endpoint.cipher_suite.as_ref());
    let probed = accepted(endpoint)
        .filter_map(|probe| choice(probe.version.as_ref(), probe.cipher_suite.as_ref()));
    let listed = endpoint
        .offered
        .iter()
        .flat_map(|offered| &offered.versions)
        .flat_map(|listed| {
            let suites = listed.cipher_suites.iter();
            suites.filter_map(|suite| choice(Some(&listed.version), Some(suite)))
        });
    own.into_iter().chain(probed).chain(listed)
}

fn choice(version: Option<&String>, suite: Option<&String>) -> Option<Choice> {
    Some(Choice {
        version: version?.clone(),
        suite: CipherSuite::named(suite?)?,
    })
}

/// The hellos that were answered with what they offered.
pub(super) fn accepted(endpoint: &Endpoint) -> impl Iterator<Item = &Probe> {
    let all = endpoint.probes.iter().flatten();
    all.filter(|probe| probe.is_accepted())
}

/// The first choice of a version below TLS 1.3 that passes a test.
pub(super) fn chosen(endpoint: &Endpoint, test: fn(CipherSuite) -> bool) -> Option<Choice> {
    choices(endpoint).find(|choice| test(choice.suite))
}

/// Whether the server was seen to speak a version.
pub(super) fn speaks(endpoint: &Endpoint, version: &str) -> bool {
    let answered = accepted(endpoint).any(|probe| probe.version.as_deref() == Some(version));
    answered || choices(endpoint).any(|choice| choice.version == version)
}

/// Whether a hello was answered, and did not accept; `None` when it was not made, or met something uncertain.
pub(super) fn accepts(endpoint: &Endpoint, probe: &str) -> Option<bool> {
    match endpoint.probe(probe)?.outcome {
        ProbeOutcome::Accepted => Some(true),
        ProbeOutcome::Refused | ProbeOutcome::NotOffered => Some(false),
        ProbeOutcome::Uncertain => None,
    }
}

/// The endpoints that a look finds something at, and what it found at the first.
pub(super) fn gather<'a, T>(
    endpoints: &[&'a Endpoint],
    look: impl Fn(&Endpoint) -> Option<T>,
) -> Option<(Vec<&'a Endpoint>, T)> {
    let mut found = None;
    let mut concerned = Vec::new();
    for endpoint in endpoints {
        if let Some(seen) = look(endpoint) {
            concerned.push(*endpoint);
            found = found.or(Some(seen));
        }
    }
    found.map(|found| (concerned, found))
}
