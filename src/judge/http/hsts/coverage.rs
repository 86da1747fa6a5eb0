//! Is the policy sent once, with every answer over HTTPS, and with no other?

use super::super::labels;
use super::directives;
use crate::facts::http::{Hop, Hsts, Http, host_of};
use crate::finding;
use crate::finding::{AtFault, Evidence, Finding};
use crate::judge::server::{Sts, Wish, advice};

finding! {
    /// The HSTS policy is sent more than once.
    ///
    /// Of several fields browsers process the first alone, and two joined by a comma break the grammar, so that both are void.
    /// Which one is meant, nobody can tell. Mostly the application and the server or CDN in front each add theirs: leave it to
    /// one. nginx: `proxy_hide_header Strict-Transport-Security;` beside its own add_header; Apache: `Header always set` instead
    /// of `add`, and `Header onsuccess unset`; HAProxy: `set-header` instead of `add-header`; IIS: remove it from customHeaders;
    /// Caddy: `header_down -Strict-Transport-Security` within reverse_proxy, beside its own `header`; CloudFront: Origin override; Cloudflare and ALB: there or at the origin.
    HstsRepeated { host: String, fields: Vec<String>, shown: String, what: String, at_fault: Option<AtFault>, advice: String }
    id: "http/hsts-repeated", severity: Warning, source: "RFC 6797 §8.1",
    message: "`{host}` sends {shown} HSTS policies at once: {what}",
    fix: "let one place alone set Strict-Transport-Security: the application, the server, or the CDN; {advice}",
}

finding! {
    /// The HSTS policy is missing on some answers of the host.
    ///
    /// It is sent with the page, and not with a redirect or an error page. Whoever meets the host there first is not protected.
    /// nginx: `always` at the end of add_header, and add_header again in each location that has one of its own; Apache:
    /// `Header always set`; HAProxy: `http-after-response` instead of `http-response`; IIS: `<hsts>` of the site instead of
    /// customHeaders; Caddy: `header` without a path and without `defer`, which leaves its own error pages out; ALB, CloudFront and
    /// Cloudflare set it on every answer.
    ///
    /// What the line says is `add_header Strict-Transport-Security "max-age=31536000" always;` for nginx, `Header always set
    /// Strict-Transport-Security "max-age=31536000"` for Apache, `http-after-response set-header Strict-Transport-Security
    /// max-age=31536000` for HAProxy. See with `curl -sI https://shop.example/nothing-here` that an error page has it too.
    HstsPartial { url: String, status: u16, advice: String }
    id: "http/hsts-partial", severity: Notice, source: "RFC 6797 §7.1",
    explained_by: ["http/addresses-differ"],
    message: "the HSTS policy is missing where `{url}` answers {status}",
    fix: "send the policy with every answer over https; {advice}",
}

finding! {
    /// An HSTS policy is sent in clear, where browsers ignore it.
    ///
    /// Anybody on the way could have written it, so it must not be sent over http, and is not heeded there. It does no harm, but
    /// it may be why nobody misses it over https. Set it in the part of the configuration that serves https: the server block
    /// of port 443, `<VirtualHost *:443>`, the frontend of port 443.
    ///
    /// nginx: add_header out of `http {}` and of the server block of port 80; Apache: `Header always set` within
    /// `<VirtualHost *:443>`; HAProxy: `http-after-response set-header … if { ssl_fc }`; IIS: `<hsts>` instead of
    /// customHeaders; Caddy: `header` within the block of the https address; an ALB: on the HTTPS listener alone; CloudFront:
    /// with "Redirect HTTP to HTTPS" nothing is served in clear; Cloudflare: in its HSTS setting instead of the origin or a
    /// transform rule.
    HstsOverHttp { url: String, header: String, at_fault: Option<AtFault>, advice: String }
    id: "http/hsts-over-http", severity: Notice, source: "RFC 6797 §7.2",
    message: "`{url}` sends an HSTS policy in clear, where browsers ignore it",
    fix: "send Strict-Transport-Security over https alone; {advice}",
}

