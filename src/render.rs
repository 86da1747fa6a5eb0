//! Decides what a report looks like, and adds no meaning.

pub mod graph;
pub mod human;
pub mod json;
pub mod man;
pub mod style;
pub mod words;
