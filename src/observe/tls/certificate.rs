//! A certificate's bytes read into facts. A part that cannot be read never loses the rest.

mod names;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use x509_parser::prelude::{
    DistributionPointName, ExtendedKeyUsage, FromDer, GeneralName, KeyUsage, ParsedExtension,
    SignedCertificateTimestamp, X509Certificate,
};
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

use crate::facts::certificate::{Certificate, Extension, Key, NameConstraints, Timestamped};
use names::{algorithm_name, curve_name, hex, purpose_name};

/// Reads DER. Bytes that are no certificate leave only fingerprint and PEM.
#[must_use]
pub fn read(der: &[u8]) -> Certificate {
    let mut facts = Certificate {
        sha256: hex(&Sha256::digest(der)),
        pem: pem(der),
        ..Certificate::default()
    };
    let Ok((_, certificate)) = X509Certificate::from_der(der) else {
        return facts;
    };
    facts.subject = certificate.subject().to_string();
    facts.issuer = certificate.issuer().to_string();
    facts.serial = hex(certificate.raw_serial());
    facts.version = certificate.version().0.checked_add(1);
    facts.not_before = Timestamp::from_second(certificate.validity().not_before.timestamp()).ok();
    facts.not_after = Timestamp::from_second(certificate.validity().not_after.timestamp()).ok();
    facts.key = Some(key(certificate.public_key()));
    facts.signature_algorithm =
        algorithm_name(&certificate.signature_algorithm.algorithm.to_id_string());
    facts.spki_sha256 = Some(hex(&Sha256::digest(certificate.public_key().raw)));
    for extension in certificate.extensions() {
        let parsed = extension.parsed_extension();
        facts.extensions.push(Extension {
            oid: extension.oid.to_id_string(),
            critical: extension.critical,
            readable: match parsed {
                // TLS Feature is read below, by its only value in use.
                ParsedExtension::UnsupportedExtension { .. } => None,
                other => Some(other.error().is_none()),
            },
        });
        read_extension(parsed, &mut facts);
        facts.must_staple |=
            extension.oid.to_id_string() == TLS_FEATURE && asks_for_staple(extension.value);
    }
    facts
}

/// TLS Feature (RFC 7633 §6).
const TLS_FEATURE: &str = "1.3.6.1.5.5.7.1.24";

/// Whether a TLS Feature names `status_request`, 5: as an INTEGER of one byte among others.
fn asks_for_staple(value: &[u8]) -> bool {
    value.get(2..).is_some_and(|features| {
        features
            .chunks(3)
            .any(|feature| matches!(feature, [0x02, 0x01, 5]))
    })
}

fn read_extension(extension: &ParsedExtension<'_>, facts: &mut Certificate) {
    match extension {
        ParsedExtension::SubjectAlternativeName(names) => {
            for name in &names.general_names {
                match address_or_host(name) {
                    Some(own) => facts.san.push(own),
                    None => facts.other_names.push(names::with_kind(name)),
                }
            }
        }
        ParsedExtension::BasicConstraints(constraints) => {
            facts.is_ca = constraints.ca;
            facts.path_len = constraints.path_len_constraint;
        }
        ParsedExtension::KeyUsage(usage) => facts.key_usage = Some(usages(usage)),
        ParsedExtension::ExtendedKeyUsage(usage) => {
            facts.extended_key_usage = Some(purposes(usage))
        }
        ParsedExtension::NameConstraints(limits) => {
            let bases = |trees: &Option<Vec<x509_parser::extensions::GeneralSubtree<'_>>>| {
                let trees = trees.iter().flatten();
                trees.map(|tree| names::with_kind(&tree.base)).collect()
            };
            facts.name_constraints = Some(NameConstraints {
                permitted: bases(&limits.permitted_subtrees),
                excluded: bases(&limits.excluded_subtrees),
            });
        }
        ParsedExtension::SubjectKeyIdentifier(id) => facts.subject_key_id = Some(hex(id.0)),
        ParsedExtension::AuthorityKeyIdentifier(id) => {
            facts.authority_key_id = id.key_identifier.as_ref().map(|id| hex(id.0));
        }
        ParsedExtension::SCT(timestamps) => {
            facts.scts = timestamps.len();
            facts.sct_list = timestamps.iter().map(timestamped).collect();
        }
        other => read_pointers(other, facts),
    }
}

