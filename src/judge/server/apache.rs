//! What to write into the configuration of Apache.

use super::{Family, Wish, write};

/// Redirect would decode the path; the request line keeps every byte. SERVER_NAME is the host that was asked for, without a port.
const REDIRECT: [&str; 3] = [
    "RewriteEngine On",
    "RewriteCond %{THE_REQUEST} \"^\\S+ (\\S+)\"",
    "RewriteRule ^ https://%{SERVER_NAME}%1 [R=301,NE,L]",
];

pub(super) fn lines(wish: Wish<'_>) -> String {
    let clear = "in `<VirtualHost *:80>`";
    let secure = "in `<VirtualHost *:443>`";
    let [engine, request, rule] = REDIRECT;
    match wish {
        Wish::Redirect => write(&REDIRECT, &format!("{clear}, with mod_rewrite, instead of another redirect")),
        Wish::RedirectBehindProxy => write(
            &[engine, "RewriteCond %{HTTP:X-Forwarded-Proto} =http", request, rule],
            "instead of the redirect without a condition, where a proxy in front speaks TLS",
        ),
        Wish::Target => "the target stands in a Redirect or RewriteRule, in the VirtualHost or .htaccess, or in the application's base URL".to_owned(),
        Wish::Policy(policy) => write(
            &[format!("Header always set Strict-Transport-Security \"{policy}\"")],
            &format!("{secure}, with mod_headers, and no `Header set` of it"),
        ),
        Wish::OnlyPolicy(policy) => write(
            &[
                "Header onsuccess unset Strict-Transport-Security".to_owned(),
                format!("Header always set Strict-Transport-Security \"{policy}\""),
            ],
            &format!("{secure}, and no `Header add` of it"),
        ),
        Wish::Challenge => write(
            &[engine, "RewriteCond %{REQUEST_URI} !^/\\.well-known/acme-challenge/", request, rule],
            &format!("{clear} instead of another redirect, and `Require all granted` for the directory of the challenges"),
        ),
        Wish::Cookie => write(
            &[
                "Header onsuccess edit Set-Cookie \"^((?:(?!; *[Ss]ecure)[^\\n])*)$\" \"$1; Secure\"",
                "Header always edit Set-Cookie \"^((?:(?!; *[Ss]ecure)[^\\n])*)$\" \"$1; Secure\"",
            ],
            &format!("{secure}, or set Secure in the application"),
        ),
        Wish::Http2 => write(&["Protocols h2 http/1.1"], &format!("{secure}, with mod_http2 and mpm_event")),
        Wish::Http3 | Wish::AltSvc => "it speaks no HTTP/3: let a CDN or proxy in front speak it, or announce it nowhere".to_owned(),
        Wish::Scheme => write(
            &["RequestHeader set X-Forwarded-Proto https"],
            &format!("{secure} of the proxy in front, with mod_headers, and have the application trust it"),
        ),
        Wish::Host => write(&["ProxyPreserveHost On"], "beside ProxyPass, or set the application's base URL"),
        Wish::Listen(family, ports) => write(&ports.iter().map(|port| listen(family, *port)).collect::<Vec<_>>(), "in ports.conf"),
        Wish::Port80(host) => write(
            &["Listen 80", "<VirtualHost *:80>", &format!("ServerName {host}"), engine, request, rule, "</VirtualHost>"],
            "with mod_rewrite",
        ),
        Wish::Names(names) => write(&named(names), "in the VirtualHosts of the site"),
        Wish::Shown => "compare what `apachectl -t -D DUMP_VHOSTS` and the files say, and reload".to_owned(),
        Wish::Log => "read its `ErrorLog`, mostly /var/log/apache2/error.log, and the application's".to_owned(),
    }
}

fn listen(family: Family, port: u16) -> String {
    match family {
        Family::V4 => format!("Listen 0.0.0.0:{port}"),
        Family::V6 => format!("Listen [::]:{port}"),
    }
}

fn named(names: &[&str]) -> Vec<String> {
    let Some((first, others)) = names.split_first() else {
        return Vec::new();
    };
    let alias = (!others.is_empty()).then(|| format!("ServerAlias {}", others.join(" ")));
    [format!("ServerName {first}")]
        .into_iter()
        .chain(alias)
        .collect()
}
