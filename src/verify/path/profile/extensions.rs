//! Extensions but for those of names: RFC 5280 §4.2.

use x509_parser::extensions::ParsedExtension;
use x509_parser::x509::X509Version;

use super::super::certificate::id;
use super::{Clause, Examined, Role, rfc5280};
use crate::verify::der;

pub(super) const CLAUSES: &[Clause] = &[
    rfc5280("4.2", "extension-unreadable", unreadable),
    rfc5280("4.2.1.1", "authority-key-id-missing", authority_key_id),
    rfc5280("4.2.1.1", "authority-key-id-halved", authority_key_id_pair),
    rfc5280("4.2.1.1", "authority-key-id-critical", |own| {
        critical(own, id::AUTHORITY_KEY_ID)
    }),
    rfc5280("4.2.1.2", "subject-key-id-missing", subject_key_id),
    rfc5280("4.2.1.2", "subject-key-id-critical", |own| {
        critical(own, id::SUBJECT_KEY_ID)
    }),
    rfc5280("4.2.1.2", "key-id-differs", key_ids),
    rfc5280("4.2.1.3", "key-usage-missing", key_usage),
    rfc5280("4.2.1.3", "key-usage-empty", key_usage_bits),
    rfc5280(
        "4.2.1.3",
        "certificate-sign-without-authority",
        certificate_sign,
    ),
    rfc5280("4.2.1.4", "policy-twice", policy_twice),
    rfc5280("4.2.1.4", "policies-empty", |own| empty(own, id::POLICIES)),
    rfc5280("4.2.1.5", "policy-mappings-empty", |own| {
        empty(own, id::POLICY_MAPPINGS)
    }),
    rfc5280("4.2.1.5", "any-policy-mapped", policy_mapping),
    rfc5280("4.2.1.7", "issuer-alternative-name-empty", |own| {
        empty(own, id::ISSUER_ALTERNATIVE_NAME)
    }),
    rfc5280("4.2.1.8", "directory-attributes-empty", |own| {
        empty(own, id::SUBJECT_DIRECTORY)
    }),
    rfc5280("4.2.1.8", "directory-attributes-critical", |own| {
        critical(own, id::SUBJECT_DIRECTORY)
    }),
    rfc5280("4.2.1.9", "basic-constraints-missing", basic_constraints),
    rfc5280(
        "4.2.1.9",
        "basic-constraints-not-critical",
        basic_not_critical,
    ),
    rfc5280("4.2.1.9", "path-length-without-authority", path_length),
    rfc5280("4.2.1.11", "policy-constraints-not-critical", |own| {
        not_critical(own, id::POLICY_CONSTRAINTS)
    }),
    rfc5280("4.2.1.11", "policy-constraints-empty", |own| {
        empty(own, id::POLICY_CONSTRAINTS)
    }),
    rfc5280("4.2.1.12", "purposes-empty", |own| {
        empty(own, id::EXTENDED_KEY_USAGE)
    }),
    rfc5280("4.2.1.13", "crl-points-empty", crl_points),
    rfc5280("4.2.1.14", "inhibit-any-policy-not-critical", |own| {
        not_critical(own, id::INHIBIT_ANY_POLICY)
    }),
    rfc5280("4.2.1.15", "freshest-crl-critical", |own| {
        critical(own, id::FRESHEST_CRL)
    }),
    rfc5280("4.2.2.1", "authority-access-critical", |own| {
        critical(own, id::AUTHORITY_ACCESS)
    }),
    rfc5280("4.2.2.1", "authority-access-empty", |own| {
        empty(own, id::AUTHORITY_ACCESS)
    }),
    rfc5280("4.2.2.2", "subject-access-critical", |own| {
        critical(own, id::SUBJECT_ACCESS)
    }),
    rfc5280("4.2.2.2", "subject-access-empty", |own| {
        empty(own, id::SUBJECT_ACCESS)
    }),
];

fn critical(examined: &Examined<'_, '_>, oid: &[u8]) -> Option<String> {
    let extension = examined.certificate.extension(oid)?;
    extension
        .critical
        .then(|| format!("{} is critical", extension.oid))
}

fn not_critical(examined: &Examined<'_, '_>, oid: &[u8]) -> Option<String> {
    let extension = examined.certificate.extension(oid)?;
    (!extension.critical).then(|| format!("{} is not critical", extension.oid))
}

