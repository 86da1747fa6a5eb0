//! Does the server bear what clients may send: large hellos, unknown values, no name? And what could not be told?

use super::answers::{accepts, gather};
use super::{labels, subject};
use crate::facts::certificate::Certificate;
use crate::facts::probe::{Probe, ProbeOutcome};
use crate::facts::tls::Endpoint;
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// The server, or something before it, fails on a hello that is larger than one packet.
    ///
    /// Browsers send such hellos since they offer post-quantum keys, so visitors with a new browser cannot connect while older
    /// ones can. The hello arrives in two parts, and something reads only the first: a firewall, an intrusion filter or a load
    /// balancer that looks for the name in the first packet. Update that device, or let it pass what it does not understand.
    /// nginx (also with `ssl_preread`), Apache, HAProxy, an ALB and CloudFront are not affected in versions of today.
    LargeHelloIntolerant { place: String, how: String }
    id: "tls/large-hello-intolerant", severity: Warning, source: "RFC 8446 §5.1",
    message: "{place} fails on a hello larger than one packet ({how}), and answers smaller ones",
    fix: "update the firewall, filter or load balancer in front: it must wait for the second packet of a hello",
}

finding! {
    /// The server fails on values that it does not know.
    ///
    /// A server must pass over suites, groups and extensions that are new to it. Browsers send reserved ones on purpose, so that
    /// servers which do not are noticed: their visitors cannot connect. Something old or home-made reads the hello; update the
    /// TLS library, or the appliance in front. nginx, Apache, HAProxy, an ALB and CloudFront do it right.
    GreaseIntolerant { place: String, how: String }
    id: "tls/grease-intolerant", severity: Warning, source: "RFC 8701",
    message: "{place} fails on a hello with unknown values ({how}), and answers one without",
    fix: "update the TLS library or the appliance in front: unknown values must be passed over",
}

finding! {
    /// Without the name in the hello the server shows another certificate, or none.
    ///
    /// That is how one address serves many sites, and every browser sends the name. Some programs, monitors and old devices do
    /// not: they end at another site or at an error. If they matter, make this site the default: in nginx
    /// `listen 443 ssl default_server;`, in Apache the first `VirtualHost`, in HAProxy the first `crt`, at an ALB the default
    /// certificate of the listener, at CloudFront a dedicated address.
    SniRequired { place: String, how: String }
    id: "tls/sni-required", severity: Notice, source: "RFC 6066 §3",
    message: "{place} needs the name in the hello: without it, it {how}",
    fix: "nothing, if all clients send the name; else make this site the default (nginx: `listen 443 ssl default_server;`)",
}

finding! {
    /// Some questions to the server met silence or resets, and so have no answer.
    ///
    /// Often a rate limit or an intrusion filter cuts connections off that come quickly. What was asked then is neither "supported"
    /// nor "not supported": no finding follows from it. Run the check again later, or from an address that the filter lets
    /// through (in fail2ban `ignoreip`, in nginx a `geo` exception for `limit_conn`, at AWS WAF an IP set), or ask less with
    /// `--handshake-only`.
    Uncertain { place: String, questions: Vec<String>, listed: String, how: String }
    id: "tls/uncertain", severity: Notice, source: "practice: a cut connection says nothing about what is supported",
    explained_by: ["tls/unreachable", "tls/address-fails", "tls/handshake-refused", "tls/plaintext", "tls/starttls-missing"],
    message: "what {place} says to these questions could not be told: {listed} ({how})",
    fix: "check again later, or from an address that no rate limit applies to",
}

pub(super) fn judge(host: &str, endpoints: &[&Endpoint], findings: &mut Vec<Finding>) {
    if let Some((met, how)) = gather(endpoints, fails_large) {
        let place = subject(&met);
        findings.push(LargeHelloIntolerant { place, how }.about_all(host, labels(&met)));
    }
    if let Some((met, how)) = gather(endpoints, fails_greased) {
        let place = subject(&met);
        findings.push(GreaseIntolerant { place, how }.about_all(host, labels(&met)));
    }
    if let Some((met, how)) = gather(endpoints, needs_name) {
        let place = subject(&met);
        findings.push(SniRequired { place, how }.about_all(host, labels(&met)));
    }
    if let Some((met, (questions, how))) = gather(endpoints, uncertain) {
        let (place, listed) = (subject(&met), questions.join(", "));
        let evidence = Uncertain {
            place,
            questions,
            listed,
            how,
        };
        findings.push(evidence.about_all(host, labels(&met)));
    }
}

