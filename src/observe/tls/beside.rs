//! What is fetched beside the handshakes: issuers that a server did not send, and what authorities say of its certificate.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use super::fetch::Fetcher;
use super::{aia, revocation};
use crate::facts::address::special_purpose;
use crate::facts::revocation::StatusAnswer;
use crate::facts::tls::{Endpoint, FetchedIssuer};
use crate::net::deadline::Deadline;
use crate::net::dial::Dialer;
use crate::observe::dns::resolvers::Lookup;

/// What to fetch.
#[derive(Clone, Debug, Default)]
pub struct BesidePlan {
    /// Issuers that were not sent.
    pub issuers: bool,
    /// The status of the leaf.
    pub status: bool,
    /// The distinguished names of issuers that everybody has, DER: they need not be fetched.
    pub known: Arc<HashSet<Vec<u8>>>,
    /// How long one request may take.
    pub patience: Duration,
}

/// Looks once for each chain that was shown, and writes it down at every endpoint that showed it, and at every probe that was
/// shown another one.
pub async fn look(
    endpoints: impl IntoIterator<Item = &mut Endpoint>,
    plan: &BesidePlan,
    lookup: &Lookup,
    (dialer, deadline): (&Dialer, Deadline),
) {
    let mut looked: Vec<Endpoint> = Vec::new();
    for endpoint in endpoints {
        let fetcher = Fetcher {
            lookup,
            dialer,
            deadline,
            patience: plan.patience,
            // A certificate on a public address must not make this machine ask around in its own network.
            public_only: special_purpose(endpoint.address).is_none(),
        };
        let own = found(endpoint, plan, (&fetcher, &mut looked)).await;
        (endpoint.issuers_fetched, endpoint.status_answers) = own;
        let mut probes = std::mem::take(&mut endpoint.probes);
        let others = probes.iter_mut().flatten();
        for probe in others.filter(|probe| probe.shows_other_certificate()) {
            let other = endpoint.shown_in(probe);
            let own = found(&other, plan, (&fetcher, &mut looked)).await;
            (probe.issuers_fetched, probe.status_answers) = own;
        }
        endpoint.probes = probes;
    }
}

/// What there is beside a chain, from an earlier look where there was one.
async fn found(
    shown: &Endpoint,
    plan: &BesidePlan,
    (fetcher, looked): (&Fetcher<'_>, &mut Vec<Endpoint>),
) -> (Vec<FetchedIssuer>, Vec<StatusAnswer>) {
    if shown.chain.is_empty() {
        return (Vec::new(), Vec::new());
    }
    if let Some(same) = looked.iter().find(|other| is_same_chain(other, shown)) {
        return (same.issuers_fetched.clone(), same.status_answers.clone());
    }
    let mut shown = Endpoint {
        probes: None,
        ..shown.clone()
    };
    if plan.issuers {
        shown.issuers_fetched = aia::complete(&shown, &plan.known, fetcher).await;
    }
    if plan.status {
        shown.status_answers = revocation::ask(&shown, fetcher).await;
    }
    let found = (shown.issuers_fetched.clone(), shown.status_answers.clone());
    looked.push(shown);
    found
}

fn is_same_chain(one: &Endpoint, other: &Endpoint) -> bool {
    let prints = |endpoint: &Endpoint| -> Vec<String> {
        let chain = endpoint.chain.iter();
        chain.map(|own| own.sha256.clone()).collect()
    };
    prints(one) == prints(other)
}
