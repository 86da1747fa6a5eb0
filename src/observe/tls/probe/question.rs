//! The hellos that are sent by default: one for each version, one for each forbidden class, and the tolerances.

use super::super::hello::read::Until;
use super::super::hello::write::ClientHello;
use super::super::hello::{SSL3, TLS10, TLS11, TLS12, TLS13};
use crate::facts::group::{NamedGroup, SignatureScheme};
use crate::facts::suite::{Authentication, CipherSuite, KeyExchange};

/// A hello with a name.
#[derive(Clone, Debug)]
pub(in crate::observe::tls) struct Question {
    pub(in crate::observe::tls) name: &'static str,
    pub(in crate::observe::tls) hello: Hello,
}

/// What is sent, and how much of the answer is read.
#[derive(Clone, Debug)]
pub(in crate::observe::tls) enum Hello {
    Tls(ClientHello, Until),
    Sslv2,
}

/// Suites in one hello. Old servers fail on more than 64, the one that stands for secure renegotiation (RFC 5746 §3.3) counted,
/// and so many keep a hello within 512 bytes.
pub(in crate::observe::tls) const SUITES_PER_HELLO: usize = 63;
/// Whatever version a class of suites is accepted in counts.
const UP_TO_TLS12: [u16; 4] = [TLS12, TLS11, TLS10, SSL3];
/// More than one segment of any usual network, and less than two.
const LARGE: usize = 2_000;

/// Whom the hellos are for.
#[derive(Clone, Copy, Debug)]
pub(in crate::observe::tls) struct Addressee<'a> {
    /// The name sent, unless it is an address.
    pub(in crate::observe::tls) server_name: Option<&'a str>,
}

impl Addressee<'_> {
    /// A hello of these versions with these suites, and all else as modern clients offer it.
    pub(in crate::observe::tls) fn hello(
        self,
        versions: &[u16],
        suites: impl IntoIterator<Item = CipherSuite>,
    ) -> ClientHello {
        let tls13 = versions.contains(&TLS13);
        ClientHello {
            versions: versions.to_vec(),
            suites: suites.into_iter().take(SUITES_PER_HELLO).collect(),
            groups: groups().collect(),
            schemes: SignatureScheme::all()
                .filter(|scheme| !tls13 || is_of_tls13(*scheme))
                .collect(),
            server_name: self.server_name.map(str::to_owned),
            alpn: Vec::new(),
            compression: false,
            grease: false,
            length: 0,
        }
    }

    /// The questions of every check, in the order of the report, but for the one without a name.
    pub(in crate::observe::tls) fn questions(self) -> Vec<Question> {
        let mut questions = vec![Question {
            name: "sslv2",
            hello: Hello::Sslv2,
        }];
        questions.extend(self.versions());
        questions.extend(self.classes());
        questions.extend(self.tolerances());
        questions
    }

    fn versions(self) -> Vec<Question> {
        let legacy = |suite: CipherSuite| suite.is_legacy() && is_used(suite);
        let old = |version| self.compressed(&[version], preferred(legacy));
        vec![
            whole("sslv3", old(SSL3)),
            whole("tls10", old(TLS10)),
            whole("tls11", old(TLS11)),
            whole("tls12-rsa", self.compressed(&[TLS12], preferred(is_rsa))),
            whole(
                "tls12-ecdsa",
                self.compressed(&[TLS12], preferred(is_ecdsa)),
            ),
        ]
    }

    /// Whatever version the server answers with counts, so the maximum is offered.
    fn classes(self) -> Vec<Question> {
        let class = |test: fn(CipherSuite) -> bool| self.hello(&UP_TO_TLS12, preferred(test));
        vec![
            first("null", class(CipherSuite::is_null)),
            first("anonymous", class(CipherSuite::is_anonymous)),
            first("export", class(CipherSuite::is_export)),
            first("rc4", class(CipherSuite::is_rc4)),
            first("small-blocks", class(CipherSuite::has_small_blocks)),
            first("static-rsa", class(CipherSuite::is_static_rsa)),
            whole("dhe", class(is_dhe)),
        ]
    }

    fn tolerances(self) -> Vec<Question> {
        let hybrid = ClientHello {
            groups: vec![NamedGroup::X25519MLKEM768],
            ..self.hello(&[TLS13], preferred(CipherSuite::is_tls13))
        };
        let greased = ClientHello {
            grease: true,
            ..self.large()
        };
        vec![first("post-quantum", hybrid), first("grease", greased)]
    }

    /// Whether another site answers whoever says no name. An address is never said.
    pub(in crate::observe::tls) fn nameless_question(self) -> Option<Question> {
        self.server_name?;
        // No hello holds them all, and none that servers prefer may be missing.
        let common = |suite: CipherSuite| suite.is_aead() || suite.cipher().starts_with("AES_");
        let suites = preferred(|suite| (is_rsa(suite) || is_ecdsa(suite)) && common(suite));
        let nameless = Addressee { server_name: None };
        Some(whole("no-sni", nameless.hello(&UP_TO_TLS12, suites)))
    }

    /// Asked when a hello with GREASE, which is a large one, was refused: is it the size? A small one that was accepted is made
    /// large, so that nothing else can be to blame.
    pub(in crate::observe::tls) fn large_question(self, small: Option<&ClientHello>) -> Question {
        let large = small.map(|small| ClientHello {
            length: LARGE,
            ..small.clone()
        });
        first("large", large.unwrap_or_else(|| self.large()))
    }

    /// Asked when the server prefers suites without AEAD: has it none?
    pub(in crate::observe::tls) fn aead_question(self) -> Question {
        first(
            "tls12-aead",
            self.hello(
                &[TLS12],
                preferred(|suite| is_offered(suite) && suite.is_aead()),
            ),
        )
    }

    fn large(self) -> ClientHello {
        // Those of TLS 1.3 all of them, so that the pick is the first of that version's list.
        let older = preferred(|suite| is_rsa(suite) || is_ecdsa(suite));
        let modern = preferred(CipherSuite::is_tls13).chain(older);
        // One of GREASE goes along.
        let modern = modern.take(SUITES_PER_HELLO - 1);
        ClientHello {
            length: LARGE,
            ..self.hello(&[TLS13, TLS12], modern)
        }
    }

    fn compressed(
        self,
        versions: &[u16],
        suites: impl Iterator<Item = CipherSuite>,
    ) -> ClientHello {
        ClientHello {
            compression: true,
            ..self.hello(versions, suites)
        }
    }
}

