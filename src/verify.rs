//! Derives what follows from the facts by cryptography and grammar. Pure: facts, anchors and a time in, verdicts out.

mod ct;
pub mod dane;
mod der;
pub mod dnssec;
pub mod hsts;
pub mod measured;
pub mod path;
mod propagation;
pub mod resolvers;
pub mod survey;

use crate::facts::Facts;
use crate::facts::dns_host::DnsHost;
use dnssec::anchors::TrustAnchors;
use path::Anchors;

/// Fills in all that is derived: certificates lead to `anchors`, zones to `trust_anchors`.
pub fn verify(facts: &mut Facts, anchors: &Anchors, trust_anchors: &TrustAnchors) {
    let at = facts.judged_at;
    if let Some(dns) = &mut facts.dns {
        dnssec::verify(dns, trust_anchors, at);
        resolvers::verify(dns);
        survey::verify(dns);
        for zone in &mut dns.zones {
            zone.host = DnsHost::of(&zone.parent_ns).map(|host| host.name.to_owned());
        }
        propagation::verify(dns);
    }
    if let Some(tls) = &mut facts.tls {
        for endpoint in tls.twin.iter_mut().flat_map(|twin| &mut twin.endpoints) {
            path::verify(endpoint, anchors, at);
        }
        for endpoint in &mut tls.endpoints {
            path::verify(endpoint, anchors, at);
            path::verify_others(endpoint, anchors, at);
            if let Some(dns) = &facts.dns {
                dane::verify(dns, endpoint, anchors);
            }
        }
    }
    if let Some(http) = &mut facts.http {
        let hops = http.routes.iter_mut().flat_map(|route| &mut route.hops);
        for endpoint in hops.filter_map(|hop| hop.tls.as_mut()) {
            path::verify(endpoint, anchors, at);
        }
        hsts::verify(http);
    }
    measured::verify(facts);
}
