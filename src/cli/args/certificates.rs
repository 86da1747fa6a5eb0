//! Options about certificates, their status, and files that hold them.

use std::path::PathBuf;

use clap::Args;

/// Chains in files instead of at servers.
#[derive(Debug, Args)]
pub(in crate::cli) struct PemArgs {
    /// Judge the chains in these files (PEM, DER or PKCS#7; `-` is standard input) without any network
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with_all = ["target", "targets", "address", "server_name"], help_heading = "Certificates")]
    pub(in crate::cli) pem: Vec<PathBuf>,
    /// The name or address that a chain in a file is for
    #[arg(
        long,
        value_name = "HOST",
        requires = "pem",
        help_heading = "Certificates"
    )]
    pub(in crate::cli) name: Option<String>,
    /// Write the chain as sent to a file, PEM
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "targets",
        help_heading = "Certificates"
    )]
    pub(in crate::cli) save_chain: Option<PathBuf>,
    /// Write it as it should be sent: in order, and with the issuers that it lacks
    #[arg(long, requires = "save_chain", help_heading = "Certificates")]
    pub(in crate::cli) complete: bool,
}

/// How the status of certificates is learned.
#[derive(Debug, Args)]
pub(in crate::cli) struct StatusArgs {
    /// Ask the authority whether the certificate is revoked (OCSP and CRL)
    #[arg(long, help_heading = "Certificates")]
    pub(in crate::cli) revocation: bool,
    /// Hold certificates against this revocation list, PEM or DER; may be repeated
    #[arg(long, value_name = "FILE", help_heading = "Certificates")]
    pub(in crate::cli) crl: Vec<PathBuf>,
    /// Do not fetch issuers that were not sent
    #[arg(long, help_heading = "Certificates")]
    pub(in crate::cli) no_aia: bool,
}
