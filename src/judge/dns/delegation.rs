//! Does the parent lead to the zone's servers: by true addresses, by names that are no aliases, and not in a circle?

use crate::facts::dns::{Dns, Obstacle, Zone};
use crate::facts::name::DnsName;
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// The parent gives another address for a name server than the zone does.
    ///
    /// The address that the registrar keeps for a server inside the zone (glue, host object) and the one in the zone itself differ.
    /// Resolvers meet the old machine first, which may be gone, or belong to somebody else by now. When the server has
    /// moved, enter its new address at the registrar: look for "host records", "child name servers" or "glue".
    GlueMismatch { zone: DnsName, server: DnsName, glue: String, own: String }
    id: "dns/glue-mismatch", severity: Error, source: "RFC 1034 §4.2.2 (zonemaster CONSISTENCY05)",
    message: "the parent of `{zone}` says that {server} is at {glue}, the zone itself says {own}",
    fix: "enter {own} for {server} at the registrar (host record, glue), or correct it in the zone",
}

finding! {
    /// The name of a name server is an alias.
    ///
    /// An NS record must lead to a name that has addresses itself. Some resolvers refuse to follow a CNAME there, so for their
    /// users the server does not exist. Put the real name of the server into the NS records, at the zone and at the registrar.
    NsIsAlias { zone: DnsName, server: DnsName }
    id: "dns/ns-is-alias", severity: Error, source: "RFC 2181 §10.3",
    message: "the name server {server} of `{zone}` is an alias (CNAME)",
    fix: "replace {server} in the NS records of `{zone}` by the name that it is an alias for",
}

finding! {
    /// The servers of some zones can be found only through each other.
    ///
    /// To find the servers of one zone their names have to be resolved, which needs the servers of another zone, whose names need
    /// the first again. Nobody can begin anywhere, so nobody gets in. Give one of the zones a name server inside itself, and
    /// enter its address at the registrar (glue).
    DelegationLoop { zone: DnsName, servers: Vec<DnsName>, listed: String }
    id: "dns/delegation-loop", severity: Error, source: "RFC 1034 §4.2.1 (TsuNAME)",
    message: "the servers of `{zone}`, {listed}, can be found only by asking themselves",
    fix: "give `{zone}` a name server inside itself, with its address at the registrar (glue)",
}

pub(super) fn judge(dns: &Dns, findings: &mut Vec<Finding>) {
    for zone in &dns.zones {
        glue_mismatch(zone, findings);
        ns_is_alias(zone, findings);
    }
    delegation_loop(dns, findings);
}

/// Server by server: an address on one side only is no mismatch as long as one is on both.
fn glue_mismatch(zone: &Zone, findings: &mut Vec<Finding>) {
    let Some(own) = &zone.own_addresses else {
        return;
    };
    for server in zone
        .parent_ns
        .iter()
        .filter(|name| name.is_at_or_below(&zone.name))
    {
        let of = |all: &[crate::facts::dns::Glue]| -> Vec<String> {
            let own = all.iter().filter(|glue| glue.name == *server);
            own.map(|glue| glue.address.to_string()).collect()
        };
        let (glue, own) = (of(&zone.glue), of(own));
        let stray: Vec<&String> = glue
            .iter()
            .filter(|address| !own.contains(address))
            .collect();
        if own.is_empty() || stray.is_empty() {
            continue;
        }
        let evidence = GlueMismatch {
            zone: zone.name.clone(),
            server: server.clone(),
            glue: glue.join(", "),
            own: own.join(", "),
        };
        let mut finding = evidence.about(server.without_dot());
        // What is wrong with the machine at the old address comes from its being named.
        finding.subjects.extend(stray.into_iter().cloned());
        findings.push(finding);
    }
}

fn ns_is_alias(zone: &Zone, findings: &mut Vec<Finding>) {
    for server in &zone.alias_ns {
        let (zone, server) = (zone.name.clone(), server.clone());
        let subject = server.without_dot();
        findings.push(NsIsAlias { zone, server }.about(subject));
    }
}

fn delegation_loop(dns: &Dns, findings: &mut Vec<Finding>) {
    let looping = dns
        .questions
        .iter()
        .find_map(|question| match &question.obstacle {
            Some(Obstacle::DelegationLoop { zone }) => Some(zone.clone()),
            _ => None,
        });
    let Some(zone) = looping else { return };
    let found = dns.zones.iter().find(|other| other.name == zone);
    let servers = found.map(|zone| zone.parent_ns.clone()).unwrap_or_default();
    let listed: Vec<String> = servers.iter().map(DnsName::without_dot).collect();
    let subject = zone.without_dot();
    let evidence = DelegationLoop {
        zone,
        servers,
        listed: listed.join(", "),
    };
    let mut finding = evidence.about(subject);
    finding.subjects.extend(listed);
    findings.push(finding);
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ids, question, zones};
    use super::*;
    use crate::facts::dns::{Glue, Outcome};
    use crate::facts::name::RrType;

    fn glue(address: &str) -> Glue {
        Glue {
            name: "ns1.example.".parse().unwrap(),
            address: address.parse().unwrap(),
        }
    }

    fn judged(change: impl FnOnce(&mut Zone)) -> Vec<String> {
        let mut dns = zones(&["example."]);
        dns.zones[0].parent_ns = vec!["ns1.example.".parse().unwrap()];
        change(&mut dns.zones[0]);
        ids(|findings| judge(&dns, findings))
    }

    #[test]
    fn glue_that_the_zone_does_not_know_is_named() {
        let with = |own: Option<Vec<Glue>>| {
            judged(|zone| {
                zone.glue = vec![glue("192.0.2.1")];
                zone.own_addresses = own;
            })
        };
        assert_eq!(with(Some(vec![glue("192.0.2.2")])), ["dns/glue-mismatch"]);
        assert!(with(Some(vec![glue("192.0.2.1"), glue("2001:db8::1")])).is_empty());
        assert!(with(Some(Vec::new())).is_empty());
        assert!(with(None).is_empty());
    }

    #[test]
    fn a_server_whose_name_is_an_alias_is_named() {
        assert_eq!(
            judged(|zone| zone.alias_ns = zone.parent_ns.clone()),
            ["dns/ns-is-alias"]
        );
        assert!(judged(|_| ()).is_empty());
    }

    #[test]
    fn a_circle_of_delegations_is_an_error_and_a_plain_failure_is_not() {
        let with = |obstacle| {
            let mut asked = question("a.example.", RrType::A, Outcome::Unresolvable);
            asked.obstacle = Some(obstacle);
            ids(|findings| judge(&zones(&["example."]).asks(asked), findings))
        };
        let zone: DnsName = "example.".parse().unwrap();
        assert_eq!(
            with(Obstacle::DelegationLoop { zone: zone.clone() }),
            ["dns/delegation-loop"]
        );
        assert!(with(Obstacle::NoUsableServer { zone }).is_empty());
    }
}
