//! Do the keys of the zone fit what its parent says of them, and can everybody use them?

use super::{Break, algorithm_name, own_zones};
use crate::facts::dns::{Dns, Record, Zone};
use crate::facts::dnssec::{Flaw, SecurityStatus, ZoneSecurity};
use crate::facts::name::{DnsName, RrType};
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// The parent says with which key the zone signs, and the zone has no such key.
    ///
    /// A DS record at the parent names the key of the zone by a digest. No server of the zone has that key, so resolvers that
    /// validate (most of the big public ones do) treat everything in the zone as forged and answer SERVFAIL: visitors see
    /// "server not found". Mostly the zone moved to another DNS host, or DNSSEC was switched off there, and the DS stayed
    /// behind at the registrar. Go to the registrar, to DNSSEC or "DS records": remove the DS when the zone is not signed any
    /// more, or enter the one that the DNS host shows now (Route 53: hosted zone, DNSSEC signing, "View information to create
    /// DS record"; Cloudflare: DNS, Settings, DNSSEC). Never switch signing off before the DS is gone and its TTL has passed.
    DsWithoutKey { zone: DnsName, ds: Vec<u16>, keys: Vec<u16>, said: String }
    id: "dns/ds-without-key", severity: Error, source: "RFC 4035 §5.2",
    message: "the parent of `{zone}` vouches for a key that the zone does not have: {said}",
    fix: "at the registrar, replace the DS of `{zone}` by the one that its DNS host shows, or remove it if the zone is not signed",
}

finding! {
    /// The zone is signed in a way that resolvers cannot check, so it is as if it were not signed.
    ///
    /// Every DS record at the parent has an algorithm or a digest that validators ignore. Nothing breaks, but nothing is
    /// protected either, although somebody meant it to be. Sign with ECDSAP256SHA256 (13) or ED25519 (15) and enter a DS
    /// with a SHA-256 digest (type 2) at the registrar.
    AlgorithmUnsupported { zone: DnsName, algorithms: Vec<u8>, digests: Vec<u8>, said: String }
    id: "dns/algorithm-unsupported", severity: Warning, source: "RFC 4035 §5.2",
    message: "validators ignore how `{zone}` is signed: {said}",
    fix: "sign `{zone}` with algorithm 13 or 15, and enter a DS with digest type 2 at the registrar",
}

finding! {
    /// The zone is signed by an algorithm that is being given up.
    ///
    /// SHA-1 can be forged at a price that falls, so validators have begun to treat such signatures as if they were not there,
    /// and the zone as unsigned or broken. Roll to ECDSAP256SHA256 (13) or ED25519 (15): most DNS hosts do it by themselves when
    /// you switch the algorithm; then enter the new DS with a SHA-256 digest at the registrar.
    AlgorithmDeprecated { zone: DnsName, said: String }
    id: "dns/algorithm-deprecated", severity: Warning, source: "RFC 9904, RFC 9905, RFC 9906",
    message: "`{zone}` rests on {said}, which validators are giving up",
    fix: "roll the keys of `{zone}` to algorithm 13 or 15, with a DS of digest type 2",
}

finding! {
    /// The zone wishes for another DS than the parent has.
    ///
    /// CDS and CDNSKEY records in a zone tell the parent which DS it should publish. The two differ: a change of keys is under
    /// way, or the registry does not look at these records and somebody has to enter the DS by hand. Wait a day, and if nothing
    /// has changed enter the DS at the registrar.
    RolloverPending { zone: DnsName, wanted: String, ds: String }
    id: "dns/rollover-pending", severity: Notice, source: "RFC 7344, RFC 8078",
    message: "`{zone}` asks its parent for another DS than the one that is there",
    fix: "wait a day for the registry to take it up, or enter the DS at the registrar: {wanted}",
}

