//! What can be wrong at the third door.

use super::Scenario;
use crate::demo::blueprint::{HOST, page, pages, parsed};
use crate::demo::site::{Canned, Page, Speaks};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "no-redirect",
        title: "port 80 shows the site in clear",
        text: "Whoever types the name without https stays in clear, and anybody on the way can read along and change the page.",
        target: HOST,
        findings: &["http/no-redirect"],
        change: |world| {
            world.http(&Speaks::Http(vec![
                Page::new(200).saying("Come in, we are open.\n"),
            ]));
            Ok(())
        },
    },
    Scenario {
        name: "redirect-loop",
        title: "two rules send visitors back and forth",
        text: "The web server sends the bare name to www, and the application sends www to the bare name. Each rule makes sense \
               by itself. Browsers give up with \"too many redirects\".",
        target: HOST,
        findings: &["http/redirect-loop"],
        change: |world| {
            let mut both = pages();
            both.pop();
            both.push(redirect("https://www.shop.example$request_uri"));
            world.show(&both);
            Ok(())
        },
    },
    Scenario {
        name: "downgrade",
        title: "a page over https sends visitors back into the clear",
        text: "The application behind the load balancer does not know of the TLS in front of it, and builds its links with \
               http.",
        target: HOST,
        findings: &["http/downgrade"],
        change: |world| {
            let welcome = Page::new(200)
                .at("/welcome")
                .saying("Come in, we are open.\n");
            let mut in_clear = vec![welcome];
            in_clear.extend(crate::demo::blueprint::redirects());
            world.http(&Speaks::Http(in_clear));
            world.show(&vec![redirect("http://shop.example/welcome")]);
            Ok(())
        },
    },
    Scenario {
        name: "target-unreachable",
        title: "the redirect leads to a host that does not exist",
        text: "The shop was moved to `store.shop.example`, and the record for it was never made.",
        target: HOST,
        findings: &["http/target-unreachable"],
        change: |world| {
            world.show(&vec![redirect("https://store.shop.example$request_uri")]);
            Ok(())
        },
    },
    Scenario {
        name: "too-many-hops",
        title: "twelve redirects before the page",
        text: "Each relaunch of the site added a redirect from its former address. Browsers would follow, many programs would \
               not.",
        target: HOST,
        findings: &["http/too-many-hops"],
        change: |world| {
            let on = |number: usize| redirect(&format!("https://shop.example/{}", number + 1));
            let mut chain = vec![on(0).at("/")];
            chain.extend((1..12).map(|number| on(number).at(&format!("/{number}"))));
            chain.push(page());
            world.show(&chain);
            Ok(())
        },
    },
    Scenario {
        name: "location-invalid",
        title: "the redirect does not say where to",
        text: "The variable for the host name in the redirect rule is empty, so that the Location is `https:///`.",
        target: HOST,
        findings: &["http/location-invalid"],
        change: |world| {
            world.http(&Speaks::Http(vec![Page::redirect(
                301,
                "https://$request_uri",
            )]));
            Ok(())
        },
    },
    Scenario {
        name: "off-host-first",
        title: "the first redirect goes straight to www",
        text: "`http://shop.example` leads to `https://www.shop.example` at once. It works; but browsers never meet the bare \
               name over https, so its HSTS policy is never kept, and the first step stays open to attack at every visit.",
        target: HOST,
        findings: &["http/off-host-first"],
        change: |world| {
            world.http(&Speaks::Http(vec![Page::redirect(
                301,
                "https://www.shop.example$request_uri",
            )]));
            let to_www = redirect("https://www.shop.example$request_uri").of_host(HOST);
            world.show(&vec![to_www, page()]);
            Ok(())
        },
    },
    Scenario {
        name: "not-permanent",
        title: "the redirect to https says that it is temporary",
        text: "302 instead of 301: browsers come by way of the clear again at every visit.",
        target: HOST,
        findings: &["http/not-permanent"],
        change: |world| {
            world.http(&Speaks::Http(vec![Page::redirect(
                302,
                "https://$host$request_uri",
            )]));
            Ok(())
        },
    },
    Scenario {
        name: "port-80-closed",
        title: "nothing listens on port 80",
        text: "It may be meant: browsers try https by themselves more and more. Old links and other clients end here.",
        target: HOST,
        findings: &["http/port-80-closed"],
        change: |world| {
            world.http(&Speaks::Closed);
            Ok(())
        },
    },
    Scenario {
        name: "hsts-missing",
        title: "the site does not tell browsers to stay with https",
        text: "Everything works. But a visitor who types the bare name begins in clear every time, at the mercy of the hotel's \
               network.",
        target: HOST,
        findings: &["http/hsts-missing"],
        change: |world| {
            world.show(&vec![Page::new(200).saying("Come in, we are open.\n")]);
            Ok(())
        },
    },
    Scenario {
        name: "hsts-invalid",
        title: "the HSTS policy has a mistake, so browsers drop it whole",
        text: "The proxy and the application each add their max-age to one field. It looks protected, and is not.",
        target: HOST,
        findings: &["http/hsts-invalid"],
        change: |world| {
            let twice = "max-age=31536000; max-age=63072000";
            world.show(&vec![
                Page::new(200).with("strict-transport-security", twice),
            ]);
            Ok(())
        },
    },
    Scenario {
        name: "server-error",
        title: "all doors are open, and behind them is an error",
        text: "The load balancer has no healthy target behind it and answers 503. DNS, TLS and redirects are in order.",
        target: HOST,
        findings: &["http/server-error"],
        change: |world| {
            world.show(&vec![Page::new(503).saying("no healthy upstream\n")]);
            Ok(())
        },
    },
    Scenario {
        name: "ssh-on-80",
        title: "another program listens on port 80",
        text: "Somebody moved sshd to port 80 to get through the hotel's firewall. It greets visitors with its banner.",
        target: HOST,
        findings: &["http/malformed"],
        change: |world| {
            let greeting = b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n".to_vec();
            world.http(&Speaks::Canned(Canned {
                greeting,
                ..Canned::default()
            }));
            Ok(())
        },
    },
    Scenario {
        name: "endless-head",
        title: "the head of the answer does not end",
        text: "A broken application sends header fields without end. Clients bound what they read, and fail.",
        target: HOST,
        findings: &["http/limit-reached"],
        change: |world| {
            let answer = b"HTTP/1.1 301 Moved Permanently\r\n".to_vec();
            let forever = b"Set-Cookie: again=and-again-and-again-and-again\r\n".repeat(64);
            world.http(&Speaks::Canned(Canned {
                answer,
                forever,
                ..Canned::default()
            }));
            Ok(())
        },
    },
    Scenario {
        name: "many-hops",
        title: "five redirects before the page",
        text: "Each relaunch added a redirect. Visitors get there, a round trip later for each of them.",
        target: HOST,
        findings: &["http/many-hops"],
        change: |world| {
            let on = |number: usize| redirect(&format!("https://shop.example/{}", number + 1));
            let mut chain = vec![on(0).at("/")];
            chain.extend((1..4).map(|number| on(number).at(&format!("/{number}"))));
            chain.push(page());
            world.show(&with_www(chain));
            Ok(())
        },
    },
    Scenario {
        name: "wrong-port",
        title: "the redirect to https names port 80",
        text: "The rule took over the port of the request: `https://shop.example:80/` asks for TLS where clear text is spoken.",
        target: HOST,
        findings: &["http/wrong-port"],
        change: |world| {
            world.http(&Speaks::Http(vec![Page::redirect(
                301,
                "https://$host:80$request_uri",
            )]));
            Ok(())
        },
    },
    Scenario {
        name: "odd-port",
        title: "the redirect leads to the port of the machine behind",
        text: "The application server adds its own port, 8443, which the firewall in front does not let through.",
        target: HOST,
        findings: &["http/target-unreachable", "http/odd-port"],
        change: |world| {
            world.http(&Speaks::Http(vec![Page::redirect(
                301,
                "https://$host:8443$request_uri",
            )]));
            Ok(())
        },
    },
    Scenario {
        name: "host-glued",
        title: "in the redirect the host and the path have grown together",
        text: "Apache's `Redirect permanent / https://shop.example` lacks the slash at its end. The front page works; every other page leads to a host that does not exist.",
        target: HOST,
        findings: &["http/host-glued"],
        change: |world| {
            world.http(&Speaks::Http(vec![Page::redirect(
                301,
                "https://shop.example$tail",
            )]));
            Ok(())
        },
    },
    Scenario {
        name: "internal-target",
        title: "the redirect names the machine behind the proxy",
        text: "The proxy does not pass the visitor's host on, so the application builds its links with the name of its own machine.",
        target: HOST,
        findings: &["http/internal-target"],
        change: |world| {
            world.show(&with_www(vec![redirect("https://web01$request_uri")]));
            Ok(())
        },
    },
    Scenario {
        name: "first-hop-plain",
        title: "the first redirect stays in clear",
        text: "`http://shop.example` leads to `http://www.shop.example`, and only that to https: one step more that can be changed on the way.",
        target: HOST,
        findings: &["http/first-hop-plain"],
        change: |world| {
            let to_www = Page::redirect(301, "http://www.shop.example$request_uri").of_host(HOST);
            let to_https = Page::redirect(301, "https://$host$request_uri");
            world.http(&Speaks::Http(vec![to_www, to_https]));
            Ok(())
        },
    },
    Scenario {
        name: "path-lost",
        title: "every old link ends at the front page",
        text: "The redirect to https drops the path. Search results and bookmarks lead to the front page, and a certificate authority does not find its challenge.",
        target: HOST,
        findings: &["http/path-lost"],
        change: |world| {
            world.http(&Speaks::Http(vec![Page::redirect(301, "https://$host/")]));
            Ok(())
        },
    },
    Scenario {
        name: "query-lost",
        title: "the redirect drops the query",
        text: "`$uri` instead of `$request_uri`: searches and sign-ins that come by an old link lose what they were about.",
        target: HOST,
        findings: &["http/query-lost"],
        change: |world| {
            world.http(&Speaks::Http(vec![Page::redirect(
                301,
                "https://$host$uri",
            )]));
            Ok(())
        },
    },
    Scenario {
        name: "only-root",
        title: "only the front page is redirected",
        text: "The rule stands in `location = /`. Whoever follows a link to a page stays in clear.",
        target: HOST,
        findings: &["http/only-root"],
        change: |world| {
            let root = Page::redirect(301, "https://$host/").at("/");
            let others = Page::new(200).saying("Come in, we are open.\n");
            world.http(&Speaks::Http(vec![root, others]));
            Ok(())
        },
    },
    Scenario {
        name: "addresses-differ",
        title: "one machine missed a change",
        text: "192.0.2.11 still answers as before the last change of the configuration. Which one a visitor gets is chance.",
        target: HOST,
        findings: &["http/addresses-differ"],
        change: |world| {
            let before = vec![Page::redirect(308, "https://$host$request_uri")];
            for site in world
                .machines()
                .filter(|site| site.addresses == parsed(&["192.0.2.11"]))
            {
                site.http = Speaks::Http(before.clone());
            }
            Ok(())
        },
    },
    Scenario {
        name: "family-fails",
        title: "port 80 is not open over IPv6",
        text: "`listen 80;` without `listen [::]:80;`. Browsers fall back to IPv4 after a moment, so nobody complains.",
        target: HOST,
        findings: &["http/family-fails"],
        change: |world| {
            for site in world
                .machines()
                .filter(|site| site.addresses == parsed(&["2001:db8::10"]))
            {
                site.http = Speaks::Closed;
            }
            Ok(())
        },
    },
    Scenario {
        name: "html-redirect",
        title: "a page leads to https instead of a redirect",
        text: "The bucket shows a page with a meta refresh. Browsers follow it, programs do not.",
        target: HOST,
        findings: &["http/html-redirect"],
        change: |world| {
            let to_https = r#"<meta http-equiv="refresh" content="0; url=https://shop.example/">"#;
            let page = Page::new(200)
                .with("content-type", "text/html")
                .saying(to_https);
            world.http(&Speaks::Http(vec![page]));
            Ok(())
        },
    },
    Scenario {
        name: "acme-challenge",
        title: "the firewall of the application keeps certificate authorities out",
        text: "Hidden paths are answered with 403, `/.well-known/` among them. The next renewal will fail.",
        target: HOST,
        findings: &["http/acme-challenge"],
        change: |world| {
            world.show(&with_www(vec![secured(Page::new(403)).at(ACME), page()]));
            Ok(())
        },
    },
    Scenario {
        name: "www-inconsistent",
        title: "www leads to an error page",
        text: "The record for www was made, and the virtual host was not.",
        target: HOST,
        findings: &["http/www-inconsistent"],
        change: |world| {
            let unknown = secured(Page::new(404)).of_host("www.shop.example");
            world.show(&vec![unknown, page()]);
            Ok(())
        },
    },
    Scenario {
        name: "cookie-in-clear",
        title: "the session's cookie lacks Secure",
        text: "Browsers send it over http as well, where the hotel's network can read it and take over the session.",
        target: HOST,
        findings: &["http/cookie-in-clear"],
        change: |world| {
            world.show(&with_www(vec![
                page().with("set-cookie", "session=1; HttpOnly"),
            ]));
            Ok(())
        },
    },
    Scenario {
        name: "hsts-short",
        title: "the HSTS policy is kept for a day",
        text: "It was short for the first weeks, and was never raised.",
        target: HOST,
        findings: &["http/hsts-short"],
        change: |world| {
            world.show(&with_www(vec![policy("max-age=86400")]));
            Ok(())
        },
    },
    Scenario {
        name: "hsts-under-a-year",
        title: "the HSTS policy is kept for half a year",
        text: "It protects. A year is what most recommend.",
        target: HOST,
        findings: &["http/hsts-under-a-year"],
        change: |world| {
            world.show(&with_www(vec![policy("max-age=15768000")]));
            Ok(())
        },
    },
    Scenario {
        name: "hsts-disabled",
        title: "the HSTS policy switches itself off",
        text: "A variable in the template is unset, and `max-age` becomes 0: browsers forget the policy that they had.",
        target: HOST,
        findings: &["http/hsts-disabled"],
        change: |world| {
            world.show(&with_www(vec![policy("max-age=0")]));
            Ok(())
        },
    },
    Scenario {
        name: "hsts-repeated",
        title: "the proxy and the application each send an HSTS policy",
        text: "Browsers process the first alone. Which one that is, the order of the configuration decides.",
        target: HOST,
        findings: &["http/hsts-repeated"],
        change: |world| {
            world.show(&with_www(vec![page().with(
                "strict-transport-security",
                "max-age=63072000; includeSubDomains",
            )]));
            Ok(())
        },
    },
    Scenario {
        name: "hsts-partial",
        title: "error pages lack the HSTS policy",
        text: "`add_header` without `always`: nginx leaves it out of every answer that is an error.",
        target: HOST,
        findings: &["http/hsts-partial"],
        change: |world| {
            world.show(&with_www(vec![Page::new(404).at(ACME), page()]));
            Ok(())
        },
    },
    Scenario {
        name: "hsts-over-http",
        title: "the HSTS policy is sent in clear as well",
        text: "It is in the part of the configuration that both ports share. Browsers ignore it there.",
        target: HOST,
        findings: &["http/hsts-over-http"],
        change: |world| {
            let to_https = Page::redirect(301, "https://$host$request_uri");
            world.http(&Speaks::Http(vec![secured(to_https)]));
            Ok(())
        },
    },
    Scenario {
        name: "preload-not-ready",
        title: "the policy asks to be preloaded, and is not fit for it",
        text: "Somebody copied `preload` from an example. The list would take hosts below as well, and the policy does not say so.",
        target: HOST,
        findings: &["http/preload-not-ready"],
        change: |world| {
            world.show(&with_www(vec![policy("max-age=31536000; preload")]));
            Ok(())
        },
    },
    Scenario {
        name: "version-old",
        title: "the site speaks HTTP/1.1 only",
        text: "It works, and loads slower than it could.",
        target: HOST,
        findings: &["http/version-old"],
        change: |world| {
            world.age();
            Ok(())
        },
    },
    Scenario {
        name: "client-error",
        title: "the front page is not there",
        text: "The way is open, and the server does not know the name: it shows the error page of its default site.",
        target: HOST,
        findings: &["http/client-error"],
        change: |world| {
            world.show(&with_www(vec![secured(Page::new(404))]));
            Ok(())
        },
    },
];

/// Where a certificate authority looks for its challenge.
const ACME: &str = "/.well-known/acme-challenge/doorstep-probe";

/// The site's pages behind the redirect of `www`.
pub(super) fn with_www(own: Vec<Page>) -> Vec<Page> {
    let mut all = pages();
    all.pop();
    all.extend(own);
    all
}

/// An answer with the policy.
fn secured(answer: Page) -> Page {
    answer.with("strict-transport-security", "max-age=31536000")
}

/// The site's page with another policy.
fn policy(text: &str) -> Page {
    let page = Page::new(200).with("content-type", "text/html; charset=utf-8");
    page.with("strict-transport-security", text)
        .saying("Come in, we are open.\n")
}

/// A redirect of the site that keeps the policy.
fn redirect(to: &str) -> Page {
    secured(Page::redirect(301, to))
}
