//! Do the servers of the zone have the same state of it, and say the same?

use std::collections::BTreeSet;

use super::named::{addresses, named};
use crate::facts::dns::{Dns, Zone, ZoneServer};
use crate::facts::name::DnsName;
use crate::facts::survey::{AnswerSet, Difference};
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// Name servers of the zone give different answers, although they claim to have the same state of it.
    ///
    /// Which server a resolver asks is chance, so some visitors go one way and some another, and it changes from day to day. As the
    /// serial is the same, the servers do not notice and will never come together by themselves. Somebody edited the zone on a
    /// secondary, or on two hosts by hand, or forgot to raise the serial. Correct the records on the server that the zone comes
    /// from, raise the serial of its SOA, and reload: BIND `rndc reload ZONE`, Knot `knotc zone-reload ZONE`, NSD `nsd-control
    /// reload ZONE`, PowerDNS `pdnsutil increase-serial ZONE`. With two DNS hosts (Route 53 and Cloudflare, say), make the change at
    /// both: open the record in each console and compare.
    AnswersDiffer { zone: DnsName, servers: String, said: String, usual: String }
    id: "dns/answers-differ", severity: Error, source: "RFC 2181 §5",
    explained_by: ["dns/signature-invalid", "dns/signature-missing", "dns/expected-mismatch"],
    message: "{servers} answers otherwise than the rest: {said}; the rest says {usual}",
    fix: "correct the records of `{zone}` on {servers}, or raise the serial where they are right so that all take them over",
}

finding! {
    /// A name server answers now this, now that.
    ///
    /// The same question to the same server has different answers within a second: it gives out addresses by turns, by load or by
    /// chance, as content networks and weighted records do (Route 53 "weighted" or "multivalue", Cloudflare load balancing, PowerDNS
    /// Lua records). If that is meant, nothing is to be done, and answers of different servers cannot be compared. If not, look
    /// for two records of the same name with a routing policy, or for two servers that share one address.
    AnswersVary { zone: DnsName, servers: String, what: String }
    id: "dns/answers-vary", severity: Notice, source: "RFC 2181 §5",
    message: "{what} changes from one answer to the next at {servers}",
    fix: "nothing, if that is meant; else remove the weighted or rotating records at the DNS host of `{zone}`",
}

finding! {
    /// Not all name servers have the newest state of the zone.
    ///
    /// The serial of the SOA tells the state. These servers have an older one than the rest: visitors whose resolver asks them get
    /// yesterday's records, and changes seem to come and go. For a minute after a change that is as it should be. When it lasts,
    /// the zone transfer is broken: look in the log of the server that is behind (refused, TSIG key, TCP port 53 closed), at the
    /// primary's `allow-transfer` and `also-notify` (BIND), `provide-xfr` and `notify` (NSD), `acl` and `notify` (Knot), and have it
    /// fetch the zone anew: `rndc retransfer ZONE`, `nsd-control force_transfer ZONE`, `knotc zone-retransfer ZONE`, `pdns_control
    /// retrieve ZONE`. A server of an old provider is not updated by anybody: remove it at the registrar.
    SerialMismatch { zone: DnsName, servers: String, behind: String, newest: u32 }
    id: "dns/serial-mismatch", severity: Warning, source: "RFC 1982 §3.2, RFC 1035 §3.3.13 (zonemaster CONSISTENCY01)",
    explained_by: [
        "dns/signature-expired", "dns/signature-not-yet-valid", "dns/signature-missing", "dns/signature-invalid",
        "dns/partly-signed", "dns/glue-mismatch", "dns/ns-mismatch"
    ],
    message: "{behind} of `{zone}`, the newest is {newest}",
    fix: "have {servers} fetch the zone anew, and see why it did not by itself (transfer refused, TSIG, TCP port 53)",
}

pub(super) fn judge(dns: &Dns, findings: &mut Vec<Finding>) {
    for zone in dns.zones.iter().filter(|zone| zone.is_surveyed()) {
        answers(zone, findings);
        serials(zone, findings);
    }
}

