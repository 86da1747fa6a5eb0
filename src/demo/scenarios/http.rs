//! What can be wrong at the third door.

use super::Scenario;
use crate::demo::blueprint::{HOST, page, pages};
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
];

/// A redirect of the site that keeps the policy.
fn redirect(to: &str) -> Page {
    Page::redirect(301, to).with("strict-transport-security", "max-age=31536000")
}
