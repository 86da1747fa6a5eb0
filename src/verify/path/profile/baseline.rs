//! The profiles of the CA/Browser Forum's Baseline Requirements (version 2, since 2023-09-15), as far as they bear on clients.

use std::net::{Ipv4Addr, Ipv6Addr};

use x509_parser::public_key::PublicKey;
use x509_parser::x509::X509Version;

use super::super::certificate::{Cert, common_names, general_name, id};
use super::super::signature::{Signed, split_key};
use super::{Clause, Examined, Role, baseline};
use crate::verify::der::{self, Element};

pub(super) const CLAUSES: &[Clause] = &[
    baseline("6.1.5", "key-size", key_size),
    baseline("7.1.1", "version", version),
    baseline("7.1.2.1.2", "purposes-on-root", purposes_on_root),
    baseline("7.1.2.1.2", "root-key-usage-missing", root_key_usage),
    baseline("7.1.2.1.3", "root-key-id-differs", root_key_id),
    baseline(
        "7.1.2.2.3",
        "cross-certificate-without-key-id",
        cross_certificate,
    ),
    baseline("7.1.2.7.6", "purposes-missing", purposes_missing),
    baseline("7.1.2.7.6", "purposes-critical", purposes_critical),
    baseline("7.1.2.7.7", "authority-access-location", access_locations),
    baseline("7.1.2.7.8", "authority-as-leaf", authority_as_leaf),
    baseline("7.1.2.7.10", "purposes-not-for-servers", purposes_allowed),
    baseline("7.1.2.7.11", "key-usage-of-leaf", leaf_key_usage),
    baseline("7.1.2.7.12", "alternative-name-missing", names_missing),
    baseline("7.1.2.7.12", "alternative-name-critical", names_critical),
    baseline("7.1.2.7.12", "alternative-name-kind", names_kind),
    baseline("7.1.4.2.1", "alternative-name-address", address_as_name),
    baseline("7.1.4.2.1", "alternative-name-label", odd_label),
    baseline(
        "7.1.2.10.7",
        "key-usage-not-critical",
        key_usage_not_critical,
    ),
    baseline(
        "7.1.2.10.8",
        "name-constraints-not-critical",
        constraints_not_critical,
    ),
    baseline("7.1.2.11.1", "authority-key-id-issuer", key_id_issuer),
    baseline("7.1.3.1", "key-algorithm", key_algorithm),
    baseline("7.1.3.2", "signature-algorithm", signature_algorithm),
    baseline("7.1.4.2", "common-name-encoding", common_name_encoding),
    baseline("7.1.4.3", "common-name-twice", common_name_twice),
    baseline("7.1.4.3", "common-name-not-alternative", common_name),
    baseline("3.2.2.6", "wildcard-below-registry", registry_wildcard),
];

fn key_size(examined: &Examined<'_, '_>) -> Option<String> {
    let info = examined.certificate.x509.public_key();
    match info.parsed() {
        Ok(PublicKey::RSA(key)) => {
            let significant = key.modulus.iter().skip_while(|byte| **byte == 0);
            let first = significant
                .clone()
                .next()
                .map_or(8, |byte| byte.leading_zeros());
            let bits = significant.count() * 8 - usize::try_from(first).unwrap_or_default();
            (bits < 2048 || bits % 8 != 0).then(|| format!("an RSA key of {bits} bits"))
        }
        _ => None,
    }
}

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

fn purposes_missing(examined: &Examined<'_, '_>) -> Option<String> {
    let there = examined
        .certificate
        .extension(id::EXTENDED_KEY_USAGE)
        .is_some();
    (examined.role == Role::Leaf && !there).then(|| "no extended key usage".to_owned())
}

