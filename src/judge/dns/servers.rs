//! Do the servers of the zone answer, and for the zone?

use std::collections::BTreeMap;

use super::named::{addresses as addresses_of, listed, names};
use crate::facts::dns::{Dns, Obstacle, Outcome, ResponseClass, Zone, ZoneServer};
use crate::facts::name::DnsName;
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// No name server of the zone answers at all.
    ///
    /// The parent zone names these servers, and none of them sent anything back, over UDP or TCP. Visitors whose resolver has
    /// forgotten the last answer see "server not found". Start the servers, open port 53 for UDP and TCP, or have the
    /// registrar list the servers that your DNS host gave you.
    AllServersDead { zone: DnsName, names: String, servers: Vec<String> }
    id: "dns/all-servers-dead", severity: Error, source: "practice: nobody can resolve the name (zonemaster BASIC02)",
    message: "no name server of `{zone}` answers: {names}",
    fix: "start the name servers of `{zone}`, or list the right ones at the registrar",
}

finding! {
    /// Every name server of the zone answers, and none of them for this zone.
    ///
    /// The parent zone names these servers, but they refuse or do not know the zone: it was never created there, was deleted,
    /// or the registrar lists the servers of another account. Create the zone at that DNS host, or list at the registrar the
    /// servers that your DNS host shows for the zone.
    ///
    /// Some hosts give every zone servers of its own, Route 53 above all: a zone that was deleted and created again, or a freshly
    /// bought name, has others than those at the registrar. In Route 53 open Hosted zones, the zone, and its NS record, and copy
    /// the four names to the registrar: at Amazon under Registered domains > the domain > Actions > Edit name servers, at GoDaddy under
    /// My Products > DNS > Nameservers > Change, at Namecheap under Domain List > Manage > Nameservers > Custom DNS, at Gandi under
    /// Domain > Nameservers > External. At Cloudflare the two names stand under DNS > Records; they are those of the account.
    AllServersLame { zone: DnsName, names: String, servers: Vec<String>, said: String, mend: String }
    id: "dns/all-servers-lame", severity: Error, source: "RFC 9499, RFC 1912 §2.8",
    message: "the name servers of `{zone}` answer, but none of them serves the zone: {names} ({said})",
    fix: "{mend}",
}

finding! {
    /// One name server of the zone does not answer from here, while others do.
    ///
    /// Nothing came back to two questions over UDP and one over TCP. Resolvers ask another server after a wait, so visitors
    /// notice it as slowness, and as failure when the other servers go too. Start it, open port 53 on it, or take it out
    /// of the NS records at the zone and at the registrar.
    ServerUnreachable { zone: DnsName, server: DnsName, addresses: String }
    id: "dns/server-unreachable", severity: Warning, source: "practice: every resolver waits for it (zonemaster CONNECTIVITY01)",
    explained_by: ["dns/glue-mismatch", "dns/ns-mismatch"],
    message: "the name server {server} ({addresses}) of `{zone}` is unreachable from here",
    fix: "start {server}, open its port 53 for UDP and TCP, or remove it from the NS records",
}

finding! {
    /// A name server that the parent lists answers, but does not serve the zone.
    ///
    /// It refuses, fails, or knows nothing of the zone (a lame delegation). Resolvers have to ask another one. Load the zone
    /// on it, or take it out of the NS records at the zone and at the registrar.
    LameDelegation { zone: DnsName, server: DnsName, addresses: String, response: ResponseClass, said: String, at_host: String }
    id: "dns/lame-delegation", severity: Warning, source: "RFC 9499, RFC 1912 §2.8",
    explained_by: ["dns/glue-mismatch", "dns/ns-mismatch"],
    message: "the name server {server} ({addresses}) is listed for `{zone}` but {said}",
    fix: "load the zone `{zone}` on {server}, or remove it from the NS records{at_host}",
}

finding! {
    /// The parent names a server inside the zone, and does not tell its address.
    ///
    /// To find the server one would have to ask the server itself. The parent must send the address along (glue), and does
    /// not. Enter the address of the name server (a "host object" or "child name server") at the registrar.
    GlueMissing { zone: DnsName, servers: String }
    id: "dns/glue-missing", severity: Error, source: "RFC 9471",
    message: "the referral to `{zone}` names {servers} inside the zone without an address",
    fix: "enter the addresses of {servers} at the registrar (host objects, glue records)",
}

