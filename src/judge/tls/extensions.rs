//! What the extensions of the ServerHello, and those that are missing, say.

use super::answers::{accepted, accepts, gather, speaks};
use super::{labels, subject};
use crate::facts::probe::Probe;
use crate::facts::tls::Endpoint;
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// The server does not know secure renegotiation.
    ///
    /// In TLS 1.2 and below an attacker can put words of their own before those of the visitor, in the visitor's name. Every TLS
    /// library since 2010 knows the remedy, and some clients refuse servers without it. Update the TLS library or the
    /// appliance; with OpenSSL remove `UnsafeLegacyRenegotiation` and `SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION`, in Apache
    /// `SSLInsecureRenegotiation on`. nginx, HAProxy, an ALB and CloudFront are safe unless something old stands in front.
    RenegotiationInsecure { place: String, version: String }
    id: "tls/renegotiation-insecure", severity: Warning, source: "RFC 5746 §3.6",
    message: "{place} does not confirm secure renegotiation ({version} without renegotiation_info)",
    fix: "update the TLS library or appliance: every one since 2010 knows secure renegotiation",
}

finding! {
    /// The server compresses what it encrypts.
    ///
    /// The length of what is compressed tells what is in it: an attacker who makes the browser send guesses reads cookies (CRIME).
    /// In Apache write `SSLCompression off`, with Postfix `tls_ssl_options = NO_COMPRESSION`; nginx since 1.3.2, HAProxy, an ALB
    /// and CloudFront never compress. Compression of the pages themselves is another matter.
    Compression { place: String, method: u8 }
    id: "tls/compression", severity: Warning, source: "RFC 9325 §3.3",
    message: "{place} compresses what it encrypts (method {method})",
    fix: "switch TLS compression off (Apache: `SSLCompression off`), or update the TLS library",
}

finding! {
    /// The server does not bind keys to the handshake (extended master secret).
    ///
    /// In TLS 1.2 a malicious server can otherwise make two connections share their keys (triple handshake). It matters where
    /// clients show certificates or sessions are resumed. The TLS library is older than 2016 (OpenSSL 1.1.0, Windows of 2015):
    /// update it. nginx, Apache and HAProxy do whatever their library does; an ALB and CloudFront cannot be changed.
    NoExtendedMasterSecret { place: String }
    id: "tls/no-extended-master-secret", severity: Notice, source: "RFC 7627",
    message: "{place} does not know the extended master secret in TLS 1.2",
    fix: "update the TLS library (OpenSSL 1.1.0 and later know it)",
}

finding! {
    /// The server agrees on no key that withstands a quantum computer.
    ///
    /// Whoever records a talk today may read it once such a computer exists. Browsers prefer the hybrid group X25519MLKEM768
    /// since 2024. It needs OpenSSL 3.5, BoringSSL or AWS-LC: then in nginx `ssl_ecdh_curve X25519MLKEM768:X25519:prime256v1;`,
    /// in Apache `SSLOpenSSLConfCmd Groups X25519MLKEM768:X25519:prime256v1`, in HAProxy
    /// `ssl-default-bind-curves X25519MLKEM768:X25519:P-256`; at an ALB choose a policy with PQ in its name. CloudFront has it.
    NoPqGroup { place: String }
    id: "tls/no-pq-group", severity: Notice, source: "draft-ietf-tls-ecdhe-mlkem",
    message: "{place} does not agree on keys with X25519MLKEM768, which would withstand a quantum computer",
    fix: "update to OpenSSL 3.5 or later and name the group first (nginx: `ssl_ecdh_curve X25519MLKEM768:X25519:prime256v1;`)",
}

finding! {
    /// The server offers no HTTP/2.
    ///
    /// Browsers that ask for it get HTTP/1.1, so the parts of a page wait for each other. In nginx write `http2 on;` (before
    /// 1.25.1: `listen 443 ssl http2;`), in Apache `Protocols h2 http/1.1` with mod_http2, in HAProxy
    /// `bind :443 ssl crt … alpn h2,http/1.1`. An ALB has it switched on unless told otherwise, CloudFront under "Supported HTTP
    /// versions".
    NoHttp2 { place: String, chosen: String }
    id: "tls/no-http2", severity: Notice, source: "RFC 9113 §3.2",
    explained_by: ["http/version-old", "across/https-record-unmet"],
    message: "{place} offers no HTTP/2: asked for `h2`, it chooses {chosen}",
    fix: "switch HTTP/2 on (nginx: `http2 on;`, Apache: `Protocols h2 http/1.1`, HAProxy: `alpn h2,http/1.1`)",
}

/// The registered numbers of the extensions (RFC 5746, RFC 7627).
const RENEGOTIATION_INFO: u16 = 0xff01;
const EXTENDED_MASTER_SECRET: u16 = 23;

