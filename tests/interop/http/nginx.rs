//! nginx.

use super::{Fault, Ground, Peer, fault, hold, ids, look};

const RIGHT: &str = r#"
 server {
  listen 80; listen [::]:80;
  server_name door.shop.example;
  return 301 https://$host$request_uri;
 }
 server {
  listen 443 ssl http2; listen [::]:443 ssl http2;
  server_name door.shop.example;
  root {dir}/site;
  add_header Strict-Transport-Security "max-age=31536000" always;
 }
"#;

const CLEAR: &str = "in the server block of port 80";
const SECURE: &str = "in the server block of port 443";
const REDIRECT: &str = "return 301 https://$host$request_uri;";
const POLICY: &str = "add_header Strict-Transport-Security \"max-age=31536000\" always;";

#[test]
#[ignore = "needs root, iproute2, nginx, apache2, haproxy, caddy, openssl and curl; .ci/run installs them"]
fn a_redirect_is_mended_by_the_line_of_the_fix() {
    const FAULTS: &[Fault] = &[
        redirect!("return 301 https://$host$uri;", "http/path-lost"),
        // It swallows the challenge of an authority as well, which is told with it.
        redirect!("return 301 https://$host/;", "http/path-lost"),
        redirect!(
            "if ($request_uri ~ ^([^?]*)) { return 301 https://$host$1; }",
            "http/query-lost"
        ),
        redirect!(
            "return 302 https://$host$request_uri;",
            "http/not-permanent"
        ),
        redirect!("root {dir}/site/;", "http/no-redirect"),
        redirect!(
            "location = / { return 301 https://$host$request_uri; }",
            "http/only-root"
        ),
        redirect!(
            "rewrite ^/(.*)$ https://door.shop.example$1 permanent;",
            "http/host-glued"
        ),
        redirect!(
            "return 301 https://other.shop.example$request_uri;",
            "http/off-host-first"
        ),
        redirect!(
            "return 301 https://$host:80$request_uri;",
            "http/wrong-port"
        ),
        redirect!(
            "return 301 $scheme://$host$request_uri;",
            "http/redirect-loop"
        ),
        redirect!("return 301 https:///;", "http/location-invalid"),
        redirect!(
            "if ($host = door.shop.example) { return 301 http://other.shop.example$request_uri; } return 301 https://$host$request_uri;",
            "http/first-hop-plain"
        ),
        redirect!(
            "default_type text/html; return 200 '<meta http-equiv=refresh content=\"0; url=https://door.shop.example/\">';",
            "http/html-redirect"
        ),
        fault(
            &[
                (
                    "return 301 https://$host$request_uri;",
                    "location /.well-known/ { root {dir}/site; } location / { return 301 https://$host:8443$request_uri; }",
                ),
                (
                    "listen 443 ssl http2;",
                    "listen 8443 ssl http2; listen [::]:8443 ssl http2; listen 443 ssl http2;",
                ),
            ],
            "http/odd-port",
            |wrong, fix| {
                wrong.replace(
                    "return 301 https://$host:8443$request_uri;",
                    &fix.lines(CLEAR),
                )
            },
        ),
    ];
    hold(Peer::Nginx, RIGHT, FAULTS);
}

#[test]
#[ignore = "needs root, iproute2, nginx, apache2, haproxy, caddy, openssl and curl; .ci/run installs them"]
fn a_policy_is_mended_by_the_line_of_the_fix() {
    const FAULTS: &[Fault] = &[
        policy!(
            "add_header Strict-Transport-Security \"max-age=31536000\";",
            "http/hsts-partial"
        ),
        fault(&[(POLICY, "")], "http/hsts-missing", |wrong, fix| {
            wrong.replace(
                "root {dir}/site;",
                &format!("root {{dir}}/site;\n{}", fix.lines(SECURE)),
            )
        }),
        policy!(
            "add_header Strict-Transport-Security max-age=300 always;",
            "http/hsts-short"
        ),
        policy!(
            "add_header Strict-Transport-Security max-age=15768000 always;",
            "http/hsts-under-a-year"
        ),
        policy!(
            "add_header Strict-Transport-Security max-age=0 always;",
            "http/hsts-disabled"
        ),
        policy!(
            "add_header Strict-Transport-Security \"max-age=31536000, includeSubDomains\" always;",
            "http/hsts-invalid"
        ),
        policy!(
            "add_header Strict-Transport-Security \"max-age=31536000; preload\" always;",
            "http/preload-not-ready"
        ),
        policy!(
            "add_header Strict-Transport-Security max-age=31536000 always; add_header Strict-Transport-Security max-age=300 always;",
            "http/hsts-repeated"
        ),
        policy!(
            "add_header Strict-Transport-Security \"max-age=31536000, max-age=300\" always;",
            "http/hsts-repeated"
        ),
        fault(
            &[(
                REDIRECT,
                "add_header Strict-Transport-Security max-age=31536000 always; return 301 https://$host$request_uri;",
            )],
            "http/hsts-over-http",
            |wrong, fix| {
                let alone = wrong.replace(
                    "add_header Strict-Transport-Security max-age=31536000 always; ",
                    "",
                );
                alone.replace(POLICY, &fix.lines(SECURE))
            },
        ),
    ];
    hold(Peer::Nginx, RIGHT, FAULTS);
}

