//! S3 over HTTP.
//!
//! A request passes, in this order: the [`guard`] (what the signature must cover, which signatures
//! are taken at all, limits), `s3s` (signature, parsing), [`auth`] (one table from operation to
//! action, then the access rule) and one file of `ops` per operation. Answers and errors carry
//! `x-amz-request-id`.
//!
//! Start with [`service`].

pub mod audit;
pub mod auth;
mod body;
mod clock;
mod convert;
mod cors;
mod errors;
mod faults;
mod form;
pub mod guard;
mod held;
mod markup;
mod ops;
mod s3;
pub mod service;
pub mod throttle;
