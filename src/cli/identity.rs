//! Reads the certificate that is shown to servers which ask for one.

use std::path::Path;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::args::tls::IdentityArgs;
use super::exit::UsageError;
use super::settings::read_file;
use crate::observe::tls::identity::Identity;

/// The identity of `--cert` and `--key`, which come together.
pub(super) fn identity(args: &IdentityArgs) -> Result<Option<Identity>, UsageError> {
    match (&args.cert, &args.key) {
        (Some(certificate), Some(key)) => read(certificate, key).map(Some),
        _ => Ok(None),
    }
}

fn read(certificate: &Path, key: &Path) -> Result<Identity, UsageError> {
    let text = read_file(certificate, "certificate")?;
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(text.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|error| wrong(certificate, &error.to_string()))?;
    if chain.is_empty() {
        return Err(wrong(certificate, "no certificate in it"));
    }
    let text = read_file(key, "key")?;
    let read = PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|error| {
        wrong(key, &error.to_string())
            .hint("a key with a passphrase must be decrypted first: openssl pkey -in FILE")
    })?;
    Identity::new(chain, read).map_err(|error| wrong(key, &format!("{error}")))
}

fn wrong(path: &Path, why: &str) -> UsageError {
    UsageError::new(format!("cannot use `{}`: {why}", path.display()))
}
