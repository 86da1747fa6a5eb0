//! OCSP responses (RFC 6960): of which certificate they speak, who signed them, and until when they hold.

use aws_lc_rs::digest;
use jiff::Timestamp;

use super::certificate::Cert;
use super::list::{Issuer, is_ahead, time};
use super::signature::{Signed, Verdict, split_key};
use crate::facts::revocation::{RevocationStatus, StatusFault};
use crate::verify::der::{self, Element};

/// What a response says of one certificate.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) status: RevocationStatus,
    pub(super) revoked_at: Option<Timestamp>,
    pub(super) reason: Option<u8>,
    pub(super) this_update: Timestamp,
    pub(super) next_update: Option<Timestamp>,
    /// The list of the certificate's timestamps that came along.
    pub(super) timestamps: Option<Vec<u8>>,
}

/// The kind of response that everybody uses, id-pkix-ocsp-basic: 1.3.6.1.5.5.7.48.1.1.
const BASIC: &[u8] = &[43, 6, 1, 5, 5, 7, 48, 1, 1];
/// Certificate timestamps in a response, 1.3.6.1.4.1.11129.2.4.5 (RFC 6962 §3.3).
const TIMESTAMPS: &[u8] = &[0x2b, 6, 1, 4, 1, 0xd6, 0x79, 2, 4, 5];
/// SHA-1 and SHA-256.
const SHA1: &[u8] = &[0x2b, 14, 3, 2, 26];
const SHA256: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];

/// What `response` says at this time of the certificate of `issuer` with this serial number.
pub(super) fn read(
    response: &[u8],
    issuer: &Issuer<'_>,
    serial: &[u8],
    at: Timestamp,
) -> Result<Said, StatusFault> {
    let basic = basic(response)?;
    let signed = Signed::read(&basic).ok_or(StatusFault::Unreadable)?;
    let fields = der::sequence(signed.what).ok_or(StatusFault::Unreadable)?;
    let singles = fields.iter().find(|field| field.tag == der::SEQUENCE);
    let singles = singles.and_then(|list| der::elements(list.content));
    let singles = singles.ok_or(StatusFault::Unreadable)?;
    let mut read = singles.iter().filter_map(single);
    let (_, said) = read
        .find(|(id, _)| id.is_of(issuer, serial))
        .ok_or(StatusFault::OtherCertificate)?;
    is_by(&basic, &signed, issuer, at)?;
    match said.next_update {
        Some(next_update) if next_update < at => Err(StatusFault::OutOfDate { next_update }),
        _ if is_ahead(said.this_update, at) => Err(StatusFault::NotYetValid {
            this_update: said.this_update,
        }),
        // Firefox takes that for a refusal (RFC 6960 §2.2: it may never have been issued).
        _ if said.status == RevocationStatus::Unknown => Err(StatusFault::NotKnown),
        _ => Ok(said),
    }
}

/// The BasicOCSPResponse within.
fn basic(response: &[u8]) -> Result<Vec<u8>, StatusFault> {
    let unreadable = || StatusFault::Unreadable;
    let parts = der::sequence(response).ok_or_else(unreadable)?;
    let status = parts
        .first()
        .filter(|status| status.tag == der::ENUMERATED)
        .ok_or_else(unreadable)?;
    match status.content {
        [0] => {}
        [code] => return Err(StatusFault::ResponderError { code: *code }),
        _ => return Err(unreadable()),
    }
    let bytes = parts.get(1).and_then(|bytes| der::sequence(bytes.content));
    match bytes.as_deref() {
        Some([kind, content]) if kind.content == BASIC => Ok(content.content.to_vec()),
        _ => Err(unreadable()),
    }
}

/// CertID: whose certificate a response speaks of.
struct CertificateId<'a> {
    hash: &'a [u8],
    issuer_name: &'a [u8],
    issuer_key: &'a [u8],
    serial: &'a [u8],
}

