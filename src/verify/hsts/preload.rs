//! The rules of hstspreload.org, which are its own and no browser's: on the policy, the name, and the first redirect.

use crate::facts::http::{
    Hop, HopStage, Hsts, Http, PreloadError, RouteOutcome, host_of, is_https,
};
use crate::facts::name::DnsName;
use crate::facts::tls::{Endpoint, Trust, TrustStatus};

/// A year, in seconds.
const YEAR: u64 = 31_536_000;

/// What stands in the way of having the host built into browsers. `None` when no answer over HTTPS tells.
pub(super) fn errors(http: &Http, hsts: &Hsts) -> Option<Vec<PreloadError>> {
    hsts.host.parse::<std::net::IpAddr>().is_err().then(|| {
        let mut errors = of_header(hsts);
        errors.extend(of_name(&hsts.host));
        errors.extend(of_certificate(http));
        errors.extend(of_redirects(http));
        errors.extend(of_www(http));
        errors
    })
}

fn of_header(hsts: &Hsts) -> Vec<PreloadError> {
    let mut errors = Vec::new();
    if hsts.fields > 1 {
        errors.push(PreloadError::SeveralHeaders);
    }
    match hsts.valid {
        None => return vec![PreloadError::NoHeader],
        Some(false) => {
            errors.push(PreloadError::InvalidHeader);
            return errors;
        }
        Some(true) => {}
    }
    if let Some(max_age) = hsts.max_age.filter(|max_age| *max_age < YEAR) {
        errors.push(PreloadError::MaxAgeShort { max_age });
    }
    if !hsts.include_subdomains {
        errors.push(PreloadError::IncludeSubdomainsMissing);
    }
    if !hsts.preload {
        errors.push(PreloadError::PreloadMissing);
    }
    errors
}

fn of_name(host: &str) -> Option<PreloadError> {
    let name: DnsName = host.parse().ok()?;
    let registrable = psl::domain_str(host)?;
    (name.without_dot() != registrable).then(|| PreloadError::NotRegistrable {
        registrable: registrable.to_owned(),
    })
}

fn of_certificate(http: &Http) -> Option<PreloadError> {
    let hops = http.given().flat_map(|route| &route.hops);
    let own = hops.filter(|hop| host_of(&hop.url) == http.host);
    let endpoints = own.filter_map(|hop| hop.tls.as_ref());
    let mut bad = endpoints.filter(|endpoint| is_bad(endpoint));
    bad.next().map(|endpoint| PreloadError::CertificateInvalid {
        address: endpoint.label(),
    })
}

/// Port 80 may be closed; where it answers, it leads to https of the same host first, and never back.
fn of_redirects(http: &Http) -> Vec<PreloadError> {
    let mut errors = Vec::new();
    for route in http.given().filter(|route| route.starts_in_clear()) {
        let Some(first) = route.hops.first() else {
            continue;
        };
        let url = first.url.clone();
        let error = match &first.target {
            Some(target) if is_https(target) && host_of(target) == http.host => None,
            Some(target) => Some(PreloadError::RedirectElsewhere {
                url,
                target: target.clone(),
            }),
            None if route.outcome == RouteOutcome::Http => Some(PreloadError::NoRedirect { url }),
            None => None,
        };
        errors.extend(error);
        errors.extend(route.hops.iter().find_map(insecure));
    }
    errors.dedup();
    errors
}

/// A twin that is `www` below the name is covered by its policy: it must work over https, at some address.
fn of_www(http: &Http) -> Option<PreloadError> {
    let twin = http.twin.as_deref()?;
    (twin.strip_prefix("www.") == Some(http.host.as_str())).then_some(())?;
    let secure = http.of_twin().filter(|route| !route.starts_in_clear());
    let mut firsts: Vec<&Hop> = secure.filter_map(|route| route.hops.first()).collect();
    firsts.retain(|hop| {
        !hop.error
            .as_ref()
            .is_some_and(|error| error.failure.is_local())
    });
    let url = firsts.first()?.url.clone();
    let bad = |hop: &&Hop| {
        let unread = matches!(
            hop.error.as_ref().map(|error| error.stage),
            Some(HopStage::Lookup | HopStage::Connect | HopStage::Handshake)
        );
        unread || hop.tls.as_ref().is_some_and(is_bad)
    };
    firsts
        .iter()
        .all(bad)
        .then_some(PreloadError::WwwWithoutHttps { url })
}

fn is_bad(endpoint: &Endpoint) -> bool {
    let untrusted = |trust: &Trust| trust.status == TrustStatus::Untrusted;
    endpoint.trust.as_ref().is_some_and(untrusted) || endpoint.name_matches == Some(false)
}

