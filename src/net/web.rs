//! How the look-ups beside the doors speak TLS: to authorities and registries, whose certificates must be good.

use std::sync::Arc;

use rustls::{ClientConfig, Error, RootCertStore};

/// A client that trusts Mozilla's roots.
///
/// # Errors
/// When the provider has no version of TLS in common with the library.
pub fn client_config() -> Result<ClientConfig, Error> {
    let roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
