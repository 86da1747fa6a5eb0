//! What NSEC records prove (RFC 4035 §5.4, RFC 6840 §4.1 and 4.3, RFC 9824).

use hickory_proto::dnssec::rdata::NSEC;
use hickory_proto::rr::{Name, RecordType, RecordTypeSet};

use super::denial::Proof;

/// NSEC records that a zone has signed.
#[derive(Debug, Default)]
pub(super) struct NsecSet<'a>(pub(super) Vec<(&'a Name, &'a NSEC)>);

/// What is in a gap at a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gap {
    /// The name does not exist.
    Nothing,
    /// It exists for the sake of the names below it.
    EmptyNonTerminal,
}

impl NsecSet<'_> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn at(&self, name: &Name) -> Option<&NSEC> {
        let own = self.0.iter().find(|(owner, _)| *owner == name);
        own.map(|(_, nsec)| *nsec)
    }

    /// The record in whose gap `name` lies. One from the parent's side of a cut, or at a DNAME, says nothing of what is below.
    fn covering(&self, name: &Name) -> Option<(&Name, &NSEC)> {
        self.0.iter().copied().find(|(owner, nsec)| {
            lies_between(owner, name, nsec.next_domain_name())
                && !(owner.zone_of(name) && hides_below(nsec.type_set()))
        })
    }

    /// What a gap shows of a name that has no record itself.
    fn gap_at(&self, name: &Name) -> Option<Gap> {
        let (_, nsec) = self.covering(name)?;
        Some(if name.zone_of(nsec.next_domain_name()) {
            Gap::EmptyNonTerminal
        } else {
            Gap::Nothing
        })
    }

    /// That the name does not exist and no wildcard stands for it.
    pub(super) fn no_name(&self, name: &Name) -> Proof {
        let Some((owner, nsec)) = self.covering(name) else {
            return Proof::Missing;
        };
        if name.zone_of(nsec.next_domain_name()) {
            // An empty non-terminal exists.
            return Proof::Missing;
        }
        let wildcard = wildcard(&closest_encloser(owner, nsec, name));
        match wildcard.and_then(|wildcard| self.gap_at(&wildcard)) {
            Some(Gap::Nothing) => Proof::Proven,
            _ => Proof::Missing,
        }
    }

    /// That the name exists, or a wildcard for it, without the type.
    pub(super) fn no_data(&self, name: &Name, rr_type: RecordType) -> Proof {
        if let Some(nsec) = self.at(name) {
            return lacks(nsec.type_set(), name, rr_type);
        }
        let Some((owner, nsec)) = self.covering(name) else {
            return Proof::Missing;
        };
        if name.zone_of(nsec.next_domain_name()) {
            return Proof::Proven;
        }
        let Some(wildcard) = wildcard(&closest_encloser(owner, nsec, name)) else {
            return Proof::Missing;
        };
        match self.at(&wildcard) {
            Some(nsec) => lacks(nsec.type_set(), name, rr_type),
            // A wildcard without records of its own stands for the name all the same (RFC 4592 §4.9).
            None if self.gap_at(&wildcard) == Some(Gap::EmptyNonTerminal) => Proof::Proven,
            None => Proof::Missing,
        }
    }

    /// That nothing is closer to the name than the wildcard below `encloser` (RFC 4035 §5.3.4).
    pub(super) fn wildcard_applies(&self, name: &Name, encloser: &Name) -> Proof {
        match self.covering(name) {
            Some((owner, nsec)) if closest_encloser(owner, nsec, name) == *encloser => {
                Proof::Proven
            }
            _ => Proof::Missing,
        }
    }

    /// What stands at a name that may be a delegation.
    pub(super) fn delegation(&self, name: &Name) -> Proof {
        match self.at(name) {
            Some(nsec) => no_ds(nsec.type_set()),
            None if self.covering(name).is_some() => Proof::NoCut,
            None => Proof::Missing,
        }
    }
}