fn insecure(hop: &Hop) -> Option<PreloadError> {
    let target = hop.target.as_ref().filter(|target| !is_https(target))?;
    hop.is_https().then(|| PreloadError::RedirectInsecure {
        url: hop.url.clone(),
        target: target.clone(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn hop(url: &str, target: Option<&str>, status: u16) -> Value {
        let port = if is_https(url) { 443 } else { 80 };
        json!({
            "url": url, "port": port, "status": status, "location": target, "target": target,
            "locations": usize::from(target.is_some()), "elapsed_ms": 1.0, "timings": {},
        })
    }

    fn route(hops: Vec<Value>, outcome: &str) -> Value {
        let error = hops.last().unwrap()["error"].clone();
        json!({ "start": hops[0]["url"], "hops": hops, "outcome": outcome, "error": error })
    }

    /// What stands in the way of the host when it answers so in clear, and then with this policy.
    fn judged(host: &str, in_clear: Value, others: Vec<Value>, policy: &str) -> Vec<String> {
        let mut page = hop(&format!("https://{host}/"), None, 200);
        page["hsts"] = json!(policy);
        let mut routes = vec![in_clear, route(vec![page], "https")];
        routes.extend(others);
        let twin = format!("www.{host}");
        let http = json!({ "host": host, "twin": twin, "routes": routes });
        let mut http: Http = serde_json::from_value(http).unwrap();
        super::super::verify(&mut http);
        let errors = http.hsts.unwrap().preload_errors.unwrap();
        let name = |error| serde_json::to_value(error).unwrap()["name"].clone();
        errors
            .into_iter()
            .map(|error| name(error).as_str().unwrap().to_owned())
            .collect()
    }

    const READY: &str = "max-age=31536000; includeSubDomains; preload";

    fn redirected() -> Value {
        let to = "https://shop.example/";
        let clear = hop("http://shop.example/", Some(to), 301);
        route(vec![clear, hop(to, None, 200)], "https")
    }

    #[test]
    fn the_header_has_to_meet_each_rule() {
        let of = |policy| judged("shop.example", redirected(), Vec::new(), policy);
        for ready in [
            READY,
            "preload; INCLUDESUBDOMAINS; max-age=63072000",
            "max-age=\"31536000\"; includeSubDomains; preload;",
            "max-age=31536000; includeSubDomains; preload; other=1",
        ] {
            assert!(of(ready).is_empty(), "{ready}");
        }
        assert_eq!(
            of("max-age=31535999; includeSubDomains; preload"),
            ["max-age-short"]
        );
        assert_eq!(
            of("max-age=31536000; preload"),
            ["include-subdomains-missing"]
        );
        assert_eq!(
            of("max-age=31536000; includeSubDomains"),
            ["preload-missing"]
        );
        assert_eq!(
            of("max-age=x; includeSubDomains; preload"),
            ["invalid-header"]
        );
    }

    #[test]
    fn the_first_redirect_leads_to_https_of_the_same_host_or_port_80_is_closed() {
        let of = |hops, outcome| judged("shop.example", route(hops, outcome), Vec::new(), READY);
        let clear = |target| hop("http://shop.example/", target, 301);
        let www = hop("https://www.shop.example/", None, 200);
        assert_eq!(
            of(vec![clear(Some("https://www.shop.example/")), www], "https"),
            ["redirect-elsewhere"]
        );
        let page = hop("http://shop.example/", None, 200);
        assert_eq!(of(vec![page], "http"), ["no-redirect"]);
        let mut closed = hop("http://shop.example/", None, 0);
        closed["status"] = Value::Null;
        closed["error"] = json!({ "stage": "connect", "reason": "refused" });
        assert!(of(vec![closed], "error").is_empty());
        let back = hop(
            "https://shop.example/",
            Some("http://shop.example/in-clear"),
            302,
        );
        let end = hop("http://shop.example/in-clear", None, 200);
        assert_eq!(
            of(
                vec![clear(Some("https://shop.example/")), back, end],
                "http"
            ),
            ["redirect-insecure"]
        );
    }

    #[test]
    fn an_answer_of_one_address_counts_more_than_an_error_page_of_another() {
        let failed = route(vec![hop("https://shop.example/", None, 503)], "https");
        assert!(judged("shop.example", failed, Vec::new(), READY).is_empty());
        let mut tested = hop("https://shop.example/", None, 202);
        tested["head"] = json!("HTTP/2 202\nx-amzn-waf-action: challenge\n\n");
        let tested = route(vec![tested], "inconclusive");
        assert!(judged("shop.example", tested, Vec::new(), READY).is_empty());
    }

    #[test]
    fn only_a_registrable_name_is_taken_and_its_www_has_to_serve_https() {
        let step = hop(
            "http://www.shop.example/",
            Some("https://www.shop.example/"),
            301,
        );
        let in_clear = route(vec![step], "https");
        assert_eq!(
            judged("www.shop.example", in_clear, Vec::new(), READY),
            ["not-registrable"]
        );
        let www = "https://www.shop.example/";
        let mut refused = hop(www, None, 0);
        refused["status"] = Value::Null;
        refused["error"] = json!({ "stage": "connect", "reason": "refused" });
        let refused = route(vec![refused], "error");
        let of = |others| judged("shop.example", redirected(), others, READY);
        assert_eq!(of(vec![refused.clone()]), ["www-without-https"]);
        let good = route(vec![hop(www, None, 200)], "https");
        assert!(of(vec![good, refused]).is_empty());
    }
}
