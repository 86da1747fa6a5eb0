//! Each of the four in front of an application that speaks HTTP, and behind a proxy that speaks TLS.

use super::{Fault, Ground, Peer, agrees_with_curl, fault, ids, look, mended};

/// An application that sends visitors on by the scheme and host that it is told of. It does not say what it is.
const APPLICATION: &str = r#"
frontend application
 bind 127.0.0.1:8080
 http-request set-var(txn.scheme) str(http)
 http-request set-var(txn.scheme) req.hdr(X-Forwarded-Proto) if { req.hdr(X-Forwarded-Proto) -m found }
 http-request return status 301 hdr Location "%[var(txn.scheme)]://%[req.hdr(host)]/index.html" if { path / }
 http-request return status 200 content-type text/html string "Come in" if { path /index.html }
 http-request return status 404 content-type text/html string "Nothing here"
"#;

/// One that sets two cookies, of which one is for https alone.
const WITH_COOKIES: &str = r#"
frontend application
 bind 127.0.0.1:8080
 http-request return status 200 content-type text/html hdr Set-Cookie "theme=1; Path=/; secure" hdr Set-Cookie "id=1; Path=/; HttpOnly" string "Come in" if { path / }
 http-request return status 404 content-type text/html string "Nothing here"
"#;

/// One that sends a policy itself.
const WITH_POLICY: &str = r#"
frontend application
 bind 127.0.0.1:8080
 http-after-response set-header Strict-Transport-Security max-age=31536000
 http-request return status 200 content-type text/html string "Come in" if { path / }
 http-request return status 404 content-type text/html string "Nothing here"
"#;

const NGINX: &str = r#"
 server {
  listen 80; listen [::]:80;
  server_name door.shop.example;
  return 301 https://$host$request_uri;
 }
 server {
  listen 443 ssl http2; listen [::]:443 ssl http2;
  server_name door.shop.example;
  location / {
   proxy_pass http://127.0.0.1:8080;
   proxy_set_header Host $host;
   proxy_set_header X-Forwarded-Proto $scheme;
  }
  proxy_hide_header Strict-Transport-Security;
  add_header Strict-Transport-Security "max-age=31536000" always;
  proxy_cookie_flags ~ secure;
 }
"#;

const APACHE: &str = r#"
Listen 80
Listen 443
<VirtualHost *:80>
ServerName door.shop.example
AllowEncodedSlashes NoDecode
RewriteEngine On
RewriteCond %{THE_REQUEST} "^\S+ (\S+)"
RewriteRule ^ https://%{SERVER_NAME}%1 [R=301,NE,L]
</VirtualHost>
<VirtualHost *:443>
ServerName door.shop.example
AllowEncodedSlashes NoDecode
SSLEngine on
SSLCertificateFile {dir}/leaf.pem
SSLCertificateKeyFile {dir}/leaf.key
ProxyPass / http://127.0.0.1:8080/ nocanon
ProxyPreserveHost On
RequestHeader set X-Forwarded-Proto https
Header onsuccess unset Strict-Transport-Security
Header always set Strict-Transport-Security "max-age=31536000"
Header onsuccess edit Set-Cookie "^((?:(?!; *[Ss]ecure)[^\n])*)$" "$1; Secure"
Header always edit Set-Cookie "^((?:(?!; *[Ss]ecure)[^\n])*)$" "$1; Secure"
</VirtualHost>
"#;

const HAPROXY: &str = r#"
frontend clear
 bind :::80 v4v6
 http-request redirect scheme https code 301 unless { ssl_fc }
frontend secure
 bind :::443 v4v6 ssl crt /etc/haproxy/site.pem alpn h2,http/1.1
 http-request set-header X-Forwarded-Proto https if { ssl_fc }
 http-after-response set-header Strict-Transport-Security "max-age=31536000"
 http-response replace-header Set-Cookie '^((?:(?!; *[Ss]ecure).)*)$' '\1; Secure'
 default_backend application
backend application
 server one 127.0.0.1:8080
"#;

