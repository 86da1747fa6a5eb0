//! Is the chain sent as it should be: in order, nothing that leads nowhere, not too much?

use super::{labels, place};
use crate::facts::certificate::Certificate;
use crate::facts::tls::{Endpoint, Trust, TrustStatus};
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// The certificates stand in the wrong order.
    ///
    /// Each should be followed by that of its issuer. Browsers sort them, and TLS 1.3 allows any order after the first; older
    /// clients, Java programs and devices give up. In the file that nginx calls `ssl_certificate`, Apache `SSLCertificateFile`
    /// and HAProxy `crt`, put the server's own first, then the one that issued it, and so on; certbot's `fullchain.pem` has this
    /// order. `doorstep tlscheck HOST --save-chain FILE --complete` writes it.
    ///
    /// acme.sh writes the right order by `--install-cert --fullchain-file FILE`. In ACM the field "certificate body" takes the
    /// own one, "certificate chain" the others in order; the ALB and CloudFront send them as imported.
    ChainOrder { place: String, order: Vec<String> }
    id: "tls/chain-order", severity: Warning, source: "RFC 5246 §7.4.2",
    explained_by: ["tls/leaf-not-first"],
    message: "the certificates at {place} are not in order: an issuer stands before what it issued",
    fix: "sort the server's certificate file: its own first, then each one's issuer",
}

finding! {
    /// A certificate is sent that belongs to no way from the server's own to a root, or is sent twice.
    ///
    /// It is left over from another certificate or another authority, makes every handshake longer, and some clients refuse
    /// such a chain. Mostly a chain file was appended to a file that had a chain already, or was not replaced when the
    /// authority changed its intermediate. Take it out of the server's certificate file; with ACM, import without it.
    ///
    /// certbot: use `fullchain.pem` as it is; acme.sh: `--install-cert --fullchain-file FILE` writes over the file instead of
    /// appending. nginx reads `ssl_certificate`, HAProxy `crt`, and both must be reloaded.
    ChainUnrelated { place: String, subjects: String, places: Vec<usize> }
    id: "tls/chain-unrelated", severity: Warning, source: "RFC 8446 §4.4.2",
    explained_by: ["tls/leaf-not-first"],
    message: "certificates are sent along at {place} that lead nowhere or stand there twice: {subjects}",
    fix: "take out of the server's certificate file: {subjects}",
}

finding! {
    /// The chain is so long that it costs every visitor a round trip more.
    ///
    /// A server may send about ten packets, 14,600 bytes, before it must wait for the visitor's answer. On a phone that wait is
    /// 50 to 200 ms at every new connection. Leave out the root and what is not needed, put fewer names into one certificate,
    /// and prefer an ECDSA certificate (certbot: `--key-type ecdsa`), which is a third as long as one of RSA.
    ///
    /// acme.sh: `--keylength ec-256`; nginx `ssl_certificate` and HAProxy `crt` may name an ECDSA certificate beside one of RSA
    /// (HAProxy: `FILE.ecdsa`, `FILE.rsa`). In ACM request a certificate with the key algorithm ECDSA P 256 and choose it at the
    /// ALB's listener or in CloudFront.
    ChainLarge { place: String, bytes: usize }
    id: "tls/chain-large", severity: Notice, source: "RFC 6928",
    message: "the certificates at {place} have {bytes} bytes, more than a server can send at once",
    fix: "send fewer and smaller certificates: no root, fewer names, ECDSA keys",
}

/// What fits into the first flight: 10 segments of 1,460 bytes (RFC 6928 §2).
const FIRST_FLIGHT: usize = 14_600;

pub(super) fn judge(host: &str, shown: &[&Endpoint], findings: &mut Vec<Finding>) {
    let Some(first) = shown.first() else { return };
    let (place, subjects) = (place(shown), labels(shown));
    if let Some(trust) = &first.trust {
        if is_out_of_order(trust) {
            let evidence = ChainOrder {
                place: place.clone(),
                order: first.chain.iter().map(|own| own.subject.clone()).collect(),
            };
            findings.push(evidence.about_all(host, subjects.clone()));
        }
        if let Some(evidence) = unrelated(&place, &first.chain, trust) {
            findings.push(evidence.about_all(host, subjects.clone()));
        }
    }
    let bytes = message_length(&first.chain);
    if bytes > FIRST_FLIGHT {
        findings.push(ChainLarge { place, bytes }.about_all(host, subjects));
    }
}

/// Whether the path, which exists, uses what was sent in another order than it stands.
fn is_out_of_order(trust: &Trust) -> bool {
    let places: Vec<usize> = trust.path_sent.iter().copied().flatten().collect();
    trust.status == TrustStatus::Trusted && !places.is_sorted()
}

fn unrelated(place: &str, chain: &[Certificate], trust: &Trust) -> Option<ChainUnrelated> {
    let places = trust.unrelated.clone();
    let subjects: Vec<String> = places
        .iter()
        .filter_map(|place| chain.get(*place))
        .map(|own| format!("`{}`", own.subject))
        .collect();
    (!places.is_empty()).then(|| ChainUnrelated {
        place: place.to_owned(),
        subjects: subjects.join(", "),
        places,
    })
}

/// The length of the Certificate message of TLS 1.3 (RFC 8446 §4.4.2): 8 bytes, and 5 for each certificate.
fn message_length(chain: &[Certificate]) -> usize {
    let each = chain.iter().map(|own| own.der_length() + 5);
    each.sum::<usize>() + 8
}

#[cfg(test)]
mod tests {
    use super::super::testing::{certificate, endpoint, ids};
    use super::*;

    fn judged(endpoint: &Endpoint) -> Vec<String> {
        ids(|findings| judge("shop.example", &[endpoint], findings))
    }

    /// A chain of which the path uses these places.
    fn used(places: &[Option<usize>]) -> Endpoint {
        let mut used = endpoint(1);
        if let Some(trust) = &mut used.trust {
            trust.path_sent = places.to_vec();
        }
        used
    }

    #[test]
    fn an_issuer_before_what_it_issued_is_out_of_order_and_a_gap_is_not() {
        assert_eq!(
            judged(&used(&[Some(0), Some(2), Some(1)])),
            ["tls/chain-order"]
        );
        assert!(judged(&used(&[Some(0), Some(2), None])).is_empty());
        let mut untrusted = used(&[Some(0), Some(2), Some(1)]);
        if let Some(trust) = &mut untrusted.trust {
            trust.status = TrustStatus::Untrusted;
        }
        assert!(judged(&untrusted).is_empty());
    }

    #[test]
    fn what_leads_nowhere_is_named() {
        let mut with = endpoint(1);
        with.chain.push(certificate("CN=Stray", -1, 1));
        assert!(judged(&with).is_empty());
        if let Some(trust) = &mut with.trust {
            trust.unrelated = vec![1];
        }
        assert_eq!(judged(&with), ["tls/chain-unrelated"]);
        with.trust = None;
        assert!(judged(&with).is_empty());
    }

    #[test]
    fn a_chain_is_large_when_it_does_not_fit_the_first_flight() {
        let sized = |bytes: usize| {
            let mut large = endpoint(1);
            let pem = pem::encode(&pem::Pem::new("CERTIFICATE", vec![0; bytes]));
            large
                .chain
                .iter_mut()
                .for_each(|own| own.pem.clone_from(&pem));
            judged(&large)
        };
        assert_eq!(sized(FIRST_FLIGHT - 12), ["tls/chain-large"]);
        assert!(sized(FIRST_FLIGHT - 13).is_empty());
        let mut none = endpoint(1);
        none.chain.clear();
        assert!(judged(&none).is_empty());
    }
}
