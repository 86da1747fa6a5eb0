//! What to write into the Caddyfile. A brace ends its line there, so that a block takes several.

use super::{Wish, write};

const REDIRECT: &str = "redir https://{host}{uri} permanent";

pub(super) fn lines(wish: Wish<'_>) -> String {
    let site = "in the site's block";
    match wish {
        Wish::Redirect => write(
            &[REDIRECT],
            "in the block of the `http://` address, or take that block out: Caddy redirects by itself",
        ),
        // Without its own redirects it would not listen on port 80, where the proxy comes to.
        Wish::RedirectBehindProxy => write(
            &["@clear header X-Forwarded-Proto http", "redir @clear https://{host}{uri} permanent"],
            "in the site's block instead of a `redir` without a condition, with `http://` before the site's address where a proxy in front speaks TLS",
        ),
        Wish::Target => "the target stands in a `redir`, or in the application's base URL".to_owned(),
        Wish::Policy(policy) => write(&[format!("header Strict-Transport-Security \"{policy}\"")], site),
        // Deferred to the end it would be missing on what Caddy answers by itself, so the application's is taken away instead.
        Wish::OnlyPolicy(policy) => write(
            &[format!("header Strict-Transport-Security \"{policy}\""), "header_down -Strict-Transport-Security".to_owned()],
            &format!("{site}, the second within reverse_proxy, and no other `header` of it"),
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
        // Go listens on both families at either unspecified address, and so cannot at both of them.
        Wish::Listen(..) => write(&["bind [::]"], "in the site's blocks, instead of another `bind`; without one it listens everywhere as well"),
        Wish::Port80(host) => write(
            &[format!("http://{host} {{").as_str(), REDIRECT, "}"],
            "beside the site's block, unless it does so by itself without `auto_https off` or `disable_redirects`",
        ),
        Wish::Names(names) => write(&[format!("{} {{", names.join(", "))], "as the beginning of the site's block"),
        Wish::Shown => "compare what `caddy adapt --pretty` makes of the Caddyfile, and reload".to_owned(),
        Wish::Log => "read its log (`journalctl -u caddy`), and the application's".to_owned(),
    }
}
