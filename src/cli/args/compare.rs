//! What is asked beside the trace, and how long it is asked for.

use std::time::Duration;

use clap::Args;

use super::duration;

#[derive(Clone, Debug, Default, Args)]
pub(in crate::cli) struct CompareArgs {
    /// Resolvers to compare with: ADDR[:PORT], tls://ADDR, https://ADDR/PATH, quic://ADDR, or public for a few well-known ones
    ///
    /// Each is asked the same beside the trace: its answer, when it forgets it, whether it validated (AD), what it says is wrong
    /// (EDE). A certificate may be for another name than the address: tls://ADDR#NAME.
    #[arg(
        long,
        value_name = "SPEC,…",
        value_delimiter = ',',
        help_heading = "Network"
    )]
    pub(in crate::cli) compare: Vec<String>,
    /// Look again until nothing at or above --fail-on is left, at most so long
    ///
    /// Looks in step with the TTLs (at least a second apart, at most a minute), prints what changes, and ends as soon as it holds.
    /// --timeout bounds each look. Report and exit code are those of the last one.
    #[arg(long, value_name = "DURATION", value_parser = duration, help_heading = "Judgement")]
    pub(in crate::cli) wait: Option<Duration>,
}
