//! Is a list of the form that RFC 5280 §5 demands? What makes it useless, and what clients pass over.

use super::super::signature::Signed;
use super::{
    AUTHORITY_KEY_ID, Departing, Extension, INVALIDITY_DATE, ISSUING_POINT, Issuer, NUMBER, REASON,
    REMOVE_FROM_LIST, RevocationList, dotted, extensions, reason, scope,
};
use crate::facts::revocation::StatusFault;
use crate::verify::der::{self, Element};

/// Version 2, the only one that may be named.
const VERSION_2: &[u8] = &[1];
/// Octets of a number (§5.2.3).
const NUMBER_OCTETS: usize = 20;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The parts of a list as they stand.
struct Parts<'a> {
    version: Option<&'a [u8]>,
    /// Inside of what is signed, and outside.
    algorithms: [&'a [u8]; 2],
    times: Vec<Element<'a>>,
    entries: Option<&'a [u8]>,
    has_extensions: bool,
}

fn parts(bytes: &[u8]) -> Option<Parts<'_>> {
    let whole = der::sequence(bytes)?;
    let signed = Signed::read(bytes)?;
    let fields = der::sequence(signed.what)?;
    let (version, fields) = match fields.split_first() {
        Some((version, rest)) if version.tag == der::INTEGER => (Some(version.content), rest),
        _ => (None, fields.as_slice()),
    };
    let (algorithm, rest) = fields.split_first()?;
    let is_time = |field: &&Element<'_>| [UTC_TIME, GENERALIZED_TIME].contains(&field.tag);
    let after_times = rest.get(1..)?;
    let entries = after_times.iter().find(|field| field.tag == der::SEQUENCE);
    Some(Parts {
        version,
        algorithms: [algorithm.whole, whole.get(1)?.whole],
        times: after_times.iter().filter(is_time).copied().collect(),
        entries: entries.map(|field| field.content),
        has_extensions: after_times.iter().any(|field| field.tag == 0xa0),
    })
}

fn malformed(clause: &str) -> StatusFault {
    let clause = clause.to_owned();
    StatusFault::Malformed { clause }
}

/// What makes a list useless, whoever issued it.
pub(super) fn broken(bytes: &[u8], list: &RevocationList) -> Option<StatusFault> {
    let parts = parts(bytes)?;
    let [inner, outer] = parts.algorithms;
    let needs_version = parts.has_extensions || entry_extensions(&parts).next().is_some();
    if inner != outer {
        Some(malformed("5.1.1.2"))
    } else if parts.version.is_some_and(|version| version != VERSION_2)
        || parts.version.is_none() && needs_version
    {
        Some(malformed("5.1.2.1"))
    } else if is_twice(&list.extensions) {
        Some(malformed("4.2"))
    } else if scope::is_contradictory(list) {
        Some(malformed("5.2.5"))
    } else {
        unknown_entry(&parts)
    }
}

fn is_twice(extensions: &[Extension]) -> bool {
    let mut oids: Vec<&[u8]> = extensions.iter().map(|own| own.oid.as_slice()).collect();
    oids.sort_unstable();
    oids.windows(2)
        .any(|pair| matches!(pair, [one, other] if one == other))
}

/// The extensions of each entry that has some.
fn entry_extensions<'a>(parts: &Parts<'a>) -> impl Iterator<Item = Element<'a>> {
    let mut rest = parts.entries.unwrap_or_default();
    std::iter::from_fn(move || {
        while let Some((entry, after)) = der::element(rest) {
            rest = after;
            let fields = der::elements(entry.content).unwrap_or_default();
            if let Some(extensions) = fields.get(2) {
                return Some(*extensions);
            }
        }
        None
    })
}

/// One entry that demands what is not known here makes the whole list useless (§5.3).
fn unknown_entry(parts: &Parts<'_>) -> Option<StatusFault> {
    let critical = entry_extensions(parts).find_map(|field| {
        let all = extensions(field.content)?;
        let unknown = |own: &&Extension| {
            own.critical && ![REASON, INVALIDITY_DATE].contains(&own.oid.as_slice())
        };
        all.iter().find(unknown).map(|own| dotted(&own.oid))
    });
    critical.map(|oid| StatusFault::UnknownCriticalExtension { oid })
}

