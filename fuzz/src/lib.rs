//! Hostile input against everything that reads what strangers send or disks return.
//!
//! [`target`] says what a target is, [`targets`] has one file each, [`runner`] makes cases from a seed.
//! Ordinary tests run each target for a bounded number of cases and replay every saved finding;
//! `cargo xtask fuzz` runs them for as long as one likes.

pub mod clock;
pub mod lab;
pub mod mutate;
pub mod random;
pub mod runner;
pub mod target;
pub mod targets;
