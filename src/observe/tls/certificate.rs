//! A certificate's bytes read into facts. A part that cannot be read never loses the rest.

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use x509_parser::prelude::{
    DistributionPointName, FromDer, GeneralName, ParsedExtension, X509Certificate,
};
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

use crate::facts::certificate::{Certificate, Key};

/// Reads DER. Bytes that are no certificate leave only fingerprint and PEM.
#[must_use]
pub fn read(der: &[u8]) -> Certificate {
    let mut facts = Certificate {
        subject: String::new(),
        issuer: String::new(),
        serial: String::new(),
        not_before: None,
        not_after: None,
        san: Vec::new(),
        key: None,
        signature_algorithm: String::new(),
        is_ca: false,
        sha256: hex(&Sha256::digest(der)),
        spki_sha256: None,
        aia_issuers: Vec::new(),
        ocsp: Vec::new(),
        crl: Vec::new(),
        scts: 0,
        policies: Vec::new(),
        pem: pem(der),
    };
    let Ok((_, certificate)) = X509Certificate::from_der(der) else {
        return facts;
    };
    facts.subject = certificate.subject().to_string();
    facts.issuer = certificate.issuer().to_string();
    facts.serial = hex(certificate.raw_serial());
    facts.not_before = Timestamp::from_second(certificate.validity().not_before.timestamp()).ok();
    facts.not_after = Timestamp::from_second(certificate.validity().not_after.timestamp()).ok();
    facts.key = Some(key(certificate.public_key()));
    facts.signature_algorithm =
        algorithm_name(&certificate.signature_algorithm.algorithm.to_id_string());
    facts.spki_sha256 = Some(hex(&Sha256::digest(certificate.public_key().raw)));
    for extension in certificate.extensions() {
        read_extension(extension.parsed_extension(), &mut facts);
    }
    facts
}

fn read_extension(extension: &ParsedExtension<'_>, facts: &mut Certificate) {
    match extension {
        ParsedExtension::SubjectAlternativeName(names) => {
            facts.san = names
                .general_names
                .iter()
                .filter_map(alternative_name)
                .collect();
        }
        ParsedExtension::BasicConstraints(constraints) => facts.is_ca = constraints.ca,
        ParsedExtension::AuthorityInfoAccess(access) => {
            for description in &access.accessdescs {
                let GeneralName::URI(uri) = &description.access_location else {
                    continue;
                };
                match description.access_method.to_id_string().as_str() {
                    OCSP => facts.ocsp.push((*uri).to_owned()),
                    CA_ISSUERS => facts.aia_issuers.push((*uri).to_owned()),
                    _ => {}
                }
            }
        }
        ParsedExtension::CRLDistributionPoints(points) => {
            let names = points
                .iter()
                .filter_map(|point| match &point.distribution_point {
                    Some(DistributionPointName::FullName(names)) => Some(names),
                    _ => None,
                });
            facts.crl.extend(names.flatten().filter_map(uri));
        }
        ParsedExtension::CertificatePolicies(policies) => {
            facts.policies = policies
                .iter()
                .map(|policy| policy.policy_id.to_id_string())
                .collect();
        }
        ParsedExtension::SCT(timestamps) => facts.scts = timestamps.len(),
        _ => {}
    }
}

/// Access methods of RFC 5280 §4.2.2.1.
const OCSP: &str = "1.3.6.1.5.5.7.48.1";
const CA_ISSUERS: &str = "1.3.6.1.5.5.7.48.2";

fn uri(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::URI(uri) => Some((*uri).to_owned()),
        _ => None,
    }
}

fn alternative_name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => {
            match (<[u8; 4]>::try_from(*bytes), <[u8; 16]>::try_from(*bytes)) {
                (Ok(v4), _) => Some(std::net::Ipv4Addr::from(v4).to_string()),
                (_, Ok(v6)) => Some(std::net::Ipv6Addr::from(v6).to_string()),
                _ => None,
            }
        }
        _ => None,
    }
}

fn key(info: &SubjectPublicKeyInfo<'_>) -> Key {
    let oid = info.algorithm.algorithm.to_id_string();
    let curve = || {
        let oid = info
            .algorithm
            .parameters
            .as_ref()
            .and_then(|any| any.as_oid().ok());
        oid.map(|oid| curve_name(&oid.to_id_string()))
    };
    match info.parsed() {
        Ok(PublicKey::RSA(key)) => Key {
            algorithm: "RSA".to_owned(),
            bits: Some(key.key_size()),
            curve: None,
        },
        Ok(PublicKey::EC(point)) => Key {
            algorithm: "EC".to_owned(),
            bits: Some(point.key_size()),
            curve: curve(),
        },
        _ => Key {
            algorithm: algorithm_name(&oid),
            bits: None,
            curve: None,
        },
    }
}

fn curve_name(oid: &str) -> String {
    match oid {
        "1.2.840.10045.3.1.7" => "P-256",
        "1.3.132.0.34" => "P-384",
        "1.3.132.0.35" => "P-521",
        other => other,
    }
    .to_owned()
}

fn algorithm_name(oid: &str) -> String {
    match oid {
        "1.2.840.113549.1.1.4" => "md5WithRSAEncryption",
        "1.2.840.113549.1.1.5" => "sha1WithRSAEncryption",
        "1.2.840.113549.1.1.10" => "rsassaPss",
        "1.2.840.113549.1.1.11" => "sha256WithRSAEncryption",
        "1.2.840.113549.1.1.12" => "sha384WithRSAEncryption",
        "1.2.840.113549.1.1.13" => "sha512WithRSAEncryption",
        "1.2.840.10045.4.1" => "ecdsa-with-SHA1",
        "1.2.840.10045.4.3.2" => "ecdsa-with-SHA256",
        "1.2.840.10045.4.3.3" => "ecdsa-with-SHA384",
        "1.2.840.10045.4.3.4" => "ecdsa-with-SHA512",
        "1.3.101.112" => "Ed25519",
        "1.3.101.113" => "Ed448",
        other => other,
    }
    .to_owned()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn pem(der: &[u8]) -> String {
    let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
    pem::encode_config(&pem::Pem::new("CERTIFICATE", der), config)
}