pub(super) fn judge(dns: &Dns, breaks: &[Break<'_>], findings: &mut Vec<Finding>) {
    for broken in breaks {
        if let Flaw::NoKeyForDs { zone, ds, keys } = broken.flaw {
            let evidence = DsWithoutKey {
                zone: zone.clone(),
                ds: ds.clone(),
                keys: keys.clone(),
                said: mismatch(ds, keys),
            };
            findings.push(broken.finding(&evidence));
        }
    }
    for zone in own_zones(dns) {
        let Some(security) = &zone.dnssec else {
            continue;
        };
        unsupported(zone, security, findings);
        if security.security.status == SecurityStatus::Secure {
            deprecated(zone, security, findings);
            rollover(zone, security, findings);
        }
    }
}

fn mismatch(ds: &[u16], keys: &[u16]) -> String {
    let list = |tags: &[u16]| {
        let tags: Vec<String> = tags.iter().map(u16::to_string).collect();
        tags.join(", ")
    };
    let vouched = match ds {
        [] => "the trust anchor names another key".to_owned(),
        ds => format!("the DS names key {}", list(ds)),
    };
    match keys {
        [] => format!("{vouched}, and the zone is not signed"),
        keys => format!("{vouched}, the zone has key {}", list(keys)),
    }
}

fn unsupported(zone: &Zone, security: &ZoneSecurity, findings: &mut Vec<Finding>) {
    let Some(Flaw::AlgorithmUnsupported {
        zone: at,
        algorithms,
        digests,
    }) = &security.security.reason
    else {
        return;
    };
    if *at != zone.name {
        return;
    }
    let pairs = algorithms.iter().zip(digests);
    let pairs = pairs.map(|(algorithm, digest)| {
        format!("{} with digest type {digest}", algorithm_name(*algorithm))
    });
    let evidence = AlgorithmUnsupported {
        zone: zone.name.clone(),
        algorithms: algorithms.clone(),
        digests: digests.clone(),
        said: pairs.collect::<Vec<_>>().join(", "),
    };
    findings.push(evidence.about(zone.name.without_dot()));
}

/// Algorithms that RFC 9904 and 9905 say not to sign with.
const DEPRECATED: [u8; 6] = [1, 3, 5, 6, 7, 12];

fn deprecated(zone: &Zone, security: &ZoneSecurity, findings: &mut Vec<Finding>) {
    let keys = security.keys.iter();
    let old = keys.filter(|key| key.signs_keys && DEPRECATED.contains(&key.algorithm));
    let mut said: Vec<String> = old.map(|key| algorithm_name(key.algorithm)).collect();
    said.dedup();
    let digest = |ds: &Record| ds.data.split_whitespace().nth(2).map(str::to_owned);
    let sha1_only = !security.ds.is_empty()
        && security
            .ds
            .iter()
            .all(|ds| digest(ds).as_deref() == Some("1"));
    if sha1_only {
        said.push("a DS with a SHA-1 digest only".to_owned());
    }
    if !said.is_empty() {
        let evidence = AlgorithmDeprecated {
            zone: zone.name.clone(),
            said: said.join(" and "),
        };
        findings.push(evidence.about(zone.name.without_dot()));
    }
}

/// The data of DNSSEC records is compared without regard to case: digests are written in either.
fn rollover(zone: &Zone, security: &ZoneSecurity, findings: &mut Vec<Finding>) {
    let cds = zone.cds.iter().flatten();
    let wanted: Vec<String> = cds
        .filter(|record| record.r#type == RrType::CDS)
        .map(|record| record.data.to_lowercase())
        .collect();
    let ds: Vec<String> = security
        .ds
        .iter()
        .map(|record| record.data.to_lowercase())
        .collect();
    let same =
        wanted.iter().all(|one| ds.contains(one)) && ds.iter().all(|one| wanted.contains(one));
    if !wanted.is_empty() && !ds.is_empty() && !same {
        let evidence = RolloverPending {
            zone: zone.name.clone(),
            wanted: wanted.join(", "),
            ds: ds.join(", "),
        };
        findings.push(evidence.about(zone.name.without_dot()));
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{judged, signed, zone_flaw};
    use super::*;
    use crate::facts::dns::Dns;

    fn with_zone(change: impl FnOnce(&mut Zone)) -> Dns {
        let mut dns = signed();
        change(dns.zones.last_mut().unwrap());
        dns
    }

    fn security(zone: &mut Zone) -> &mut ZoneSecurity {
        zone.dnssec.as_mut().unwrap()
    }

    fn record(r#type: RrType, data: &str) -> Record {
        Record {
            name: "shop.example.".parse().unwrap(),
            r#type,
            ttl: 60,
            data: data.to_owned(),
        }
    }

    #[test]
    fn a_ds_for_a_key_that_is_not_there_is_one_error_whatever_else_follows() {
        let flaw = Flaw::NoKeyForDs {
            zone: "shop.example.".parse().unwrap(),
            ds: vec![1],
            keys: vec![2],
        };
        assert_eq!(judged(&zone_flaw(flaw)), ["dns/ds-without-key"]);
        assert!(judged(&signed()).is_empty());
    }

    #[test]
    fn what_validators_ignore_is_a_warning_of_its_own_zone() {
        let flaw = |zone: &str| Flaw::AlgorithmUnsupported {
            zone: zone.parse().unwrap(),
            algorithms: vec![16],
            digests: vec![2],
        };
        let dns = zone_flaw(flaw("shop.example."));
        assert_eq!(judged(&dns), ["dns/algorithm-unsupported"]);
        assert!(judged(&zone_flaw(flaw("example."))).is_empty());
    }

    #[test]
    fn sha1_is_deprecated_in_keys_and_when_no_other_digest_is_there() {
        let key = |algorithm| with_zone(|zone| security(zone).keys[0].algorithm = algorithm);
        assert_eq!(judged(&key(7)), ["dns/algorithm-deprecated"]);
        assert!(judged(&key(8)).is_empty());
        let ds = |digests: &[&str]| {
            with_zone(|zone| {
                security(zone).ds = digests
                    .iter()
                    .map(|digest| record(RrType::DS, &format!("1 13 {digest} AB")))
                    .collect();
            })
        };
        assert_eq!(judged(&ds(&["1"])), ["dns/algorithm-deprecated"]);
        assert!(judged(&ds(&["1", "2"])).is_empty());
    }

    #[test]
    fn a_wish_for_another_ds_is_told_and_one_for_the_same_is_not() {
        let wishes = |data: &str| {
            with_zone(|zone| {
                security(zone).ds = vec![record(RrType::DS, "1 13 2 AB")];
                zone.cds = Some(vec![record(RrType::CDS, data)]);
            })
        };
        assert_eq!(judged(&wishes("2 13 2 CD")), ["dns/rollover-pending"]);
        assert!(judged(&wishes("1 13 2 ab")).is_empty());
        let unasked = with_zone(|zone| zone.cds = None);
        assert!(judged(&unasked).is_empty());
    }
}
