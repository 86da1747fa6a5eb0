//! The first door judged: one question a file.

mod address;
mod alias;
mod delegation;
mod dnssec;
mod existence;
mod expected;
mod host;
mod hosts;
mod limit;
mod manners;
mod registration;
mod resolvers;
mod servers;
#[cfg(test)]
mod testing;
mod vantage;
mod wildcard;

use jiff::Timestamp;

use super::policy::Policy;
use crate::facts::dns::Dns;
use crate::finding::{Evidence, Finding, Rule};

pub(super) use dnssec::RULES as DNSSEC_RULES;

/// The rules about DNS.
pub(super) const RULES: &[Rule] = &[
    existence::NotDelegated::RULE,
    existence::NameNotFound::RULE,
    existence::NoAddress::RULE,
    servers::AllServersDead::RULE,
    servers::AllServersLame::RULE,
    servers::ServerUnreachable::RULE,
    servers::LameDelegation::RULE,
    delegation::GlueMismatch::RULE,
    servers::GlueMissing::RULE,
    servers::NsUnresolvable::RULE,
    delegation::NsIsAlias::RULE,
    alias::AliasAtApex::RULE,
    alias::AliasLoop::RULE,
    alias::AliasChainLong::RULE,
    alias::AliasDangling::RULE,
    delegation::DelegationLoop::RULE,
    address::PrivateAddress::RULE,
    address::AllAddressesPrivate::RULE,
    address::NoIpv6::RULE,
    address::NoIpv4::RULE,
    wildcard::Wildcard::RULE,
    manners::MinimisedDenied::RULE,
    manners::EdnsBroken::RULE,
    resolvers::ResolverStale::RULE,
    resolvers::ResolverDisagrees::RULE,
    hosts::HostsFile::RULE,
    expected::ExpectedMismatch::RULE,
    vantage::ClockWrong::RULE,
    vantage::Intercepted::RULE,
    limit::LimitReached::RULE,
    registration::RegistrationExpiresSoon::RULE,
    registration::RegistrationOnHold::RULE,
];

pub(super) fn judge(dns: &Dns, at: Timestamp, policy: &Policy, findings: &mut Vec<Finding>) {
    // With a wrong clock every signature would seem broken.
    if !vantage::judge(dns, at, findings) {
        dnssec::judge(dns, at, findings);
    }
    existence::judge(dns, findings);
    servers::judge(dns, findings);
    delegation::judge(dns, findings);
    alias::judge(dns, findings);
    wildcard::judge(dns, findings);
    manners::judge(dns, findings);
    limit::judge(dns, findings);
    resolvers::judge(dns, findings);
    hosts::judge(dns, findings);
    registration::judge(dns, at, findings);
    expected::judge(dns, findings);
    address::judge(dns, policy, findings);
}
