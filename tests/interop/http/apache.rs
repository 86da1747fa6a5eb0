//! Apache.

use super::{Fault, Peer, fault, hold};

const RIGHT: &str = r#"
Listen 80
Listen 443
<VirtualHost *:80>
ServerName door.shop.example
AllowEncodedSlashes On
RewriteEngine On
RewriteCond %{THE_REQUEST} "^\S+ (\S+)"
RewriteRule ^ https://%{SERVER_NAME}%1 [R=301,NE,L]
</VirtualHost>
<VirtualHost *:443>
ServerName door.shop.example
AllowEncodedSlashes On
SSLEngine on
SSLCertificateFile {dir}/leaf.pem
SSLCertificateKeyFile {dir}/leaf.key
Header always set Strict-Transport-Security "max-age=31536000"
</VirtualHost>
"#;

const CLEAR: &str = "in `<VirtualHost *:80>`, with mod_rewrite, instead of another redirect";
const SECURE: &str = "in `<VirtualHost *:443>`";
const REDIRECT: &str = "RewriteEngine On
RewriteCond %{THE_REQUEST} \"^\\S+ (\\S+)\"
RewriteRule ^ https://%{SERVER_NAME}%1 [R=301,NE,L]";
const POLICY: &str = "Header always set Strict-Transport-Security \"max-age=31536000\"";

#[test]
#[ignore = "needs root, iproute2, nginx, apache2, haproxy, caddy, openssl and curl; .ci/run installs them"]
fn a_redirect_is_mended_by_the_line_of_the_fix() {
    const FAULTS: &[Fault] = &[
        redirect!(
            "Redirect permanent / https://door.shop.example",
            "http/host-glued"
        ),
        redirect!(
            "RedirectMatch permanent ^ https://door.shop.example/",
            "http/path-lost"
        ),
        redirect!(
            "RewriteEngine On\nRewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [R=301,L]",
            "http/path-lost"
        ),
        redirect!(
            "RewriteEngine On\nRewriteCond %{THE_REQUEST} \"^\\S+ ([^? ]+)\"\nRewriteRule ^ https://%{HTTP_HOST}%1? [R=301,NE,L]",
            "http/query-lost"
        ),
        redirect!(
            "RewriteEngine On\nRewriteCond %{THE_REQUEST} \"^\\S+ (\\S+)\"\nRewriteRule ^ https://%{HTTP_HOST}%1 [R,NE,L]",
            "http/not-permanent"
        ),
        redirect!("# none", "http/no-redirect"),
        redirect!(
            "RedirectMatch permanent ^/$ https://door.shop.example/\nFallbackResource /index.html",
            "http/only-root"
        ),
        redirect!(
            "Redirect permanent / https://other.shop.example/",
            "http/off-host-first"
        ),
        redirect!(
            "RewriteEngine On\nRewriteCond %{THE_REQUEST} \"^\\S+ (\\S+)\"\nRewriteRule ^ https://%{SERVER_NAME}:%{SERVER_PORT}%1 [R=301,NE,L]",
            "http/wrong-port"
        ),
        redirect!(
            "RewriteEngine On\nRewriteCond %{THE_REQUEST} \"^\\S+ (\\S+)\"\nRewriteRule ^ http://%{SERVER_NAME}%1 [R=301,NE,L]",
            "http/redirect-loop"
        ),
    ];
    hold(Peer::Apache, RIGHT, FAULTS);
}

#[test]
#[ignore = "needs root, iproute2, nginx, apache2, haproxy, caddy, openssl and curl; .ci/run installs them"]
fn encoded_slashes_that_are_not_allowed_are_no_page_that_was_left_out() {
    // As it comes, Apache answers an encoded slash with 404 before it looks at any rule.
    let as_it_comes = RIGHT.replace(
        "ServerName door",
        "AllowEncodedSlashes Off\nServerName door",
    );
    const FAULTS: &[Fault] = &[redirect!(
        "Redirect permanent / https://door.shop.example",
        "http/host-glued"
    )];
    hold(Peer::Apache, &as_it_comes, FAULTS);
}

