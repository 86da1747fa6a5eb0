//! Do talks stay secret when the key is stolen later, and are they sealed as one?

use super::answers::{accepted, accepts, choices, chosen, gather};
use super::{labels, subject};
use crate::facts::suite::CipherSuite;
use crate::facts::tls::Endpoint;
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// The server also accepts suites without forward secrecy.
    ///
    /// With static RSA the client sends the secret encrypted under the certificate's key: whoever records the talk and gets that
    /// key later reads it, and faulty servers can be made to decrypt it even without (ROBOT). Every browser knows better
    /// suites. In nginx write `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`, in Apache
    /// `SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20`, in HAProxy `ssl-default-bind-ciphers` with the same list; at an ALB choose
    /// ELBSecurityPolicy-TLS13-1-2-Res-2021-06, at CloudFront the minimum TLSv1.2_2021.
    NoForwardSecrecy { place: String, suite: String }
    id: "tls/no-forward-secrecy", severity: Warning, source: "RFC 9325 §4.1",
    message: "{place} accepts {suite}, without forward secrecy",
    fix: "allow only suites with ECDHE (nginx: `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`)",
}

finding! {
    /// The server accepts nothing but suites without forward secrecy.
    ///
    /// Every talk with it can be read later by whoever recorded it and gets the key of the certificate. Clients with a strict
    /// policy cannot connect at all. In nginx write `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`, in Apache
    /// `SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20`, in HAProxy `ssl-default-bind-ciphers` with the same list; at an ALB choose
    /// ELBSecurityPolicy-TLS13-1-2-Res-2021-06, at CloudFront the minimum TLSv1.2_2021.
    ForwardSecrecyAbsent { place: String, suite: String }
    id: "tls/forward-secrecy-absent", severity: Error, source: "RFC 9325 §4.1",
    message: "{place} accepts nothing with forward secrecy, only such as {suite}",
    fix: "switch suites with ECDHE on (nginx: `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`)",
}

finding! {
    /// The server accepts no suite of TLS 1.2 that encrypts and seals in one act.
    ///
    /// What is left are CBC and stream ciphers, whose separate seal has let attackers in again and again; some clients refuse
    /// them, HTTP/2 forbids them. In nginx write `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`, in Apache
    /// `SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20`, in HAProxy `ssl-default-bind-ciphers` with the same list; at an ALB choose
    /// a policy of 2016 or later, at CloudFront the minimum TLSv1.2_2021.
    NoAead { place: String, suite: String }
    id: "tls/no-aead", severity: Warning, source: "RFC 9325 §4.2",
    message: "{place} accepts no AES-GCM, AES-CCM or ChaCha20 in TLS 1.2, but {suite}",
    fix: "switch AES-GCM and ChaCha20 on (nginx: `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`)",
}

finding! {
    /// The server's Diffie-Hellman group is smaller than 2048 bits.
    ///
    /// A group of 1024 bits can be broken by a state, and everything that was agreed in it with that. The simplest is to switch
    /// DHE off, as browsers did: in nginx leave `ssl_dhparam` out and write `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`, in
    /// Apache `SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20`. Whoever needs it takes the group ffdhe2048 of RFC 7919: in HAProxy
    /// `tune.ssl.default-dh-param 2048`. An ALB and CloudFront have no DHE.
    DhWeak { place: String, bits: usize }
    id: "tls/dh-weak", severity: Warning, source: "RFC 9325 §4.1",
    message: "{place} agrees on keys in a Diffie-Hellman group of {bits} bits",
    fix: "switch DHE off, or take a group of 2048 bits (nginx: `ssl_dhparam`, HAProxy: `tune.ssl.default-dh-param 2048`)",
}

finding! {
    /// The server's Diffie-Hellman group is smaller than 1024 bits, and so broken.
    ///
    /// A group of 512 bits takes minutes (Logjam), one of 768 was broken in public in 2016. Clients that know it refuse. The
    /// simplest is to switch DHE off: in nginx leave `ssl_dhparam` out and write `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`, in
    /// Apache `SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20`, in HAProxy `ssl-default-bind-ciphers` with the same list. An ALB
    /// and CloudFront have no DHE.
    DhBroken { place: String, bits: usize }
    id: "tls/dh-broken", severity: Error, source: "RFC 9325 §4.1",
    message: "{place} agrees on keys in a Diffie-Hellman group of only {bits} bits",
    fix: "switch DHE off, or take a group of 2048 bits (nginx: `ssl_dhparam`, HAProxy: `tune.ssl.default-dh-param 2048`)",
}

