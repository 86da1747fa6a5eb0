//! The client's own certificate: whether a server asks for one, and what it is given then.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

/// A certificate with its chain, and the key of it.
#[derive(Clone, Debug)]
pub struct Identity(Arc<CertifiedKey>);

impl Identity {
    /// Joins chain and key.
    ///
    /// # Errors
    /// The key is of a kind that cannot sign, or not the one of the first certificate.
    pub fn new(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<Self, rustls::Error> {
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        CertifiedKey::from_der(chain, key, &provider).map(|key| Self(Arc::new(key)))
    }
}

/// Answers a CertificateRequest, and remembers that there was one.
#[derive(Debug)]
pub(super) struct Presenter {
    identity: Option<Identity>,
    asked: AtomicBool,
}

impl Presenter {
    pub(super) fn new(identity: Option<Identity>) -> Self {
        Self {
            identity,
            asked: AtomicBool::new(false),
        }
    }

    pub(super) fn was_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }
}

impl ResolvesClientCert for Presenter {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.asked.store(true, Ordering::Relaxed);
        self.identity
            .as_ref()
            .map(|identity| Arc::clone(&identity.0))
    }

    /// Always, or else it would not be asked.
    fn has_certs(&self) -> bool {
        true
    }
}
