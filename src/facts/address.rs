//! Addresses that are not meant for the public internet.

use std::net::IpAddr;

use ipnet::IpNet;

/// What is not globally reachable by the IANA special-purpose address registries (read 2025-10).
const SPECIAL: [&str; 29] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "240.0.0.0/4",
    "::/128",
    "::1/128",
    "::ffff:0:0/96",
    "64:ff9b:1::/48",
    "100::/64",
    "100:0:0:1::/64",
    "2001::/32",
    "2001:2::/48",
    "2001:10::/28",
    "2001:db8::/32",
    "2002::/16",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
    "255.255.255.255/32",
];

/// The special-purpose range that an address lies in.
#[must_use]
pub fn special_purpose(address: IpAddr) -> Option<IpNet> {
    let mut ranges = SPECIAL
        .iter()
        .filter_map(|range| range.parse::<IpNet>().ok());
    ranges.find(|range| range.contains(&address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_range_can_be_read() {
        assert!(SPECIAL.iter().all(|range| range.parse::<IpNet>().is_ok()));
    }

    #[test]
    fn private_addresses_lie_in_a_range_and_public_ones_do_not() {
        for private in [
            "10.1.2.3",
            "127.0.0.1",
            "169.254.169.254",
            "::1",
            "fd00::1",
            "::ffff:10.0.0.1",
        ] {
            assert!(
                special_purpose(private.parse().unwrap()).is_some(),
                "{private}"
            );
        }
        for public in ["9.9.9.9", "2620:fe::fe"] {
            assert!(
                special_purpose(public.parse().unwrap()).is_none(),
                "{public}"
            );
        }
    }
}
