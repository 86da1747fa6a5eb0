//! A verifier that lets every handshake finish and writes down what it was shown: the verdict is made apart, in `verify`.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, Error, SignatureScheme};

use crate::net::clock::Stopwatch;

/// What the server showed of itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Shown {
    pub(super) chain: Vec<CertificateDer<'static>>,
    /// The OCSP response that came along; empty when none did.
    pub(super) staple: Vec<u8>,
    pub(super) key_proven: Option<bool>,
    /// When the certificates had come, by the handshake's watch.
    pub(super) after: Option<Duration>,
}

/// The verifier of one handshake.
#[derive(Debug)]
pub(super) struct Recorder {
    provider: Arc<CryptoProvider>,
    watch: Stopwatch,
    shown: Mutex<Shown>,
}

impl Recorder {
    /// For the handshake of this watch.
    pub(super) fn new(provider: Arc<CryptoProvider>, watch: Stopwatch) -> Self {
        Self {
            provider,
            watch,
            shown: Mutex::default(),
        }
    }

    pub(super) fn shown(&self) -> Shown {
        self.shown
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn note(&self, note: impl FnOnce(&mut Shown)) {
        note(&mut self.shown.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn proven(&self, checked: Result<HandshakeSignatureValid, Error>) -> HandshakeSignatureValid {
        self.note(|shown| shown.key_proven = Some(checked.is_ok()));
        HandshakeSignatureValid::assertion()
    }
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        ocsp_response: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.note(|shown| {
            let chain = std::iter::once(end_entity).chain(intermediates);
            shown.chain = chain
                .map(|certificate| certificate.clone().into_owned())
                .collect();
            shown.staple = ocsp_response.to_vec();
            shown.after = Some(self.watch.elapsed());
        });
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        Ok(self.proven(verify_tls12_signature(
            message,
            certificate,
            signed,
            algorithms,
        )))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        Ok(self.proven(verify_tls13_signature(
            message,
            certificate,
            signed,
            algorithms,
        )))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
