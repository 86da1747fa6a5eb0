//! Does every address accept a connection, and shake hands?

use serde::Serialize;

use super::labels;
use crate::facts::attempt::Failure;
use crate::facts::suite::{CipherSuite, KeyExchange};
use crate::facts::tls::{Endpoint, EndpointError, Stage, Tls};
use crate::finding;
use crate::finding::{Evidence, Finding};

/// An address and what was met there.
#[derive(Debug, Serialize)]
pub(crate) struct Met {
    address: String,
    #[serde(flatten)]
    error: EndpointError,
}

finding! {
    /// No address of the host accepts a connection.
    ///
    /// The name leads to addresses, but none of them lets a client connect to the port, so browsers say that the site cannot
    /// be reached. Either nothing listens there, or a firewall or security group drops the packets, or the name points to
    /// a machine that is gone. Start the server, let it listen on this port (in nginx `listen 443 ssl;`, in Apache `Listen 443`, in
    /// HAProxy `bind :443 ssl crt FILE`; `ss -ltn` shows who listens), and open the port in firewall and security group. An ALB
    /// needs a listener on 443 and a security group that lets the world in; a name that leads to CloudFront must be one of the
    /// distribution's alternate domain names.
    Unreachable { host: String, why: String, met: Vec<Met> }
    id: "tls/unreachable", severity: Error, source: "practice: no visitor can connect",
    explained_by: ["dns/all-addresses-private"],
    message: "nobody can connect to `{host}`: {why}",
    fix: "start the server, have it listen on this port, and open the port in the firewall or security group",
}

finding! {
    /// One address of the host fails while others work.
    ///
    /// Browsers try the next address, so most visitors see only a delay; clients that do not, and monitoring of the other
    /// addresses, hide the fault. Mend the server at this address, or take the address out of the DNS. Where it is the IPv6 address
    /// that fails, the server mostly listens on IPv4 alone: in nginx `listen [::]:443 ssl;` beside `listen 443 ssl;`, in Apache
    /// `Listen 443` without an address, in HAProxy `bind :::443 v4v6 ssl crt FILE`; at AWS a load balancer of the type dualstack, in
    /// CloudFront "IPv6" switched on, or no AAAA record.
    AddressFails { host: String, addresses: String, why: String, met: Vec<Met> }
    id: "tls/address-fails", severity: Warning, source: "RFC 8305 (clients hide it by trying the next address)",
    explained_by: [
        "dns/private-address", "across/dangling-address", "tls/legacy-only", "tls/starttls-missing", "tls/starttls-injection", "tls/client-certificate-required"
    ],
    message: "{addresses} of `{host}` fails while its other addresses work: {why}",
    fix: "mend the server at {addresses}, or remove the address from the DNS",
}

finding! {
    /// The server speaks in clear where TLS is expected.
    ///
    /// The first bytes that came back are no TLS record. Browsers show a protocol error. Usually the port was opened without
    /// switching TLS on: in nginx `listen 443;` lacks `ssl`, in Apache `SSLEngine on` is missing for the virtual host, in HAProxy
    /// `bind :443` lacks `ssl crt FILE`, a load balancer's listener is of type HTTP or TCP instead of HTTPS (an ALB: Listeners >
    /// Add listener > HTTPS 443). CloudFront itself always speaks TLS here; its origin on port 443 may be the one that does not.
    Plaintext { place: String, protocol: String, first_bytes: String }
    id: "tls/plaintext", severity: Error, source: "RFC 8446 §5.1",
    message: "{protocol} is spoken instead of TLS at {place}: the first bytes are `{first_bytes}`",
    fix: "switch TLS on for this port (nginx: `listen 443 ssl;`, Apache: `SSLEngine on`, load balancer: an HTTPS listener)",
}

