//! Is what comes back HTTP, and a page?

use super::labels;
use crate::facts::attempt::Failure;
use crate::facts::http::{Hop, HopStage, Http, Route, RoutePurpose, host_of};
use crate::finding;
use crate::finding::{AtFault, Evidence, Finding};
use crate::judge::field;
use crate::judge::server::{Wish, advice};

finding! {
    /// The server answers that it has failed.
    ///
    /// The visitor gets through all doors and meets an error of the server: the application has crashed, or the load balancer
    /// has no healthy target behind it (502, 503, 504). Look at the application's log and at the health checks. What else
    /// depends on the answer is not judged.
    ///
    /// Where it is written: nginx `error_log` (502: nothing listens at proxy_pass; 504: proxy_read_timeout), Apache
    /// `ErrorLog` (503: ProxyPass), HAProxy its log with the server's state (`show servers state`), IIS the failed request
    /// tracing (503: the application pool stands), Caddy `log`, an ALB the health of the target group (502, 503, 504 each
    /// mean another thing), CloudFront the origin and its certificate, Cloudflare the codes 520 to 526 about the origin.
    ServerError { url: String, status: u16, advice: String }
    id: "http/server-error", severity: Error, source: "RFC 9110 §15.6",
    message: "`{url}` answers {status}: the server has failed",
    fix: "find out why it failed, behind a load balancer from the health of its targets; {advice}",
}

finding! {
    /// The front page is not there.
    ///
    /// The way is open, and at its end `/` answers that nothing is there, so whoever types the name sees an error page. Often
    /// the server shows its default site because it does not know the name (nginx `server_name`, Apache `ServerName` and
    /// `ServerAlias`, HAProxy the host ACL, IIS the binding, Caddy the site's address, an ALB the host rule, CloudFront
    /// "Alternate domain names" and the default root object), or the files were deployed elsewhere.
    ///
    /// At Cloudflare the DNS record has to be proxied to the origin that knows the name.
    ClientError { url: String, status: u16, advice: String }
    id: "http/client-error", severity: Warning, source: "RFC 9110 §15.5",
    message: "the front page is not there: `{url}` answers {status}",
    fix: "have the server know this name, and see that the files of the site are where it looks for them; {advice}",
}

finding! {
    /// What comes back is not HTTP.
    ///
    /// The port accepts a connection and answers with something that no browser understands, or closes it without an answer.
    /// Another program listens there, TLS is expected on a port in clear, or the server is broken. See what listens on the port.
    ///
    /// nginx: `listen 443 ssl` with `ssl`, `listen 80` without; Apache: `SSLEngine on` in the VirtualHost of 443 alone;
    /// HAProxy: `ssl` on the bind line and `mode http`; IIS: the binding's type; Caddy: the scheme in the site's address; an
    /// ALB: the protocol of the listener and of the target group; CloudFront: the origin protocol policy; Cloudflare: the
    /// encryption mode, and a record that is proxied to a port of HTTP. Two programs on one port show in `ss -ltnp`.
    Malformed { url: String, said: String, at_fault: Option<AtFault> }
    id: "http/malformed", severity: Error, source: "RFC 9112 §4",
    explained_by: ["dns/private-address", "dns/all-addresses-private"],
    message: "`{url}` does not answer with HTTP: {said}",
    fix: "see which program listens on this port, and have it speak HTTP",
}

finding! {
    /// The head of the answer is larger than is read.
    ///
    /// Clients and proxies bound the size and number of header fields, mostly at 8 to 64 KiB, and fail beyond it. Often cookies are
    /// set again and again, or a policy field has grown. Send fewer and shorter fields. A Location of more than 16 KiB is not followed:
    /// hardly any server would read the request.
    ///
    /// Fields that grow come from the application, or are added at each place on the way: nginx `add_header` and
    /// `proxy_hide_header`, Apache `Header unset`, HAProxy `http-response del-header`, IIS customHeaders, Caddy `header
    /// -Name`, an ALB its header attributes, CloudFront the response headers policy, Cloudflare transform rules.
    LimitReached { url: String, limit: String }
    id: "http/limit-reached", severity: Error, source: "practice: clients have bounds of this size",
    message: "the head of the answer of `{url}` is larger than clients read (bound {limit})",
    fix: "send fewer and shorter header fields: look at Set-Cookie and Content-Security-Policy",
}

