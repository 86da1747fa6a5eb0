//! What can be wrong at the first door.

use std::sync::Arc;

use super::Scenario;
use crate::demo::blueprint::{
    Blueprint, HOST, SERVERS, at, delegated, parsed, shop, tld, with_site,
};
use crate::demo::zone::ZoneData;
use crate::demo::{Behaviour, NameServer};

/// How deep the nested zones of the last scenario go: resolvers follow 24 to 130 referrals, doorstep 30.
const NESTED: usize = 32;

/// The name at the bottom of the nested zones.
const DEEP: &str = "z32.z31.z30.z29.z28.z27.z26.z25.z24.z23.z22.z21.z20.z19.z18.z17.z16.z15.z14.z13.z12.z11.z10.z9.z8.z7.z6.z5.\
                    z4.z3.z2.z1.shop.example";

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "not-delegated",
        title: "the registration has lapsed: the registry no longer knows the name",
        text: "The servers of `example` say that `shop.example` does not exist, although its own servers still run and have \
               the zone. Nobody asks them any more. A look at the site's own DNS host shows nothing wrong; only the way from \
               the root does.",
        target: HOST,
        findings: &["dns/not-delegated"],
        change: |world| {
            world.tld = tld();
            Ok(())
        },
    },
    Scenario {
        name: "name-not-found",
        title: "the zone is fine, and the host is not in it",
        text: "`www` was forgotten: the apex has addresses, `www.shop.example` does not exist. Visitors who type the www see \
               \"server not found\", all others get in.",
        target: "www.shop.example",
        findings: &["dns/name-not-found"],
        change: |world| {
            world.shop = at(shop(), &["shop.example."], &["192.0.2.10", "2001:db8::10"]);
            Ok(())
        },
    },
    Scenario {
        name: "no-address",
        title: "the name exists, and has no address",
        text: "The zone was moved to another DNS host, and the mail and verification records were taken along, but not the \
               addresses of the site. NOERROR with an empty answer is another fault than a name that does not exist.",
        target: HOST,
        findings: &["dns/no-address"],
        change: |world| {
            world.shop = shop().text("shop.example.", "v=spf1 -all");
            Ok(())
        },
    },
    Scenario {
        name: "alias-loop",
        title: "two aliases point at each other",
        text: "`www` is an alias for `web`, and `web` one for `www`. Each record looks right by itself; every resolver gives \
               up on the two together.",
        target: "www.shop.example",
        findings: &["dns/alias-loop"],
        change: |world| {
            world.shop = at(shop(), &["shop.example."], &["192.0.2.10", "2001:db8::10"])
                .alias("www.shop.example.", "web.shop.example.")
                .alias("web.shop.example.", "www.shop.example.");
            Ok(())
        },
    },
    Scenario {
        name: "alias-dangling",
        title: "the alias leads to a load balancer that was deleted",
        text: "`www` is an alias for a name at a cloud provider, which is no longer there. Visitors see \"server not found\"; \
               and whoever creates that name at the provider gets them all.",
        target: "www.shop.example",
        findings: &["dns/alias-dangling"],
        change: |world| {
            world.shop = at(shop(), &["shop.example."], &["192.0.2.10", "2001:db8::10"])
                .alias("www.shop.example.", "shop-1234.lb.cloud.example.");
            let own = ["203.0.113.53", "2001:db8:c::53"];
            world.tld = delegated(tld()).delegate("cloud.example.", "ns1.cloud.example.", &own);
            let zone = at(
                ZoneData::new("cloud.example.", &["ns1.cloud.example."]),
                &["ns1.cloud.example."],
                &own,
            );
            world.others.push(server("cloud.example.", &own, zone));
            Ok(())
        },
    },
    Scenario {
        name: "lame-server",
        title: "one of two name servers does not know the zone",
        text: "ns2 is listed for the zone, and refuses every question about it: it was never told of the zone, or has lost it. \
               Resolvers ask the other one then, so the fault is hidden until that one fails too.",
        target: HOST,
        findings: &["dns/lame-delegation"],
        change: |world| {
            world.behaviour = [Behaviour::Serve, Behaviour::Refuse];
            Ok(())
        },
    },
    Scenario {
        name: "all-lame",
        title: "the name servers answer, and none has the zone",
        text: "The registrar lists two servers of a DNS host at which the zone was deleted. They are up, and refuse.",
        target: HOST,
        findings: &["dns/all-servers-lame"],
        change: |world| {
            world.behaviour = [Behaviour::Refuse; 2];
            Ok(())
        },
    },
    Scenario {
        name: "silent-server",
        title: "one of two name servers is silent",
        text: "ns2 takes questions and says nothing, over UDP and TCP. Every second resolver waits for it before it asks ns1, so \
               some visitors find the site slow for no reason that the site itself would show.",
        target: HOST,
        findings: &["dns/server-unreachable"],
        change: |world| {
            world.behaviour = [Behaviour::Serve, Behaviour::Silent];
            Ok(())
        },
    },
    Scenario {
        name: "server-dead",
        title: "one of two name servers is not there",
        text: "The machine of ns2 was switched off, and is still listed. Its network says so at once, which costs resolvers little; \
               but when ns1 fails as well, the shop is gone.",
        target: HOST,
        findings: &["dns/server-unreachable"],
        change: |world| {
            world.behaviour = [Behaviour::Serve, Behaviour::Dead];
            Ok(())
        },
    },
    Scenario {
        name: "servers-dead",
        title: "no name server of the zone is there",
        text: "Both servers of the zone are down. The site itself runs, and nobody finds it.",
        target: HOST,
        findings: &["dns/all-servers-dead"],
        change: |world| {
            world.behaviour = [Behaviour::Dead; 2];
            Ok(())
        },
    },
    Scenario {
        name: "glue-missing",
        title: "the referral names servers inside the zone, and not where they are",
        text: "To find ns1.shop.example one would have to ask ns1.shop.example. The registry must send its address along, and \
               does not: the host objects were forgotten at the registrar.",
        target: HOST,
        findings: &["dns/glue-missing"],
        change: |world| {
            world.tld = SERVERS.iter().fold(tld(), |zone, (name, _)| {
                zone.delegate("shop.example.", name, &[])
            });
            Ok(())
        },
    },
    Scenario {
        name: "ns-unresolvable",
        title: "one of three name servers has a name that leads nowhere",
        text: "The zone lists a third server whose own domain has lapsed. Whoever registers that domain can answer for the \
               shop, to a third of its visitors.",
        target: HOST,
        findings: &["dns/ns-unresolvable"],
        change: |world| {
            world.tld = delegated(tld()).delegate("shop.example.", "ns3.oldhost.example.", &[]);
            Ok(())
        },
    },
    Scenario {
        name: "private-address",
        title: "one address is of a private network",
        text: "The address of an internal test machine got into the public zone. Visitors are led there every third time, and \
               wait in vain.",
        target: HOST,
        findings: &["dns/private-address"],
        change: |world| {
            world.shop = with_site(shop()).address("shop.example.", "10.0.0.12");
            Ok(())
        },
    },
    Scenario {
        name: "all-private",
        title: "every address is of a private network",
        text: "The zone that the office uses inside was published outside. In the office everything works.",
        target: HOST,
        findings: &["dns/all-addresses-private"],
        change: |world| {
            world.shop = at(shop(), &["shop.example."], &["10.0.0.12", "fd00:5::12"]);
            Ok(())
        },
    },
    Scenario {
        name: "resolver-filters",
        title: "the resolver of this network keeps the site back",
        text: "The site is on the list of a filter, by mistake or because it once was broken into. Everybody behind that filter \
               sees \"server not found\", all others get in; the filter says so in its answer (an extended error), which no \
               browser shows.",
        target: HOST,
        findings: &["dns/resolver-disagrees"],
        change: |world| {
            world.filtered = vec![
                hickory_proto::rr::Name::from_labels([&b"shop"[..], b"example"])
                    .unwrap_or_default(),
            ];
            Ok(())
        },
    },
    Scenario {
        name: "hosts-file",
        title: "this machine's hosts file sends it elsewhere",
        text: "A line that was written for a test a year ago still stands in the hosts file. The site is fine; only this \
               machine goes to another one.",
        target: HOST,
        findings: &["dns/hosts-file"],
        change: |world| {
            "192.0.2.99 shop.example # the new server, to try it\n".clone_into(&mut world.hosts);
            Ok(())
        },
    },
    Scenario {
        name: "no-ipv6",
        title: "the site has no IPv6 address",
        text: "Visitors with IPv6 alone get in through a translator of their network, when it has one.",
        target: HOST,
        findings: &["dns/no-ipv6"],
        change: |world| {
            world.shop = at(shop(), &["shop.example."], &["192.0.2.10", "192.0.2.11"]);
            Ok(())
        },
    },
    Scenario {
        name: "no-ipv4",
        title: "the site has no IPv4 address",
        text: "Visitors with IPv4 alone, who are many, cannot get in at all. From a machine with IPv6 nothing seems wrong.",
        target: HOST,
        findings: &["dns/no-ipv4"],
        change: |world| {
            world.shop = at(shop(), &["shop.example."], &["2001:db8::10"]);
            Ok(())
        },
    },
    Scenario {
        name: "too-deep",
        title: "zones within zones, more than a resolver follows",
        text: "The name lies 32 zones deep. Each of them is in order, and every referral is right; but resolvers bound the \
               referrals that they follow for one name, and give up.",
        target: DEEP,
        findings: &["dns/limit-reached"],
        change: |world| {
            nest(world);
            Ok(())
        },
    },
];

