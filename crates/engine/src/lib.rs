//! The engine: bytes, keys, partitions, records and blobs, made durable. It knows nothing of S3,
//! buckets or retention.
//!
//! [`seam::Engine`] is the contract. [`embedded`] keeps it with an append-only journal on local
//! disks, [`memory`] in memory; both pass the one suite in `tests/conformance.rs`, the embedded one
//! also on a disk that fails on purpose ([`disk::faulty`]).

pub mod blob;
pub mod disk;
pub mod embedded;
pub mod envelope;
pub mod index;
pub mod journal;
mod limits;
pub mod memory;
mod poison;
pub mod seam;
mod space;

pub use poison::OnPoison;
