//! Are cookies kept out of the clear?

use super::expiry::is_removal;
use super::labels;
use crate::facts::http::{Hop, Http, host_of};
use crate::finding;
use crate::finding::{AtFault, Evidence, Finding};
use crate::judge::field::{Field, fields};
use crate::judge::server::{Wish, advice};

finding! {
    /// A cookie can be read on the way.
    ///
    /// It is set over http, or over https without `Secure`, so browsers send it over http as well, where anybody on the way can
    /// read it and take over the visitor's session. Set `Secure` where the cookie is made, and let port 80 redirect without
    /// setting any. Behind an ALB, CloudFront or Cloudflare the application does it, once it knows of https (PHP
    /// `session.cookie_secure`, Django SESSION_COOKIE_SECURE, Rails `secure: true`).
    ///
    /// A proxy in front can add it: nginx from 1.19.3 on `proxy_cookie_flags ~ secure;` beside proxy_pass; Apache `Header always
    /// edit Set-Cookie` and `Header onsuccess edit Set-Cookie` with `"^((?:(?!; *[Ss]ecure)[^\n])*)$" "$1; Secure"`; HAProxy
    /// `http-response replace-header Set-Cookie '^((?:(?!; *[Ss]ecure).)*)$' '\1; Secure'`, and `secure` on the `cookie` line for
    /// its own; Caddy `header_down Set-Cookie "(.*)" "$1; Secure"` within reverse_proxy; IIS `<httpCookies requireSSL="true" />`.
    CookieInClear { url: String, cookie: String, why: String, at_fault: Option<AtFault>, advice: String }
    id: "http/cookie-in-clear", severity: Warning, source: "RFC 6265 §4.1.2.5",
    message: "`{url}` sets the cookie `{cookie}` {why}: it can be read on the way",
    fix: "set the cookie over https alone, with `Secure`; {advice}",
}

pub(super) fn judge(http: &Http, findings: &mut Vec<Finding>) {
    let routes = http.given().chain(http.of_root());
    let own = routes
        .flat_map(|route| &route.hops)
        .filter(|hop| host_of(&hop.url) == http.host && hop.error.is_none())
        // What a firewall sets for a robot, no visitor gets; and an answer of 5xx is a load balancer's, as a rule.
        .filter(|hop| !hop.is_declined() && hop.status.is_some_and(|status| status < 500));
    let open: Vec<(&Hop, Field)> = own.filter_map(|hop| Some((hop, open(hop)?))).collect();
    if let Some((hop, cookie)) = open.first() {
        let why = if hop.is_https() {
            "without `Secure`"
        } else {
            "in clear"
        };
        let evidence = CookieInClear {
            url: hop.url.clone(),
            cookie: name(cookie).to_owned(),
            why: why.to_owned(),
            at_fault: cookie.part(0..name(cookie).len()),
            advice: advice(http, hop, Wish::Cookie),
        };
        let places = labels(open.iter().map(|(hop, _)| *hop));
        findings.push(evidence.about_all(http.host.as_str(), places));
    }
}

/// The first cookie that travels in clear. One that is being removed holds nothing.
fn open(hop: &Hop) -> Option<Field> {
    let sent = hop.values("date").first().copied();
    let mut cookies = fields(hop, "set-cookie").into_iter();
    cookies.find(|field| {
        let cookie = field.value();
        let attributes = || cookie.split(';').skip(1).map(str::trim);
        // Whatever its value (RFC 6265 §5.2.5).
        let named = |own: &str| {
            own.split('=')
                .next()
                .unwrap_or_default()
                .trim()
                .to_ascii_lowercase()
        };
        let is_secure = attributes().any(|own| named(own) == "secure");
        let pair = cookie.split(';').next().unwrap_or_default().trim();
        let is_none = pair.is_empty() || pair == "=";
        !(is_none || is_removal(cookie, sent) || hop.is_https() && is_secure)
    })
}

fn name(cookie: &Field) -> &str {
    let name = cookie.value().split(['=', ';']).next().unwrap_or_default();
    name.trim_end()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{http, ids, page, route};
    use super::*;
    use crate::facts::http::RouteOutcome;

    fn judged(url: &str, cookie: &str) -> Vec<String> {
        let mut hop = page(url, 200);
        hop.head = Some(format!("HTTP/1.1 200 OK\nset-cookie: {cookie}\n\n"));
        let walk = route(url, vec![hop], RouteOutcome::Https);
        ids(|findings| judge(&http(vec![walk]), findings))
    }

    #[test]
    fn secure_counts_whatever_its_value_and_no_cookie_is_none() {
        for cookie in ["id=1; Secure=true", "id=1; secure = 0", "", "; Path=/"] {
            assert!(
                judged("https://shop.example/", cookie).is_empty(),
                "{cookie}"
            );
        }
        assert_eq!(
            judged("https://shop.example/", "id; Path=/"),
            ["http/cookie-in-clear"]
        );
    }

    #[test]
    fn a_cookie_in_clear_or_without_secure_is_named() {
        assert_eq!(
            judged("http://shop.example/", "id=1; Secure"),
            ["http/cookie-in-clear"]
        );
        assert_eq!(
            judged("https://shop.example/", "id=1; HttpOnly"),
            ["http/cookie-in-clear"]
        );
        assert_eq!(
            judged("https://shop.example/", "secure=1"),
            ["http/cookie-in-clear"]
        );
    }

    #[test]
    fn a_cookie_for_https_alone_is_fine_and_so_is_one_that_is_removed() {
        assert!(judged("https://shop.example/", "id=1; Path=/; SECURE").is_empty());
        assert!(judged("https://shop.example/", "id=; Max-Age=0").is_empty());
        let dated =
            "id=; Expires=Fri, 21 Nov 2025 07:28:00 GMT\ndate: Mon, 23 Nov 2026 12:00:00 GMT";
        assert!(judged("https://shop.example/", dated).is_empty());
        assert_eq!(
            judged(
                "https://shop.example/",
                "id=; Max-Age=0\nset-cookie: other=1"
            ),
            ["http/cookie-in-clear"]
        );
    }

    #[test]
    fn cookies_of_others_and_none_at_all_are_not_judged() {
        assert!(judged("https://other.example/", "id=1").is_empty());
        let walk = route(
            "https://shop.example/",
            vec![page("https://shop.example/", 200)],
            RouteOutcome::Https,
        );
        assert!(ids(|findings| judge(&http(vec![walk]), findings)).is_empty());
    }

    #[test]
    fn a_cookie_of_a_test_for_robots_is_none_of_the_sites() {
        let mut hop = page("https://shop.example/", 403);
        hop.head = Some("HTTP/1.1 403 Forbidden\nset-cookie: id=1\n\n".to_owned());
        let walk = route(
            "https://shop.example/",
            vec![hop],
            RouteOutcome::Inconclusive,
        );
        assert!(ids(|findings| judge(&http(vec![walk]), findings)).is_empty());
    }
}
