//! What NSEC3 records prove (RFC 5155 §8.3 to 8.8).

use data_encoding::BASE32_DNSSEC;
use hickory_proto::dnssec::Nsec3HashAlgorithm;
use hickory_proto::dnssec::rdata::NSEC3;
use hickory_proto::rr::{Name, RecordType};

use super::budget::Budget;
use super::denial::Proof;
use super::nsec::{hides_below, lacks, no_ds, wildcard};
use crate::facts::dnssec::Nsec3Parameters;

/// Above so many additional iterations validators treat a zone as insecure (RFC 9276 §3.2; hickory and Knot: 100 or less).
const ITERATIONS_INSECURE: u16 = 100;

/// NSEC3 records of one zone with the same parameters, as it has signed them.
#[derive(Debug)]
pub(super) struct Nsec3Set<'a> {
    zone: Name,
    budget: &'a Budget,
    records: Vec<(Vec<u8>, &'a NSEC3)>,
}

/// The closest ancestor that exists, and whether the gap that shows the next name not to exist is an opt-out.
struct Encloser {
    name: Name,
    opt_out: bool,
}

impl<'a> Nsec3Set<'a> {
    /// The records whose parameters are those of the first (RFC 5155 §8.2).
    pub(super) fn new(zone: &Name, found: &[(&'a Name, &'a NSEC3)], budget: &'a Budget) -> Self {
        // Flags that nobody has defined make a record one to be ignored.
        let mut readable = found.iter().filter(|(_, nsec3)| nsec3.flags() & 0xfe == 0);
        let first = readable.clone().next().map(|(_, nsec3)| *nsec3);
        let alike = |nsec3: &NSEC3| {
            first.is_some_and(|first| {
                first.iterations() == nsec3.iterations() && first.salt() == nsec3.salt()
            })
        };
        let records = readable
            .by_ref()
            .filter(|(owner, nsec3)| alike(nsec3) && owner.base_name() == *zone)
            .filter_map(|(owner, nsec3)| Some((hash_of(owner)?, *nsec3)))
            .collect();
        Self {
            zone: zone.clone(),
            budget,
            records,
        }
    }

    /// The parameters of the records.
    pub(super) fn parameters(&self) -> Option<Nsec3Parameters> {
        let (_, first) = self.records.first()?;
        Some(Nsec3Parameters {
            iterations: first.iterations(),
            salt_length: first.salt().len(),
            opt_out: self.records.iter().any(|(_, nsec3)| nsec3.opt_out()),
        })
    }

    /// The number of iterations, when it is more than validators do.
    pub(super) fn too_many_iterations(&self) -> Option<u16> {
        let iterations = self.parameters()?.iterations;
        (iterations > ITERATIONS_INSECURE).then_some(iterations)
    }

    fn hash(&self, name: &Name) -> Option<Vec<u8>> {
        let (_, first) = self.records.first()?;
        // What asks for more rounds than validators do proves nothing, and costs nothing.
        if first.iterations() > ITERATIONS_INSECURE || !self.budget.take_hash() {
            return None;
        }
        let hashed = Nsec3HashAlgorithm::SHA1.hash(first.salt(), name, first.iterations());
        Some(hashed.ok()?.as_ref().to_vec())
    }

    fn at(&self, name: &Name) -> Option<&NSEC3> {
        let hash = self.hash(name)?;
        let own = self.records.iter().find(|(owner, _)| *owner == hash);
        own.map(|(_, nsec3)| *nsec3)
    }

    fn covering(&self, name: &Name) -> Option<&NSEC3> {
        let hash = self.hash(name)?;
        let covers = |(owner, nsec3): &&(Vec<u8>, &NSEC3)| {
            let (owner, next) = (owner.as_slice(), nsec3.next_hashed_owner_name());
            if owner < next {
                owner < hash.as_slice() && hash.as_slice() < next
            } else {
                hash.as_slice() > owner || hash.as_slice() < next
            }
        };
        self.records.iter().find(covers).map(|(_, nsec3)| *nsec3)
    }

    /// The closest encloser proof (RFC 5155 §8.3) of a name that itself has no record.
    fn encloser(&self, name: &Name) -> Option<Encloser> {
        let own = self.zone.iter().count();
        let labels = name.iter().count();
        for shared in (own..labels).rev() {
            let candidate = name.trim_to(shared);
            let Some(nsec3) = self.at(&candidate) else {
                continue;
            };
            if hides_below(nsec3.type_set()) {
                return None;
            }
            let gap = self.covering(&name.trim_to(shared + 1))?;
            return Some(Encloser {
                name: candidate,
                opt_out: gap.opt_out(),
            });
        }
        None
    }

    /// That the name does not exist and no wildcard stands for it (RFC 5155 §8.4).
    pub(super) fn no_name(&self, name: &Name) -> Proof {
        let Some(encloser) = self.encloser(name) else {
            return Proof::Missing;
        };
        match wildcard(&encloser.name) {
            Some(wildcard) if self.covering(&wildcard).is_some() => proven(encloser.opt_out),
            _ => Proof::Missing,
        }
    }

    /// That the name exists, or a wildcard for it, without the type (RFC 5155 §8.5 to 8.7).
    pub(super) fn no_data(&self, name: &Name, rr_type: RecordType) -> Proof {
        if let Some(nsec3) = self.at(name) {
            return lacks(nsec3.type_set(), name, rr_type);
        }
        let Some(encloser) = self.encloser(name) else {
            return Proof::Missing;
        };
        let wildcard = wildcard(&encloser.name);
        if let Some(nsec3) = wildcard.and_then(|wildcard| self.at(&wildcard)) {
            return match lacks(nsec3.type_set(), name, rr_type) {
                Proof::Proven => proven(encloser.opt_out),
                other => other,
            };
        }
        if encloser.opt_out {
            Proof::OptOut
        } else {
            Proof::Missing
        }
    }

