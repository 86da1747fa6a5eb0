//! Are suites accepted that protect nothing, or hardly?

use super::answers::{Choice, chosen, gather};
use super::{labels, subject};
use crate::facts::suite::CipherSuite;
use crate::facts::tls::Endpoint;
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// The server accepts suites that encrypt nothing.
    ///
    /// Whoever gets a client to agree to one reads everything along. No client offers them unless told to, so nobody needs them:
    /// some test configuration was left, such as `ALL` or `eNULL` in the list of ciphers. In nginx write
    /// `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`, in Apache `SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20`, in HAProxy
    /// `ssl-default-bind-ciphers ECDHE+AESGCM:ECDHE+CHACHA20`. No policy of an ALB or CloudFront has them.
    NullCipher { place: String, suite: String, version: String }
    id: "tls/null-cipher", severity: Error, source: "RFC 9325 §4.1",
    message: "{place} accepts {suite}, which encrypts nothing ({version})",
    fix: "take NULL suites out of the list of ciphers (nginx: `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`)",
}

finding! {
    /// The server accepts suites without a certificate.
    ///
    /// With such a suite nobody proves to be the server, so whoever stands in the way can be it and read and change everything.
    /// Mail servers accept them for encryption between servers that verify nothing, where they do no harm that was not there
    /// before; a web server must not. In nginx write `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`, in Apache
    /// `SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20`, in HAProxy `ssl-default-bind-ciphers` with the same list, in Postfix
    /// `smtpd_tls_exclude_ciphers = aNULL`. No policy of an ALB or CloudFront has them.
    Anonymous { place: String, suite: String, version: String }
    id: "tls/anonymous", severity: Error, source: "RFC 9325 §4.1",
    message: "{place} accepts {suite}, in which nobody proves to be the server ({version})",
    fix: "take anonymous suites out of the list of ciphers: add `!aNULL` to it, or name only the good ones",
}

finding! {
    /// The server accepts keys that were made short on purpose, for the export rules of the 1990s.
    ///
    /// They are guessed in minutes, and an attacker on the way can press a client down to them (FREAK, Logjam). In nginx write
    /// `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`, in Apache `SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20`, in HAProxy
    /// `ssl-default-bind-ciphers` with the same list. The TLS library is older than 2016: update it. No policy of an ALB or
    /// CloudFront has them.
    ExportCipher { place: String, suite: String, version: String }
    id: "tls/export-cipher", severity: Error, source: "RFC 9325 §4.1",
    message: "{place} accepts {suite}, whose keys can be guessed ({version})",
    fix: "take export suites out of the list of ciphers (add `!EXPORT`), and update the TLS library",
}

finding! {
    /// The server accepts RC4, which leaks what it encrypts.
    ///
    /// Enough recordings of the same secret, such as a cookie, give it away; it is forbidden in every version. In nginx write
    /// `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`, in Apache `SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20`, in HAProxy
    /// `ssl-default-bind-ciphers` with the same list; at a classic load balancer of AWS choose a policy of 2016 or later, at
    /// CloudFront a minimum of TLSv1.2_2021.
    Rc4 { place: String, suite: String, version: String }
    id: "tls/rc4", severity: Error, source: "RFC 7465",
    message: "{place} accepts {suite}, which leaks what it encrypts ({version})",
    fix: "take RC4 out of the list of ciphers: add `!RC4` to it, or name only the good ones",
}

finding! {
    /// The server accepts ciphers with blocks of 64 bits, such as 3DES.
    ///
    /// After some gigabytes under one key blocks repeat, which gives secrets away (Sweet32). No browser needs them. In nginx
    /// write `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`, in Apache `SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20`, in HAProxy
    /// `ssl-default-bind-ciphers` with the same list; at a classic load balancer of AWS choose
    /// ELBSecurityPolicy-TLS-1-2-2017-01, at CloudFront a minimum of TLSv1.2_2021.
    TripleDes { place: String, suite: String, version: String }
    id: "tls/3des", severity: Warning, source: "RFC 9325 §4.1",
    message: "{place} accepts {suite}, whose blocks of 64 bits repeat ({version})",
    fix: "take 3DES and its like out of the list of ciphers: add `!3DES` to it, or name only the good ones",
}