finding! {
    /// The server answers the connection, but refuses to shake hands with a modern client.
    ///
    /// It ended the handshake with an alert, closed the connection or fell silent after a hello that offers TLS 1.3 and 1.2 as
    /// browsers do. Browsers show an error such as ERR_SSL_PROTOCOL_ERROR. Often no certificate is configured for this name,
    /// or only versions and cipher suites are allowed that nobody offers any more. In nginx a `server` block with this
    /// `server_name` needs `listen 443 ssl;`, `ssl_certificate` and `ssl_certificate_key`, and no `ssl_reject_handshake on;`;
    /// in Apache a `<VirtualHost *:443>` with `ServerName`, `SSLEngine on`, `SSLCertificateFile` and `SSLCertificateKeyFile`;
    /// in HAProxy `bind :443 ssl crt` with a directory that holds the name's certificate, and no `strict-sni` without it. At
    /// an ALB add the certificate to the HTTPS listener ("Listeners and rules", "Certificates"), at CloudFront the name to
    /// "Alternate domain names". What the versions and suites should be: `ssl_protocols TLSv1.2 TLSv1.3;` and the server's
    /// own `ssl_ciphers`.
    HandshakeRefused { place: String, why: String, meaning: String, met: Vec<Met> }
    id: "tls/handshake-refused", severity: Error, source: "RFC 8446 §6.2",
    explained_by: ["tls/legacy-only", "tls/starttls-missing", "tls/starttls-injection", "tls/client-certificate-required"],
    message: "the TLS handshake with {place} is refused: {why}",
    fix: "{meaning}",
}

/// When no address was found, nothing could be connected to.
pub(super) fn judge_lookup(tls: &Tls, findings: &mut Vec<Finding>) {
    let Some(failure) = tls
        .lookup
        .as_ref()
        .filter(|failure| tells_of_the_name(failure))
    else {
        return;
    };
    let host = tls.host.clone();
    let evidence = Unreachable {
        host: host.clone(),
        why: failure.in_words(),
        met: Vec::new(),
    };
    findings.push(evidence.about(host));
}

fn tells_of_the_name(failure: &Failure) -> bool {
    matches!(
        failure,
        Failure::NameNotFound | Failure::NoAddress | Failure::LookupFailed { rcode: Some(_) }
    )
}

pub(super) fn judge(host: &str, endpoints: &[&Endpoint], findings: &mut Vec<Finding>) {
    let measured: Vec<&Endpoint> = endpoints
        .iter()
        .copied()
        .filter(|endpoint| !endpoint.is_unmeasured())
        .collect();
    plaintext(host, &measured, findings);
    let failing: Vec<&Endpoint> = measured
        .iter()
        .copied()
        .filter(|endpoint| endpoint.error.is_some() && spoken(endpoint).is_none())
        .filter(|endpoint| !is_met_by_browsers(endpoint))
        .collect();
    if failing.is_empty() {
        return;
    }
    let refusing: Vec<&Endpoint> = failing
        .iter()
        .copied()
        .filter(|endpoint| stage(endpoint) == Some(Stage::Handshake))
        .collect();
    if measured.len() > failing.len() && measured.iter().any(|endpoint| is_open(endpoint)) {
        findings.push(address_fails(host, &failing));
    } else if !refusing.is_empty() {
        findings.push(handshake_refused(host, &refusing));
    } else if failing.len() == measured.len() {
        findings.push(unreachable(host, &failing));
    }
}

fn is_open(endpoint: &Endpoint) -> bool {
    endpoint.error.is_none() || is_met_by_browsers(endpoint)
}

/// Whether browsers shake hands with a server that the TLS library here cannot talk to: they still offer AES-CBC and static RSA.
fn is_met_by_browsers(endpoint: &Endpoint) -> bool {
    let suite = endpoint
        .cipher_suite
        .as_deref()
        .and_then(CipherSuite::named);
    let offered = |suite: CipherSuite| {
        let exchange = [KeyExchange::Ecdhe, KeyExchange::Rsa, KeyExchange::Tls13];
        suite.cipher().starts_with("AES_")
            && !suite.is_anonymous()
            && exchange.contains(&suite.key_exchange())
    };
    let modern = ["TLSv1.2", "TLSv1.3"]
        .map(Some)
        .contains(&endpoint.version.as_deref());
    let incompatible = matches!(
        endpoint.error.as_ref().map(|error| &error.failure),
        Some(
            Failure::Alert {
                code: 40 | 70 | 71,
                ..
            } | Failure::Incompatible { .. }
        )
    );
    modern && incompatible && suite.is_some_and(offered)
}

