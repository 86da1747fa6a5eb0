//! Which protocol versions are answered?

use super::answers::{accepts, gather, speaks};
use super::{labels, subject};
use crate::facts::probe::ProbeOutcome;
use crate::facts::tls::{Endpoint, Stage};
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// The server speaks nothing newer than TLS 1.1.
    ///
    /// Browsers have refused these versions since 2020: visitors see ERR_SSL_VERSION_OR_CIPHER_MISMATCH. In nginx write
    /// `ssl_protocols TLSv1.2 TLSv1.3;`, in Apache `SSLProtocol -all +TLSv1.2 +TLSv1.3`, in HAProxy
    /// `ssl-default-bind-options ssl-min-ver TLSv1.2`; at an ALB choose the policy ELBSecurityPolicy-TLS13-1-2-Res-2021-06, at
    /// CloudFront the minimum TLSv1.2_2021. If the program knows nothing newer, update it, or put a proxy in front that does.
    LegacyOnly { place: String, version: String }
    id: "tls/legacy-only", severity: Error, source: "RFC 8996",
    message: "{place} speaks nothing newer than {version}, which browsers refuse",
    fix: "switch TLS 1.2 and 1.3 on (nginx: `ssl_protocols TLSv1.2 TLSv1.3;`), after an update if need be",
}

finding! {
    /// The server answers SSLv2, which was broken in 1996.
    ///
    /// Worse than the talks in SSLv2 themselves: with it an attacker can decrypt talks in newer versions that use the same RSA
    /// key, at any server that has this key (DROWN). No program of the last ten years speaks it: replace or update the server,
    /// and take another key afterwards. In Apache with an old OpenSSL write `SSLProtocol all -SSLv2 -SSLv3`, in nginx
    /// `ssl_protocols TLSv1.2 TLSv1.3;`, in HAProxy `ssl-min-ver TLSv1.2`. An ALB and CloudFront never speak it.
    Sslv2 { place: String, suite: String }
    id: "tls/sslv2", severity: Error, source: "RFC 6176",
    message: "{place} answers SSLv2 ({suite})",
    fix: "switch SSLv2 off, update the server, and replace the key of the certificate",
}

finding! {
    /// The server answers SSLv3, whose padding gives secrets away (POODLE).
    ///
    /// An attacker on the way makes a browser that still knows it fall back, and reads cookies byte by byte. In nginx write
    /// `ssl_protocols TLSv1.2 TLSv1.3;`, in Apache `SSLProtocol -all +TLSv1.2 +TLSv1.3`, in HAProxy `ssl-min-ver TLSv1.2`; at
    /// CloudFront raise the minimum from SSLv3 to TLSv1.2_2021. An ALB never speaks it.
    Sslv3 { place: String, suite: String }
    id: "tls/sslv3", severity: Error, source: "RFC 7568",
    message: "{place} answers SSLv3 ({suite})",
    fix: "switch SSLv3 off (nginx: `ssl_protocols TLSv1.2 TLSv1.3;`, Apache: `SSLProtocol -all +TLSv1.2 +TLSv1.3`)",
}

finding! {
    /// The server answers TLS 1.0, which is deprecated.
    ///
    /// It rests on MD5 and SHA-1, and no browser speaks it any more, so switching it off shuts out only programs older than
    /// about 2014. Payment rules (PCI DSS) forbid it. In nginx write `ssl_protocols TLSv1.2 TLSv1.3;`, in Apache
    /// `SSLProtocol -all +TLSv1.2 +TLSv1.3`, in HAProxy `ssl-default-bind-options ssl-min-ver TLSv1.2`; at an ALB choose the
    /// policy ELBSecurityPolicy-TLS13-1-2-Res-2021-06, at CloudFront the minimum TLSv1.2_2021.
    Tls10 { place: String, suite: String }
    id: "tls/tls10", severity: Warning, source: "RFC 8996", explained_by: ["tls/legacy-only"],
    message: "{place} answers TLS 1.0 ({suite})",
    fix: "switch TLS 1.0 off (nginx: `ssl_protocols TLSv1.2 TLSv1.3;`, HAProxy: `ssl-min-ver TLSv1.2`)",
}

