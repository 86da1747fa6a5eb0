//! Does a server answer whatever type it is asked for?

use std::collections::BTreeSet;

use super::named::{addresses, named};
use crate::facts::dns::{Dns, Outcome, ResponseClass, Zone, ZoneServer};
use crate::facts::name::{DnsName, RrType};
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// A name server answers questions for IPv4 addresses, and drops or refuses those for other types.
    ///
    /// It must answer "no data" for what it does not have. Browsers ask for A, AAAA and HTTPS at once: when one is never answered they
    /// wait for seconds, when it is answered with an error or with "no such name" some give up altogether. Mostly a load
    /// balancer or an old appliance (GSLB, a firewall with "DNS inspection") answers in place of a name server. Update it, switch
    /// the inspection off, or serve the name from a proper name server.
    TypeBroken { zone: DnsName, servers: String, types: String, said: String }
    id: "dns/type-broken", severity: Error, source: "RFC 4074 §4, RFC 8906 §3.1",
    message: "{servers} {said} for {types}, although it answers those for A",
    fix: "update {servers}, or the load balancer or firewall that answers for it, so that every type is answered",
}

finding! {
    /// A name server gives no usable answer to the question who may issue certificates.
    ///
    /// Before it issues, a certificate authority must look for CAA records, and must refuse when a server fails at that question.
    /// The next renewal fails, and the site is down when the certificate runs out. An empty answer is fine, no answer is not. Update
    /// the server or the appliance that stands in its place; on a DNS host that knows no CAA move the zone to one that does
    /// (Route 53, Cloudflare, Google, Azure, Gandi and OVH do).
    CaaLookupFails { zone: DnsName, servers: String, said: String }
    id: "dns/caa-lookup-fails", severity: Error, source: "RFC 8659 §5, BR 3.2.2.8",
    explained_by: ["dns/type-broken", "dns/tcp-needed"],
    message: "{servers} {said} for CAA, although it answers those for A: certificate authorities must refuse",
    fix: "update {servers} so that it answers questions for CAA, if only with nothing",
}

pub(super) fn judge(dns: &Dns, findings: &mut Vec<Finding>) {
    for zone in dns.zones.iter().filter(|zone| zone.is_surveyed()) {
        let Some(name) = name_in(dns, zone) else {
            continue;
        };
        type_broken(zone, name, findings);
        caa_lookup_fails(zone, name, findings);
    }
}

/// The name that was looked up in a zone.
fn name_in<'a>(dns: &'a Dns, zone: &Zone) -> Option<&'a DnsName> {
    let links = dns
        .own_questions()
        .filter(|question| question.outcome != Outcome::Nxdomain);
    let names = links
        .flat_map(|question| &question.links)
        .map(|link| &link.name);
    names
        .into_iter()
        .find(|name| name.is_at_or_below(&zone.name))
}

/// How a server fails at the types that it does not answer, while it answers A.
fn broken(server: &ZoneServer, name: &DnsName) -> Vec<(RrType, &'static str)> {
    let mut of_v4 = server.told(name, RrType::A);
    if !of_v4.any(|said| said.response != ResponseClass::Nxdomain) {
        return Vec::new();
    }
    let types = [RrType::AAAA, RrType::HTTPS, RrType::CAA, RrType::UNASSIGNED];
    let failing = types.into_iter().filter_map(|rr_type| {
        let fits = |said: &&crate::facts::dns::ServerResponse| {
            said.name == *name && said.r#type == rr_type
        };
        let mut said = server.said().filter(fits).peekable();
        said.peek()?;
        let told: Vec<ResponseClass> = said.map(|said| said.response).collect();
        let fine = |class: &ResponseClass| {
            class.is_usable() && *class != ResponseClass::Nxdomain
                || *class == ResponseClass::Truncated
        };
        if told.iter().any(fine) {
            return None;
        }
        told.last().map(|class| (rr_type, how(*class)))
    });
    failing.collect()
}

fn how(class: ResponseClass) -> &'static str {
    match class {
        ResponseClass::Timeout | ResponseClass::Unreachable => "drops questions",
        ResponseClass::Nxdomain => "denies the name to questions",
        ResponseClass::Malformed => "answers with what is no DNS message to questions",
        _ => "refuses questions",
    }
}