/// What the types at a possible delegation say of its DS (RFC 6840 §4.4).
pub(super) fn no_ds(types: &RecordTypeSet) -> Proof {
    let has = |rr_type| has(types, rr_type);
    if has(RecordType::DS) || has(RecordType::SOA) {
        Proof::Missing
    } else if has(RecordType::NS) {
        Proof::Proven
    } else {
        Proof::NoCut
    }
}

/// Whether the record that stands at the name itself, or at its wildcard, proves that the type is not there.
pub(super) fn lacks(types: &RecordTypeSet, name: &Name, rr_type: RecordType) -> Proof {
    let has = |rr_type| has(types, rr_type);
    let present = match rr_type {
        // To ANY all that is there is an answer, but for what denies.
        RecordType::ANY => types
            .iter()
            .any(|own| ![RecordType::RRSIG, RecordType::NSEC].contains(&own)),
        _ => has(rr_type) || (has(RecordType::CNAME) && rr_type != RecordType::CNAME),
    };
    // Of a cut the parent knows only the DS, and the child all but the DS.
    let wrong_side = if rr_type == RecordType::DS {
        has(RecordType::SOA) && !name.is_root()
    } else {
        has(RecordType::NS) && !has(RecordType::SOA)
    };
    if present || wrong_side {
        Proof::Missing
    } else {
        Proof::Proven
    }
}

/// Whether the types are those of a cut's parent side, or of a DNAME: names below are not this zone's to deny.
pub(super) fn hides_below(types: &RecordTypeSet) -> bool {
    let has = |rr_type| has(types, rr_type);
    has(RecordType::DNAME) || (has(RecordType::NS) && !has(RecordType::SOA))
}

/// Whether a bitmap names the type.
pub(super) fn has(types: &RecordTypeSet, rr_type: RecordType) -> bool {
    types.iter().any(|own| own == rr_type)
}

/// The wildcard below a name.
pub(super) fn wildcard(encloser: &Name) -> Option<Name> {
    encloser.prepend_label(b"*".as_slice()).ok()
}

/// In canonical order, strictly; the last record of a zone points back to its apex (RFC 4034 §6.1).
fn lies_between(owner: &Name, name: &Name, next: &Name) -> bool {
    if owner < next {
        owner < name && name < next
    } else {
        next.zone_of(name) && name > owner
    }
}

/// The longest ancestor of `name` that the gap shows to exist.
fn closest_encloser(owner: &Name, nsec: &NSEC, name: &Name) -> Name {
    let next = nsec.next_domain_name();
    let shared = common_labels(owner, name).max(common_labels(next, name));
    name.trim_to(shared)
}

