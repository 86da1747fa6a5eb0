//! Whose name servers these are, and where to click there: for the sentences that say how to mend a delegation.

use crate::facts::dns::Zone;
use crate::facts::dns_host::DnsHost;
use crate::facts::name::DnsName;

/// Where the owner of a zone finds its name servers, as an addition to a sentence; empty when the host is not known.
pub(super) fn at_host(zone: &Zone) -> String {
    match DnsHost::of(&zone.parent_ns) {
        Some(host) if !host.is_parking() => format!(" (at {}: {})", host.name, host.console),
        _ => String::new(),
    }
}

/// What to do when the servers that the registrar lists do not have the zone; `None` when their host is not known.
pub(super) fn mend_lame(zone: &Zone) -> Option<String> {
    let host = DnsHost::of(&zone.parent_ns)?;
    let (name, console) = (host.name, host.console);
    let zone: &DnsName = &zone.name;
    Some(if host.is_parking() {
        format!(
            "these are the servers of {name}, and the zone is not there: list at the registrar of `{zone}` the servers that your DNS host gave you"
        )
    } else if name == ROUTE_53 {
        format!(
            "{name} gives every hosted zone four servers of its own, and the registrar of `{zone}` lists those of another zone, or of one that was \
             deleted: copy the four names of {console} to the registrar (Registered domains > Edit name servers, if that is Amazon); create the \
             hosted zone if it is not there"
        )
    } else {
        format!(
            "create `{zone}` at {name} if it is not there, and list at the registrar exactly the servers that it shows for the zone ({console})"
        )
    })
}

/// The host whose zones have servers of their own each, so that the right host with the wrong servers is a common fault.
const ROUTE_53: &str = "Amazon Route 53";

#[cfg(test)]
mod tests {
    use super::super::testing::zones;
    use super::*;

    fn served_by(server: &str) -> Zone {
        let mut zone = zones(&["shop.example."]).zones.remove(0);
        zone.parent_ns = vec![server.parse().unwrap()];
        zone
    }

    #[test]
    fn a_known_host_is_named_with_the_place_to_click() {
        let zone = served_by("ns-2048.awsdns-64.com.");
        assert!(
            mend_lame(&zone)
                .unwrap()
                .contains("four servers of its own")
        );
        assert!(at_host(&zone).contains("Hosted zones"));
        let zone = served_by("ada.ns.cloudflare.com.");
        assert!(mend_lame(&zone).unwrap().contains("dash.cloudflare.com"));
    }

    #[test]
    fn parking_is_to_be_left_and_nothing_is_said_of_an_unknown_host() {
        let parked = served_by("ns1.sedoparking.com.");
        assert!(mend_lame(&parked).unwrap().contains("Sedo"));
        assert_eq!(at_host(&parked), "");
        let unknown = served_by("ns1.shop.example.");
        assert_eq!(
            (mend_lame(&unknown), at_host(&unknown)),
            (None, String::new())
        );
    }
}