pub(super) fn judge(http: &Http, hsts: &Hsts, findings: &mut Vec<Finding>) {
    let all: Vec<&Hop> = http
        .routes
        .iter()
        .flat_map(|route| &route.hops)
        .filter(|hop| hop.status.is_some() && host_of(&hop.url) == hsts.host)
        .collect();
    repeated(http, &all, hsts, findings);
    partial(http, &all, hsts, findings);
}

pub(super) fn in_clear(http: &Http, findings: &mut Vec<Finding>) {
    let hops = http.given().flat_map(|route| &route.hops);
    let sent: Vec<(&Hop, &String)> = hops
        .filter(|hop| !hop.is_https() && host_of(&hop.url) == http.host)
        .filter_map(|hop| Some((hop, hop.hsts.as_ref()?)))
        .collect();
    if let Some((hop, header)) = sent.first() {
        let evidence = HstsOverHttp {
            url: hop.url.clone(),
            header: (*header).clone(),
            at_fault: directives::field(hop).and_then(|field| field.name()),
            advice: advice(http, hop, Wish::Policy(&Sts::meant(header))),
        };
        let places = labels(sent.iter().map(|(hop, _)| *hop));
        findings.push(evidence.about_all(http.host.as_str(), places));
    }
}

fn repeated(http: &Http, all: &[&Hop], hsts: &Hsts, findings: &mut Vec<Finding>) {
    let over_https = all.iter().copied().filter(|hop| hop.is_https());
    let repeating: Vec<(&Hop, Vec<String>)> = over_https
        .filter_map(|hop| Some((hop, policies(hop)?)))
        .collect();
    let Some((hop, policies)) = repeating.first() else {
        return;
    };
    let quoted: Vec<String> = policies
        .iter()
        .map(|policy| format!("`{policy}`"))
        .collect();
    let list = quoted.join(" and ");
    let joined = hop.values("strict-transport-security").len() < 2;
    let what = if joined {
        format!("{list} are joined by a comma, so browsers drop both")
    } else {
        format!("of {list} browsers process the first alone")
    };
    let evidence = HstsRepeated {
        host: hsts.host.clone(),
        shown: policies.len().to_string(),
        fields: policies.clone(),
        what,
        at_fault: directives::second(hop),
        advice: advice(http, hop, Wish::OnlyPolicy(&only_policy(hsts, policies))),
    };
    let places = labels(repeating.iter().map(|(hop, _)| *hop));
    findings.push(evidence.about_all(hsts.host.as_str(), places));
}

/// The policy to be sent once: the one that browsers heed, for as long as any of them says.
fn only_policy(hsts: &Hsts, policies: &[String]) -> Sts {
    let heeded = Sts::of(hsts);
    let ages = policies.iter().map(|policy| Sts::meant(policy).max_age);
    Sts {
        max_age: ages.fold(heeded.max_age, u64::max),
        ..heeded
    }
}

/// The policies of an answer, when there are several.
fn policies(hop: &Hop) -> Option<Vec<String>> {
    let lines = hop.values("strict-transport-security");
    let policies: Vec<String> = match lines.as_slice() {
        [only] => {
            let parts = outside_quotes(only);
            let ages = |part: &&str| part.to_ascii_lowercase().contains("max-age");
            let all = parts.iter().all(ages);
            parts
                .into_iter()
                .filter(|_| all)
                .map(str::to_owned)
                .collect()
        }
        many => many.iter().map(|line| (*line).to_owned()).collect(),
    };
    (policies.len() > 1).then_some(policies)
}

/// What commas divide that stand in no quoted value (RFC 9110 §5.6.4).
fn outside_quotes(value: &str) -> Vec<&str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    let parts = value.split(|own| {
        match own {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            _ => {}
        }
        own == ',' && !is_quoted
    });
    parts.map(str::trim).collect()
}

