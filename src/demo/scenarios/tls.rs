//! What can be wrong at the second door.

use rcgen::{BasicConstraints, ExtendedKeyUsagePurpose, IsCa};

use super::Scenario;
use crate::demo::blueprint::{HOST, identity, pages};
use crate::demo::pki::{HEALTHY, Leaf, Request, must_staple};
use crate::demo::site::{Canned, Speaks};

/// The address that is behind when only one is.
const BEHIND: Option<&str> = Some("192.0.2.11");

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "expired-at-one",
        title: "one of three addresses still serves last year's certificate",
        text: "The certificate was renewed in time, and two of the three machines were reloaded. The third still serves the \
               old one, which ended three days ago. Whether a visitor meets it is chance: the administrator never did.",
        target: HOST,
        findings: &["tls/address-behind"],
        change: |world| {
            let old = Request {
                from: -93,
                until: -3,
                ..HEALTHY
            };
            world.certify(BEHIND, &old)
        },
    },
    Scenario {
        name: "expired",
        title: "the certificate has ended everywhere",
        text: "The renewal has failed for a month, and nobody read its mails. Every visitor is stopped by a full-page warning.",
        target: HOST,
        findings: &["tls/expired"],
        change: |world| {
            world.certify(
                None,
                &Request {
                    from: -93,
                    until: -3,
                    ..HEALTHY
                },
            )
        },
    },
    Scenario {
        name: "not-yet-valid",
        title: "the certificate begins the day after tomorrow",
        text: "The next certificate was put in place too early; or the clock of the machine that made it runs ahead.",
        target: HOST,
        findings: &["tls/not-yet-valid"],
        change: |world| {
            world.certify(
                None,
                &Request {
                    from: 2,
                    until: 92,
                    ..HEALTHY
                },
            )
        },
    },
    Scenario {
        name: "expires-soon",
        title: "the certificate ends in a fortnight, and was not renewed",
        text: "Automatic renewal happens when a third of the lifetime is left, which was two weeks ago. So it has failed; there \
               is time yet to find out why.",
        target: HOST,
        findings: &["tls/expires-soon"],
        change: |world| {
            world.certify(
                None,
                &Request {
                    from: -75,
                    until: 15,
                    ..HEALTHY
                },
            )
        },
    },
    Scenario {
        name: "twin-name-uncovered",
        title: "the certificate was made without the www",
        text: "Both names lead to the same machines, and `www.shop.example` would be redirected. Before that can happen the \
               browser stops whoever typed it: the certificate is for `shop.example` alone.",
        target: HOST,
        findings: &["tls/twin-name-uncovered"],
        change: |world| {
            world.certify(
                None,
                &Request {
                    names: &[HOST],
                    ..HEALTHY
                },
            )
        },
    },
    Scenario {
        name: "wrong-name",
        title: "the server shows another site's certificate",
        text: "The machines serve several sites, and none of their virtual hosts knows this name: the default one answers, \
               with its own certificate.",
        target: HOST,
        findings: &["tls/name-mismatch"],
        change: |world| {
            let other = ["hosting.example", "*.hosting.example"];
            world.certify(
                None,
                &Request {
                    names: &other,
                    ..HEALTHY
                },
            )
        },
    },
    Scenario {
        name: "self-signed",
        title: "the certificate vouches for itself",
        text: "The one that the installation made is still in use.",
        target: HOST,
        findings: &["tls/self-signed"],
        change: |world| {
            let leaf = world.pki.self_signed(&HEALTHY)?;
            world.prove(None, &leaf, &[])
        },
    },
    Scenario {
        name: "unknown-authority",
        title: "the authority is one that no browser knows",
        text: "The company's own authority issued the certificate. On the company's machines its root is installed, so \
               everything works there.",
        target: HOST,
        findings: &["tls/untrusted-root"],
        change: |world| {
            let office = world.pki.unknown_root()?;
            let leaf = world.pki.leaf_of(&office, &HEALTHY)?;
            world.prove(None, &leaf, &[office.certificate()])
        },
    },
    Scenario {
        name: "missing-intermediate",
        title: "the server does not send its issuer's certificate",
        text: "`cert.pem` was configured instead of `fullchain.pem`. Browsers that have met the issuer elsewhere mend it by \
               themselves; phones, programs and the payment provider's callbacks fail.",
        target: HOST,
        findings: &["tls/missing-intermediate"],
        change: |world| {
            let leaf = world.pki.leaf(&HEALTHY)?;
            world.prove(None, &leaf, &[])
        },
    },
    Scenario {
        name: "issuer-no-authority",
        title: "the certificate was issued by one that may not issue",
        text: "Somebody used a server's certificate as an authority. The signatures are right and the chain is whole, but its \
               second certificate says CA:FALSE.",
        target: HOST,
        findings: &["tls/path-invalid"],
        change: |world| {
            let none = world.pki.no_authority()?;
            let leaf = world.pki.leaf_of(&none, &HEALTHY)?;
            world.prove(None, &leaf, &[none.certificate()])
        },
    },
    Scenario {
        name: "root-sent",
        title: "the root is sent along",
        text: "Harmless, and of no use: who does not have the root will not trust it because it was sent.",
        target: HOST,
        findings: &["tls/chain-has-root"],
        change: |world| {
            let leaf = world.pki.leaf(&HEALTHY)?;
            let chain = [
                world.pki.issuing.certificate(),
                world.pki.root.certificate(),
            ];
            world.prove(None, &leaf, &chain)
        },
    },
    Scenario {
        name: "second-chain-incomplete",
        title: "the RSA certificate, for older clients, is sent without its issuer's",
        text: "The server has two certificates, one with an ECDSA key and one with an RSA key. Every browser of today is shown the \
               first, which is in order; old phones and programs get the second, and fail.",
        target: HOST,
        findings: &["tls/missing-intermediate"],
        change: |world| {
            let issuing = world.pki.issuing.certificate();
            let ecdsa = identity(&world.pki.leaf(&HEALTHY)?, &[issuing])?;
            let rsa = identity(&world.pki.rsa_leaf()?, &[])?;
            world.present(None, ecdsa.or_for_older(rsa));
            Ok(())
        },
    },
    Scenario {
        name: "certificate-by-name",
        title: "site and www have a certificate each, chosen by the name in the hello",
        text: "Neither certificate names the other host, and none has to: the server shows each visitor the one for the name that \
               the browser asks for (SNI). Nothing is wrong.",
        target: HOST,
        findings: &[],
        change: |world| {
            let issuing = world.pki.issuing.certificate();
            let of = |names| {
                let leaf = world.pki.leaf(&Request { names, ..HEALTHY })?;
                identity(&leaf, std::slice::from_ref(&issuing))
            };
            let (own, www) = (of(&[HOST])?, of(&["www.shop.example"])?);
            world.present(None, own.or_for_name("www.shop.example", www));
            Ok(())
        },
    },
    Scenario {
        name: "leaf-not-first",
        title: "the certificates stand in the wrong order",
        text: "The file was put together with the issuer's certificate first. The server then shows one certificate and signs \
               with the key of another, and every client refuses it.",
        target: HOST,
        findings: &["tls/leaf-not-first"],
        change: |world| {
            let leaf = world.pki.leaf(&HEALTHY)?;
            let issuing = world.pki.issuing.certificate();
            let swapped = Leaf {
                certificate: issuing,
                key: leaf.key,
            };
            world.prove(None, &swapped, &[leaf.certificate])
        },
    },
    Scenario {
        name: "expires-now",
        title: "the certificate ends in three days, and was not renewed",
        text: "Renewal has failed every night for four weeks. On the fourth day from now nobody gets in.",
        target: HOST,
        findings: &["tls/expires-now"],
        change: |world| {
            world.certify(
                None,
                &Request {
                    from: -87,
                    until: 3,
                    ..HEALTHY
                },
            )
        },
    },
    Scenario {
        name: "intermediate-expired",
        title: "the issuer's certificate that is sent has ended",
        text: "The server's own certificate was renewed, and the file with its issuer's was not: it is the one of four years \
               ago. Nobody valid vouches for the server any more.",
        target: HOST,
        findings: &["tls/intermediate-expired"],
        change: |world| {
            let leaf = world.pki.leaf(&HEALTHY)?;
            let old = world.pki.issuing_until(-2)?;
            world.prove(None, &leaf, &[old])
        },
    },
    Scenario {
        name: "spare-path-expired",
        title: "an old certificate of the issuer is sent along",
        text: "The issuer's current certificate is there, and the one that it replaced as well. Browsers take the good one; some \
               old programs take the first that fits, and fail.",
        target: HOST,
        findings: &["tls/spare-path-expired"],
        change: |world| {
            let leaf = world.pki.leaf(&HEALTHY)?;
            let (old, current) = (
                world.pki.issuing_until(-2)?,
                world.pki.issuing.certificate(),
            );
            world.prove(None, &leaf, &[current, old])
        },
    },
    Scenario {
        name: "chain-order",
        title: "the chain is whole, but not in order",
        text: "The file was put together by hand, root first. Browsers sort it out; older programs and devices give up.",
        target: HOST,
        findings: &["tls/chain-order", "tls/chain-has-root"],
        change: |world| {
            let leaf = world.pki.leaf(&HEALTHY)?;
            let chain = [
                world.pki.root.certificate(),
                world.pki.issuing.certificate(),
            ];
            world.prove(None, &leaf, &chain)
        },
    },
    Scenario {
        name: "chain-unrelated",
        title: "a certificate of another authority is sent along",
        text: "The site changed its authority, and the chain of the former one stayed in the file.",
        target: HOST,
        findings: &["tls/chain-unrelated"],
        change: |world| {
            let leaf = world.pki.leaf(&HEALTHY)?;
            let former = world.pki.unknown_root()?;
            let chain = [world.pki.issuing.certificate(), former.certificate()];
            world.prove(None, &leaf, &chain)
        },
    },
    Scenario {
        name: "chain-large",
        title: "the certificate names so many sites that it costs a round trip",
        text: "A hosting company put all of its customers into one certificate. What does not fit into the first ten packets \
               must wait until the visitor has answered.",
        target: HOST,
        findings: &["tls/chain-large"],
        change: |world| {
            let customers: Vec<String> = (0..700)
                .map(|number| format!("customer-{number}.example"))
                .collect();
            let mut names: Vec<&str> = HEALTHY.names.to_vec();
            names.extend(customers.iter().map(String::as_str));
            let request = Request {
                names: &names,
                ..HEALTHY
            };
            world.certify(None, &request)
        },
    },
    Scenario {
        name: "usage-wrong",
        title: "the certificate is one for clients",
        text: "Two certificates lay in the same directory: the server's, and the one by which it logs in elsewhere.",
        target: HOST,
        findings: &["tls/usage-wrong"],
        change: |world| {
            world.certify_as(&|params| {
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
            })
        },
    },
    Scenario {
        name: "ca-as-leaf",
        title: "the server's own certificate is an authority's",
        text: "An administrator signed the quick `openssl req -x509` with the company's authority, and it kept its CA:TRUE. \
               Whoever gets at the server's key can issue certificates.",
        target: HOST,
        findings: &["tls/ca-as-leaf", "tls/br-departure"],
        change: |world| {
            world.certify_as(&|params| {
                params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            })
        },
    },
    Scenario {
        name: "profile-violation",
        title: "the certificate breaks a rule that most clients let pass",
        text: "The company's authority writes no authority key identifier into what it issues, which RFC 5280 demands. \
               Browsers do not mind; strict programs refuse it.",
        target: HOST,
        findings: &["tls/profile-violation"],
        change: |world| {
            world.certify_as(&|params| params.use_authority_key_identifier_extension = false)
        },
    },
    Scenario {
        name: "br-departure",
        title: "a private certificate departs from what public ones keep to",
        text: "The company's authority names no purpose in its certificates. Nothing is wrong yet; clients are built for \
               certificates that do.",
        target: HOST,
        findings: &["tls/br-departure"],
        change: |world| world.certify_as(&|params| params.extended_key_usages = Vec::new()),
    },
    Scenario {
        name: "must-staple-missing",
        title: "the certificate demands a staple that the server does not give",
        text: "It was ordered with `--must-staple`, and stapling was never switched on. Firefox refuses the connection.",
        target: HOST,
        findings: &["tls/must-staple-missing"],
        change: |world| world.certify_as(&|params| params.custom_extensions.push(must_staple())),
    },
    Scenario {
        name: "certificates-differ",
        title: "one address still serves the previous certificate",
        text: "All is well today. But one machine was not reloaded after the renewal, and will serve an expired certificate in \
               six weeks, when nobody thinks of it any more.",
        target: HOST,
        findings: &["tls/certificates-differ"],
        change: |world| {
            world.certify(
                BEHIND,
                &Request {
                    from: -48,
                    until: 42,
                    ..HEALTHY
                },
            )
        },
    },
    Scenario {
        name: "plain-http-on-443",
        title: "port 443 speaks HTTP in clear",
        text: "The `ssl` behind `listen 443` was forgotten, or the load balancer's listener is of the wrong kind. Browsers show \
               a protocol error.",
        target: HOST,
        findings: &["tls/plaintext"],
        change: |world| {
            world.https(&Speaks::Http(pages()));
            Ok(())
        },
    },
    Scenario {
        name: "old-versions-only",
        title: "the server speaks only TLS versions that browsers gave up",
        text: "An appliance of 2010 ends every modern handshake with alert 70, protocol_version. Browsers have not offered \
               what it speaks since 2020.",
        target: HOST,
        findings: &["tls/handshake-refused"],
        change: |world| {
            // A fatal alert in a record of TLS 1.0.
            let answer = vec![0x15, 3, 1, 0, 2, 2, 70];
            world.https(&Speaks::Canned(Canned {
                answer,
                ..Canned::default()
            }));
            Ok(())
        },
    },
    Scenario {
        name: "https-closed-at-one",
        title: "one of three addresses has no https",
        text: "On the new machine port 80 was opened, and port 443 forgotten. Browsers try the next address, so nobody complains.",
        target: HOST,
        findings: &["tls/address-fails"],
        change: |world| {
            for site in world.machines().skip(1).take(1) {
                site.https = Speaks::Closed;
            }
            Ok(())
        },
    },
    Scenario {
        name: "address-closed",
        title: "one of three addresses is down",
        text: "The machine was switched off, and its address stayed in the zone. Browsers try the next address, so nobody \
               complains; programs that do not, fail a third of the time.",
        target: HOST,
        findings: &["across/dangling-address"],
        change: |world| {
            for site in world.machines().skip(1).take(1) {
                (site.http, site.https) = (Speaks::Closed, Speaks::Closed);
            }
            Ok(())
        },
    },
    Scenario {
        name: "closed",
        title: "nothing listens at any address",
        text: "The web server is stopped, or a firewall was closed on it. The DNS leads there all the same.",
        target: HOST,
        findings: &["tls/unreachable"],
        change: |world| {
            world.http(&Speaks::Closed);
            world.https(&Speaks::Closed);
            Ok(())
        },
    },
];
