//! The second door judged: one question a file.

mod addresses;
mod answers;
mod authority;
mod chain;
mod client;
mod expectation;
mod extensions;
mod lifetime;
mod name;
mod others;
mod profile;
mod reach;
mod revocation;
mod secrecy;
mod sending;
mod starttls;
mod strength;
mod suites;
#[cfg(test)]
mod testing;
mod tolerance;
mod transparency;
mod usage;
mod validity;
mod versions;

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::policy::Policy;
use crate::facts::certificate::Certificate;
use crate::facts::tls::{Endpoint, Tls, Twin};
use crate::finding::{Evidence, Finding, Rule};

/// The rules about TLS and certificates.
pub(super) const RULES: &[Rule] = &[
    reach::Unreachable::RULE,
    reach::AddressFails::RULE,
    reach::Plaintext::RULE,
    reach::HandshakeRefused::RULE,
    versions::LegacyOnly::RULE,
    validity::Expired::RULE,
    validity::NotYetValid::RULE,
    validity::ExpiresSoon::RULE,
    validity::ExpiresNow::RULE,
    name::NameMismatch::RULE,
    chain::SelfSigned::RULE,
    chain::UntrustedRoot::RULE,
    chain::MissingIntermediate::RULE,
    chain::PathInvalid::RULE,
    authority::IntermediateExpired::RULE,
    authority::SparePathExpired::RULE,
    chain::LeafNotFirst::RULE,
    sending::ChainOrder::RULE,
    sending::ChainUnrelated::RULE,
    chain::ChainHasRoot::RULE,
    sending::ChainLarge::RULE,
    addresses::CertificatesDiffer::RULE,
    addresses::AddressBehind::RULE,
    strength::KeyWeak::RULE,
    strength::SignatureWeak::RULE,
    lifetime::LifetimeLong::RULE,
    usage::UsageWrong::RULE,
    usage::CaAsLeaf::RULE,
    profile::ProfileViolation::RULE,
    profile::BrDeparture::RULE,
    transparency::CtMissing::RULE,
    transparency::CtFew::RULE,
    revocation::Revoked::RULE,
    revocation::MustStapleMissing::RULE,
    revocation::StapleInvalid::RULE,
    revocation::CrlUnusable::RULE,
    revocation::StatusUnusable::RULE,
    versions::Sslv2::RULE,
    versions::Sslv3::RULE,
    versions::Tls10::RULE,
    versions::Tls11::RULE,
    versions::NoTls13::RULE,
    suites::NullCipher::RULE,
    suites::Anonymous::RULE,
    suites::ExportCipher::RULE,
    suites::Rc4::RULE,
    suites::TripleDes::RULE,
    secrecy::NoForwardSecrecy::RULE,
    secrecy::ForwardSecrecyAbsent::RULE,
    secrecy::NoAead::RULE,
    secrecy::DhWeak::RULE,
    secrecy::DhBroken::RULE,
    extensions::NoPqGroup::RULE,
    tolerance::LargeHelloIntolerant::RULE,
    tolerance::GreaseIntolerant::RULE,
    tolerance::SniRequired::RULE,
    name::TwinNameUncovered::RULE,
    extensions::RenegotiationInsecure::RULE,
    extensions::Compression::RULE,
    extensions::NoExtendedMasterSecret::RULE,
    client::ClientCertificate::RULE,
    client::ClientCertificateRequired::RULE,
    extensions::NoHttp2::RULE,
    starttls::StarttlsMissing::RULE,
    starttls::StarttlsInjection::RULE,
    expectation::BelowPolicy::RULE,
    tolerance::Uncertain::RULE,
];

/// Judges the endpoints of the target, host by host.
pub(super) fn judge(tls: &Tls, at: Timestamp, findings: &mut Vec<Finding>) {
    reach::judge_lookup(tls, findings);
    for (host, endpoints) in by_host(&tls.endpoints) {
        reach::judge(host, &endpoints, findings);
        judge_certificates(host, &endpoints, at, findings);
        if let Some(twin) = tls.twin.as_ref().filter(|_| host == tls.host) {
            for shown in by_leaf(&endpoints) {
                name::judge_twin(host, twin, &shown, findings);
            }
        }
        others::judge(host, &endpoints, at, findings);
        addresses::judge(host, &endpoints, findings);
        judge_protocol(host, &endpoints, findings);
    }
}

/// Judges what the endpoints of the target speak.
fn judge_protocol(host: &str, endpoints: &[&Endpoint], findings: &mut Vec<Finding>) {
    versions::judge(host, endpoints, findings);
    suites::judge(host, endpoints, findings);
    secrecy::judge(host, endpoints, findings);
    extensions::judge(host, endpoints, findings);
    tolerance::judge(host, endpoints, findings);
    client::judge(host, endpoints, findings);
    starttls::judge(host, endpoints, findings);
}