const CADDY: &str = r#"
 auto_https off
}
http://door.shop.example {
 redir https://{host}{uri} permanent
}
https://door.shop.example {
 tls {dir}/leaf.pem {dir}/leaf.key
 header Strict-Transport-Security "max-age=31536000"
 reverse_proxy 127.0.0.1:8080 {
  header_up X-Forwarded-Proto {scheme}
  header_up Host {host}
  header_down -Strict-Transport-Security
  header_down Set-Cookie "(.*)" "$1; Secure"
 }
}
"#;

/// In front of each application the right configuration has no findings, and its fault is mended.
fn hold(peer: Peer, right: &str, faults: &[(&str, Fault)]) {
    let ground = Ground::new();
    for (application, fault) in faults {
        let _behind = Peer::Haproxy.start(&ground, application);
        {
            let _server = peer.start(&ground, right);
            let report = look(&ground);
            assert_eq!(ids(&report), [""; 0], "{peer:?}: {:#}", report["findings"]);
            agrees_with_curl(&ground, &report);
        }
        mended(&ground, peer, &super::wrong(right, fault), fault);
    }
}

#[test]
#[ignore = "needs root, iproute2, nginx, apache2, haproxy, caddy, openssl and curl; .ci/run installs them"]
fn what_nginx_is_to_tell_and_to_hide_is_written_as_the_fix_says() {
    const PROXY: &str = "beside proxy_pass";
    hold(
        Peer::Nginx,
        NGINX,
        &[
            (
                APPLICATION,
                fault(
                    &[("proxy_set_header X-Forwarded-Proto $scheme;", "# here")],
                    "http/downgrade",
                    |wrong, fix| {
                        wrong.replace(
                            "# here",
                            &fix.lines("beside proxy_pass of the proxy in front"),
                        )
                    },
                ),
            ),
            (
                APPLICATION,
                fault(
                    &[("proxy_set_header Host $host;", "# here")],
                    "http/internal-target",
                    |wrong, fix| wrong.replace("# here", &fix.lines(PROXY)),
                ),
            ),
            (
                WITH_COOKIES,
                fault(
                    &[("proxy_cookie_flags ~ secure;", "# here")],
                    "http/cookie-in-clear",
                    |wrong, fix| wrong.replace("# here", &fix.lines(PROXY)),
                ),
            ),
            (
                WITH_POLICY,
                fault(
                    &[
                        ("proxy_hide_header Strict-Transport-Security;", ""),
                        (
                            "add_header Strict-Transport-Security \"max-age=31536000\" always;",
                            "add_header Strict-Transport-Security max-age=31536000 always;",
                        ),
                    ],
                    "http/hsts-repeated",
                    |wrong, fix| {
                        let lines =
                            fix.lines("in the server block of port 443, and no other add_header");
                        wrong.replace(
                            "add_header Strict-Transport-Security max-age=31536000 always;",
                            &lines,
                        )
                    },
                ),
            ),
        ],
    );
}

#[test]
#[ignore = "needs root, iproute2, nginx, apache2, haproxy, caddy, openssl and curl; .ci/run installs them"]
fn what_apache_is_to_tell_and_to_hide_is_written_as_the_fix_says() {
    const SECURE: &str = "in `<VirtualHost *:443>`";
    hold(
        Peer::Apache,
        APACHE,
        &[
            (
                APPLICATION,
                fault(
                    &[("RequestHeader set X-Forwarded-Proto https", "# here")],
                    "http/downgrade",
                    |wrong, fix| wrong.replace("# here", &fix.lines(SECURE)),
                ),
            ),
            (
                APPLICATION,
                fault(
                    &[("ProxyPreserveHost On", "# here")],
                    "http/internal-target",
                    |wrong, fix| wrong.replace("# here", &fix.lines("beside ProxyPass")),
                ),
            ),
            (
                WITH_COOKIES,
                fault(
                    &[
                        ("Header onsuccess edit", "# Header edit"),
                        ("Header always edit", "# Header edit"),
                    ],
                    "http/cookie-in-clear",
                    |wrong, fix| {
                        wrong.replace(
                            "ProxyPreserveHost",
                            &format!("{}ProxyPreserveHost", fix.lines(SECURE)),
                        )
                    },
                ),
            ),
            (
                WITH_POLICY,
                fault(
                    &[("Header onsuccess unset Strict-Transport-Security\n", "")],
                    "http/hsts-repeated",
                    |wrong, fix| {
                        wrong.replace(
                            "Header always set Strict-Transport-Security \"max-age=31536000\"",
                            &fix.lines(SECURE),
                        )
                    },
                ),
            ),
        ],
    );
}

