//! What to write into the configuration of nginx.

use super::recognition::Known;
use super::{Family, Wish, write};

const REDIRECT: &str = "return 301 https://$host$request_uri;";
const PROXY: &str = "beside proxy_pass";

pub(super) fn lines(wish: Wish<'_>, known: &Known<'_>) -> String {
    let clear = "in the server block of port 80";
    let secure = "in the server block of port 443";
    match wish {
        Wish::Redirect => write(&[REDIRECT], clear),
        Wish::RedirectBehindProxy => {
            let lines = [format!("if ($http_x_forwarded_proto = http) {{ {REDIRECT} }}")];
            write(&lines, "instead of the redirect without a condition, where a proxy in front speaks TLS")
        }
        Wish::Target => "the target stands in a `return` or `rewrite` that `nginx -T` shows, or in the application's base URL".to_owned(),
        Wish::Policy(policy) => write(
            &[format!("add_header Strict-Transport-Security \"{policy}\" always;")],
            &format!("{secure}, and in each location that has an add_header of its own"),
        ),
        Wish::OnlyPolicy(policy) => write(
            &[
                "proxy_hide_header Strict-Transport-Security;".to_owned(),
                format!("add_header Strict-Transport-Security \"{policy}\" always;"),
            ],
            &format!("{secure}, and no other add_header of it"),
        ),
        Wish::Challenge => write(
            &[
                "location ^~ /.well-known/acme-challenge/ { root /var/www/html; }".to_owned(),
                format!("location / {{ {REDIRECT} }}"),
            ],
            &format!("{clear}, instead of a redirect outside of a location"),
        ),
        Wish::Cookie => write(
            &["proxy_cookie_flags ~ secure;"],
            "beside proxy_pass (from 1.19.3 on), or set Secure in the application",
        ),
        Wish::Http2 => http2(known),
        Wish::Http3 => write(
            &["listen 443 quic reuseport;", "listen [::]:443 quic reuseport;"],
            &format!("{secure} (from 1.25.0 on), and UDP port 443 open in the firewall"),
        ),
        Wish::AltSvc => write(&["add_header Alt-Svc 'h3=\":443\"; ma=86400' always;"], secure),
        Wish::Scheme => write(
            &["proxy_set_header X-Forwarded-Proto $scheme;"],
            &format!("{PROXY} of the proxy in front, and have the application trust it"),
        ),
        Wish::Host => write(&["proxy_set_header Host $host;"], &format!("{PROXY}, or set the application's base URL")),
        Wish::Listen(family, ports) => listens(family, ports, known),
        Wish::Port80(host) => write(
            &[format!("server {{ listen 80; listen [::]:80; server_name {host}; {REDIRECT} }}")],
            "beside the server block of port 443",
        ),
        Wish::Names(names) => write(&[format!("server_name {};", names.join(" "))], "in the server blocks of the site"),
        Wish::Shown => "compare what `nginx -T` shows, and reload".to_owned(),
        Wish::Log => "read its `error_log`, mostly /var/log/nginx/error.log, and the application's".to_owned(),
    }
}

/// Ports have server blocks of their own as a rule.
fn listens(family: Family, ports: &[u16], known: &Known<'_>) -> String {
    let at = match family {
        Family::V4 => "",
        Family::V6 => "[::]:",
    };
    // Before it became a directive, HTTP/2 was a matter of each socket.
    let tls = match known.is_from(&[1, 25, 1]) {
        Some(false) => " ssl http2",
        _ => " ssl",
    };
    let lines = ports.iter().map(|port| {
        let more = if *port == 80 { "" } else { tls };
        format!("listen {at}{port}{more};")
    });
    let each = if ports.len() > 1 { "each " } else { "" };
    write(
        &lines.collect::<Vec<_>>(),
        &format!("{each}in the server block of its port"),
    )
}

/// The parameter became a directive.
fn http2(known: &Known<'_>) -> String {
    let (old, new) = (
        ["listen 443 ssl http2;", "listen [::]:443 ssl http2;"],
        ["http2 on;"],
    );
    let place = "in the server block of port 443";
    match known.is_from(&[1, 25, 1]) {
        Some(true) => write(&new, place),
        Some(false) => write(&old, place),
        None => write(
            &new,
            &format!("{place}; before 1.25.1 `listen 443 ssl http2;`"),
        ),
    }
}
