//! The codec of every record kind: round trips, canonical form, frozen bytes.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests: a failure must stop the test"
)]

mod golden;
mod properties;
mod samples;
mod strategies;
