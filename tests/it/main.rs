//! The command line against the demo's world.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

mod bad_servers;
mod demo;
mod dnstrace;
mod generated;
mod imports;
mod usage;
mod world;