/// The only server of a zone, called after it.
pub(super) fn server(origin: &str, addresses: &[&str], zone: ZoneData) -> NameServer {
    NameServer {
        name: origin.to_owned(),
        addresses: parsed(addresses),
        zones: vec![Arc::new(zone)],
        behaviour: Behaviour::Serve,
    }
}

/// Zones within zones, each on a server of its own: one that had several would answer without a referral.
fn nest(world: &mut Blueprint) {
    let mut zones: Vec<(String, ZoneData)> = vec![("shop.example.".to_owned(), with_site(shop()))];
    for level in 1..=NESTED {
        let Some((parent, zone)) = zones.pop() else {
            return;
        };
        let child = format!("z{level}.{parent}");
        let (name, own) = (format!("ns.{child}"), own_addresses(level));
        let own = own.each_ref().map(String::as_str);
        zones.push((parent, zone.delegate(&child, &name, &own)));
        let inner = ZoneData::new(&child, &[&name]);
        zones.push((child, at(inner, &[&name], &own)));
    }
    for (level, (origin, zone)) in zones.into_iter().enumerate() {
        let own = own_addresses(level);
        let own = own.each_ref().map(String::as_str);
        match level {
            0 => world.shop = zone,
            NESTED => {
                let zone = at(zone, &[&origin], &["192.0.2.10", "2001:db8::10"]);
                world.others.push(server(&origin, &own, zone));
            }
            _ => world.others.push(server(&origin, &own, zone)),
        }
    }
}

/// The addresses of the server of a nested zone.
fn own_addresses(level: usize) -> [String; 2] {
    [
        format!("203.0.113.{}", 100 + level),
        format!("2001:db8:a::{level}"),
    ]
}
