//! What the zone and the server announce of the ways in, and what is there.

use super::Scenario;
use super::http::with_www;
use crate::demo::blueprint::{HOST, at, page, shop};
use crate::demo::site::Speaks;

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "https-record-unmet",
        title: "the HTTPS record promises HTTP/2, and the server does not speak it",
        text: "The record came from a template at the DNS host. Browsers believe it before they have met the server.",
        target: HOST,
        findings: &["across/https-record-unmet"],
        change: |world| {
            world.shop = world.shop.clone().announcing("shop.example.", &["h2"]);
            world.age();
            Ok(())
        },
    },
    Scenario {
        name: "h3-not-spoken",
        title: "the HTTPS record promises HTTP/3, and one of the machines does not speak it",
        text: "HTTP/3 was switched on at the first machine, and UDP 443 never opened at the second.",
        target: HOST,
        findings: &["across/https-record-unmet"],
        change: |world| {
            world.shop = world
                .shop
                .clone()
                .announcing("shop.example.", &["h3", "h2"]);
            world.show(&with_www(vec![page().with("alt-svc", "h3=\":443\"")]));
            if let Some(site) = world.machines().next()
                && let Speaks::Https(identity, pages) = &site.https
            {
                site.https = Speaks::Https3(identity.clone(), pages.clone());
            }
            Ok(())
        },
    },
    Scenario {
        name: "ech-ignored",
        title: "the HTTPS record has keys for encrypted hellos, and the server knows nothing of them",
        text: "The site has left the CDN that made the record, and the record has stayed.",
        target: HOST,
        findings: &["across/https-record-unmet"],
        change: |world| {
            let zone = world.shop.clone();
            world.shop = zone.encrypting("shop.example.", &["h2"], ech_keys("shop.example"));
            Ok(())
        },
    },
    Scenario {
        name: "https-record-port",
        title: "the HTTPS record sends browsers to a port where nobody listens",
        text: "The record was written for a test server at 8443, which is long gone.",
        target: HOST,
        findings: &["across/https-record-unmet"],
        change: |world| {
            let zone = world.shop.clone();
            world.shop = zone.elsewhere("shop.example.", &["h2"], 8443);
            Ok(())
        },
    },
    Scenario {
        name: "alt-svc-unmet",
        title: "the HTTPS record and the Alt-Svc field disagree on HTTP/3",
        text: "The server announces h3, the record does not: the first visit does without.",
        target: HOST,
        findings: &["across/alt-svc-unmet"],
        change: |world| {
            world.shop = world.shop.clone().announcing("shop.example.", &["h2"]);
            world.show(&with_www(vec![
                page().with("alt-svc", "h3=\":443\"; ma=86400"),
            ]));
            Ok(())
        },
    },
    Scenario {
        name: "address-not-in-zone",
        title: "the resolver still sends visitors to the former address",
        text: "The site has moved. The resolver remembers the old address until its TTL is over.",
        target: HOST,
        findings: &["across/address-not-in-zone"],
        change: |world| {
            let names = ["shop.example.", "www.shop.example."];
            world.remembered = Some(at(shop(), &names, &["203.0.113.10", "2001:db8::10"]));
            Ok(())
        },
    },
];

/// An ECHConfigList with one key, which nobody has the other half of (RFC 9849 §4).
fn ech_keys(public_name: &str) -> Vec<u8> {
    let length = |bytes: &[u8]| u16::try_from(bytes.len()).unwrap_or_default().to_be_bytes();
    // X25519, HKDF-SHA256, AES-128-GCM.
    let mut contents = [
        &[1, 0x00, 0x20, 0, 32][..],
        &[7; 32],
        &[0, 4, 0, 1, 0, 1],
        &[0],
    ]
    .concat();
    contents.push(u8::try_from(public_name.len()).unwrap_or_default());
    contents.extend([public_name.as_bytes(), &[0, 0]].concat());
    let config = [&[0xfe, 0x0d][..], &length(&contents), &contents].concat();
    [&length(&config)[..], &config].concat()
}
