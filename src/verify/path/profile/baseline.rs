//! The profiles of the CA/Browser Forum's Baseline Requirements (version 2, since 2023-09-15), as far as they bear on clients.

mod keys;
mod names;
mod uses;

use x509_parser::x509::X509Version;

use super::super::certificate::{general_name, id};
use super::{Clause, Examined, Role, baseline};
use crate::verify::der::{self, Element};

pub(super) const CLAUSES: &[Clause] = &[
    baseline("6.1.5", "key-size", keys::key_size),
    baseline("7.1.1", "version", version),
    baseline("7.1.2.1.2", "purposes-on-root", purposes_on_root),
    baseline("7.1.2.1.2", "root-key-usage-missing", root_key_usage),
    baseline("7.1.2.1.3", "root-key-id-differs", root_key_id),
    baseline(
        "7.1.2.2.3",
        "cross-certificate-without-key-id",
        cross_certificate,
    ),
    baseline("7.1.2.7.6", "purposes-missing", uses::purposes_missing),
    baseline("7.1.2.7.6", "purposes-critical", uses::purposes_critical),
    baseline("7.1.2.7.6", "extension-of-leaf-critical", |own| {
        needlessly_critical(own, Role::Leaf)
    }),
    baseline("7.1.2.7.7", "authority-access-location", access_locations),
    baseline("7.1.2.7.8", "authority-as-leaf", authority_as_leaf),
    baseline(
        "7.1.2.7.10",
        "purposes-not-for-servers",
        uses::purposes_allowed,
    ),
    baseline("7.1.2.7.11", "key-usage-of-leaf", uses::leaf_key_usage),
    baseline(
        "7.1.2.7.12",
        "alternative-name-missing",
        names::names_missing,
    ),
    baseline(
        "7.1.2.7.12",
        "alternative-name-critical",
        names::names_critical,
    ),
    baseline("7.1.2.7.12", "alternative-name-kind", names::names_kind),
    baseline(
        "7.1.4.2.1",
        "alternative-name-address",
        names::address_as_name,
    ),
    baseline("7.1.4.2.1", "alternative-name-label", names::odd_label),
    baseline("7.1.2.10.2", "extension-of-authority-critical", |own| {
        needlessly_critical(own, Role::Authority)
    }),
    baseline("7.1.2.10.6", "authority-purposes", uses::authority_purposes),
    baseline(
        "7.1.2.10.7",
        "key-usage-not-critical",
        uses::key_usage_not_critical,
    ),
    baseline(
        "7.1.2.10.8",
        "name-constraints-not-critical",
        constraints_not_critical,
    ),
    baseline("7.1.2.11.1", "authority-key-id-issuer", key_id_issuer),
    baseline("7.1.3.1", "key-algorithm", keys::key_algorithm),
    baseline("7.1.3.2", "signature-algorithm", keys::signature_algorithm),
    baseline(
        "7.1.4.2",
        "common-name-encoding",
        names::common_name_encoding,
    ),
    baseline("7.1.4.3", "common-name-twice", names::common_name_twice),
    baseline("7.1.4.3", "common-name-not-alternative", names::common_name),
    baseline(
        "3.2.2.6",
        "wildcard-below-registry",
        names::registry_wildcard,
    ),
];

fn version(examined: &Examined<'_, '_>) -> Option<String> {
    let version = examined.certificate.x509.version();
    (version != X509Version::V3).then(|| format!("version {}", version.0.saturating_add(1)))
}

fn is_root(examined: &Examined<'_, '_>) -> bool {
    examined.role == Role::Anchor && examined.self_signed
}

fn purposes_on_root(examined: &Examined<'_, '_>) -> Option<String> {
    examined.certificate.extension(id::EXTENDED_KEY_USAGE)?;
    is_root(examined).then(|| "a root with an extended key usage".to_owned())
}

fn root_key_usage(examined: &Examined<'_, '_>) -> Option<String> {
    let there = examined.certificate.extension(id::KEY_USAGE).is_some();
    (is_root(examined) && !there).then(|| "a root without key usage".to_owned())
}

