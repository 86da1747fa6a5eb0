//! Name constraints: for which names an authority may issue (RFC 5280 §4.2.1.10), all kinds of names.

mod base;
mod presented;

use super::certificate::Cert;
use crate::verify::der::{self, Element};
use base::Base;
use presented::{Presented, presented};

/// Comparisons of names with constraints in one path. Go and webpki end at the same number: 2,048 constraints on 2,048 names
/// would take seconds.
const COMPARISONS: usize = 250_000;

/// How many comparisons are left.
#[derive(Debug)]
pub(super) struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Self(COMPARISONS)
    }
}

/// Why a name breaks a constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// The constraints cannot be read, or are of a form that RFC 5280 forbids.
    Unreadable,
    /// This name, after its kind, lies outside of what is permitted or inside of what is excluded.
    Name(String),
    /// There are too many names and constraints to compare.
    TooMany,
}

/// The constraints of one authority.
#[derive(Debug)]
pub(super) struct Constraints {
    permitted: Vec<Base>,
    excluded: Vec<Base>,
}

impl Constraints {
    /// Reads the extension's value. `None` for what clients refuse to read.
    pub(super) fn read(value: &[u8]) -> Option<Self> {
        let mut both = Self {
            permitted: Vec::new(),
            excluded: Vec::new(),
        };
        let fields = der::sequence(value)?;
        if !fields.is_sorted_by(|one, next| one.tag < next.tag) {
            return None;
        }
        for field in &fields {
            match field.tag {
                0xa0 => both.permitted = bases(field)?,
                0xa1 => both.excluded = bases(field)?,
                _ => return None,
            }
        }
        (!fields.is_empty()).then_some(both)
    }

    /// Holds every name of `certificate` against the constraints.
    pub(super) fn check(&self, certificate: &Cert<'_>, budget: &mut Budget) -> Result<(), Broken> {
        for name in presented(certificate).ok_or(Broken::Unreadable)? {
            self.check_name(&name, budget)?;
        }
        Ok(())
    }

    fn check_name(&self, name: &Presented, budget: &mut Budget) -> Result<(), Broken> {
        let broken = || Broken::Name(name.in_words());
        for base in &self.excluded {
            spend(budget)?;
            if base.touches(name).ok_or_else(broken)? {
                return Err(broken());
            }
        }
        let mut of_its_kind = false;
        for base in &self.permitted {
            spend(budget)?;
            if !base.is_of_kind(name) {
                continue;
            }
            of_its_kind = true;
            if base.holds(name).ok_or_else(broken)? {
                return Ok(());
            }
        }
        if of_its_kind { Err(broken()) } else { Ok(()) }
    }
}

fn spend(budget: &mut Budget) -> Result<(), Broken> {
    budget.0 = budget.0.checked_sub(1).ok_or(Broken::TooMany)?;
    Ok(())
}

/// The bases of GeneralSubtrees, at least one. `minimum` and `maximum` must not be there (in DER 0, the default, is left out).
fn bases(field: &Element<'_>) -> Option<Vec<Base>> {
    let subtrees = der::elements(field.content).filter(|subtrees| !subtrees.is_empty())?;
    subtrees
        .iter()
        .map(|subtree| match der::sequence(subtree.whole)?.as_slice() {
            [base] => Base::read(base),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::certificate::general_name;
    use super::*;

    #[test]
    fn empty_constraints_and_what_is_no_sequence_are_not_read() {
        assert!(Constraints::read(&[0x30, 0]).is_none());
        assert!(Constraints::read(&[0x30, 4, 0xa0, 0, 0xa1, 0]).is_none());
        assert!(Constraints::read(&[0x05, 0]).is_none());
    }

    #[test]
    fn permitted_and_excluded_stand_in_this_order_once_and_with_a_base() {
        let subtree = der::wrapped(
            der::SEQUENCE,
            &der::wrapped(general_name::DNS, b"a.example"),
        );
        let permitted = der::wrapped(0xa0, &subtree);
        let excluded = der::wrapped(0xa1, &subtree);
        let reads = |fields: &[&[u8]]| {
            Constraints::read(&der::wrapped(der::SEQUENCE, &fields.concat())).is_some()
        };
        assert!(reads(&[&permitted]));
        assert!(reads(&[&excluded]));
        assert!(reads(&[&permitted, &excluded]));
        assert!(!reads(&[&excluded, &permitted]));
        assert!(!reads(&[&permitted, &permitted]));
        assert!(!reads(&[&[0xa0, 0], &excluded]));
        assert!(!reads(&[&permitted, &[0xa1, 0]]));
    }
}
