//! What to write into the Caddyfile. A brace ends its line there, so that a block takes several.

use super::{Family, Wish, write};

const REDIRECT: &str = "redir https://{host}{uri} permanent";

pub(super) fn lines(wish: Wish<'_>) -> String {
    let site = "in the site's block";
    match wish {
        Wish::Redirect => write(
            &[REDIRECT],
            "in the block of the `http://` address, or take that block out: Caddy redirects by itself",
        ),
        Wish::RedirectBehindProxy => write(
            &["auto_https disable_redirects"],
            "in the global options, where a proxy in front speaks TLS, and no `redir` to https",
        ),
        Wish::Target => "the target stands in a `redir`, or in the application's base URL".to_owned(),
        Wish::Policy(policy) => write(&[format!("header Strict-Transport-Security \"{policy}\"")], site),
        Wish::OnlyPolicy(policy) => write(
            &[
                "header {".to_owned(),
                format!("Strict-Transport-Security \"{policy}\""),
                "defer".to_owned(),
                "}".to_owned(),
            ],
            &format!("{site}, so that it takes the place of the application's"),
        ),
        Wish::Challenge => write(
            &[
                "@others not path /.well-known/acme-challenge/*",
                "redir @others https://{host}{uri} permanent",
                "root * /var/www/html",
                "file_server",
            ],
            "in the block of the `http://` address, where another program renews; Caddy answers its own challenges by itself",
        ),
        Wish::Cookie => write(
            &["header_down Set-Cookie \"(.*)\" \"$1; Secure\""],
            "in the block of reverse_proxy, or set Secure in the application",
        ),
        Wish::Http2 => write(&["servers {", "protocols h1 h2 h3", "}"], "in the global options; it is so by itself"),
        Wish::Http3 => "it speaks HTTP/3 by itself, unless `protocols` in the global options leaves h3 out: open UDP port 443 in the firewall".to_owned(),
        Wish::AltSvc => "it announces HTTP/3 by itself, unless `protocols` leaves h3 out or a `header -Alt-Svc` takes it away".to_owned(),
        Wish::Scheme => write(
            &["header_up X-Forwarded-Proto {scheme}"],
            "in the block of reverse_proxy, which sends it by itself, and have the application trust it",
        ),
        Wish::Host => write(&["header_up Host {host}"], "in the block of reverse_proxy, or set the application's base URL"),
        Wish::Listen(family, _) => write(&[bind(family)], "in the site's blocks, instead of another `bind`; without one it listens everywhere"),
        Wish::Port80(host) => write(
            &[format!("http://{host} {{").as_str(), REDIRECT, "}"],
            "beside the site's block, unless it does so by itself without `auto_https off` or `disable_redirects`",
        ),
        Wish::Names(names) => write(&[format!("{} {{", names.join(", "))], "as the beginning of the site's block"),
        Wish::Shown => "compare what `caddy adapt --pretty` makes of the Caddyfile, and reload".to_owned(),
        Wish::Log => "read its log (`journalctl -u caddy`), and the application's".to_owned(),
    }
}

/// An address of no family but `::` takes both.
fn bind(family: Family) -> &'static str {
    match family {
        Family::V4 => "bind 0.0.0.0 [::]",
        Family::V6 => "bind [::]",
    }
}
