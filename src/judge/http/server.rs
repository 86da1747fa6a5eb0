//! Who answered, by what its head shows, and which line of its configuration mends what is wrong.

use crate::facts::http::Hop;

/// What is to be written into a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// Port 80 leads to https of the same URL.
    Redirect,
    /// The policy goes with every answer.
    Policy,
    /// The challenges of certificate authorities are answered in clear.
    Challenge,
    /// Cookies are for https alone.
    Cookie,
    /// HTTP/2 is offered.
    Http2,
    /// The application knows that visitors come by https.
    Scheme,
}

/// Servers whose configuration is known, by what tells them: in the Server field, or as a field of their own.
const KNOWN: [(&str, &str, Software); 9] = [
    ("cf-ray", "cloudflare", Software::Cloudflare),
    ("x-amz-cf-id", "cloudfront", Software::CloudFront),
    ("", "awselb", Software::Alb),
    ("", "nginx", Software::Nginx),
    ("", "openresty", Software::Nginx),
    ("", "apache", Software::Apache),
    ("", "microsoft-iis", Software::Iis),
    ("", "caddy", Software::Caddy),
    ("", "haproxy", Software::Haproxy),
];

/// A program or service that answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Software {
    Nginx,
    Apache,
    Haproxy,
    Iis,
    Caddy,
    Alb,
    CloudFront,
    Cloudflare,
}

/// What to write, for the server that answered; for the commonest ones when it does not say who it is.
pub(super) fn advice(hop: &Hop, wish: Wish) -> String {
    // The proxy in front is to be told, and who answered may be the application behind it.
    let told = |software: &Software| wish != Wish::Scheme || software.is_in_front();
    match software(hop).filter(told) {
        Some(software) => format!(
            "{} answered{}: {}",
            software.name(),
            version(hop),
            software.line(wish)
        ),
        None => {
            let common = [Software::Nginx, Software::Apache, Software::Haproxy];
            let lines =
                common.map(|software| format!("{}: {}", software.name(), software.line(wish)));
            lines.join("; ")
        }
    }
}

fn software(hop: &Hop) -> Option<Software> {
    let server = hop
        .server
        .as_deref()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let shows = |field: &str, name: &str| {
        server.contains(name) || (!field.is_empty() && !hop.values(field).is_empty())
    };
    let known = KNOWN.iter().find(|(field, name, _)| shows(field, name));
    known.map(|(.., software)| *software)
}

/// The Server field, when it says more than the name.
fn version(hop: &Hop) -> String {
    match hop.server.as_deref() {
        Some(server) if server.contains('/') => format!(" (`{server}`)"),
        _ => String::new(),
    }
}