fn address_fails(host: &str, failing: &[&Endpoint]) -> Finding {
    let addresses = labels(failing).join(", ");
    let evidence = AddressFails {
        host: host.to_owned(),
        addresses,
        why: why(failing),
        met: met(failing),
    };
    evidence.about_all(host, labels(failing))
}

fn unreachable(host: &str, failing: &[&Endpoint]) -> Finding {
    let evidence = Unreachable {
        host: host.to_owned(),
        why: why(failing),
        met: met(failing),
    };
    evidence.about_all(host, labels(failing))
}

fn handshake_refused(host: &str, refusing: &[&Endpoint]) -> Finding {
    let meaning = refusing
        .iter()
        .find_map(|endpoint| Some(meaning(&endpoint.error.as_ref()?.failure)));
    let evidence = HandshakeRefused {
        place: super::place(refusing),
        why: why(refusing),
        meaning: meaning.unwrap_or_default().to_owned(),
        met: met(refusing),
    };
    evidence.about_all(host, labels(refusing))
}

fn plaintext(host: &str, measured: &[&Endpoint], findings: &mut Vec<Finding>) {
    let speaking: Vec<&Endpoint> = measured
        .iter()
        .copied()
        .filter(|endpoint| spoken(endpoint).is_some())
        .collect();
    if let Some((protocol, first_bytes)) = speaking.first().and_then(|endpoint| spoken(endpoint)) {
        let place = super::place(&speaking);
        let evidence = Plaintext {
            place,
            protocol,
            first_bytes,
        };
        findings.push(evidence.about_all(host, labels(&speaking)));
    }
}

fn spoken(endpoint: &Endpoint) -> Option<(String, String)> {
    match &endpoint.error.as_ref()?.failure {
        Failure::NotTls {
            protocol,
            first_bytes,
        } => Some((protocol.clone(), first_bytes.clone())),
        _ => None,
    }
}

fn stage(endpoint: &Endpoint) -> Option<Stage> {
    endpoint.error.as_ref().map(|error| error.stage)
}

fn met(failing: &[&Endpoint]) -> Vec<Met> {
    let met = failing.iter().filter_map(|endpoint| {
        Some(Met {
            address: endpoint.label(),
            error: endpoint.error.clone()?,
        })
    });
    met.collect()
}

/// The reason when they have one in common, else each with its own.
fn why(failing: &[&Endpoint]) -> String {
    let reasons: Vec<(String, String)> = met(failing)
        .into_iter()
        .map(|met| (met.address, met.error.failure.in_words()))
        .collect();
    match reasons.as_slice() {
        [] => String::new(),
        [(_, first), rest @ ..] if rest.iter().all(|(_, other)| other == first) => first.clone(),
        several => {
            let each = several
                .iter()
                .map(|(address, reason)| format!("at {address} {reason}"));
            each.collect::<Vec<_>>().join("; ")
        }
    }
}

