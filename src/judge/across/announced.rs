//! Is what the HTTPS record announces there?

use crate::facts::Facts;
use crate::facts::announced::{Announced, Way};
use crate::facts::attempt::Failure;
use crate::facts::http::{Hop, Http, h3_alternative, host_of};
use crate::facts::service::{Announcement, announcements};
use crate::facts::tls::Endpoint;
use crate::finding;
use crate::finding::{AtFault, Evidence, Finding};
use crate::judge::field::fields;
use crate::judge::server::{Wish, advice};

finding! {
    /// The HTTPS record promises what the server does not speak.
    ///
    /// Browsers read the record before they connect and believe it. Where a protocol, a port or a key for encrypted hellos (ECH)
    /// that it names is not there, they lose time, or fail. Either have the server keep the promise, or take it out of the record
    /// at the DNS host (Route 53, Cloudflare and others have a form for the type HTTPS; in a zone file it is the word after
    /// `HTTPS 1 .`).
    ///
    /// HTTP/2 (`alpn="h2"`): nginx `http2 on;` (before 1.25.1 `listen 443 ssl http2;`), Apache `Protocols h2 http/1.1`, HAProxy
    /// `alpn h2,http/1.1` on the `bind` line, Caddy by itself, IIS by itself from Windows Server 2016 on, an ALB its attribute
    /// HTTP/2, CloudFront `Supported HTTP versions`, Cloudflare Speed, Settings, Protocol Optimization.
    ///
    /// HTTP/3 (`alpn="h3"`) goes over UDP: open port 443 for UDP as well in the firewall and the security group, and at each address.
    /// nginx from 1.25 on `listen 443 quic reuseport;`, HAProxy from 2.6 on `bind quic4@:443 ssl crt … alpn h3`, Caddy by itself,
    /// IIS on Windows Server 2022 by the registry value `EnableHttp3`, CloudFront `Supported HTTP versions`, Cloudflare by the
    /// switch HTTP/3 (with QUIC). Apache and an ALB speak no HTTP/3: take `h3` out.
    ///
    /// ECH (`ech=`): the record belongs to whoever has the keys, which is a CDN as a rule. After a move away from it, take the
    /// whole record out. A port (`port=`): let the server listen there, or take it out.
    HttpsRecordUnmet { host: String, record: String, promised: String, had: String, at_fault: Option<AtFault>, advice: String }
    id: "across/https-record-unmet", severity: Error, source: "RFC 9460 §7.1, §7.2, §9, RFC 9848",
    message: "the HTTPS record of `{host}` promises {promised}, and {had}: `{record}`",
    fix: "have the server offer {promised}, or take it out of the record{advice}",
}

finding! {
    /// The HTTPS record and the Alt-Svc field disagree on HTTP/3.
    ///
    /// One of them announces `h3`, the other does not: some visitors get the quicker protocol at the first visit, others at the
    /// second or not at all. Let both say the same: the record at the DNS host (`alpn="h3,h2"`), the field at the server (nginx
    /// `add_header Alt-Svc 'h3=":443"; ma=86400' always;`, Caddy by itself, CloudFront and Cloudflare by their HTTP/3 setting).
    ///
    /// HAProxy `http-after-response set-header Alt-Svc 'h3=":443"; ma=86400'`; IIS the registry value `EnableAltSvc`; Apache
    /// and an ALB speak no HTTP/3: announce it in neither.
    AltSvcUnmet { host: String, record: String, field: String, said: String, at_fault: Option<AtFault>, advice: String }
    id: "across/alt-svc-unmet", severity: Notice, source: "RFC 7838 §3, RFC 9460 §9.3",
    message: "the HTTPS record and the Alt-Svc field of `{host}` disagree on HTTP/3: {said}",
    fix: "announce h3 in both, or in neither{advice}",
}

pub(super) fn judge(facts: &Facts, findings: &mut Vec<Finding>) {
    let (Some(dns), Some(http)) = (&facts.dns, &facts.http) else {
        return;
    };
    let announcements = announcements(dns);
    let tls = facts.tls.iter();
    let tried = tls.clone().flat_map(|tls| tls.announced.iter().flatten());
    let seen = Seen {
        endpoints: tls.flat_map(|tls| &tls.endpoints).collect(),
        tried: tried.collect(),
    };
    for announcement in &announcements {
        for unmet in seen.unmet(announcement) {
            findings.push(unmet.told(http, announcement));
        }
    }
    let here = announcements
        .iter()
        .filter(|announcement| announcement.is_here());
    disagree(http, &here.collect::<Vec<_>>(), findings);
}

/// A promise that is not kept, and where.
struct Unmet<'a> {
    promised: String,
    /// What the server is to do; nothing where the record is at fault.
    wish: Option<Wish<'a>>,
    /// What is there instead, place by place.
    had: Vec<(String, String)>,
}

