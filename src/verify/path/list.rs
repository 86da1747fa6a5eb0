//! Lists of revoked certificates (RFC 5280 §5), read once and looked up for every chain.

mod form;
mod scope;

use jiff::{SignedDuration, Timestamp};
use x509_parser::prelude::FromDer;
use x509_parser::time::ASN1Time;

use super::certificate::Cert;
use super::signature::{Signed, Verdict};
use crate::facts::revocation::StatusFault;
use crate::verify::der::{self, Element};

/// A list that could be read.
#[derive(Clone, Debug)]
pub struct RevocationList {
    /// The file or address that it came from.
    pub source: String,
    der: Vec<u8>,
    issuer: Vec<u8>,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    /// Where each entry stands in `der`, in the order of serial numbers: a list of 100 MB has millions.
    revoked: Vec<u32>,
    extensions: Vec<Extension>,
    /// Why it cannot be used, whoever issued it.
    broken: Option<StatusFault>,
    /// Where its form departs from RFC 5280 §5 although it can be used.
    departures: Vec<Departing>,
}

/// Clause of RFC 5280, name of the rule, and what was found.
type Departing = (&'static str, &'static str, &'static str);

/// A certificate's line in a list.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) at: Timestamp,
    pub(super) reason: Option<u8>,
}

#[derive(Clone, Debug)]
struct Extension {
    oid: Vec<u8>,
    critical: bool,
    value: Vec<u8>,
}

/// Extensions of lists (RFC 5280 §5.2).
const NUMBER: &[u8] = &[0x55, 0x1d, 20];
const ISSUING_POINT: &[u8] = &[0x55, 0x1d, 28];
const AUTHORITY_KEY_ID: &[u8] = &[0x55, 0x1d, 35];
/// Of an entry: the reason (§5.3.1), and since when the key may have been another's (§5.3.2).
const REASON: &[u8] = &[0x55, 0x1d, 21];
const INVALIDITY_DATE: &[u8] = &[0x55, 0x1d, 24];
/// That a hold was lifted (§5.3.1).
const REMOVE_FROM_LIST: u8 = 8;

/// Who issued the certificate in question.
#[derive(Clone, Copy)]
pub(super) struct Issuer<'i> {
    pub(super) subject: &'i [u8],
    pub(super) key: &'i [u8],
    /// Its certificate, where there is one.
    pub(super) certificate: Option<&'i Cert<'i>>,
}

impl RevocationList {
    /// One that cannot be read: nobody is revoked by it, and nobody is found good.
    #[must_use]
    pub fn unreadable(source: &str) -> Self {
        Self {
            source: source.to_owned(),
            der: Vec::new(),
            issuer: Vec::new(),
            this_update: Timestamp::UNIX_EPOCH,
            next_update: None,
            revoked: Vec::new(),
            extensions: Vec::new(),
            broken: Some(StatusFault::Unreadable),
            departures: Vec::new(),
        }
    }

    /// Reads a list's DER.
    #[must_use]
    pub fn read(source: &str, bytes: Vec<u8>) -> Option<Self> {
        let signed = Signed::read(&bytes)?;
        let fields = der::sequence(signed.what)?;
        let mut fields = fields
            .iter()
            .skip_while(|field| field.tag == der::INTEGER)
            .skip(1)
            .peekable();
        let issuer = fields.next()?;
        let this_update = time(fields.next()?)?;
        let next_update = fields.peek().and_then(|field| time(field));
        if next_update.is_some() {
            fields.next();
        }
        let mut list = Self {
            issuer: issuer.whole.to_vec(),
            this_update,
            next_update,
            broken: None,
            ..Self::unreadable(source)
        };
        for field in fields {
            match field.tag {
                der::SEQUENCE => list.revoked = entries(field.content, &bytes)?,
                0xa0 => {
                    list.extensions = extensions(der::only(field.content, der::SEQUENCE)?.content)?
                }
                _ => return None,
            }
        }
        list.broken = form::broken(&bytes, &list);
        list.departures = form::departures(&bytes, &list);
        list.der = bytes;
        Some(list)
    }

    /// Whether it is by the issuer of the certificate, and of certificates like it. Of one that cannot be read nobody knows.
    pub(super) fn concerns(&self, issuer: &Issuer<'_>, certificate: &Cert<'_>) -> bool {
        let by_issuer = self.issuer == issuer.subject && scope::covers(self, certificate);
        by_issuer || self.broken == Some(StatusFault::Unreadable)
    }

    /// Whether it names every certificate that its issuer has revoked, for whatever reason, as far as it concerns it at all.
    pub(super) fn is_whole(&self) -> bool {
        !scope::is_partial(self)
    }

    /// Where its form departs from RFC 5280 §5 although it can be used.
    pub(super) fn departures(&self, issuer: &Issuer<'_>) -> Vec<Departing> {
        let other = form::names_other_key(self, issuer);
        let own = self.departures.iter().copied();
        own.chain(other).collect()
    }

