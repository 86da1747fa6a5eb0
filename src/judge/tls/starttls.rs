//! Does a server that begins in clear go on in TLS, and cleanly?

use super::answers::gather;
use super::{labels, subject};
use crate::facts::attempt::Failure;
use crate::facts::tls::Endpoint;
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// The server begins in clear, and does not go on in TLS.
    ///
    /// Mail, passwords and data travel readable, or clients that insist on encryption do not deliver at all. Give the server a
    /// certificate and switch STARTTLS on: in Postfix `smtpd_tls_security_level = may` with `smtpd_tls_cert_file`, in Dovecot
    /// `ssl = yes`, in vsftpd `ssl_enable=YES`, in OpenLDAP `TLSCertificateFile`, in PostgreSQL `ssl = on`, in MySQL `ssl_cert`.
    /// A firewall that "inspects" SMTP may take the offer out (Cisco's `fixup protocol smtp`): switch that off.
    StarttlsMissing { place: String, protocol: String, why: String }
    id: "tls/starttls-missing", severity: Error, source: "RFC 3207 §4, RFC 2595 §2",
    message: "{place} does not go on in TLS ({protocol}): {why}",
    fix: "give the server a certificate and switch STARTTLS on (Postfix: `smtpd_tls_security_level = may`, Dovecot: `ssl = yes`)",
}

finding! {
    /// After its answer to STARTTLS the server sends more in clear, before TLS begins.
    ///
    /// A client that keeps those bytes takes them for what came protected, so whoever stands in the way can put words into the
    /// server's mouth. Either somebody does, or the server answers to commands that were sent together with STARTTLS, which
    /// lets attackers put in commands as well. Update the server: Postfix, Dovecot, Exim and others mended it in 2011 and 2021.
    StarttlsInjection { place: String, first_bytes: String }
    id: "tls/starttls-injection", severity: Error, source: "RFC 3207 §4.2",
    message: "{place} goes on in clear after its answer to STARTTLS: `{first_bytes}`",
    fix: "update the server, and look for whoever stands between: nothing may come in clear after the answer to STARTTLS",
}

pub(super) fn judge(host: &str, endpoints: &[&Endpoint], findings: &mut Vec<Finding>) {
    if let Some((met, (protocol, why))) = gather(endpoints, missing) {
        let place = subject(&met);
        let evidence = StarttlsMissing {
            place,
            protocol,
            why,
        };
        findings.push(evidence.about_all(host, labels(&met)));
    }
    if let Some((met, first_bytes)) = gather(endpoints, injected) {
        let place = subject(&met);
        let evidence = StarttlsInjection { place, first_bytes };
        findings.push(evidence.about_all(host, labels(&met)));
    }
}

fn missing(endpoint: &Endpoint) -> Option<(String, String)> {
    match &endpoint.error.as_ref()?.failure {
        failure @ (Failure::StarttlsNotOffered { .. } | Failure::StarttlsRefused { .. }) => {
            Some((endpoint.starttls.clone()?, failure.in_words()))
        }
        _ => None,
    }
}

fn injected(endpoint: &Endpoint) -> Option<String> {
    match &endpoint.error.as_ref()?.failure {
        Failure::StarttlsInjected { first_bytes } => Some(first_bytes.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{endpoint, failing, ids};
    use super::*;
    use crate::facts::tls::Stage;

    fn judged(failure: Failure) -> Vec<String> {
        let mut endpoint = failing(1, Stage::Handshake, failure);
        endpoint.starttls = Some("smtp".to_owned());
        ids(|findings| judge("shop.example", &[&endpoint], findings))
    }

    #[test]
    fn an_offer_that_is_missing_or_refused_is_told_and_a_cut_is_not() {
        let said = || "250 x".to_owned();
        assert_eq!(
            judged(Failure::StarttlsNotOffered { said: said() }),
            ["tls/starttls-missing"]
        );
        assert_eq!(
            judged(Failure::StarttlsRefused { said: said() }),
            ["tls/starttls-missing"]
        );
        assert!(judged(Failure::Reset).is_empty());
        assert!(ids(|findings| judge("shop.example", &[&endpoint(1)], findings)).is_empty());
    }

    #[test]
    fn what_comes_in_clear_after_the_answer_is_an_injection() {
        let first_bytes = "250 x".to_owned();
        assert_eq!(
            judged(Failure::StarttlsInjected { first_bytes }),
            ["tls/starttls-injection"]
        );
        assert!(judged(Failure::Closed).is_empty());
    }
}
