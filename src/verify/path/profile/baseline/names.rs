//! The names of a server: alternative ones, and the common name that copies one of them.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::super::super::certificate::{Cert, common_names, general_name, id};
use super::super::super::name::is_registry;
use super::super::{Examined, Role};

pub(super) fn names_missing(examined: &Examined<'_, '_>) -> Option<String> {
    let there = examined
        .certificate
        .extension(id::ALTERNATIVE_NAME)
        .is_some();
    (examined.role == Role::Leaf && !there).then(|| "no alternative name".to_owned())
}

pub(super) fn names_critical(examined: &Examined<'_, '_>) -> Option<String> {
    let certificate = examined.certificate;
    let extension = certificate.extension(id::ALTERNATIVE_NAME)?;
    let has_subject = certificate.x509.subject().iter_rdn().next().is_some();
    (examined.role == Role::Leaf && has_subject && extension.critical)
        .then(|| "critical alternative names beside a subject".to_owned())
}

pub(super) fn names_kind(examined: &Examined<'_, '_>) -> Option<String> {
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

pub(super) fn address_as_name(examined: &Examined<'_, '_>) -> Option<String> {
    let names = host_names(examined);
    let found = names.iter().find(|name| name.parse::<Ipv4Addr>().is_ok())?;
    (examined.role == Role::Leaf).then(|| format!("the address `{found}` as a host name"))
}

/// Labels with hyphens in the third and fourth place are A-labels (RFC 5890 §2.3.2.1), and what they encode can be read.
pub(super) fn odd_label(examined: &Examined<'_, '_>) -> Option<String> {
    let odd = |label: &&str| {
        let own = label.to_ascii_lowercase();
        let reads = |rest: &str| idna::punycode::decode_to_string(rest).is_some();
        own.get(2..4) == Some("--") && !own.strip_prefix("xn--").is_some_and(reads)
    };
    let names = host_names(examined);
    let found = names.iter().find_map(|name| name.split('.').find(odd))?;
    (examined.role == Role::Leaf).then(|| format!("the label `{}`", found.escape_debug()))
}

/// A common name is the copy, character for character, of one of the alternative names.
pub(super) fn common_name(examined: &Examined<'_, '_>) -> Option<String> {
    let certificate = examined.certificate;
    if examined.role != Role::Leaf {
        return None;
    }
    let names: Vec<String> = alternative_texts(certificate);
    let common = common_names(certificate.x509.subject());
    let alien = common.iter().find(|common| !names.contains(common))?;
    Some(format!("the common name `{}`", alien.escape_debug()))
}

pub(super) fn common_name_twice(examined: &Examined<'_, '_>) -> Option<String> {
    let number = examined
        .certificate
        .x509
        .subject()
        .iter_common_name()
        .count();
    (examined.role == Role::Leaf && number > 1).then(|| format!("{number} common names"))
}

/// UTF8String or PrintableString.
pub(super) fn common_name_encoding(examined: &Examined<'_, '_>) -> Option<String> {
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

pub(super) fn registry_wildcard(examined: &Examined<'_, '_>) -> Option<String> {
    let names = examined.certificate.alternative_names()?;
    let texts = names
        .iter()
        .filter(|name| name.tag == general_name::DNS)
        .filter_map(|name| std::str::from_utf8(name.content).ok());
    let mut parents = texts.filter_map(|name| name.strip_prefix("*."));
    let found = parents.find(|parent| is_registry(&parent.to_ascii_lowercase()))?;
    Some(format!("the wildcard `*.{}`", found.escape_debug()))
}

#[cfg(test)]
#[cfg(feature = "demo")]
mod tests {
    use rcgen::DnValue;

    use super::super::super::testing::{breaks, leaf};
    use super::*;

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
}
