//! Where the zone and the certificate contradict each other.

use std::sync::Arc;

use super::Scenario;
use crate::demo::blueprint::{
    Blueprint, BuildError, HOST, at, identity, page, parsed, redirects, shop, with_site,
};
use crate::demo::pki::{HEALTHY, Request};
use crate::demo::site::{Page, Site, Speaks};

/// Where the records for the site's port are.
const PORT: &str = "_443._tcp.shop.example.";

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "dane",
        title: "the zone says which authority may issue, and which key to expect",
        text: "A CAA set that names the authority in use, and a TLSA record with the digest of the server's key beside one that is \
               prepared for the next. Nothing is to be found.",
        target: HOST,
        findings: &[],
        change: |world| {
            let key = renewed(world)?;
            world.shop = with_site(shop())
                .authorizing(
                    "shop.example.",
                    "issue",
                    "ca.example; validationmethods=http-01",
                )
                .authorizing("shop.example.", "iodef", "mailto:security@shop.example")
                .expecting(PORT, key)
                .expecting(PORT, vec![0x42; 32]);
            Ok(())
        },
    },
    Scenario {
        name: "caa-excludes",
        title: "the CAA records still name the authority of before",
        text: "The certificate was moved to another authority in spring, and the CAA set was forgotten. Today everything works; the \
               renewal will be refused, and one night the certificate ends.",
        target: HOST,
        findings: &["across/caa-excludes-issuer"],
        change: |world| {
            world.shop =
                with_site(shop()).authorizing("shop.example.", "issue", "other-ca.example");
            Ok(())
        },
    },
    Scenario {
        name: "tlsa-mismatch",
        title: "the certificate was renewed with a new key, and TLSA has the old one",
        text: "Browsers do not look at TLSA and get in. Mail servers and others that use DANE take the server for an impostor.",
        target: HOST,
        findings: &["across/tlsa-mismatch"],
        change: |world| {
            world.shop = with_site(shop()).expecting(PORT, vec![0x42; 32]);
            Ok(())
        },
    },
    Scenario {
        name: "tlsa-insecure",
        title: "TLSA records in a zone that is not signed",
        text: "Somebody went to the trouble of pinning the key, and nobody heeds it: without DNSSEC anybody on the way could \
               have written the record.",
        target: HOST,
        findings: &["across/tlsa-insecure", "dns/not-signed"],
        change: |world| {
            let key = renewed(world)?;
            world.shop = with_site(shop()).unsigned().expecting(PORT, key);
            Ok(())
        },
    },
    Scenario {
        name: "target-missing-intermediate",
        title: "the redirect leads to a host that does not send its issuer's certificate",
        text: "The site itself is in order and sends visitors on to the new shop, whose administrator configured `cert.pem` instead \
               of `fullchain.pem`. Browsers that have met the issuer elsewhere get in, and others do not.",
        target: HOST,
        findings: &["tls/missing-intermediate"],
        change: |world| {
            let store = "store.shop.example";
            let leaf = world.pki.leaf(&Request {
                names: &[store],
                ..HEALTHY
            })?;
            let identity = Arc::new(identity(&leaf, &[])?);
            world.sites.push(Site {
                name: store.to_owned(),
                addresses: parsed(&["192.0.2.20"]),
                http: Speaks::Http(redirects()),
                https: Speaks::Https(identity, vec![page()]),
            });
            world.shop = at(with_site(shop()), &["store.shop.example."], &["192.0.2.20"]);
            let onwards = Page::redirect(301, "https://store.shop.example$request_uri");
            world.show(&vec![
                onwards.with("strict-transport-security", "max-age=31536000"),
            ]);
            Ok(())
        },
    },
];

/// Gives every machine a new certificate, and returns the digest of its key.
fn renewed(world: &mut Blueprint) -> Result<Vec<u8>, BuildError> {
    let leaf = world.pki.leaf(&HEALTHY)?;
    let issuing = world.pki.issuing.certificate();
    world.prove(None, &leaf, &[issuing])?;
    Ok(leaf.key_digest())
}
