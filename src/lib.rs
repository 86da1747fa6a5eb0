//! doorstep answers one question for whoever runs a production site: can visitors get in, and if not, where are they
//! stopped and what mends it?
//!
//! A visitor's way in has three doors: DNS, TLS, and the redirect from HTTP to HTTPS. The crate tries each as a visitor's
//! machine would, in four steps that are joined by plain data:
//!
//! 1. [`observe`] writes down what happened on the network, including what did not: the [`facts`].
//! 2. `verify` derives what follows from the facts by cryptography and grammar.
//! 3. [`judge`] decides what it means: a list of [`finding::Finding`]s. Pure: no network, no clock.
//! 4. [`render`] decides what the [`report::Report`] looks like, and adds no meaning.
//!
//! [`net`] is the one door to the network, and [`cli`] turns arguments into the options of each layer.

pub mod cli;
#[cfg(feature = "demo")]
pub mod demo;
pub mod facts;
pub mod finding;
pub mod judge;
pub mod net;
pub mod observe;
pub mod render;
pub mod report;
pub mod verify;
