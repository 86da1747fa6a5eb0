//! The third door judged: one question a file.

mod answer;
mod hsts;
mod redirect;
mod route;
#[cfg(test)]
mod testing;

use crate::facts::http::{Hop, Http};
use crate::facts::tls::Tls;
use crate::finding::{Evidence, Finding, Rule};

/// The rules about HTTP.
pub(super) const RULES: &[Rule] = &[
    redirect::NoRedirect::RULE,
    route::RedirectLoop::RULE,
    redirect::Downgrade::RULE,
    route::TargetUnreachable::RULE,
    route::TooManyHops::RULE,
    redirect::LocationInvalid::RULE,
    redirect::OffHostFirst::RULE,
    redirect::NotPermanent::RULE,
    route::Port80Closed::RULE,
    route::Port80Silent::RULE,
    hsts::HstsMissing::RULE,
    hsts::HstsInvalid::RULE,
    answer::ServerError::RULE,
    answer::Malformed::RULE,
    answer::LimitReached::RULE,
];

/// Judges the routes. What the TLS door met itself, when it was tried, is that door's business.
pub(super) fn judge(http: &Http, tls: Option<&Tls>, findings: &mut Vec<Finding>) {
    redirect::judge(http, findings);
    route::judge(http, tls, findings);
    hsts::judge(http, findings);
    answer::judge(http, findings);
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