/// Judges the endpoints of the target by what the user expects of them.
pub(super) fn judge_expectations(tls: &Tls, policy: &Policy, findings: &mut Vec<Finding>) {
    if let Some(wanted) = &policy.min_version {
        for (host, endpoints) in by_host(&tls.endpoints) {
            expectation::judge(host, &endpoints, wanted, findings);
        }
    }
}

/// Judges what was shown at endpoints that were met on the way from a host, such as a redirect's target. Whether they can be
/// reached is the business of who went there.
pub(super) fn judge_met(
    from: &str,
    endpoints: &[&Endpoint],
    at: Timestamp,
    findings: &mut Vec<Finding>,
) {
    for (host, endpoints) in by_host(endpoints.iter().copied()) {
        let known = findings.len();
        judge_certificates(host, &endpoints, at, findings);
        // Addresses do not tell them from those of the host that was asked for.
        let own = findings.iter_mut().skip(known).filter(|_| host != from);
        for finding in own {
            if !finding.message.contains(host) {
                finding.message = format!("{} (for `{host}`)", finding.message);
            }
            if let Some(evidence) = finding.evidence.as_object_mut() {
                evidence.insert("host".to_owned(), host.into());
            }
        }
    }
}

/// Judges what a host shows to who asks by the name of its twin, where walks alone have met both.
pub(super) fn judge_met_twin(
    host: &str,
    twin: &Twin,
    endpoints: &[&Endpoint],
    findings: &mut Vec<Finding>,
) {
    for shown in by_leaf(endpoints) {
        name::judge_twin(host, twin, &shown, findings);
    }
}

fn judge_certificates(
    host: &str,
    endpoints: &[&Endpoint],
    at: Timestamp,
    findings: &mut Vec<Finding>,
) {
    for shown in by_leaf(endpoints) {
        validity::judge(host, &shown, at, findings);
        name::judge(host, &shown, findings);
        chain::judge(host, &shown, findings);
        authority::judge(host, &shown, at, findings);
        sending::judge(host, &shown, findings);
        strength::judge(host, &shown, findings);
        lifetime::judge(host, &shown, findings);
        usage::judge(host, &shown, findings);
        profile::judge(host, &shown, findings);
        transparency::judge(host, &shown, findings);
        revocation::judge(host, &shown, findings);
    }
}

fn by_host<'a>(
    endpoints: impl IntoIterator<Item = &'a Endpoint>,
) -> BTreeMap<&'a str, Vec<&'a Endpoint>> {
    let mut hosts: BTreeMap<&str, Vec<&Endpoint>> = BTreeMap::new();
    for endpoint in endpoints {
        hosts
            .entry(&endpoint.server_name)
            .or_default()
            .push(endpoint);
    }
    hosts
}

/// The endpoints that showed the same chain are one cause. In the order of the addresses.
fn by_leaf<'a>(endpoints: &[&'a Endpoint]) -> Vec<Vec<&'a Endpoint>> {
    let fingerprints = |endpoint: &Endpoint| -> Vec<String> {
        let chain = endpoint.chain.iter();
        chain
            .map(|certificate| certificate.sha256.clone())
            .collect()
    };
    let mut groups: Vec<Vec<&Endpoint>> = Vec::new();
    for endpoint in endpoints
        .iter()
        .filter(|endpoint| !endpoint.chain.is_empty())
    {
        let same = |group: &&mut Vec<&Endpoint>| {
            group
                .first()
                .is_some_and(|first| fingerprints(first) == fingerprints(endpoint))
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push(endpoint),
            None => groups.push(vec![endpoint]),
        }
    }
    groups
}

/// The certificates as sent that the path uses; the leaf alone when no path was looked for.
fn on_path(endpoint: &Endpoint) -> Vec<&Certificate> {
    let places = endpoint.trust.as_ref().map(|trust| &trust.path_sent);
    match places.filter(|places| !places.is_empty()) {
        Some(places) => {
            let sent = places.iter().copied().flatten();
            sent.filter_map(|place| endpoint.chain.get(place)).collect()
        }
        None => endpoint.leaf().into_iter().collect(),
    }
}

fn labels(endpoints: &[&Endpoint]) -> Vec<String> {
    endpoints.iter().map(|endpoint| endpoint.label()).collect()
}

/// How a message names the place: the only address, or all of them together.
fn place(endpoints: &[&Endpoint]) -> String {
    match endpoints {
        [only] => only.label(),
        many => format!("{} addresses", many.len()),
    }
}

/// The same as the subject of a sentence in the singular.
fn subject(endpoints: &[&Endpoint]) -> String {
    match endpoints {
        [only] => only.label(),
        many => format!("each of {} addresses", many.len()),
    }
}
