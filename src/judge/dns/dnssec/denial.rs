//! Does the zone prove what it does not have, and at a bearable cost?

use super::{Break, own_zones};
use crate::facts::dns::Dns;
use crate::facts::dnssec::{Flaw, Security};
use crate::facts::name::DnsName;
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// The zone does not prove that there is nothing.
    ///
    /// A signed zone proves a negative answer, or one from a wildcard, with NSEC or NSEC3 records. They are missing or do not
    /// fit, so resolvers that validate treat the answer as forged. For visitors that matters where one type of address exists and
    /// the other does not, or where the name comes from a wildcard. Sign the zone again as a whole; old secondaries that do not
    /// know NSEC3 have to be updated.
    DenialInvalid { zone: DnsName, over: String, servers: Vec<String>, place: String }
    id: "dns/denial-invalid", severity: Error, source: "RFC 4035 §5.4, RFC 5155 §8",
    message: "`{zone}` does not prove its answer to {over}{place}",
    fix: "sign `{zone}` again as a whole, and see that every server has the same version of it",
}

finding! {
    /// The zone hashes names more often than is of use.
    ///
    /// NSEC3 hides names by hashing them, and additional rounds only cost resolvers time: the standard says to use none. Set the
    /// iterations to 0 and the salt to nothing (BIND: `nsec3param iterations 0 optout no salt-length 0;`, Knot:
    /// `nsec3-iterations: 0`, PowerDNS: `pdnsutil set-nsec3 ZONE '1 0 0 -'`).
    Nsec3Iterations { zone: DnsName, iterations: u16 }
    id: "dns/nsec3-iterations", severity: Notice, source: "RFC 9276 §3.1",
    message: "`{zone}` hashes names with {iterations} additional iterations, and none is advised",
    fix: "set the NSEC3 iterations of `{zone}` to 0",
}

finding! {
    /// The zone hashes names so often that validators treat it as unsigned.
    ///
    /// To keep zones from wearing them out, resolvers stop validating above a number of NSEC3 iterations (50 to 150, by product): the
    /// zone is then as if it were not signed, or fails. Set the iterations to 0 (BIND: `nsec3param iterations 0`, Knot:
    /// `nsec3-iterations: 0`, PowerDNS: `pdnsutil set-nsec3 ZONE '1 0 0 -'`).
    Nsec3IterationsHigh { zone: DnsName, iterations: u16 }
    id: "dns/nsec3-iterations-high", severity: Warning, source: "RFC 9276 §3.2",
    message: "`{zone}` hashes names with {iterations} additional iterations: resolvers treat it as unsigned, or fail",
    fix: "set the NSEC3 iterations of `{zone}` to 0",
}

/// From here on some resolver treats the zone as insecure (BIND 9.18).
const HIGH: u16 = 50;

pub(super) fn judge(dns: &Dns, breaks: &[Break<'_>], findings: &mut Vec<Finding>) {
    for broken in breaks {
        if let Flaw::DenialInvalid { .. } = broken.flaw {
            findings.push(broken.finding(&DenialInvalid {
                zone: broken.zone.clone(),
                over: broken.over(),
                servers: broken.servers(),
                place: broken.place(),
            }));
        }
    }
    for zone in own_zones(dns) {
        let of_zone = zone.dnssec.as_ref().and_then(|security| security.nsec3);
        let of_answer = of_answer(dns, &zone.name);
        let iterations = of_zone
            .map(|parameters| parameters.iterations)
            .or(of_answer);
        let (name, subject) = (zone.name.clone(), zone.name.without_dot());
        match iterations {
            None | Some(0) => {}
            Some(iterations) if iterations < HIGH => findings.push(
                Nsec3Iterations {
                    zone: name,
                    iterations,
                }
                .about(subject),
            ),
            Some(iterations) => findings.push(
                Nsec3IterationsHigh {
                    zone: name,
                    iterations,
                }
                .about(subject),
            ),
        }
    }
}

/// The iterations that made an answer insecure.
fn of_answer(dns: &Dns, zone: &DnsName) -> Option<u16> {
    let answers = dns
        .questions
        .iter()
        .filter_map(|question| question.dnssec.as_ref());
    answers.into_iter().find_map(|security| match security {
        Security {
            reason:
                Some(Flaw::Nsec3Iterations {
                    zone: at,
                    iterations,
                }),
            ..
        } if at == zone => Some(*iterations),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{answer_flaws, judged, signed};
    use super::*;
    use crate::facts::dnssec::Nsec3Parameters;
    use crate::facts::name::RrType;

    #[test]
    fn an_answer_without_its_proof_is_named() {
        let flaw = || Flaw::DenialInvalid {
            name: "shop.example.".parse().unwrap(),
            r#type: RrType::A,
            zone: "shop.example.".parse().unwrap(),
        };
        assert_eq!(
            judged(&answer_flaws(&[Some(flaw()), Some(flaw())])),
            ["dns/denial-invalid"]
        );
        assert!(judged(&answer_flaws(&[None, None])).is_empty());
    }

    #[test]
    fn iterations_are_worth_a_notice_and_many_a_warning() {
        let with = |iterations| {
            let mut dns = signed();
            let zone = dns.zones.last_mut().unwrap().dnssec.as_mut().unwrap();
            zone.nsec3 = Some(Nsec3Parameters {
                iterations,
                salt_length: 0,
                opt_out: false,
            });
            judged(&dns)
        };
        assert!(with(0).is_empty());
        assert_eq!(with(1), ["dns/nsec3-iterations"]);
        assert_eq!(with(49), ["dns/nsec3-iterations"]);
        assert_eq!(with(50), ["dns/nsec3-iterations-high"]);
    }
}
