//! The first door judged: one question a file.

mod address;
mod agreement;
mod alias;
mod delegation;
mod dnssec;
mod existence;
mod expected;
mod host;
mod hosts;
mod limit;
mod manners;
mod named;
mod parent;
mod recursion;
mod redundancy;
mod registration;
mod resolvers;
mod servers;
mod service;
#[cfg(test)]
mod testing;
mod transport;
mod ttl;
mod types;
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
    transport::TcpRefused::RULE,
    transport::TcpNeeded::RULE,
    transport::UdpRefused::RULE,
    transport::UdpNeeded::RULE,
    parent::NsMismatch::RULE,
    parent::NsDisjoint::RULE,
    delegation::GlueMismatch::RULE,
    servers::GlueMissing::RULE,
    servers::NsUnresolvable::RULE,
    delegation::NsIsAlias::RULE,
    agreement::AnswersDiffer::RULE,
    agreement::AnswersVary::RULE,
    agreement::SerialMismatch::RULE,
    parent::ParentSplit::RULE,
    alias::AliasAtApex::RULE,
    alias::AliasLoop::RULE,
    alias::AliasChainLong::RULE,
    alias::AliasDangling::RULE,
    delegation::DelegationLoop::RULE,
    address::PrivateAddress::RULE,
    address::AllAddressesPrivate::RULE,
    address::NoIpv6::RULE,
    address::NoIpv4::RULE,
    redundancy::SingleServer::RULE,
    redundancy::SingleNetwork::RULE,
    ttl::TtlLow::RULE,
    ttl::TtlHigh::RULE,
    ttl::TtlUnequal::RULE,
    ttl::NegativeTtl::RULE,
    wildcard::Wildcard::RULE,
    manners::MinimisedDenied::RULE,
    types::TypeBroken::RULE,
    manners::EdnsBroken::RULE,
    recursion::OpenRecursion::RULE,
    types::CaaLookupFails::RULE,
    service::HttpsRecordInvalid::RULE,
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

/// Judges what the site announces, with where that leads, which was asked beside the user's own questions.
pub(super) fn judge_services(dns: &Dns, findings: &mut Vec<Finding>) {
    service::judge(dns, findings);
}

pub(super) fn judge(dns: &Dns, at: Timestamp, policy: &Policy, findings: &mut Vec<Finding>) {
    // With a wrong clock every signature would seem broken.
    if !vantage::judge(dns, at, findings) {
        dnssec::judge(dns, at, findings);
    }
    existence::judge(dns, findings);
    servers::judge(dns, findings);
    transport::judge(dns, findings);
    parent::judge(dns, findings);
    delegation::judge(dns, findings);
    agreement::judge(dns, findings);
    redundancy::judge(dns, findings);
    ttl::judge(dns, findings);
    types::judge(dns, findings);
    recursion::judge(dns, findings);
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