/// Whether a hello offered a version that some old servers fail on, whatever else it says.
fn offers_newest(probe: &Probe) -> bool {
    let mut versions = probe.offered.versions.iter();
    versions.any(|version| version == "TLSv1.3")
}

/// It must be the size: a small hello that offers no other version is answered.
fn fails_large(endpoint: &Endpoint) -> Option<String> {
    let large = endpoint
        .probe("large")
        .filter(|probe| probe.outcome == ProbeOutcome::Refused)?;
    let small: &[_] = match offers_newest(large) {
        true => &["post-quantum"],
        false => &["tls12-rsa", "tls12-ecdsa"],
    };
    let mut small = small.iter();
    let answers_small = small.any(|probe| accepts(endpoint, probe) == Some(true));
    answers_small.then(|| how(large))
}

/// It must be the unknown values: as large a hello without is answered, and one that offers as new a version.
fn fails_greased(endpoint: &Endpoint) -> Option<String> {
    let greased = endpoint
        .probe("grease")
        .filter(|probe| probe.outcome == ProbeOutcome::Refused)?;
    let large = endpoint
        .probe("large")
        .filter(|probe| probe.is_accepted())?;
    let bears_newest = offers_newest(large) || endpoint.error.is_none();
    bears_newest.then(|| how(greased))
}

fn how(probe: &Probe) -> String {
    match (&probe.alert, &probe.failure) {
        (Some(alert), _) => format!("alert {}, {}", alert.code, alert.name),
        (None, Some(failure)) => failure.in_words(),
        (None, None) => "no answer".to_owned(),
    }
}

/// The nameless hello offers TLS 1.2, whose certificate is in clear: a server without it cannot be judged.
fn needs_name(endpoint: &Endpoint) -> Option<String> {
    let named = ["tls12-rsa", "tls12-ecdsa"].map(|probe| endpoint.probe(probe));
    let mut named = named
        .into_iter()
        .flatten()
        .filter(|probe| probe.is_accepted())
        .peekable();
    let nameless = endpoint.probe("no-sni")?;
    // What was chosen with a name must have been on offer without.
    let chosen = named.peek()?.cipher_suite.as_ref()?;
    if !nameless.offered.cipher_suites.contains(chosen) {
        return None;
    }
    match nameless.outcome {
        ProbeOutcome::Refused => Some(format!("refuses the handshake ({})", how(nameless))),
        ProbeOutcome::Accepted => {
            let other = nameless.chain.first()?;
            let own = endpoint
                .leaf()
                .into_iter()
                .chain(named.filter_map(|probe| probe.chain.first()));
            let same = own.into_iter().any(|own| names(own) == names(other));
            (!same).then(|| "shows the certificate of another site".to_owned())
        }
        _ => None,
    }
}

fn names(certificate: &Certificate) -> Vec<&String> {
    let mut names: Vec<&String> = certificate.san.iter().collect();
    names.sort();
    names
}