finding! {
    /// The name of a name server has no address.
    ///
    /// The parent lists it for the zone, but its own name leads nowhere, so nobody can ask it. When the domain of the server's
    /// name does not exist, whoever registers it can answer for your zone. Remove it from the NS records, at once in that case.
    NsUnresolvable { zone: DnsName, servers: String, lacks: String }
    id: "dns/ns-unresolvable", severity: Error, source: "practice: the server cannot be asked (zonemaster BASIC02)",
    explained_by: ["dns/delegation-loop"],
    message: "`{zone}` is delegated to {servers}, {lacks}",
    fix: "remove {servers} from the NS records of `{zone}`, or give it an address",
}

pub(super) fn judge(dns: &Dns, findings: &mut Vec<Finding>) {
    for zone in dns.zones.iter().filter(|zone| is_surveyed(dns, zone)) {
        addresses(zone, findings);
        match zone
            .servers
            .iter()
            .filter(|server| server.response.is_some())
            .collect::<Vec<_>>()
            .as_slice()
        {
            [] => {}
            asked if asked.iter().all(|server| is_dead(server)) => {
                let evidence = AllServersDead {
                    zone: zone.name.clone(),
                    names: listed(names(asked)),
                    servers: labels(asked),
                };
                findings.push(evidence.about(zone.name.without_dot()));
            }
            asked
                if asked
                    .iter()
                    .all(|server| is_dead(server) || is_lame(server)) =>
            {
                findings.push(all_lame(zone, asked));
            }
            asked => some(zone, asked, findings),
        }
    }
}

fn all_lame(zone: &Zone, asked: &[&ZoneServer]) -> Finding {
    let lame = asked.iter().copied().find(|server| is_lame(server));
    let response = lame.and_then(|server| server.response);
    let name = &zone.name;
    let (said, is_elsewhere) = match response {
        Some(ResponseClass::Malformed) => ("no DNS message", false),
        Some(ResponseClass::Truncated) => ("cut short, and not to be had over TCP", false),
        Some(ResponseClass::Formerr) => ("FORMERR", false),
        Some(ResponseClass::Notimp) => ("NOTIMP", false),
        Some(ResponseClass::Refused) => ("REFUSED", true),
        Some(ResponseClass::Servfail) => ("SERVFAIL", true),
        _ => ("without authority", true),
    };
    let mend = if let Some(mend) = super::host::mend_lame(zone).filter(|_| is_elsewhere) {
        mend
    } else if is_elsewhere {
        format!(
            "create `{name}` at its DNS host, or list at the registrar the servers that the DNS host shows for it"
        )
    } else {
        format!(
            "update the name servers of `{name}`, and let TCP through to their port 53, or move the zone to others"
        )
    };
    let evidence = AllServersLame {
        zone: name.clone(),
        names: listed(names(asked)),
        servers: labels(asked),
        said: said.to_owned(),
        mend,
    };
    evidence.about(name.without_dot())
}

/// Only of the zones that decide about the name every server was asked.
fn is_surveyed(dns: &Dns, zone: &Zone) -> bool {
    let stopped_here = dns
        .questions
        .iter()
        .any(|question| match &question.obstacle {
            Some(
                Obstacle::NoUsableServer { zone: at }
                | Obstacle::NoServerAddress { zone: at }
                | Obstacle::DelegationLoop { zone: at },
            ) => *at == zone.name,
            _ => false,
        });
    let deepest = dns.questions.iter().any(|question| {
        let below = |other: &&Zone| question.name.is_at_or_below(&other.name);
        let zones = dns
            .zones
            .iter()
            .filter(below)
            .max_by_key(|other| other.name.label_count());
        zones.is_some_and(|deepest| deepest.name == zone.name)
    });
    zone.name != DnsName::root() && (stopped_here || deepest)
}

