//! What makes clients refuse a certificate in a path, each rule for itself (RFC 5280 §6.1, and what browsers, OpenSSL or Go add).

use jiff::Timestamp;

use super::Moments;
use super::certificate::{Cert, id};
use super::constraints::{Broken, Budget, Constraints};
use super::key;
use super::policies;
use super::search::Path;
use crate::facts::tls::{Distrust, Malformation};
use crate::verify::der;

/// Extensions that path validation knows what to do with, so that they may be critical (RFC 5280 §6.1, §4.2).
const PROCESSED: [&[u8]; 17] = [
    id::SUBJECT_DIRECTORY,
    id::SUBJECT_KEY_ID,
    id::KEY_USAGE,
    id::ALTERNATIVE_NAME,
    id::ISSUER_ALTERNATIVE_NAME,
    id::BASIC_CONSTRAINTS,
    id::NAME_CONSTRAINTS,
    id::CRL_POINTS,
    id::POLICIES,
    id::POLICY_MAPPINGS,
    id::AUTHORITY_KEY_ID,
    id::POLICY_CONSTRAINTS,
    id::EXTENDED_KEY_USAGE,
    id::FRESHEST_CRL,
    id::INHIBIT_ANY_POLICY,
    id::AUTHORITY_ACCESS,
    id::TLS_FEATURE,
];

/// The faults of a leaf, but for its validity in time.
pub(super) fn of_leaf(leaf: &Cert<'_>) -> Vec<Distrust> {
    let mut faults = common(leaf);
    faults.extend(malformed_signature(leaf));
    faults
}

/// The faults of a certificate as one that issues others.
pub(super) fn of_authority(authority: &Cert<'_>, at: Moments) -> Vec<Distrust> {
    let subject = || authority.subject();
    let mut faults = common(authority);
    faults.extend(malformed_signature(authority));
    if !authority.is_authority() {
        faults.push(Distrust::NotAnAuthority { subject: subject() });
    }
    faults.extend(of_issuing(authority, at));
    faults
}

/// The faults of an anchor's own certificate, as far as clients look at it. One without basic constraints, of version 1, is no
/// less an anchor.
pub(super) fn of_anchor(anchor: &Cert<'_>, at: Moments) -> Vec<Distrust> {
    let mut faults = common(anchor);
    if anchor.basic_constraints().is_some_and(|found| !found.ca) {
        let subject = anchor.subject();
        faults.push(Distrust::NotAnAuthority { subject });
    }
    faults.extend(of_issuing(anchor, at));
    faults
}

fn of_issuing(authority: &Cert<'_>, at: Moments) -> Vec<Distrust> {
    let subject = || authority.subject();
    let mut faults = Vec::new();
    let validity = authority.x509.validity();
    let moment = |time: x509_parser::time::ASN1Time| Timestamp::from_second(time.timestamp()).ok();
    if at.are_after(validity.not_after.timestamp()) {
        faults.push(Distrust::AuthorityExpired {
            subject: subject(),
            not_after: moment(validity.not_after),
        });
    }
    if at.are_before(validity.not_before.timestamp()) {
        faults.push(Distrust::AuthorityNotYetValid {
            subject: subject(),
            not_before: moment(validity.not_before),
        });
    }
    if authority
        .key_usage()
        .is_some_and(|usage| !usage.key_cert_sign())
    {
        faults.push(Distrust::MustNotSign { subject: subject() });
    }
    faults
}

/// What holds for every certificate.
fn common(certificate: &Cert<'_>) -> Vec<Distrust> {
    let subject = || certificate.subject();
    let mut faults = Vec::new();
    // Any purpose is not this one for Firefox and OpenSSL, as RFC 5280 §4.2.1.12 lets them.
    if certificate
        .purposes()
        .is_some_and(|purposes| !purposes.server_auth)
    {
        faults.push(Distrust::NotForServers { subject: subject() });
    }
    for (index, extension) in certificate.x509.extensions().iter().enumerate() {
        let oid = || extension.oid.to_id_string();
        if extension.critical && !PROCESSED.contains(&extension.oid.as_bytes()) {
            faults.push(Distrust::UnknownCriticalExtension {
                subject: subject(),
                oid: oid(),
            });
        }
        let before = certificate.x509.extensions().iter().take(index);
        if before.into_iter().any(|other| other.oid == extension.oid) {
            let what = Malformation::ExtensionTwice { oid: oid() };
            faults.push(Distrust::Malformed {
                subject: subject(),
                what,
            });
        }
        if needs_reading(extension.oid.as_bytes()) && extension.parsed_extension().error().is_some()
        {
            let what = Malformation::ExtensionUnreadable { oid: oid() };
            faults.push(Distrust::Malformed {
                subject: subject(),
                what,
            });
        }
    }
    faults.extend(key::fault(certificate));
    faults
}

