//! Is it proven that there is nothing? The records of a response that deny something, whichever kind they are.

use hickory_proto::dnssec::rdata::{DNSSECRData, NSEC, NSEC3};
use hickory_proto::rr::{Name, RData, Record, RecordType};

use super::nsec::NsecSet;
use super::nsec3::Nsec3Set;
use super::rrset::{Check, Keys, RrSet};
use crate::facts::dnssec::{Flaw, Nsec3Parameters};
use crate::facts::name::{DnsName, RrType};

/// What a set of denials proves of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    /// It is so.
    Proven,
    /// It is so, but for delegations that are not signed (opt-out).
    OptOut,
    /// No zone begins at the name.
    NoCut,
    /// It is not proven.
    Missing,
}

/// The denials of one response that the zone has signed.
#[derive(Debug)]
pub(super) struct Denials<'a> {
    zone: &'a Keys,
    nsec: NsecSet<'a>,
    nsec3: Nsec3Set<'a>,
    /// Why others do not count, the first reason.
    flaw: Option<Flaw>,
}

impl<'a> Denials<'a> {
    /// The NSEC and NSEC3 records of a section whose signatures count.
    pub(super) fn of(section: &'a [Record], keys: &'a Keys, check: &'a Check) -> Self {
        let mut flaw = None;
        let mut nsec: Vec<(&Name, &NSEC)> = Vec::new();
        let mut nsec3: Vec<(&Name, &NSEC3)> = Vec::new();
        let denies = |set: &RrSet<'_>| {
            [RecordType::NSEC, RecordType::NSEC3].contains(&set.rr_type)
                && keys.zone.zone_of(set.name)
        };
        for set in RrSet::all(section).into_iter().filter(denies) {
            match check.verify(&set, keys) {
                // A denial is of its own owner: one that comes from a wildcard denies nothing.
                Ok(proven) if proven.wildcard_at.is_some() => {}
                Ok(_) => {
                    for record in &set.records {
                        match &record.data {
                            // A gap that reaches out of the zone is none that the zone can tell.
                            RData::DNSSEC(DNSSECRData::NSEC(one))
                                if keys.zone.zone_of(one.next_domain_name()) =>
                            {
                                nsec.push((&record.name, one));
                            }
                            RData::DNSSEC(DNSSECRData::NSEC3(one)) => {
                                nsec3.push((&record.name, one));
                            }
                            _ => {}
                        }
                    }
                }
                Err(why) => flaw = flaw.or(Some(why)),
            }
        }
        Self {
            zone: keys,
            nsec: NsecSet(nsec),
            nsec3: Nsec3Set::new(&keys.zone, &nsec3, &check.budget),
            flaw,
        }
    }

    pub(super) fn parameters(&self) -> Option<Nsec3Parameters> {
        self.nsec3.parameters()
    }

    /// That the name does not exist.
    pub(super) fn no_name(&self, name: &Name, rr_type: RrType) -> Result<(), Flaw> {
        let proof = either(self.nsec.no_name(name), || self.nsec3.no_name(name));
        self.judged(proof, name, rr_type)
    }

    /// That the name has no record of the type.
    pub(super) fn no_data(&self, name: &Name, rr_type: RrType) -> Result<(), Flaw> {
        let wire = rr_type.as_wire();
        let proof = either(self.nsec.no_data(name, wire), || {
            self.nsec3.no_data(name, wire)
        });
        self.judged(proof, name, rr_type)
    }

    /// That no closer name keeps the wildcard below `encloser` from standing for this one.
    pub(super) fn wildcard_applies(
        &self,
        name: &Name,
        encloser: &Name,
        rr_type: RrType,
    ) -> Result<(), Flaw> {
        let proof = either(self.nsec.wildcard_applies(name, encloser), || {
            self.nsec3.wildcard_applies(name, encloser)
        });
        self.judged(proof, name, rr_type)
    }

    /// What is proven of a delegation at the name: unsigned, or none.
    pub(super) fn delegation(&self, name: &Name) -> Result<Proof, Flaw> {
        if let Some(flaw) = self.iterations() {
            return Err(flaw);
        }
        Ok(either(self.nsec.delegation(name), || {
            self.nsec3.delegation(name)
        }))
    }

    fn iterations(&self) -> Option<Flaw> {
        let iterations = self.nsec3.too_many_iterations()?;
        let zone = self.zone.zone.clone().into();
        Some(Flaw::Nsec3Iterations { zone, iterations })
    }

    fn judged(&self, proof: Proof, name: &Name, rr_type: RrType) -> Result<(), Flaw> {
        let zone: DnsName = self.zone.zone.clone().into();
        if let (Some(flaw), true) = (self.iterations(), self.nsec.is_empty()) {
            return Err(flaw);
        }
        match proof {
            Proof::Proven => Ok(()),
            Proof::OptOut => Err(Flaw::OptOut { zone }),
            Proof::NoCut | Proof::Missing => {
                Err(self.flaw.clone().unwrap_or(Flaw::DenialInvalid {
                    name: name.clone().into(),
                    r#type: rr_type,
                    zone,
                }))
            }
        }
    }
}

fn either(nsec: Proof, nsec3: impl FnOnce() -> Proof) -> Proof {
    match nsec {
        Proof::Missing => nsec3(),
        proof => proof,
    }
}