#[test]
#[ignore = "needs root, iproute2, nginx, apache2, haproxy, caddy, openssl and curl; .ci/run installs them"]
fn a_door_that_is_shut_is_opened_by_the_lines_of_the_fix() {
    const FAULTS: &[Fault] = &[
        fault(
            &[("listen [::]:80;", ""), ("listen [::]:443 ssl http2;", "")],
            "across/dangling-address",
            |wrong, fix| {
                let each = "each in the server block of its port";
                let clear = format!("listen 80; {}", fix.lines_with(each, ":80"));
                let secure = format!("listen 443 ssl http2; {}", fix.lines_with(each, ":443"));
                wrong
                    .replace("listen 80;", &clear)
                    .replace("listen 443 ssl http2;", &secure)
            },
        ),
        fault(
            &[("listen 80;", ""), ("listen 443 ssl http2;", "")],
            "across/dangling-address",
            |wrong, fix| {
                let each = "each in the server block of its port";
                let clear = format!("listen [::]:80; {}", fix.lines_with(each, "80"));
                let secure = format!("listen [::]:443 ssl http2; {}", fix.lines_with(each, "443"));
                wrong
                    .replace("listen [::]:80;", &clear)
                    .replace("listen [::]:443 ssl http2;", &secure)
            },
        ),
        fault(
            &[("listen [::]:443 ssl http2;", "")],
            "http/family-fails",
            |wrong, fix| {
                let line = fix.lines("in the server block of its port");
                wrong.replace(
                    "listen 443 ssl http2;",
                    &format!("listen 443 ssl http2; {line}"),
                )
            },
        ),
        fault(
            &[("listen 80; listen [::]:80;", "listen 127.0.0.1:81;")],
            "http/port-80-closed",
            |wrong, fix| {
                format!(
                    "{wrong}\n{}",
                    fix.lines("beside the server block of port 443")
                )
            },
        ),
        fault(
            &[(
                "listen 443 ssl http2; listen [::]:443 ssl http2;",
                "listen 443 ssl; listen [::]:443 ssl;",
            )],
            "http/version-old",
            |wrong, fix| wrong.replace("listen 443 ssl; listen [::]:443 ssl;", &fix.lines(SECURE)),
        ),
        fault(
            &[
                (
                    "server_name door.shop.example;\n  root",
                    "server_name www.door.shop.example;\n  root",
                ),
                (
                    " server {\n  listen 443",
                    " server { listen 443 ssl default_server; listen [::]:443 ssl default_server; add_header Strict-Transport-Security max-age=31536000 always; return 404; }\n server {\n  listen 443",
                ),
            ],
            "http/client-error",
            |wrong, fix| {
                wrong.replace(
                    "server_name www.door.shop.example;",
                    &fix.lines("in the server blocks of the site"),
                )
            },
        ),
        fault(
            &[(
                "root {dir}/site;",
                "root {dir}/site; location ~ /\\. { deny all; }",
            )],
            "http/acme-challenge",
            |wrong, fix| {
                wrong.replace(
                    REDIRECT,
                    &fix.lines("in the server block of port 80, instead of a redirect outside"),
                )
            },
        ),
        fault(
            &[(
                "root {dir}/site;",
                "root {dir}/site; return 301 https://$host$request_uri;",
            )],
            "http/redirect-loop",
            |wrong, fix| {
                let own = "root {dir}/site; return 301 https://$host$request_uri;";
                let lines = fix.lines("instead of the redirect without a condition");
                wrong.replace(own, &format!("root {{dir}}/site;\n{lines}"))
            },
        ),
    ];
    hold(Peer::Nginx, RIGHT, FAULTS);
}

#[test]
#[ignore = "needs root, iproute2, nginx, apache2, haproxy, caddy, openssl and curl; .ci/run installs them"]
fn a_redirect_that_swallows_the_challenge_is_told_once_with_its_cause() {
    let ground = Ground::new();
    let wrong = RIGHT.replace(REDIRECT, "return 301 https://$host/;");
    let _server = Peer::Nginx.start(&ground, &wrong);
    let report = look(&ground);
    assert_eq!(ids(&report), ["http/path-lost"]);
    let also = &report["findings"][0]["evidence"]["also"];
    assert_eq!(also[0]["id"], "http/acme-challenge", "{also}");
}
