//! Does the zone survive the loss of one server, or of one network?

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;

use super::named::listed;
use crate::facts::dns::{Dns, Zone};
use crate::facts::name::DnsName;
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// The zone has one name server only.
    ///
    /// When that machine restarts, or its line is down, nobody finds the site, mail included. Registries ask for two at least.
    /// Add a second one: most DNS hosts give two to four names of their own (enter all of them at the registrar), and a secondary
    /// is offered by Hurricane Electric, ClouDNS, NS1, Gandi and many registrars ("secondary DNS", "slave"). Two names with one
    /// address count as one server.
    SingleServer { zone: DnsName, server: String, what: String }
    id: "dns/single-server", severity: Warning, source: "RFC 1034 §4.1, RFC 2182 §5",
    message: "`{zone}` has only one name server {what}: {server}",
    fix: "add a second name server for `{zone}`, elsewhere, at the registrar and in the NS records",
}

finding! {
    /// All name servers of the zone stand in one network.
    ///
    /// One router, one provider's mistake or one attack takes them all away at once. Put one of them into another network, of
    /// another provider: a secondary at a DNS host is the least work. Servers of large DNS hosts share a network only in name
    /// (anycast); theirs are spread over several as a rule.
    SingleNetwork { zone: DnsName, networks: String }
    id: "dns/single-network", severity: Notice, source: "RFC 2182 §3.1",
    explained_by: ["dns/single-server"],
    message: "all name servers of `{zone}` are in one network: {networks}",
    fix: "put a name server of `{zone}` into another network, such as a secondary at a DNS host",
}

/// Networks that fail as a whole: what is routed, and given to one customer.
const PREFIXES: (u8, u8) = (24, 48);

pub(super) fn judge(dns: &Dns, findings: &mut Vec<Finding>) {
    for zone in dns.zones.iter().filter(|zone| zone.is_surveyed()) {
        // Of a server without address it is not known where it stands; that is a finding of its own.
        if zone.unresolved_ns.is_empty() && !zone.servers.is_empty() {
            findings.extend(single_server(zone).or_else(|| single_network(zone)));
        }
    }
}

fn single_server(zone: &Zone) -> Option<Finding> {
    let names: BTreeSet<&DnsName> = zone.servers.iter().map(|server| &server.name).collect();
    let what = match (names.len(), addresses(zone).len()) {
        (1, _) => "name",
        (_, 1) => "address",
        _ => return None,
    };
    let evidence = SingleServer {
        zone: zone.name.clone(),
        server: listed(names),
        what: what.to_owned(),
    };
    Some(evidence.about(zone.name.without_dot()))
}

fn single_network(zone: &Zone) -> Option<Finding> {
    let networks: BTreeSet<IpNet> = addresses(zone).into_iter().filter_map(network).collect();
    let one_each = |family: fn(&&IpNet) -> bool| networks.iter().filter(family).count() <= 1;
    let of_v4 = |network: &&IpNet| matches!(network, IpNet::V4(_));
    let of_v6 = |network: &&IpNet| matches!(network, IpNet::V6(_));
    if !one_each(of_v4) || !one_each(of_v6) {
        return None;
    }
    let each: Vec<String> = networks.iter().map(ToString::to_string).collect();
    let evidence = SingleNetwork {
        zone: zone.name.clone(),
        networks: each.join(", "),
    };
    Some(evidence.about(zone.name.without_dot()))
}

fn addresses(zone: &Zone) -> BTreeSet<IpAddr> {
    zone.servers.iter().map(|server| server.address).collect()
}

fn network(address: IpAddr) -> Option<IpNet> {
    let (v4, v6) = PREFIXES;
    let bits = if address.is_ipv4() { v4 } else { v6 };
    IpNet::new(address, bits)
        .ok()
        .map(|network| network.trunc())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ids, surveyed};
    use super::*;

    fn judged(addresses: &[(u8, &str)]) -> Vec<String> {
        let mut dns = surveyed(1);
        let first = dns.zones[0].servers[0].clone();
        let servers = addresses.iter().map(|(number, address)| {
            let mut server = first.clone();
            server.name = format!("ns{number}.example.").parse().unwrap();
            server.address = address.parse().unwrap();
            server
        });
        dns.zones[0].servers = servers.collect();
        ids(|findings| judge(&dns, findings))
    }

    #[test]
    fn one_name_or_one_address_is_one_server() {
        let single = ["dns/single-server"];
        assert_eq!(judged(&[(1, "192.0.2.1"), (1, "2001:db8::1")]), single);
        assert_eq!(judged(&[(1, "192.0.2.1"), (2, "192.0.2.1")]), single);
        assert!(judged(&[(1, "192.0.2.1"), (2, "198.51.100.1")]).is_empty());
    }

    #[test]
    fn a_second_network_of_either_family_is_enough() {
        let single = ["dns/single-network"];
        assert_eq!(judged(&[(1, "192.0.2.1"), (2, "192.0.2.200")]), single);
        let v6 = [
            (1, "192.0.2.1"),
            (1, "2001:db8::1"),
            (2, "192.0.2.2"),
            (2, "2001:db8:0:f::1"),
        ];
        assert_eq!(judged(&v6), single);
        assert!(judged(&[(1, "192.0.2.1"), (2, "192.0.3.1")]).is_empty());
        let other = [
            (1, "192.0.2.1"),
            (1, "2001:db8::1"),
            (2, "192.0.2.2"),
            (2, "2001:db8:1::1"),
        ];
        assert!(judged(&other).is_empty());
    }

    #[test]
    fn where_an_address_is_not_known_nothing_is_said() {
        let mut dns = surveyed(1);
        dns.zones[0].unresolved_ns = vec!["ns9.example.".parse().unwrap()];
        assert!(ids(|findings| judge(&dns, findings)).is_empty());
    }
}