fn empty(examined: &Examined<'_, '_>, oid: &[u8]) -> Option<String> {
    let extension = examined.certificate.extension(oid)?;
    let elements = der::sequence(extension.value)?;
    elements
        .is_empty()
        .then(|| format!("{} is empty", extension.oid))
}

/// Of the extensions that RFC 5280 defines.
fn unreadable(examined: &Examined<'_, '_>) -> Option<String> {
    let all = examined.certificate.x509.extensions().iter();
    let mut defined = all.filter(|extension| {
        let oid = extension.oid.as_bytes();
        oid.starts_with(&[0x55, 0x1d]) || oid == id::AUTHORITY_ACCESS || oid == id::SUBJECT_ACCESS
    });
    let found = defined.find(|extension| {
        extension.parsed_extension().error().is_some()
            || !is_one_element(extension.value)
            || extension.oid.as_bytes() == id::AUTHORITY_KEY_ID && !is_key_id(extension.value)
    })?;
    Some(format!("{} cannot be read", found.oid))
}

fn is_one_element(value: &[u8]) -> bool {
    der::element(value).is_some_and(|(_, rest)| rest.is_empty())
}

/// `[0]`, `[1]` and `[2]`, each once and in this order.
fn is_key_id(value: &[u8]) -> bool {
    let place = |tag: u8| [0x80, 0xa1, 0x82].iter().position(|known| *known == tag);
    let places = der::sequence(value).and_then(|fields| {
        let places = fields.iter().map(|field| place(field.tag));
        places.collect::<Option<Vec<_>>>()
    });
    places.is_some_and(|places| places.is_sorted_by(|one, next| one < next))
}

/// The key identifier, which only a self-signed certificate may do without. Who issued an anchor is no part of the path: its
/// cross-certificate is a matter of the Baseline Requirements.
fn authority_key_id(examined: &Examined<'_, '_>) -> Option<String> {
    if examined.role == Role::Anchor {
        return None;
    }
    issuer_key_unnamed(examined)
}

/// A certificate that is not self-signed, without the identifier of its issuer's key.
pub(super) fn issuer_key_unnamed(examined: &Examined<'_, '_>) -> Option<String> {
    let certificate = examined.certificate;
    if examined.self_signed || certificate.issuer_key_id().is_some() {
        return None;
    }
    let there = certificate.extension(id::AUTHORITY_KEY_ID).is_some();
    Some(if there {
        "an authority key identifier without key identifier".to_owned()
    } else {
        "no authority key identifier".to_owned()
    })
}

/// Issuer and serial number stand there both or not at all.
fn authority_key_id_pair(examined: &Examined<'_, '_>) -> Option<String> {
    let fields = examined.certificate.authority_key_id()?;
    let has = |tag: u8| fields.iter().any(|field| field.tag == tag);
    (has(0xa1) != has(0x82))
        .then(|| "an issuer without its serial number, or the reverse".to_owned())
}

fn subject_key_id(examined: &Examined<'_, '_>) -> Option<String> {
    let there = examined.certificate.extension(id::SUBJECT_KEY_ID).is_some();
    (examined.is_above() && !there)
        .then(|| "an authority without subject key identifier".to_owned())
}

/// An authority's key identifier is what it writes into the certificates that it issues.
fn key_ids(examined: &Examined<'_, '_>) -> Option<String> {
    let (own, issuer) = (
        examined.certificate.issuer_key_id()?,
        examined.issuer?.key_id()?,
    );
    (own != issuer).then(|| "an authority key identifier that is not the issuer's".to_owned())
}

/// Of an anchor only name and key count in a path (RFC 5280 §6.1.1), and those that `openssl req -x509` makes have no key usage.
fn key_usage(examined: &Examined<'_, '_>) -> Option<String> {
    let there = examined.certificate.extension(id::KEY_USAGE).is_some();
    let version_3 = examined.certificate.x509.version() == X509Version::V3;
    (examined.role == Role::Authority && version_3 && !there)
        .then(|| "an authority without key usage".to_owned())
}

fn key_usage_bits(examined: &Examined<'_, '_>) -> Option<String> {
    let usage = examined.certificate.key_usage()?;
    (usage.flags == 0).then(|| "a key usage without any use".to_owned())
}

