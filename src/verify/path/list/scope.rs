//! Which certificates does a list speak of? An issuing distribution point may limit it (RFC 5280 §5.2.5).

use super::super::certificate::{Cert, id};
use super::{ISSUING_POINT, RevocationList};
use crate::verify::der::{self, Element};

/// Fields of an IssuingDistributionPoint.
const PLACE: u8 = 0xa0;
const USERS: u8 = 0x81;
const AUTHORITIES: u8 = 0x82;
const SOME_REASONS: u8 = 0x83;
const INDIRECT: u8 = 0x84;
const ATTRIBUTES: u8 = 0x85;

fn point(list: &RevocationList) -> Vec<Element<'_>> {
    let point = list.extension(ISSUING_POINT);
    point
        .and_then(|own| der::sequence(&own.value))
        .unwrap_or_default()
}

/// Whether a field that is a BOOLEAN says TRUE.
fn says(fields: &[Element<'_>], tag: u8) -> bool {
    let mut own = fields.iter().filter(|field| field.tag == tag);
    own.any(|field| field.content.iter().any(|byte| *byte > 0))
}

/// Whether certificates like this one are on the list when they are revoked.
pub(super) fn covers(list: &RevocationList, certificate: &Cert<'_>) -> bool {
    let (point, is_authority) = (point(list), certificate.is_authority());
    let is_of_others = says(&point, USERS) && is_authority
        || says(&point, AUTHORITIES) && !is_authority
        || says(&point, ATTRIBUTES);
    !is_of_others && is_where_it_looks(&point, certificate)
}

/// Authorities cut long lists in pieces: a certificate names the place of its own (§6.3.3 (b) (2)). One that names none may be on
/// any.
fn is_where_it_looks(point: &[Element<'_>], certificate: &Cert<'_>) -> bool {
    let own = point.iter().find(|field| field.tag == PLACE);
    let Some(own) = own.and_then(|place| names(place.content)) else {
        return true;
    };
    let points = certificate.extension(id::CRL_POINTS);
    let Some(points) = points.and_then(|points| der::sequence(points.value)) else {
        return true;
    };
    let wanted: Vec<&[u8]> = points
        .iter()
        .filter_map(|point| der::elements(point.content))
        .flatten()
        .filter(|field| field.tag == PLACE)
        .filter_map(|place| names(place.content))
        .flatten()
        .collect();
    wanted.is_empty() || own.iter().any(|name| wanted.contains(name))
}

/// The full names of a DistributionPointName, each as it stands.
fn names(place: &[u8]) -> Option<Vec<&[u8]>> {
    let (full, _) = der::element(place).filter(|(name, _)| name.tag == 0xa0)?;
    let names = der::elements(full.content)?;
    Some(names.into_iter().map(|name| name.whole).collect())
}

/// Whether what is not on the list may be revoked all the same, or what is on it be another authority's.
pub(super) fn is_partial(list: &RevocationList) -> bool {
    let point = point(list);
    let some = point.iter().any(|field| field.tag == SOME_REASONS);
    some || says(&point, INDIRECT)
}

/// Whether it is limited in more ways than one, which no list may be.
pub(super) fn is_contradictory(list: &RevocationList) -> bool {
    let point = point(list);
    let kinds = [USERS, AUTHORITIES, ATTRIBUTES];
    kinds.iter().filter(|kind| says(&point, **kind)).count() > 1
}

/// Whether the extension is there and says nothing.
pub(super) fn is_empty(list: &RevocationList) -> bool {
    list.extension(ISSUING_POINT).is_some() && point(list).is_empty()
}
