//! The one door to the network: what time it is, how long may be waited, how much may be done, and how to dial.

pub mod clock;
pub mod deadline;
pub mod dial;
pub mod limits;
pub mod roots;
pub mod web;