finding! {
    /// The server answers TLS 1.1, which is deprecated.
    ///
    /// It rests on MD5 and SHA-1 as TLS 1.0 does, and hardly any client has it as its newest version. In nginx write
    /// `ssl_protocols TLSv1.2 TLSv1.3;`, in Apache `SSLProtocol -all +TLSv1.2 +TLSv1.3`, in HAProxy
    /// `ssl-default-bind-options ssl-min-ver TLSv1.2`; at an ALB choose the policy ELBSecurityPolicy-TLS13-1-2-Res-2021-06, at
    /// CloudFront the minimum TLSv1.2_2021.
    Tls11 { place: String, suite: String }
    id: "tls/tls11", severity: Warning, source: "RFC 8996", explained_by: ["tls/legacy-only"],
    message: "{place} answers TLS 1.1 ({suite})",
    fix: "switch TLS 1.1 off (nginx: `ssl_protocols TLSv1.2 TLSv1.3;`, HAProxy: `ssl-min-ver TLSv1.2`)",
}

finding! {
    /// The server does not speak TLS 1.3.
    ///
    /// A hello that offers it is answered with less. TLS 1.3 saves every visitor a round trip, encrypts the certificate and has
    /// no weak choices; key agreements that withstand quantum computers exist only there. In nginx (1.13 with OpenSSL 1.1.1)
    /// write `ssl_protocols TLSv1.2 TLSv1.3;`, in Apache (2.4.36) `SSLProtocol -all +TLSv1.2 +TLSv1.3`, in HAProxy leave
    /// `ssl-max-ver` out; at an ALB choose a policy with TLS13 in its name. CloudFront speaks it always.
    NoTls13 { place: String, version: String }
    id: "tls/no-tls13", severity: Warning, source: "RFC 9325 §3.1.1", explained_by: ["tls/legacy-only"],
    message: "{place} answers a TLS 1.3 hello with {version}",
    fix: "switch TLS 1.3 on (nginx: `ssl_protocols TLSv1.2 TLSv1.3;`)",
}

/// The versions from the newest down.
pub(super) const VERSIONS: [&str; 6] =
    ["TLSv1.3", "TLSv1.2", "TLSv1.1", "TLSv1.0", "SSLv3", "SSLv2"];

pub(super) fn judge(host: &str, endpoints: &[&Endpoint], findings: &mut Vec<Finding>) {
    if let Some((met, version)) = gather(endpoints, legacy_only) {
        let place = subject(&met);
        findings.push(LegacyOnly { place, version }.about_all(host, labels(&met)));
    }
    let mut answered = |version: &str, tell: fn(String, String) -> Told| {
        if let Some((met, suite)) = gather(endpoints, |endpoint| suite_of(endpoint, version)) {
            findings.push(tell(subject(&met), suite)(host, labels(&met)));
        }
    };
    answered("SSLv2", |place, suite| told(Sslv2 { place, suite }));
    answered("SSLv3", |place, suite| told(Sslv3 { place, suite }));
    answered("TLSv1.0", |place, suite| told(Tls10 { place, suite }));
    answered("TLSv1.1", |place, suite| told(Tls11 { place, suite }));
    if let Some((met, version)) = gather(endpoints, less_than_tls13) {
        let place = subject(&met);
        findings.push(NoTls13 { place, version }.about_all(host, labels(&met)));
    }
}

/// A finding that lacks only its subjects.
type Told = Box<dyn FnOnce(&str, Vec<String>) -> Finding>;

fn told(evidence: impl Evidence + 'static) -> Told {
    Box::new(move |host, subjects| evidence.about_all(host, subjects))
}

/// With which suite a version is answered.
fn suite_of(endpoint: &Endpoint, version: &str) -> Option<String> {
    let probe = super::answers::accepted(endpoint)
        .find(|probe| probe.version.as_deref() == Some(version))
        .and_then(|probe| probe.cipher_suite.clone());
    let seen = || super::answers::choices(endpoint).find(|choice| choice.version == version);
    probe.or_else(|| seen().map(|choice| choice.suite.name()))
}

