//! What could not be looked at from here: drawn from the facts, so that silence is never taken for "fine".

use std::net::IpAddr;

use crate::facts::announced::{Announced, Way};
use crate::facts::attempt::Failure;
use crate::facts::dns::{Dns, Obstacle, Question, ZoneServer};
use crate::facts::dnssec::Flaw;
use crate::facts::http::{Http, Route, RouteOutcome};
use crate::facts::name::DnsName;
use crate::facts::tls::{Distrust, Endpoint, Tls};
use crate::facts::{Door, Facts, Inconclusive};

/// Fills in `inconclusive`. A family that this machine has no way to is said once, whatever the door.
pub fn verify(facts: &mut Facts) {
    let mut missed = Vec::new();
    if let Some(dns) = facts.dns.as_ref().filter(|dns| !dns.questions.is_empty()) {
        missed.extend(dns_missed(dns).or_else(|| chain_missed(dns)));
    }
    missed.extend(facts.dns.iter().filter_map(unasked));
    if let Some(tls) = &facts.tls {
        missed.extend(tls_missed(tls));
    }
    if let Some(http) = &facts.http {
        missed.extend(http_missed(http));
    }
    let no_way_at_all =
        |missed: &Inconclusive| missed.whole_door && missed.failure == Failure::NoRoute;
    if !missed.iter().any(no_way_at_all) {
        missed.extend(unrouted(facts));
    }
    facts.inconclusive = missed;
}

/// Whether the zone could not be asked from here at all.
#[must_use]
pub fn is_blocked(dns: &Dns) -> bool {
    dns_missed(dns).is_some()
}

fn dns_missed(dns: &Dns) -> Option<Inconclusive> {
    let all = |test: &dyn Fn(&Question) -> bool| dns.own_questions().all(test);
    let name = dns.own_questions().next()?.name.to_string();
    let whole = |what: String, failure| {
        Some(Inconclusive {
            door: Door::Dns,
            what,
            whole_door: true,
            failure,
        })
    };
    if all(&|question| question.steps.is_empty()) {
        whole(name, Failure::NoRoute)
    } else if dns
        .own_questions()
        .any(|question| question.obstacle == Some(Obstacle::OutOfTime))
    {
        let steps = || dns.own_questions().flat_map(|question| &question.steps);
        let interrupted = steps().any(|step| step.failure == Some(Failure::Interrupted));
        whole(
            name,
            if interrupted {
                Failure::Interrupted
            } else {
                Failure::OutOfTime
            },
        )
    } else if all(&is_stopped_at_root) {
        let steps = dns.own_questions().flat_map(|question| &question.steps);
        let failure = steps.filter_map(|step| step.failure.clone()).next_back();
        whole(
            "port 53 of the root servers".to_owned(),
            failure.unwrap_or(Failure::Unreachable),
        )
    } else {
        None
    }
}

/// Signatures that could not be checked because what proves them did not come. The name itself is still measured.
fn chain_missed(dns: &Dns) -> Option<Inconclusive> {
    let zones = dns.zones.iter().filter_map(|zone| zone.dnssec.as_ref());
    let what = zones
        .filter_map(|dnssec| dnssec.security.reason.as_ref())
        .find_map(|flaw| match flaw {
            Flaw::KeysNotHad { zone } => Some(format!("the keys of `{zone}` (DNSSEC)")),
            Flaw::DelegationSignerNotHad { zone } => {
                Some(format!("whether `{zone}` is signed (DNSSEC)"))
            }
            _ => None,
        })?;
    Some(Inconclusive {
        door: Door::Dns,
        what,
        whole_door: false,
        failure: Failure::LookupFailed { rcode: None },
    })
}

