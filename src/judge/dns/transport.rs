//! Do the servers answer over UDP, and over TCP as well?

use super::named::{addresses, named};
use crate::facts::dns::{Dns, Transport, Zone, ZoneServer};
use crate::facts::name::DnsName;
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// A name server answers over UDP, and refuses or ignores TCP.
    ///
    /// Answers that do not fit into a datagram are fetched over TCP, and resolvers turn to it as well when they suspect forgery.
    /// Today's answers of the zone fit; the first larger one (more addresses, a second key, a long TXT) will be lost for whoever
    /// asks this server. Mostly a firewall passes only UDP: open TCP port 53 too. On AWS that is a second inbound rule of the
    /// security group and of the network ACL, on GCP and Azure a second firewall rule, on Linux `nft add rule inet filter input
    /// tcp dport 53 accept`. BIND must not have `listen-on` without TCP, PowerDNS no `disable-tcp=yes`, NSD no `do-tcp: no` (its
    /// `tcp-count` may be used up).
    TcpRefused { zone: DnsName, servers: String }
    id: "dns/tcp-refused", severity: Warning, source: "RFC 7766 §5, RFC 9210 §3",
    explained_by: ["dns/lame-delegation", "dns/glue-mismatch"],
    message: "{servers} answers questions for `{zone}` over UDP, and not over TCP",
    fix: "open TCP port 53 of {servers}, in the firewall and in the name server",
}

finding! {
    /// An answer of the zone needs TCP, and a name server does not speak it.
    ///
    /// The answer is too large for a datagram, so the server cuts it short and means the resolver to come back over TCP. There
    /// nobody answers: who asks this server does not get the records at all. Open TCP port 53 of the server (security group,
    /// network ACL, firewall; `do-tcp` of NSD, `disable-tcp` of PowerDNS). Until then make the answer smaller: fewer records at the
    /// name, ECDSA keys (algorithm 13) instead of RSA.
    TcpNeeded { zone: DnsName, servers: String, answers: String }
    id: "dns/tcp-needed", severity: Error, source: "RFC 7766 §5, RFC 9210 §3",
    explained_by: ["dns/lame-delegation"],
    message: "{servers} cuts its answer for {answers} short, and does not give it over TCP either",
    fix: "open TCP port 53 of {servers}, in the firewall and in the name server",
}

finding! {
    /// A name server answers over TCP, and not over UDP.
    ///
    /// Resolvers ask over UDP first, and wait in vain; few then try TCP, the others go on to another server of the zone. Visitors
    /// wait for a second or more whenever this server's turn comes. Mostly a firewall or a protection against floods passes TCP
    /// port 53 alone: open UDP port 53 too (on AWS in the security group and in the network ACL, there for the answers as well, which
    /// go to high ports), or see that the server listens on UDP at this address.
    UdpRefused { zone: DnsName, servers: String }
    id: "dns/udp-refused", severity: Warning, source: "RFC 1035 §4.2, RFC 7766 §5",
    explained_by: ["dns/lame-delegation", "dns/glue-mismatch"],
    message: "{servers} answers questions for `{zone}` over TCP, and not over UDP",
    fix: "open UDP port 53 of {servers}, in the firewall and in the name server",
}

finding! {
    /// No name server of the zone answers over UDP.
    ///
    /// They answer over TCP, but resolvers ask over UDP first, and most never get to TCP when nothing comes back: visitors see "server
    /// not found". Mostly a firewall or a protection against floods passes TCP port 53 alone. Open UDP port 53 too: on AWS in the
    /// security group and in the network ACL, there for the answers as well, which go to high ports.
    UdpNeeded { zone: DnsName, servers: String }
    id: "dns/udp-needed", severity: Error, source: "RFC 1035 §4.2, RFC 7766 §5",
    explained_by: ["dns/glue-mismatch"],
    message: "no name server of `{zone}` answers over UDP: {servers} answers over TCP alone",
    fix: "open UDP port 53 of {servers}, in the firewall and in the name server",
}

pub(super) fn judge(dns: &Dns, findings: &mut Vec<Finding>) {
    for zone in dns.zones.iter().filter(|zone| zone.is_surveyed()) {
        without_udp(dns, zone, findings);
    }
    for zone in dns.zones.iter().filter(|zone| zone.is_surveyed()) {
        // What does not serve the zone at all has a finding of its own.
        let without = zone.servers.iter().filter(|server| {
            server.authoritative == Some(true)
                && server.reachable_udp == Some(true)
                && server.reachable_tcp == Some(false)
        });
        let (needed, refused): (Vec<&ZoneServer>, Vec<&ZoneServer>) =
            without.partition(|server| !cut_short(server).is_empty());
        if !needed.is_empty() {
            findings.push(tcp_needed(zone, &needed));
        }
        if !refused.is_empty() {
            let evidence = TcpRefused {
                zone: zone.name.clone(),
                servers: named(&refused),
            };
            findings.push(evidence.about_all(zone.name.without_dot(), addresses(&refused)));
        }
    }
}

