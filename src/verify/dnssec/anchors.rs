//! Where trust begins: the keys that are known beforehand.

use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use hickory_proto::dnssec::rdata::{DNSKEY, DS};
use hickory_proto::dnssec::{Algorithm, DigestType, PublicKeyBuf, Verifier};
use hickory_proto::rr::Name;

use super::tried::Tried;
use crate::facts::name::DnsName;

/// The DS records of the root's two keys, as IANA publishes them (root-anchors.xml of 2024-07-18).
const ROOT: &str = "\
. DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D
. DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16
";

/// A key known beforehand, or the digest of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TrustAnchor {
    Digest(DS),
    Key(DNSKEY),
}

impl TrustAnchor {
    /// Whether the anchor at `zone` is this key.
    pub(super) fn names(&self, zone: &Name, key: &DNSKEY) -> bool {
        match self {
            Self::Digest(ds) => names(ds, zone, key),
            Self::Key(own) => own.public_key() == key.public_key(),
        }
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        match self {
            Self::Digest(ds) => ds.algorithm(),
            Self::Key(key) => Verifier::algorithm(key),
        }
    }

    /// The number of the digest's own algorithm.
    pub(super) fn digest(&self) -> Option<u8> {
        match self {
            Self::Digest(ds) => Some(ds.digest_type().into()),
            Self::Key(_) => None,
        }
    }

    /// Whether it can be verified with.
    pub(super) fn is_supported(&self) -> bool {
        let digest = match self {
            Self::Digest(ds) => ds.digest_type().is_supported(),
            Self::Key(_) => true,
        };
        digest && self.algorithm().is_supported()
    }
}

/// Whether a DS is of a key: tag and algorithm first, which cost nothing, then the digest (RFC 4035 §5.2).
pub(super) fn names(ds: &DS, zone: &Name, key: &DNSKEY) -> bool {
    let tag = || key.calculate_key_tag().ok();
    ds.algorithm() == Verifier::algorithm(key)
        && tag() == Some(ds.key_tag())
        && ds.covers(zone, key).unwrap_or(false)
}

/// Every anchor with the zone that it is for.
#[derive(Clone, Debug)]
pub struct TrustAnchors {
    anchors: Vec<(DnsName, TrustAnchor)>,
    /// What was verified from them on before.
    pub(super) tried: Tried,
}

/// What is wrong with a file of anchors.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnchorError {
    /// A record that is neither DS nor DNSKEY in zone-file form.
    #[error("line {line}: `{text}` is no DS or DNSKEY record")]
    Record {
        /// Where it begins, counted from 1.
        line: usize,
        /// The record.
        text: String,
    },
    /// No record at all.
    #[error("no DS or DNSKEY record in it")]
    Empty,
}

impl TrustAnchors {
    /// IANA's, for the root.
    #[must_use]
    pub fn built_in() -> Self {
        Self::parse(ROOT).unwrap_or_else(|_| Self::of(Vec::new()))
    }

    /// Reads DS and DNSKEY records in zone-file format; each owner is absolute.
    ///
    /// # Errors
    /// The first record that does not fit, or that there is none.
    pub fn parse(text: &str) -> Result<Self, AnchorError> {
        let mut anchors = Vec::new();
        for (line, text) in entries(text) {
            let anchor = read(&text).ok_or(AnchorError::Record { line, text })?;
            anchors.push(anchor);
        }
        if anchors.is_empty() {
            Err(AnchorError::Empty)
        } else {
            Ok(Self::of(anchors))
        }
    }

    fn of(anchors: Vec<(DnsName, TrustAnchor)>) -> Self {
        let tried = Tried::default();
        Self { anchors, tried }
    }

    /// The anchors at a zone.
    pub(super) fn at(&self, zone: &DnsName) -> Vec<&TrustAnchor> {
        let own = self.anchors.iter().filter(|(name, _)| name == zone);
        own.map(|(_, anchor)| anchor).collect()
    }

    /// The zones that have one.
    pub(super) fn zones(&self) -> impl Iterator<Item = &DnsName> {
        self.anchors.iter().map(|(name, _)| name)
    }
}