/// Servers of a zone that were left out when the survey came to its bound.
fn unasked(dns: &Dns) -> Option<Inconclusive> {
    let of_bound = |server: &&ZoneServer| {
        let failure = &server.failure;
        matches!(failure, Some(Failure::LimitReached { limit }) if limit == "SURVEY_QUESTIONS")
    };
    dns.zones.iter().find_map(|zone| {
        let mut left_out = zone.servers.iter().filter(of_bound);
        let failure = left_out.next()?.failure.clone()?;
        Some(Inconclusive {
            door: Door::Dns,
            what: format!("some name servers of `{}`", zone.name),
            whole_door: false,
            failure,
        })
    })
}

/// Not one root server was heard: that says something about this network, and nothing about the name.
fn is_stopped_at_root(question: &Question) -> bool {
    let zone = DnsName::root();
    question.obstacle == Some(Obstacle::NoUsableServer { zone })
        && question
            .steps
            .iter()
            .all(|step| !step.response.is_response())
}

fn tls_missed(tls: &Tls) -> Vec<Inconclusive> {
    let mut missed = handshakes_missed(tls);
    missed.extend(tls.endpoints.iter().flat_map(unfetched));
    let others = tls.endpoints.iter().flat_map(Endpoint::others);
    missed.extend(others.flat_map(|other| unfetched(&other)));
    missed.extend(untold(tls));
    missed
}

/// Promises of HTTPS records of which nothing can be said from here, such as HTTP/3 where no UDP comes through.
fn untold(tls: &Tls) -> Vec<Inconclusive> {
    let all: Vec<&Announced> = tls.announced.iter().flatten().collect();
    // That an address is dead is told where it is met first.
    let dead = |address| {
        let mut own = tls.endpoints.iter();
        own.any(|endpoint| Some(endpoint.address) == address && endpoint.error.is_some())
    };
    let missed = all.iter().filter_map(|tried| {
        let failure = tried.failure.clone()?;
        let way = match tried.way {
            Way::Tls => "over TLS",
            Way::Ech => "with ECH",
            Way::Quic => "over QUIC (UDP)",
        };
        let open = failure != Failure::NoRoute && !tried.is_measured(&all);
        let place = tried.label();
        let place = place.unwrap_or_else(|| format!("what the record `{}` leads to", tried.record));
        (open && !dead(tried.address)).then_some(Inconclusive {
            door: Door::Tls,
            what: format!("{place} {way}"),
            whole_door: false,
            failure,
        })
    });
    missed.collect()
}

fn handshakes_missed(tls: &Tls) -> Vec<Inconclusive> {
    let whole = |what: String, failure| {
        vec![Inconclusive {
            door: Door::Tls,
            what,
            whole_door: true,
            failure,
        }]
    };
    let by_itself = |failure: &&Failure| {
        !matches!(
            failure,
            Failure::NameNotFound | Failure::NoAddress | Failure::LookupFailed { rcode: Some(_) }
        )
    };
    if let Some(failure) = tls.lookup.as_ref().filter(by_itself) {
        return whole(format!("the addresses of {}", tls.host), failure.clone());
    }
    let unmeasured: Vec<&Endpoint> = tls
        .endpoints
        .iter()
        .filter(|endpoint| endpoint.is_unmeasured())
        .collect();
    let all = unmeasured.len() == tls.endpoints.len();
    let missed = unmeasured.iter().filter_map(|endpoint| {
        let failure = endpoint.error.as_ref()?.failure.clone();
        let what = format!("{} handshake", endpoint.label());
        let said_once = failure == Failure::NoRoute && !all;
        (!said_once).then_some(Inconclusive {
            door: Door::Tls,
            what,
            whole_door: all,
            failure,
        })
    });
    missed.collect()
}