/// Servers without an address: inside the zone the referral lacks it, outside their own names do.
fn addresses(zone: &Zone, findings: &mut Vec<Finding>) {
    let unknown = zone.unresolved_ns.iter();
    let (inside, outside): (Vec<&DnsName>, Vec<&DnsName>) =
        unknown.partition(|server| server.is_at_or_below(&zone.name));
    let common = || zone.name.without_dot();
    let subjects = |servers: &[&DnsName]| -> Vec<String> {
        servers.iter().map(|server| server.without_dot()).collect()
    };
    if !inside.is_empty() {
        let evidence = GlueMissing {
            zone: zone.name.clone(),
            servers: listed(inside.iter().copied()),
        };
        findings.push(evidence.about_all(common(), subjects(&inside)));
    }
    let outside = outside
        .into_iter()
        .filter_map(|name| Some((name, lacking(zone, name)?)));
    let mut by_lack: BTreeMap<String, Vec<&DnsName>> = BTreeMap::new();
    for (name, lacks) in outside {
        by_lack.entry(lacks).or_default().push(name);
    }
    for (lacks, servers) in by_lack {
        let evidence = NsUnresolvable {
            zone: zone.name.clone(),
            servers: listed(servers.iter().copied()),
            lacks,
        };
        findings.push(evidence.about_all(common(), subjects(&servers)));
    }
}

/// What a server's name leads to, when its look-up told so.
fn lacking(zone: &Zone, server: &DnsName) -> Option<String> {
    let denial = zone
        .ns_denials
        .iter()
        .find(|denial| denial.name == *server)?;
    let domain = denial
        .end
        .registrable()
        .filter(|domain| denial.outcome == Outcome::Nxdomain && domain.is_below(&denial.zone));
    Some(match domain {
        Some(domain) => {
            format!("but `{domain}` does not exist: whoever registers it can answer for the zone")
        }
        None => "a name without an address".to_owned(),
    })
}

fn some(zone: &Zone, asked: &[&ZoneServer], findings: &mut Vec<Finding>) {
    let at_host = super::host::at_host(zone);
    for name in names(asked) {
        let own = || asked.iter().copied().filter(|server| server.name == *name);
        let zone = || zone.name.clone();
        let lame: Vec<&ZoneServer> = own().filter(|server| is_lame(server)).collect();
        if let Some(response) = lame.first().and_then(|server| server.response) {
            let (addresses, said) = (addresses_of(&lame), said(response).to_owned());
            let server = name.clone();
            let evidence = LameDelegation {
                zone: zone(),
                server,
                addresses: addresses.join(", "),
                response,
                said,
                at_host: at_host.clone(),
            };
            findings.push(evidence.about_all(name.without_dot(), addresses));
        }
        let silent: Vec<&ZoneServer> = own().filter(|server| is_unreachable(server)).collect();
        if !silent.is_empty() {
            let addresses = addresses_of(&silent);
            let evidence = ServerUnreachable {
                zone: zone(),
                server: name.clone(),
                addresses: addresses.join(", "),
            };
            findings.push(evidence.about_all(name.without_dot(), addresses));
        }
    }
}

fn is_unreachable(server: &ZoneServer) -> bool {
    server.reachable_udp == Some(false) && server.reachable_tcp == Some(false)
}

fn said(response: ResponseClass) -> &'static str {
    match response {
        ResponseClass::Refused => "refuses to answer for it (REFUSED)",
        ResponseClass::Servfail => "fails to answer for it (SERVFAIL)",
        ResponseClass::Formerr => "does not understand questions about it (FORMERR)",
        ResponseClass::Notimp => "does not implement questions about it (NOTIMP)",
        ResponseClass::Malformed => "answers with what is no DNS message",
        ResponseClass::Truncated => {
            "cuts its answers short, and does not give them over TCP either"
        }
        _ => "does not answer for it with authority",
    }
}

/// Whether it answers, and nobody can go on from what it says.
fn is_lame(server: &ZoneServer) -> bool {
    server
        .response
        .is_some_and(|response| response.is_response() && !response.is_usable())
}

fn is_dead(server: &ZoneServer) -> bool {
    server
        .response
        .is_some_and(|response| !response.is_response())
}