pub(super) fn judge(host: &str, endpoints: &[&Endpoint], findings: &mut Vec<Finding>) {
    if let Some((met, version)) = gather(endpoints, |endpoint| {
        lacking(endpoint, RENEGOTIATION_INFO, &OLD)
    }) {
        let place = subject(&met);
        findings.push(RenegotiationInsecure { place, version }.about_all(host, labels(&met)));
    }
    if let Some((met, method)) = gather(endpoints, compression) {
        let place = subject(&met);
        findings.push(Compression { place, method }.about_all(host, labels(&met)));
    }
    if let Some((met, _)) = gather(endpoints, |endpoint| {
        lacking(endpoint, EXTENDED_MASTER_SECRET, &["TLSv1.2"])
    }) {
        let place = subject(&met);
        findings.push(NoExtendedMasterSecret { place }.about_all(host, labels(&met)));
    }
    if let Some((met, ())) = gather(endpoints, without_hybrid) {
        let place = subject(&met);
        findings.push(NoPqGroup { place }.about_all(host, labels(&met)));
    }
    if let Some((met, chosen)) = gather(endpoints, without_http2) {
        let place = subject(&met);
        findings.push(NoHttp2 { place, chosen }.about_all(host, labels(&met)));
    }
}

/// Versions in which the extensions are in clear.
const OLD: [&str; 3] = ["TLSv1.2", "TLSv1.1", "TLSv1.0"];

/// The version of an answer without an extension that was asked for.
fn lacking(endpoint: &Endpoint, extension: u16, versions: &[&str]) -> Option<String> {
    let lacks = |probe: &&Probe| {
        probe
            .extensions
            .as_ref()
            .is_some_and(|all| !all.contains(&extension))
    };
    let asked = accepted(endpoint).filter(|probe| probe.name.starts_with("tls1"));
    let mut asked = asked.filter(|probe| {
        versions
            .iter()
            .any(|version| probe.version.as_deref() == Some(version))
    });
    asked.find(lacks)?.version.clone()
}

fn compression(endpoint: &Endpoint) -> Option<u8> {
    let methods = accepted(endpoint).filter_map(|probe| probe.compression);
    methods.into_iter().find(|method| *method != 0)
}

fn without_hybrid(endpoint: &Endpoint) -> Option<()> {
    let refused = accepts(endpoint, "post-quantum") == Some(false);
    (refused && speaks(endpoint, "TLSv1.3")).then_some(())
}

/// On the port of HTTPS: elsewhere other protocols may be spoken.
fn without_http2(endpoint: &Endpoint) -> Option<String> {
    let is_https = endpoint.port == 443 && endpoint.starttls.is_none() && endpoint.error.is_none();
    let asked = endpoint.probes.is_some() && endpoint.hello.alpn.iter().any(|name| name == "h2");
    let chosen = endpoint.alpn.as_deref();
    let told = chosen.map_or_else(|| "none".to_owned(), |name| format!("`{name}`"));
    (is_https && asked && chosen != Some("h2")).then_some(told)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{accepted, endpoint, ids, probe, probed, refused};
    use super::*;
    use crate::facts::probe::ProbeOutcome;

    const GCM: &str = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";

    fn judged(endpoint: &Endpoint) -> Vec<String> {
        ids(|findings| judge("shop.example", &[endpoint], findings))
    }

    fn with(version: &str, extensions: &[u16]) -> Endpoint {
        probed([Probe {
            extensions: Some(extensions.to_vec()),
            ..accepted("tls12-rsa", version, GCM)
        }])
    }

    #[test]
    fn a_server_hello_of_tls12_must_confirm_both_extensions() {
        assert!(judged(&with("TLSv1.2", &[0xff01, 23])).is_empty());
        assert_eq!(
            judged(&with("TLSv1.2", &[23])),
            ["tls/renegotiation-insecure"]
        );
        assert_eq!(
            judged(&with("TLSv1.2", &[0xff01])),
            ["tls/no-extended-master-secret"]
        );
        assert!(judged(&with("TLSv1.3", &[43, 51])).is_empty());
        assert!(judged(&probed([refused("tls12-rsa")])).is_empty());
    }

    #[test]
    fn any_compression_method_is_told() {
        let mut deflated = accepted("tls10", "TLSv1.0", GCM);
        deflated.compression = Some(1);
        assert_eq!(judged(&probed([deflated])), ["tls/compression"]);
        assert!(judged(&probed([accepted("tls10", "TLSv1.0", GCM)])).is_empty());
        assert!(judged(&probed([refused("tls10")])).is_empty());
    }

    #[test]
    fn a_refused_hybrid_group_is_told_of_a_server_that_speaks_tls13() {
        assert_eq!(
            judged(&probed([refused("post-quantum")])),
            ["tls/no-pq-group"]
        );
        assert!(
            judged(&probed([accepted(
                "post-quantum",
                "TLSv1.3",
                "TLS_AES_128_GCM_SHA256"
            )]))
            .is_empty()
        );
        assert!(judged(&probed([probe("post-quantum", ProbeOutcome::Uncertain)])).is_empty());
        let mut old = probed([refused("post-quantum")]);
        old.version = Some("TLSv1.2".to_owned());
        assert!(judged(&old).is_empty());
    }

    #[test]
    fn https_without_h2_is_told_and_other_ports_are_not() {
        let chose = |alpn: Option<&str>, port| {
            let mut endpoint = probed([]);
            (endpoint.alpn, endpoint.port) = (alpn.map(str::to_owned), port);
            endpoint.hello.alpn = vec!["h2".to_owned()];
            judged(&endpoint)
        };
        assert_eq!(chose(Some("http/1.1"), 443), ["tls/no-http2"]);
        assert_eq!(chose(None, 443), ["tls/no-http2"]);
        assert!(chose(Some("h2"), 443).is_empty());
        assert!(chose(None, 993).is_empty());
        assert!(judged(&endpoint(1)).is_empty());
    }
}
