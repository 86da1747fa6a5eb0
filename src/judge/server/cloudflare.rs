//! What to choose in the dashboard of Cloudflare.

use super::{Sts, Wish};

pub(super) fn lines(wish: Wish<'_>) -> String {
    match wish {
        Wish::Redirect => "SSL/TLS, Edge Certificates: Always Use HTTPS on".to_owned(),
        Wish::RedirectBehindProxy => "SSL/TLS, Overview: mode Full (strict) instead of Flexible".to_owned(),
        Wish::Target => "the target stands in Rules, Redirect Rules or Page Rules, or the origin makes it".to_owned(),
        Wish::Policy(policy) => hsts(*policy),
        Wish::OnlyPolicy(policy) => format!("{}; and in no transform rule", hsts(*policy)),
        Wish::Challenge => {
            "Rules, Configuration Rules: for paths below `/.well-known/acme-challenge/` Automatic HTTPS Rewrites and Security Level off, and no redirect rule for them"
                .to_owned()
        }
        Wish::Cookie => "set Secure where the origin makes the cookie".to_owned(),
        Wish::Http2 => "Speed, Settings, Protocol Optimization: HTTP/2 on".to_owned(),
        Wish::Http3 | Wish::AltSvc => "Speed, Settings, Protocol Optimization: HTTP/3 (with QUIC) on".to_owned(),
        Wish::Scheme => "SSL/TLS, Overview: mode Full (strict) instead of Flexible, and have the origin trust X-Forwarded-Proto".to_owned(),
        Wish::Host => "no Origin Rule that overrides the Host header, and set the application's base URL".to_owned(),
        Wish::Listen(..) => "Network: IPv6 Compatibility on, and the DNS records proxied".to_owned(),
        Wish::Port80(_) => "it listens on port 80 always: have the DNS record proxied, and Always Use HTTPS on".to_owned(),
        Wish::Names(names) => format!("DNS, Records: {} proxied to an origin that knows them", names.join(" and ")),
        Wish::Shown => "Caching, Configuration: Purge Everything, and look at the origins one by one".to_owned(),
        Wish::Log => "look at the origin; 520 to 526 are about the way to it, 525 and 526 about its certificate".to_owned(),
    }
}

fn hsts(policy: Sts) -> String {
    let months = match policy.max_age.div_ceil(MONTH) {
        few @ 0..=6 => few,
        _ => 12,
    };
    let flags = policy.flags(", Apply HSTS policy to subdomains on", ", Preload on");
    format!(
        "SSL/TLS, Edge Certificates: HTTP Strict Transport Security (HSTS), Max Age {months} months{flags}"
    )
}

/// Seconds of a month, of which Cloudflare offers 1 to 6, and 12.
const MONTH: u64 = 2_592_000;
