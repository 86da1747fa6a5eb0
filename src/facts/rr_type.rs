//! Record types as they stand in a report.

use std::fmt;
use std::str::FromStr;

use hickory_proto::rr::RecordType;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A record type by its number, so that types unknown to doorstep survive. Written by name, or as `TYPE123` (RFC 3597).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RrType(pub u16);

impl RrType {
    /// IPv4 address.
    pub const A: Self = Self(1);
    /// Name server.
    pub const NS: Self = Self(2);
    /// Alias.
    pub const CNAME: Self = Self(5);
    /// Start of authority.
    pub const SOA: Self = Self(6);
    /// Text.
    pub const TXT: Self = Self(16);
    /// IPv6 address.
    pub const AAAA: Self = Self(28);
    /// Alias of everything below a name.
    pub const DNAME: Self = Self(39);
    /// Digest of a key of the zone below.
    pub const DS: Self = Self(43);
    /// Signature.
    pub const RRSIG: Self = Self(46);
    /// Key of a zone.
    pub const DNSKEY: Self = Self(48);
    /// The DS that a zone wishes its parent to have.
    pub const CDS: Self = Self(59);
    /// The key that it wishes it to have a DS of.
    pub const CDNSKEY: Self = Self(60);
    /// Which protocols a site announces.
    pub const HTTPS: Self = Self(65);
    /// Which certificates are expected at a port.
    pub const TLSA: Self = Self(52);
    /// Which certificate authorities may issue.
    pub const CAA: Self = Self(257);
    /// Text about mail senders; no longer in use (RFC 7208).
    pub const SPF: Self = Self(99);
    /// One that nobody has assigned, which RFC 8906 §8.1.2 tests with.
    pub const UNASSIGNED: Self = Self(1_000);
    /// Every type (RFC 8482).
    pub const ANY: Self = Self(255);

    /// The type for the wire.
    #[must_use]
    pub fn as_wire(self) -> RecordType {
        RecordType::from(self.0)
    }
}

impl From<RecordType> for RrType {
    fn from(record_type: RecordType) -> Self {
        Self(record_type.into())
    }
}

/// The text is neither the mnemonic of a record type nor of the form `TYPE123`.
#[derive(Debug, thiserror::Error)]
#[error("unknown record type `{0}`")]
pub struct UnknownRrType(String);

impl FromStr for RrType {
    type Err = UnknownRrType;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let upper = text.to_ascii_uppercase();
        let known = MNEMONICS.iter().find(|(_, name)| *name == upper);
        let number = || upper.strip_prefix("TYPE")?.parse().ok();
        known
            .map(|(number, _)| *number)
            .or_else(number)
            .map(Self)
            .ok_or_else(|| UnknownRrType(text.to_owned()))
    }
}

impl fmt::Display for RrType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match MNEMONICS.binary_search_by_key(&self.0, |(number, _)| *number) {
            Ok(at) => f.write_str(MNEMONICS.get(at).map_or("", |(_, name)| name)),
            Err(_) => write!(f, "TYPE{}", self.0),
        }
    }
}

impl Serialize for RrType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RrType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

impl JsonSchema for RrType {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RrType".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "type": "string", "description": "a record type by name, or TYPE123" })
    }
}

/// Every type with a mnemonic, by number (IANA, Resource Record TYPEs, 2025-10).
#[rustfmt::skip]
const MNEMONICS: [(u16, &str); 97] = [
    (1, "A"), (2, "NS"), (3, "MD"), (4, "MF"), (5, "CNAME"), (6, "SOA"), (7, "MB"), (8, "MG"),
    (9, "MR"), (10, "NULL"), (11, "WKS"), (12, "PTR"), (13, "HINFO"), (14, "MINFO"), (15, "MX"),
    (16, "TXT"), (17, "RP"), (18, "AFSDB"), (19, "X25"), (20, "ISDN"), (21, "RT"), (22, "NSAP"),
    (23, "NSAP-PTR"), (24, "SIG"), (25, "KEY"), (26, "PX"), (27, "GPOS"), (28, "AAAA"), (29, "LOC"),
    (30, "NXT"), (31, "EID"), (32, "NIMLOC"), (33, "SRV"), (34, "ATMA"), (35, "NAPTR"), (36, "KX"),
    (37, "CERT"), (38, "A6"), (39, "DNAME"), (40, "SINK"), (41, "OPT"), (42, "APL"), (43, "DS"),
    (44, "SSHFP"), (45, "IPSECKEY"), (46, "RRSIG"), (47, "NSEC"), (48, "DNSKEY"), (49, "DHCID"),
    (50, "NSEC3"), (51, "NSEC3PARAM"), (52, "TLSA"), (53, "SMIMEA"), (55, "HIP"), (56, "NINFO"),
    (57, "RKEY"), (58, "TALINK"), (59, "CDS"), (60, "CDNSKEY"), (61, "OPENPGPKEY"), (62, "CSYNC"),
    (63, "ZONEMD"), (64, "SVCB"), (65, "HTTPS"), (66, "DSYNC"), (67, "HHIT"), (68, "BRID"),
    (99, "SPF"), (100, "UINFO"), (101, "UID"), (102, "GID"), (103, "UNSPEC"), (104, "NID"),
    (105, "L32"), (106, "L64"), (107, "LP"), (108, "EUI48"), (109, "EUI64"), (128, "NXNAME"),
    (249, "TKEY"), (250, "TSIG"), (251, "IXFR"), (252, "AXFR"), (253, "MAILB"), (254, "MAILA"),
    (255, "ANY"), (256, "URI"), (257, "CAA"), (258, "AVC"), (259, "DOA"), (260, "AMTRELAY"),
    (261, "RESINFO"), (262, "WALLET"), (263, "CLA"), (264, "IPN"), (32768, "TA"), (32769, "DLV"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mnemonics_are_in_the_order_of_their_numbers() {
        assert!(MNEMONICS.is_sorted_by(|(one, _), (other, _)| one < other));
    }

    #[test]
    fn record_types_are_read_by_name_and_by_number() {
        assert_eq!("aaaa".parse::<RrType>().unwrap(), RrType::AAAA);
        assert_eq!("TYPE1".parse::<RrType>().unwrap(), RrType::A);
        assert_eq!(
            "type65280".parse::<RrType>().unwrap().to_string(),
            "TYPE65280"
        );
        assert!("TYPE65536".parse::<RrType>().is_err() && "WAT".parse::<RrType>().is_err());
    }
}