impl Software {
    /// Whether it is a service that is never behind another proxy of the site.
    fn is_in_front(self) -> bool {
        matches!(self, Self::Alb | Self::CloudFront | Self::Cloudflare)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Apache => "Apache",
            Self::Haproxy => "HAProxy",
            Self::Iis => "IIS",
            Self::Caddy => "Caddy",
            Self::Alb => "an AWS load balancer",
            Self::CloudFront => "CloudFront",
            Self::Cloudflare => "Cloudflare",
        }
    }

    fn line(self, wish: Wish) -> &'static str {
        match wish {
            Wish::Redirect => self.redirect(),
            Wish::Policy => self.policy(),
            Wish::Challenge => self.challenge(),
            Wish::Cookie => self.cookie(),
            Wish::Http2 => self.http2(),
            Wish::Scheme => self.scheme(),
        }
    }

    fn redirect(self) -> &'static str {
        match self {
            Self::Nginx => {
                "`return 301 https://$host$request_uri;` in the server block of port 80, with `listen 80;` and `listen [::]:80;`"
            }
            Self::Apache => {
                "`RewriteEngine On`, `RewriteCond %{THE_REQUEST} \"^\\S+ (\\S+)\"` and `RewriteRule ^ https://%{HTTP_HOST}%1 [R=301,NE,L]` in `<VirtualHost *:80>`, which keeps every byte"
            }
            Self::Haproxy => {
                "`http-request redirect scheme https code 301 unless { ssl_fc }` in the frontend of port 80"
            }
            Self::Iis => {
                "URL Rewrite, rule action Redirect to `https://{HTTP_HOST}{UNENCODED_URL}`, type Permanent (301)"
            }
            Self::Caddy => {
                "remove `http://` from the site's address, so that Caddy redirects by itself, or `redir https://{host}{uri} permanent`"
            }
            Self::Alb => {
                "listener HTTP:80, action Redirect to HTTPS port 443, original host, path and query, HTTP_301"
            }
            Self::CloudFront => "Behaviors, Viewer protocol policy: Redirect HTTP to HTTPS",
            Self::Cloudflare => "SSL/TLS, Edge Certificates: Always Use HTTPS on",
        }
    }

    fn policy(self) -> &'static str {
        match self {
            Self::Nginx => {
                "`add_header Strict-Transport-Security \"max-age=31536000\" always;` in the server block, and in each location that has an add_header of its own"
            }
            Self::Apache => {
                "`Header always set Strict-Transport-Security \"max-age=31536000\"` in `<VirtualHost *:443>`, with mod_headers"
            }
            Self::Haproxy => {
                "`http-after-response set-header Strict-Transport-Security max-age=31536000` in the frontend of port 443"
            }
            Self::Iis => "`<hsts enabled=\"true\" max-age=\"31536000\" />` in the site's element",
            Self::Caddy => {
                "`header Strict-Transport-Security max-age=31536000` in the site's block"
            }
            Self::Alb => {
                "listener HTTPS:443, Attributes: HTTP Strict Transport Security `max-age=31536000`"
            }
            Self::CloudFront => {
                "Behaviors, Response headers policy: Strict-Transport-Security max-age 31536000, Origin override"
            }
            Self::Cloudflare => {
                "SSL/TLS, Edge Certificates: HTTP Strict Transport Security (HSTS), Max Age 12 months"
            }
        }
    }

    fn challenge(self) -> &'static str {
        match self {
            Self::Nginx => {
                "`location ^~ /.well-known/acme-challenge/ { root /var/www/html; }` in the server block of port 80, and the redirect within `location / { }`"
            }
            Self::Apache => {
                "`RewriteCond %{REQUEST_URI} !^/\\.well-known/acme-challenge/` before the redirect of port 80, and `Require all granted` for that directory"
            }
            Self::Haproxy => {
                "`use_backend acme if { path_beg /.well-known/acme-challenge/ }`, and `!{ path_beg /.well-known/acme-challenge/ }` as a condition of the redirect"
            }
            Self::Iis => {
                "a rule before the redirect that stops at `^\\.well-known/acme-challenge/`, and a MIME type for files without extension"
            }
            Self::Caddy => "leave the path to Caddy, or `handle /.well-known/acme-challenge/* { }`",
            Self::Alb => {
                "a rule for path `/.well-known/acme-challenge/*` before the redirect, forwarded to the target that renews"
            }
            Self::CloudFront => {
                "a behavior for `/.well-known/acme-challenge/*` with HTTP and HTTPS allowed and caching disabled"
            }
            Self::Cloudflare => {
                "Rules, Configuration Rules: for `/.well-known/acme-challenge/*` security and redirects off"
            }
        }
    }

    fn cookie(self) -> &'static str {
        match self {
            Self::Nginx => "`proxy_cookie_flags ~ secure;`, or set Secure in the application",
            Self::Apache => {
                "`Header always edit Set-Cookie \"^((?:(?!; Secure).)*)$\" \"$1; Secure\"`, or set Secure in the application"
            }
            Self::Haproxy => {
                "`cookie … secure` for its own, `http-response replace-header Set-Cookie (.*) \"\\1; Secure\"` for others"
            }
            Self::Iis => "`<httpCookies requireSSL=\"true\" />` in web.config",
            Self::Caddy => "`header_down Set-Cookie \"(.*)\" \"$1; Secure\"` in reverse_proxy",
            Self::Alb => "set Secure in the application; its own cookies follow the listener",
            Self::CloudFront => "set Secure where the origin makes the cookie",
            Self::Cloudflare => "set Secure where the origin makes the cookie",
        }
    }

    fn http2(self) -> &'static str {
        match self {
            Self::Nginx => "`listen 443 ssl http2;`, from 1.25.1 on `http2 on;`",
            Self::Apache => "`Protocols h2 http/1.1`, with mod_http2 and mpm_event",
            Self::Haproxy => "`bind :443 ssl crt … alpn h2,http/1.1`",
            Self::Iis => "Windows Server 2016 or later, and no EnableHttp2Tls=0 in the registry",
            Self::Caddy => "`protocols h1 h2` in the global option `servers`",
            Self::Alb => "load balancer, Attributes: HTTP/2 on",
            Self::CloudFront => "distribution, Settings: Supported HTTP versions HTTP/2",
            Self::Cloudflare => "Speed, Protocol Optimization: HTTP/2 on",
        }
    }

    fn scheme(self) -> &'static str {
        match self {
            Self::Nginx => {
                "`proxy_set_header X-Forwarded-Proto $scheme;`, and have the application trust it"
            }
            Self::Apache => {
                "`RequestHeader set X-Forwarded-Proto \"https\"` in `<VirtualHost *:443>`, and have the application trust it"
            }
            Self::Haproxy => {
                "`http-request set-header X-Forwarded-Proto https if { ssl_fc }`, and have the application trust it"
            }
            Self::Iis => {
                "set the application's base URL to https, or use ForwardedHeaders with ARR"
            }
            Self::Caddy => {
                "reverse_proxy sends X-Forwarded-Proto: have the application trust it (`trusted_proxies`)"
            }
            Self::Alb => "it sends X-Forwarded-Proto: have the application trust it",
            Self::CloudFront => {
                "forward CloudFront-Forwarded-Proto, or connect to the origin over https (Origin protocol policy: HTTPS only)"
            }
            Self::Cloudflare => {
                "SSL/TLS: mode Full (strict) instead of Flexible, and have the origin trust X-Forwarded-Proto"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::page;
    use super::*;

    fn answered(server: Option<&str>, field: &str) -> String {
        let mut hop = page("http://shop.example/", 200);
        hop.server = server.map(str::to_owned);
        hop.head = Some(format!("HTTP/1.1 200 OK\n{field}\n\n"));
        advice(&hop, Wish::Redirect)
    }

    #[test]
    fn the_server_that_answered_is_quoted_and_a_cdn_before_what_is_behind_it() {
        assert!(
            answered(Some("nginx/1.22.1"), "")
                .starts_with("nginx answered (`nginx/1.22.1`): `return")
        );
        assert!(answered(Some("Apache"), "").starts_with("Apache answered: "));
        assert!(answered(Some("AmazonS3"), "X-Amz-Cf-Id: x").starts_with("CloudFront answered"));
        assert!(answered(Some("cloudflare"), "CF-RAY: x").starts_with("Cloudflare answered"));
    }

    #[test]
    fn who_does_not_say_gets_the_lines_of_the_commonest() {
        let advice = answered(None, "");
        assert!(
            ["nginx: ", "Apache: ", "HAProxy: "]
                .iter()
                .all(|name| advice.contains(name))
        );
    }
}