/// What authorities did not give out: the status that was asked for, and issuers that a chain lacks.
fn unfetched(endpoint: &Endpoint) -> Vec<Inconclusive> {
    let about = |what: String, failure: &Failure| Inconclusive {
        door: Door::Tls,
        what,
        whole_door: false,
        failure: failure.clone(),
    };
    let label = endpoint.label();
    let status = endpoint.status_answers.iter().filter_map(|answer| {
        let failure = answer.failure.as_ref()?;
        let what = format!(
            "the status of the certificate at {label}, by {}",
            answer.url
        );
        Some(about(what, failure))
    });
    let lacking = endpoint.trust.as_ref().is_some_and(|trust| {
        let lacks = |reason: &Distrust| matches!(reason, Distrust::IssuerNotSent { .. });
        trust.reasons.iter().any(lacks)
    });
    let issuers = endpoint.issuers_fetched.iter().filter(|_| lacking);
    let issuers = issuers.filter_map(|fetched| {
        let failure = fetched.failure.as_ref()?;
        Some(about(
            format!("the missing issuer at {}", fetched.url),
            failure,
        ))
    });
    status.chain(issuers).collect()
}

fn http_missed(http: &Http) -> Vec<Inconclusive> {
    let inconclusive = |route: &&Route| route.outcome == RouteOutcome::Inconclusive;
    // A redirect that was seen is a part of the door that was measured, unless time ran out behind it; a page in clear is none
    // of the way to https.
    let cut_off = |route: &Route| {
        let error = route.last().and_then(|hop| hop.error.as_ref());
        let failure = error.map(|error| &error.failure);
        matches!(failure, Some(Failure::OutOfTime | Failure::Interrupted))
    };
    let whole = http.given().all(|route| match route.outcome {
        RouteOutcome::Inconclusive => route.hops.len() < 2 || cut_off(route),
        RouteOutcome::Http => route.hops.len() < 2 && route.starts_in_clear(),
        _ => false,
    });
    let missed = http.given().filter(inconclusive).filter_map(|route| {
        let last = route.last()?;
        let failure = match (&last.error, last.status) {
            (Some(error), _) => error.failure.clone(),
            (None, Some(status)) => Failure::Declined { status },
            (None, None) => return None,
        };
        let said_once = failure == Failure::NoRoute && !whole;
        let what = format!("{} at {}", last.url, last.label());
        (!said_once).then_some(Inconclusive {
            door: Door::Http,
            what,
            whole_door: whole,
            failure,
        })
    });
    let mut once: Vec<Inconclusive> = Vec::new();
    for missed in missed {
        if !once
            .iter()
            .any(|own| own.what == missed.what && own.failure == missed.failure)
        {
            once.push(missed);
        }
    }
    once
}

/// Addresses of servers and hosts that this machine has no way to, in one line.
fn unrouted(facts: &Facts) -> Option<Inconclusive> {
    let servers = facts
        .dns
        .iter()
        .flat_map(|dns| &dns.zones)
        .flat_map(|zone| &zone.servers);
    let away = |server: &ZoneServer| {
        (server.failure == Some(Failure::NoRoute)).then_some((Door::Dns, server.address))
    };
    let endpoints = facts
        .tls
        .iter()
        .flat_map(|tls| &tls.endpoints)
        .filter_map(|endpoint| {
            let error = endpoint.error.as_ref()?;
            (error.failure == Failure::NoRoute).then_some((Door::Tls, endpoint.address))
        });
    let routes = facts
        .http
        .iter()
        .flat_map(|http| http.given())
        .filter_map(|route| {
            let error = route.error.as_ref()?;
            (error.failure == Failure::NoRoute).then_some((Door::Http, route.address?))
        });
    let all: Vec<(Door, IpAddr)> = servers
        .filter_map(away)
        .chain(endpoints)
        .chain(routes)
        .collect();
    let (door, _) = *all.first()?;
    let family = match (
        all.iter().any(|(_, at)| at.is_ipv4()),
        all.iter().any(|(_, at)| at.is_ipv6()),
    ) {
        (true, true) => "some addresses",
        (true, false) => "IPv4",
        _ => "IPv6",
    };
    Some(Inconclusive {
        door,
        what: family.to_owned(),
        whole_door: false,
        failure: Failure::NoRoute,
    })
}