pub(super) fn judge(host: &str, endpoints: &[&Endpoint], findings: &mut Vec<Finding>) {
    let mut class = |test: fn(CipherSuite) -> bool, tell: fn(Weak, Vec<String>) -> Finding| {
        if let Some((met, Choice { version, suite })) =
            gather(endpoints, |endpoint| chosen(endpoint, test))
        {
            let weak = Weak {
                host,
                place: subject(&met),
                suite: suite.name(),
                version,
            };
            findings.push(tell(weak, labels(&met)));
        }
    };
    class(CipherSuite::is_null, |weak, subjects| {
        let Weak {
            host,
            place,
            suite,
            version,
        } = weak;
        NullCipher {
            place,
            suite,
            version,
        }
        .about_all(host, subjects)
    });
    class(CipherSuite::is_anonymous, |weak, subjects| {
        let Weak {
            host,
            place,
            suite,
            version,
        } = weak;
        Anonymous {
            place,
            suite,
            version,
        }
        .about_all(host, subjects)
    });
    class(CipherSuite::is_export, |weak, subjects| {
        let Weak {
            host,
            place,
            suite,
            version,
        } = weak;
        ExportCipher {
            place,
            suite,
            version,
        }
        .about_all(host, subjects)
    });
    class(CipherSuite::is_rc4, |weak, subjects| {
        let Weak {
            host,
            place,
            suite,
            version,
        } = weak;
        Rc4 {
            place,
            suite,
            version,
        }
        .about_all(host, subjects)
    });
    class(CipherSuite::has_small_blocks, |weak, subjects| {
        let Weak {
            host,
            place,
            suite,
            version,
        } = weak;
        TripleDes {
            place,
            suite,
            version,
        }
        .about_all(host, subjects)
    });
}

/// A weak suite, and where it was accepted.
struct Weak<'a> {
    host: &'a str,
    place: String,
    suite: String,
    version: String,
}

#[cfg(test)]
mod tests {
    use super::super::testing::{accepted, endpoint, ids, probe, probed, refused};
    use super::*;
    use crate::facts::probe::{Offered, OfferedVersion, ProbeOutcome};

    fn judged(endpoint: &Endpoint) -> Vec<String> {
        ids(|findings| judge("shop.example", &[endpoint], findings))
    }

    const CLASSES: [(&str, &str, &str); 5] = [
        ("null", "TLS_RSA_WITH_NULL_SHA", "tls/null-cipher"),
        (
            "anonymous",
            "TLS_DH_anon_WITH_AES_128_CBC_SHA",
            "tls/anonymous",
        ),
        (
            "export",
            "TLS_RSA_EXPORT_WITH_DES40_CBC_SHA",
            "tls/export-cipher",
        ),
        ("rc4", "TLS_RSA_WITH_RC4_128_SHA", "tls/rc4"),
        ("small-blocks", "TLS_RSA_WITH_3DES_EDE_CBC_SHA", "tls/3des"),
    ];

    #[test]
    fn each_class_that_is_accepted_has_its_finding_in_whatever_version() {
        for (name, suite, id) in CLASSES {
            for version in ["TLSv1.2", "TLSv1.0", "SSLv3"] {
                let found = judged(&probed([accepted(name, version, suite)]));
                assert!(found.contains(&id.to_owned()), "{name}: {found:?}");
            }
        }
    }

    #[test]
    fn a_class_that_is_refused_or_uncertain_or_not_asked_for_has_none() {
        for (name, ..) in CLASSES {
            assert!(judged(&probed([refused(name)])).is_empty());
            assert!(judged(&probed([probe(name, ProbeOutcome::Uncertain)])).is_empty());
        }
        assert!(judged(&endpoint(1)).is_empty());
    }

    #[test]
    fn what_only_the_listing_found_counts_as_well() {
        let mut listed = endpoint(1);
        listed.offered = Some(Offered {
            versions: vec![OfferedVersion {
                version: "TLSv1.0".to_owned(),
                cipher_suites: vec!["TLS_RSA_WITH_RC4_128_MD5".to_owned()],
                server_order: None,
            }],
            ..Offered::default()
        });
        assert_eq!(judged(&listed), ["tls/rc4"]);
    }
}