    fn extension(&self, oid: &[u8]) -> Option<&Extension> {
        self.extensions.iter().find(|own| own.oid == oid)
    }

    /// The line of a serial number.
    pub(super) fn entry(&self, serial: &[u8]) -> Option<Entry> {
        let own = |offset: &u32| serial_at(&self.der, *offset);
        let index = self.revoked.binary_search_by(|at| own(at).cmp(serial));
        let offset = usize::try_from(*self.revoked.get(index.ok()?)?).ok()?;
        let (entry, _) = der::element(self.der.get(offset..)?)?;
        let fields = der::elements(entry.content)?;
        let at = time(fields.get(1)?)?;
        let reason = fields.get(2).and_then(reason);
        Some(Entry { at, reason })
    }

    /// Why the list says nothing at this time, of a certificate of this issuer (RFC 5280 §6.3.3).
    pub(super) fn fault(&self, issuer: &Issuer<'_>, at: Timestamp) -> Option<StatusFault> {
        if self.broken.is_some() {
            return self.broken.clone();
        }
        let unknown = self.extensions.iter().find(|own| {
            own.critical && ![NUMBER, ISSUING_POINT, AUTHORITY_KEY_ID].contains(&own.oid.as_slice())
        });
        let verdict = Signed::read(&self.der).map(|signed| signed.verify(issuer.key));
        if verdict != Some(Verdict::Good) {
            Some(StatusFault::BadSignature)
        } else if issuer
            .certificate
            .and_then(Cert::key_usage)
            .is_some_and(|usage| !usage.crl_sign())
        {
            Some(StatusFault::SignerNotAllowed)
        } else if let Some(extension) = unknown {
            Some(StatusFault::UnknownCriticalExtension {
                oid: dotted(&extension.oid),
            })
        } else if let Some(next_update) = self.next_update.filter(|end| *end < at) {
            Some(StatusFault::OutOfDate { next_update })
        } else if is_ahead(self.this_update, at) {
            let this_update = self.this_update;
            Some(StatusFault::NotYetValid { this_update })
        } else {
            None
        }
    }
}

/// How far clocks may differ. What is made for the question is younger than the run that asks it; OpenSSL's clients allow as much.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// Whether a statement begins later than any clock could say.
pub(super) fn is_ahead(this_update: Timestamp, at: Timestamp) -> bool {
    at.duration_until(this_update) > SKEW
}

/// UTCTime or GeneralizedTime.
pub(super) fn time(field: &Element<'_>) -> Option<Timestamp> {
    let (_, time) = ASN1Time::from_der(field.whole).ok()?;
    Timestamp::from_second(time.timestamp()).ok()
}

/// The offsets of the entries in `whole`, of which `content` is a part, in the order of serial numbers.
fn entries(content: &[u8], whole: &[u8]) -> Option<Vec<u32>> {
    let start = content.as_ptr().addr() - whole.as_ptr().addr();
    let mut offsets = Vec::new();
    let mut rest = content;
    while !rest.is_empty() {
        let (entry, after) = der::element(rest)?;
        let (serial, _) = der::element(entry.content)?;
        if serial.tag != der::INTEGER {
            return None;
        }
        offsets.push(u32::try_from(start + content.len() - rest.len()).ok()?);
        rest = after;
    }
    offsets.sort_unstable_by(|one, other| serial_at(whole, *one).cmp(serial_at(whole, *other)));
    Some(offsets)
}

fn serial_at(whole: &[u8], offset: u32) -> &[u8] {
    let entry = usize::try_from(offset)
        .ok()
        .and_then(|offset| der::element(whole.get(offset..)?));
    let serial = entry.and_then(|(entry, _)| der::element(entry.content));
    serial.map(|(serial, _)| serial.content).unwrap_or_default()
}

fn reason(field: &Element<'_>) -> Option<u8> {
    let all = extensions(field.content)?;
    let own = all.iter().find(|own| own.oid == REASON)?;
    der::only(&own.value, der::ENUMERATED)?
        .content
        .first()
        .copied()
}

fn extensions(content: &[u8]) -> Option<Vec<Extension>> {
    let read = |extension: &Element<'_>| {
        let parts = der::sequence(extension.whole)?;
        let value = parts.last().filter(|last| last.tag == der::OCTET_STRING)?;
        Some(Extension {
            oid: parts.first()?.content.to_vec(),
            critical: parts.len() > 2 && parts.get(1)?.content != [0],
            value: value.content.to_vec(),
        })
    };
    der::elements(content)?.iter().map(read).collect()
}

fn dotted(oid: &[u8]) -> String {
    x509_parser::der_parser::oid::Oid::new(oid.into()).to_id_string()
}