fn partial(http: &Http, all: &[&Hop], hsts: &Hsts, findings: &mut Vec<Finding>) {
    let over_https = || all.iter().copied().filter(|hop| hop.is_https());
    let page = over_https().any(|hop| hop.is_page() && hop.hsts.is_some());
    let bare: Vec<&Hop> = over_https()
        .filter(|hop| hop.hsts.is_none() && !hop.is_page() && !hop.is_declined())
        .collect();
    if let Some(first) = bare.first().filter(|_| page) {
        let evidence = HstsPartial {
            url: first.url.clone(),
            status: first.status.unwrap_or_default(),
            advice: advice(http, first, Wish::Policy(&Sts::of(hsts))),
        };
        findings.push(evidence.about_all(hsts.host.as_str(), labels(bare.iter().copied())));
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{http, ids, page, route};
    use super::super::tests::policy;
    use super::*;
    use crate::facts::http::RouteOutcome;

    fn answer(url: &str, status: u16, policies: &[&str]) -> Hop {
        let mut hop = page(url, status);
        hop.hsts = policies.first().map(|policy| (*policy).to_owned());
        let lines = policies
            .iter()
            .map(|policy| format!("Strict-Transport-Security: {policy}\n"));
        hop.head = Some(format!(
            "HTTP/1.1 {status} X\n{}\n",
            lines.collect::<String>()
        ));
        hop
    }

    fn judged(hops: Vec<Hop>) -> Vec<String> {
        let http = http(vec![route(
            "https://shop.example/",
            hops,
            RouteOutcome::Https,
        )]);
        ids(|findings| {
            judge(&http, &policy("max-age=1"), findings);
            in_clear(&http, findings);
        })
    }

    #[test]
    fn several_lines_and_a_comma_are_a_repetition_and_one_line_is_not() {
        let sent = |policies: &[&str]| judged(vec![answer("https://shop.example/", 200, policies)]);
        assert_eq!(sent(&["max-age=1", "max-age=1"]), ["http/hsts-repeated"]);
        assert_eq!(sent(&["max-age=1, max-age=2"]), ["http/hsts-repeated"]);
        assert!(sent(&["max-age=1"]).is_empty());
        assert!(
            sent(&["max-age=1, includeSubDomains"]).is_empty(),
            "a slip, and one policy"
        );
        let quoted = r#"max-age=1; x="a \" , max-age=2""#;
        assert!(sent(&[quoted]).is_empty());
    }

    #[test]
    fn the_one_that_is_to_stay_is_the_one_that_counts_for_the_longest_time() {
        let lines = ["max-age=300", "max-age=31536000; includeSubDomains"];
        let hops = vec![answer("https://shop.example/", 200, &lines)];
        let route = route("https://shop.example/", hops, RouteOutcome::Https);
        let mut kept = policy("max-age=300");
        kept.max_age = Some(300);
        let mut findings = Vec::new();
        judge(&http(vec![route]), &kept, &mut findings);
        let fix = &findings[0].fix;
        assert!(fix.contains("\"max-age=31536000\""), "{fix}");
        assert!(!fix.contains("includeSubDomains"), "{fix}");
    }

    #[test]
    fn a_policy_on_the_page_alone_is_partial() {
        let also = |status, policies: &[&str]| {
            judged(vec![
                answer("https://shop.example/", 200, &["max-age=1"]),
                answer("https://shop.example/x", status, policies),
            ])
        };
        assert_eq!(also(404, &[]), ["http/hsts-partial"]);
        assert_eq!(also(301, &[]), ["http/hsts-partial"]);
        assert!(also(404, &["max-age=1"]).is_empty());
        assert!(judged(vec![answer("https://shop.example/x", 404, &[])]).is_empty());
    }

    #[test]
    fn a_policy_in_clear_is_worth_a_notice_and_none_is_fine() {
        let in_clear =
            |policies: &[&str]| judged(vec![answer("http://shop.example/", 301, policies)]);
        assert_eq!(in_clear(&["max-age=1"]), ["http/hsts-over-http"]);
        assert!(in_clear(&[]).is_empty());
        assert!(judged(vec![answer("http://other.example/", 301, &["max-age=1"])]).is_empty());
    }
}