fn without_udp(dns: &Dns, zone: &Zone, findings: &mut Vec<Finding>) {
    // Where a firewall before this machine passes no datagram at all, the servers are not to blame.
    let steps = || dns.questions.iter().flat_map(|question| &question.steps);
    let passes = |server: &ZoneServer| {
        steps().any(|step| {
            step.transport == Transport::Udp
                && step.response.is_response()
                && step.server.address.is_ipv4() == server.address.is_ipv4()
        })
    };
    let over_tcp = zone
        .servers
        .iter()
        .filter(|server| server.authoritative == Some(true));
    let without: Vec<&ZoneServer> = over_tcp
        .filter(|server| server.reachable_tcp == Some(true) && server.reachable_udp == Some(false))
        .filter(|server| passes(server))
        .collect();
    if without.is_empty() {
        return;
    }
    let name = zone.name.clone();
    let servers = named(&without);
    let addresses = addresses(&without);
    let known = zone.servers.iter();
    let nobody = known
        .filter_map(|server| server.reachable_udp)
        .all(|heard| !heard);
    let about = zone.name.without_dot();
    findings.push(if nobody {
        UdpNeeded {
            zone: name,
            servers,
        }
        .about_all(about, addresses)
    } else {
        UdpRefused {
            zone: name,
            servers,
        }
        .about_all(about, addresses)
    });
}

fn tcp_needed(zone: &Zone, servers: &[&ZoneServer]) -> Finding {
    let mut answers: Vec<String> = servers
        .iter()
        .flat_map(|server| cut_short(server))
        .collect();
    answers.sort();
    answers.dedup();
    let evidence = TcpNeeded {
        zone: zone.name.clone(),
        servers: named(servers),
        answers: answers.join(", "),
    };
    evidence.about_all(zone.name.without_dot(), addresses(servers))
}

/// What came only in part.
fn cut_short(server: &ZoneServer) -> Vec<String> {
    let cut = server
        .said()
        .filter(|said| said.transport == Transport::Udp && said.truncated == Some(true));
    cut.map(|said| format!("{} of `{}`", said.r#type, said.name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ids, question, said, step, surveyed};
    use super::*;
    use crate::facts::dns::{Outcome, ResponseClass};
    use crate::facts::name::RrType;

    fn judged(change: impl FnOnce(&mut ZoneServer)) -> Vec<String> {
        let mut dns = surveyed(2);
        change(&mut dns.zones[0].servers[1]);
        ids(|findings| judge(&dns, findings))
    }

    #[test]
    fn a_server_without_tcp_is_named() {
        assert_eq!(
            judged(|server| server.reachable_tcp = Some(false)),
            ["dns/tcp-refused"]
        );
        assert!(judged(|_| ()).is_empty());
        assert!(judged(|server| server.reachable_tcp = None).is_empty());
    }

    #[test]
    fn a_server_that_is_lame_or_silent_altogether_is_another_finding() {
        let dead = |server: &mut ZoneServer| {
            (server.reachable_udp, server.reachable_tcp) = (Some(false), Some(false));
        };
        assert!(judged(dead).is_empty());
        let lame = |server: &mut ZoneServer| {
            (server.authoritative, server.reachable_tcp) = (Some(false), Some(false));
        };
        assert!(judged(lame).is_empty());
    }

    #[test]
    fn a_server_without_udp_is_named_where_datagrams_pass() {
        let over_tcp = |server: &mut ZoneServer| {
            (server.reachable_udp, server.reachable_tcp) = (Some(false), Some(true));
        };
        let judged = |silent: usize, heard: ResponseClass| {
            let mut dns = surveyed(2);
            dns.zones[0].servers[..silent].iter_mut().for_each(over_tcp);
            let mut asked = question("shop.example.", RrType::A, Outcome::Answer);
            asked.steps = vec![step("example.", 9, heard)];
            ids(|findings| judge(&dns.asks(asked), findings))
        };
        assert!(judged(0, ResponseClass::Referral).is_empty());
        assert_eq!(judged(1, ResponseClass::Referral), ["dns/udp-refused"]);
        assert_eq!(judged(2, ResponseClass::Referral), ["dns/udp-needed"]);
        assert!(judged(2, ResponseClass::Timeout).is_empty());
    }

    #[test]
    fn an_answer_that_is_cut_short_makes_it_an_error() {
        let cut = |tcp| {
            judged(|server| {
                let mut said = said("shop.example.", RrType::CAA, ResponseClass::Truncated, &[]);
                said.truncated = Some(true);
                server.responses.as_mut().unwrap().push(said);
                server.reachable_tcp = Some(tcp);
            })
        };
        assert_eq!(cut(false), ["dns/tcp-needed"]);
        assert!(cut(true).is_empty());
    }
}