/// What clients pass over, of a list that can be used.
pub(super) fn departures(bytes: &[u8], list: &RevocationList) -> Vec<Departing> {
    let Some(parts) = parts(bytes) else {
        return Vec::new();
    };
    let point = list.extension(ISSUING_POINT);
    let key_id = list.extension(AUTHORITY_KEY_ID);
    let lifted = || {
        let mut reasons = entry_extensions(&parts).filter_map(|field| reason(&field));
        reasons.any(|reason| reason == REMOVE_FROM_LIST)
    };
    let mut found = number(list.extension(NUMBER));
    let clauses: [(bool, Departing); 7] = [
        (
            key_id.is_none(),
            (
                "5.2.1",
                "crl-key-id-missing",
                "a revocation list without authority key identifier",
            ),
        ),
        (
            list.next_update.is_none(),
            (
                "5.1.2.5",
                "crl-without-end",
                "a revocation list that does not say when the next one comes",
            ),
        ),
        (
            parts.times.iter().any(is_time_misplaced),
            (
                "5.1.2.4",
                "crl-time-encoding",
                "a revocation list whose time is encoded as its year may not be",
            ),
        ),
        (
            parts.entries.is_some_and(<[u8]>::is_empty),
            (
                "5.1.2.6",
                "crl-entries-empty",
                "a revocation list with an empty list of entries",
            ),
        ),
        (
            point.is_some_and(|own| !own.critical),
            (
                "5.2.5",
                "crl-point-not-critical",
                "a revocation list with a limit that is not critical",
            ),
        ),
        (
            scope::is_empty(list),
            (
                "5.2.5",
                "crl-point-empty",
                "a revocation list with a limit that says nothing",
            ),
        ),
        (
            lifted(),
            (
                "5.3.1",
                "crl-reason-of-delta",
                "a complete revocation list that lifts a hold",
            ),
        ),
    ];
    found.extend(
        clauses
            .into_iter()
            .filter_map(|(is, own)| is.then_some(own)),
    );
    found
}

fn number(number: Option<&Extension>) -> Vec<Departing> {
    let Some(own) = number else {
        let missing = "a revocation list without a number";
        return vec![("5.2.3", "crl-number-missing", missing)];
    };
    let mut found = Vec::new();
    if own.critical {
        let critical = "a revocation list whose number is critical";
        found.push(("5.2.3", "crl-number-critical", critical));
    }
    let number = der::only(&own.value, der::INTEGER).map(|number| number.content);
    let fits = number.is_some_and(|number| {
        let positive = number.first().is_some_and(|first| *first < 0x80);
        positive && number.len() <= NUMBER_OCTETS
    });
    if !fits {
        let wrong = "a revocation list whose number is none, or too long";
        found.push(("5.2.3", "crl-number-form", wrong));
    }
    found
}

/// Through 2049 times are UTCTime, and later ones GeneralizedTime.
fn is_time_misplaced(time: &Element<'_>) -> bool {
    let year = || {
        std::str::from_utf8(time.content.get(..4)?)
            .ok()?
            .parse::<u16>()
            .ok()
    };
    time.tag == GENERALIZED_TIME && year().is_some_and(|year| year < 2050)
}

/// Whether the authority key identifier is not that of the issuer's certificate (§5.2.1).
pub(super) fn names_other_key(list: &RevocationList, issuer: &Issuer<'_>) -> Option<Departing> {
    let value = &list.extension(AUTHORITY_KEY_ID)?.value;
    let fields = der::sequence(value)?;
    let named = fields.iter().find(|field| field.tag == 0x80)?.content;
    let own = issuer.certificate?.key_id()?;
    let other = "a revocation list whose authority key identifier is not its issuer's";
    (named != own).then_some(("5.2.1", "crl-key-id-differs", other))
}
