//! Certificates for the tests of clauses.

use rcgen::{CertificateParams, DnType, DnValue, KeyPair};

use super::super::certificate::Cert;
use super::{Examined, Role, departures};

/// The rules that a certificate made of `params`, signed with its own key, breaks in this role.
pub(super) fn broken(params: &CertificateParams, key: &KeyPair, role: Role) -> Vec<String> {
    let made = params.self_signed(key).unwrap();
    let certificate = &Cert::read(made.der(), Some(0)).unwrap();
    let issuer_key = Some(certificate.key_der());
    let examined = Examined {
        certificate,
        role,
        issuer: None,
        issuer_key,
        self_signed: true,
    };
    let departures = departures(&examined, false).into_iter();
    departures.map(|departure| departure.rule).collect()
}

/// Whether it breaks one, with a key on P-256.
pub(super) fn breaks(params: &CertificateParams, role: Role, rule: &str) -> bool {
    let broken = broken(params, &KeyPair::generate().unwrap(), role);
    broken.iter().any(|own| own == rule)
}

/// What the certificate of `shop.example` is made of, with these common names.
pub(super) fn leaf(common_names: &[DnValue]) -> CertificateParams {
    let mut params = CertificateParams::new(vec!["shop.example".to_owned()]).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    for name in common_names {
        params
            .distinguished_name
            .push(DnType::CommonName, name.clone());
    }
    params
}