/// What a failed handshake most often means to whoever runs the server.
fn meaning(failure: &Failure) -> &'static str {
    match failure {
        Failure::Alert { code: 40, .. } => {
            "allow cipher suites and groups that browsers offer, and configure a certificate for this name"
        }
        Failure::Alert { code: 70, .. } => {
            "switch TLS 1.2 and 1.3 on: the server allows only older versions"
        }
        Failure::Alert { code: 80, .. } => {
            "read the server's error log: it failed by itself, often because certificate or key cannot be loaded"
        }
        Failure::Alert { code: 112, .. } => {
            "configure a certificate and virtual host for this name: the server does not know it"
        }
        Failure::Alert { code: 116, .. } => {
            "give the client a certificate, or let the server not demand one"
        }
        Failure::Alert { code: 120, .. } => {
            "let the server offer `h2` or `http/1.1` in ALPN: it shares no application protocol with browsers"
        }
        Failure::Incompatible { .. } => {
            "switch TLS 1.2 and 1.3 on, with suites that browsers offer (ECDHE with AES-GCM or ChaCha20)"
        }
        _ => {
            "configure a certificate for this name, and see that nothing in front of the server cuts TLS off"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{endpoint, failing, ids};
    use super::*;

    fn judged(endpoints: &[Endpoint]) -> Vec<String> {
        let endpoints: Vec<&Endpoint> = endpoints.iter().collect();
        ids(|findings| judge("shop.example", &endpoints, findings))
    }

    fn refused(number: u8) -> Endpoint {
        failing(number, Stage::Connect, Failure::Refused)
    }

    fn alert(number: u8) -> Endpoint {
        let name = "handshake_failure".to_owned();
        failing(number, Stage::Handshake, Failure::Alert { code: 40, name })
    }

    fn in_clear(number: u8) -> Endpoint {
        let (protocol, first_bytes) = ("HTTP".to_owned(), "HTTP/1.1 400".to_owned());
        failing(
            number,
            Stage::Handshake,
            Failure::NotTls {
                protocol,
                first_bytes,
            },
        )
    }

    #[test]
    fn addresses_that_all_refuse_are_unreachable_and_one_of_several_fails() {
        assert_eq!(judged(&[refused(1), refused(2)]), ["tls/unreachable"]);
        assert_eq!(judged(&[endpoint(1), refused(2)]), ["tls/address-fails"]);
        assert_eq!(judged(&[endpoint(1), alert(2)]), ["tls/address-fails"]);
        assert!(judged(&[endpoint(1), endpoint(2)]).is_empty());
    }

    #[test]
    fn a_refused_handshake_everywhere_is_no_missing_connection() {
        assert_eq!(judged(&[alert(1)]), ["tls/handshake-refused"]);
        assert_eq!(judged(&[alert(1), refused(2)]), ["tls/handshake-refused"]);
    }

    #[test]
    fn a_server_that_browsers_can_still_talk_to_does_not_refuse() {
        let shown = |version: &str, suite: &str| Endpoint {
            version: Some(version.to_owned()),
            cipher_suite: Some(suite.to_owned()),
            ..alert(1)
        };
        let dated = || shown("TLSv1.2", "TLS_RSA_WITH_AES_128_CBC_SHA");
        assert!(judged(&[dated()]).is_empty());
        assert_eq!(judged(&[dated(), refused(2)]), ["tls/address-fails"]);
        assert_eq!(
            judged(&[shown("TLSv1.0", "TLS_RSA_WITH_AES_128_CBC_SHA")]),
            ["tls/handshake-refused"]
        );
        let dhe = "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256";
        assert_eq!(judged(&[shown("TLSv1.2", dhe)]), ["tls/handshake-refused"]);
    }

    #[test]
    fn what_speaks_in_clear_is_named_once() {
        assert_eq!(judged(&[in_clear(1), in_clear(2)]), ["tls/plaintext"]);
        assert_eq!(judged(&[endpoint(1), in_clear(2)]), ["tls/plaintext"]);
    }

    #[test]
    fn what_cannot_be_looked_at_from_here_is_no_fault_of_the_site() {
        let away = failing(2, Stage::Connect, Failure::NoRoute);
        assert!(judged(&[endpoint(1), away.clone()]).is_empty());
        assert!(judged(std::slice::from_ref(&away)).is_empty());
        assert_eq!(judged(&[refused(1), away]), ["tls/unreachable"]);
    }

    #[test]
    fn a_name_without_address_cannot_be_connected_to_but_a_silent_resolver_says_nothing() {
        let looked = |failure| {
            let tls = Tls {
                twin: None,
                host: "shop.example".to_owned(),
                lookup: Some(failure),
                endpoints: Vec::new(),
                announced: None,
            };
            ids(|findings| judge_lookup(&tls, findings))
        };
        assert_eq!(looked(Failure::NameNotFound), ["tls/unreachable"]);
        assert!(looked(Failure::OutOfTime).is_empty());
        assert!(looked(Failure::LookupFailed { rcode: None }).is_empty());
    }
}
