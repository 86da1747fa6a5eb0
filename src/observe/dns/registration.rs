//! What the registry says of the domain, over RDAP (RFC 9082, RFC 9083): one request, and the redirects that it leads to.
//!
//! Proxies of the environment are used for it. An address of a private network is dialled only for the server that the user named.

mod bootstrap;
mod response;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{ACCEPT, LOCATION, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use url::{Host, Url};

use super::resolvers::Lookup;
use crate::facts::address::special_purpose;
use crate::facts::attempt::Failure;
use crate::facts::name::DnsName;
use crate::facts::registration::Registration;
use crate::net::clock::Stopwatch;
use crate::net::deadline::Deadline;
use crate::net::{limits, web};
use crate::observe::failure::{Refused, failure};

/// Whom to ask.
#[derive(Clone, Debug)]
pub struct RegistrationPlan {
    /// The base URL of a server (`--rdap`); without one the registry's of the TLD.
    pub server: Option<Url>,
    /// How long it may take.
    pub patience: Duration,
}

/// Asks for the registration of the domain that `name` belongs to; `None` for a name that nobody can register.
pub async fn look_up(
    plan: &RegistrationPlan,
    name: &DnsName,
    lookup: &Lookup,
    deadline: Deadline,
) -> Option<Registration> {
    let domain = name.registrable()?;
    let mut registration = Registration::unknown(domain.clone());
    let base = plan.server.clone().or_else(|| bootstrap::server(&domain));
    let url = base.and_then(|base| question(&base, &domain));
    let Some(url) = url else {
        registration.failure = Some(Failure::NoRegistry);
        return Some(registration);
    };
    registration.url = Some(url.to_string());
    let watch = Stopwatch::start();
    let asking = Asking {
        named: plan.server.as_ref().and_then(host_of),
        lookup,
    };
    let asked = asking.ask(url, &mut registration);
    let came = match deadline.bound(plan.patience, asked).await {
        Ok(came) => came,
        Err(elapsed) => Err(elapsed.into()),
    };
    match came.and_then(|body| response::read(&body, &mut registration)) {
        Ok(()) => registration.elapsed_ms = Some(watch.elapsed().into()),
        Err(failure) => registration.failure = Some(failure),
    }
    Some(registration)
}

/// The URL of a domain at a server (RFC 9082 §3.1.3).
fn question(base: &Url, domain: &DnsName) -> Option<Url> {
    let mut base = base.clone();
    if !base.path().ends_with('/') {
        base.set_path(&format!("{}/", base.path()));
    }
    base.join(&format!("domain/{}", domain.without_dot())).ok()
}

fn host_of(url: &Url) -> Option<String> {
    url.host_str().map(str::to_owned)
}

struct Asking<'a> {
    /// The host that the user named, wherever it is.
    named: Option<String>,
    lookup: &'a Lookup,
}

impl Asking<'_> {
    async fn ask(&self, mut url: Url, registration: &mut Registration) -> Result<Vec<u8>, Failure> {
        for _ in 0..=limits::FETCH_REDIRECTS {
            let response = self.request(&url).await?;
            let status = response.status();
            let moved = response.headers().get(LOCATION);
            let moved = moved.and_then(|location| url.join(location.to_str().ok()?).ok());
            match (status, moved) {
                (status, Some(next)) if status.is_redirection() => {
                    registration.url = Some(next.to_string());
                    url = follow(&url, next)?;
                }
                (StatusCode::OK, _) => return body(response).await,
                (StatusCode::NOT_FOUND, _) => return Err(Failure::NameNotFound),
                (StatusCode::TOO_MANY_REQUESTS, _) => return Err(rate_limited(&response)),
                _ => {
                    let status = status.as_u16();
                    return Err(Failure::Declined { status });
                }
            }
        }
        let limit = "FETCH_REDIRECTS".to_owned();
        Err(Failure::LimitReached { limit })
    }

    async fn request(&self, url: &Url) -> Result<Response, Failure> {
        let meant = self.named.is_some() && self.named == host_of(url);
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => Some(address.into()),
            Some(Host::Ipv6(address)) => Some(address.into()),
            Some(Host::Domain(_)) => None,
            None => return Err(refused("UrlWithoutHost")),
        };
        if !matches!(url.scheme(), "http" | "https") {
            return Err(refused("UrlNotHttp"));
        }
        if literal.is_some_and(|address| !meant && special_purpose(address).is_some()) {
            return Err(refused("PrivateAddress"));
        }
        let guard = Guard {
            guarded: host_of(url).filter(|_| !meant),
            lookup: self.lookup.clone(),
        };
        let config = web::client_config().map_err(|error| refused(&format!("{error:?}")))?;
        let client = Client::builder()
            .redirect(Policy::none())
            .user_agent(concat!("doorstep/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Arc::new(guard))
            .tls_backend_preconfigured(config)
            .build()
            .map_err(|error| failure(&error))?;
        let request = client
            .get(url.clone())
            .header(ACCEPT, "application/rdap+json, application/json");
        request.send().await.map_err(|error| failure(&error))
    }
}

fn refused(rule: &str) -> Failure {
    let rule = rule.to_owned();
    Failure::Incompatible { rule }
}

/// Where a redirect may lead: what began in private stays so.
fn follow(from: &Url, to: Url) -> Result<Url, Failure> {
    if from.scheme() == "https" && to.scheme() != "https" {
        return Err(refused("RedirectInClear"));
    }
    Ok(to)
}

/// Looks up the host that is asked, and refuses its private addresses. A proxy may be anywhere.
struct Guard {
    guarded: Option<String>,
    lookup: Lookup,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let lookup = self.lookup.clone();
        let guarded = self.guarded.as_deref() == Some(name.as_str());
        Box::pin(async move {
            let found = lookup.sockets(name.as_str(), 0).await;
            let found = found.map_err(Refused)?;
            let allowed = |at: &SocketAddr| !guarded || special_purpose(at.ip()).is_none();
            let allowed: Vec<SocketAddr> = found.into_iter().filter(allowed).collect();
            if allowed.is_empty() {
                return Err(Refused(refused("PrivateAddress")).into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

async fn body(mut response: Response) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await.map_err(|error| failure(&error))? {
        body.extend_from_slice(&part);
        if body.len() > limits::REGISTRATION_BYTES {
            let limit = "REGISTRATION_BYTES".to_owned();
            return Err(Failure::LimitReached { limit });
        }
    }
    Ok(body)
}

/// Retry-After in seconds; a date there is not read (RFC 9110 §10.2.3).
fn rate_limited(response: &Response) -> Failure {
    let after = response.headers().get(RETRY_AFTER);
    let seconds = after.and_then(|after| after.to_str().ok()?.trim().parse().ok());
    Failure::RateLimited {
        retry_after_s: seconds,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_asked_below_the_base_with_or_without_a_final_slash() {
        for base in ["https://rdap.test/v1", "https://rdap.test/v1/"] {
            let domain: DnsName = "shop.example.".parse().unwrap();
            let url = question(&base.parse().unwrap(), &domain).unwrap();
            assert_eq!(url.as_str(), "https://rdap.test/v1/domain/shop.example");
        }
    }

    #[test]
    fn a_redirect_does_not_lead_from_private_talk_into_clear() {
        let url = |text: &str| -> Url { text.parse().unwrap() };
        let (private, clear) = ("https://rdap.test/", "http://rdap.test/");
        assert!(follow(&url(private), url(clear)).is_err());
        assert!(follow(&url(private), url(private)).is_ok());
        assert!(follow(&url(clear), url(private)).is_ok());
    }
}