    /// That nothing is closer to the name than the wildcard below `encloser` (RFC 5155 §8.8).
    pub(super) fn wildcard_applies(&self, name: &Name, encloser: &Name) -> Proof {
        let next_closer = name.trim_to(encloser.iter().count() + 1);
        match self.covering(&next_closer) {
            Some(gap) => proven(gap.opt_out()),
            None => Proof::Missing,
        }
    }

    /// What stands at a name that may be a delegation (RFC 5155 §8.9).
    pub(super) fn delegation(&self, name: &Name) -> Proof {
        if let Some(nsec3) = self.at(name) {
            return no_ds(nsec3.type_set());
        }
        match self.encloser(name) {
            Some(Encloser { opt_out: true, .. }) => Proof::OptOut,
            Some(_) => Proof::NoCut,
            None => Proof::Missing,
        }
    }
}

fn proven(opt_out: bool) -> Proof {
    if opt_out {
        Proof::OptOut
    } else {
        Proof::Proven
    }
}

/// The hash in the first label of an owner.
fn hash_of(owner: &Name) -> Option<Vec<u8>> {
    let label = owner.iter().next()?.to_ascii_lowercase();
    BASE32_DNSSEC.decode(&label).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use RecordType as T;

    fn name(text: &str) -> Name {
        Name::from_ascii(text).unwrap()
    }

    /// The records of a zone `a.` with these names, in the order of their hashes.
    struct Signed(Vec<(Name, NSEC3)>);

    impl Signed {
        fn new(names: &[(&str, &[T])], opt_out: bool) -> Self {
            let hash = |text: &str| {
                let hash = Nsec3HashAlgorithm::SHA1.hash(b"s", &name(text), 1);
                hash.unwrap().as_ref().to_vec()
            };
            let mut hashed: Vec<(Vec<u8>, &[T])> = names
                .iter()
                .map(|(text, types)| (hash(text), *types))
                .collect();
            hashed.sort();
            let next = |index: usize| hashed[(index + 1) % hashed.len()].0.clone();
            let records = hashed.iter().enumerate().map(|(index, (hash, types))| {
                let owner = name(&format!("{}.a.", BASE32_DNSSEC.encode(hash)));
                let types = types.iter().copied();
                let nsec3 = NSEC3::new(
                    Nsec3HashAlgorithm::SHA1,
                    opt_out,
                    1,
                    b"s".to_vec(),
                    next(index),
                    types,
                );
                (owner, nsec3)
            });
            Self(records.collect())
        }

        fn proof(&self, check: impl Fn(&Nsec3Set<'_>) -> Proof) -> Proof {
            let budget = Budget::default();
            let found: Vec<(&Name, &NSEC3)> =
                self.0.iter().map(|(owner, nsec3)| (owner, nsec3)).collect();
            check(&Nsec3Set::new(&name("a."), &found, &budget))
        }
    }

    const ZONE: [(&str, &[T]); 3] = [
        ("a.", &[T::SOA, T::NS]),
        ("h.a.", &[T::A]),
        ("cut.a.", &[T::NS]),
    ];

    #[test]
    fn a_name_that_is_not_there_is_denied_unless_it_is_there() {
        let zone = Signed::new(&ZONE, false);
        assert_eq!(zone.proof(|set| set.no_name(&name("x.a."))), Proof::Proven);
        assert_eq!(zone.proof(|set| set.no_name(&name("h.a."))), Proof::Missing);
        assert_eq!(
            zone.proof(|set| set.no_name(&name("x.cut.a."))),
            Proof::Missing
        );
    }

    #[test]
    fn data_is_denied_at_the_name_and_behind_a_wildcard() {
        let mut names = ZONE.to_vec();
        names.push(("*.w.a.", &[T::A]));
        names.push(("w.a.", &[]));
        let zone = Signed::new(&names, false);
        assert_eq!(
            zone.proof(|set| set.no_data(&name("h.a."), T::TXT)),
            Proof::Proven
        );
        assert_eq!(
            zone.proof(|set| set.no_data(&name("h.a."), T::A)),
            Proof::Missing
        );
        assert_eq!(
            zone.proof(|set| set.no_data(&name("x.w.a."), T::TXT)),
            Proof::Proven
        );
        assert_eq!(
            zone.proof(|set| set.no_data(&name("x.w.a."), T::A)),
            Proof::Missing
        );
    }

    #[test]
    fn a_delegation_without_ds_is_told_from_a_host_and_from_an_opt_out() {
        let zone = Signed::new(&ZONE, false);
        assert_eq!(
            zone.proof(|set| set.delegation(&name("cut.a."))),
            Proof::Proven
        );
        assert_eq!(
            zone.proof(|set| set.delegation(&name("h.a."))),
            Proof::NoCut
        );
        assert_eq!(
            zone.proof(|set| set.delegation(&name("x.a."))),
            Proof::NoCut
        );
        let loose = Signed::new(&ZONE, true);
        assert_eq!(
            loose.proof(|set| set.delegation(&name("x.a."))),
            Proof::OptOut
        );
        assert_eq!(loose.proof(|set| set.no_name(&name("x.a."))), Proof::OptOut);
    }
}