pub(super) fn judge(http: &Http, findings: &mut Vec<Finding>) {
    client_error(http, findings);
    let ends = || http.given().filter_map(Route::last);
    let of_root = http.of(RoutePurpose::Root).filter_map(Route::last);
    let failed: Vec<&Hop> = ends()
        .chain(of_root)
        .filter(|hop| hop.status.is_some_and(|status| status >= 500) && !hop.is_declined())
        .collect();
    if let Some(hop) = failed.first() {
        let evidence = ServerError {
            url: hop.url.clone(),
            status: hop.status.unwrap_or_default(),
            advice: advice(http, hop, Wish::Log),
        };
        findings.push(evidence.about_all(http.host.as_str(), labels(failed)));
    }
    let broken = || ends().filter_map(|hop| Some((hop, broken(hop)?)));
    let bounded: Vec<&Hop> = broken()
        .filter(|(_, failure)| is_bound(failure))
        .map(|(hop, _)| hop)
        .collect();
    if let Some((hop, Failure::LimitReached { limit })) =
        broken().find(|(_, failure)| is_bound(failure))
    {
        let evidence = LimitReached {
            url: hop.url.clone(),
            limit: limit.clone(),
        };
        findings.push(evidence.about_all(http.host.as_str(), labels(bounded)));
    }
    let odd: Vec<(&Hop, &Failure)> = broken().filter(|(_, failure)| !is_bound(failure)).collect();
    if let Some((hop, failure)) = odd.first() {
        let evidence = Malformed {
            url: hop.url.clone(),
            said: said(hop, failure),
            at_fault: field::control(hop),
        };
        findings
            .push(evidence.about_all(http.host.as_str(), labels(odd.iter().map(|(hop, _)| *hop))));
    }
}

fn client_error(http: &Http, findings: &mut Vec<Finding>) {
    let ends = http.of_root().filter_map(Route::last);
    let absent: Vec<&Hop> = ends
        .filter(|hop| matches!(hop.status, Some(404 | 410)) && !hop.is_declined())
        .collect();
    if let Some(hop) = absent.first() {
        let name = host_of(&hop.url);
        let evidence = ClientError {
            url: hop.url.clone(),
            status: hop.status.unwrap_or_default(),
            advice: advice(http, hop, Wish::Names(&[&name])),
        };
        findings.push(evidence.about_all(http.host.as_str(), labels(absent)));
    }
}

fn said(hop: &Hop, failure: &Failure) -> String {
    match failure {
        Failure::TimedOut { after_ms } if hop.head.is_some() => {
            format!("its head is not complete after {:.0} ms", after_ms.0)
        }
        // Announcements of an answer may have come (RFC 9110 §15.2).
        Failure::TimedOut { after_ms } => format!("no answer came within {:.0} ms", after_ms.0),
        Failure::NotHttp { first_bytes } => format!("its first bytes are `{first_bytes}`"),
        other => other.in_words(),
    }
}

fn broken(hop: &Hop) -> Option<&Failure> {
    let error = hop
        .error
        .as_ref()
        .filter(|error| error.stage == HopStage::Exchange)?;
    (!error.failure.is_local()).then_some(&error.failure)
}

fn is_bound(failure: &Failure) -> bool {
    matches!(failure, Failure::LimitReached { .. })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{broken, http, ids, page, route};
    use super::*;
    use crate::facts::http::RouteOutcome;

    const URL: &str = "http://shop.example/";

    fn judged(hop: Hop) -> Vec<String> {
        ids(|findings| {
            judge(
                &http(vec![route(URL, vec![hop], RouteOutcome::Error)]),
                findings,
            )
        })
    }

    #[test]
    fn a_failing_server_is_named_and_a_missing_page_is_not() {
        assert_eq!(judged(page(URL, 503)), ["http/server-error"]);
        assert_eq!(judged(page(URL, 404)), ["http/client-error"]);
        assert_eq!(judged(page(URL, 410)), ["http/client-error"]);
        assert!(judged(page(URL, 401)).is_empty());
    }

    #[test]
    fn what_is_not_http_or_too_long_is_named_and_a_closed_port_is_not() {
        let at = |stage, failure| judged(broken(URL, None, stage, failure));
        let first_bytes = "SSH-2.0".to_owned();
        assert_eq!(
            at(HopStage::Exchange, Failure::NotHttp { first_bytes }),
            ["http/malformed"]
        );
        assert_eq!(at(HopStage::Exchange, Failure::Closed), ["http/malformed"]);
        let limit = "HEAD_BYTES".to_owned();
        assert_eq!(
            at(HopStage::Exchange, Failure::LimitReached { limit }),
            ["http/limit-reached"]
        );
        assert!(at(HopStage::Connect, Failure::Refused).is_empty());
        assert!(at(HopStage::Exchange, Failure::OutOfTime).is_empty());
    }
}