impl Unmet<'_> {
    fn told(self, http: &Http, announcement: &Announcement) -> Finding {
        let had = self.had.first().map(|(_, had)| had.clone());
        let mut answered = http.given().flat_map(|route| &route.hops);
        let answered = answered.find(|hop| hop.is_https() && hop.status.is_some());
        let told = answered
            .zip(self.wish)
            .map(|(hop, wish)| format!("; {}", advice(http, hop, wish)));
        let evidence = HttpsRecordUnmet {
            host: http.host.clone(),
            record: announcement.record.clone(),
            promised: self.promised,
            had: had.unwrap_or_default(),
            at_fault: pages(http)
                .find_map(h3)
                .filter(|_| self.wish == Some(Wish::Http3)),
            advice: told.unwrap_or_default(),
        };
        let places = self.had.into_iter().map(|(place, _)| place);
        evidence.about_all(http.host.as_str(), places.collect())
    }
}

/// The handshakes at the usual place, and those that were made for the records.
struct Seen<'a> {
    endpoints: Vec<&'a Endpoint>,
    tried: Vec<&'a Announced>,
}

impl Seen<'_> {
    fn unmet(&self, announcement: &Announcement) -> Vec<Unmet<'static>> {
        let place = if announcement.is_own() {
            format!("port `{}`", announcement.port())
        } else {
            let target = announcement.service.target.trim_end_matches('.');
            format!("a server at `{target}`")
        };
        let all = [
            (place, None, self.without(announcement, Way::Tls)),
            (
                "`h2`".to_owned(),
                Some(Wish::Http2),
                self.without_h2(announcement),
            ),
            (
                "`h3`".to_owned(),
                Some(Wish::Http3),
                self.without(announcement, Way::Quic),
            ),
            ("ECH".to_owned(), None, self.without(announcement, Way::Ech)),
        ];
        let unmet = all.into_iter().map(|(promised, wish, had)| Unmet {
            promised,
            wish,
            had,
        });
        unmet.filter(|unmet| !unmet.had.is_empty()).collect()
    }

    /// HTTP/2 is offered in every handshake here, so what was chosen tells.
    fn without_h2(&self, announcement: &Announcement) -> Vec<(String, String)> {
        if !announcement.service.alpn.iter().any(|name| name == "h2") {
            return Vec::new();
        }
        let spoken = |alpn: &Option<String>| match alpn {
            Some(alpn) => format!("the server speaks `{alpn}`"),
            None => "the server speaks no protocol of that list".to_owned(),
        };
        let h2 = |alpn: &Option<String>| alpn.as_deref() == Some("h2");
        if announcement.is_here() {
            let shaken = self.endpoints.iter().filter(|endpoint| {
                let offered = endpoint.hello.alpn.iter().any(|name| name == "h2");
                offered && endpoint.error.is_none() && endpoint.port == 443
            });
            let without = shaken.filter(|endpoint| !h2(&endpoint.alpn));
            return without
                .map(|endpoint| (endpoint.label(), spoken(&endpoint.alpn)))
                .collect();
        }
        let shaken = self.of(announcement, Way::Tls);
        let without = shaken.filter(|tried| tried.failure.is_none() && !h2(&tried.alpn));
        without
            .filter_map(|tried| Some((tried.label()?, spoken(&tried.alpn))))
            .collect()
    }

    fn of(&self, announcement: &Announcement, way: Way) -> impl Iterator<Item = &&Announced> {
        let own = self.tried.iter().filter(move |tried| tried.way == way);
        own.filter(|tried| tried.record == announcement.record)
    }

    /// Where a way does not lead to a handshake, and that says something of the server.
    fn without(&self, announcement: &Announcement, way: Way) -> Vec<(String, String)> {
        let failed = self.of(announcement, way).filter_map(|tried| {
            let failure = tried.failure.as_ref()?;
            let told = !tried.is_kept() && tried.is_measured(&self.tried) && !self.is_dead(tried);
            let place = tried.label();
            let place = place.unwrap_or_else(|| announcement.service.target.clone());
            told.then(|| (place, clause(way, failure)))
        });
        failed.collect()
    }

    /// Whether the address is dead without the record too, or the place is, which is said already.
    fn is_dead(&self, tried: &Announced) -> bool {
        let at_all = self
            .endpoints
            .iter()
            .any(|endpoint| Some(endpoint.address) == tried.address && endpoint.error.is_some());
        let over_tcp = self.tried.iter().any(|other| {
            let same = (other.address, other.port) == (tried.address, tried.port);
            same && other.way == Way::Tls && other.failure.is_some()
        });
        at_all || (tried.way != Way::Tls && over_tcp)
    }
}

