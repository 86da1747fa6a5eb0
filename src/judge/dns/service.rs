//! Is the HTTPS record one that browsers can use?

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::facts::dns::{Dns, Outcome, Record};
use crate::facts::name::{DnsName, RrType};
use crate::facts::service::Service;
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// The HTTPS record of the host contradicts itself, or leads nowhere.
    ///
    /// Browsers read it before they connect, and go where it says. An alias (priority 0) stands for another name and has nothing else to
    /// say; with the target `.` it says that there is no such service. `mandatory` may name only what the record has, else it must
    /// be ignored. Hinted addresses (`ipv4hint`, `ipv6hint`) are dialled while the real ones are looked up: those of a machine that
    /// has moved lead some visitors astray. Correct the record at the DNS host (Cloudflare and Route 53 have a form for the type
    /// HTTPS), or leave the hints out: they save one look-up at most.
    HttpsRecordInvalid { name: DnsName, record: String, said: String }
    id: "dns/https-record-invalid", severity: Error, source: "RFC 9460 §2.4.2, §2.5, §7.3, §8",
    message: "the HTTPS record of `{name}` {said}: `{record}`",
    fix: "correct the HTTPS record of `{name}` at its DNS host, or remove it",
}

pub(super) fn judge(dns: &Dns, findings: &mut Vec<Finding>) {
    let mut seen = BTreeSet::new();
    for record in records(dns) {
        let fault = Service::read(&record.data).and_then(|service| fault(dns, record, &service));
        let Some(said) = fault.filter(|_| seen.insert(&record.data)) else {
            continue;
        };
        let evidence = HttpsRecordInvalid {
            name: record.name.clone(),
            record: record.data.clone(),
            said,
        };
        findings.push(evidence.about(record.name.without_dot()));
    }
}

