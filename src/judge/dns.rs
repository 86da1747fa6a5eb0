//! The first door judged: one question a file.

mod address;
mod alias;
mod dnssec;
mod existence;
mod hosts;
mod limit;
mod servers;
#[cfg(test)]
mod testing;

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
    servers::GlueMissing::RULE,
    servers::NsUnresolvable::RULE,
    alias::AliasLoop::RULE,
    alias::AliasDangling::RULE,
    limit::LimitReached::RULE,
    hosts::HostsFile::RULE,
    address::PrivateAddress::RULE,
    address::AllAddressesPrivate::RULE,
    address::NoIpv6::RULE,
    address::NoIpv4::RULE,
];

pub(super) fn judge(dns: &Dns, at: Timestamp, policy: &Policy, findings: &mut Vec<Finding>) {
    dnssec::judge(dns, at, findings);
    existence::judge(dns, findings);
    servers::judge(dns, findings);
    alias::judge(dns, findings);
    limit::judge(dns, findings);
    hosts::judge(dns, findings);
    address::judge(dns, policy, findings);
}
