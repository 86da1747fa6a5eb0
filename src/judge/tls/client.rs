//! Does the server want a certificate of the visitor?

use super::answers::gather;
use super::{labels, subject};
use crate::facts::attempt::Failure;
use crate::facts::tls::Endpoint;
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// The server asks visitors for a certificate, and goes on without.
    ///
    /// Browsers that have one stop and ask the visitor to choose. If that is not meant: in nginx remove
    /// `ssl_verify_client optional;`, in Apache `SSLVerifyClient optional`, in HAProxy `verify optional`, at an ALB switch mutual
    /// authentication off in the listener. CloudFront asks only where a trust store is attached to the distribution.
    ClientCertificate { place: String }
    id: "tls/client-certificate", severity: Notice, source: "RFC 8446 §4.3.2", explained_by: ["tls/client-certificate-required"],
    message: "{place} asks visitors for a certificate, and goes on without one",
    fix: "if that is not meant, remove it (nginx: `ssl_verify_client`, Apache: `SSLVerifyClient`, HAProxy: `verify`)",
}

finding! {
    /// The server lets nobody in who has no certificate of its liking.
    ///
    /// That may be meant, for an API or an intranet; ordinary visitors see ERR_BAD_SSL_CLIENT_AUTH_CERT. To check what lies
    /// behind, give doorstep one with `--cert FILE --key FILE`. If it is not meant: in nginx remove `ssl_verify_client on;`, in
    /// Apache `SSLVerifyClient require`, in HAProxy `verify required`, at an ALB switch mutual authentication off in the
    /// listener, at CloudFront detach the trust store.
    ClientCertificateRequired { place: String, why: String }
    id: "tls/client-certificate-required", severity: Error, source: "RFC 8446 §4.3.2",
    message: "{place} refuses visitors without a certificate: {why}",
    fix: "give doorstep one with `--cert` and `--key`; or, for everybody, remove it (nginx: `ssl_verify_client`)",
}

pub(super) fn judge(host: &str, endpoints: &[&Endpoint], findings: &mut Vec<Finding>) {
    let asked = |endpoint: &Endpoint| endpoint.client_certificate_asked == Some(true);
    if let Some((met, ())) = gather(endpoints, |endpoint| {
        (asked(endpoint) && endpoint.error.is_none()).then_some(())
    }) {
        let place = subject(&met);
        findings.push(ClientCertificate { place }.about_all(host, labels(&met)));
    }
    if let Some((met, why)) = gather(endpoints, |endpoint| {
        asked(endpoint).then(|| refused(endpoint))?
    }) {
        let place = subject(&met);
        findings.push(ClientCertificateRequired { place, why }.about_all(host, labels(&met)));
    }
}

/// An alert after the certificate was asked for: about the certificate (41 to 49, 116), or handshake_failure, as older servers say.
fn refused(endpoint: &Endpoint) -> Option<String> {
    match &endpoint.error.as_ref()?.failure {
        failure @ Failure::Alert {
            code: 40..=49 | 116,
            ..
        } => Some(failure.in_words()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{endpoint, failing, ids};
    use super::*;
    use crate::facts::tls::Stage;

    fn judged(endpoint: &Endpoint) -> Vec<String> {
        ids(|findings| judge("shop.example", &[endpoint], findings))
    }

    fn alerted(code: u8) -> Endpoint {
        let name = String::new();
        let mut endpoint = failing(1, Stage::Handshake, Failure::Alert { code, name });
        endpoint.client_certificate_asked = Some(true);
        endpoint
    }

    #[test]
    fn asking_is_a_notice_and_insisting_an_error() {
        let mut asking = endpoint(1);
        asking.client_certificate_asked = Some(true);
        assert_eq!(judged(&asking), ["tls/client-certificate"]);
        assert_eq!(judged(&alerted(116)), ["tls/client-certificate-required"]);
        assert_eq!(judged(&alerted(40)), ["tls/client-certificate-required"]);
    }

    #[test]
    fn an_alert_for_another_reason_or_without_a_request_is_not() {
        assert!(judged(&alerted(80)).is_empty());
        let mut other = alerted(40);
        other.client_certificate_asked = None;
        assert!(judged(&other).is_empty());
        assert!(judged(&endpoint(1)).is_empty());
    }
}
