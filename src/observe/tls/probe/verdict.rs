//! Whether an answer accepts what a hello offered.

use super::super::hello::read::ServerHello;
use super::super::hello::write::ClientHello;
use super::prober::Met;
use super::question::Hello;
use crate::facts::attempt::Failure;
use crate::facts::probe::ProbeOutcome;

/// Reads the answer. What was cut off counts as refused when it was cut off again while no other hello was under way; silence
/// is neither.
pub(in crate::observe::tls) fn outcome(hello: &Hello, met: &Met) -> ProbeOutcome {
    if met.sslv2.is_some() {
        return ProbeOutcome::Accepted;
    }
    match (&met.flight.hello, hello) {
        (Some(answer), Hello::Tls(hello, _)) if is_offered(hello, answer) => ProbeOutcome::Accepted,
        (Some(_), _) => ProbeOutcome::NotOffered,
        (None, _) => refusal(met),
    }
}

fn refusal(met: &Met) -> ProbeOutcome {
    match &met.failure {
        None | Some(Failure::NotTls { .. }) => ProbeOutcome::Refused,
        Some(Failure::Reset | Failure::Closed) if met.tries > 1 => ProbeOutcome::Refused,
        Some(_) => ProbeOutcome::Uncertain,
    }
}

fn is_offered(hello: &ClientHello, answer: &ServerHello) -> bool {
    let group = answer
        .group
        .is_none_or(|group| hello.groups.contains(&group));
    group && hello.versions.contains(&answer.version) && hello.suites.contains(&answer.suite)
}

#[cfg(test)]
mod tests {
    use super::super::super::hello::read::Until;
    use super::super::super::hello::{SSL3, TLS10, TLS11, TLS12, TLS13};
    use super::super::question::Addressee;
    use super::*;
    use crate::facts::attempt::Millis;
    use crate::facts::group::NamedGroup;
    use crate::facts::suite::CipherSuite;

    const AES: CipherSuite = CipherSuite(0x002f);
    const RC4: CipherSuite = CipherSuite(0x0005);

    fn asked(versions: &[u16], suite: CipherSuite) -> Hello {
        let hello = Addressee { server_name: None }.hello(versions, [suite]);
        Hello::Tls(hello, Until::Hello)
    }

    fn answered(version: u16, suite: CipherSuite) -> Met {
        let mut met = Met::default();
        met.flight.hello = Some(ServerHello {
            version,
            suite,
            group: None,
            alpn: None,
            compression: 0,
            extensions: Vec::new(),
            timestamps: None,
        });
        met
    }

    fn failed(failure: Failure, tries: u8) -> Met {
        Met {
            failure: Some(failure),
            tries,
            ..Met::default()
        }
    }

    #[test]
    fn a_lower_version_accepts_a_class_of_suites_and_no_version() {
        let class = asked(&[TLS12, TLS11, TLS10, SSL3], AES);
        assert_eq!(
            outcome(&class, &answered(TLS10, AES)),
            ProbeOutcome::Accepted
        );
        assert_eq!(
            outcome(&class, &answered(TLS13, AES)),
            ProbeOutcome::NotOffered
        );
        let version = asked(&[TLS11], AES);
        assert_eq!(
            outcome(&version, &answered(TLS11, AES)),
            ProbeOutcome::Accepted
        );
        assert_eq!(
            outcome(&version, &answered(TLS10, AES)),
            ProbeOutcome::NotOffered
        );
        let newest = asked(&[TLS13, TLS12], AES);
        assert_eq!(
            outcome(&newest, &answered(SSL3, AES)),
            ProbeOutcome::NotOffered
        );
    }

    #[test]
    fn a_suite_or_group_that_was_not_offered_accepts_nothing() {
        assert_eq!(
            outcome(&asked(&[TLS12], RC4), &answered(TLS12, AES)),
            ProbeOutcome::NotOffered
        );
        let mut met = answered(TLS13, AES);
        met.flight.hello.as_mut().unwrap().group = Some(NamedGroup(0x0013));
        assert_eq!(
            outcome(&asked(&[TLS13], AES), &met),
            ProbeOutcome::NotOffered
        );
    }

    #[test]
    fn a_cut_is_believed_alone_and_silence_never() {
        let hello = asked(&[TLS12], AES);
        let mut alert = Met::default();
        alert.flight.alert = Some(40);
        assert_eq!(outcome(&hello, &alert), ProbeOutcome::Refused);
        assert_eq!(
            outcome(&hello, &failed(Failure::Reset, 1)),
            ProbeOutcome::Uncertain
        );
        assert_eq!(
            outcome(&hello, &failed(Failure::Reset, 2)),
            ProbeOutcome::Refused
        );
        assert_eq!(
            outcome(&hello, &failed(Failure::Closed, 2)),
            ProbeOutcome::Refused
        );
        let silence = Failure::TimedOut {
            after_ms: Millis(1.0),
        };
        assert_eq!(
            outcome(&hello, &failed(silence, 2)),
            ProbeOutcome::Uncertain
        );
    }
}
