//! Does a redirect lead to a place that can be meant?

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use super::location::{self, Part};
use super::{labels, of_redirect};
use crate::facts::http::{Hop, Http, Route};
use crate::finding;
use crate::finding::{AtFault, Evidence, Finding};
use crate::judge::server::{Wish, advice};

finding! {
    /// A redirect to https names the port of http.
    ///
    /// `https://…:80` asks for TLS at the port that speaks in clear, so every browser shows a protocol error. The port of the
    /// request was kept while the scheme was changed: nginx `return 301 https://$host$request_uri;` (not `$http_host` or
    /// `$server_port`), Apache `%{SERVER_NAME}` without `%{SERVER_PORT}`, HAProxy `redirect scheme https`, Tomcat and Jetty the
    /// setting redirectPort or the secure port. At an ALB set the redirect's port to 443 instead of `#{port}`.
    ///
    /// IIS `https://{HTTP_HOST}` is wrong where the host has a port: `{SERVER_NAME}`; Caddy `{host}` instead of `{hostport}`;
    /// a CloudFront function without a port in its location; Cloudflare without a port in the target.
    WrongPort { url: String, target: String, at_fault: Option<AtFault>, advice: String }
    id: "http/wrong-port", severity: Error, source: "RFC 9110 §4.2.2",
    message: "`{url}` leads to `{target}`: https at the port that speaks in clear",
    fix: "leave the port out of the redirect; {advice}",
}

finding! {
    /// A redirect to https names a port of its own.
    ///
    /// It works, but networks that let only 443 through stop visitors there, and the HSTS policy and cookies hold for other
    /// ports as well. Often the port of a machine behind the proxy leaks out (8443): set the proxy's name and port in the
    /// application, or have it trust `X-Forwarded-Port`.
    ///
    /// nginx `port_in_redirect off;` and `proxy_set_header X-Forwarded-Port 443;`; Apache `UseCanonicalPhysicalPort Off` and
    /// a ServerName without a port; HAProxy `redirect scheme https` instead of a location with a port; IIS `{SERVER_NAME}`
    /// and the binding on 443; Caddy `https_port 443` or a site without a port; an ALB: port 443 in the redirect; CloudFront
    /// and Cloudflare reach the origin at its port and show visitors 443: the origin has to build its links with the
    /// visitor's host.
    OddPort { url: String, target: String, port: u16, at_fault: Option<AtFault>, advice: String }
    id: "http/odd-port", severity: Notice, source: "RFC 9110 §4.2.2",
    explained_by: ["http/internal-target"],
    message: "`{url}` leads to port {port} instead of 443: `{target}`",
    fix: "let the redirect lead to https without a port, and serve the site on 443; {advice}",
}

finding! {
    /// In a redirect the host and the path have grown together.
    ///
    /// The slash between them is missing, so `/about` becomes the host `shop.exampleabout`, which does not exist, or belongs to
    /// somebody else who then gets the visitors. The page `/` alone works, so it is seldom noticed. Apache: `Redirect permanent /
    /// https://shop.example/` needs the slash at its end; nginx: `https://$host$request_uri`, or `https://shop.example$uri`
    /// without anything between; IIS: `https://{HTTP_HOST}/{R:1}`; HAProxy: `redirect prefix https://shop.example` takes the
    /// path by itself.
    ///
    /// Caddy `https://shop.example{uri}` has the slash in `{uri}`; an ALB `/#{path}`; a CloudFront function the slash that
    /// `request.uri` begins with; Cloudflare `concat("https://shop.example", http.request.uri)`.
    HostGlued { url: String, target: String, glued: String, at_fault: Option<AtFault>, advice: String }
    id: "http/host-glued", severity: Error, source: "RFC 3986 §3.2",
    message: "`{url}` leads to `{target}`: the host `{glued}` is the site's name and the path grown together",
    fix: "put the missing slash behind the host in the redirect; {advice}",
}

finding! {
    /// A redirect leads to a place that only the inside of a network knows.
    ///
    /// The Location names a private address, `localhost`, a name without a dot, or one under `.internal` or `.local`. Visitors
    /// cannot go there. An application behind a proxy builds links with the name of its own machine: pass the visitor's host on
    /// (nginx `proxy_set_header Host $host;`, Apache `ProxyPreserveHost On` and ProxyPassReverse, HAProxy does by itself, IIS
    /// preserveHostHeader, CloudFront forward Host), or set the application's base URL.
    ///
    /// Caddy passes it on by itself, an ALB does too; Cloudflare does unless an origin rule overrides the Host.
    InternalTarget { url: String, target: String, at_fault: Option<AtFault>, advice: String }
    id: "http/internal-target", severity: Error, source: "RFC 6890, RFC 6761",
    message: "`{url}` leads to `{target}`, which only the inside of a network knows",
    fix: "pass the visitor's host on to the application; {advice}",
}

