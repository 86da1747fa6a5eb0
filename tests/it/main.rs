//! The command line against the demo's world.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

mod authorities;
mod bad_h2;
mod bad_https;
mod bad_servers;
mod bounded;
mod budget;
mod bulk;
mod certificates;
mod declined;
mod demo;
mod dnstrace;
mod ending;
mod forged;
mod generated;
mod hostile;
mod hostile_certificates;
mod identity;
mod imports;
mod lists;
mod peers;
mod pki;
mod registration;
mod requests;
mod resolvers;
mod signed;
mod site;
mod standards;
mod survey;
mod tls;
mod twin;
mod usage;
mod within_tls;
mod world;
