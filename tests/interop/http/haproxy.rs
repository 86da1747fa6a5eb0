//! HAProxy. It sends no Server field: it is told by the form of its redirect, and else stands among the commonest.

use super::{Fault, Peer, fault, hold};

const RIGHT: &str = r#"
frontend clear
 bind :::80 v4v6
 http-request redirect scheme https code 301 unless { ssl_fc }
frontend secure
 bind :::443 v4v6 ssl crt /etc/haproxy/site.pem alpn h2,http/1.1
 http-after-response set-header Strict-Transport-Security max-age=31536000
 http-request return status 200 content-type text/html string "Come in" if { path / }
 http-request return status 404 content-type text/html string "Nothing here"
"#;

const CLEAR: &str = "in the frontend of port 80";
const SECURE: &str = "in the frontend of port 443";
const REDIRECT: &str = "http-request redirect scheme https code 301 unless { ssl_fc }";
const POLICY: &str = "http-after-response set-header Strict-Transport-Security max-age=31536000";

#[test]
#[ignore = "needs root, iproute2, nginx, apache2, haproxy, caddy, openssl and curl; .ci/run installs them"]
fn a_redirect_is_mended_by_the_line_of_the_fix() {
    const FAULTS: &[Fault] = &[
        redirect!(
            "http-request redirect location https://door.shop.example/ code 301",
            "http/path-lost"
        ),
        redirect!(
            "http-request redirect prefix https://door.shop.example drop-query code 301",
            "http/query-lost"
        ),
        redirect!("http-request redirect scheme https", "http/not-permanent"),
        redirect!(
            "http-request return status 200 content-type text/html string \"Welcome\"",
            "http/no-redirect"
        ),
        redirect!(
            "http-request redirect scheme https code 301 if { path / }\n http-request return status 200 content-type text/html string \"Welcome\"",
            "http/only-root"
        ),
        redirect!(
            "http-request redirect location https://door.shop.example%[path,regsub(^/,)] code 301",
            "http/host-glued"
        ),
        redirect!(
            "http-request redirect prefix https://other.shop.example code 301",
            "http/off-host-first"
        ),
        redirect!(
            "http-request redirect prefix https://door.shop.example:80 code 301",
            "http/wrong-port"
        ),
        redirect!(
            "http-request redirect location %[req.hdr(x-nobody-sends)] code 301",
            "http/location-invalid"
        ),
        redirect!(
            "http-request redirect scheme http code 301",
            "http/redirect-loop"
        ),
    ];
    hold(Peer::Haproxy, RIGHT, FAULTS);
}

#[test]
#[ignore = "needs root, iproute2, nginx, apache2, haproxy, caddy, openssl and curl; .ci/run installs them"]
fn a_policy_is_mended_by_the_line_of_the_fix() {
    const FAULTS: &[Fault] = &[
        // What HAProxy says itself goes without.
        policy!(
            "http-response set-header Strict-Transport-Security max-age=31536000",
            "http/hsts-missing"
        ),
        policy!(
            "http-after-response set-header Strict-Transport-Security max-age=300",
            "http/hsts-short"
        ),
        policy!(
            "http-after-response set-header Strict-Transport-Security max-age=15768000",
            "http/hsts-under-a-year"
        ),
        policy!(
            "http-after-response set-header Strict-Transport-Security max-age=0",
            "http/hsts-disabled"
        ),
        policy!(
            "http-after-response set-header Strict-Transport-Security max-age=31536000,includeSubDomains",
            "http/hsts-invalid"
        ),
        policy!(
            "http-after-response set-header Strict-Transport-Security max-age=31536000;preload",
            "http/preload-not-ready"
        ),
        policy!(
            "http-after-response add-header Strict-Transport-Security max-age=31536000\n http-after-response add-header Strict-Transport-Security max-age=300",
            "http/hsts-repeated"
        ),
        fault(
            &[(
                REDIRECT,
                "http-after-response set-header Strict-Transport-Security max-age=31536000\n http-request redirect scheme https code 301",
            )],
            "http/hsts-over-http",
            |wrong, fix| {
                let alone = wrong.replace("http-after-response set-header Strict-Transport-Security max-age=31536000\n http-request redirect", "http-request redirect");
                alone.replace(POLICY, &fix.lines(SECURE))
            },
        ),
    ];
    hold(Peer::Haproxy, RIGHT, FAULTS);
}

#[test]
#[ignore = "needs root, iproute2, nginx, apache2, haproxy, caddy, openssl and curl; .ci/run installs them"]
fn a_door_that_is_shut_is_opened_by_the_lines_of_the_fix() {
    const EACH: &str = "each in the frontend of its port";
    const FAULTS: &[Fault] = &[
        fault(
            &[(":::80 v4v6", "*:80"), (":::443 v4v6", "*:443")],
            "across/dangling-address",
            |wrong, fix| {
                let clear = format!("frontend clear\n {}", fix.lines_with(EACH, ":80"));
                let secure = format!("frontend secure\n {}", fix.lines_with(EACH, ":443"));
                wrong
                    .replace("frontend clear\n", &clear)
                    .replace("frontend secure\n", &secure)
            },
        ),
        fault(
            &[
                (":::80 v4v6", ":::80 v6only"),
                (":::443 v4v6", ":::443 v6only"),
            ],
            "across/dangling-address",
            |wrong, fix| {
                let clear = format!("frontend clear\n {}", fix.lines_with(EACH, ":80"));
                let secure = format!("frontend secure\n {}", fix.lines_with(EACH, ":443"));
                wrong
                    .replace("frontend clear\n", &clear)
                    .replace("frontend secure\n", &secure)
            },
        ),
        fault(
            &[(":::443 v4v6", "*:443")],
            "http/family-fails",
            |wrong, fix| {
                let secure = format!(
                    "frontend secure\n {}",
                    fix.lines("in the frontend of its port")
                );
                wrong.replace("frontend secure\n", &secure)
            },
        ),
        fault(
            &[("bind :::80 v4v6", "bind 127.0.0.1:81")],
            "http/port-80-closed",
            |wrong, fix| {
                format!(
                    "{}{}",
                    wrong.replace("frontend clear", "frontend old"),
                    fix.lines("beside the frontend of port 443")
                )
            },
        ),
        fault(
            &[("alpn h2,http/1.1", "")],
            "http/version-old",
            |wrong, fix| {
                let old = "bind :::443 v4v6 ssl crt /etc/haproxy/site.pem ";
                wrong.replace(old, &fix.lines(SECURE))
            },
        ),
        fault(
            &[(
                "http-request return status 200",
                "http-request deny if { path_beg /.well-known/ }\n http-request return status 200",
            )],
            "http/acme-challenge",
            |wrong, fix| {
                let lines = fix.lines("in the frontend of port 80, and a backend `acme`");
                wrong.replace(REDIRECT, &lines) + "backend acme\n http-request return status 404"
            },
        ),
        fault(
            &[(
                "http-request return status 200",
                "http-request redirect scheme https code 301\n http-request return status 200",
            )],
            "http/redirect-loop",
            |wrong, fix| {
                let lines = fix.lines("instead of the redirect without that condition");
                wrong.replace("http-request redirect scheme https code 301\n", &lines)
            },
        ),
    ];
    hold(Peer::Haproxy, RIGHT, FAULTS);
}
