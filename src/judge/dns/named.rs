//! Servers as findings name them.

use crate::facts::dns::ZoneServer;
use crate::facts::name::DnsName;

/// `ns1.shop.example. (192.0.2.53, 2001:db8::53), ns2.shop.example. (198.51.100.53)`.
pub(super) fn named(servers: &[&ZoneServer]) -> String {
    let of = |name: &DnsName| {
        let own: Vec<&ZoneServer> = servers
            .iter()
            .copied()
            .filter(|server| server.name == *name)
            .collect();
        format!("{name} ({})", addresses(&own).join(", "))
    };
    let each = names(servers).into_iter().map(of);
    each.collect::<Vec<_>>().join(", ")
}

/// Each name once: a server's second address does not stand beside its first.
pub(super) fn names<'a>(servers: &[&'a ZoneServer]) -> Vec<&'a DnsName> {
    let mut names: Vec<&DnsName> = Vec::new();
    for server in servers {
        if !names.contains(&&server.name) {
            names.push(&server.name);
        }
    }
    names
}

/// Their addresses, the subjects of what concerns them.
pub(super) fn addresses(servers: &[&ZoneServer]) -> Vec<String> {
    let each = servers.iter().map(|server| server.address.to_string());
    each.collect()
}

/// Names side by side.
pub(super) fn listed<'a>(names: impl IntoIterator<Item = &'a DnsName>) -> String {
    let each = names.into_iter().map(ToString::to_string);
    each.collect::<Vec<_>>().join(", ")
}