fn clause(way: Way, failure: &Failure) -> String {
    match (way, failure) {
        (Way::Quic, Failure::Refused) => "nothing listens on UDP there".to_owned(),
        (Way::Quic, Failure::TimedOut { .. }) => {
            "nothing comes back over UDP, while another address answers".to_owned()
        }
        (Way::Ech, Failure::Malformed { .. }) => "its keys cannot be read".to_owned(),
        (_, failure) => failure.in_words(),
    }
}

fn disagree(http: &Http, here: &[&Announcement], findings: &mut Vec<Finding>) {
    let Some(first) = here.first() else {
        return;
    };
    let Some(page) = pages(http).next() else {
        return;
    };
    let field = page.values("alt-svc").join(", ");
    let in_field = page.announces_h3();
    let in_record = here.iter().any(|announcement| announcement.promises("h3"));
    let said = match (in_record, in_field) {
        (true, false) => "the record announces it, the field does not",
        (false, true) => "the field announces it, the record does not",
        _ => return,
    };
    let host = http.host.clone();
    let evidence = AltSvcUnmet {
        host: host.clone(),
        record: first.record.clone(),
        field,
        said: said.to_owned(),
        at_fault: misfit(page),
        // Where the field has it, the record is written at the DNS host.
        advice: if in_record {
            format!("; {}", advice(http, page, Wish::AltSvc))
        } else {
            String::new()
        },
    };
    findings.push(evidence.about(host));
}

fn pages(http: &Http) -> impl Iterator<Item = &Hop> {
    let hops = http.given().flat_map(|route| &route.hops);
    hops.filter(|hop| hop.is_https() && hop.is_page() && host_of(&hop.url) == http.host)
}

/// The alternative that the record does not know, or all of a field that has none for HTTP/3.
fn misfit(page: &Hop) -> Option<AtFault> {
    let fields = || fields(page, "alt-svc").into_iter().next();
    h3(page).or_else(|| fields()?.whole())
}

