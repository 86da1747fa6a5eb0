//! Options about the registration of the domain.

use clap::Args;
use url::Url;

/// Whether and where the registration is looked up.
#[derive(Debug, Args)]
pub(in crate::cli) struct RegistrationArgs {
    /// Ask the registry who registered the domain, until when, and whether it is on hold (RDAP)
    #[arg(long, help_heading = "Registration")]
    pub(in crate::cli) registration: bool,
    /// Ask this RDAP server, by its base URL [default: the registry's, of the larger TLDs]
    #[arg(long, value_name = "URL", value_parser = base, help_heading = "Registration")]
    pub(in crate::cli) rdap: Option<Url>,
}

fn base(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).ok();
    url.filter(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some())
        .ok_or_else(|| {
            format!(
                "`{}` is no base URL\nhint: write it as https://rdap.example/v1/",
                text.escape_debug()
            )
        })
}
