//! Asks authorities for the status of a leaf: their responder (RFC 6960), and their list (RFC 5280 §5).

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::bundle;
use super::fetch::{Fetcher, Sent};
use crate::facts::attempt::Failure;
use crate::facts::revocation::{StatusAnswer, StatusKind};
use crate::facts::tls::Endpoint;
use crate::net::limits;

/// The first responder and the first list that the leaf names; each tells what the other may not know yet.
pub(super) async fn ask(endpoint: &Endpoint, fetcher: &Fetcher<'_>) -> Vec<StatusAnswer> {
    let Some(leaf) = endpoint.leaf() else {
        return Vec::new();
    };
    let mut answers = Vec::new();
    if let (Some(url), Some(question)) = (leaf.ocsp.first(), question(endpoint)) {
        let sent = Sent {
            content_type: "application/ocsp-request",
            body: &question,
        };
        let limit = (limits::RESPONSE_BYTES, "RESPONSE_BYTES");
        let body = fetcher.fetch(url, Some(sent), limit).await;
        answers.push(answer(url, StatusKind::Ocsp, body));
    }
    if let Some(url) = leaf.crl.first() {
        let limit = (limits::FETCHED_LIST_BYTES, "FETCHED_LIST_BYTES");
        let body = fetcher.fetch(url, None, limit).await.map(|body| {
            // Some authorities give their lists out as PEM.
            let lists = bundle::read(&body).lists;
            lists.into_iter().next().unwrap_or(body)
        });
        answers.push(answer(url, StatusKind::Crl, body));
    }
    answers
}

fn answer(url: &str, kind: StatusKind, body: Result<Vec<u8>, Failure>) -> StatusAnswer {
    let (body, failure) = match body {
        Ok(body) => (Some(STANDARD.encode(body)), None),
        Err(failure) => (None, Some(failure)),
    };
    StatusAnswer {
        url: url.to_owned(),
        kind,
        body,
        failure,
    }
}

/// An OCSPRequest about the leaf, without a nonce: responders that prepare their answers know none (RFC 5019 §4).
fn question(endpoint: &Endpoint) -> Option<Vec<u8>> {
    let fetched = endpoint.issuers_fetched.iter();
    let fetched = fetched.filter_map(|fetched| fetched.certificate.as_ref());
    let ders: Vec<CertificateDer<'static>> = endpoint
        .chain
        .iter()
        .chain(fetched)
        .filter_map(|own| CertificateDer::from_pem_slice(own.pem.as_bytes()).ok())
        .collect();
    let mut read = ders
        .iter()
        .filter_map(|der| X509Certificate::from_der(der).ok())
        .map(|(_, own)| own);
    let leaf = read.next()?;
    let issuer = read.find(|own| own.subject().as_raw() == leaf.issuer().as_raw())?;
    let key = &issuer.public_key().subject_public_key.data;
    Some(request(leaf.issuer().as_raw(), key, leaf.raw_serial()))
}

fn request(issuer: &[u8], key: &[u8], serial: &[u8]) -> Vec<u8> {
    // SHA-1 only names the issuer here; RFC 5019 §2.1.1 has responders know nothing else.
    let hash = |bytes: &[u8]| element(0x04, digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref());
    let sha1 = element(0x30, &[0x06, 5, 0x2b, 14, 3, 2, 26, 0x05, 0]);
    let id = [sha1, hash(issuer), hash(key), element(0x02, serial)].concat();
    let request = element(0x30, &element(0x30, &id));
    element(0x30, &element(0x30, &element(0x30, &request)))
}

/// A DER element. Requests are far shorter than 64 KiB.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len())
        .unwrap_or(u16::MAX)
        .to_be_bytes();
    let mut der = vec![tag];
    match length {
        [0, short @ 0..=0x7f] => der.push(short),
        [0, long] => der.extend([0x81, long]),
        [high, low] => der.extend([0x82, high, low]),
    }
    der.extend(content);
    der
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_names_issuer_and_serial_number() {
        let asked = request(b"name", b"key", &[1, 2, 3]);
        assert_eq!(asked.first_chunk(), Some(&[0x30, 68]));
        assert!(asked.ends_with(&[0x02, 3, 1, 2, 3]));
    }
}
