//! Caddy.

use super::{Fault, Peer, fault, hold};

const RIGHT: &str = r#"
 auto_https off
}
http://door.shop.example {
 redir https://{host}{uri} permanent
}
https://door.shop.example {
 tls {dir}/leaf.pem {dir}/leaf.key
 header Strict-Transport-Security max-age=31536000
 root * {dir}/site
 file_server
}
"#;

const CLEAR: &str = "in the block of the `http://` address";
const SECURE: &str = "in the site's block";
const REDIRECT: &str = "redir https://{host}{uri} permanent";
const POLICY: &str = "header Strict-Transport-Security max-age=31536000";

#[test]
#[ignore = "needs root, iproute2, nginx, apache2, haproxy, caddy, openssl and curl; .ci/run installs them"]
fn a_redirect_is_mended_by_the_line_of_the_fix() {
    const FAULTS: &[Fault] = &[
        redirect!("redir https://{host} permanent", "http/path-lost"),
        redirect!("redir https://{host}{path} permanent", "http/path-lost"),
        redirect!(
            "redir https://{host}{http.request.orig_uri.path} permanent",
            "http/path-lost"
        ),
        redirect!("redir https://{host}{uri}", "http/not-permanent"),
        redirect!("respond \"Come in\"", "http/no-redirect"),
        redirect!("redir / https://{host}{uri} permanent", "http/only-root"),
        redirect!(
            "redir https://{host}{http.request.uri.path.0} permanent",
            "http/host-glued"
        ),
        redirect!(
            "redir https://other.shop.example{uri} permanent",
            "http/off-host-first"
        ),
        redirect!("redir https://{host}:80{uri} permanent", "http/wrong-port"),
        redirect!("redir http://{host}{uri} permanent", "http/redirect-loop"),
    ];
    hold(Peer::Caddy, RIGHT, FAULTS);
}

#[test]
#[ignore = "needs root, iproute2, nginx, apache2, haproxy, caddy, openssl and curl; .ci/run installs them"]
fn a_policy_is_mended_by_the_line_of_the_fix() {
    const FAULTS: &[Fault] = &[
        policy!("# none", "http/hsts-missing"),
        policy!(
            "header Strict-Transport-Security max-age=300",
            "http/hsts-short"
        ),
        policy!(
            "header Strict-Transport-Security max-age=15768000",
            "http/hsts-under-a-year"
        ),
        policy!(
            "header Strict-Transport-Security max-age=0",
            "http/hsts-disabled"
        ),
        policy!(
            "header Strict-Transport-Security max-age=31536000,includeSubDomains",
            "http/hsts-invalid"
        ),
        policy!(
            "header Strict-Transport-Security \"max-age=31536000; preload\"",
            "http/preload-not-ready"
        ),
        fault(
            &[(
                POLICY,
                "header Strict-Transport-Security max-age=31536000\n header +Strict-Transport-Security max-age=300",
            )],
            "http/hsts-repeated",
            |wrong, fix| {
                let both = "header Strict-Transport-Security max-age=31536000\n header +Strict-Transport-Security max-age=300";
                // There is no reverse_proxy for the second line.
                wrong.replace(both, &fix.lines_with(SECURE, "header Strict"))
            },
        ),
        policy!(
            "header / Strict-Transport-Security max-age=31536000",
            "http/hsts-partial"
        ),
        fault(
            &[(
                "http://door.shop.example {",
                "http://door.shop.example {\n header Strict-Transport-Security max-age=31536000",
            )],
            "http/hsts-over-http",
            |wrong, fix| {
                let of_clear = "http://door.shop.example {\n header Strict-Transport-Security max-age=31536000";
                let alone = wrong.replace(of_clear, "http://door.shop.example {");
                alone.replace(POLICY, &fix.lines(SECURE))
            },
        ),
    ];
    hold(Peer::Caddy, RIGHT, FAULTS);
}

#[test]
#[ignore = "needs root, iproute2, nginx, apache2, haproxy, caddy, openssl and curl; .ci/run installs them"]
fn a_door_that_is_shut_is_opened_by_the_lines_of_the_fix() {
    const BLOCKS: &str = "in the site's blocks, instead of another `bind`";
    const FAULTS: &[Fault] = &[
        fault(
            &[
                ("{\n redir", "{\n bind 203.0.113.80\n redir"),
                ("{\n tls", "{\n bind 203.0.113.80\n tls"),
            ],
            "across/dangling-address",
            |wrong, fix| wrong.replace("bind 203.0.113.80\n", &fix.lines(BLOCKS)),
        ),
        fault(
            &[
                ("{\n redir", "{\n bind 2001:db8::80\n redir"),
                ("{\n tls", "{\n bind 2001:db8::80\n tls"),
            ],
            "across/dangling-address",
            |wrong, fix| wrong.replace("bind 2001:db8::80\n", &fix.lines(BLOCKS)),
        ),
        fault(
            &[("{\n tls", "{\n bind 203.0.113.80\n tls")],
            "http/family-fails",
            |wrong, fix| wrong.replace("bind 203.0.113.80\n", &fix.lines(BLOCKS)),
        ),
        fault(
            &[(
                "http://door.shop.example {",
                "http://door.shop.example:81 {",
            )],
            "http/port-80-closed",
            |wrong, fix| format!("{wrong}{}", fix.lines("beside the site's block")),
        ),
        fault(
            &[(
                " auto_https off",
                " auto_https off\n servers {\n protocols h1\n }",
            )],
            "http/version-old",
            |wrong, fix| {
                wrong.replace(
                    "servers {\n protocols h1\n }",
                    &fix.lines("in the global options"),
                )
            },
        ),
        fault(
            &[("{\n tls", "{\n respond /.well-known/* 403\n tls")],
            "http/acme-challenge",
            |wrong, fix| wrong.replace(REDIRECT, &fix.lines(CLEAR)),
        ),
        fault(
            &[("root *", "redir https://{host}{uri} permanent\n root *")],
            "http/redirect-loop",
            |wrong, fix| {
                let lines =
                    fix.lines("in the site's block instead of a `redir` without a condition");
                wrong.replace(
                    "redir https://{host}{uri} permanent\n root",
                    &format!("{lines} root"),
                )
            },
        ),
    ];
    hold(Peer::Caddy, RIGHT, FAULTS);
}
