//! Is the zone signed at all?

use super::own_zones;
use crate::facts::dns::Dns;
use crate::facts::dnssec::Flaw;
use crate::facts::name::DnsName;
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// The zone is not signed.
    ///
    /// Its parent proves that it has no DS record for the zone, so nobody can tell a forged answer from a true one. Sites work
    /// without it; it protects against whoever can place answers of their own into a resolver. Most DNS hosts sign with one
    /// click (Cloudflare: DNS, Settings, DNSSEC; Route 53: hosted zone, DNSSEC signing); enter the DS that they show at the
    /// registrar afterwards, and never before.
    NotSigned { zone: DnsName }
    id: "dns/not-signed", severity: Notice, source: "RFC 4035 §5.2",
    message: "`{zone}` is not signed (DNSSEC)",
    fix: "switch DNSSEC on at the DNS host, then enter the DS that it shows at the registrar",
}

pub(super) fn judge(dns: &Dns, findings: &mut Vec<Finding>) {
    let unsigned = own_zones(dns).find(|zone| {
        let reason = zone
            .dnssec
            .as_ref()
            .and_then(|dnssec| dnssec.security.reason.as_ref());
        matches!(reason, Some(Flaw::NotSigned { zone: at }) if *at == zone.name)
    });
    if let Some(zone) = unsigned {
        let name = zone.name.clone();
        findings.push(NotSigned { zone: name }.about(zone.name.without_dot()));
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{judged, signed, zone_flaw};
    use super::*;

    #[test]
    fn a_zone_that_is_proven_unsigned_is_told_and_one_below_an_unsigned_tld_is_not() {
        let flaw = |zone: &str| Flaw::NotSigned {
            zone: zone.parse().unwrap(),
        };
        assert_eq!(
            judged(&zone_flaw(flaw("shop.example."))),
            ["dns/not-signed"]
        );
        assert!(judged(&zone_flaw(flaw("example."))).is_empty());
        assert!(judged(&signed()).is_empty());
    }
}
