//! Subject, alternative names and name constraints: RFC 5280 §4.1.2.6, §4.2.1.6 and §4.2.1.10.

use super::super::certificate::{general_name, id};
use super::{Clause, Examined, Role, rfc5280};
use crate::verify::der::{self, Element};

pub(super) const CLAUSES: &[Clause] = &[
    rfc5280("4.1.2.6", "subject-and-names-missing", nameless),
    rfc5280("4.2.1.6", "alternative-name-not-critical", not_critical),
    rfc5280("4.2.1.6", "alternative-name-empty", no_names),
    rfc5280("4.2.1.6", "alternative-name-syntax", syntax),
    rfc5280("4.2.1.10", "name-constraints-on-leaf", constraints_on_leaf),
    rfc5280(
        "4.2.1.10",
        "name-constraints-leading-period",
        leading_period,
    ),
];

fn has_subject(examined: &Examined<'_, '_>) -> bool {
    examined
        .certificate
        .x509
        .subject()
        .iter_rdn()
        .next()
        .is_some()
}

fn nameless(examined: &Examined<'_, '_>) -> Option<String> {
    let named = examined
        .certificate
        .extension(id::ALTERNATIVE_NAME)
        .is_some();
    (examined.role == Role::Leaf && !has_subject(examined) && !named)
        .then(|| "neither subject nor alternative name".to_owned())
}

fn not_critical(examined: &Examined<'_, '_>) -> Option<String> {
    let extension = examined.certificate.extension(id::ALTERNATIVE_NAME)?;
    (!has_subject(examined) && !extension.critical)
        .then(|| "an empty subject, and alternative names that are not critical".to_owned())
}

fn no_names(examined: &Examined<'_, '_>) -> Option<String> {
    let names = examined.certificate.alternative_names()?;
    names
        .is_empty()
        .then(|| "an alternative name extension without a name".to_owned())
}

fn syntax(examined: &Examined<'_, '_>) -> Option<String> {
    let names = examined.certificate.alternative_names()?;
    let wrong = names.iter().find(|name| !is_sound(name))?;
    let text = String::from_utf8_lossy(wrong.content);
    Some(match wrong.tag {
        general_name::IP => format!("an address of {} bytes", wrong.content.len()),
        _ => format!("the name `{}`", text.escape_debug()),
    })
}

fn is_sound(name: &Element<'_>) -> bool {
    let text = std::str::from_utf8(name.content)
        .ok()
        .filter(|text| text.is_ascii());
    match name.tag {
        general_name::DNS => text.is_some_and(is_preferred),
        general_name::EMAIL => text.is_some_and(|text| match text.rsplit_once('@') {
            Some((local, host)) => {
                !local.is_empty() && !text.contains([' ', '<', '>']) && is_preferred(host)
            }
            None => false,
        }),
        general_name::URI => text.is_some_and(|text| url::Url::parse(text).is_ok()),
        general_name::IP => matches!(name.content.len(), 4 | 16),
        _ => true,
    }
}

/// The preferred name syntax (RFC 1034 §3.5, RFC 1123 §2.1), after the `*.` of RFC 9525.
pub(super) fn is_preferred(name: &str) -> bool {
    let label = |label: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        (1..=63).contains(&label.len())
            && label.bytes().all(plain)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let host = name.strip_prefix("*.").unwrap_or(name);
    name.len() <= 253 && host.split('.').all(label)
}

fn constraints_on_leaf(examined: &Examined<'_, '_>) -> Option<String> {
    let certificate = examined.certificate;
    certificate.extension(id::NAME_CONSTRAINTS)?;
    (!certificate.is_authority())
        .then(|| "name constraints on a certificate that issues none".to_owned())
}

/// Only the constraint on a URI may begin with a period.
fn leading_period(examined: &Examined<'_, '_>) -> Option<String> {
    let extension = examined.certificate.extension(id::NAME_CONSTRAINTS)?;
    let fields = der::sequence(extension.value)?;
    let subtrees = fields
        .iter()
        .flat_map(|field| der::elements(field.content).unwrap_or_default());
    let mut bases =
        subtrees.filter_map(|subtree| der::element(subtree.content).map(|(base, _)| base));
    let found =
        bases.find(|base| base.tag == general_name::DNS && base.content.first() == Some(&b'.'))?;
    let text = String::from_utf8_lossy(found.content);
    Some(format!("the constraint `{}`", text.escape_debug()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_held_against_the_preferred_syntax() {
        for sound in [
            "example.com",
            "*.example.com",
            "xn--bcher-kva.example",
            "localhost",
            "1.example",
        ] {
            assert!(is_preferred(sound), "{sound}");
        }
        for wrong in [
            "",
            " ",
            "foo_bar.example",
            ".example.com",
            "example.com.",
            "f*.example.com",
            "a..b",
            "-a.example",
        ] {
            assert!(!is_preferred(wrong), "{wrong}");
        }
    }
}
