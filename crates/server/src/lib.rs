//! Starts and stops a server: configuration, vault, listeners, and the order between them.
//! Wiring only; what a request means is decided in the gateway and in the store.

pub mod admin;
pub mod config;
pub mod credentials;
pub mod telemetry;

mod keys;
mod listener;
mod running;
mod welcome;