/// Every HTTPS record of the names that were looked up, whoever gave it.
fn records(dns: &Dns) -> impl Iterator<Item = &Record> {
    let of_servers = dns
        .zones
        .iter()
        .flat_map(|zone| &zone.servers)
        .flat_map(|server| server.said())
        .filter(|said| said.is_told())
        .flat_map(|said| &said.answers);
    let of_questions = dns.questions.iter().flat_map(|question| &question.answers);
    of_questions
        .chain(of_servers)
        .filter(|record| record.r#type == RrType::HTTPS)
}

fn fault(dns: &Dns, record: &Record, service: &Service) -> Option<String> {
    if service.priority == 0 {
        return if !service.keys.is_empty() {
            Some("is an alias, and has parameters".to_owned())
        } else if service.target == "." {
            Some("is an alias for nothing".to_owned())
        } else {
            dangling(dns, &service.target.parse().ok()?)
        };
    }
    let mut mandatory = service.mandatory.iter();
    if let Some(absent) = mandatory.find(|key| !service.keys.contains(key)) {
        return Some(format!("calls `{absent}` mandatory, and does not have it"));
    }
    let target = match service.target.as_str() {
        "." => record.name.clone(),
        other => other.parse().ok()?,
    };
    let stray: Vec<String> = service
        .hints
        .iter()
        .filter(|hint| is_stray(dns, &target, **hint))
        .map(ToString::to_string)
        .collect();
    (!stray.is_empty()).then(|| {
        let stray = stray.join(", ");
        format!("hints at {stray}, which is no address of `{target}`")
    })
}

/// How an alias leads nowhere; unknown is fine.
fn dangling(dns: &Dns, target: &DnsName) -> Option<String> {
    let outcome = |rr_type: RrType| {
        let mut asked = dns.questions.iter();
        let asked = asked.find(|question| question.name == *target && question.r#type == rr_type);
        asked.map(|question| question.outcome)
    };
    let all = [RrType::A, RrType::AAAA, RrType::HTTPS].map(outcome);
    if all.contains(&Some(Outcome::Nxdomain)) {
        return Some(format!("is an alias for `{target}`, which does not exist"));
    }
    let nothing = all.iter().all(|outcome| *outcome == Some(Outcome::Nodata));
    nothing.then(|| format!("is an alias for `{target}`, which has no address"))
}

/// Whether the target has addresses of the family, and this is none of them. Unknown is fine.
fn is_stray(dns: &Dns, target: &DnsName, hint: IpAddr) -> bool {
    let rr_type = if hint.is_ipv4() {
        RrType::A
    } else {
        RrType::AAAA
    };
    let own = dns.questions.iter().find(|question| {
        question.name == *target
            && question.r#type == rr_type
            && [Outcome::Answer, Outcome::Nodata].contains(&question.outcome)
    });
    let Some(own) = own else { return false };
    // Each server's word counts, for some give out addresses by turns.
    let servers = dns.zones.iter().flat_map(|zone| &zone.servers);
    let told = servers.flat_map(|server| server.told(target, rr_type));
    let mut addresses = own
        .answers
        .iter()
        .chain(told.flat_map(|said| &said.answers))
        .filter(|record| record.r#type == rr_type)
        .filter_map(|record| record.data.parse::<IpAddr>().ok());
    !addresses.any(|address| address == hint)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ids, question, zones};
    use super::*;

    fn judged(record: &str) -> Vec<String> {
        let name = "shop.example.";
        let mut https = question(name, RrType::HTTPS, Outcome::Answer);
        https.answers.push(Record {
            name: name.parse().unwrap(),
            r#type: RrType::HTTPS,
            ttl: 60,
            data: record.to_owned(),
        });
        let a = question(name, RrType::A, Outcome::Answer).record("192.0.2.10");
        let dns = zones(&["shop.example."]).asks(a).asks(https);
        ids(|findings| judge(&dns, findings))
    }

    const INVALID: [&str; 1] = ["dns/https-record-invalid"];

    #[test]
    fn an_alias_has_a_target_and_nothing_else() {
        assert_eq!(judged("0 cdn.example. alpn=\"h2\""), INVALID);
        assert_eq!(judged("0 ."), INVALID);
        assert!(judged("0 cdn.example.").is_empty());
    }

    #[test]
    fn an_alias_leads_somewhere_as_far_as_that_is_known() {
        let judged = |outcomes: [Outcome; 3]| {
            let mut https = question("shop.example.", RrType::HTTPS, Outcome::Answer);
            https.answers.push(Record {
                name: "shop.example.".parse().unwrap(),
                r#type: RrType::HTTPS,
                ttl: 60,
                data: "0 cdn.example.".to_owned(),
            });
            let types = [RrType::A, RrType::AAAA, RrType::HTTPS].into_iter();
            let asked = types.zip(outcomes);
            let dns = asked.fold(
                zones(&["shop.example."]).asks(https),
                |dns, (rr_type, outcome)| dns.asks(question("cdn.example.", rr_type, outcome)),
            );
            ids(|findings| judge(&dns, findings))
        };
        use Outcome::{Answer, Nodata, Nxdomain, Unresolvable};
        assert_eq!(judged([Nxdomain; 3]), INVALID);
        assert_eq!(judged([Nodata; 3]), INVALID);
        assert!(judged([Answer, Nodata, Nodata]).is_empty());
        // An alias of an alias is judged at its end.
        assert!(judged([Nodata, Nodata, Answer]).is_empty());
        assert!(judged([Nodata, Nodata, Unresolvable]).is_empty());
    }

    #[test]
    fn what_is_mandatory_is_there() {
        assert_eq!(judged("1 . mandatory=ech alpn=\"h2\""), INVALID);
        assert!(judged("1 . mandatory=alpn alpn=\"h2\"").is_empty());
    }

    #[test]
    fn hints_are_addresses_of_the_target_as_far_as_those_are_known() {
        assert_eq!(judged("1 . ipv4hint=192.0.2.10,192.0.2.99"), INVALID);
        assert!(judged("1 . ipv4hint=192.0.2.10").is_empty());
        assert!(judged("1 . ipv6hint=2001:db8::1").is_empty());
        assert!(judged("1 other.example. ipv4hint=192.0.2.99").is_empty());
        assert!(judged("\\# 2 0001").is_empty());
    }
}