/// A root's authority key identifier, when it has one, is its own key identifier.
fn root_key_id(examined: &Examined<'_, '_>) -> Option<String> {
    let certificate = examined.certificate;
    certificate.extension(id::AUTHORITY_KEY_ID)?;
    let same = certificate.issuer_key_id().is_some()
        && certificate.issuer_key_id() == certificate.key_id();
    (is_root(examined) && !same)
        .then(|| "an authority key identifier that is not its own".to_owned())
}

/// An anchor that another authority issued names that one's key.
fn cross_certificate(examined: &Examined<'_, '_>) -> Option<String> {
    let unnamed = super::extensions::issuer_key_unnamed(examined);
    unnamed.filter(|_| examined.role == Role::Anchor)
}

/// Authority information access names HTTP addresses of the responder and of the issuer's certificate, and nothing else.
fn access_locations(examined: &Examined<'_, '_>) -> Option<String> {
    let extension = examined.certificate.extension(id::AUTHORITY_ACCESS)?;
    let descriptions = der::sequence(extension.value)?;
    let wrong = descriptions
        .iter()
        .find(|description| !is_http(description))?;
    let location = der::elements(wrong.content)?;
    let text = location.get(1).map(|name| {
        String::from_utf8_lossy(name.content)
            .escape_debug()
            .to_string()
    });
    Some(format!(
        "the access location `{}`",
        text.unwrap_or_default()
    ))
}

fn is_http(description: &Element<'_>) -> bool {
    let parts = der::sequence(description.whole).unwrap_or_default();
    let [method, location] = parts.as_slice() else {
        return false;
    };
    // id-ad-ocsp and id-ad-caIssuers, 1.3.6.1.5.5.7.48.1 and .2.
    let known = matches!(method.content, [43, 6, 1, 5, 5, 7, 48, 1 | 2]);
    let address = std::str::from_utf8(location.content).ok();
    let address = address.and_then(|address| url::Url::parse(address).ok());
    known
        && location.tag == general_name::URI
        && address.is_some_and(|url| url.scheme() == "http" && url.host().is_some())
}

/// Policies, points of revocation lists and timestamps of logs are read by those who know them and skipped by others.
fn needlessly_critical(examined: &Examined<'_, '_>, role: Role) -> Option<String> {
    let mut all = examined.certificate.x509.extensions().iter();
    let found = all.find(|extension| {
        let skipped = [id::POLICIES, id::CRL_POINTS, id::TIMESTAMPS];
        extension.critical && skipped.contains(&extension.oid.as_bytes())
    })?;
    (examined.role == role).then(|| format!("{} is critical", found.oid))
}

fn authority_as_leaf(examined: &Examined<'_, '_>) -> Option<String> {
    let authority = examined.certificate.is_authority();
    (examined.role == Role::Leaf && authority)
        .then(|| "an authority's certificate on a server".to_owned())
}

/// RFC 5280 asks for it; the Baseline Requirements make an exception for old clients.
fn constraints_not_critical(examined: &Examined<'_, '_>) -> Option<String> {
    let extension = examined.certificate.extension(id::NAME_CONSTRAINTS)?;
    (!extension.critical).then(|| "name constraints that are not critical".to_owned())
}

fn key_id_issuer(examined: &Examined<'_, '_>) -> Option<String> {
    let fields = examined.certificate.authority_key_id()?;
    let there = fields.iter().any(|field| matches!(field.tag, 0xa1 | 0x82));
    there.then(|| "an authority key identifier with issuer or serial number".to_owned())
}

#[cfg(test)]
#[cfg(feature = "demo")]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyUsagePurpose};

    use super::super::testing::breaks;
    use super::*;

    #[test]
    fn a_root_has_a_key_usage() {
        let rule = "root-key-usage-missing";
        let mut root = CertificateParams::default();
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        assert!(breaks(&root, Role::Anchor, rule));
        assert!(!breaks(&root, Role::Leaf, rule));
        root.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        assert!(!breaks(&root, Role::Anchor, rule));
    }
}
