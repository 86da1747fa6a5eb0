//! The command line against the demo's world.

mod dnstrace;
mod imports;
mod usage;
mod world;
