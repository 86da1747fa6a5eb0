//! What is asked of a TLS server, and what it is shown.

use std::path::PathBuf;

use clap::Args;

use crate::observe::tls::Depth;
use crate::observe::tls::starttls::Protocol;

/// How much is asked.
#[derive(Debug, Args)]
pub(in crate::cli) struct DepthArgs {
    /// List all versions, the cipher suites of each in the server's order, and the groups
    #[arg(long, conflicts_with = "handshake_only", help_heading = "TLS")]
    enumerate: bool,
    /// One handshake with each address, and no further hellos
    #[arg(long, help_heading = "TLS")]
    handshake_only: bool,
    /// The oldest version that may be answered: 1.0, 1.1, 1.2 or 1.3
    #[arg(long, value_name = "V", value_parser = version, help_heading = "TLS")]
    pub(in crate::cli) min_version: Option<String>,
}

/// How to speak with the server.
#[derive(Debug, Args)]
pub(in crate::cli) struct PeerArgs {
    /// Speak this protocol first, and ask for TLS in it: smtp, lmtp, imap, pop3, ftp, ldap, xmpp, xmpp-server, sieve, nntp,
    /// postgres or mysql [default: by the port]
    #[arg(long, value_name = "PROTOCOL", value_parser = protocol, help_heading = "TLS")]
    pub(in crate::cli) starttls: Option<Protocol>,
    #[command(flatten)]
    pub(in crate::cli) identity: IdentityArgs,
}

/// Who the client says it is.
#[derive(Debug, Args)]
pub(in crate::cli) struct IdentityArgs {
    /// Show this certificate to a server that asks for one: PEM, with its chain
    #[arg(long, value_name = "FILE", requires = "key", help_heading = "TLS")]
    pub(in crate::cli) cert: Option<PathBuf>,
    /// The key of that certificate: PEM
    #[arg(long, value_name = "FILE", requires = "cert", help_heading = "TLS")]
    pub(in crate::cli) key: Option<PathBuf>,
}

impl DepthArgs {
    pub(in crate::cli) fn depth(&self) -> Depth {
        match (self.enumerate, self.handshake_only) {
            (true, _) => Depth::Enumerate,
            (_, true) => Depth::Handshake,
            _ => Depth::Probes,
        }
    }
}

/// The name that the version has in a report.
fn version(text: &str) -> Result<String, String> {
    let bare = text.trim_start_matches(['T', 'L', 'S', 't', 'l', 's', 'v', 'V']);
    match bare {
        "1.0" | "1" | "1.1" | "1.2" | "1.3" => {
            Ok(format!("TLSv{}", if bare == "1" { "1.0" } else { bare }))
        }
        _ => Err(format!(
            "`{}` is no TLS version\nhint: write 1.2 or 1.3",
            text.escape_debug()
        )),
    }
}

fn protocol(text: &str) -> Result<Protocol, String> {
    Protocol::named(text).ok_or_else(|| {
        let known: Vec<&str> = Protocol::names().collect();
        format!(
            "`{}` cannot go on in TLS\nhint: one of {}",
            text.escape_debug(),
            known.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_with_and_without_their_prefix() {
        assert_eq!(version("1.2"), Ok("TLSv1.2".to_owned()));
        assert_eq!(version("TLSv1.3"), Ok("TLSv1.3".to_owned()));
        assert_eq!(version("tls1.0"), Ok("TLSv1.0".to_owned()));
        assert!(version("1.4").is_err() && version("").is_err());
    }

    #[test]
    fn protocols_have_the_names_of_the_reports() {
        assert_eq!(protocol("smtp"), Ok(Protocol::Smtp));
        assert!(protocol("http").unwrap_err().contains("smtp, lmtp"));
    }
}