impl CertificateId<'_> {
    fn is_of(&self, issuer: &Issuer<'_>, serial: &[u8]) -> bool {
        let algorithm = match self.hash {
            SHA1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            SHA256 => &digest::SHA256,
            _ => return false,
        };
        let hash = |bytes: &[u8]| digest::digest(algorithm, bytes);
        let key = split_key(issuer.key).map(|(_, key)| hash(key));
        self.serial == serial
            && self.issuer_name == hash(issuer.subject).as_ref()
            && key.is_some_and(|key| self.issuer_key == key.as_ref())
    }
}

fn single<'a>(element: &Element<'a>) -> Option<(CertificateId<'a>, Said)> {
    let parts = der::sequence(element.whole)?;
    let [id, status, this_update, rest @ ..] = parts.as_slice() else {
        return None;
    };
    let id = der::sequence(id.whole)?;
    let [hash, issuer_name, issuer_key, serial] = id.as_slice() else {
        return None;
    };
    let next = rest.iter().find(|part| part.tag == 0xa0);
    let extensions = rest.iter().find(|part| part.tag == 0xa1);
    let revoked = (status.tag == 0xa1)
        .then(|| der::elements(status.content))
        .flatten();
    let said = Said {
        status: match status.tag {
            0x80 => RevocationStatus::Good,
            0xa1 => RevocationStatus::Revoked,
            _ => RevocationStatus::Unknown,
        },
        revoked_at: revoked.as_ref().and_then(|parts| time(parts.first()?)),
        reason: revoked.as_ref().and_then(|parts| {
            let (reason, _) = der::element(parts.get(1)?.content)?;
            reason.content.first().copied()
        }),
        this_update: time(this_update)?,
        next_update: next.and_then(|next| time(&der::element(next.content)?.0)),
        timestamps: extensions.and_then(timestamps),
    };
    let id = CertificateId {
        hash: der::element(hash.content)?.0.content,
        issuer_name: issuer_name.content,
        issuer_key: issuer_key.content,
        serial: serial.content,
    };
    Some((id, said))
}

/// A response is signed by the issuer, or by a responder that the issuer gave a certificate for this (RFC 6960 §4.2.2.2).
fn is_by(
    basic: &[u8],
    signed: &Signed<'_>,
    issuer: &Issuer<'_>,
    at: Timestamp,
) -> Result<(), StatusFault> {
    if signed.verify(issuer.key) == Verdict::Good {
        return Ok(());
    }
    let parts = der::sequence(basic).ok_or(StatusFault::Unreadable)?;
    let sent = parts
        .get(3)
        .and_then(|sent| der::sequence(sent.content))
        .unwrap_or_default();
    let readers = sent.iter().filter_map(|der| Cert::read(der.whole, None));
    let signer = readers
        .into_iter()
        .find(|own| signed.verify(own.key_der()) == Verdict::Good)
        .ok_or(StatusFault::BadSignature)?;
    let validity = signer.x509.validity();
    let valid = (validity.not_before.timestamp()..=validity.not_after.timestamp())
        .contains(&at.as_second());
    let issued = Signed::read(signer.der)
        .is_some_and(|signed| signed.verify(issuer.key) == Verdict::Good)
        && signer.issuer_der() == issuer.subject;
    let meant = signer.purposes().is_some_and(|own| own.ocsp_signing);
    if valid && issued && meant {
        Ok(())
    } else {
        Err(StatusFault::SignerNotAllowed)
    }
}

fn timestamps(extensions: &Element<'_>) -> Option<Vec<u8>> {
    let all = der::sequence(extensions.content)?;
    all.iter().find_map(|extension| {
        let parts = der::sequence(extension.whole)?;
        let own = parts.first().is_some_and(|oid| oid.content == TIMESTAMPS);
        let value = parts.last().filter(|_| own)?;
        let list = der::only(value.content, der::OCTET_STRING)?;
        Some(list.content.to_vec())
    })
}
