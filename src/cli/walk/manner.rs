//! How to ask and how to shake hands, whatever the target.

use std::net::IpAddr;

use crate::net::limits;
use crate::observe::tls::Depth;
use crate::observe::tls::identity::Identity;
use crate::observe::tls::starttls::Protocol;

/// How to ask, whatever the target.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Asking {
    pub(in crate::cli) method: String,
    pub(in crate::cli) headers: Vec<(String, String)>,
    pub(in crate::cli) user_agent: String,
    pub(in crate::cli) max_hops: usize,
    /// Path and query instead of the target's.
    pub(in crate::cli) path: Option<String>,
    pub(in crate::cli) address: Option<IpAddr>,
    pub(in crate::cli) identity: Option<Identity>,
}

impl Default for Asking {
    fn default() -> Self {
        Self {
            method: "GET".to_owned(),
            headers: Vec::new(),
            user_agent: concat!("doorstep/", env!("CARGO_PKG_VERSION")).to_owned(),
            max_hops: limits::HOPS,
            path: None,
            address: None,
            identity: None,
        }
    }
}

/// How to shake hands, whatever the target.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Handshake {
    pub(in crate::cli) server_name: Option<String>,
    pub(in crate::cli) alpn: Vec<String>,
    pub(in crate::cli) address: Option<IpAddr>,
    pub(in crate::cli) starttls: Option<Protocol>,
    pub(in crate::cli) identity: Option<Identity>,
    pub(in crate::cli) depth: Depth,
}

impl Default for Handshake {
    fn default() -> Self {
        let alpn = ["h2", "http/1.1"].map(str::to_owned).to_vec();
        Self {
            server_name: None,
            alpn,
            address: None,
            starttls: None,
            identity: None,
            depth: Depth::default(),
        }
    }
}
