//! Does a server of the zone resolve names of others for anybody?

use super::named::{addresses, named};
use crate::facts::dns::{Dns, ZoneServer};
use crate::facts::name::{DnsName, RrType};
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// A name server of the zone resolves foreign names for whoever asks.
    ///
    /// Such a server is used to flood others (small question, forged sender, large answer), and what it remembers can be poisoned.
    /// Providers cut such machines off. Servers of zones must not resolve: BIND `recursion no;`, or `allow-recursion` for your own
    /// network only; PowerDNS and NSD do not resolve at all, so a resolver (unbound, PowerDNS recursor, dnsmasq) has port 53 there: bind
    /// it to the inner address. On Windows Server: DNS Manager, properties of the server, Advanced, "Disable recursion".
    OpenRecursion { zone: DnsName, servers: String, asked: DnsName }
    id: "dns/open-recursion", severity: Warning, source: "BCP 140 (RFC 5358)",
    explained_by: ["dns/lame-delegation"],
    message: "{servers} of `{zone}` resolves foreign names for anybody (asked for `{asked}`)",
    fix: "switch recursion off at {servers} (BIND: `recursion no;`), or allow it for your own network only",
}

pub(super) fn judge(dns: &Dns, findings: &mut Vec<Finding>) {
    for zone in dns.zones.iter().filter(|zone| zone.is_surveyed()) {
        // Where no server speaks for the zone, whoever answers in their place does so for every name.
        let mut servers = zone.servers.iter();
        if !servers.any(|server| server.authoritative == Some(true)) {
            continue;
        }
        let open: Vec<&ZoneServer> = zone
            .servers
            .iter()
            .filter(|server| resolved(server).is_some())
            .collect();
        if let Some(asked) = open.first().and_then(|server| resolved(server)) {
            let evidence = OpenRecursion {
                zone: zone.name.clone(),
                servers: named(&open),
                asked: asked.clone(),
            };
            findings.push(evidence.about_all(zone.name.without_dot(), addresses(&open)));
        }
    }
}

/// The foreign name that a server resolved: offered (RA), not its own (no AA), and with the records asked for.
fn resolved(server: &ZoneServer) -> Option<&DnsName> {
    let asked = server.said().filter(|said| said.recursion_desired);
    let mut open = asked.filter(|said| {
        let had = |r#type: RrType| {
            let mut answers = said.answers.iter();
            answers.any(|record| record.name == said.name && record.r#type == r#type)
        };
        said.recursion == Some(true) && said.authoritative == Some(false) && had(said.r#type)
    });
    open.next().map(|said| &said.name)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ids, said, surveyed};
    use super::*;
    use crate::facts::dns::{ResponseClass, ServerResponse};

    fn judged(change: impl FnOnce(&mut ServerResponse)) -> Vec<String> {
        let mut dns = surveyed(2);
        let name = "a.root-servers.net.";
        let mut said = said(name, RrType::A, ResponseClass::Lame, &["198.41.0.4"]);
        said.recursion_desired = true;
        (said.recursion, said.authoritative) = (Some(true), Some(false));
        change(&mut said);
        let responses = dns.zones[0].servers[1].responses.as_mut().unwrap();
        responses.push(said);
        ids(|findings| judge(&dns, findings))
    }

    #[test]
    fn who_resolves_a_foreign_name_is_named() {
        assert_eq!(judged(|_| ()), ["dns/open-recursion"]);
    }

    #[test]
    fn where_none_speaks_for_the_zone_something_else_is_wrong() {
        let mut dns = surveyed(1);
        let mut said = said(
            "a.root-servers.net.",
            RrType::A,
            ResponseClass::Lame,
            &["198.41.0.4"],
        );
        said.recursion_desired = true;
        (said.recursion, said.authoritative) = (Some(true), Some(false));
        let server = &mut dns.zones[0].servers[0];
        server.responses = Some(vec![said]);
        assert_eq!(
            ids(|findings| judge(&dns, findings)),
            ["dns/open-recursion"]
        );
        dns.zones[0].servers[0].authoritative = Some(false);
        assert!(ids(|findings| judge(&dns, findings)).is_empty());
    }

    #[test]
    fn a_refusal_an_own_zone_and_a_mere_offer_are_fine() {
        assert!(judged(|said| said.answers.clear()).is_empty());
        assert!(judged(|said| said.authoritative = Some(true)).is_empty());
        assert!(judged(|said| said.recursion = Some(false)).is_empty());
        assert!(judged(|said| said.recursion_desired = false).is_empty());
    }
}
