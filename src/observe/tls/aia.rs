//! Issuers that a server did not send, fetched by the address in the certificate (RFC 5280 §4.2.2.1), as some browsers do.

use std::collections::HashSet;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::fetch::Fetcher;
use super::{bundle, certificate};
use crate::facts::certificate::Certificate;
use crate::facts::tls::{Endpoint, FetchedIssuer};
use crate::net::limits;

/// A certificate's names, DER, and where its issuer is.
struct Named {
    subject: Vec<u8>,
    issuer: Vec<u8>,
    urls: Vec<String>,
}

impl Named {
    fn of(facts: &Certificate) -> Option<Self> {
        let der = CertificateDer::from_pem_slice(facts.pem.as_bytes()).ok()?;
        let (_, read) = X509Certificate::from_der(&der).ok()?;
        Some(Self {
            subject: read.subject().as_raw().to_vec(),
            issuer: read.issuer().as_raw().to_vec(),
            urls: facts.aia_issuers.clone(),
        })
    }
}

/// Climbs from the leaf by what was sent, and fetches where an issuer is missing that not everybody has.
pub(super) async fn complete(
    endpoint: &Endpoint,
    known: &HashSet<Vec<u8>>,
    fetcher: &Fetcher<'_>,
) -> Vec<FetchedIssuer> {
    let sent: Vec<Named> = endpoint.chain.iter().filter_map(Named::of).collect();
    let mut fetched = Vec::new();
    let mut climbed: HashSet<Vec<u8>> = HashSet::new();
    let mut top = endpoint.leaf().and_then(Named::of);
    while let Some(own) = top.take() {
        let done = own.subject == own.issuer || known.contains(&own.issuer);
        // Each name is passed once, so cycles end.
        if done || !climbed.insert(own.issuer.clone()) {
            break;
        }
        let next = sent.iter().find(|other| other.subject == own.issuer);
        top = match next {
            Some(next) => Some(Named {
                subject: next.subject.clone(),
                issuer: next.issuer.clone(),
                urls: next.urls.clone(),
            }),
            None => {
                let room = limits::FETCHED_ISSUERS.saturating_sub(fetched.len());
                let looked = look(&own, fetcher, room).await;
                let found = looked.iter().find_map(|own| own.certificate.as_ref());
                let found = found.and_then(Named::of);
                fetched.extend(looked);
                found
            }
        };
    }
    fetched
}

/// Tries the addresses one after the other until one has the issuer.
async fn look(own: &Named, fetcher: &Fetcher<'_>, room: usize) -> Vec<FetchedIssuer> {
    let mut looked = Vec::new();
    for url in own.urls.iter().take(room) {
        let limit = (limits::ISSUER_BYTES, "ISSUER_BYTES");
        let (certificate, failure) = match fetcher.fetch(url, None, limit).await {
            Ok(body) => (issuer(&body, own), None),
            Err(failure) => (None, Some(failure)),
        };
        let found = certificate.is_some();
        looked.push(FetchedIssuer {
            url: url.clone(),
            certificate,
            failure,
        });
        if found {
            break;
        }
    }
    looked
}

/// The certificate in a body that has the issuer's name.
fn issuer(body: &[u8], own: &Named) -> Option<Certificate> {
    let held = bundle::read(body).certificates;
    let named = |der: &&Vec<u8>| {
        X509Certificate::from_der(der).is_ok_and(|(_, read)| read.subject().as_raw() == own.issuer)
    };
    held.iter().find(named).map(|der| certificate::read(der))
}
