//! Does what was seen hold against a policy of one's own?

use super::answers::{gather, speaks};
use super::versions::VERSIONS;
use super::{labels, subject};
use crate::facts::tls::Endpoint;
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// Something falls short of the policy that was given on the command line or in doorstep.toml.
    ///
    /// With `--min-version` no older version may be answered, whatever the standards allow. The message says what was seen and
    /// what was asked for. Change the server (nginx: `ssl_protocols`, Apache: `SSLProtocol`, HAProxy: `ssl-min-ver`, an ALB's or
    /// CloudFront's security policy), or the policy.
    BelowPolicy { place: String, seen: String, wanted: String }
    id: "tls/below-policy", severity: Error, source: "practice: the policy is the user's own",
    message: "{place} answers {seen}, and the policy asks for {wanted} at least",
    fix: "switch off what is older than {wanted} (nginx: `ssl_protocols`, HAProxy: `ssl-min-ver`), or change --min-version",
}

pub(super) fn judge(
    host: &str,
    endpoints: &[&Endpoint],
    wanted: &str,
    findings: &mut Vec<Finding>,
) {
    let too_old = VERSIONS
        .iter()
        .skip_while(|version| **version != wanted)
        .skip(1);
    let too_old: Vec<&str> = too_old.copied().collect();
    let oldest = |endpoint: &Endpoint| {
        too_old
            .iter()
            .rfind(|version| speaks(endpoint, version))
            .copied()
    };
    if let Some((met, seen)) = gather(endpoints, oldest) {
        let evidence = BelowPolicy {
            place: subject(&met),
            seen: seen.to_owned(),
            wanted: wanted.to_owned(),
        };
        findings.push(evidence.about_all(host, labels(&met)));
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{accepted, endpoint, ids, probed, refused};
    use super::*;

    fn judged(endpoint: &Endpoint, wanted: &str) -> Vec<String> {
        ids(|findings| judge("shop.example", &[endpoint], wanted, findings))
    }

    #[test]
    fn an_older_version_than_wanted_is_told_and_the_wanted_one_is_not() {
        let both = probed([accepted(
            "tls12-rsa",
            "TLSv1.2",
            "TLS_RSA_WITH_AES_128_GCM_SHA256",
        )]);
        assert_eq!(judged(&both, "TLSv1.3"), ["tls/below-policy"]);
        assert!(judged(&both, "TLSv1.2").is_empty());
        assert!(judged(&probed([refused("tls12-rsa")]), "TLSv1.3").is_empty());
        assert!(judged(&endpoint(1), "TLSv1.3").is_empty());
    }
}