fn common_labels(one: &Name, other: &Name) -> usize {
    let pairs = one.iter().rev().zip(other.iter().rev());
    pairs
        .take_while(|(one, other)| one.eq_ignore_ascii_case(other))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::from_ascii(text).unwrap()
    }

    fn proof(
        records: &[(&str, &str, &[RecordType])],
        check: impl Fn(&NsecSet<'_>) -> Proof,
    ) -> Proof {
        let made: Vec<(Name, NSEC)> = records
            .iter()
            .map(|(owner, next, types)| (name(owner), NSEC::new(name(next), types.iter().copied())))
            .collect();
        check(&NsecSet(
            made.iter().map(|(owner, nsec)| (owner, nsec)).collect(),
        ))
    }

    const APEX: (&str, &str, &[RecordType]) = (
        "a.",
        "b.a.",
        &[RecordType::SOA, RecordType::NS, RecordType::A],
    );

    #[test]
    fn a_name_in_a_gap_with_its_wildcard_does_not_exist() {
        let gap = ("d.a.", "f.a.", [RecordType::A].as_slice());
        let both = [APEX, gap];
        assert_eq!(
            proof(&both, |set| set.no_name(&name("e.a."))),
            Proof::Proven
        );
        assert_eq!(
            proof(&[gap], |set| set.no_name(&name("e.a."))),
            Proof::Missing
        );
        assert_eq!(
            proof(&both, |set| set.no_name(&name("d.a."))),
            Proof::Missing
        );
    }

    #[test]
    fn the_last_gap_leads_back_to_the_apex() {
        let last = ("x.a.", "a.", [RecordType::A].as_slice());
        assert_eq!(
            proof(&[APEX, last], |set| set.no_name(&name("z.a."))),
            Proof::Proven
        );
        assert_eq!(
            proof(&[APEX, last], |set| set.no_name(&name("z.b."))),
            Proof::Missing
        );
    }

    #[test]
    fn an_empty_non_terminal_exists_and_has_no_data() {
        let gap = ("d.a.", "x.e.a.", [RecordType::A].as_slice());
        assert_eq!(
            proof(&[APEX, gap], |set| set.no_name(&name("e.a."))),
            Proof::Missing
        );
        assert_eq!(
            proof(&[gap], |set| set.no_data(&name("e.a."), RecordType::A)),
            Proof::Proven
        );
    }

    #[test]
    fn a_wildcard_that_is_an_empty_non_terminal_stands_for_the_name() {
        let records = [
            ("w.a.", "x.*.w.a.", [RecordType::A].as_slice()),
            ("d.w.a.", "f.w.a.", [RecordType::A].as_slice()),
        ];
        let name = name("e.w.a.");
        assert_eq!(proof(&records, |set| set.no_name(&name)), Proof::Missing);
        assert_eq!(
            proof(&records, |set| set.no_data(&name, RecordType::A)),
            Proof::Proven
        );
    }

    #[test]
    fn data_is_denied_by_the_bitmap_and_not_by_an_alias_or_from_above_the_cut() {
        let at = |types| [("d.a.", "f.a.", types)];
        let no_txt = |types: &'static [RecordType]| {
            proof(&at(types), |set| {
                set.no_data(&name("d.a."), RecordType::TXT)
            })
        };
        assert_eq!(no_txt(&[RecordType::A]), Proof::Proven);
        assert_eq!(no_txt(&[RecordType::TXT]), Proof::Missing);
        assert_eq!(no_txt(&[RecordType::CNAME]), Proof::Missing);
        assert_eq!(no_txt(&[RecordType::NS]), Proof::Missing);
    }

    #[test]
    fn any_is_denied_only_where_nothing_is() {
        let no_any = |types: &'static [RecordType]| {
            proof(&[("d.a.", "f.a.", types)], |set| {
                set.no_data(&name("d.a."), RecordType::ANY)
            })
        };
        assert_eq!(
            no_any(&[RecordType::RRSIG, RecordType::NSEC]),
            Proof::Proven
        );
        assert_eq!(no_any(&[RecordType::A, RecordType::NSEC]), Proof::Missing);
    }

    #[test]
    fn a_cut_denies_only_its_ds_and_nothing_below() {
        let cut = [("d.a.", "f.a.", [RecordType::NS].as_slice()), APEX];
        assert_eq!(
            proof(&cut, |set| set.delegation(&name("d.a."))),
            Proof::Proven
        );
        assert_eq!(
            proof(&cut, |set| set.no_name(&name("x.d.a."))),
            Proof::Missing
        );
        let host = [("d.a.", "f.a.", [RecordType::A].as_slice())];
        assert_eq!(
            proof(&host, |set| set.delegation(&name("d.a."))),
            Proof::NoCut
        );
    }

    #[test]
    fn a_wildcard_needs_the_gap_right_below_its_encloser() {
        let gap = ("d.w.a.", "f.w.a.", [RecordType::A].as_slice());
        let at = |encloser: &str| {
            proof(&[gap], |set| {
                set.wildcard_applies(&name("e.w.a."), &name(encloser))
            })
        };
        assert_eq!(at("w.a."), Proof::Proven);
        assert_eq!(at("a."), Proof::Missing);
    }
}
