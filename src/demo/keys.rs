//! The keys that zones of the world are signed with.

use std::fmt;

use hickory_proto::dnssec::crypto::{EcdsaSigningKey, Ed25519SigningKey, signing_key_from_der};
use hickory_proto::dnssec::rdata::{DNSKEY, DNSSECRData, DS};
use hickory_proto::dnssec::{Algorithm, DigestType, SigningKey, TBS};
use hickory_proto::rr::{Name, RData};
use rustls::pki_types::PrivateKeyDer;

/// One key for everything in its zone, as most signers make it nowadays.
pub(super) struct Key {
    secret: Box<dyn SigningKey>,
    public: DNSKEY,
    tag: u16,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.tag)
    }
}

impl Key {
    /// A new key with a tag of five digits: what is written of it takes the same place in every world.
    ///
    /// # Errors
    /// When the algorithm is none that can be signed with.
    pub(super) fn generate(algorithm: Algorithm) -> Result<Self, String> {
        loop {
            let key = Self::any(algorithm)?;
            if key.tag >= 10_000 {
                return Ok(key);
            }
        }
    }

    fn any(algorithm: Algorithm) -> Result<Self, String> {
        let told = |error: &dyn fmt::Display| format!("no key of {algorithm}: {error}");
        let der: PrivateKeyDer<'static> = match algorithm {
            Algorithm::ED25519 => Ed25519SigningKey::generate_pkcs8()
                .map_err(|error| told(&error))?
                .into(),
            Algorithm::RSASHA256 | Algorithm::RSASHA512 => rsa().map_err(|error| told(&error))?,
            _ => EcdsaSigningKey::generate_pkcs8(algorithm)
                .map_err(|error| told(&error))?
                .into(),
        };
        let secret = signing_key_from_der(&der, algorithm).map_err(|error| told(&error))?;
        let public = secret.to_public_key().map_err(|error| told(&error))?;
        let public = DNSKEY::from_key(&public);
        let tag = public.calculate_key_tag().map_err(|error| told(&error))?;
        Ok(Self {
            secret,
            public,
            tag,
        })
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        self.secret.algorithm()
    }

    pub(super) fn tag(&self) -> u16 {
        self.tag
    }

    pub(super) fn sign(&self, bytes: &TBS) -> Option<Vec<u8>> {
        self.secret.sign(bytes).ok()
    }

    /// The record that publishes it.
    pub(super) fn record(&self) -> RData {
        RData::DNSSEC(DNSSECRData::DNSKEY(self.public.clone()))
    }

    /// What a parent says of it.
    pub(super) fn vouched(&self, zone: &Name, digest: DigestType) -> Option<DS> {
        let bytes = self.public.to_digest(zone, digest).ok()?.as_ref().to_vec();
        Some(DS::new(self.tag, self.algorithm(), digest, bytes))
    }
}

fn rsa() -> Result<PrivateKeyDer<'static>, rcgen::Error> {
    let key = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048)?;
    let der = PrivateKeyDer::try_from(key.serialize_der());
    der.map_err(|_| rcgen::Error::CouldNotParseKeyPair)
}