fn answers(zone: &Zone, findings: &mut Vec<Finding>) {
    // What a server that is behind says is of another time.
    let all = zone.differences(zone.current());
    let (varying, mut stable): (Vec<Difference<'_>>, Vec<Difference<'_>>) = all
        .into_iter()
        .partition(|difference| !difference.varying.is_empty());
    // Only who said it twice does not say now this, now that.
    for difference in &mut stable {
        let (name, rr_type) = (difference.name, difference.r#type);
        let twice = |server: &ZoneServer| server.told(name, rr_type).nth(1).is_some();
        difference.odd.retain(|(server, _)| twice(server));
    }
    stable.retain(|difference| !difference.odd.is_empty());
    if !stable.is_empty() {
        findings.push(answers_differ(zone, &stable));
    }
    if !varying.is_empty() {
        findings.push(answers_vary(zone, &varying));
    }
}

fn answers_differ(zone: &Zone, differences: &[Difference<'_>]) -> Finding {
    let odd = differences.iter().flat_map(|difference| &difference.odd);
    let servers = in_order(zone, odd.map(|(server, _)| *server));
    let mut said = Vec::new();
    let mut usual = Vec::new();
    for difference in differences {
        let sets: BTreeSet<&AnswerSet> = difference.odd.iter().map(|(_, set)| set).collect();
        said.extend(sets.into_iter().map(|set| answer(difference, set)));
        usual.push(answer(difference, &difference.usual));
    }
    let evidence = AnswersDiffer {
        zone: zone.name.clone(),
        servers: named(&servers),
        said: said.join(", "),
        usual: usual.join(", "),
    };
    evidence.about_all(zone.name.without_dot(), addresses(&servers))
}

/// `` A 192.0.2.10, 192.0.2.11 for `shop.example.` ``.
fn answer(difference: &Difference<'_>, set: &AnswerSet) -> String {
    let (name, rr_type) = (difference.name, difference.r#type);
    let said: Vec<&str> = set.iter().map(String::as_str).collect();
    match said.as_slice() {
        [] => format!("no {rr_type} for `{name}`"),
        said => format!("{rr_type} {} for `{name}`", said.join(", ")),
    }
}

fn answers_vary(zone: &Zone, differences: &[Difference<'_>]) -> Finding {
    let varying = differences
        .iter()
        .flat_map(|difference| &difference.varying);
    let servers = in_order(zone, varying.copied());
    let what = differences
        .iter()
        .map(|difference| format!("{} of `{}`", difference.r#type, difference.name));
    let evidence = AnswersVary {
        zone: zone.name.clone(),
        servers: named(&servers),
        what: what.collect::<Vec<_>>().join(", "),
    };
    evidence.about_all(zone.name.without_dot(), addresses(&servers))
}

/// Each once, in the order of the zone.
fn in_order<'a>(zone: &'a Zone, of: impl Iterator<Item = &'a ZoneServer>) -> Vec<&'a ZoneServer> {
    let of: Vec<&ZoneServer> = of.collect();
    let has = |server: &&ZoneServer| of.iter().any(|one| one.address == server.address);
    zone.servers.iter().filter(has).collect()
}

fn serials(zone: &Zone, findings: &mut Vec<Finding>) {
    let Some(newest) = zone.newest_serial() else {
        return;
    };
    let behind: Vec<&ZoneServer> = zone
        .servers
        .iter()
        .filter(|server| zone.serial(server).is_some_and(|serial| serial != newest))
        .collect();
    if behind.is_empty() {
        return;
    }
    let serials: BTreeSet<u32> = behind.iter().filter_map(|one| zone.serial(one)).collect();
    let said = serials.into_iter().map(|serial| {
        let own: Vec<&ZoneServer> = behind
            .iter()
            .copied()
            .filter(|server| zone.serial(server) == Some(serial))
            .collect();
        format!("{} has the state {serial}", named(&own))
    });
    let evidence = SerialMismatch {
        zone: zone.name.clone(),
        servers: named(&behind),
        behind: said.collect::<Vec<_>>().join(", "),
        newest,
    };
    findings.push(evidence.about_all(zone.name.without_dot(), addresses(&behind)));
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ids, said, surveyed};
    use super::*;
    use crate::facts::dns::{ResponseClass, ServerResponse};
    use crate::facts::name::RrType;

    const NAME: &str = "www.shop.example.";

    fn a(addresses: &[&str]) -> ServerResponse {
        said(NAME, RrType::A, ResponseClass::Answer, addresses)
    }

    fn soa(serial: u32) -> ServerResponse {
        let data = format!("ns1.example. hostmaster.example. {serial} 1 1 1 60");
        said(
            "shop.example.",
            RrType::SOA,
            ResponseClass::Answer,
            &[&data],
        )
    }

    /// Three servers, of which the last says this.
    fn dns_with(third: Vec<ServerResponse>) -> Dns {
        let mut dns = surveyed(3);
        let [.., last] = dns.zones[0].servers.as_mut_slice() else {
            unreachable!()
        };
        last.responses = Some(third);
        for server in &mut dns.zones[0].servers[..2] {
            server.responses = Some(vec![soa(5), a(&["192.0.2.10", "192.0.2.11"])]);
        }
        dns
    }

    fn judged(third: Vec<ServerResponse>) -> Vec<String> {
        ids(|findings| judge(&dns_with(third), findings))
    }

    #[test]
    fn another_answer_at_the_same_serial_names_who_gives_it() {
        let odd = || a(&["192.0.2.99"]);
        let dns = dns_with(vec![soa(5), odd(), odd()]);
        let mut findings = Vec::new();
        judge(&dns, &mut findings);
        let found: Vec<(&str, &str)> = findings
            .iter()
            .map(|one| (one.id.as_str(), one.subject.as_str()))
            .collect();
        assert_eq!(found, [("dns/answers-differ", "192.0.2.3")]);
        let none = || said(NAME, RrType::A, ResponseClass::Nodata, &[]);
        assert_eq!(judged(vec![soa(5), none(), none()]), ["dns/answers-differ"]);
        assert!(judged(vec![soa(5), odd()]).is_empty(), "not asked again");
    }

    #[test]
    fn the_order_of_an_answer_and_a_server_that_says_nothing_make_no_difference() {
        assert!(judged(vec![soa(5), a(&["192.0.2.11", "192.0.2.10"])]).is_empty());
        assert!(judged(vec![soa(5)]).is_empty());
        let refused = said(NAME, RrType::A, ResponseClass::Refused, &[]);
        assert!(judged(vec![soa(5), refused]).is_empty());
    }

    #[test]
    fn a_server_that_varies_by_itself_is_a_notice() {
        let rotating = vec![soa(5), a(&["192.0.2.10"]), a(&["192.0.2.11"])];
        assert_eq!(judged(rotating), ["dns/answers-vary"]);
        let stable = vec![soa(5), a(&["192.0.2.10"]), a(&["192.0.2.10"])];
        assert_eq!(judged(stable), ["dns/answers-differ"]);
    }

    #[test]
    fn an_older_serial_explains_other_answers() {
        assert_eq!(
            judged(vec![soa(4), a(&["192.0.2.99"])]),
            ["dns/serial-mismatch"]
        );
        assert_eq!(judged(vec![soa(u32::MAX)]), ["dns/serial-mismatch"]);
    }

    #[test]
    fn who_is_behind_is_told_round_the_end_of_the_numbers() {
        let mut dns = dns_with(vec![soa(u32::MAX)]);
        let subjects = |dns: &Dns| {
            let mut findings = Vec::new();
            judge(dns, &mut findings);
            findings
                .into_iter()
                .flat_map(|one| one.subjects)
                .collect::<Vec<_>>()
        };
        assert_eq!(subjects(&dns), ["192.0.2.3"]);
        dns.zones[0].servers[2].responses = Some(vec![soa(6)]);
        assert_eq!(subjects(&dns), ["192.0.2.1", "192.0.2.2"]);
    }

    #[test]
    fn a_zone_that_was_not_surveyed_is_not_compared() {
        let mut dns = dns_with(vec![soa(4)]);
        for server in &mut dns.zones[0].servers {
            server.responses = None;
        }
        assert!(ids(|findings| judge(&dns, findings)).is_empty());
    }
}
