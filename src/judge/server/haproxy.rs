//! What to write into the configuration of HAProxy.

use super::{Family, Wish, write};

const REDIRECT: &str = "http-request redirect scheme https code 301 unless { ssl_fc }";

pub(super) fn lines(wish: Wish<'_>) -> String {
    let clear = "in the frontend of port 80";
    let secure = "in the frontend of port 443";
    match wish {
        Wish::Redirect => write(&[REDIRECT], &format!("{clear}, before other redirects")),
        Wish::RedirectBehindProxy => write(
            &[format!("{REDIRECT} || {{ req.hdr(X-Forwarded-Proto) -i https }}")],
            "instead of the redirect without that condition, where a proxy in front speaks TLS and says so",
        ),
        Wish::Target => "the target stands in an `http-request redirect`, or in the application's base URL".to_owned(),
        Wish::Policy(policy) => write(
            &[format!("http-after-response set-header Strict-Transport-Security \"{policy}\"")],
            &format!("{secure}, instead of http-response"),
        ),
        Wish::OnlyPolicy(policy) => write(
            &[format!("http-after-response set-header Strict-Transport-Security \"{policy}\"")],
            &format!("{secure}, instead of add-header"),
        ),
        Wish::Challenge => write(
            &[
                format!("{REDIRECT} || {{ path_beg /.well-known/acme-challenge/ }}"),
                "use_backend acme if { path_beg /.well-known/acme-challenge/ }".to_owned(),
            ],
            &format!("{clear}, and a backend `acme` with the server that answers challenges"),
        ),
        Wish::Cookie => write(
            &["http-response replace-header Set-Cookie '^((?:(?!; *[Ss]ecure).)*)$' '\\1; Secure'"],
            &format!("{secure} (with PCRE; `secure` on the `cookie` line for its own), or set Secure in the application"),
        ),
        Wish::Http2 => write(&["bind :::443 v4v6 ssl crt /etc/haproxy/site.pem alpn h2,http/1.1"], secure),
        Wish::Http3 => write(
            &[
                "bind quic4@:443 ssl crt /etc/haproxy/site.pem alpn h3",
                "bind quic6@:443 ssl crt /etc/haproxy/site.pem alpn h3",
            ],
            &format!("{secure} (from 2.6 on, where it is built with QUIC), and UDP port 443 open in the firewall"),
        ),
        Wish::AltSvc => write(&["http-after-response set-header Alt-Svc 'h3=\":443\"; ma=86400'"], secure),
        Wish::Scheme => write(
            &["http-request set-header X-Forwarded-Proto https if { ssl_fc }"],
            &format!("{secure}, and have the application trust it"),
        ),
        Wish::Host => "it passes the host on, unless an `http-request set-header Host` changes it; set the application's base URL".to_owned(),
        Wish::Listen(family, ports) => listens(family, ports),
        Wish::Port80(_) => write(&["frontend clear", "bind :::80 v4v6", "mode http", REDIRECT], "beside the frontend of port 443"),
        Wish::Names(names) => write(
            &[format!("acl site req.hdr(host),host_only -i {}", names.join(" "))],
            "in the frontends, where the backend is chosen by the host, and have the backend know them",
        ),
        Wish::Shown => "compare /etc/haproxy/haproxy.cfg, and reload".to_owned(),
        Wish::Log => "read its log for the termination state (SC: no server could be connected to; sH: too slow), and the application's".to_owned(),
    }
}

/// Ports have frontends of their own as a rule.
fn listens(family: Family, ports: &[u16]) -> String {
    let lines: Vec<String> = ports.iter().map(|port| bind(family, *port)).collect();
    let each = if ports.len() > 1 { "each " } else { "" };
    write(&lines, &format!("{each}in the frontend of its port"))
}

fn bind(family: Family, port: u16) -> String {
    let at = match family {
        Family::V4 => "*:",
        Family::V6 => ":::",
    };
    let only = if family == Family::V6 { " v6only" } else { "" };
    let tls = if port == 80 {
        ""
    } else {
        " ssl crt /etc/haproxy/site.pem alpn h2,http/1.1"
    };
    format!("bind {at}{port}{only}{tls}")
}
