//! What a signed zone says to prove that something is not there: NSEC (RFC 4035 §3.1.3) or NSEC3 records (RFC 5155 §7.2).

use std::collections::{BTreeMap, BTreeSet};

use data_encoding::BASE32_DNSSEC;
use hickory_proto::dnssec::Nsec3HashAlgorithm;
use hickory_proto::dnssec::rdata::{DNSSECRData, NSEC, NSEC3};
use hickory_proto::rr::{Name, RData, Record, RecordType};

use super::sign::Denial;
use super::zone::ZoneData;

/// Seconds that a denial may be kept: the SOA's minimum.
const TTL: u32 = 60;

/// What is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Absent {
    /// The name, and no wildcard gives it the type.
    Name,
    /// The type, at a name that exists.
    Type,
    /// The name, for which a wildcard answered.
    CloserName,
}

/// All denials of a zone, in the order in which they point at each other.
#[derive(Debug)]
pub(super) enum Links {
    /// By owner.
    Named(BTreeMap<Name, Record>),
    /// By hash.
    Hashed {
        records: BTreeMap<Vec<u8>, Record>,
        iterations: u16,
        salt: Vec<u8>,
    },
}

impl Links {
    pub(super) fn of(zone: &ZoneData, denial: &Denial) -> Self {
        match denial {
            Denial::Missing => Self::Named(BTreeMap::new()),
            Denial::Nsec => Self::Named(named(zone)),
            Denial::Nsec3 {
                iterations,
                salt,
                opt_out,
            } => Self::Hashed {
                records: hashed(zone, *iterations, salt, *opt_out),
                iterations: *iterations,
                salt: salt.clone(),
            },
        }
    }

    /// The records that prove it, each once.
    pub(super) fn proof(&self, zone: &ZoneData, name: &Name, absent: Absent) -> Vec<Record> {
        let mut proof: Vec<Record> = Vec::new();
        for telling in self.telling(zone, name, absent) {
            if let Some(record) = self.at_or_before(&telling)
                && !proof.contains(record)
            {
                proof.push(record.clone());
            }
        }
        proof
    }

    /// The names of which something must be shown.
    fn telling(&self, zone: &ZoneData, name: &Name, absent: Absent) -> Vec<Name> {
        let encloser = |exists: &dyn Fn(&Name) -> bool| {
            let above = (0..=name.iter().count()).rev();
            let mut above = above.map(|labels| name.trim_to(labels));
            above
                .find(|candidate| exists(candidate))
                .unwrap_or_else(Name::root)
        };
        match (self, absent) {
            (Self::Named(_), Absent::Type | Absent::CloserName) => vec![name.clone()],
            (Self::Named(_), Absent::Name) => {
                let wildcard = encloser(&|candidate| zone.exists(candidate)).prepend_label("*");
                std::iter::once(name.clone()).chain(wildcard.ok()).collect()
            }
            (Self::Hashed { .. }, Absent::Type) if self.has(name) => vec![name.clone()],
            (Self::Hashed { .. }, _) => {
                let encloser = encloser(&|candidate| self.has(candidate));
                let closer = name.trim_to(encloser.iter().count() + 1);
                let wildcard = encloser.prepend_label("*").ok();
                match absent {
                    Absent::CloserName => vec![closer],
                    Absent::Type => vec![encloser, closer],
                    Absent::Name => [encloser, closer].into_iter().chain(wildcard).collect(),
                }
            }
        }
    }

    fn has(&self, name: &Name) -> bool {
        match self {
            Self::Named(records) => records.contains_key(name),
            Self::Hashed {
                records,
                iterations,
                salt,
            } => hash(name, *iterations, salt).is_some_and(|hash| records.contains_key(&hash)),
        }
    }

    /// The record of the name, or the one whose gap it lies in.
    fn at_or_before(&self, name: &Name) -> Option<&Record> {
        match self {
            Self::Named(records) => Some(before(records, name)?.1),
            Self::Hashed {
                records,
                iterations,
                salt,
            } => Some(before(records, &hash(name, *iterations, salt)?)?.1),
        }
    }
}

fn before<'a, K: Ord>(records: &'a BTreeMap<K, Record>, key: &K) -> Option<(&'a K, &'a Record)> {
    let own = records.range(..=key).next_back();
    own.or_else(|| records.last_key_value())
}

fn hash(name: &Name, iterations: u16, salt: &[u8]) -> Option<Vec<u8>> {
    let digest = Nsec3HashAlgorithm::SHA1.hash(salt, name, iterations).ok()?;
    Some(digest.as_ref().to_vec())
}

/// Each with the one after it; the last points at the first.
fn paired<T: Clone>(items: Vec<T>) -> Vec<(T, T)> {
    let next = items.clone().into_iter().cycle().skip(1);
    items.into_iter().zip(next).collect()
}

fn named(zone: &ZoneData) -> BTreeMap<Name, Record> {
    let owners: Vec<Name> = zone.owners().cloned().collect();
    let records = paired(owners).into_iter().map(|(owner, next)| {
        let types = zone.types_at(&owner);
        let data = NSEC::new(
            next,
            types
                .into_iter()
                .chain([RecordType::NSEC, RecordType::RRSIG]),
        );
        let data = RData::DNSSEC(DNSSECRData::NSEC(data));
        (owner.clone(), Record::from_rdata(owner, TTL, data))
    });
    records.collect()
}

fn hashed(
    zone: &ZoneData,
    iterations: u16,
    salt: &[u8],
    opt_out: bool,
) -> BTreeMap<Vec<u8>, Record> {
    let left_out = |name: &Name| opt_out && zone.is_unsigned_cut(name);
    let mut names: BTreeSet<Name> = BTreeSet::new();
    for owner in zone.owners().filter(|owner| !left_out(owner)) {
        let apex = zone.origin.iter().count();
        names.extend((apex..=owner.iter().count()).map(|labels| owner.trim_to(labels)));
    }
    let own = names.into_iter();
    let mut hashes: Vec<(Vec<u8>, Name)> = own
        .filter_map(|name| Some((hash(&name, iterations, salt)?, name)))
        .collect();
    hashes.sort();
    let records = paired(hashes)
        .into_iter()
        .filter_map(|((hash, name), (next, _))| {
            let mut types = zone.types_at(&name);
            if !types.is_empty() && !zone.is_unsigned_cut(&name) {
                types.insert(RecordType::RRSIG);
            }
            let algorithm = Nsec3HashAlgorithm::SHA1;
            let data = NSEC3::new(algorithm, opt_out, iterations, salt.to_vec(), next, types);
            let label = BASE32_DNSSEC.encode(&hash);
            let owner = zone.origin.prepend_label(label.as_bytes()).ok()?;
            let data = RData::DNSSEC(DNSSECRData::NSEC3(data));
            Some((hash, Record::from_rdata(owner, TTL, data)))
        });
    records.collect()
}
