//! Where a certificate departs from the standards although clients accept it: a table of clauses, each with its check.
//!
//! What clients refuse is in `faults`. Anchors of the public store are not examined: the store decided on them.

mod baseline;
mod encoding;
mod extensions;
mod fields;
mod names;
#[cfg(test)]
#[cfg(feature = "demo")]
mod testing;

use jiff::Timestamp;

use super::certificate::Cert;
use crate::facts::tls::{Departure, Standard};

/// A certificate, and what its clauses depend on.
pub(super) struct Examined<'x, 'a> {
    pub(super) certificate: &'x Cert<'a>,
    pub(super) role: Role,
    /// The certificate of its issuer, where there is one.
    pub(super) issuer: Option<&'x Cert<'x>>,
    /// The SubjectPublicKeyInfo of its issuer.
    pub(super) issuer_key: Option<&'x [u8]>,
    /// Whether it is signed with its own key.
    pub(super) self_signed: bool,
}

/// What a certificate is in a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The server's own.
    Leaf,
    /// An authority between.
    Authority,
    /// The anchor's own.
    Anchor,
}

/// One clause: `Some` of what was found is a departure.
struct Clause {
    standard: Standard,
    section: &'static str,
    rule: &'static str,
    check: fn(&Examined<'_, '_>) -> Option<String>,
}

const fn rfc5280(
    section: &'static str,
    rule: &'static str,
    check: fn(&Examined<'_, '_>) -> Option<String>,
) -> Clause {
    let standard = Standard::Rfc5280;
    Clause {
        standard,
        section,
        rule,
        check,
    }
}

const fn baseline(
    section: &'static str,
    rule: &'static str,
    check: fn(&Examined<'_, '_>) -> Option<String>,
) -> Clause {
    let standard = Standard::Baseline;
    Clause {
        standard,
        section,
        rule,
        check,
    }
}

/// 2023-09-15: certificates issued before were made under requirements with other profiles.
const BASELINE_PROFILES: i64 = 1_694_736_000;

/// Every departure of one certificate. The Baseline Requirements bind public authorities since [`BASELINE_PROFILES`]; a private
/// chain is held against what they say today.
pub(super) fn departures(examined: &Examined<'_, '_>, public: bool) -> Vec<Departure> {
    let certificate = examined.certificate;
    let issued = certificate.x509.validity().not_before.timestamp();
    let bound = !public || issued >= BASELINE_PROFILES;
    let clauses = [
        encoding::CLAUSES,
        fields::CLAUSES,
        extensions::CLAUSES,
        names::CLAUSES,
        baseline::CLAUSES,
    ];
    let clauses = clauses.into_iter().flatten();
    let binding = clauses.filter(|clause| bound || clause.standard != Standard::Baseline);
    let found = binding.filter_map(|clause| Some((clause, (clause.check)(examined)?)));
    found
        .map(|(clause, found)| Departure {
            standard: clause.standard,
            clause: clause.section.to_owned(),
            certificate: certificate.place,
            subject: certificate.subject(),
            rule: clause.rule.to_owned(),
            found,
        })
        .collect()
}

impl Examined<'_, '_> {
    /// Whether it may issue others.
    fn is_above(&self) -> bool {
        self.role != Role::Leaf
    }
}

/// A date for what was found.
fn shown(time: x509_parser::time::ASN1Time) -> String {
    Timestamp::from_second(time.timestamp())
        .map(|time| time.strftime("%Y-%m-%d").to_string())
        .unwrap_or_default()
}
