//! Starts and stops a server: configuration, vault, listeners, and the order between them.
//! Wiring only; what a request means is decided in the gateway and in the store.

pub mod admin;
pub mod config;
pub mod credentials;
pub mod sources;
pub mod tls;

mod addresses;
mod approvals;
mod auditing;
mod clock;
mod forwarding;
mod keeping;
mod keys;
mod limited_accounts;
mod linger;
mod listener;
#[cfg(test)]
mod matrix;
mod observe;
mod open;
mod requests_counted;
mod running;
mod seldom;
mod serve;
mod sessions;
mod stall;
mod stop;
mod telemetry;
mod timekeeper;
mod totp;
mod welcome;

pub use serve::{Ended, serve};