pub(super) fn judge(host: &str, endpoints: &[&Endpoint], findings: &mut Vec<Finding>) {
    let is_only = |endpoint: &Endpoint| !choices(endpoint).any(|choice| is_secret(choice.suite));
    if let Some((met, suite)) = gather(endpoints, |endpoint| {
        is_only(endpoint).then(|| static_rsa(endpoint))?
    }) {
        let place = subject(&met);
        findings.push(ForwardSecrecyAbsent { place, suite }.about_all(host, labels(&met)));
    }
    if let Some((met, suite)) = gather(endpoints, |endpoint| {
        (!is_only(endpoint)).then(|| static_rsa(endpoint))?
    }) {
        let place = subject(&met);
        findings.push(NoForwardSecrecy { place, suite }.about_all(host, labels(&met)));
    }
    if let Some((met, suite)) = gather(endpoints, without_aead) {
        let place = subject(&met);
        findings.push(NoAead { place, suite }.about_all(host, labels(&met)));
    }
    if let Some((met, bits)) = gather(endpoints, |endpoint| {
        smallest(endpoint).filter(|bits| (1024..2048).contains(bits))
    }) {
        let place = subject(&met);
        findings.push(DhWeak { place, bits }.about_all(host, labels(&met)));
    }
    if let Some((met, bits)) = gather(endpoints, |endpoint| {
        smallest(endpoint).filter(|bits| *bits < 1024)
    }) {
        let place = subject(&met);
        findings.push(DhBroken { place, bits }.about_all(host, labels(&met)));
    }
}

fn is_secret(suite: CipherSuite) -> bool {
    suite.has_forward_secrecy() && !suite.is_anonymous()
}

fn static_rsa(endpoint: &Endpoint) -> Option<String> {
    chosen(endpoint, CipherSuite::is_static_rsa).map(|choice| choice.suite.name())
}

/// The suite that TLS 1.2 chose, where it has none with AEAD.
fn without_aead(endpoint: &Endpoint) -> Option<String> {
    let mut of_tls12 = choices(endpoint).filter(|choice| choice.version == "TLSv1.2");
    let first = of_tls12.next()?;
    let none = !first.suite.is_aead() && of_tls12.all(|choice| !choice.suite.is_aead());
    let asked = accepts(endpoint, "tls12-aead") == Some(false)
        || endpoint
            .offered
            .as_ref()
            .is_some_and(|offered| offered.complete);
    (none && asked).then(|| first.suite.name())
}

fn smallest(endpoint: &Endpoint) -> Option<usize> {
    accepted(endpoint).filter_map(|probe| probe.dh_bits).min()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{accepted, endpoint, ids, probe, probed, refused, unshaken};
    use super::*;
    use crate::facts::probe::{Probe, ProbeOutcome};

    const STATIC: &str = "TLS_RSA_WITH_AES_128_GCM_SHA256";
    const CBC: &str = "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA";

    fn judged(endpoint: &Endpoint) -> Vec<String> {
        ids(|findings| judge("shop.example", &[endpoint], findings))
    }

    fn dhe(bits: usize) -> Probe {
        let suite = "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256";
        Probe {
            dh_bits: Some(bits),
            ..accepted("dhe", "TLSv1.2", suite)
        }
    }

    #[test]
    fn static_rsa_beside_something_better_is_a_warning_and_alone_an_error() {
        let also = accepted("static-rsa", "TLSv1.2", STATIC);
        assert_eq!(judged(&probed([also.clone()])), ["tls/no-forward-secrecy"]);
        assert_eq!(
            judged(&unshaken("TLSv1.2", STATIC, [also])),
            ["tls/forward-secrecy-absent"]
        );
        assert!(judged(&probed([refused("static-rsa")])).is_empty());
        assert!(judged(&probed([probe("static-rsa", ProbeOutcome::Uncertain)])).is_empty());
        assert!(judged(&endpoint(1)).is_empty());
    }

    #[test]
    fn tls12_without_aead_is_told_when_it_was_asked_for_alone() {
        let cbc = || accepted("tls12-rsa", "TLSv1.2", CBC);
        assert_eq!(
            judged(&probed([cbc(), refused("tls12-aead")])),
            ["tls/no-aead"]
        );
        let aead = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";
        assert!(judged(&probed([cbc(), accepted("tls12-aead", "TLSv1.2", aead)])).is_empty());
        assert!(judged(&probed([cbc()])).is_empty());
        assert!(judged(&probed([refused("tls12-rsa"), refused("tls12-aead")])).is_empty());
    }

    #[test]
    fn groups_below_2048_bits_are_weak_and_below_1024_broken() {
        assert_eq!(judged(&probed([dhe(2047)])), ["tls/dh-weak"]);
        assert_eq!(judged(&probed([dhe(1024)])), ["tls/dh-weak"]);
        assert_eq!(judged(&probed([dhe(1023)])), ["tls/dh-broken"]);
        assert!(judged(&probed([dhe(2048)])).is_empty());
        assert!(judged(&probed([refused("dhe")])).is_empty());
    }
}
