//! The command line against the demo's world.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

mod authorities;
mod certificates;
mod dnstrace;
mod generated;
mod imports;
mod pki;
mod usage;
mod world;