fn legacy_only(endpoint: &Endpoint) -> Option<String> {
    let refused = ["tls12-rsa", "tls12-ecdsa", "post-quantum"]
        .iter()
        .all(|probe| accepts(endpoint, probe) == Some(false));
    let newest = VERSIONS.iter().find(|version| speaks(endpoint, version))?;
    let old = !["TLSv1.3", "TLSv1.2"].contains(newest);
    let unshaken = endpoint
        .error
        .as_ref()
        .is_some_and(|error| error.stage == Stage::Handshake);
    (unshaken && refused && old).then(|| (*newest).to_owned())
}

/// The alert of a server that has none of the versions offered (RFC 8446 §6.2).
const PROTOCOL_VERSION: u8 = 70;

/// The handshake's hello offers TLS 1.3. That for a post-quantum group offers it alone, and only a refusal of the version
/// tells: the group may be what is refused.
fn less_than_tls13(endpoint: &Endpoint) -> Option<String> {
    let alone = endpoint.probe("post-quantum");
    let version_refused = alone.is_some_and(|probe| {
        let alert = probe.alert.as_ref().map(|alert| alert.code);
        probe.outcome == ProbeOutcome::NotOffered || alert == Some(PROTOCOL_VERSION)
    });
    let answered = endpoint.error.is_none() || version_refused;
    let newest = VERSIONS.iter().find(|version| speaks(endpoint, version))?;
    (answered && *newest != "TLSv1.3").then(|| (*newest).to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{accepted, endpoint, ids, probe, probed, refused, unshaken};
    use super::*;

    const CBC: &str = "TLS_RSA_WITH_AES_128_CBC_SHA";

    fn judged(endpoint: &Endpoint) -> Vec<String> {
        ids(|findings| judge("shop.example", &[endpoint], findings))
    }

    #[test]
    fn every_old_version_that_is_answered_has_its_finding() {
        let versions = [
            ("sslv2", "SSLv2", "tls/sslv2"),
            ("sslv3", "SSLv3", "tls/sslv3"),
            ("tls10", "TLSv1.0", "tls/tls10"),
            ("tls11", "TLSv1.1", "tls/tls11"),
        ];
        for (name, version, id) in versions {
            assert_eq!(judged(&probed([accepted(name, version, CBC)])), [id]);
            assert!(judged(&probed([refused(name)])).is_empty());
            assert!(judged(&probed([probe(name, ProbeOutcome::Uncertain)])).is_empty());
            let downgraded = super::super::testing::probe(name, ProbeOutcome::NotOffered);
            assert!(judged(&probed([downgraded])).is_empty());
        }
        assert!(judged(&endpoint(1)).is_empty());
    }

    #[test]
    fn a_class_of_suites_that_is_answered_in_an_old_version_shows_the_version() {
        assert_eq!(
            judged(&probed([accepted(
                "rc4",
                "TLSv1.0",
                "TLS_RSA_WITH_RC4_128_SHA"
            )])),
            ["tls/tls10"]
        );
    }

    #[test]
    fn only_old_versions_are_an_error_and_uncertain_ones_are_not() {
        let new = ["tls12-rsa", "tls12-ecdsa", "post-quantum"];
        let old = || accepted("tls10", "TLSv1.0", CBC);
        let only = unshaken("TLSv1.0", CBC, new.map(refused).into_iter().chain([old()]));
        assert_eq!(judged(&only), ["tls/legacy-only", "tls/tls10"]);
        let uncertain = new.map(|name| probe(name, ProbeOutcome::Uncertain));
        let unsure = unshaken("TLSv1.0", CBC, uncertain.into_iter().chain([old()]));
        assert_eq!(judged(&unsure), ["tls/tls10"]);
        let also = probed([refused("tls12-rsa"), refused("tls12-ecdsa"), old()]);
        assert_eq!(judged(&also), ["tls/tls10"]);
    }

    #[test]
    fn a_server_without_tls13_is_told_and_one_without_answer_is_not() {
        let mut old = endpoint(1);
        old.version = Some("TLSv1.2".to_owned());
        assert_eq!(judged(&old), ["tls/no-tls13"]);
        let mut unseen = unshaken("TLSv1.2", CBC, []);
        unseen.version = None;
        assert!(judged(&unseen).is_empty());
    }
}