/// The extensions without whose content no path can be judged.
fn needs_reading(oid: &[u8]) -> bool {
    [
        id::KEY_USAGE,
        id::BASIC_CONSTRAINTS,
        id::EXTENDED_KEY_USAGE,
        id::ALTERNATIVE_NAME,
        id::NAME_CONSTRAINTS,
    ]
    .contains(&oid)
}

/// RFC 5280 §4.1.1.2: the algorithm stands inside and outside of what is signed, and must be the same.
fn malformed_signature(certificate: &Cert<'_>) -> Option<Distrust> {
    let parts = der::sequence(certificate.der)?;
    let [body, outer, _] = parts.as_slice() else {
        return None;
    };
    let fields = der::elements(body.content)?;
    let inner = fields
        .iter()
        .find(|field| field.tag == der::SEQUENCE)
        .map(|field| field.whole);
    (inner != Some(outer.whole)).then(|| Distrust::Malformed {
        subject: certificate.subject(),
        what: Malformation::AlgorithmsDiffer,
    })
}

/// The faults of a path as a whole: its length, and the names that its authorities may issue for.
pub(super) fn of_path(path: &Path<'_, '_>, anchor: Option<&Cert<'_>>) -> Vec<Distrust> {
    let mut faults = too_long(path, anchor);
    let unmet = policies::unmet(&path.certificates);
    faults.extend(unmet.map(|subject| Distrust::NoValidPolicy { subject }));
    let mut budget = Budget::default();
    for (above, authority) in path.certificates.iter().enumerate().skip(1) {
        let value = authority
            .extension(id::NAME_CONSTRAINTS)
            .map(|own| own.value);
        let below = path.certificates.get(..above).unwrap_or_default();
        faults.extend(breaks(value, authority.subject(), below, &mut budget));
    }
    let value = path.anchor.and_then(|anchor| anchor.constraints.as_deref());
    let name = || path.anchor.map(|anchor| anchor.name()).unwrap_or_default();
    if value.is_some() {
        faults.extend(breaks(value, name(), &path.certificates, &mut budget));
    }
    faults
}

/// Self-issued certificates, in which an authority changes its own key, do not count (RFC 5280 §6.1.4 (l)).
fn too_long(path: &Path<'_, '_>, anchor: Option<&Cert<'_>>) -> Vec<Distrust> {
    let counted = |below: &[&Cert<'_>]| {
        let between = below.iter().skip(1);
        between.filter(|between| !between.is_self_issued()).count()
    };
    let with_anchor = path.certificates.iter().copied().chain(anchor);
    let mut faults = Vec::new();
    for (above, authority) in with_anchor.enumerate().skip(1) {
        let limit = authority
            .basic_constraints()
            .and_then(|found| found.path_len_constraint);
        let below = path.certificates.get(..above).unwrap_or_default();
        if let Some(path_len) = limit
            && counted(below) > usize::try_from(path_len).unwrap_or(usize::MAX)
        {
            faults.push(Distrust::PathTooLong {
                subject: authority.subject(),
                path_len,
            });
        }
    }
    faults
}

/// Whether a name of the certificates below breaks the constraints of an authority.
fn breaks(
    value: Option<&[u8]>,
    subject: String,
    below: &[&Cert<'_>],
    budget: &mut Budget,
) -> Option<Distrust> {
    let unreadable = |subject: String| Distrust::Malformed {
        subject,
        what: Malformation::ExtensionUnreadable {
            oid: "2.5.29.30".to_owned(),
        },
    };
    let Some(constraints) = Constraints::read(value?) else {
        return Some(unreadable(subject));
    };
    let bound =
        |(index, certificate): &(usize, &&Cert<'_>)| *index == 0 || !certificate.is_self_issued();
    for (_, certificate) in below.iter().enumerate().filter(bound) {
        match constraints.check(certificate, budget) {
            Ok(()) => {}
            Err(Broken::Name(presented)) => {
                return Some(Distrust::NameNotAllowed { subject, presented });
            }
            Err(Broken::TooMany) => {
                let limit = "COMPARISONS".to_owned();
                return Some(Distrust::LimitReached { limit });
            }
            Err(Broken::Unreadable) => return Some(unreadable(certificate.subject())),
        }
    }
    None
}
