//! Is what the HTTPS record announces there?

use crate::facts::Facts;
use crate::facts::dns::{Outcome, Purpose};
use crate::facts::http::{Hop, Http, host_of};
use crate::facts::name::RrType;
use crate::facts::service::Service;
use crate::facts::tls::Endpoint;
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// The HTTPS record promises what the server does not speak.
    ///
    /// Browsers read the record before they connect and trust it. When the protocol that it names is not offered at the address,
    /// they lose time, or fail. Take the protocol out of the record at the DNS host (Route 53, Cloudflare and others have a form
    /// for the type HTTPS), or switch it on: nginx `listen 443 ssl http2;`, Apache `Protocols h2 http/1.1`, HAProxy `alpn
    /// h2,http/1.1`, an ALB its attribute HTTP/2.
    HttpsRecordUnmet { host: String, record: String, promised: String, had: String }
    id: "across/https-record-unmet", severity: Error, source: "RFC 9460 §7.1",
    message: "the HTTPS record of `{host}` promises {promised}, and the server speaks {had}: `{record}`",
    fix: "switch {promised} on at the server, or take it out of the record's alpn",
}

finding! {
    /// The HTTPS record and the Alt-Svc field disagree on HTTP/3.
    ///
    /// One of them announces `h3`, the other does not: some visitors get the quicker protocol at the first visit, others at the
    /// second or not at all. Let both say the same: the record at the DNS host (`alpn="h3,h2"`), the field at the server (nginx
    /// `add_header Alt-Svc 'h3=":443"; ma=86400' always;`, Caddy by itself, CloudFront and Cloudflare by their HTTP/3 setting).
    AltSvcUnmet { host: String, record: String, field: String, said: String }
    id: "across/alt-svc-unmet", severity: Notice, source: "RFC 7838 §3, RFC 9460 §9.3",
    message: "the HTTPS record and the Alt-Svc field of `{host}` disagree on HTTP/3: {said}",
    fix: "announce h3 in both, or in neither",
}

pub(super) fn judge(facts: &Facts, findings: &mut Vec<Finding>) {
    let Some(http) = &facts.http else { return };
    let records = records(facts);
    let own: Vec<&Endpoint> = facts
        .tls
        .iter()
        .flat_map(|tls| &tls.endpoints)
        .filter(|endpoint| endpoint.error.is_none())
        .collect();
    for (record, service) in &records {
        unmet(http, (record, service), &own, findings);
    }
    disagree(http, &records, findings);
}

/// The records that serve the name itself at the usual port: of others nothing was looked at.
fn records(facts: &Facts) -> Vec<(String, Service)> {
    let questions = facts
        .dns
        .iter()
        .flat_map(|dns| dns.of(Some(Purpose::Https)));
    let answers = questions
        .filter(|question| question.outcome == Outcome::Answer)
        .flat_map(|question| &question.answers)
        .filter(|record| record.r#type == RrType::HTTPS);
    let services = answers.filter_map(|record| {
        let service = Service::read(&record.data)?;
        let own = service.target == "." || service.target == record.name.to_string();
        let here = service.priority > 0 && own && service.port.is_none_or(|port| port == 443);
        here.then(|| (record.data.clone(), service))
    });
    services.collect()
}

/// Of the promised protocols HTTP/2 is offered in every handshake here, so what was chosen tells.
fn unmet(
    http: &Http,
    (record, service): (&str, &Service),
    endpoints: &[&Endpoint],
    findings: &mut Vec<Finding>,
) {
    if !service.alpn.iter().any(|name| name == "h2") {
        return;
    }
    let offered = |endpoint: &&&Endpoint| endpoint.hello.alpn.iter().any(|name| name == "h2");
    let without: Vec<&Endpoint> = endpoints
        .iter()
        .filter(offered)
        .filter(|endpoint| endpoint.alpn.as_deref() != Some("h2"))
        .copied()
        .collect();
    let Some(first) = without.first() else { return };
    let evidence = HttpsRecordUnmet {
        host: http.host.clone(),
        record: record.to_owned(),
        promised: "`h2`".to_owned(),
        had: match &first.alpn {
            Some(alpn) => format!("`{alpn}`"),
            None => "no protocol of that list".to_owned(),
        },
    };
    let places = without.iter().map(|endpoint| endpoint.label()).collect();
    findings.push(evidence.about_all(http.host.as_str(), places));
}

fn disagree(http: &Http, records: &[(String, Service)], findings: &mut Vec<Finding>) {
    let Some((record, _)) = records.first() else {
        return;
    };
    let pages: Vec<&Hop> = http
        .given()
        .flat_map(|route| &route.hops)
        .filter(|hop| hop.is_https() && hop.is_page() && host_of(&hop.url) == http.host)
        .collect();
    let Some(page) = pages.first() else { return };
    let field = page.values("alt-svc").join(", ");
    let in_field = field.contains("h3=");
    let in_record = records
        .iter()
        .any(|(_, service)| service.alpn.iter().any(|name| name == "h3"));
    let said = match (in_record, in_field) {
        (true, false) => "the record announces it, the field does not",
        (false, true) => "the field announces it, the record does not",
        _ => return,
    };
    let host = http.host.clone();
    let evidence = AltSvcUnmet {
        host: host.clone(),
        record: record.clone(),
        field,
        said: said.to_owned(),
    };
    findings.push(evidence.about(host));
}

#[cfg(test)]
mod tests {
    use super::super::testing::{dns, endpoint, facts, http, ids, service, walk};
    use super::*;
    use crate::facts::tls::Tls;

    fn judged(record: &str, alpn: Option<&str>, field: &str) -> Vec<String> {
        let mut walk = walk("https", "192.0.2.10", None);
        walk.hops[0].head = Some(format!("HTTP/2 200\n{field}\n\n"));
        let dns = service(dns(&["192.0.2.10"]), record);
        let mut facts = facts(Some(dns), Some(http(vec![walk])));
        facts.tls = Some(Tls {
            endpoints: vec![endpoint("192.0.2.10", alpn)],
            ..Tls::default()
        });
        ids(|findings| judge(&facts, findings))
    }

    #[test]
    fn a_promised_protocol_that_is_not_spoken_is_an_error() {
        let record = "1 . alpn=\"h2\"";
        assert_eq!(
            judged(record, Some("http/1.1"), ""),
            ["across/https-record-unmet"]
        );
        assert_eq!(judged(record, None, ""), ["across/https-record-unmet"]);
        assert!(judged(record, Some("h2"), "").is_empty());
        assert!(judged("1 . alpn=\"http/1.1\"", Some("http/1.1"), "").is_empty());
    }

    #[test]
    fn a_record_for_another_place_is_not_judged_here() {
        for record in [
            "0 cdn.example.",
            "1 cdn.example. alpn=\"h2\"",
            "1 . alpn=\"h2\" port=8443",
        ] {
            assert!(judged(record, Some("http/1.1"), "").is_empty(), "{record}");
        }
    }

    #[test]
    fn field_and_record_are_to_agree_on_h3() {
        let field = "alt-svc: h3=\":443\"; ma=86400";
        let (with, without) = ("1 . alpn=\"h3,h2\"", "1 . alpn=\"h2\"");
        assert_eq!(judged(without, Some("h2"), field), ["across/alt-svc-unmet"]);
        assert_eq!(judged(with, Some("h2"), ""), ["across/alt-svc-unmet"]);
        assert!(judged(with, Some("h2"), field).is_empty());
        assert!(
            judged("0 cdn.example.", Some("h2"), field).is_empty(),
            "there is no record to compare"
        );
    }
}