fn whole(name: &'static str, hello: ClientHello) -> Question {
    let hello = Hello::Tls(hello, Until::Flight);
    Question { name, hello }
}

fn first(name: &'static str, hello: ClientHello) -> Question {
    let hello = Hello::Tls(hello, Until::Hello);
    Question { name, hello }
}

/// The groups of every hello: those of the certificates' curves too, without which a server may not use them.
pub(in crate::observe::tls) fn groups() -> impl Iterator<Item = NamedGroup> {
    NamedGroup::all().filter(|group| {
        (0x0017..=0x001e).contains(&group.0) || (0x0100..=0x0104).contains(&group.0)
    })
}

/// TLS 1.3 forbids PKCS #1, SHA-1 and DSA in its signatures (RFC 8446 §4.2.3), but certificates may still have them.
fn is_of_tls13(scheme: SignatureScheme) -> bool {
    !matches!(
        scheme.0,
        0x0301..=0x0303 | 0x0202 | 0x0402 | 0x0502 | 0x0602
    )
}

/// Neither forbidden nor of TLS 1.3, and with a certificate.
fn is_offered(suite: CipherSuite) -> bool {
    let weak = suite.is_null() || suite.is_export() || suite.is_rc4() || suite.has_small_blocks();
    let authentication = [
        Authentication::Rsa,
        Authentication::Ecdsa,
        Authentication::Dss,
    ];
    !weak && authentication.contains(&suite.authentication())
}

/// Whether an RSA key of the usual kind signs with it in TLS 1.2.
pub(in crate::observe::tls) fn is_of_rsa(scheme: SignatureScheme) -> bool {
    scheme.0 & 0xff == 1 || matches!(scheme.0, 0x0804..=0x0806)
}

/// Whether an ECDSA key signs with it in TLS 1.2.
pub(in crate::observe::tls) fn is_of_ecdsa(scheme: SignatureScheme) -> bool {
    scheme.0 & 0xff == 3
}

fn is_rsa(suite: CipherSuite) -> bool {
    is_offered(suite) && suite.authentication() == Authentication::Rsa && is_used(suite)
}

fn is_ecdsa(suite: CipherSuite) -> bool {
    is_offered(suite) && suite.authentication() == Authentication::Ecdsa && is_used(suite)
}

/// Key agreements of servers that were met in this century.
fn is_used(suite: CipherSuite) -> bool {
    matches!(
        suite.key_exchange(),
        KeyExchange::Ecdhe | KeyExchange::Dhe | KeyExchange::Rsa
    )
}

fn is_dhe(suite: CipherSuite) -> bool {
    let certified = [Authentication::Rsa, Authentication::Dss];
    suite.key_exchange() == KeyExchange::Dhe && certified.contains(&suite.authentication())
}

