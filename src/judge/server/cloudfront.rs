//! What to choose in a CloudFront distribution.

use super::{Sts, Wish};

pub(super) fn lines(wish: Wish<'_>) -> String {
    match wish {
        Wish::Redirect => "Behaviors, Viewer protocol policy: Redirect HTTP to HTTPS".to_owned(),
        Wish::RedirectBehindProxy => "Origins, Protocol: HTTPS only, and Viewer protocol policy: Redirect HTTP to HTTPS, so that the origin need not".to_owned(),
        Wish::Target => "the target stands in a CloudFront function, or the origin makes it".to_owned(),
        Wish::Policy(policy) | Wish::OnlyPolicy(policy) => hsts(*policy),
        Wish::Challenge => {
            "a behavior for `/.well-known/acme-challenge/*` with Viewer protocol policy HTTP and HTTPS, and caching disabled".to_owned()
        }
        Wish::Cookie => "set Secure where the origin makes the cookie".to_owned(),
        Wish::Http2 => "General, Settings: Supported HTTP versions HTTP/2".to_owned(),
        Wish::Http3 | Wish::AltSvc => "General, Settings: Supported HTTP versions HTTP/3".to_owned(),
        Wish::Scheme => "Origins, Protocol: HTTPS only; or an origin request policy with CloudFront-Forwarded-Proto that the application trusts".to_owned(),
        Wish::Host => "Behaviors, Origin request policy: AllViewer, which passes Host on, or set the application's base URL".to_owned(),
        Wish::Listen(..) => "General, Settings: IPv6 on, and A and AAAA alias records to its name".to_owned(),
        Wish::Port80(_) => "it listens on port 80 always: let the name lead to it, with Viewer protocol policy: Redirect HTTP to HTTPS".to_owned(),
        Wish::Names(names) => format!("General, Settings: Alternate domain names {}, with a certificate for all of them", names.join(" and ")),
        Wish::Shown => "invalidate `/*`, and look at the origins one by one".to_owned(),
        Wish::Log => "look at the origin: its certificate, its ports, its time to answer (`x-edge-detailed-result-type` in the log)".to_owned(),
    }
}

fn hsts(policy: Sts) -> String {
    let (max_age, flags) = (
        policy.max_age,
        policy.flags(", includeSubDomains", ", preload"),
    );
    format!(
        "Behaviors, Response headers policy: Strict-Transport-Security, max-age {max_age}{flags}, Origin override"
    )
}
