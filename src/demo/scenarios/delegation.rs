//! What can be wrong on the way to the zone's servers, with aliases, and with how servers answer.

use super::Scenario;
use super::dns::server;
use crate::demo::blueprint::{
    ADDRESSES, Blueprint, HOST, SERVERS, at, delegated, parsed, shop, tld, with_site,
};
use crate::demo::pki::{HEALTHY, Request};
use crate::demo::zone::ZoneData;
use crate::demo::{Behaviour, NameServer};

/// Where the second server of the zone was before it moved.
const BEFORE: &str = "198.51.100.54";

/// Name servers as Route 53 names them, under numbers that it does not give: the name, its zone, the addresses.
const ROUTE_53: [(&str, &str, [&str; 2]); 4] = [
    (
        "ns-9001.awsdns-91.com.",
        "awsdns-91.com.",
        ["203.0.113.61", "2001:db8:a:1::1"],
    ),
    (
        "ns-9002.awsdns-92.net.",
        "awsdns-92.net.",
        ["198.51.100.62", "2001:db8:a:2::1"],
    ),
    (
        "ns-9003.awsdns-93.org.",
        "awsdns-93.org.",
        ["192.0.2.63", "2001:db8:a:3::1"],
    ),
    (
        "ns-9004.awsdns-94.co.uk.",
        "awsdns-94.co.uk.",
        ["203.0.113.64", "2001:db8:a:4::1"],
    ),
];

