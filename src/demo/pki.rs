//! A certificate authority made at start: root, issuing authority, and whatever certificates a site is to show.

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CustomExtension, DistinguishedName, DnType,
    Error, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256,
    SanType,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use time::{Duration, OffsetDateTime};

use crate::net::clock;

/// Where the certificate of the issuing authority can be fetched.
pub const ISSUER_URL: &str = "http://certs.ca.example/demo-ca-1.der";

/// An authority: its certificate, and the key to issue with.
#[derive(Debug)]
pub struct Authority {
    params: CertificateParams,
    key: KeyPair,
    certificate: Certificate,
}

/// The authorities of the world.
#[derive(Debug)]
pub struct Pki {
    now: OffsetDateTime,
    /// The root that clients trust.
    pub root: Authority,
    /// The authority that issues, under the root.
    pub issuing: Authority,
}

/// A certificate and its key.
#[derive(Debug)]
pub struct Leaf {
    /// The certificate.
    pub certificate: CertificateDer<'static>,
    /// The key.
    pub key: PrivateKeyDer<'static>,
}

/// What a leaf says.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The names that it is for.
    pub names: &'a [&'a str],
    /// The first day of its validity, counted from now.
    pub from: i64,
    /// The last.
    pub until: i64,
}

/// For the site's names, issued 26 days ago for 90.
pub const HEALTHY: Request<'static> = Request {
    names: &["shop.example", "www.shop.example"],
    from: -26,
    until: 64,
};

impl Authority {
    /// Its certificate as it is sent.
    #[must_use]
    pub fn certificate(&self) -> CertificateDer<'static> {
        self.certificate.der().clone()
    }

    /// Its certificate as text.
    #[must_use]
    pub fn pem(&self) -> String {
        self.certificate.pem()
    }

    fn issuer(&self) -> Issuer<'_, &KeyPair> {
        Issuer::from_params(&self.params, &self.key)
    }
}

impl Leaf {
    /// SHA-256 over the public key info.
    #[must_use]
    pub fn key_digest(&self) -> Vec<u8> {
        use sha2::Digest;
        use x509_parser::prelude::{FromDer, X509Certificate};
        let read = X509Certificate::from_der(&self.certificate);
        let key = read.map(|(_, read)| read.public_key().raw.to_vec());
        sha2::Sha256::digest(key.unwrap_or_default()).to_vec()
    }
}

impl Pki {
    /// Makes keys and certificates.
    ///
    /// # Errors
    /// Those of the cryptographic library.
    pub fn new() -> Result<Self, Error> {
        let now = OffsetDateTime::from_unix_timestamp(clock::now().as_second())
            .unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let root = own_root(now, "Demo Root")?;
        let issuing = issued_authority(now, "Demo CA 1", &root, true)?;
        Ok(Self { now, root, issuing })
    }

    /// A leaf of the issuing authority.
    ///
    /// # Errors
    /// Those of the cryptographic library.
    pub fn leaf(&self, asked: &Request<'_>) -> Result<Leaf, Error> {
        self.leaf_of(&self.issuing, asked)
    }

    /// A leaf of another authority.
    ///
    /// # Errors
    /// Those of the cryptographic library.
    pub fn leaf_of(&self, authority: &Authority, asked: &Request<'_>) -> Result<Leaf, Error> {
        let params = self.issued_params(asked)?;
        issue(authority, &params)
    }

    /// A healthy leaf of the issuing authority with an RSA key, for clients that cannot use any other.
    ///
    /// # Errors
    /// Those of the cryptographic library.
    pub fn rsa_leaf(&self) -> Result<Leaf, Error> {
        let params = self.issued_params(&HEALTHY)?;
        let key = KeyPair::generate_for(&PKCS_RSA_SHA256)?;
        let certificate = params.signed_by(&key, &self.issuing.issuer())?;
        Ok(leaf(&certificate, &key))
    }

    /// A healthy leaf of the issuing authority, but for what `change` does to it.
    ///
    /// # Errors
    /// Those of the cryptographic library.
    pub fn leaf_as(&self, change: &dyn Fn(&mut CertificateParams)) -> Result<Leaf, Error> {
        let mut params = self.issued_params(&HEALTHY)?;
        change(&mut params);
        issue(&self.issuing, &params)
    }

