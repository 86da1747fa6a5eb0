//! May the leaf be used for what it is used for?

use super::{labels, place};
use crate::facts::certificate::Certificate;
use crate::facts::tls::Endpoint;
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// The certificate is not made for this use.
    ///
    /// A server's certificate needs the purpose "TLS web server authentication" (extended key usage `serverAuth`), and where the
    /// server signs its handshakes, as in TLS 1.3, the key usage `digitalSignature`. Browsers refuse others: a certificate for
    /// clients, mail or code does not do for a site, and one for any purpose (`anyExtendedKeyUsage`) does not for Firefox and for
    /// programs on OpenSSL. Have one issued for a server; with an authority of your own set `extendedKeyUsage = serverAuth` and
    /// `keyUsage = digitalSignature` in the OpenSSL configuration.
    ///
    /// certbot, acme.sh and ACM get certificates for servers without being told; nginx `ssl_certificate` and HAProxy `crt` should
    /// name that one. One that was imported into ACM for clients (mutual TLS) belongs into the trust store of the ALB, not to its
    /// listener.
    UsageWrong { place: String, why: String }
    id: "tls/usage-wrong", severity: Error, source: "RFC 5280 §4.2.1.3, §4.2.1.12",
    explained_by: ["tls/leaf-not-first", "tls/address-behind"],
    message: "the certificate at {place} may not be used for this: {why}",
    fix: "have a certificate issued for servers (extended key usage serverAuth, key usage digitalSignature)",
}

finding! {
    /// The server uses the certificate of an authority as its own.
    ///
    /// Whoever gets the server's key could issue certificates with it. Some clients (Firefox, programs on rustls) refuse such a
    /// server. It is what a quick `openssl req -x509` makes. Keep the authority's key away from the server: issue a certificate
    /// without the authority bit (`basicConstraints = CA:FALSE`) for it, and serve that.
    ///
    /// For a public site `certbot --nginx` or acme.sh gets one; nginx names it `ssl_certificate`, HAProxy `crt`. Behind an ALB or
    /// CloudFront choose one of ACM.
    CaAsLeaf { place: String, subject: String }
    id: "tls/ca-as-leaf", severity: Warning, source: "RFC 5280 §4.2.1.9, CA/Browser Forum BR 7.1.2.7.8",
    explained_by: ["tls/leaf-not-first", "tls/self-signed"],
    message: "the certificate of an authority, `{subject}`, is served as the server's own at {place}",
    fix: "issue a certificate with basicConstraints CA:FALSE for the server, and serve that one",
}

pub(super) fn judge(host: &str, shown: &[&Endpoint], findings: &mut Vec<Finding>) {
    let Some((first, leaf)) = shown.first().and_then(|first| Some((first, first.leaf()?))) else {
        return;
    };
    let (place, subjects) = (place(shown), labels(shown));
    if let Some(why) = excluded_purpose(leaf).or_else(|| excluded_use(leaf, first)) {
        let evidence = UsageWrong {
            place: place.clone(),
            why,
        };
        findings.push(evidence.about_all(host, subjects.clone()));
    }
    if leaf.is_ca {
        let subject = leaf.subject.clone();
        findings.push(CaAsLeaf { place, subject }.about_all(host, subjects));
    }
}

/// Whether it is told here that a certificate is not for servers.
pub(super) fn tells_purpose(endpoint: &Endpoint, subject: &str) -> bool {
    let leaf = endpoint.leaf().filter(|leaf| leaf.subject == subject);
    leaf.and_then(excluded_purpose).is_some()
}

fn excluded_purpose(leaf: &Certificate) -> Option<String> {
    let purposes = leaf.extended_key_usage.as_ref()?;
    let serves = |purpose: &String| purpose == "serverAuth";
    (!purposes.iter().any(serves)).then(|| match purposes.as_slice() {
        [] => "its extended key usage names no purpose".to_owned(),
        all => format!(
            "its extended key usage is {}, not serverAuth",
            all.join(", ")
        ),
    })
}

/// What was negotiated needs a signature (every suite of TLS 1.3, and those with ephemeral keys), or else key encipherment.
fn excluded_use(leaf: &Certificate, endpoint: &Endpoint) -> Option<String> {
    let usage = leaf.key_usage.as_ref()?;
    let (version, suite) = (endpoint.version.as_ref()?, endpoint.cipher_suite.as_ref()?);
    let signs = version == "TLSv1.3" || suite.contains("DHE_");
    let needed = if signs {
        "digitalSignature"
    } else {
        "keyEncipherment"
    };
    let has = usage.iter().any(|own| own == needed);
    (!has).then(|| format!("its key usage lacks {needed}, which {suite} needs"))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{endpoint, ids};
    use super::*;

    fn judged(change: impl Fn(&mut Certificate)) -> Vec<String> {
        let mut changed = endpoint(1);
        changed.chain.iter_mut().for_each(change);
        ids(|findings| judge("shop.example", &[&changed], findings))
    }

    fn all(names: &[&str]) -> Option<Vec<String>> {
        Some(names.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_purpose_must_be_that_of_servers_when_purposes_are_named() {
        for other in ["clientAuth", "anyExtendedKeyUsage"] {
            assert_eq!(
                judged(|leaf| leaf.extended_key_usage = all(&[other])),
                ["tls/usage-wrong"]
            );
        }
        assert!(
            judged(|leaf| leaf.extended_key_usage = all(&["clientAuth", "serverAuth"])).is_empty()
        );
        assert!(judged(|leaf| leaf.extended_key_usage = None).is_empty());
    }

    #[test]
    fn a_key_that_signs_handshakes_must_be_allowed_to() {
        assert_eq!(
            judged(|leaf| leaf.key_usage = all(&["keyEncipherment"])),
            ["tls/usage-wrong"]
        );
        assert!(judged(|leaf| leaf.key_usage = all(&["digitalSignature"])).is_empty());
    }

    #[test]
    fn without_a_handshake_the_key_usage_is_not_judged() {
        let mut file = endpoint(1);
        (file.version, file.cipher_suite) = (None, None);
        file.chain
            .iter_mut()
            .for_each(|leaf| leaf.key_usage = all(&["keyEncipherment"]));
        assert!(ids(|findings| judge("shop.example", &[&file], findings)).is_empty());
    }

    #[test]
    fn an_authority_is_no_server() {
        assert_eq!(judged(|leaf| leaf.is_ca = true), ["tls/ca-as-leaf"]);
        assert!(judged(|leaf| leaf.is_ca = false).is_empty());
    }
}