/// A redirect: who said it, where to, and the place that was asked next.
struct Step<'a> {
    hop: &'a Hop,
    target: &'a str,
    url: Url,
    next: Option<&'a Hop>,
}

pub(super) fn judge(http: &Http, findings: &mut Vec<Finding>) {
    let steps: Vec<Step<'_>> = http.routes.iter().flat_map(steps).collect();
    let own = |step: &Step<'_>| step.url.port_or_known_default().unwrap_or_default();
    let https = |step: &Step<'_>| step.url.scheme() == "https";
    let wrong = |step: &Step<'_>| https(step) && own(step) == 80;
    find(http, &steps, wrong, findings, |step| WrongPort {
        url: step.hop.url.clone(),
        target: step.target.to_owned(),
        at_fault: location::at_fault(step.hop, Part::Port),
        advice: advice(http, step.hop, of_redirect(step.hop)),
    });
    // Whoever was asked for on a port of its own may lead to one.
    let asked = http
        .given()
        .all(|route| Url::parse(&route.start).is_ok_and(|url| url.port().is_none()));
    let odd = |step: &Step<'_>| asked && https(step) && ![80, 443].contains(&own(step));
    find(http, &steps, odd, findings, |step| OddPort {
        url: step.hop.url.clone(),
        target: step.target.to_owned(),
        port: own(step),
        at_fault: location::at_fault(step.hop, Part::Port),
        advice: advice(
            http,
            step.hop,
            if step.hop.is_https() {
                Wish::Host
            } else {
                Wish::Redirect
            },
        ),
    });
    let glued = |step: &Step<'_>| grown(step, &http.host).is_some();
    find(http, &steps, glued, findings, |step| HostGlued {
        url: step.hop.url.clone(),
        target: step.target.to_owned(),
        glued: step.url.host_str().unwrap_or_default().to_owned(),
        at_fault: step
            .url
            .host_str()
            .and_then(|target| location::glued(step.hop, target, &grown(step, &http.host)?)),
        advice: advice(http, step.hop, of_redirect(step.hop)),
    });
    let internal = |step: &Step<'_>| is_internal(step) && !glued(step);
    find(http, &steps, internal, findings, |step| InternalTarget {
        url: step.hop.url.clone(),
        target: step.target.to_owned(),
        at_fault: location::at_fault(step.hop, Part::Host),
        advice: advice(http, step.hop, Wish::Host),
    });
}

fn find<E: Evidence>(
    http: &Http,
    steps: &[Step<'_>],
    test: impl Fn(&Step<'_>) -> bool,
    findings: &mut Vec<Finding>,
    evidence: impl Fn(&Step<'_>) -> E,
) {
    let found: Vec<&Step<'_>> = steps.iter().filter(|step| test(step)).collect();
    let Some(first) = found.first() else { return };
    // The place that was asked in vain is a subject too, so that its failure is no finding of its own.
    let hops = found.iter().map(|step| step.hop);
    let places = labels(hops.chain(found.iter().filter_map(|step| step.next)));
    findings.push(evidence(first).about_all(http.host.as_str(), places));
}

fn steps(route: &Route) -> impl Iterator<Item = Step<'_>> {
    let nexts = route.hops.iter().skip(1).map(Some).chain([None]);
    let led = route.hops.iter().zip(nexts);
    led.filter_map(|(hop, next)| {
        let target = hop.target.as_deref()?;
        let url = Url::parse(target).ok()?;
        Some(Step {
            hop,
            target,
            url,
            next,
        })
    })
}

/// What stands behind the name of the site, or of the request, in the target's host, when it is the beginning of the path.
fn grown(step: &Step<'_>, host: &str) -> Option<String> {
    let target = step.url.host_str()?;
    let own = crate::facts::http::host_of(&step.hop.url);
    let path = crate::facts::http::path_of(&step.hop.url).to_ascii_lowercase();
    let start: String = path
        .chars()
        .skip(1)
        .take_while(|c| *c != '/' && *c != '?')
        .collect();
    let behind = [host, own.as_str()]
        .into_iter()
        .filter_map(|site| target.strip_prefix(site));
    let mut grown = behind.filter(|behind| {
        !behind.is_empty() && !start.is_empty() && behind.trim_end_matches('.') == start
    });
    grown.next().map(str::to_owned)
}

/// Whether the target can only be meant for the inside, while the one who says it is not there itself.
fn is_internal(step: &Step<'_>) -> bool {
    let from_inside = Url::parse(&step.hop.url).is_ok_and(|own| inside(&own));
    inside(&step.url) && !from_inside
}

fn inside(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => is_private(address.into()),
        Some(Host::Ipv6(address)) => is_private(address.into()),
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            let last = name.rsplit('.').next().unwrap_or_default();
            !name.contains('.') || ["internal", "local", "localhost"].contains(&last)
        }
        None => false,
    }
}