fn certificate_sign(examined: &Examined<'_, '_>) -> Option<String> {
    let certificate = examined.certificate;
    let signs = certificate.key_usage()?.key_cert_sign();
    let version_3 = certificate.x509.version() == X509Version::V3;
    (signs && !certificate.is_authority() && version_3)
        .then(|| "keyCertSign on a certificate that is no authority's".to_owned())
}

fn policy_twice(examined: &Examined<'_, '_>) -> Option<String> {
    let extension = examined.certificate.extension(id::POLICIES)?;
    let ParsedExtension::CertificatePolicies(policies) = extension.parsed_extension() else {
        return None;
    };
    let mut seen = std::collections::BTreeSet::new();
    let twice = policies
        .iter()
        .find(|policy| !seen.insert(policy.policy_id.to_id_string()))?;
    Some(format!("the policy {} twice", twice.policy_id))
}

/// 2.5.29.32.0, any policy.
const ANY_POLICY: &str = "2.5.29.32.0";

fn policy_mapping(examined: &Examined<'_, '_>) -> Option<String> {
    let extension = examined.certificate.extension(id::POLICY_MAPPINGS)?;
    let ParsedExtension::PolicyMappings(mappings) = extension.parsed_extension() else {
        return None;
    };
    let mut mappings = mappings.mappings.iter();
    let any = mappings.any(|mapping| {
        mapping.issuer_domain_policy.to_id_string() == ANY_POLICY
            || mapping.subject_domain_policy.to_id_string() == ANY_POLICY
    });
    any.then(|| "a mapping of any policy".to_owned())
}

/// Between leaf and anchor clients insist on it; an anchor may lack it when its version has no extensions.
fn basic_constraints(examined: &Examined<'_, '_>) -> Option<String> {
    let certificate = examined.certificate;
    let there = certificate.extension(id::BASIC_CONSTRAINTS).is_some();
    let version_3 = certificate.x509.version() == X509Version::V3;
    (examined.role == Role::Anchor && version_3 && !there)
        .then(|| "an authority without basic constraints".to_owned())
}

fn basic_not_critical(examined: &Examined<'_, '_>) -> Option<String> {
    let extension = examined.certificate.extension(id::BASIC_CONSTRAINTS)?;
    (examined.certificate.is_authority() && !extension.critical)
        .then(|| "basic constraints of an authority that are not critical".to_owned())
}

fn path_length(examined: &Examined<'_, '_>) -> Option<String> {
    let certificate = examined.certificate;
    certificate.basic_constraints()?.path_len_constraint?;
    let signs = certificate
        .key_usage()
        .is_none_or(|usage| usage.key_cert_sign());
    (!certificate.is_authority() || !signs)
        .then(|| "a path length constraint where no certificates may be signed".to_owned())
}

/// A distribution point says where, or who signs; reasons alone say nothing.
fn crl_points(examined: &Examined<'_, '_>) -> Option<String> {
    let extension = examined.certificate.extension(id::CRL_POINTS)?;
    let points = der::sequence(extension.value)?;
    let says = |point: &der::Element<'_>| {
        let fields = der::elements(point.content).unwrap_or_default();
        fields.iter().any(|field| matches!(field.tag, 0xa0 | 0xa2))
    };
    (points.is_empty() || !points.iter().all(says))
        .then(|| "a CRL distribution point that names neither place nor issuer".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_follows_the_value_of_an_extension() {
        assert!(is_one_element(&[0x30, 0]));
        assert!(!is_one_element(&[0x30, 0, 5, 0]));
        assert!(!is_one_element(&[]));
    }

    #[test]
    fn an_authority_key_identifier_has_three_fields_at_most() {
        assert!(is_key_id(&[0x30, 0]));
        assert!(is_key_id(&[0x30, 3, 0x80, 1, 7]));
        assert!(is_key_id(&[0x30, 8, 0x80, 1, 7, 0xa1, 0, 0x82, 1, 5]));
        assert!(!is_key_id(&[0x30, 6, 0x80, 1, 7, 0x83, 1, 7]));
        assert!(!is_key_id(&[0x30, 6, 0x80, 1, 7, 0x80, 1, 7]));
        assert!(!is_key_id(&[0x30, 5, 0xa1, 0, 0x80, 1, 7]));
    }
}
