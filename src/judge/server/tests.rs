//! Tests of who is named, and of what is written for each.

use super::*;
use crate::facts::http::RouteOutcome;
use crate::judge::http::testing::{http, page, redirect, route};

const SERVERS: [Software; 8] = [
    Software::Nginx,
    Software::Apache,
    Software::Haproxy,
    Software::Iis,
    Software::Caddy,
    Software::Alb,
    Software::CloudFront,
    Software::Cloudflare,
];

fn answered(server: Option<&str>, url: &str) -> Hop {
    let mut hop = page(url, 200);
    hop.server = server.map(str::to_owned);
    hop
}

fn by_haproxy() -> Hop {
    let mut hop = redirect("http://shop.example/", 301, "https://shop.example/");
    hop.version = Some("HTTP/1.1".to_owned());
    hop.head = Some(
        "HTTP/1.1 301 Moved Permanently\ncontent-length: 0\nlocation: https://shop.example/\n\n"
            .to_owned(),
    );
    hop
}

/// What is told of the last hop.
fn told(hops: Vec<Hop>, wish: Wish<'_>) -> String {
    let last = hops.last().unwrap().clone();
    let http = http(vec![route(
        "http://shop.example/",
        hops,
        RouteOutcome::Https,
    )]);
    advice(&http, &last, wish)
}

#[test]
fn the_server_that_answered_is_quoted() {
    let told = |server| {
        told(
            vec![answered(server, "http://shop.example/")],
            Wish::Redirect,
        )
    };
    assert!(told(Some("nginx/1.22.1")).starts_with("nginx answered (`nginx/1.22.1`): `return"));
    assert!(told(Some("Apache")).starts_with("Apache answered: `RewriteEngine On`, "));
    let common = told(None);
    for name in ["nginx: `return", "; Apache: `", "; HAProxy: `"] {
        assert!(common.contains(name), "{common}");
    }
}

#[test]
fn who_does_not_tell_is_told_by_another_answer_of_the_same_address() {
    let page = answered(None, "https://shop.example/");
    let policy = Sts::new();
    let at_once = |page: Hop| told(vec![by_haproxy(), page], Wish::Policy(&policy));
    let haproxy = at_once(page.clone());
    assert!(
        haproxy.starts_with(
            "HAProxy answered (by the form of its redirect) at 192.0.2.10:80: `http-after-response"
        ),
        "{haproxy}"
    );
    let elsewhere = Hop {
        address: "192.0.2.11".parse().ok(),
        ..page
    };
    assert!(at_once(elsewhere).starts_with("nginx: "));
}

#[test]
fn what_the_proxy_is_to_say_is_told_to_the_proxy() {
    let scheme = |hops| told(hops, Wish::Scheme);
    let nginx = || answered(Some("nginx"), "https://shop.example/");
    assert!(scheme(vec![by_haproxy(), nginx()]).starts_with("HAProxy answered"));
    let apache = answered(Some("Apache"), "http://shop.example/");
    assert!(scheme(vec![apache, nginx()]).starts_with("Apache answered at 192.0.2.10:80: "));
    let own = answered(Some("nginx"), "http://shop.example/");
    assert!(scheme(vec![own, nginx()]).starts_with("nginx answered: "));
    assert!(told(vec![by_haproxy(), nginx()], Wish::Cookie).starts_with("nginx answered: "));
}

#[test]
fn each_server_has_something_to_write_for_each_wish() {
    let policy = Sts::meant("max-age=1; includeSubDomains; preload");
    let wishes = [
        Wish::Redirect,
        Wish::RedirectBehindProxy,
        Wish::Target,
        Wish::Policy(&policy),
        Wish::OnlyPolicy(&policy),
        Wish::Challenge,
        Wish::Cookie,
        Wish::Http2,
        Wish::Http3,
        Wish::AltSvc,
        Wish::Scheme,
        Wish::Host,
        Wish::Listen(Family::V6, &[80, 443]),
        Wish::Port80("shop.example"),
        Wish::Names(&["shop.example", "www.shop.example"]),
        Wish::Shown,
        Wish::Log,
    ];
    for software in SERVERS {
        for wish in wishes {
            let lines = software.lines(wish, &Known::unseen(software));
            assert!(lines.len() > 10, "{software:?} {wish:?}");
            assert_eq!(
                lines.matches('`').count() % 2,
                0,
                "{software:?} {wish:?}: {lines}"
            );
            assert!(lines.len() < 420, "{software:?} {wish:?}: {}", lines.len());
        }
    }
}

#[test]
fn the_policy_keeps_what_the_site_had() {
    let policy = Sts::meant("max-age=31536000; includeSubDomains; preload");
    for (software, kept) in SERVERS.into_iter().zip([
        "\"max-age=31536000; includeSubDomains; preload\" always;",
        "\"max-age=31536000; includeSubDomains; preload\"",
        "\"max-age=31536000; includeSubDomains; preload\"",
        "max-age=\"31536000\" includeSubDomains=\"true\" preload=\"true\"",
        "\"max-age=31536000; includeSubDomains; preload\"",
        "`max-age=31536000; includeSubDomains; preload`",
        "max-age 31536000, includeSubDomains, preload",
        "Max Age 12 months, Apply HSTS policy to subdomains on, Preload on",
    ]) {
        for wish in [Wish::Policy(&policy), Wish::OnlyPolicy(&policy)] {
            let lines = software.lines(wish, &Known::unseen(software));
            assert!(lines.contains(kept), "{software:?}: {lines}");
        }
        let alone = software.lines(Wish::Policy(&Sts::new()), &Known::unseen(software));
        assert!(
            !alone.to_ascii_lowercase().contains("subdomains"),
            "{alone}"
        );
    }
}

#[test]
fn a_family_and_each_port_have_a_line() {
    let lines = |software: Software| {
        software.lines(
            Wish::Listen(Family::V6, &[80, 443]),
            &Known::unseen(software),
        )
    };
    assert!(
        lines(Software::Nginx).starts_with("`listen [::]:80;` and `listen [::]:443 ssl;` each in ")
    );
    assert!(lines(Software::Apache).starts_with("`Listen [::]:80` and `Listen [::]:443` in "));
    assert!(
        lines(Software::Haproxy).starts_with("`bind :::80 v6only` and `bind :::443 v6only ssl crt")
    );
    assert!(lines(Software::Caddy).starts_with("`bind [::]` in "));
}
