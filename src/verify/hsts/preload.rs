//! The rules of hstspreload.org, which are its own and no browser's: on the policy, the name, and the first redirect.

use crate::facts::http::{Hop, Hsts, Http, PreloadError, RouteOutcome, host_of, is_https};
use crate::facts::name::DnsName;
use crate::facts::tls::TrustStatus;

/// A year, in seconds.
const YEAR: u64 = 31_536_000;

/// What stands in the way of having the host built into browsers. `None` when no answer over HTTPS tells.
pub(super) fn errors(http: &Http, hsts: &Hsts) -> Option<Vec<PreloadError>> {
    hsts.host.parse::<std::net::IpAddr>().is_err().then(|| {
        let mut errors = of_header(hsts);
        errors.extend(of_name(&hsts.host));
        errors.extend(of_certificate(http));
        errors.extend(of_redirects(http));
        errors
    })
}

fn of_header(hsts: &Hsts) -> Vec<PreloadError> {
    let mut errors = Vec::new();
    if hsts.fields > 1 {
        errors.push(PreloadError::SeveralHeaders);
    }
    match hsts.valid {
        None => return vec![PreloadError::NoHeader],
        Some(false) => {
            errors.push(PreloadError::InvalidHeader);
            return errors;
        }
        Some(true) => {}
    }
    if let Some(max_age) = hsts.max_age.filter(|max_age| *max_age < YEAR) {
        errors.push(PreloadError::MaxAgeShort { max_age });
    }
    if !hsts.include_subdomains {
        errors.push(PreloadError::IncludeSubdomainsMissing);
    }
    if !hsts.preload {
        errors.push(PreloadError::PreloadMissing);
    }
    errors
}

fn of_name(host: &str) -> Option<PreloadError> {
    let name: DnsName = host.parse().ok()?;
    let registrable = psl::domain_str(host)?;
    (name.without_dot() != registrable).then(|| PreloadError::NotRegistrable {
        registrable: registrable.to_owned(),
    })
}

fn of_certificate(http: &Http) -> Option<PreloadError> {
    let hops = http.given().flat_map(|route| &route.hops);
    let own = hops.filter(|hop| host_of(&hop.url) == http.host);
    let endpoints = own.filter_map(|hop| hop.tls.as_ref());
    let mut bad = endpoints.filter(|endpoint| {
        let untrusted = |status| status == TrustStatus::Untrusted;
        endpoint
            .trust
            .as_ref()
            .is_some_and(|trust| untrusted(trust.status))
            || endpoint.name_matches == Some(false)
    });
    bad.next().map(|endpoint| PreloadError::CertificateInvalid {
        address: endpoint.label(),
    })
}

/// Port 80 may be closed; where it answers, it leads to https of the same host first, and never back.
fn of_redirects(http: &Http) -> Vec<PreloadError> {
    let mut errors = Vec::new();
    for route in http.given().filter(|route| route.starts_in_clear()) {
        let Some(first) = route.hops.first() else {
            continue;
        };
        let url = first.url.clone();
        let error = match &first.target {
            Some(target) if is_https(target) && host_of(target) == http.host => None,
            Some(target) => Some(PreloadError::RedirectElsewhere {
                url,
                target: target.clone(),
            }),
            None if route.outcome == RouteOutcome::Http => Some(PreloadError::NoRedirect { url }),
            None => None,
        };
        errors.extend(error);
        errors.extend(route.hops.iter().find_map(insecure));
    }
    errors.dedup();
    errors
}

fn insecure(hop: &Hop) -> Option<PreloadError> {
    let target = hop.target.as_ref().filter(|target| !is_https(target))?;
    hop.is_https().then(|| PreloadError::RedirectInsecure {
        url: hop.url.clone(),
        target: target.clone(),
    })
}
