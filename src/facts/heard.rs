//! What a trace has heard so far: enough to tell what a proof still wants, without all that is written down of servers at its end.

use std::sync::Arc;

use super::dns::{Question, Step};
use super::name::DnsName;

/// The questions and the exchanges of a trace under way.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    /// Without their steps.
    pub questions: Vec<Question>,
    /// The zones met.
    pub zones: Vec<DnsName>,
    /// Every exchange so far, in the order in which they began.
    pub steps: Vec<Arc<Step>>,
}
