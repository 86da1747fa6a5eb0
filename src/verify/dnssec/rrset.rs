//! Records of one owner and type with their signatures, and whether one of those counts.

use std::cell::RefCell;
use std::collections::BTreeMap;

use hickory_proto::dnssec::rdata::{DNSKEY, DNSSECRData, RRSIG};
use hickory_proto::dnssec::{Algorithm, Verifier};
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};
use hickory_proto::serialize::binary::{BinEncodable, BinEncoder, NameEncoding};
use jiff::Timestamp;

use super::budget::{Budget, KEYS_PER_TAG, SIGNATURES_PER_SET};
use super::canonical;
use super::tried::Tried;
use crate::facts::dnssec::{Flaw, SignedSet};
use crate::facts::name::DnsName;

/// The records of one owner and type in one section.
#[derive(Debug)]
pub(super) struct RrSet<'a> {
    pub(super) name: &'a Name,
    pub(super) rr_type: RecordType,
    pub(super) records: Vec<&'a Record>,
    pub(super) signatures: Vec<&'a RRSIG>,
}

impl<'a> RrSet<'a> {
    /// The set of this owner and type, when the section has a record of it.
    pub(super) fn find(section: &'a [Record], name: &Name, rr_type: RecordType) -> Option<Self> {
        let own = |record: &&Record| record.record_type() == rr_type && record.name == *name;
        let records: Vec<&Record> = section.iter().filter(own).collect();
        let first = records.first()?;
        let covers = |record: &'a Record| match &record.data {
            RData::DNSSEC(DNSSECRData::RRSIG(signature))
                if record.name == *name && signature.input().type_covered == rr_type =>
            {
                Some(signature)
            }
            _ => None,
        };
        Some(Self {
            name: &first.name,
            rr_type,
            signatures: section.iter().filter_map(covers).collect(),
            records,
        })
    }

    /// Every set of a section in the order of their first records, signatures aside. In one pass: a section may have thousands.
    pub(super) fn all(section: &'a [Record]) -> Vec<Self> {
        let mut sets: Vec<Self> = Vec::new();
        let mut places: BTreeMap<(&Name, RecordType), usize> = BTreeMap::new();
        for record in section {
            let (name, rr_type) = (&record.name, record.record_type());
            if rr_type == RecordType::RRSIG {
                continue;
            }
            let place = *places.entry((name, rr_type)).or_insert(sets.len());
            match sets.get_mut(place) {
                Some(set) => set.records.push(record),
                None => sets.push(Self {
                    name,
                    rr_type,
                    records: vec![record],
                    signatures: Vec::new(),
                }),
            }
        }
        for record in section {
            if let RData::DNSSEC(DNSSECRData::RRSIG(signature)) = &record.data {
                let place = places.get(&(&record.name, signature.input().type_covered));
                if let Some(set) = place.and_then(|place| sets.get_mut(*place)) {
                    set.signatures.push(signature);
                }
            }
        }
        sets
    }

    /// Owner and type as the facts have them.
    pub(super) fn label(&self) -> (DnsName, crate::facts::name::RrType) {
        (self.name.clone().into(), self.rr_type.into())
    }

    /// The zones that are named as signers.
    pub(super) fn signers(&self) -> impl Iterator<Item = &Name> {
        self.signatures
            .iter()
            .map(|signature| &signature.input().signer_name)
    }
}

/// The keys of a zone that may sign its records.
#[derive(Debug)]
pub(super) struct Keys {
    pub(super) zone: Name,
    pub(super) keys: Vec<DNSKEY>,
}

/// A signature that counts.
#[derive(Debug)]
pub(super) struct Proven {
    /// The closest encloser of a set that a wildcard stands behind (RFC 4035 §5.3.4).
    pub(super) wildcard_at: Option<Name>,
}

/// The time and the bounds of one run.
#[derive(Debug)]
pub(super) struct Check {
    pub(super) at: Timestamp,
    /// Signatures verified before, by other runs.
    before: Tried,
    pub(super) budget: Budget,
    /// Every signature that was tried, with whether it counts.
    pub(super) tried: RefCell<Vec<(SignedSet, bool)>>,
}

impl Check {
    pub(super) fn new(at: Timestamp, before: Tried) -> Self {
        Self {
            at,
            before,
            budget: Budget::default(),
            tried: RefCell::default(),
        }
    }

