//! The third door judged: one question a file.

mod acme;
mod addresses;
mod answer;
mod cookie;
mod detour;
mod expiry;
mod hsts;
mod location;
mod path;
mod redirect;
mod route;
mod target;
#[cfg(test)]
pub(super) mod testing;
mod twin;
mod version;

use std::net::IpAddr;

use crate::facts::attempt::Failure;
use crate::facts::http::{Hop, HopError, HopStage, Http, host_of};
use crate::facts::tls::Tls;
use crate::finding::{Evidence, Finding, Rule};
use crate::judge::server::Wish;

/// The rules about HTTP.
pub(super) const RULES: &[Rule] = &[
    redirect::NoRedirect::RULE,
    route::RedirectLoop::RULE,
    redirect::Downgrade::RULE,
    route::TargetUnreachable::RULE,
    route::TooManyHops::RULE,
    detour::ManyHops::RULE,
    target::WrongPort::RULE,
    target::OddPort::RULE,
    redirect::LocationInvalid::RULE,
    target::HostGlued::RULE,
    target::InternalTarget::RULE,
    detour::FirstHopPlain::RULE,
    redirect::OffHostFirst::RULE,
    path::PathLost::RULE,
    path::QueryLost::RULE,
    path::OnlyRoot::RULE,
    redirect::NotPermanent::RULE,
    addresses::AddressesDiffer::RULE,
    addresses::FamilyFails::RULE,
    route::Port80Closed::RULE,
    route::Port80Silent::RULE,
    detour::HtmlRedirect::RULE,
    acme::AcmeChallenge::RULE,
    twin::WwwInconsistent::RULE,
    cookie::CookieInClear::RULE,
    hsts::HstsMissing::RULE,
    hsts::HstsInvalid::RULE,
    hsts::duration::HstsShort::RULE,
    hsts::duration::HstsUnderAYear::RULE,
    hsts::duration::HstsDisabled::RULE,
    hsts::coverage::HstsRepeated::RULE,
    hsts::coverage::HstsPartial::RULE,
    hsts::coverage::HstsOverHttp::RULE,
    hsts::preload::PreloadNotReady::RULE,
    version::VersionOld::RULE,
    answer::ServerError::RULE,
    answer::ClientError::RULE,
    answer::Malformed::RULE,
    answer::LimitReached::RULE,
];

/// Judges the routes. What the TLS door met itself, when it was tried, is that door's business.
pub(super) fn judge(http: &Http, tls: Option<&Tls>, findings: &mut Vec<Finding>) {
    redirect::judge(http, findings);
    target::judge(http, findings);
    detour::judge(http, findings);
    path::judge(http, findings);
    addresses::judge(http, findings);
    acme::judge(http, findings);
    twin::judge(http, findings);
    cookie::judge(http, findings);
    version::judge(http, findings);
    route::judge(http, tls, findings);
    hsts::judge(http, findings);
    answer::judge(http, findings);
}

/// What mends a redirect: that of port 80 is written anew, one over https is the site's own.
fn of_redirect(hop: &Hop) -> Wish<'static> {
    if hop.is_https() {
        Wish::Target
    } else {
        Wish::Redirect
    }
}

/// The answer that tells who is to be told: from this address where there is one, else from another, best over https.
fn witness(http: &Http, address: Option<IpAddr>) -> Option<&Hop> {
    let answered = || {
        let all = http.given().flat_map(|route| &route.hops);
        all.filter(|hop| hop.status.is_some() && host_of(&hop.url) == http.host)
    };
    let own = answered().find(|hop| hop.address == address);
    let secure = answered().find(|hop| hop.is_https());
    own.or(secure).or_else(|| answered().next())
}

/// Why a request could not be made at all, unless that is for a reason of this machine.
fn unreached(hop: &Hop) -> Option<&Failure> {
    let HopError { stage, failure } = hop.error.as_ref()?;
    let lost = matches!(
        stage,
        HopStage::Lookup | HopStage::Connect | HopStage::Handshake
    );
    (lost && !failure.is_local()).then_some(failure)
}

/// The places of hops, each once, in order.
fn labels<'a>(hops: impl IntoIterator<Item = &'a Hop>) -> Vec<String> {
    let mut labels = Vec::new();
    for label in hops.into_iter().map(Hop::label) {
        if !labels.contains(&label) {
            labels.push(label);
        }
    }
    labels
}

#[cfg(test)]
mod tests;
