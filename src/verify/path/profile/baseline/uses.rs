//! What a key may be used for: key usages and extended ones.

use x509_parser::extensions::ExtendedKeyUsage;
use x509_parser::public_key::PublicKey;

use super::super::super::certificate::id;
use super::super::{Examined, Role};

pub(super) fn purposes_missing(examined: &Examined<'_, '_>) -> Option<String> {
    let there = examined
        .certificate
        .extension(id::EXTENDED_KEY_USAGE)
        .is_some();
    (examined.role == Role::Leaf && !there).then(|| "no extended key usage".to_owned())
}

pub(super) fn purposes_critical(examined: &Examined<'_, '_>) -> Option<String> {
    let extension = examined.certificate.extension(id::EXTENDED_KEY_USAGE)?;
    extension
        .critical
        .then(|| "an extended key usage that is critical".to_owned())
}

pub(super) fn purposes_allowed(examined: &Examined<'_, '_>) -> Option<String> {
    let purposes = examined.certificate.purposes()?;
    let any = purposes.any.then_some("anyExtendedKeyUsage");
    let found = any.or_else(|| alien(purposes))?;
    (examined.role == Role::Leaf).then(|| format!("the purpose {found}"))
}

/// An authority for servers is for nothing else. A cross-certificate may be for any purpose, and then names no other.
pub(super) fn authority_purposes(examined: &Examined<'_, '_>) -> Option<String> {
    let purposes = examined.certificate.purposes()?;
    let beside = purposes.any && (purposes.server_auth || purposes.client_auth);
    let found = alien(purposes).or(beside.then_some("anyExtendedKeyUsage beside another"))?;
    (examined.role == Role::Authority).then(|| format!("the purpose {found}"))
}

/// A purpose that has nothing to do with servers.
fn alien(purposes: &ExtendedKeyUsage<'_>) -> Option<&'static str> {
    let forbidden = [
        (purposes.code_signing, "codeSigning"),
        (purposes.email_protection, "emailProtection"),
        (purposes.time_stamping, "timeStamping"),
        (purposes.ocsp_signing, "OCSPSigning"),
    ];
    let mut set = forbidden.into_iter().filter(|(set, _)| *set);
    set.next().map(|(_, found)| found)
}

/// Bits of a key usage, the first of RFC 5280 §4.2.1.3 the lowest: digitalSignature, keyEncipherment, dataEncipherment.
const USES_OF_RSA: u16 = 1 | 1 << 2 | 1 << 3;
/// digitalSignature, keyAgreement.
const USES_OF_CURVES: u16 = 1 | 1 << 4;
/// digitalSignature and nonRepudiation: keys of RFC 8410 that sign do nothing else (§5).
const USES_OF_EDWARDS: u16 = 1 | 1 << 1;

pub(super) fn leaf_key_usage(examined: &Examined<'_, '_>) -> Option<String> {
    let certificate = examined.certificate;
    let usage = certificate.key_usage()?;
    let (allowed, must_sign) = match certificate.x509.public_key().parsed() {
        Ok(PublicKey::EC(_)) => (USES_OF_CURVES, true),
        Ok(PublicKey::RSA(_)) => (USES_OF_RSA, false),
        _ => (USES_OF_EDWARDS, true),
    };
    let wrong = usage.flags & !allowed != 0 || must_sign && !usage.digital_signature();
    (examined.role == Role::Leaf && wrong)
        .then(|| format!("the key usage {}", usage.to_string().trim_end_matches(", ")))
}

pub(super) fn key_usage_not_critical(examined: &Examined<'_, '_>) -> Option<String> {
    let extension = examined.certificate.extension(id::KEY_USAGE)?;
    (examined.is_above() && !extension.critical)
        .then(|| "a key usage of an authority that is not critical".to_owned())
}

#[cfg(test)]
#[cfg(feature = "demo")]
mod tests {
    use rcgen::KeyUsagePurpose::{
        DataEncipherment, DecipherOnly, DigitalSignature, KeyAgreement, KeyEncipherment,
    };
    use rcgen::{ExtendedKeyUsagePurpose as Purpose, KeyPair, KeyUsagePurpose, RsaKeySize};

    use super::super::super::testing::{breaks, broken, leaf};
    use super::*;

    const RULE: &str = "key-usage-of-leaf";

    fn with(key: &KeyPair, uses: &[KeyUsagePurpose]) -> bool {
        let mut params = leaf(&[]);
        params.key_usages = uses.to_vec();
        broken(&params, key, Role::Leaf)
            .iter()
            .any(|own| own == RULE)
    }

    #[test]
    fn a_leaf_on_a_curve_signs_and_at_most_agrees() {
        let key = KeyPair::generate().unwrap();
        assert!(!with(&key, &[]));
        assert!(!with(&key, &[DigitalSignature, KeyAgreement]));
        assert!(with(&key, &[DigitalSignature, DataEncipherment]));
        assert!(with(&key, &[DigitalSignature, DecipherOnly]));
        assert!(with(&key, &[KeyAgreement]));
    }

    #[test]
    fn a_leaf_of_rsa_signs_or_deciphers() {
        let key = KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
        assert!(!with(&key, &[KeyEncipherment]));
        assert!(!with(
            &key,
            &[DigitalSignature, KeyEncipherment, DataEncipherment]
        ));
        assert!(with(&key, &[DigitalSignature, KeyAgreement]));
    }

    #[test]
    fn a_leaf_on_an_edwards_curve_only_signs() {
        let key = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
        assert!(!with(&key, &[DigitalSignature]));
        assert!(with(&key, &[DigitalSignature, KeyEncipherment]));
        assert!(with(&key, &[KeyEncipherment]));
    }

    #[test]
    fn an_authority_for_servers_is_for_nothing_else() {
        let with = |purposes: &[Purpose], role| {
            let mut params = leaf(&[]);
            params.extended_key_usages = purposes.to_vec();
            breaks(&params, role, "authority-purposes")
        };
        assert!(!with(
            &[Purpose::ServerAuth, Purpose::ClientAuth],
            Role::Authority
        ));
        assert!(with(
            &[Purpose::ServerAuth, Purpose::EmailProtection],
            Role::Authority
        ));
        assert!(!with(
            &[Purpose::ServerAuth, Purpose::EmailProtection],
            Role::Anchor
        ));
        assert!(!with(&[Purpose::Any], Role::Authority));
        assert!(with(&[Purpose::Any, Purpose::ServerAuth], Role::Authority));
    }
}