/// The alternative for HTTP/3.
fn h3(page: &Hop) -> Option<AtFault> {
    let fields = fields(page, "alt-svc");
    let mut announced = fields
        .iter()
        .filter_map(|field| field.part(h3_alternative(field.value())?));
    announced.next()
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
    fn the_alternative_that_does_not_fit_is_marked() {
        let marked = |record: &str, lines: &str| {
            let mut walk = walk("https", "192.0.2.10", None);
            walk.hops[0].head = Some(format!("HTTP/2 200\n{lines}\n\n"));
            let dns = service(dns(&["192.0.2.10"]), record);
            let mut findings = Vec::new();
            judge(&facts(Some(dns), Some(http(vec![walk]))), &mut findings);
            let at_fault = findings[0].evidence["at_fault"].clone();
            let at_fault: Option<AtFault> = serde_json::from_value(at_fault).unwrap();
            at_fault.map(|at_fault| {
                let (before, part, _) = at_fault.split().unwrap();
                (before.to_owned(), part.to_owned())
            })
        };
        let told = |before: &str, part: &str| Some((before.to_owned(), part.to_owned()));
        let field = "alt-svc: h2=\":443\", h3=\":8443\"; ma=60";
        let (before, part) = ("alt-svc: h2=\":443\", ", "h3=\":8443\"; ma=60");
        assert_eq!(marked("1 . alpn=\"h2\"", field), told(before, part));
        let other = marked("1 . alpn=\"h3,h2\"", "alt-svc: h2=\":443\"");
        assert_eq!(other, told("alt-svc: ", "h2=\":443\""));
        assert_eq!(marked("1 . alpn=\"h3,h2\"", "a: b"), None);
    }

    #[test]
    fn a_record_for_another_place_is_not_held_against_this_one() {
        for record in [
            "0 cdn.example.",
            "1 cdn.example. alpn=\"h2\"",
            "1 . alpn=\"h2\" port=8443",
            "1 . mandatory=key65280 alpn=\"h2\" key65280=\"x\"",
        ] {
            assert!(judged(record, Some("http/1.1"), "").is_empty(), "{record}");
        }
    }

    /// What is told of tries at two addresses of which the usual place answers.
    fn tried(record: &str, way: Way, failures: [Option<Failure>; 2]) -> Vec<Finding> {
        let addresses = ["192.0.2.10", "192.0.2.11"];
        let dns = service(dns(&addresses), record);
        let mut facts = facts(Some(dns), Some(http(Vec::new())));
        let announced = addresses
            .iter()
            .zip(failures)
            .map(|(address, failure)| Announced {
                record: record.to_owned(),
                way,
                address: address.parse().ok(),
                port: if record.contains("8443") { 8443 } else { 443 },
                alpn: None,
                ech_accepted: None,
                leaf_sha256: None,
                handshake_ms: None,
                failure,
            });
        facts.tls = Some(Tls {
            announced: Some(announced.collect()),
            endpoints: addresses
                .map(|address| endpoint(address, Some("h2")))
                .to_vec(),
            ..Tls::default()
        });
        let mut findings = Vec::new();
        judge(&facts, &mut findings);
        findings
    }

    const H3: &str = "1 . alpn=\"h3,h2\"";

    fn silence() -> Option<Failure> {
        Some(Failure::TimedOut {
            after_ms: Default::default(),
        })
    }

    #[test]
    fn a_promised_h3_that_is_refused_is_an_error_at_its_address() {
        let found = tried(H3, Way::Quic, [Some(Failure::Refused), None]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subjects, ["192.0.2.10:443"]);
        assert!(
            found[0]
                .message
                .contains("`h3`, and nothing listens on UDP")
        );
        assert!(tried(H3, Way::Quic, [None, None]).is_empty());
    }

    #[test]
    fn an_alternative_that_does_not_answer_is_marked_where_a_page_announces_it_too() {
        let mut walk = walk("https", "192.0.2.10", None);
        walk.hops[0].head = Some("HTTP/2 200\nalt-svc: h3=\":443\"; ma=60\n\n".to_owned());
        let unmet = |wish| Unmet {
            promised: String::new(),
            wish,
            had: Vec::new(),
        };
        let dns = service(dns(&["192.0.2.10"]), H3);
        let http = http(vec![walk]);
        let announcement = announcements(&dns).remove(0);
        let h3 = unmet(Some(Wish::Http3)).told(&http, &announcement);
        let at_fault: AtFault = serde_json::from_value(h3.evidence["at_fault"].clone()).unwrap();
        assert_eq!(at_fault.split().unwrap().1, "h3=\":443\"; ma=60");
        let h2 = unmet(Some(Wish::Http2)).told(&http, &announcement);
        assert!(h2.evidence["at_fault"].is_null());
    }

    #[test]
    fn udp_that_is_refused_everywhere_may_be_refused_by_a_firewall_on_the_way() {
        let both = [Some(Failure::Refused), Some(Failure::Refused)];
        assert!(tried(H3, Way::Quic, both).is_empty());
    }

    #[test]
    fn silence_over_udp_speaks_only_beside_an_address_that_answers() {
        assert!(tried(H3, Way::Quic, [silence(), silence()]).is_empty());
        assert!(tried(H3, Way::Quic, [Some(Failure::Unreachable), None]).is_empty());
        let found = tried(H3, Way::Quic, [silence(), None]);
        assert_eq!(found[0].subjects, ["192.0.2.10:443"]);
    }

    #[test]
    fn ech_that_is_ignored_is_an_error_and_ech_with_other_keys_is_none() {
        let record = "1 . alpn=\"h2\" ech=\"AAAA\"";
        let rejected = |other_keys| Some(Failure::EchRejected { other_keys });
        let found = |failure| tried(record, Way::Ech, [failure, None]).len();
        assert_eq!(found(rejected(false)), 1);
        assert_eq!(found(rejected(true)), 0);
        assert_eq!(found(Some(Failure::Reset)), 0, "who resets is not known");
        assert_eq!(found(silence()), 0);
        assert_eq!(found(Some(Failure::Malformed { at: None })), 1);
        let rule = "InvalidEncryptedClientHello(NoCompatibleConfig)".to_owned();
        assert_eq!(found(Some(Failure::Incompatible { rule })), 0);
        assert_eq!(found(None), 0);
    }

    #[test]
    fn a_port_where_nobody_listens_is_an_error() {
        let record = "1 . alpn=\"h2\" port=8443";
        let found = tried(record, Way::Tls, [Some(Failure::Refused), None]);
        assert!(found[0].message.contains("promises port `8443`"));
        assert_eq!(found[0].subjects, ["192.0.2.10:8443"]);
        // At the other one the handshake was had, and nothing was chosen.
        assert_eq!(found[1].subjects, ["192.0.2.11:8443"]);
        assert!(tried(record, Way::Tls, [silence(), silence()]).is_empty());
    }

    #[test]
    fn field_and_record_are_to_agree_on_h3() {
        let field = "alt-svc: h3=\":443\"; ma=86400";
        let (with, without) = ("1 . alpn=\"h3,h2\"", "1 . alpn=\"h2\"");
        assert_eq!(judged(without, Some("h2"), field), ["across/alt-svc-unmet"]);
        assert_eq!(judged(with, Some("h2"), ""), ["across/alt-svc-unmet"]);
        assert!(judged(with, Some("h2"), field).is_empty());
        assert!(judged(without, Some("h2"), "alt-svc: clear").is_empty());
        let others = "alt-svc: h3-29=\":443\", h2=\"a,h3=b:443\"";
        assert!(judged(without, Some("h2"), others).is_empty());
        assert!(
            judged("0 cdn.example.", Some("h2"), field).is_empty(),
            "there is no record to compare"
        );
    }
}