fn purposes_critical(examined: &Examined<'_, '_>) -> Option<String> {
    let extension = examined.certificate.extension(id::EXTENDED_KEY_USAGE)?;
    extension
        .critical
        .then(|| "an extended key usage that is critical".to_owned())
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

fn authority_as_leaf(examined: &Examined<'_, '_>) -> Option<String> {
    let authority = examined.certificate.is_authority();
    (examined.role == Role::Leaf && authority)
        .then(|| "an authority's certificate on a server".to_owned())
}

fn purposes_allowed(examined: &Examined<'_, '_>) -> Option<String> {
    let purposes = examined.certificate.purposes()?;
    let forbidden = [
        (purposes.any, "anyExtendedKeyUsage"),
        (purposes.code_signing, "codeSigning"),
        (purposes.email_protection, "emailProtection"),
        (purposes.time_stamping, "timeStamping"),
        (purposes.ocsp_signing, "OCSPSigning"),
    ];
    let (_, found) = forbidden.into_iter().find(|(set, _)| *set)?;
    (examined.role == Role::Leaf).then(|| format!("the purpose {found}"))
}

/// Bits of a key usage, the first of RFC 5280 §4.2.1.3 the lowest: digitalSignature, keyEncipherment, dataEncipherment.
const USES_OF_RSA: u16 = 1 | 1 << 2 | 1 << 3;
/// digitalSignature, keyAgreement.
const USES_OF_CURVES: u16 = 1 | 1 << 4;

fn leaf_key_usage(examined: &Examined<'_, '_>) -> Option<String> {
    let certificate = examined.certificate;
    let usage = certificate.key_usage()?;
    let wrong = match certificate.x509.public_key().parsed() {
        Ok(PublicKey::EC(_)) => usage.flags & !USES_OF_CURVES != 0 || !usage.digital_signature(),
        _ => usage.flags & !USES_OF_RSA != 0,
    };
    (examined.role == Role::Leaf && wrong)
        .then(|| format!("the key usage {}", usage.to_string().trim_end_matches(", ")))
}

fn names_missing(examined: &Examined<'_, '_>) -> Option<String> {
    let there = examined
        .certificate
        .extension(id::ALTERNATIVE_NAME)
        .is_some();
    (examined.role == Role::Leaf && !there).then(|| "no alternative name".to_owned())
}

fn names_critical(examined: &Examined<'_, '_>) -> Option<String> {
    let certificate = examined.certificate;
    let extension = certificate.extension(id::ALTERNATIVE_NAME)?;
    let has_subject = certificate.x509.subject().iter_rdn().next().is_some();
    (examined.role == Role::Leaf && has_subject && extension.critical)
        .then(|| "critical alternative names beside a subject".to_owned())
}

fn names_kind(examined: &Examined<'_, '_>) -> Option<String> {
    let names = examined.certificate.alternative_names()?;
    let other = names
        .iter()
        .any(|name| !matches!(name.tag, general_name::DNS | general_name::IP));
    (examined.role == Role::Leaf && other)
        .then(|| "an alternative name that is neither host nor address".to_owned())
}

/// The alternative names of the kind dNSName that are text.
fn host_names<'x>(examined: &Examined<'x, '_>) -> Vec<&'x str> {
    let names = examined.certificate.alternative_names().unwrap_or_default();
    let hosts = names.iter().filter(|name| name.tag == general_name::DNS);
    hosts
        .filter_map(|name| std::str::from_utf8(name.content).ok())
        .collect()
}

fn address_as_name(examined: &Examined<'_, '_>) -> Option<String> {
    let names = host_names(examined);
    let found = names.iter().find(|name| name.parse::<Ipv4Addr>().is_ok())?;
    (examined.role == Role::Leaf).then(|| format!("the address `{found}` as a host name"))
}

/// Labels with hyphens in the third and fourth place are A-labels (RFC 5890 §2.3.2.1), and what they encode can be read.
fn odd_label(examined: &Examined<'_, '_>) -> Option<String> {
    let odd = |label: &&str| {
        let own = label.to_ascii_lowercase();
        let reads = |rest: &str| idna::punycode::decode_to_string(rest).is_some();
        own.get(2..4) == Some("--") && !own.strip_prefix("xn--").is_some_and(reads)
    };
    let names = host_names(examined);
    let found = names.iter().find_map(|name| name.split('.').find(odd))?;
    (examined.role == Role::Leaf).then(|| format!("the label `{}`", found.escape_debug()))
}

fn key_usage_not_critical(examined: &Examined<'_, '_>) -> Option<String> {
    let extension = examined.certificate.extension(id::KEY_USAGE)?;
    (examined.is_above() && !extension.critical)
        .then(|| "a key usage of an authority that is not critical".to_owned())
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

/// rsaEncryption with NULL, and the curves P-256, P-384 and P-521 by name; byte for byte.
fn key_algorithm(examined: &Examined<'_, '_>) -> Option<String> {
    let (algorithm, _) = split_key(examined.certificate.key_der())?;
    let known: [&[u8]; 4] = [
        b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00",
        b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07",
        b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22",
        b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x23",
    ];
    (!known.contains(&algorithm)).then(|| {
        let info = examined.certificate.x509.public_key();
        format!("the key algorithm {}", info.algorithm.algorithm)
    })
}

/// Signature algorithms, byte for byte, each with the curve of the key that may make it.
const SIGNATURES: [(&[u8], Option<&[u8]>); 9] = [
    (
        b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00",
        None,
    ),
    (
        b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c\x05\x00",
        None,
    ),
    (
        b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d\x05\x00",
        None,
    ),
    (
        b"\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02",
        Some(b"\x2a\x86\x48\xce\x3d\x03\x01\x07"),
    ),
    (
        b"\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03",
        Some(b"\x2b\x81\x04\x00\x22"),
    ),
    (
        b"\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x04",
        Some(b"\x2b\x81\x04\x00\x23"),
    ),
    (PSS_SHA256, None),
    (PSS_SHA384, None),
    (PSS_SHA512, None),
];

/// RSASSA-PSS with one hash throughout, and a salt of its length.
const PSS_SHA256: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30\x34\xa0\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\xa2\x03\x02\x01\x20";
const PSS_SHA384: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30\x34\xa0\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\xa2\x03\x02\x01\x30";
const PSS_SHA512: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30\x34\xa0\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\xa2\x03\x02\x01\x40";

fn signature_algorithm(examined: &Examined<'_, '_>) -> Option<String> {
    let signed = Signed::read(examined.certificate.der)?;
    let name = &examined.certificate.x509.signature_algorithm.algorithm;
    let Some((_, curve)) = SIGNATURES
        .iter()
        .find(|(known, _)| *known == signed.algorithm)
    else {
        return Some(format!("the signature algorithm {name}"));
    };
    let (key, curve) = (examined.issuer_key?, (*curve)?);
    let (algorithm, _) = split_key(key)?;
    (!algorithm.ends_with(curve))
        .then(|| format!("the signature algorithm {name} with a key of another curve"))
}

/// A common name is the copy, character for character, of one of the alternative names.
fn common_name(examined: &Examined<'_, '_>) -> Option<String> {
    let certificate = examined.certificate;
    if examined.role != Role::Leaf {
        return None;
    }
    let names: Vec<String> = alternative_texts(certificate);
    let common = common_names(certificate.x509.subject());
    let alien = common.iter().find(|common| !names.contains(common))?;
    Some(format!("the common name `{}`", alien.escape_debug()))
}

fn common_name_twice(examined: &Examined<'_, '_>) -> Option<String> {
    let number = examined
        .certificate
        .x509
        .subject()
        .iter_common_name()
        .count();
    (examined.role == Role::Leaf && number > 1).then(|| format!("{number} common names"))
}

/// UTF8String or PrintableString.
fn common_name_encoding(examined: &Examined<'_, '_>) -> Option<String> {
    let mut names = examined.certificate.x509.subject().iter_common_name();
    let odd = names.find(|name| !matches!(name.attr_value().tag().0, 0x0c | 0x13))?;
    let tag = odd.attr_value().tag().0;
    (examined.role == Role::Leaf).then(|| format!("a common name in the string type {tag}"))
}

fn alternative_texts(certificate: &Cert<'_>) -> Vec<String> {
    let names = certificate.alternative_names().unwrap_or_default();
    let texts = names.iter().filter_map(|name| match name.tag {
        general_name::DNS => String::from_utf8(name.content.to_vec()).ok(),
        general_name::IP => match (
            <[u8; 4]>::try_from(name.content),
            <[u8; 16]>::try_from(name.content),
        ) {
            (Ok(v4), _) => Some(Ipv4Addr::from(v4).to_string()),
            (_, Ok(v6)) => Some(Ipv6Addr::from(v6).to_string()),
            _ => None,
        },
        _ => None,
    });
    texts.collect()
}

fn registry_wildcard(examined: &Examined<'_, '_>) -> Option<String> {
    let names = examined.certificate.alternative_names()?;
    let texts = names
        .iter()
        .filter(|name| name.tag == general_name::DNS)
        .filter_map(|name| std::str::from_utf8(name.content).ok());
    let mut parents = texts.filter_map(|name| name.strip_prefix("*."));
    let found =
        parents.find(|parent| super::super::name::is_registry(&parent.to_ascii_lowercase()))?;
    Some(format!("the wildcard `*.{}`", found.escape_debug()))
}

#[cfg(test)]
#[cfg(feature = "demo")]
mod tests {
    use rcgen::{
        BasicConstraints, CertificateParams, DnType, DnValue, IsCa, KeyPair, KeyUsagePurpose,
    };

    use super::*;

    /// The rules that a self-signed certificate made of `params` breaks in this role.
    fn broken(params: &CertificateParams, role: Role) -> Vec<String> {
        let made = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        let certificate = &Cert::read(made.der(), Some(0)).unwrap();
        let issuer_key = Some(certificate.key_der());
        let examined = Examined {
            certificate,
            role,
            issuer: None,
            issuer_key,
            self_signed: true,
        };
        let departures = super::super::departures(&examined, false).into_iter();
        departures.map(|departure| departure.rule).collect()
    }

    fn breaks(params: &CertificateParams, role: Role, rule: &str) -> bool {
        broken(params, role).iter().any(|own| own == rule)
    }

    fn leaf(common_names: &[DnValue]) -> CertificateParams {
        let mut params = CertificateParams::new(vec!["shop.example".to_owned()]).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        for name in common_names {
            params
                .distinguished_name
                .push(DnType::CommonName, name.clone());
        }
        params
    }

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

    #[test]
    fn a_common_name_is_text_of_two_types() {
        let rule = "common-name-encoding";
        let plain = DnValue::Utf8String("shop.example".to_owned());
        let wide = DnValue::BmpString("alien".try_into().unwrap());
        assert!(!breaks(&leaf(&[plain]), Role::Leaf, rule));
        assert!(!breaks(&leaf(&[]), Role::Leaf, rule));
        assert!(breaks(&leaf(std::slice::from_ref(&wide)), Role::Leaf, rule));
        assert!(!breaks(&leaf(&[wide]), Role::Anchor, rule));
    }

    #[test]
    fn a_leaf_on_a_curve_signs_and_at_most_agrees() {
        let rule = "key-usage-of-leaf";
        let with = |uses: &[KeyUsagePurpose]| {
            let mut params = leaf(&[]);
            params.key_usages = uses.to_vec();
            breaks(&params, Role::Leaf, rule)
        };
        use KeyUsagePurpose::{DataEncipherment, DecipherOnly, DigitalSignature, KeyAgreement};
        assert!(!with(&[]));
        assert!(!with(&[DigitalSignature, KeyAgreement]));
        assert!(with(&[DigitalSignature, DataEncipherment]));
        assert!(with(&[DigitalSignature, DecipherOnly]));
        assert!(with(&[KeyAgreement]));
    }
}
