//! What is fetched beside the handshakes: issuers that a server did not send, and what authorities say of its certificate.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use super::fetch::Fetcher;
use super::{aia, revocation};
use crate::facts::address::special_purpose;
use crate::facts::tls::Endpoint;
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

/// Looks once for each chain that was shown, and writes it down at every endpoint that showed it.
pub async fn look(
    endpoints: impl IntoIterator<Item = &mut Endpoint>,
    plan: &BesidePlan,
    lookup: &Lookup,
    (dialer, deadline): (&Dialer, Deadline),
) {
    let mut looked: Vec<Endpoint> = Vec::new();
    for endpoint in endpoints {
        if endpoint.chain.is_empty() {
            continue;
        }
        if let Some(same) = looked.iter().find(|other| is_same_chain(other, endpoint)) {
            endpoint.issuers_fetched.clone_from(&same.issuers_fetched);
            endpoint.status_answers.clone_from(&same.status_answers);
            continue;
        }
        let fetcher = Fetcher {
            lookup,
            dialer,
            deadline,
            patience: plan.patience,
            // A certificate on a public address must not make this machine ask around in its own network.
            public_only: special_purpose(endpoint.address).is_none(),
        };
        if plan.issuers {
            endpoint.issuers_fetched = aia::complete(endpoint, &plan.known, &fetcher).await;
        }
        if plan.status {
            endpoint.status_answers = revocation::ask(endpoint, &fetcher).await;
        }
        looked.push(endpoint.clone());
    }
}

fn is_same_chain(one: &Endpoint, other: &Endpoint) -> bool {
    let prints = |endpoint: &Endpoint| -> Vec<String> {
        let chain = endpoint.chain.iter();
        chain.map(|own| own.sha256.clone()).collect()
    };
    prints(one) == prints(other)
}