/// Extensions that point elsewhere.
fn read_pointers(extension: &ParsedExtension<'_>, facts: &mut Certificate) {
    match extension {
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

fn address_or_host(name: &GeneralName<'_>) -> Option<String> {
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

/// The bits of a key usage, in the order of RFC 5280 §4.2.1.3.
fn usages(usage: &KeyUsage) -> Vec<String> {
    let bits = [
        (usage.digital_signature(), "digitalSignature"),
        (usage.non_repudiation(), "nonRepudiation"),
        (usage.key_encipherment(), "keyEncipherment"),
        (usage.data_encipherment(), "dataEncipherment"),
        (usage.key_agreement(), "keyAgreement"),
        (usage.key_cert_sign(), "keyCertSign"),
        (usage.crl_sign(), "cRLSign"),
        (usage.encipher_only(), "encipherOnly"),
        (usage.decipher_only(), "decipherOnly"),
    ];
    let set = bits.into_iter().filter(|(set, _)| *set);
    set.map(|(_, name)| name.to_owned()).collect()
}

fn purposes(usage: &ExtendedKeyUsage<'_>) -> Vec<String> {
    let known = [
        (usage.any, "anyExtendedKeyUsage"),
        (usage.server_auth, "serverAuth"),
        (usage.client_auth, "clientAuth"),
        (usage.code_signing, "codeSigning"),
        (usage.email_protection, "emailProtection"),
        (usage.time_stamping, "timeStamping"),
        (usage.ocsp_signing, "OCSPSigning"),
    ];
    let known = known.into_iter().filter(|(set, _)| *set);
    let others = usage
        .other
        .iter()
        .map(|oid| purpose_name(&oid.to_id_string()));
    known
        .map(|(_, name)| name.to_owned())
        .chain(others)
        .collect()
}

fn timestamped(timestamp: &SignedCertificateTimestamp<'_>) -> Timestamped {
    let at = i64::try_from(timestamp.timestamp).ok();
    Timestamped {
        log: hex(timestamp.id.key_id),
        at: at.and_then(|at| Timestamp::from_millisecond(at).ok()),
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
            bits: Some(significant_bits(key.modulus)),
            curve: None,
            exponent: Some(exponent(key.exponent)),
        },
        Ok(PublicKey::EC(point)) => Key {
            algorithm: "EC".to_owned(),
            bits: Some(point.key_size()),
            curve: curve(),
            exponent: None,
        },
        _ => Key {
            algorithm: algorithm_name(&oid),
            ..Key::default()
        },
    }
}

/// The length of an unsigned integer without its leading zeros, which say nothing about a key's strength.
fn significant_bits(integer: &[u8]) -> usize {
    let significant = integer.iter().skip_while(|byte| **byte == 0);
    let (first, length) = (significant.clone().next(), significant.count());
    let unused = first.map_or(0, |byte| byte.leading_zeros());
    length * 8 - usize::try_from(unused).unwrap_or_default()
}

fn exponent(integer: &[u8]) -> String {
    let significant: Vec<u8> = integer
        .iter()
        .copied()
        .skip_while(|byte| *byte == 0)
        .collect();
    if significant.len() > 8 {
        return format!("0x{}", hex(&significant));
    }
    let value = significant
        .iter()
        .fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
    value.to_string()
}

fn pem(der: &[u8]) -> String {
    let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
    pem::encode_config(&pem::Pem::new("CERTIFICATE", der), config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_certificate_leave_fingerprint_and_pem() {
        let facts = read(b"no certificate");
        assert_eq!(facts.sha256.len(), 64);
        assert!(facts.pem.starts_with("-----BEGIN CERTIFICATE-----"));
        assert!(facts.subject.is_empty() && facts.version.is_none());
    }

    #[test]
    fn must_staple_is_read_from_the_features_asked_for() {
        assert!(asks_for_staple(&[0x30, 3, 2, 1, 5]));
        assert!(asks_for_staple(&[0x30, 6, 2, 1, 17, 2, 1, 5]));
        assert!(!asks_for_staple(&[0x30, 3, 2, 1, 17]));
        assert!(!asks_for_staple(&[]));
    }

    #[test]
    fn numbers_are_read_without_their_leading_zeros() {
        assert_eq!(significant_bits(&[0, 0x80, 0]), 16);
        assert_eq!(significant_bits(&[0x01, 0]), 9);
        assert_eq!(significant_bits(&[]), 0);
        assert_eq!(exponent(&[1, 0, 1]), "65537");
        assert_eq!(exponent(&[1; 9]), "0x010101010101010101");
    }
}
