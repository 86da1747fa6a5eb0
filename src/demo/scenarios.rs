//! What can be wrong with a site, each fault in a world of its own, with the exact findings that it must lead to.

mod across;
mod announced;
mod delegation;
mod dns;
mod dnssec;
mod http;
mod survey;
mod tls;

use std::sync::Arc;

use super::Plan;
use super::blueprint::{Blueprint, BuildError, HOST};
use super::pki::Pki;

/// A world with one fault.
#[derive(Debug)]
pub struct Scenario {
    /// What it is called on the command line.
    pub name: &'static str,
    /// What is so, in a line.
    pub title: &'static str,
    /// What is broken, who meets it, and what one learns from it.
    pub text: &'static str,
    /// What is checked.
    pub target: &'static str,
    /// The ids of all findings that a check must come to, the worst first.
    pub findings: &'static [&'static str],
    change: fn(&mut Blueprint) -> Result<(), BuildError>,
}

/// A scenario made ready.
#[derive(Debug)]
pub struct Staged {
    /// What is started.
    pub plan: Plan,
    /// What the hosts file of the visitor's machine says.
    pub hosts: String,
}

impl Scenario {
    /// The world of this scenario.
    ///
    /// # Errors
    /// When certificates cannot be made.
    pub fn stage(&self, pki: &Arc<Pki>) -> Result<Staged, BuildError> {
        let mut world = Blueprint::healthy(pki)?;
        (self.change)(&mut world)?;
        let hosts = std::mem::take(&mut world.hosts);
        Ok(Staged {
            plan: world.into_plan(),
            hosts,
        })
    }
}

/// Nothing is wrong.
const HEALTHY: Scenario = Scenario {
    name: "healthy",
    title: "every door is open",
    text: "A zone with two name servers in different networks, a certificate with 64 days left at each of three addresses, \
           a permanent redirect to https, and an HSTS policy of a year. Nothing is to be found.",
    target: HOST,
    findings: &[],
    change: |_| Ok(()),
};

/// Every scenario: the healthy one first, then door by door.
pub fn all() -> impl Iterator<Item = &'static Scenario> {
    std::iter::once(&HEALTHY)
        .chain(dns::SCENARIOS)
        .chain(delegation::SCENARIOS)
        .chain(survey::SCENARIOS)
        .chain(dnssec::SCENARIOS)
        .chain(tls::SCENARIOS)
        .chain(http::SCENARIOS)
        .chain(announced::SCENARIOS)
        .chain(across::SCENARIOS)
}

/// The scenario of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Scenario> {
    all().find(|scenario| scenario.name == name)
}