fn labels(servers: &[&ZoneServer]) -> Vec<String> {
    servers
        .iter()
        .map(|server| format!("{} {}", server.name, server.address))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ids, question, server, zones};
    use super::*;
    use crate::facts::dns::NsDenial;
    use crate::facts::name::RrType;

    fn judged(servers: &[ZoneServer]) -> Vec<String> {
        let mut dns =
            zones(&[".", "example."]).asks(question("a.example.", RrType::A, Outcome::Answer));
        dns.zones[1].servers = servers.to_vec();
        ids(|findings| judge(&dns, findings))
    }

    #[test]
    fn servers_that_all_answer_are_no_finding() {
        assert!(
            judged(&[
                server(1, ResponseClass::Answer),
                server(2, ResponseClass::Nodata)
            ])
            .is_empty()
        );
    }

    #[test]
    fn one_silent_or_refusing_server_is_named() {
        let good = server(1, ResponseClass::Answer);
        assert_eq!(
            judged(&[good.clone(), server(2, ResponseClass::Timeout)]),
            ["dns/server-unreachable"]
        );
        assert_eq!(
            judged(&[good.clone(), server(2, ResponseClass::Refused)]),
            ["dns/lame-delegation"]
        );
        let mut udp_only = server(2, ResponseClass::Timeout);
        udp_only.reachable_tcp = None;
        assert!(
            judged(&[good, udp_only]).is_empty(),
            "silent over UDP, TCP not tried"
        );
    }

    #[test]
    fn a_server_with_two_addresses_is_one_finding() {
        let mut dns =
            zones(&[".", "example."]).asks(question("a.example.", RrType::A, Outcome::Answer));
        let mut second = server(2, ResponseClass::Refused);
        second.address = "2001:db8::2".parse().unwrap();
        dns.zones[1].servers = vec![
            server(2, ResponseClass::Refused),
            server(1, ResponseClass::Answer),
            second,
        ];
        let mut findings = Vec::new();
        judge(&dns, &mut findings);
        let lame: Vec<usize> = findings.iter().map(|lame| lame.subjects.len()).collect();
        assert_eq!(lame, [2], "{findings:?}");
    }

    #[test]
    fn when_none_serves_the_zone_it_is_one_finding() {
        let dead = server(1, ResponseClass::Timeout);
        let lame = server(2, ResponseClass::Lame);
        assert_eq!(
            judged(&[dead.clone(), dead.clone()]),
            ["dns/all-servers-dead"]
        );
        assert_eq!(judged(&[dead, lame]), ["dns/all-servers-lame"]);
        assert!(judged(&[]).is_empty());
    }

    #[test]
    fn a_server_without_address_lacks_glue_inside_the_zone_and_a_record_outside() {
        let mut dns =
            zones(&[".", "example."]).asks(question("a.example.", RrType::A, Outcome::Answer));
        dns.zones[1].servers = vec![server(1, ResponseClass::Answer)];
        let inside: DnsName = "ns.example.".parse().unwrap();
        dns.zones[1].unresolved_ns = vec![inside.clone(), "ns.host.test.".parse().unwrap()];
        dns.zones[1].ns_denials = vec![denial(Outcome::Nodata, "host.test.")];
        assert_eq!(
            ids(|findings| judge(&dns, findings)),
            ["dns/glue-missing", "dns/ns-unresolvable"]
        );
        // Not looked up, or in vain: who knows.
        dns.zones[1].ns_denials.clear();
        assert_eq!(ids(|findings| judge(&dns, findings)), ["dns/glue-missing"]);
    }

    fn denial(outcome: Outcome, zone: &str) -> NsDenial {
        let name: DnsName = "ns.host.test.".parse().unwrap();
        NsDenial {
            end: name.clone(),
            name,
            outcome,
            zone: zone.parse().unwrap(),
        }
    }

    #[test]
    fn a_servers_domain_that_is_free_to_register_is_told_of() {
        let lacks = |outcome, zone| {
            let mut dns = zones(&[".", "example."]);
            dns.zones[1].ns_denials = vec![denial(outcome, zone)];
            lacking(&dns.zones[1], &"ns.host.test.".parse().unwrap()).unwrap()
        };
        let free = "but `host.test.` does not exist: whoever registers it can answer for the zone";
        assert_eq!(lacks(Outcome::Nxdomain, "test."), free);
        for (outcome, zone) in [
            (Outcome::Nxdomain, "host.test."),
            (Outcome::Nodata, "test."),
        ] {
            assert_eq!(lacks(outcome, zone), "a name without an address");
        }
    }

    #[test]
    fn answers_that_are_cut_short_or_no_messages_are_no_service_whoever_gives_them() {
        for response in [ResponseClass::Truncated, ResponseClass::Malformed] {
            let bad = || server(1, response);
            assert_eq!(judged(&[bad()]), ["dns/all-servers-lame"]);
            let fine = server(2, ResponseClass::Answer);
            assert_eq!(judged(&[bad(), fine]), ["dns/lame-delegation"]);
        }
    }
}