/// Addresses that no visitor from outside reaches. Documentation ranges are no sign of an inside.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [first, second, ..] = v4.octets();
            let shared = first == 100 && (64..128).contains(&second);
            v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_unspecified()
                || shared
        }
        IpAddr::V6(v6) => {
            v6.is_loopback()
                || v6.is_unspecified()
                || v6.is_unique_local()
                || v6.is_unicast_link_local()
                || embedded(v6).is_some_and(|v4| is_private(v4.into()))
        }
    }
}

/// The IPv4 address within one of IPv6: mapped (RFC 4291 §2.5.5), of a translator (RFC 6052 §2.1) or of 6to4 (RFC 3056).
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let of = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match address.segments() {
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            Some(of(high, low))
        }
        [0x2002, high, low, ..] => Some(of(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{http, ids, redirect, route};
    use super::*;
    use crate::facts::http::RouteOutcome;

    fn judged(from: &str, target: &str) -> Vec<String> {
        let walk = route(from, vec![redirect(from, 301, target)], RouteOutcome::Error);
        ids(|findings| judge(&http(vec![walk]), findings))
    }

    #[test]
    fn https_at_port_80_is_wrong_and_at_another_odd() {
        let judged = |target| judged("http://shop.example/", target);
        assert_eq!(judged("https://shop.example:80/"), ["http/wrong-port"]);
        assert_eq!(judged("https://shop.example:8443/"), ["http/odd-port"]);
        assert!(judged("https://shop.example:443/").is_empty());
        assert!(judged("http://shop.example:80/").is_empty());
    }

    #[test]
    fn a_port_that_was_asked_for_is_not_odd() {
        assert!(judged("http://shop.example:8080/", "https://shop.example:8443/").is_empty());
    }

    #[test]
    fn host_and_path_grown_together_are_named_and_a_longer_host_is_not() {
        let from = "http://shop.example/doorstep-probe/x";
        assert_eq!(
            judged(from, "https://shop.exampledoorstep-probe/x"),
            ["http/host-glued"]
        );
        let acme = "http://shop.example/.well-known/acme-challenge/x";
        assert_eq!(
            judged(acme, "https://shop.example.well-known/acme-challenge/x"),
            ["http/host-glued"]
        );
        assert!(judged("http://shop.example/", "https://shop.example.com/").is_empty());
        assert!(judged(from, "https://www.shop.example/x").is_empty());
    }

    #[test]
    fn a_place_inside_is_no_target_unless_one_is_there() {
        let to = |target| judged("http://shop.example/", target);
        for target in [
            "http://10.0.0.1/",
            "https://localhost/",
            "https://web01/",
            "https://shop.corp.internal/",
            "http://[::1]/",
            "http://[fd00::1]/",
            "http://100.64.0.1/",
            "http://[::ffff:10.0.0.1]/",
            "http://[::ffff:7f00:1]/",
            "http://[::10.0.0.1]/",
            "http://[64:ff9b::192.168.0.1]/",
            "http://[2002:a9fe:a9fe::1]/",
        ] {
            assert_eq!(to(target), ["http/internal-target"], "{target}");
        }
        assert!(to("https://192.0.2.1/").is_empty());
        assert!(to("https://[::ffff:192.0.2.1]/").is_empty());
        assert!(to("https://[64:ff9b::192.0.2.1]/").is_empty());
        assert!(to("https://[2002:c000:201::1]/").is_empty());
        assert!(to("https://[2001:db8::a00:1]/").is_empty());
        assert!(judged("http://localhost/", "https://localhost/").is_empty());
    }
}