#[test]
#[ignore = "needs root, iproute2, nginx, apache2, haproxy, caddy, openssl and curl; .ci/run installs them"]
fn a_policy_is_mended_by_the_line_of_the_fix() {
    const FAULTS: &[Fault] = &[
        policy!(
            "Header set Strict-Transport-Security \"max-age=31536000\"",
            "http/hsts-partial"
        ),
        policy!("# none", "http/hsts-missing"),
        policy!(
            "Header always set Strict-Transport-Security max-age=300",
            "http/hsts-short"
        ),
        policy!(
            "Header always set Strict-Transport-Security max-age=15768000",
            "http/hsts-under-a-year"
        ),
        policy!(
            "Header always set Strict-Transport-Security max-age=0",
            "http/hsts-disabled"
        ),
        policy!(
            "Header always set Strict-Transport-Security \"max-age=31536000 includeSubDomains\"",
            "http/hsts-invalid"
        ),
        policy!(
            "Header always set Strict-Transport-Security \"max-age=31536000; preload\"",
            "http/preload-not-ready"
        ),
        policy!(
            "Header always add Strict-Transport-Security max-age=31536000\nHeader always add Strict-Transport-Security max-age=300",
            "http/hsts-repeated"
        ),
        policy!(
            "Header always set Strict-Transport-Security \"max-age=300, max-age=31536000\"",
            "http/hsts-repeated"
        ),
        // One of the two tables of fields for each.
        policy!(
            "Header set Strict-Transport-Security max-age=31536000\nHeader always set Strict-Transport-Security max-age=31536000",
            "http/hsts-repeated"
        ),
        fault(
            &[(
                "RewriteEngine On",
                "Header always set Strict-Transport-Security max-age=31536000\nRewriteEngine On",
            )],
            "http/hsts-over-http",
            |wrong, fix| {
                let alone = wrong.replace(
                    "Header always set Strict-Transport-Security max-age=31536000\n",
                    "",
                );
                alone.replace(POLICY, &fix.lines(SECURE))
            },
        ),
    ];
    hold(Peer::Apache, RIGHT, FAULTS);
}

#[test]
#[ignore = "needs root, iproute2, nginx, apache2, haproxy, caddy, openssl and curl; .ci/run installs them"]
fn a_door_that_is_shut_is_opened_by_the_lines_of_the_fix() {
    const PORTS: &str = "in ports.conf";
    const FAULTS: &[Fault] = &[
        fault(
            &[(
                "Listen 80\nListen 443\n",
                "Listen 0.0.0.0:80\nListen 0.0.0.0:443\n",
            )],
            "across/dangling-address",
            |wrong, fix| format!("{}{wrong}", fix.lines(PORTS)),
        ),
        fault(
            &[("Listen 443\n", "Listen 0.0.0.0:443\n")],
            "http/family-fails",
            |wrong, fix| format!("{}{wrong}", fix.lines(PORTS)),
        ),
        fault(
            &[(
                "Listen 80\nListen 443\n",
                "Listen [2001:db8::80]:80\nListen [2001:db8::80]:443\n",
            )],
            "across/dangling-address",
            |wrong, fix| format!("{}{wrong}", fix.lines(PORTS)),
        ),
        fault(
            &[
                ("Listen 80\n", ""),
                ("<VirtualHost *:80>", "<VirtualHost *:81>"),
            ],
            "http/port-80-closed",
            |wrong, fix| format!("{wrong}{}", fix.lines("with mod_rewrite")),
        ),
        fault(
            &[(
                "<VirtualHost *:443>\nServerName door.shop.example",
                "<VirtualHost *:443>\nServerName first.shop.example\nSSLEngine on\nSSLCertificateFile {dir}/leaf.pem\nSSLCertificateKeyFile {dir}/leaf.key\nHeader always set Strict-Transport-Security max-age=31536000\nRedirectMatch 404 ^\n</VirtualHost>\n<VirtualHost *:443>\nServerName www.door.shop.example",
            )],
            "http/client-error",
            |wrong, fix| {
                let names = fix.lines("in the VirtualHosts of the site");
                wrong.replace("ServerName www.door.shop.example\n", &names)
            },
        ),
        fault(
            &[("SSLEngine on", "SSLEngine on\nProtocols http/1.1")],
            "http/version-old",
            |wrong, fix| wrong.replace("Protocols http/1.1\n", &fix.lines(SECURE)),
        ),
        fault(
            &[("SSLEngine on", "SSLEngine on\nRedirectMatch 403 /\\.")],
            "http/acme-challenge",
            |wrong, fix| {
                let clear = "in `<VirtualHost *:80>` instead of another redirect";
                wrong.replace(REDIRECT, &fix.lines(clear))
            },
        ),
        fault(
            &[(
                "SSLEngine on",
                "SSLEngine on\nRewriteEngine On\nRewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [R=301,L]",
            )],
            "http/redirect-loop",
            |wrong, fix| {
                let own = "RewriteEngine On\nRewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [R=301,L]\n";
                wrong.replace(
                    own,
                    &fix.lines("instead of the redirect without a condition"),
                )
            },
        ),
    ];
    hold(Peer::Apache, RIGHT, FAULTS);
}
