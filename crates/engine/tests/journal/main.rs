//! The journal under loss of power, failed writes, torn tails and decay.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::panic,
    unreachable_pub,
    reason = "test code: a failed step is a failed test"
)]

mod crash;
mod damage;
mod kit;
mod packing;
mod real;
mod release;