#[test]
#[ignore = "needs root, iproute2, nginx, apache2, haproxy, caddy, openssl and curl; .ci/run installs them"]
fn what_haproxy_is_to_tell_and_to_hide_is_written_as_the_fix_says() {
    const SECURE: &str = "in the frontend of port 443";
    hold(
        Peer::Haproxy,
        HAPROXY,
        &[
            (
                APPLICATION,
                fault(
                    &[(
                        "http-request set-header X-Forwarded-Proto https if { ssl_fc }",
                        "# here",
                    )],
                    "http/downgrade",
                    |wrong, fix| wrong.replace("# here", &fix.lines(SECURE)),
                ),
            ),
            (
                APPLICATION,
                fault(
                    &[(
                        "http-request set-header X-Forwarded-Proto",
                        "http-request set-header Host 127.0.0.1:8080\n http-request set-header X-Forwarded-Proto",
                    )],
                    "http/internal-target",
                    |wrong, fix| {
                        let place = "it passes the host on, unless an `http-request set-header Host` changes it";
                        assert_eq!(fix.lines(place), "\n", "there is nothing to write");
                        wrong.replace("http-request set-header Host 127.0.0.1:8080\n", "")
                    },
                ),
            ),
            (
                WITH_COOKIES,
                fault(
                    &[("http-response replace-header", "# http-response")],
                    "http/cookie-in-clear",
                    |wrong, fix| {
                        wrong.replace(
                            " default_backend",
                            &format!(" {} default_backend", fix.lines(SECURE)),
                        )
                    },
                ),
            ),
            (
                WITH_POLICY,
                fault(
                    &[(
                        "http-after-response set-header",
                        "http-after-response add-header",
                    )],
                    "http/hsts-repeated",
                    |wrong, fix| {
                        let own = "http-after-response add-header Strict-Transport-Security \"max-age=31536000\"";
                        wrong.replace(own, &fix.lines(SECURE))
                    },
                ),
            ),
        ],
    );
}

#[test]
#[ignore = "needs root, iproute2, nginx, apache2, haproxy, caddy, openssl and curl; .ci/run installs them"]
fn what_caddy_is_to_tell_and_to_hide_is_written_as_the_fix_says() {
    const PROXY: &str = "in the block of reverse_proxy";
    hold(
        Peer::Caddy,
        CADDY,
        &[
            (
                APPLICATION,
                fault(
                    &[(
                        "header_up X-Forwarded-Proto {scheme}",
                        "header_up -X-Forwarded-Proto",
                    )],
                    "http/downgrade",
                    |wrong, fix| wrong.replace("header_up -X-Forwarded-Proto", &fix.lines(PROXY)),
                ),
            ),
            (
                APPLICATION,
                fault(
                    &[(
                        "header_up Host {host}",
                        "header_up Host {upstream_hostport}",
                    )],
                    "http/internal-target",
                    |wrong, fix| {
                        wrong.replace("header_up Host {upstream_hostport}", &fix.lines(PROXY))
                    },
                ),
            ),
            (
                WITH_COOKIES,
                fault(
                    &[("header_down Set-Cookie \"(.*)\" \"$1; Secure\"", "# here")],
                    "http/cookie-in-clear",
                    |wrong, fix| wrong.replace("# here", &fix.lines(PROXY)),
                ),
            ),
            (
                WITH_POLICY,
                fault(
                    &[("header_down -Strict-Transport-Security\n", "")],
                    "http/hsts-repeated",
                    |wrong, fix| {
                        let place = "in the site's block, the second within reverse_proxy";
                        let own = fix.lines_with(place, "header Strict");
                        let down = fix.lines_with(place, "header_down");
                        wrong
                            .replace(
                                "header Strict-Transport-Security \"max-age=31536000\"\n",
                                &own,
                            )
                            .replace("header_up Host", &format!("{down}header_up Host"))
                    },
                ),
            ),
        ],
    );
}

