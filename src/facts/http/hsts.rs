//! The HSTS policy of a host, and what is wrong with it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An HSTS policy (RFC 6797).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hsts {
    /// The host that sent it.
    pub host: String,
    /// The field as it came, the first when there are several; `null` when there was none.
    pub header: Option<String>,
    /// How many such fields the answer had.
    #[serde(default)]
    pub fields: usize,
    /// For how many seconds it is kept.
    pub max_age: Option<u64>,
    /// Whether it covers hosts below.
    pub include_subdomains: bool,
    /// Whether it asks to be built into browsers.
    pub preload: bool,
    /// Whether it keeps to the grammar; `null` without a field. Browsers drop an invalid one whole.
    pub valid: Option<bool>,
    /// What breaks the grammar.
    pub errors: Vec<HstsError>,
    /// What hstspreload.org would object to; `null` when the answers that it looks at were not had.
    pub preload_errors: Option<Vec<PreloadError>>,
}

/// What breaks the grammar of a policy (RFC 6797 §6.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum HstsError {
    /// No directive says for how long.
    MissingMaxAge,
    /// The value of `max-age` is no number of seconds.
    InvalidMaxAge {
        /// The value.
        value: String,
    },
    /// A directive stands there twice.
    DuplicateDirective {
        /// Its name in lower case.
        directive: String,
    },
    /// A directive that has no value was given one.
    UnexpectedValue {
        /// Its name in lower case.
        directive: String,
    },
    /// What stands there is no directive.
    Malformed {
        /// The text.
        token: String,
    },
}

/// A rule of hstspreload.org that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum PreloadError {
    /// There is no policy.
    NoHeader,
    /// There are several.
    SeveralHeaders,
    /// It breaks the grammar.
    InvalidHeader,
    /// It is kept for less than a year.
    MaxAgeShort {
        /// For how many seconds it is.
        max_age: u64,
    },
    /// It does not cover hosts below.
    IncludeSubdomainsMissing,
    /// It does not ask for it.
    PreloadMissing,
    /// Only a registrable name can be built in.
    NotRegistrable {
        /// The name that can.
        registrable: String,
    },
    /// `http://` of the host is not redirected.
    NoRedirect {
        /// The URL.
        url: String,
    },
    /// The first redirect from `http://` leads to no `https://` of the same host.
    RedirectElsewhere {
        /// Where from.
        url: String,
        /// Where to.
        target: String,
    },
    /// A redirect that follows leads into the clear.
    RedirectInsecure {
        /// Where from.
        url: String,
        /// Where to.
        target: String,
    },
    /// The certificate does not verify.
    CertificateInvalid {
        /// Where.
        address: String,
    },
    /// `www` of the name resolves, and cannot be reached by HTTPS with a certificate that verifies.
    WwwWithoutHttps {
        /// The URL.
        url: String,
    },
}

impl PreloadError {
    /// The objection as a clause. What came from the network is not yet harmless to a terminal.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self {
            Self::NoHeader => "there is no policy".to_owned(),
            Self::SeveralHeaders => "there are several Strict-Transport-Security fields".to_owned(),
            Self::InvalidHeader => "the policy breaks the grammar".to_owned(),
            Self::MaxAgeShort { max_age } => {
                format!("`max-age={max_age}` is less than a year (31536000)")
            }
            Self::IncludeSubdomainsMissing => "`includeSubDomains` is missing".to_owned(),
            Self::PreloadMissing => "`preload` is missing".to_owned(),
            Self::NotRegistrable { registrable } => {
                format!("only `{registrable}` can be preloaded, with everything below it")
            }
            Self::NoRedirect { url } => format!("`{url}` is not redirected to https"),
            Self::RedirectElsewhere { url, target } => {
                format!("`{url}` leads to `{target}` before https of the same host")
            }
            Self::RedirectInsecure { url, target } => {
                format!("`{url}` leads back into the clear, to `{target}`")
            }
            Self::CertificateInvalid { address } => {
                format!("the certificate at {address} does not verify")
            }
            Self::WwwWithoutHttps { url } => format!("`{url}` does not serve https"),
        }
    }
}

impl HstsError {
    /// What is wrong, as a clause. What came from the network is not yet harmless to a terminal.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self {
            Self::MissingMaxAge => "`max-age` is missing".to_owned(),
            Self::InvalidMaxAge { value } if value.is_empty() => {
                "`max-age` has no value".to_owned()
            }
            Self::InvalidMaxAge { value } => format!("`{value}` is no number of seconds"),
            Self::DuplicateDirective { directive } => format!("`{directive}` stands there twice"),
            Self::UnexpectedValue { directive } => format!("`{directive}` takes no value"),
            Self::Malformed { token } => format!("`{token}` is no directive"),
        }
    }

    /// The text in the header that is at fault; none when something is missing.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        match self {
            Self::MissingMaxAge => None,
            Self::InvalidMaxAge { value } if value.is_empty() => Some("max-age"),
            Self::InvalidMaxAge { value } => Some(value),
            Self::DuplicateDirective { directive } | Self::UnexpectedValue { directive } => {
                Some(directive)
            }
            Self::Malformed { token } => Some(token),
        }
    }
}
