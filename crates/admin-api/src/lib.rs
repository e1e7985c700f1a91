//! The admin API: its operations as a trait, the types on its wire, the signature that every
//! route asks for, and a client.
//!
//! The server implements [`api::AdminApi`] over the store; the command line uses
//! [`client::Client`], which implements the same trait over HTTP.

pub mod api;
pub mod audit;
pub mod client;
pub mod error;
pub mod identity;
pub mod keeper;
pub mod paths;
pub mod requests;
pub mod retention;
pub mod seal;
pub mod sigv4;
pub mod tenancy;
pub mod types;
