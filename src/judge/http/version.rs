//! Is one of the newer versions of HTTP spoken?

use super::labels;
use crate::facts::http::{Hop, Http, host_of};
use crate::finding;
use crate::finding::{Evidence, Finding};
use crate::judge::server::{Wish, advice};

finding! {
    /// Neither HTTP/2 nor HTTP/3 is spoken.
    ///
    /// It works, and a page of many parts loads slower than it could: HTTP/1.1 fetches one thing at a time on each connection.
    /// nginx: `listen 443 ssl http2;` (from 1.25.1 `http2 on;`); Apache: mod_http2 and `Protocols h2 http/1.1`, with mpm_event;
    /// HAProxy: `alpn h2,http/1.1` on the bind line; IIS and Caddy do by default; ALB: attribute HTTP/2; CloudFront: supported
    /// HTTP versions; Cloudflare: Speed, Protocol Optimization.
    VersionOld { url: String, version: String, advice: String }
    id: "http/version-old", severity: Notice, source: "RFC 9113",
    explained_by: ["across/https-record-unmet"],
    message: "`{url}` is served by {version}: neither HTTP/2 nor HTTP/3",
    fix: "switch HTTP/2 on; {advice}",
}

pub(super) fn judge(http: &Http, findings: &mut Vec<Finding>) {
    let answers: Vec<&Hop> = http
        .given()
        .flat_map(|route| &route.hops)
        .filter(|hop| hop.is_https() && host_of(&hop.url) == http.host && hop.version.is_some())
        // The page of an error may come from another machine than the site.
        .filter(|hop| hop.is_conclusive())
        .collect();
    let is_new = |hop: &&Hop| hop.version.as_deref() == Some("HTTP/2") || hop.announces_h3();
    let Some(first) = answers.first().filter(|_| !answers.iter().any(is_new)) else {
        return;
    };
    let evidence = VersionOld {
        url: first.url.clone(),
        version: first.version.clone().unwrap_or_default(),
        advice: advice(http, first, Wish::Http2),
    };
    findings.push(evidence.about_all(http.host.as_str(), labels(answers.iter().copied())));
}

#[cfg(test)]
mod tests {
    use super::super::testing::{http, ids, page, route};
    use super::*;
    use crate::facts::http::RouteOutcome;

    fn judged(version: Option<&str>, field: &str) -> Vec<String> {
        let mut hop = page("https://shop.example/", 200);
        hop.version = version.map(str::to_owned);
        hop.head = Some(format!("HTTP/1.1 200 OK\n{field}\n\n"));
        let walk = route("https://shop.example/", vec![hop], RouteOutcome::Https);
        ids(|findings| judge(&http(vec![walk]), findings))
    }

    #[test]
    fn the_old_version_alone_is_worth_a_notice() {
        assert_eq!(judged(Some("HTTP/1.1"), ""), ["http/version-old"]);
        assert!(judged(Some("HTTP/2"), "").is_empty());
        assert!(judged(Some("HTTP/1.1"), "alt-svc: h3=\":443\"; ma=60").is_empty());
    }

    #[test]
    fn without_an_answer_over_https_there_is_no_version() {
        assert!(judged(None, "").is_empty());
        assert!(ids(|findings| judge(&http(Vec::new()), findings)).is_empty());
    }
}