/// A server that fails at CAA alone has a finding of its own.
fn type_broken(zone: &Zone, name: &DnsName, findings: &mut Vec<Finding>) {
    let with: Vec<(&ZoneServer, Vec<(RrType, &str)>)> = zone
        .servers
        .iter()
        .map(|server| (server, broken(server, name)))
        .filter(|(_, broken)| broken.iter().any(|(rr_type, _)| *rr_type != RrType::CAA))
        .collect();
    let failing = || with.iter().flat_map(|(_, broken)| broken);
    let Some((_, said)) = failing().next() else {
        return;
    };
    let types: BTreeSet<RrType> = failing().map(|(rr_type, _)| *rr_type).collect();
    let types = types.into_iter().map(|rr_type| match rr_type {
        RrType::UNASSIGNED => "types that it does not know".to_owned(),
        known => known.to_string(),
    });
    let servers: Vec<&ZoneServer> = with.iter().map(|(server, _)| *server).collect();
    let evidence = TypeBroken {
        zone: zone.name.clone(),
        servers: named(&servers),
        types: types.collect::<Vec<_>>().join(", "),
        said: (*said).to_owned(),
    };
    findings.push(evidence.about_all(zone.name.without_dot(), addresses(&servers)));
}

fn caa_lookup_fails(zone: &Zone, name: &DnsName, findings: &mut Vec<Finding>) {
    let at_caa = |server: &ZoneServer| {
        let broken = broken(server, name).into_iter();
        broken
            .into_iter()
            .find(|(rr_type, _)| *rr_type == RrType::CAA)
    };
    let cut = |server: &ZoneServer| {
        let mut said = server.said();
        let failed = said
            .any(|said| said.r#type == RrType::CAA && said.response == ResponseClass::Truncated);
        let serves = server.told(name, RrType::A).next().is_some();
        failed && serves && server.told(name, RrType::CAA).next().is_none()
    };
    let servers: Vec<&ZoneServer> = zone
        .servers
        .iter()
        .filter(|server| at_caa(server).is_some() || cut(server))
        .collect();
    let Some(first) = servers.first() else { return };
    let said = at_caa(first).map_or("cuts short its answer to questions", |(_, said)| said);
    let evidence = CaaLookupFails {
        zone: zone.name.clone(),
        servers: named(&servers),
        said: said.to_owned(),
    };
    findings.push(evidence.about_all(zone.name.without_dot(), addresses(&servers)));
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ids, question, said, surveyed};
    use super::*;
    use crate::facts::dns::Link;

    const NAME: &str = "shop.example.";

    fn judged(responses: &[(RrType, ResponseClass)]) -> Vec<String> {
        let mut asked = question(NAME, RrType::A, Outcome::Answer);
        asked.links = vec![Link {
            name: NAME.parse().unwrap(),
            zone: NAME.parse().unwrap(),
        }];
        let mut dns = surveyed(2).asks(asked);
        let said = responses
            .iter()
            .map(|(rr_type, class)| said(NAME, *rr_type, *class, &[]));
        dns.zones[0].servers[1].responses = Some(said.collect());
        ids(|findings| judge(&dns, findings))
    }

    #[test]
    fn a_type_that_is_dropped_or_refused_while_a_is_answered_is_broken() {
        let a = (RrType::A, ResponseClass::Answer);
        for class in [
            ResponseClass::Timeout,
            ResponseClass::Notimp,
            ResponseClass::Nxdomain,
        ] {
            assert_eq!(judged(&[a, (RrType::AAAA, class)]), ["dns/type-broken"]);
            assert_eq!(
                judged(&[a, (RrType::UNASSIGNED, class)]),
                ["dns/type-broken"]
            );
        }
        assert!(judged(&[a, (RrType::AAAA, ResponseClass::Nodata)]).is_empty());
    }

    #[test]
    fn where_a_is_not_answered_either_it_is_not_the_type() {
        let a = (RrType::A, ResponseClass::Refused);
        assert!(judged(&[a, (RrType::AAAA, ResponseClass::Refused)]).is_empty());
        assert!(judged(&[(RrType::A, ResponseClass::Answer)]).is_empty());
    }

    #[test]
    fn caa_alone_is_what_authorities_stumble_over() {
        let a = (RrType::A, ResponseClass::Answer);
        let caa = |class| (RrType::CAA, class);
        assert_eq!(
            judged(&[a, caa(ResponseClass::Servfail)]),
            ["dns/caa-lookup-fails"]
        );
        let retried = [a, caa(ResponseClass::Servfail), caa(ResponseClass::Nodata)];
        assert!(judged(&retried).is_empty());
        assert_eq!(
            judged(&[a, caa(ResponseClass::Truncated)]),
            ["dns/caa-lookup-fails"]
        );
        let both = [
            a,
            caa(ResponseClass::Timeout),
            (RrType::HTTPS, ResponseClass::Timeout),
        ];
        assert_eq!(judged(&both), ["dns/type-broken", "dns/caa-lookup-fails"]);
    }
}