/// Records with the line on which they begin: comments cut off, parentheses joined (RFC 1035 §5.1).
fn entries(text: &str) -> Vec<(usize, String)> {
    let mut entries: Vec<(usize, String)> = Vec::new();
    let mut open = false;
    for (index, line) in text.lines().enumerate() {
        let bare = line.split(';').next().unwrap_or_default();
        let flat = bare.replace(['(', ')'], " ");
        match entries.last_mut() {
            Some((_, entry)) if open => *entry = format!("{entry} {}", flat.trim()),
            _ if flat.trim().is_empty() => {}
            _ => entries.push((index + 1, flat.trim().to_owned())),
        }
        open = (open || bare.contains('(')) && !bare.contains(')');
    }
    entries
}

/// `owner [ttl] [class] DS|DNSKEY data`.
fn read(text: &str) -> Option<(DnsName, TrustAnchor)> {
    let fields: Vec<&str> = text.split_whitespace().collect();
    let owner = fields.first()?.parse().ok()?;
    let is_kind = |field: &&str| ["DS", "DNSKEY"].contains(&field.to_ascii_uppercase().as_str());
    let at = fields.iter().position(is_kind).filter(|at| *at > 0)?;
    let (kind, data) = (fields.get(at)?, fields.get(at + 1..)?);
    let anchor = if kind.eq_ignore_ascii_case("DS") {
        TrustAnchor::Digest(digest(data)?)
    } else {
        TrustAnchor::Key(key(data)?)
    };
    Some((owner, anchor))
}

fn digest(data: &[&str]) -> Option<DS> {
    let [key_tag, algorithm, digest_type, digest @ ..] = data else {
        return None;
    };
    let digest = HEXLOWER_PERMISSIVE
        .decode(digest.concat().as_bytes())
        .ok()
        .filter(|digest| !digest.is_empty())?;
    let algorithm = Algorithm::from_u8(algorithm.parse().ok()?);
    let digest_type = DigestType::from(digest_type.parse::<u8>().ok()?);
    Some(DS::new(
        key_tag.parse().ok()?,
        algorithm,
        digest_type,
        digest,
    ))
}

fn key(data: &[&str]) -> Option<DNSKEY> {
    let [flags, "3", algorithm, key @ ..] = data else {
        return None;
    };
    let key = BASE64.decode(key.concat().as_bytes()).ok()?;
    let algorithm = Algorithm::from_u8(algorithm.parse().ok()?);
    let key = PublicKeyBuf::new(key, algorithm);
    Some(DNSKEY::with_flags(flags.parse().ok()?, key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_of_ianas_anchors_are_built_in() {
        let root = DnsName::root();
        let built_in = TrustAnchors::built_in();
        let tags: Vec<u16> = built_in
            .at(&root)
            .into_iter()
            .filter_map(|anchor| match anchor {
                TrustAnchor::Digest(ds) => Some(ds.key_tag()),
                TrustAnchor::Key(_) => None,
            })
            .collect();
        assert_eq!(tags, [20326, 38696]);
    }

    #[test]
    fn records_may_have_ttl_class_parentheses_and_comments() {
        let text = "example.com. 3600 IN DS 2854 13 1 ( 46e4ffc6 ; first\n e9a4793b 488954bd3f0cc6af0dfb201b )\n\n; none\n. DNSKEY 257 3 15 AAAA\n";
        let anchors = TrustAnchors::parse(text).unwrap();
        assert_eq!(anchors.zones().count(), 2);
    }

    #[test]
    fn a_digest_is_of_a_key_with_its_tag_and_algorithm() {
        let zone = Name::from_ascii("shop.example.").unwrap();
        let algorithm = Algorithm::ECDSAP256SHA256;
        let key = DNSKEY::with_flags(257, PublicKeyBuf::new(vec![9; 64], algorithm));
        let tag = key.calculate_key_tag().unwrap();
        let digest = key.to_digest(&zone, DigestType::SHA256).unwrap();
        let is_named = |tag, algorithm| {
            let ds = DS::new(tag, algorithm, DigestType::SHA256, digest.as_ref().to_vec());
            names(&ds, &zone, &key)
        };
        assert!(is_named(tag, algorithm));
        assert!(!is_named(tag.wrapping_add(1), algorithm));
        assert!(!is_named(tag, Algorithm::ED25519));
    }

    #[test]
    fn a_wrong_record_is_named_with_its_line() {
        let wrong = |text: &str| TrustAnchors::parse(text).unwrap_err().to_string();
        assert!(wrong("\n. DS 1 8 2 xyz\n").starts_with("line 2: `. DS 1 8 2 xyz`"));
        assert!(wrong(". A 192.0.2.1\n").starts_with("line 1"));
        assert!(wrong("; nothing\n").contains("no DS or DNSKEY"));
    }
}