    /// The issuing authority's certificate as it would be if it ended on this day.
    ///
    /// # Errors
    /// Those of the cryptographic library.
    pub fn issuing_until(&self, day: i64) -> Result<CertificateDer<'static>, Error> {
        let mut params = self.issuing.params.clone();
        params.not_after = self.day(day);
        let certificate = params.signed_by(&self.issuing.key, &self.root.issuer())?;
        Ok(certificate.der().clone())
    }

    fn issued_params(&self, asked: &Request<'_>) -> Result<CertificateParams, Error> {
        let mut params = self.leaf_params(asked)?;
        params.use_authority_key_identifier_extension = true;
        params.custom_extensions = vec![issuer_access(), policy()];
        Ok(params)
    }

    /// A leaf that vouches for itself.
    ///
    /// # Errors
    /// Those of the cryptographic library.
    pub fn self_signed(&self, asked: &Request<'_>) -> Result<Leaf, Error> {
        let key = KeyPair::generate()?;
        let certificate = self.leaf_params(asked)?.self_signed(&key)?;
        Ok(leaf(&certificate, &key))
    }

    /// A root that nobody trusts.
    ///
    /// # Errors
    /// Those of the cryptographic library.
    pub fn unknown_root(&self) -> Result<Authority, Error> {
        own_root(self.now, "Office Root")
    }

    /// A certificate under the root that may not issue, and issues.
    ///
    /// # Errors
    /// Those of the cryptographic library.
    pub fn no_authority(&self) -> Result<Authority, Error> {
        issued_authority(self.now, "Demo Server 7", &self.root, false)
    }

    /// A day counted from now. One to come is an hour further away, so that it is still so many days off when it is looked at.
    fn day(&self, number: i64) -> OffsetDateTime {
        let hours = if number > 0 { 1 } else { 0 };
        self.now + Duration::days(number) + Duration::hours(hours)
    }

    fn leaf_params(&self, asked: &Request<'_>) -> Result<CertificateParams, Error> {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        let names = asked.names.iter();
        params.subject_alt_names = names
            .map(|name| Ok(SanType::DnsName((*name).try_into()?)))
            .collect::<Result<_, Error>>()?;
        if let Some(first) = asked.names.first() {
            params.distinguished_name.push(DnType::CommonName, *first);
        }
        params.is_ca = IsCa::ExplicitNoCa;
        params.not_before = self.day(asked.from);
        // The last second is part of the validity (RFC 5280 §4.1.2.5).
        params.not_after = self.day(asked.until) - Duration::SECOND;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        Ok(params)
    }
}

fn issue(authority: &Authority, params: &CertificateParams) -> Result<Leaf, Error> {
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, &authority.issuer())?;
    Ok(leaf(&certificate, &key))
}

/// TLS Feature with `status_request`: the server must staple (RFC 7633 §4.2.3.1).
pub(super) fn must_staple() -> CustomExtension {
    let content = sequence(&tagged(0x02, &[5]));
    CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 24], content)
}

fn leaf(certificate: &Certificate, key: &KeyPair) -> Leaf {
    Leaf {
        certificate: certificate.der().clone(),
        key: PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der())),
    }
}

fn authority_params(now: OffsetDateTime, name: &str, years: i64) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CountryName, "NL");
    params
        .distinguished_name
        .push(DnType::OrganizationName, "Demo Trust");
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = now - Duration::days(365);
    params.not_after = now + Duration::days(365 * years);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn own_root(now: OffsetDateTime, name: &str) -> Result<Authority, Error> {
    let key = KeyPair::generate()?;
    let mut params = authority_params(now, name, 15);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key)?;
    Ok(Authority {
        params,
        key,
        certificate,
    })
}

fn issued_authority(
    now: OffsetDateTime,
    name: &str,
    root: &Authority,
    may_issue: bool,
) -> Result<Authority, Error> {
    let key = KeyPair::generate()?;
    let mut params = authority_params(now, name, 4);
    params.is_ca = if may_issue {
        IsCa::Ca(BasicConstraints::Constrained(0))
    } else {
        IsCa::ExplicitNoCa
    };
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    params.custom_extensions = vec![policy()];
    let certificate = params.signed_by(&key, &root.issuer())?;
    Ok(Authority {
        params,
        key,
        certificate,
    })
}

/// Certificate policies: 2.23.140.1.2.1, domain validated (BR 7.1.6.1).
fn policy() -> CustomExtension {
    let oid = [0x67, 0x81, 0x0c, 0x01, 0x02, 0x01];
    let der = sequence(&sequence(&tagged(0x06, &oid)));
    CustomExtension::from_oid_content(&[2, 5, 29, 32], der)
}

/// Authority information access: where the issuer's certificate is (RFC 5280 §4.2.2.1).
fn issuer_access() -> CustomExtension {
    let method = tagged(0x06, &[0x2b, 6, 1, 5, 5, 7, 0x30, 2]);
    let location = tagged(0x86, ISSUER_URL.as_bytes());
    let der = sequence(&sequence(&[method, location].concat()));
    CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], der)
}

fn sequence(content: &[u8]) -> Vec<u8> {
    tagged(0x30, content)
}

/// DER with a length of one byte, which all that is written here keeps to.
fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).unwrap_or(u8::MAX);
    [&[tag, length], content].concat()
}