    /// Whether one of the set's signatures is by one of the keys and counts now (RFC 4035 §5.3).
    pub(super) fn verify(&self, set: &RrSet<'_>, keys: &Keys) -> Result<Proven, Flaw> {
        let (name, r#type) = set.label();
        let own = |signature: &&&RRSIG| signature.input().signer_name == keys.zone;
        let mut flaw = Flaw::SignatureMissing {
            name: name.clone(),
            r#type,
            zone: keys.zone.clone().into(),
        };
        let mut candidates: Vec<&&RRSIG> = set.signatures.iter().filter(own).collect();
        // What is in its time is tried first, so that a bound is not used up by what has run out.
        candidates.sort_by_key(|signature| self.out_of_time(set, signature).is_some());
        for signature in candidates.iter().take(SIGNATURES_PER_SET) {
            match self.try_one(set, signature, keys) {
                Ok(proven) => return Ok(proven),
                Err(worse) => flaw = more_telling(flaw, worse),
            }
        }
        let stopped = candidates.len() > SIGNATURES_PER_SET;
        Err(match flaw {
            Flaw::SignatureInvalid { .. } | Flaw::KeyMissing { .. } if stopped => {
                Flaw::TooManySignatures { name, r#type }
            }
            flaw => flaw,
        })
    }

    fn try_one(&self, set: &RrSet<'_>, signature: &RRSIG, keys: &Keys) -> Result<Proven, Flaw> {
        let input = signature.input();
        let signed = signed_set(set, signature, self.at);
        let labels = usize::from(input.num_labels);
        let owner_labels = usize::from(set.name.num_labels());
        let invalid = || Flaw::SignatureInvalid {
            set: signed.clone(),
        };
        if !input.algorithm.is_supported() {
            let (name, r#type) = set.label();
            let zone = keys.zone.clone().into();
            return Err(Flaw::SignatureMissing { name, r#type, zone });
        }
        if labels > owner_labels {
            return Err(invalid());
        }
        if let Some(flaw) = self.out_of_time(set, signature) {
            self.tried.borrow_mut().push((signed, false));
            return Err(flaw);
        }
        let matching = keys.keys.iter().filter(|key| is_named(key, signature));
        let matching: Vec<&DNSKEY> = matching.take(KEYS_PER_TAG).collect();
        if matching.is_empty() {
            let (name, r#type) = set.label();
            return Err(Flaw::KeyMissing {
                name,
                r#type,
                signer: keys.zone.clone().into(),
                key_tag: input.key_tag,
            });
        }
        let signed_bytes = to_be_signed(set, signature).ok_or_else(invalid)?;
        let valid = matching.iter().any(|key| {
            self.budget.take_signature() && self.before.verify(key, &signed_bytes, signature.sig())
        });
        self.tried.borrow_mut().push((signed.clone(), valid));
        if !valid {
            return Err(invalid());
        }
        let expanded = labels < owner_labels;
        Ok(Proven {
            wildcard_at: expanded.then(|| set.name.trim_to(labels)),
        })
    }

    /// Serial arithmetic, as inception and expiration are 32 bits (RFC 4034 §3.1.5).
    fn out_of_time(&self, set: &RrSet<'_>, signature: &RRSIG) -> Option<Flaw> {
        let input = signature.input();
        let signed = || signed_set(set, signature, self.at);
        let now = serial(self.at);
        if is_before(input.sig_expiration.get(), now) {
            Some(Flaw::SignatureExpired { set: signed() })
        } else if is_before(now, input.sig_inception.get()) {
            Some(Flaw::SignatureNotYetValid { set: signed() })
        } else {
            None
        }
    }
}

fn is_named(key: &DNSKEY, signature: &RRSIG) -> bool {
    let input = signature.input();
    Verifier::algorithm(key) == input.algorithm
        && key
            .calculate_key_tag()
            .is_ok_and(|tag| tag == input.key_tag)
}

/// Of two flaws the one that tells more of what is wrong.
fn more_telling(one: Flaw, other: Flaw) -> Flaw {
    let rank = |flaw: &Flaw| match flaw {
        Flaw::SignatureMissing { .. } => 0,
        Flaw::KeyMissing { .. } => 1,
        Flaw::SignatureNotYetValid { .. } => 2,
        Flaw::SignatureExpired { .. } => 3,
        _ => 4,
    };
    if rank(&other) >= rank(&one) {
        other
    } else {
        one
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "times in signatures are the low 32 bits of Unix seconds"
)]
fn serial(at: Timestamp) -> u32 {
    at.as_second() as u32
}

/// Whether `one` lies before `other` on the circle of 32-bit serials (RFC 1982).
fn is_before(one: u32, other: u32) -> bool {
    one != other && other.wrapping_sub(one) < 1 << 31
}

/// The moment that a 32-bit time means, seen from `at`.
fn moment(serial_time: u32, at: Timestamp) -> Timestamp {
    let ahead = serial_time.wrapping_sub(serial(at)).cast_signed();
    let second = at.as_second().saturating_add(i64::from(ahead));
    Timestamp::from_second(second).unwrap_or(at)
}

/// A signature as the facts have it.
pub(super) fn signed_set(set: &RrSet<'_>, signature: &RRSIG, at: Timestamp) -> SignedSet {
    let input = signature.input();
    let (name, r#type) = set.label();
    SignedSet {
        name,
        r#type,
        signer: input.signer_name.clone().into(),
        key_tag: input.key_tag,
        algorithm: algorithm_number(input.algorithm),
        inception: moment(input.sig_inception.get(), at),
        expiration: moment(input.sig_expiration.get(), at),
    }
}

/// The number of an algorithm.
pub(super) fn algorithm_number(algorithm: Algorithm) -> u8 {
    u8::from(algorithm)
}

/// The bytes under a signature: its own fields, then each record in canonical form and order (RFC 4034 §3.1.8.1).
fn to_be_signed(set: &RrSet<'_>, signature: &RRSIG) -> Option<Vec<u8>> {
    let input = signature.input();
    let mut data: Vec<Vec<u8>> = set
        .records
        .iter()
        .filter(|record| record.dns_class == DNSClass::IN)
        .map(|record| canonical_data(&record.data))
        .collect::<Option<_>>()?;
    data.sort();
    data.dedup();
    let mut bytes = Vec::new();
    let mut encoder = BinEncoder::new(&mut bytes);
    encoder.set_canonical_form(true);
    encoder.set_name_encoding(NameEncoding::UncompressedLowercase);
    input.emit(&mut encoder).ok()?;
    let owner = signed_owner(set.name, usize::from(input.num_labels))?;
    for rdata in data {
        owner.emit(&mut encoder).ok()?;
        input.type_covered.emit(&mut encoder).ok()?;
        DNSClass::IN.emit(&mut encoder).ok()?;
        encoder.emit_u32(input.original_ttl).ok()?;
        encoder.emit_u16(u16::try_from(rdata.len()).ok()?).ok()?;
        encoder.emit_vec(&rdata).ok()?;
    }
    Some(bytes)
}

/// The name that was signed: the wildcard, when the owner has more labels than the signature counts (RFC 4035 §5.3.2).
fn signed_owner(owner: &Name, labels: usize) -> Option<Name> {
    if usize::from(owner.num_labels()) == labels {
        return Some(owner.clone());
    }
    owner.trim_to(labels).prepend_label(b"*".as_slice()).ok()
}

fn canonical_data(data: &RData) -> Option<Vec<u8>> {
    if let RData::Unknown { code, rdata } = data {
        return Some(canonical::in_lower_case(*code, &rdata.anything));
    }
    let mut bytes = Vec::new();
    let mut encoder = BinEncoder::new(&mut bytes);
    encoder.set_canonical_form(true);
    encoder.set_name_encoding(NameEncoding::Uncompressed);
    data.emit(&mut encoder).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_data_are_signed_in_lower_case() {
        use hickory_proto::rr::rdata::{MX, NULL, SOA, SRV};
        let name = |text: &str| Name::from_ascii(text).unwrap();
        let data = |case: fn(&str) -> String| {
            let own = name(&case("Mail.Shop.Example."));
            let wire = own.to_bytes().unwrap();
            let unknown = |code: u16, before: &[u8]| RData::Unknown {
                code: RecordType::from(code),
                rdata: NULL::with([before, &wire].concat()),
            };
            [
                RData::MX(MX::new(10, own.clone())),
                RData::SRV(SRV::new(1, 2, 3, own.clone())),
                RData::SOA(SOA::new(own.clone(), own.clone(), 1, 2, 3, 4, 5)),
                unknown(39, &[]),
                unknown(18, &[0, 1]),
                unknown(
                    17,
                    b"\x01A\x00"
                        .map(|byte| byte.to_ascii_lowercase())
                        .as_slice(),
                ),
            ]
            .map(|data| canonical_data(&data))
        };
        assert_eq!(data(str::to_owned), data(str::to_ascii_lowercase));
    }

    #[test]
    fn times_of_signatures_lie_on_a_circle() {
        assert!(is_before(1, 2) && !is_before(2, 1) && !is_before(2, 2));
        assert!(is_before(u32::MAX, 5) && !is_before(5, u32::MAX));
        let at = Timestamp::from_second(4_294_967_300).unwrap();
        assert_eq!(moment(4, at).as_second(), 4_294_967_300);
        assert_eq!(moment(u32::MAX, at).as_second(), 4_294_967_295);
    }
}