/// The addresses of a cloud provider's name server.
const CLOUD: [&str; 2] = ["203.0.113.53", "2001:db8:c::53"];

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "glue-mismatch",
        title: "the registry has an old address of a name server",
        text: "ns2 moved, its address was changed in the zone, and the host record at the registrar was forgotten. The old machine \
               still answers, for now: when it is switched off, every second question goes nowhere, and nothing in the zone shows \
               why.",
        target: HOST,
        findings: &["dns/glue-mismatch"],
        change: |world| {
            let [(ns1, own), (ns2, [_, v6])] = SERVERS;
            world.tld = tld().delegate("shop.example.", ns1, &own).delegate(
                "shop.example.",
                ns2,
                &[BEFORE, v6],
            );
            world.others.push(NameServer {
                name: "the old ns2.shop.example.".to_owned(),
                addresses: parsed(&[BEFORE]),
                zones: vec![world.shop.clone().into()],
                behaviour: Behaviour::Serve,
            });
            Ok(())
        },
    },
    Scenario {
        name: "route53-other-zone",
        title: "the registrar lists the servers of another Route 53 zone",
        text: "The zone was deleted and created again at Amazon Route 53, which gave it four other name servers. The registrar still lists \
               the old ones. They are up, and refuse: the zone looks fine in the console, and nobody finds the name.",
        target: HOST,
        findings: &["dns/all-servers-lame"],
        change: |world| {
            let listed = ROUTE_53.iter();
            world.tld = listed.fold(tld(), |zone, (name, ..)| {
                zone.delegate("shop.example.", name, &[])
            });
            for (name, origin, addresses) in ROUTE_53 {
                world.root = world.root.clone().delegate(origin, name, &addresses);
                let zone = at(ZoneData::new(origin, &[name]), &[name], &addresses);
                world.others.push(server(origin, &addresses, zone));
            }
            Ok(())
        },
    },
    Scenario {
        name: "ns-is-alias",
        title: "a name server's name is an alias",
        text: "The DNS host renamed its server and left a CNAME at the old name. Some resolvers follow it, others take the server \
               for one without address.",
        target: HOST,
        findings: &["dns/ns-is-alias"],
        change: |world| {
            world.tld = delegated(tld())
                .delegate("shop.example.", "ns3.dnshost.example.", &[])
                .alias("ns3.dnshost.example.", "ns2.shop.example.");
            world.shop = with_site(shop()).served_by("ns3.dnshost.example.");
            Ok(())
        },
    },
    Scenario {
        name: "delegation-loop",
        title: "two zones whose servers are named in each other",
        text: "The shop uses the name servers of its partner, and the partner those of the shop. Neither's addresses can be found \
               without having found the other's. It worked for as long as resolvers remembered.",
        target: HOST,
        findings: &["dns/delegation-loop"],
        change: |world| {
            world.tld = tld()
                .delegate("shop.example.", "ns1.partner.example.", &[])
                .delegate("partner.example.", "ns1.shop.example.", &[]);
            let partner = ZoneData::new("partner.example.", &["ns1.shop.example."]);
            let own = ["192.0.2.57", "2001:db8::57"];
            let partner = at(partner, &["ns1.partner.example."], &own);
            world.others.push(server("partner.example.", &own, partner));
            Ok(())
        },
    },
    Scenario {
        name: "alias-at-apex",
        title: "a CNAME at the apex of the zone",
        text: "Somebody pointed the bare domain to the load balancer by a CNAME, beside which nothing else may stand, and the apex \
               always has SOA and NS. Some resolvers then lose the zone's name servers or mail.",
        target: HOST,
        findings: &["dns/alias-at-apex"],
        change: |world| {
            world.shop = shop().alias("shop.example.", "shop-1234.lb.cloud.example.");
            in_the_cloud(world);
            Ok(())
        },
    },
    Scenario {
        name: "alias-chain-long",
        title: "five aliases between the name and its address",
        text: "www leads to a campaign, that to an agency's name, on to a content network and back. Each link costs resolvers a \
               look-up, and each is somebody else's to break.",
        target: "www.shop.example",
        findings: &["dns/alias-chain-long"],
        change: |world| {
            let names = ["www", "spring", "agency", "edge", "origin"];
            let targets = ["spring", "agency", "edge", "origin"];
            let targets = targets.map(|name| format!("{name}.shop.example."));
            let targets = targets.into_iter().chain(["shop.example.".to_owned()]);
            let zone = at(shop(), &["shop.example."], &ADDRESSES);
            let links = names.into_iter().zip(targets);
            world.shop = links.fold(zone, |zone, (name, target)| {
                zone.alias(&format!("{name}.shop.example."), &target)
            });
            Ok(())
        },
    },
    Scenario {
        name: "wildcard",
        title: "the name is answered by a wildcard",
        text: "`www` is in the zone only as `*`. That works, and so does every misspelt name: to see it is worth knowing before \
               something is found at a name that nobody made.",
        target: "www.shop.example",
        findings: &["dns/wildcard"],
        change: |world| {
            world.shop = at(shop(), &["shop.example.", "*.shop.example."], &ADDRESSES);
            Ok(())
        },
    },
    Scenario {
        name: "minimised-denied",
        title: "servers that deny a name because only names below it have records",
        text: "`www.eu.shop.example` exists, and so does `eu.shop.example`, without records of its own. The servers say that it \
               does not. Resolvers that show servers no more of a name than they need stop there.",
        target: "www.eu.shop.example",
        findings: &["dns/minimised-denied"],
        change: |world| {
            let names = ["www.eu.shop.example", "shop.example"];
            let names = names.as_slice();
            world.certify(None, &Request { names, ..HEALTHY })?;
            world.shop = at(with_site(shop()), &["www.eu.shop.example."], &ADDRESSES);
            world.behaviour = [Behaviour::DenyEmpty; 2];
            Ok(())
        },
    },
    Scenario {
        name: "edns-broken",
        title: "name servers that fail at EDNS",
        text: "An old firewall answers FORMERR to every question with extensions. Resolvers no longer try without them: for most \
               visitors the zone is gone. DNSSEC cannot pass either.",
        target: HOST,
        findings: &["dns/edns-broken", "dns/not-signed"],
        change: |world| {
            world.shop = with_site(shop()).unsigned();
            world.behaviour = [Behaviour::FailAtEdns; 2];
            Ok(())
        },
    },
    Scenario {
        name: "intercepted",
        title: "this network answers in place of the root servers",
        text: "A hotel's network catches every question to port 53 and has its own resolver answer. What one asks a root server is \
               answered by that resolver, which says of anything what it likes.",
        target: HOST,
        findings: &["dns/intercepted"],
        change: |world| {
            world.root_behaviour = Behaviour::Resolve;
            Ok(())
        },
    },
];

/// A load balancer at a cloud provider, with the addresses of the site.
fn in_the_cloud(world: &mut Blueprint) {
    world.tld = delegated(tld()).delegate("cloud.example.", "ns1.cloud.example.", &CLOUD);
    let zone = ZoneData::new("cloud.example.", &["ns1.cloud.example."]);
    let zone = at(zone, &["ns1.cloud.example."], &CLOUD);
    let zone = at(zone, &["shop-1234.lb.cloud.example."], &ADDRESSES);
    world.others.push(server("cloud.example.", &CLOUD, zone));
}