/// A proxy that speaks TLS, and says so to a server that it asks in clear.
const TERMINATING: &str = r#"
frontend all
 bind :::80 v4v6
 bind :::443 v4v6 ssl crt /etc/haproxy/site.pem alpn h2,http/1.1
 http-request set-header X-Forwarded-Proto https if { ssl_fc }
 http-request set-header X-Forwarded-Proto http unless { ssl_fc }
 http-after-response set-header Strict-Transport-Security max-age=31536000 if { ssl_fc }
 default_backend site
backend site
 server one 127.0.0.1:8080
"#;

/// Behind the proxy the fault is found, and gone with the lines of its fix.
fn behind(peer: Peer, wrong: &str, fault: &Fault) {
    let ground = Ground::new();
    let _front = Peer::Haproxy.start(&ground, TERMINATING);
    mended(&ground, peer, wrong, fault);
}

#[test]
#[ignore = "needs root, iproute2, nginx, apache2, haproxy, caddy, openssl and curl; .ci/run installs them"]
fn a_server_that_redirects_what_came_by_tls_goes_round_until_it_heeds_the_proxy() {
    let wrong = r#"
 server {
  listen 127.0.0.1:8080;
  root {dir}/site;
  return 301 https://$host$request_uri;
 }
"#;
    let fault_ = fault(&[], "http/redirect-loop", |wrong, fix| {
        let place =
            "instead of the redirect without a condition, where a proxy in front speaks TLS";
        wrong.replace("return 301 https://$host$request_uri;", &fix.lines(place))
    });
    behind(Peer::Nginx, wrong, &fault_);
    let wrong = r#"
Listen 127.0.0.1:8080
<VirtualHost *:8080>
AllowEncodedSlashes On
RewriteEngine On
RewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [R=301,L]
</VirtualHost>
"#;
    let fault_ = fault(&[], "http/redirect-loop", |wrong, fix| {
        let own = "RewriteEngine On\nRewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [R=301,L]\n";
        let place =
            "instead of the redirect without a condition, where a proxy in front speaks TLS";
        wrong.replace(own, &fix.lines(place))
    });
    behind(Peer::Apache, wrong, &fault_);
    let wrong = r#"
frontend site
 bind 127.0.0.1:8080
 http-request redirect scheme https code 301 unless { ssl_fc }
 http-request return status 200 content-type text/html string "Come in" if { path / }
 http-request return status 404 content-type text/html string "Nothing here"
"#;
    let fault_ = fault(&[], "http/redirect-loop", |wrong, fix| {
        let place =
            "instead of the redirect without that condition, where a proxy in front speaks TLS";
        let own = "http-request redirect scheme https code 301 unless { ssl_fc }\n";
        wrong.replace(own, &fix.lines(place))
    });
    behind(Peer::Haproxy, wrong, &fault_);
    // Its own redirects, at the ports that it has behind the proxy.
    let wrong = r#"
 http_port 8080
 https_port 8443
}
door.shop.example {
 tls {dir}/leaf.pem {dir}/leaf.key
 root * {dir}/site
 file_server
}
"#;
    let fault_ = fault(&[], "http/redirect-loop", |wrong, fix| {
        let lines = fix.lines("in the site's block instead of a `redir` without a condition, with `http://` before the site's address");
        let clear = wrong.replace(
            "door.shop.example {\n tls {dir}/leaf.pem {dir}/leaf.key\n",
            "http://door.shop.example {\n",
        );
        clear.replace("root *", &format!("{lines} root *"))
    });
    behind(Peer::Caddy, wrong, &fault_);
}
