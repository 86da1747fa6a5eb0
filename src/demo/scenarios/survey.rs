//! What can be wrong with one server of the zone while the others hide it.

use std::net::Ipv4Addr;

use hickory_proto::rr::RecordType;

use super::Scenario;
use super::dns::server;
use crate::demo::Behaviour;
use crate::demo::blueprint::{ADDRESSES, HOST, SERVERS, at, delegated, shop, tld, with_site};
use crate::demo::zone::ZoneData;

/// A third name server, and those of another DNS host.
const THIRD: [&str; 2] = ["203.0.113.54", "2001:db8:c::54"];
const NEW_HOST: [(&str, [&str; 2]); 2] = [
    ("ns1.newhost.example.", ["203.0.113.61", "2001:db8:c::61"]),
    ("ns2.newhost.example.", ["198.51.100.61", "2001:db8:d::61"]),
];

/// A week in seconds.
const WEEK: u32 = 604_800;

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "tcp-refused",
        title: "one name server answers over UDP alone",
        text: "The firewall before ns2 passes UDP port 53, and nobody thought of TCP. All goes well until an answer no longer fits \
               into a datagram.",
        target: HOST,
        findings: &["dns/tcp-refused"],
        change: |world| {
            world.behaviour = [Behaviour::Serve, Behaviour::NoTcp];
            Ok(())
        },
    },
    Scenario {
        name: "udp-refused",
        title: "one name server answers over TCP alone",
        text: "A flood was answered by shutting UDP port 53 of ns2. Every second resolver now waits for an answer that never comes, \
               and asks ns1 after it.",
        target: HOST,
        findings: &["dns/udp-refused"],
        change: |world| {
            world.behaviour = [Behaviour::Serve, Behaviour::NoUdp];
            Ok(())
        },
    },
    Scenario {
        name: "udp-needed",
        title: "the name servers answer over TCP alone",
        text: "The security group of the new name servers opens TCP port 53. Whoever tests with dig +tcp finds that all is well; \
               visitors find no server.",
        target: HOST,
        findings: &["dns/udp-needed"],
        change: |world| {
            world.behaviour = [Behaviour::NoUdp; 2];
            Ok(())
        },
    },
    Scenario {
        name: "tcp-needed",
        title: "an answer outgrew the datagram, and one name server knows no TCP",
        text: "The CAA set got one address more to write to, and no longer fits. ns1 gives it over TCP, at ns2 that port is closed. A \
               certificate authority that asks ns2 must refuse to renew.",
        target: HOST,
        findings: &["dns/tcp-needed"],
        change: |world| {
            let addresses =
                (0..24).map(|number| format!("mailto:security-team-{number}@shop.example"));
            world.shop = addresses.fold(with_site(shop()), |zone, to| {
                zone.authorizing("shop.example.", "iodef", &to)
            });
            world.behaviour = [Behaviour::Serve, Behaviour::NoTcp];
            Ok(())
        },
    },
    Scenario {
        name: "ns-mismatch",
        title: "the zone has a third name server that the registrar does not know",
        text: "ns3 was added to the NS records of the zone, and the form at the registrar was left for later. Half of the resolvers \
               never ask it.",
        target: HOST,
        findings: &["dns/ns-mismatch"],
        change: |world| {
            let zone = at(with_site(shop()), &["ns3.shop.example."], &THIRD);
            world.shop = zone.served_by("ns3.shop.example.");
            world
                .others
                .push(server("ns3.shop.example.", &THIRD, world.shop.clone()));
            Ok(())
        },
    },
    Scenario {
        name: "ns-disjoint",
        title: "the zone moved to a new DNS host, and the registrar leads to the old one",
        text: "The new DNS host has the zone with its own name servers in it, the old one got a copy. The registrar still lists the old \
               servers: when they are switched off, the site is gone.",
        target: HOST,
        findings: &["dns/ns-disjoint"],
        change: |world| {
            let zone = ZoneData::new("shop.example.", &NEW_HOST.map(|(name, _)| name));
            let zone = SERVERS
                .iter()
                .fold(with_site(zone), |zone, (name, own)| at(zone, &[name], own));
            world.tld = NEW_HOST
                .iter()
                .fold(delegated(tld()), |tld, (name, own)| at(tld, &[name], own));
            for (name, own) in &NEW_HOST {
                world.others.push(server(name, own, zone.clone()));
            }
            world.shop = zone;
            Ok(())
        },
    },
    Scenario {
        name: "old-glue",
        title: "the registry has an address of a name server that is no more",
        text: "ns2 moved last year and the old machine was given back. The host record at the registrar still has its address: every \
               second question from above goes there, and is lost.",
        target: HOST,
        findings: &["dns/glue-mismatch"],
        change: |world| {
            let [(ns1, own), (ns2, [_, v6])] = SERVERS;
            world.tld = tld().delegate("shop.example.", ns1, &own).delegate(
                "shop.example.",
                ns2,
                &["198.51.100.77", v6],
            );
            Ok(())
        },
    },
    Scenario {
        name: "answers-differ",
        title: "one name server has an address less, and nobody notices",
        text: "A machine was taken out of the zone by hand on ns2, and the serial was not raised. Both servers think that they have the \
               same zone, and give different answers for ever.",
        target: HOST,
        findings: &["dns/answers-differ"],
        change: |world| {
            let [first, _, v6] = ADDRESSES;
            let names = ["shop.example.", "www.shop.example."];
            world.second = Some(at(shop(), &names, &[first, v6]));
            Ok(())
        },
    },
    Scenario {
        name: "answers-vary",
        title: "a name server gives its records by turns",
        text: "Two HTTPS records stand at the name, and the server gives out one at a time. That may be meant; it is worth knowing \
               before answers are compared.",
        target: HOST,
        findings: &["dns/not-signed", "dns/answers-vary"],
        change: |world| {
            let zone = with_site(shop()).announcing("shop.example.", &["h2"]);
            world.shop = zone
                .announcing("shop.example.", &["h2", "http/1.1"])
                .unsigned();
            world.behaviour = [Behaviour::Rotate(RecordType::HTTPS); 2];
            Ok(())
        },
    },
    Scenario {
        name: "serial-mismatch",
        title: "one name server has last week's zone",
        text: "The zone transfer to ns2 broke down. It gives the addresses of the machines that were replaced, and its serial tells \
               that it is behind.",
        target: HOST,
        findings: &["dns/serial-mismatch"],
        change: |world| {
            let [first, _, v6] = ADDRESSES;
            let then = at(shop(), &["shop.example."], &[first, v6]);
            let then = at(then, &["www.shop.example."], &ADDRESSES);
            world.shop = with_site(shop()).numbered(2_026_112_301);
            world.second = Some(then.numbered(2_026_111_601));
            Ok(())
        },
    },
    Scenario {
        name: "parent-split",
        title: "one server of the registry still has the delegation of yesterday",
        text: "The second name server was added at the registrar, and not all servers of the registry have taken it over. As a rule \
               that is over in an hour.",
        target: HOST,
        findings: &["dns/parent-split"],
        change: |world| {
            let [(ns1, own), _] = SERVERS;
            world.second_tld = Some(tld().delegate("shop.example.", ns1, &own));
            Ok(())
        },
    },
    Scenario {
        name: "recursive-server",
        title: "a resolver stands in the place of a name server",
        text: "The second name server was replaced by a machine that runs a resolver. It has the right answers from elsewhere, but not \
               with authority, and so resolvers do not take them.",
        target: HOST,
        findings: &["dns/lame-delegation"],
        change: |world| {
            world.behaviour = [Behaviour::Serve, Behaviour::Resolve];
            Ok(())
        },
    },
    Scenario {
        name: "single-server",
        title: "the zone has one name server",
        text: "A machine of one's own serves the zone, and the second one that the registrar asked for was never set up. Each restart \
               takes site and mail away.",
        target: HOST,
        findings: &["dns/single-server"],
        change: |world| {
            let [(ns1, own), _] = SERVERS;
            world.tld = tld().delegate("shop.example.", ns1, &own);
            world.shop = with_site(at(ZoneData::new("shop.example.", &[ns1]), &[ns1], &own));
            Ok(())
        },
    },
    Scenario {
        name: "single-network",
        title: "both name servers stand in one network",
        text: "ns1 and ns2 are two machines in one rack. One cable takes both away.",
        target: HOST,
        findings: &["dns/single-network"],
        change: |world| {
            let [(ns1, own), (ns2, _)] = SERVERS;
            let beside = ["192.0.2.54", "2001:db8::54"];
            world.tld =
                tld()
                    .delegate("shop.example.", ns1, &own)
                    .delegate("shop.example.", ns2, &beside);
            let zone = ZoneData::new("shop.example.", &[ns1, ns2]);
            world.shop = with_site(at(at(zone, &[ns1], &own), &[ns2], &beside));
            world.others.push(server(ns2, &beside, world.shop.clone()));
            Ok(())
        },
    },
    Scenario {
        name: "ttl-low",
        title: "the addresses may be kept for five seconds",
        text: "Before the last move the TTL was set to 5, and never set back. Every visit waits for a look-up.",
        target: HOST,
        findings: &["dns/ttl-low"],
        change: |world| {
            world.shop = with_site(shop())
                .lasting("shop.example.", RecordType::A, &[5])
                .lasting("shop.example.", RecordType::AAAA, &[5]);
            Ok(())
        },
    },
    Scenario {
        name: "ttl-high",
        title: "the addresses, and denials, may be kept for a week",
        text: "Somebody read that long lifetimes are good. When the machine is lost, its address lives on for a week; a name that is \
               asked for before it is made is missing for as long.",
        target: HOST,
        findings: &["dns/ttl-high", "dns/negative-ttl"],
        change: |world| {
            world.shop = with_site(shop())
                .lasting("shop.example.", RecordType::A, &[WEEK])
                .denying_for(WEEK);
            Ok(())
        },
    },
    Scenario {
        name: "ttl-unequal",
        title: "the addresses of one name have different lifetimes",
        text: "The second address was written into the zone file with a number of its own. Resolvers that keep one and forget the \
               other send all visitors to one machine.",
        target: HOST,
        findings: &["dns/ttl-unequal"],
        change: |world| {
            world.shop = with_site(shop()).lasting("shop.example.", RecordType::A, &[300, 600]);
            Ok(())
        },
    },
    Scenario {
        name: "type-broken",
        title: "a load balancer drops questions for IPv6 addresses",
        text: "In the place of ns2 an old appliance answers, which knows A alone. Who asks it for AAAA waits until he gives up.",
        target: HOST,
        findings: &["dns/type-broken"],
        change: |world| {
            world.behaviour = [Behaviour::Serve, Behaviour::Drop(RecordType::AAAA)];
            Ok(())
        },
    },
    Scenario {
        name: "caa-lookup-fails",
        title: "the name servers drop questions for CAA",
        text: "The servers are from before 2013. Certificate authorities must ask who may issue, get no answer, and refuse: the next \
               renewal fails.",
        target: HOST,
        findings: &["dns/caa-lookup-fails"],
        change: |world| {
            world.behaviour = [Behaviour::Drop(RecordType::CAA); 2];
            Ok(())
        },
    },
    Scenario {
        name: "open-recursion",
        title: "a name server resolves for anybody",
        text: "ns2 serves the zone, and whatever else it is asked. Sooner or later it takes part in an attack, and its provider cuts it \
               off.",
        target: HOST,
        findings: &["dns/open-recursion"],
        change: |world| {
            world.behaviour = [Behaviour::Serve, Behaviour::Recurse];
            Ok(())
        },
    },
    Scenario {
        name: "https-record-invalid",
        title: "the HTTPS record hints at a machine that has moved",
        text: "The addresses were changed, and the hint in the HTTPS record was forgotten. Browsers that read it dial the old machine \
               first.",
        target: HOST,
        findings: &["dns/https-record-invalid"],
        change: |world| {
            world.shop = with_site(shop()).hinting("shop.example.", Ipv4Addr::new(192, 0, 2, 99));
            Ok(())
        },
    },
    Scenario {
        name: "https-alias-dangling",
        title: "the HTTPS record is an alias for a name that is gone",
        text: "The contract with a CDN ended, and its name was removed. The addresses were pointed home; the alias in the HTTPS record \
               was forgotten, and browsers that read it ask for a name that does not exist.",
        target: HOST,
        findings: &["dns/https-record-invalid"],
        change: |world| {
            world.shop = with_site(shop()).service_alias("shop.example.", "edge.shop.example.");
            Ok(())
        },
    },
];
