//! Does the chain that was sent lead to an anchor, and does its leaf name the server?
//!
//! Each question is answered for itself: one certificate can be expired, misnamed and of an unknown authority at once.
//! Validity in time is the judge's business; here a path is built at a time when the leaf is valid.

use std::time::Duration;

use jiff::Timestamp;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, TrustAnchor, UnixTime};
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, KeyUsage};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::facts::certificate::Certificate;
use crate::facts::tls::{Distrust, Endpoint, Trust, TrustStatus};

/// The anchors that a path may end in.
#[derive(Clone, Debug)]
pub struct Anchors(Vec<TrustAnchor<'static>>);

impl Anchors {
    /// Mozilla's roots, as bundled.
    #[must_use]
    pub fn webpki() -> Self {
        Self(webpki_roots::TLS_SERVER_ROOTS.to_vec())
    }

    /// These certificates as anchors.
    ///
    /// # Errors
    /// The indices, from 0, of those that cannot be anchors.
    pub fn from_certificates(certificates: &[CertificateDer<'_>]) -> (Self, Vec<usize>) {
        let mut anchors = Vec::new();
        let mut unusable = Vec::new();
        for (index, certificate) in certificates.iter().enumerate() {
            match webpki::anchor_from_trusted_cert(certificate) {
                Ok(anchor) => anchors.push(anchor.to_owned()),
                Err(_) => unusable.push(index),
            }
        }
        (Self(anchors), unusable)
    }

    /// Both sets.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Whether the certificate is itself an anchor.
    fn hold(&self, certificate: &CertificateDer<'_>) -> bool {
        let same = |anchor: &TrustAnchor<'_>, own: &TrustAnchor<'_>| {
            anchor.subject == own.subject
                && anchor.subject_public_key_info == own.subject_public_key_info
        };
        webpki::anchor_from_trusted_cert(certificate)
            .is_ok_and(|own| self.0.iter().any(|anchor| same(anchor, &own)))
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Fills in what is derived of an endpoint: its trust, and whether the name matches.
pub fn verify(endpoint: &mut Endpoint, anchors: &Anchors, at: Timestamp) {
    let chain: Vec<CertificateDer<'static>> = endpoint
        .chain
        .iter()
        .filter_map(|certificate| CertificateDer::from_pem_slice(certificate.pem.as_bytes()).ok())
        .collect();
    let Some((leaf, rest)) = chain.split_first() else {
        return;
    };
    let first = endpoint.chain.first();
    endpoint.trust = Some(trust(leaf, rest, anchors, valid_moment(first, at)));
    endpoint.name_matches = name_matches(leaf, &endpoint.server_name);
}

/// `at` when the leaf is valid then, else its last or first moment.
fn valid_moment(leaf: Option<&Certificate>, at: Timestamp) -> UnixTime {
    let (from, until) = leaf.map_or((None, None), |leaf| (leaf.not_before, leaf.not_after));
    let moment = until.map_or(at, |until| at.min(until));
    let moment = from.map_or(moment, |from| moment.max(from));
    UnixTime::since_unix_epoch(Duration::from_secs(
        u64::try_from(moment.as_second()).unwrap_or_default(),
    ))
}

fn name_matches(leaf: &CertificateDer<'_>, name: &str) -> Option<bool> {
    let name = ServerName::try_from(name.to_owned()).ok()?;
    Some(
        EndEntityCert::try_from(leaf)
            .ok()?
            .verify_is_valid_for_subject_name(&name)
            .is_ok(),
    )
}

fn trust(
    leaf: &CertificateDer<'_>,
    rest: &[CertificateDer<'_>],
    anchors: &Anchors,
    at: UnixTime,
) -> Trust {
    let Ok((_, parsed)) = X509Certificate::from_der(leaf) else {
        return untrusted(Distrust::Unreadable, Vec::new());
    };
    if is_self_signed(&parsed) {
        let path = vec![parsed.subject().to_string()];
        return if anchors.hold(leaf) {
            trusted(path)
        } else {
            untrusted(Distrust::SelfSigned, path)
        };
    }
    let built = EndEntityCert::try_from(leaf).and_then(|leaf| {
        let path = leaf.verify_for_usage(
            ALL_VERIFICATION_ALGS,
            &anchors.0,
            rest,
            at,
            KeyUsage::server_auth(),
            None,
            None,
        )?;
        let between = path
            .intermediate_certificates()
            .map(|certificate| subject(&certificate.der()));
        let anchor = anchor_name(path.anchor());
        Ok(between.chain(std::iter::once(anchor)).collect::<Vec<_>>())
    });
    match built {
        Ok(above) => {
            let path = std::iter::once(parsed.subject().to_string())
                .chain(above)
                .collect();
            trusted(path)
        }
        Err(error) => {
            let (path, reason) = as_far_as_it_leads(&parsed, rest, &error);
            untrusted(reason, path)
        }
    }
}

fn trusted(path: Vec<String>) -> Trust {
    Trust {
        status: TrustStatus::Trusted,
        reason: None,
        reasons: Vec::new(),
        path,
    }
}

fn untrusted(reason: Distrust, path: Vec<String>) -> Trust {
    Trust {
        status: TrustStatus::Untrusted,
        reason: Some(reason.clone()),
        reasons: vec![reason],
        path,
    }
}

/// Climbs from the leaf by names and signatures, to tell what is missing.
fn as_far_as_it_leads(
    leaf: &X509Certificate<'_>,
    rest: &[CertificateDer<'_>],
    error: &webpki::Error,
) -> (Vec<String>, Distrust) {
    let sent: Vec<X509Certificate<'_>> = rest
        .iter()
        .filter_map(|der| X509Certificate::from_der(der).ok())
        .map(|(_, certificate)| certificate)
        .collect();
    let mut path = vec![leaf];
    // Each certificate is used once at most, so cycles end.
    while let Some(top) = path.last().copied().filter(|top| !is_self_signed(top)) {
        let issues = |candidate: &&X509Certificate<'_>| {
            candidate.subject() == top.issuer()
                && top.verify_signature(Some(candidate.public_key())).is_ok()
        };
        let unused = sent
            .iter()
            .filter(|candidate| !path.iter().any(|used| std::ptr::eq(*used, *candidate)));
        let Some(issuer) = unused.into_iter().find(issues) else {
            break;
        };
        path.push(issuer);
    }
    let names: Vec<String> = path
        .iter()
        .map(|certificate| certificate.subject().to_string())
        .collect();
    let top = path.last().copied().unwrap_or(leaf);
    let reason = if !matches!(error, webpki::Error::UnknownIssuer) {
        Distrust::PathInvalid {
            rule: format!("{error:?}"),
        }
    } else if path.len() == 1 {
        Distrust::IssuerNotSent {
            issuer: top.issuer().to_string(),
        }
    } else {
        let root = if is_self_signed(top) {
            top.subject()
        } else {
            top.issuer()
        };
        Distrust::UnknownRoot {
            root: root.to_string(),
        }
    };
    (names, reason)
}

fn is_self_signed(certificate: &X509Certificate<'_>) -> bool {
    certificate.subject() == certificate.issuer() && certificate.verify_signature(None).is_ok()
}

fn subject(der: &CertificateDer<'_>) -> String {
    X509Certificate::from_der(der)
        .map(|(_, certificate)| certificate.subject().to_string())
        .unwrap_or_default()
}

/// The subject of an anchor, which webpki keeps without its outer SEQUENCE.
fn anchor_name(anchor: &TrustAnchor<'_>) -> String {
    let content = anchor.subject.as_ref();
    let sequence = in_sequence(content);
    x509_parser::x509::X509Name::from_der(&sequence)
        .map(|(_, name)| name.to_string())
        .unwrap_or_default()
}

/// A DER SEQUENCE around `content` (X.690 §8.1.3).
fn in_sequence(content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let significant: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
    let mut der = vec![0x30];
    match u8::try_from(content.len()) {
        Ok(short) if short < 0x80 => der.push(short),
        _ => {
            der.push(0x80 | u8::try_from(significant.len()).unwrap_or_default());
            der.extend(significant);
        }
    }
    der.extend(content);
    der
}
