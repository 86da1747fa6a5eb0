//! Authorities and certificates for tests, good ones and with one thing wrong.

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertificateRevocationListParams,
    CustomExtension, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod,
    KeyPair, KeyUsagePurpose, RevokedCertParams, SerialNumber, SigningKey,
};
use time::{Duration, OffsetDateTime};

/// An authority: its certificate, and what it signs with.
pub(crate) struct Authority {
    pub(crate) certificate: Certificate,
    pub(crate) params: CertificateParams,
    pub(crate) key: KeyPair,
}

/// A server's certificate and its key.
pub(crate) struct Leaf {
    pub(crate) certificate: Certificate,
    pub(crate) key: KeyPair,
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = now() - Duration::days(30);
    params.not_after = now() + Duration::days(3000);
    params.use_authority_key_identifier_extension = true;
    params
}

pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(MOMENT).unwrap()
}

/// The moment at which the tests judge: 2026-11-23T12:00:00Z.
pub(crate) const MOMENT: i64 = 1_795_435_200;

/// What an authority is made of.
pub(crate) fn authority(name: &str) -> CertificateParams {
    let mut params = named(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

/// What the certificate of `shop.example` is made of.
pub(crate) fn server() -> CertificateParams {
    let mut params = named("shop.example");
    params.subject_alt_names = vec![rcgen::SanType::DnsName("shop.example".try_into().unwrap())];
    params.not_after = now() + Duration::days(60);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.serial_number = Some(SerialNumber::from(vec![0x4d, 0x2a]));
    params
}

/// Authority information access: the issuer's certificate, or with method 1 the responder.
pub(crate) fn access(method: u8, url: &str) -> CustomExtension {
    let id = element(0x06, &[0x2b, 6, 1, 5, 5, 7, 0x30, method]);
    let place = element(0x86, url.as_bytes());
    let description = element(0x30, &[id, place].concat());
    let content = element(0x30, &description);
    CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], content)
}

impl Authority {
    pub(crate) fn root(params: CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self {
            certificate,
            params,
            key,
        }
    }

    pub(crate) fn issuer(&self) -> Issuer<'_, &KeyPair> {
        Issuer::from_params(&self.params, &self.key)
    }

    pub(crate) fn below(&self, params: CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer()).unwrap();
        Self {
            certificate,
            params,
            key,
        }
    }

    pub(crate) fn issue(&self, params: &CertificateParams) -> Leaf {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer()).unwrap();
        Leaf { certificate, key }
    }

    /// A list with these serial numbers, valid until so many days from the moment of the tests.
    pub(crate) fn list(&self, revoked: &[&[u8]], until: i64) -> rcgen::CertificateRevocationList {
        let revoked = revoked.iter().map(|serial| RevokedCertParams {
            serial_number: SerialNumber::from(serial.to_vec()),
            revocation_time: now() - Duration::days(2),
            reason_code: Some(rcgen::RevocationReason::KeyCompromise),
            invalidity_date: None,
        });
        let list = CertificateRevocationListParams {
            this_update: now() - Duration::days(10),
            next_update: now() + Duration::days(until),
            crl_number: SerialNumber::from(1_u64),
            issuing_distribution_point: None,
            revoked_certs: revoked.collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        list.signed_by(&self.issuer()).unwrap()
    }

    /// A response about the certificate with this serial number: tag 0x80 good, 0xa1 revoked.
    pub(crate) fn response(&self, serial: &[u8], status: u8, until: i64) -> Vec<u8> {
        use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
        let (_, read) = x509_parser::parse_x509_certificate(self.certificate.der()).unwrap();
        let hash = |bytes: &[u8]| element(0x04, digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref());
        let key_hash = hash(&read.public_key().subject_public_key.data);
        let sha1 = element(0x30, &[0x06, 5, 0x2b, 14, 3, 2, 26, 0x05, 0]);
        let serial = element(0x02, serial);
        let id = [
            sha1,
            hash(read.subject().as_raw()),
            key_hash.clone(),
            serial,
        ]
        .concat();
        let time = |days: i64| element(0x18, written(now() + Duration::days(days)).as_bytes());
        let status = match status {
            0xa1 => element(0xa1, &time(-2)),
            tag => element(tag, &[]),
        };
        let next = element(0xa0, &time(until));
        let single = element(
            0x30,
            &[element(0x30, &id), status, time(-10), next].concat(),
        );
        let responder = element(0xa2, &key_hash);
        let data = [responder, time(-10), element(0x30, &single)].concat();
        let data = element(0x30, &data);
        let algorithm = element(0x30, b"\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02");
        let signature = [vec![0], self.key.sign(&data).unwrap()].concat();
        let basic = element(0x30, &[data, algorithm, element(0x03, &signature)].concat());
        let kind = element(0x06, &[43, 6, 1, 5, 5, 7, 48, 1, 1]);
        let bytes = element(0x30, &[kind, element(0x04, &basic)].concat());
        element(0x30, &[element(0x0a, &[0]), element(0xa0, &bytes)].concat())
    }
}

fn written(time: OffsetDateTime) -> String {
    let (year, month, day) = time.to_calendar_date();
    let (hour, minute, second) = time.to_hms();
    let month = u8::from(month);
    format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}Z")
}

/// A DER element.
pub(crate) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    let head = match length {
        [0, short @ 0..=0x7f] => vec![tag, short],
        [0, long] => vec![tag, 0x81, long],
        [high, low] => vec![tag, 0x82, high, low],
    };
    [&head[..], content].concat()
}