fn uncertain(endpoint: &Endpoint) -> Option<(Vec<String>, String)> {
    // Out of time is no fault of the server, and is said elsewhere.
    let local = |probe: &Probe| {
        probe
            .failure
            .as_ref()
            .is_some_and(|failure| failure.is_local())
    };
    let unsure = endpoint
        .probes
        .iter()
        .flatten()
        .filter(|probe| probe.outcome == ProbeOutcome::Uncertain && !local(probe));
    let unsure: Vec<&Probe> = unsure.collect();
    let mut questions: Vec<String> = unsure.iter().map(|probe| probe.name.clone()).collect();
    if endpoint
        .offered
        .as_ref()
        .is_some_and(|offered| !offered.complete)
    {
        questions.push("the list of all suites and groups".to_owned());
    }
    let how = unsure
        .first()
        .map_or_else(|| "connections were cut off".to_owned(), |probe| how(probe));
    (!questions.is_empty()).then_some((questions, how))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{accepted, certificate, endpoint, ids, probe, probed, refused};
    use super::*;
    use crate::facts::attempt::Failure;
    use crate::facts::tls::{EndpointError, Stage};

    const GCM: &str = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";

    fn judged(endpoint: &Endpoint) -> Vec<String> {
        ids(|findings| judge("shop.example", &[endpoint], findings))
    }

    /// A hello without a name that offers the same suite.
    fn offering(mut probe: Probe) -> Probe {
        probe.offered.cipher_suites = vec![GCM.to_owned()];
        probe
    }

    fn small() -> Probe {
        accepted("tls12-rsa", "TLSv1.2", GCM)
    }

    #[test]
    fn a_large_hello_is_to_blame_when_it_fails_without_grease_too() {
        assert_eq!(
            judged(&probed([small(), refused("grease"), refused("large")])),
            ["tls/large-hello-intolerant"]
        );
        assert_eq!(
            judged(&probed([
                small(),
                refused("grease"),
                accepted("large", "TLSv1.2", GCM)
            ])),
            ["tls/grease-intolerant"]
        );
        assert!(judged(&probed([small(), accepted("grease", "TLSv1.2", GCM)])).is_empty());
        assert!(
            judged(&probed([
                refused("tls12-rsa"),
                refused("grease"),
                refused("large")
            ]))
            .is_empty()
        );
        assert!(judged(&endpoint(1)).is_empty());
    }

    #[test]
    fn a_server_that_fails_on_a_new_version_fails_on_nothing_else() {
        let offering = |version: &str, mut probe: Probe| {
            probe.offered.versions = vec![version.to_owned()];
            probe
        };
        let large = |version| offering(version, refused("large"));
        let newest = |pq| probed([small(), pq, refused("grease"), large("TLSv1.3")]);
        assert!(judged(&newest(refused("post-quantum"))).is_empty());
        let borne = accepted("post-quantum", "TLSv1.3", GCM);
        assert_eq!(judged(&newest(borne)), ["tls/large-hello-intolerant"]);
        let older = probed([small(), refused("grease"), large("TLSv1.2")]);
        assert_eq!(judged(&older), ["tls/large-hello-intolerant"]);
        let answered = offering("TLSv1.2", accepted("large", "TLSv1.2", GCM));
        let mut greased = probed([small(), refused("grease"), answered]);
        assert_eq!(judged(&greased), ["tls/grease-intolerant"]);
        // The handshake offers the newest version as well.
        let (stage, failure) = (Stage::Handshake, Failure::Closed);
        greased.error = Some(EndpointError { stage, failure });
        assert!(judged(&greased).is_empty());
    }

    #[test]
    fn another_certificate_or_an_alert_without_name_is_told() {
        let nameless = |san: &str| {
            let mut other = certificate("CN=other", -1, 80);
            other.san = vec![san.to_owned()];
            probed([
                small(),
                Probe {
                    chain: vec![other],
                    ..offering(accepted("no-sni", "TLSv1.2", GCM))
                },
            ])
        };
        assert_eq!(judged(&nameless("other.example")), ["tls/sni-required"]);
        assert!(judged(&nameless("shop.example")).is_empty());
        assert_eq!(
            judged(&probed([small(), offering(refused("no-sni"))])),
            ["tls/sni-required"]
        );
        assert!(
            judged(&probed([
                small(),
                offering(accepted("no-sni", "TLSv1.2", GCM))
            ]))
            .is_empty()
        );
        assert!(judged(&probed([small(), refused("no-sni")])).is_empty());
        assert!(judged(&probed([refused("tls12-rsa"), refused("no-sni")])).is_empty());
        assert!(judged(&probed([small()])).is_empty());
    }

    #[test]
    fn what_met_silence_is_uncertain_and_what_time_ran_out_for_is_not() {
        let unsure = |failure| Probe {
            failure: Some(failure),
            ..probe("rc4", ProbeOutcome::Uncertain)
        };
        assert_eq!(judged(&probed([unsure(Failure::Reset)])), ["tls/uncertain"]);
        assert!(judged(&probed([unsure(Failure::OutOfTime)])).is_empty());
        assert!(judged(&probed([refused("rc4")])).is_empty());
    }
}