/// The suites that pass a test, without those that need a secret shared before, in the order in which they are offered.
pub(in crate::observe::tls) fn preferred(
    test: impl Fn(CipherSuite) -> bool,
) -> impl Iterator<Item = CipherSuite> {
    let mut suites: Vec<CipherSuite> = CipherSuite::all()
        .filter(|suite| suite.authentication() != Authentication::Other && test(*suite))
        .collect();
    suites.sort_by_cached_key(|suite| rank(*suite));
    suites.into_iter()
}

/// The order of all offers: the stronger first, and of equals the one that most servers have. It is one order, so that what a
/// server picks from one hello can be compared with what it picks from another.
pub(in crate::observe::tls) fn rank(suite: CipherSuite) -> impl Ord {
    let weak = suite.is_null() || suite.is_anonymous() || suite.is_export();
    let dated = suite.is_rc4() || suite.has_small_blocks();
    let common = [
        "AES_128_GCM",
        "AES_256_GCM",
        "CHACHA20_POLY1305",
        "AES_128_CBC",
        "AES_256_CBC",
    ];
    let cipher = common.iter().position(|cipher| *cipher == suite.cipher());
    let exchange = match suite.key_exchange() {
        KeyExchange::Tls13 => 0,
        KeyExchange::Ecdhe => 1,
        KeyExchange::Dhe => 2,
        KeyExchange::Rsa => 3,
        _ => 4,
    };
    (
        weak,
        dated,
        !suite.has_forward_secrecy(),
        !suite.is_aead(),
        exchange,
        cipher.unwrap_or(common.len()),
        suite.is_legacy(),
        suite.authentication() != Authentication::Ecdsa,
        suite,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOP: Addressee<'_> = Addressee {
        server_name: Some("shop.example"),
    };

    fn suites(name: &str) -> Vec<CipherSuite> {
        let all = SHOP.questions().into_iter();
        let question = all
            .chain(SHOP.nameless_question())
            .find(|question| question.name == name);
        match question.unwrap().hello {
            Hello::Tls(hello, _) => hello.suites,
            Hello::Sslv2 => panic!("{name}"),
        }
    }

    #[test]
    fn a_check_asks_16_questions_and_15_of_an_address() {
        let address = Addressee { server_name: None };
        assert_eq!(SHOP.questions().len(), 15);
        assert_eq!(address.questions().len(), 15);
        assert!(SHOP.nameless_question().is_some() && address.nameless_question().is_none());
    }

    #[test]
    fn each_class_is_offered_alone() {
        type Test = fn(CipherSuite) -> bool;
        let classes: [(&str, Test); 6] = [
            ("null", CipherSuite::is_null),
            ("anonymous", CipherSuite::is_anonymous),
            ("export", CipherSuite::is_export),
            ("rc4", CipherSuite::is_rc4),
            ("small-blocks", CipherSuite::has_small_blocks),
            ("static-rsa", CipherSuite::is_static_rsa),
        ];
        for (name, test) in classes {
            let offered = suites(name);
            assert!(
                !offered.is_empty() && offered.iter().all(|suite| test(*suite)),
                "{name}"
            );
        }
    }

    #[test]
    fn nothing_that_servers_use_falls_off_the_end_of_a_hello() {
        let all = |test: fn(CipherSuite) -> bool| preferred(test).count();
        let counts = [
            is_rsa,
            is_ecdsa,
            CipherSuite::is_null,
            CipherSuite::is_static_rsa,
        ]
        .map(all);
        assert!(
            counts.iter().all(|count| *count <= SUITES_PER_HELLO),
            "{counts:?}"
        );
        let nameless = suites("no-sni");
        assert!(nameless.len() < SUITES_PER_HELLO, "{}", nameless.len());
        assert!(nameless.contains(&CipherSuite::named("TLS_RSA_WITH_AES_128_CBC_SHA").unwrap()));
        // One of GREASE and that of secure renegotiation go along.
        assert_eq!(suites("grease").len() + 2, 64);
        let old = suites("tls10");
        for name in [
            "TLS_RSA_WITH_RC4_128_MD5",
            "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
            "TLS_RSA_EXPORT_WITH_RC4_40_MD5",
            "TLS_DH_anon_WITH_AES_128_CBC_SHA",
        ] {
            assert!(old.contains(&CipherSuite::named(name).unwrap()), "{name}");
        }
    }

    #[test]
    fn what_is_strong_and_common_is_offered_first() {
        let first: Vec<String> = suites("tls12-rsa")
            .iter()
            .take(3)
            .map(|suite| suite.name())
            .collect();
        assert_eq!(
            first,
            [
                "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
                "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
                "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"
            ]
        );
    }
}
