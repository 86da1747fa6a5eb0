//! Object identifiers and general names as text.

use x509_parser::prelude::GeneralName;

/// A general name after its kind, in the words of OpenSSL.
pub(super) fn with_kind(name: &GeneralName<'_>) -> String {
    match name {
        GeneralName::DNSName(name) => format!("DNS:{name}"),
        GeneralName::RFC822Name(name) => format!("email:{name}"),
        GeneralName::URI(name) => format!("URI:{name}"),
        GeneralName::DirectoryName(name) => format!("DirName:{name}"),
        GeneralName::IPAddress(bytes) => format!("IP:{}", range(bytes)),
        GeneralName::RegisteredID(oid) => format!("RID:{oid}"),
        GeneralName::OtherName(oid, _) => format!("other:{oid}"),
        GeneralName::Invalid(tag, bytes) => format!("invalid[{}]:{}", tag.0, hex(bytes)),
        GeneralName::X400Address(_) => "X400Name".to_owned(),
        GeneralName::EDIPartyName(_) => "EdiPartyName".to_owned(),
    }
}

/// An address, or an address with its mask, as name constraints have it.
fn range(bytes: &[u8]) -> String {
    let v4 = |part: &[u8]| <[u8; 4]>::try_from(part).map(std::net::Ipv4Addr::from);
    let v6 = |part: &[u8]| <[u8; 16]>::try_from(part).map(std::net::Ipv6Addr::from);
    let (address, mask) = bytes.split_at(bytes.len() / 2);
    let bits: u32 = mask.iter().map(|byte| byte.count_ones()).sum();
    match bytes.len() {
        4 => v4(bytes).map(|address| address.to_string()),
        8 => v4(address).map(|address| format!("{address}/{bits}")),
        16 => v6(bytes).map(|address| address.to_string()),
        32 => v6(address).map(|address| format!("{address}/{bits}")),
        _ => Ok(hex(bytes)),
    }
    .unwrap_or_default()
}

pub(super) fn curve_name(oid: &str) -> String {
    match oid {
        "1.2.840.10045.3.1.1" => "P-192",
        "1.2.840.10045.3.1.7" => "P-256",
        "1.3.132.0.10" => "secp256k1",
        "1.3.132.0.33" => "P-224",
        "1.3.132.0.34" => "P-384",
        "1.3.132.0.35" => "P-521",
        "1.3.36.3.3.2.8.1.1.7" => "brainpoolP256r1",
        "1.3.36.3.3.2.8.1.1.11" => "brainpoolP384r1",
        "1.3.36.3.3.2.8.1.1.13" => "brainpoolP512r1",
        other => other,
    }
    .to_owned()
}

pub(super) fn algorithm_name(oid: &str) -> String {
    match oid {
        "1.2.840.10040.4.1" => "DSA",
        "1.2.840.10040.4.3" => "dsa-with-SHA1",
        "2.16.840.1.101.3.4.3.1" => "dsa-with-SHA224",
        "2.16.840.1.101.3.4.3.2" => "dsa-with-SHA256",
        "1.2.840.10045.2.1" => "EC",
        "1.2.840.113549.1.1.1" => "RSA",
        "1.2.840.113549.1.1.2" => "md2WithRSAEncryption",
        "1.2.840.113549.1.1.4" => "md5WithRSAEncryption",
        "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" => "sha1WithRSAEncryption",
        "1.2.840.113549.1.1.10" => "rsassaPss",
        "1.2.840.113549.1.1.11" => "sha256WithRSAEncryption",
        "1.2.840.113549.1.1.12" => "sha384WithRSAEncryption",
        "1.2.840.113549.1.1.13" => "sha512WithRSAEncryption",
        "1.2.840.113549.1.1.14" => "sha224WithRSAEncryption",
        "1.2.840.10045.4.1" => "ecdsa-with-SHA1",
        "1.2.840.10045.4.3.1" => "ecdsa-with-SHA224",
        "1.2.840.10045.4.3.2" => "ecdsa-with-SHA256",
        "1.2.840.10045.4.3.3" => "ecdsa-with-SHA384",
        "1.2.840.10045.4.3.4" => "ecdsa-with-SHA512",
        "1.3.101.112" => "Ed25519",
        "1.3.101.113" => "Ed448",
        "2.16.840.1.101.3.4.3.17" => "ML-DSA-44",
        "2.16.840.1.101.3.4.3.18" => "ML-DSA-65",
        "2.16.840.1.101.3.4.3.19" => "ML-DSA-87",
        other => other,
    }
    .to_owned()
}

/// A purpose that the parser has no name for.
pub(super) fn purpose_name(oid: &str) -> String {
    match oid {
        "1.3.6.1.4.1.311.20.2.2" => "smartcardLogon",
        "1.3.6.1.4.1.311.10.3.3" => "msSGC",
        "2.16.840.1.113730.4.1" => "nsSGC",
        other => other,
    }
    .to_owned()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_written_with_their_length() {
        assert_eq!(range(&[192, 0, 2, 0, 255, 255, 255, 0]), "192.0.2.0/24");
        assert_eq!(range(&[192, 0, 2, 1]), "192.0.2.1");
        assert_eq!(range(&[1, 2, 3]), "010203");
    }

    #[test]
    fn unknown_identifiers_stay_as_they_are() {
        assert_eq!(algorithm_name("1.2.3"), "1.2.3");
        assert_eq!(curve_name("1.3.132.0.34"), "P-384");
        assert_eq!(purpose_name("1.2.3"), "1.2.3");
    }
}
