//! Codec of disk records, format v1: deterministic CBOR (RFC 8949 §4.2) with integer keys.
//!
//! A record is a [`core::Core`], kept for ever and hashed, and [`particulars::Particulars`], which
//! are sealed and erasable. The core commits to the particulars by one root over separately salted
//! field hashes, so that a single field can be disclosed and still be checked
//! ([`commitment`]). One file a kind; `docs/formats/records.md` describes the bytes.

pub mod acl;
pub mod audit;
pub mod bucket;
mod cbor;
pub mod commitment;
pub mod configured;
pub mod core;
pub mod disposal;
pub mod epoch;
pub mod error;
pub mod fields;
pub mod hidden;
pub mod identity;
pub mod imported;
pub mod intent;
pub mod lifecycle;
pub mod lock;
pub mod locked;
pub mod locks_changed;
pub mod marker;
pub mod part;
pub mod particulars;
pub mod released;
pub mod request;
mod retention;
pub mod sshsig;
pub mod stored_key;
pub mod summary;
pub mod tagged;
pub mod tenant;
pub mod tick;
pub mod upload;
mod values;
pub mod version;
