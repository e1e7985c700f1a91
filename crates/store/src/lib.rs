//! One region's store: put, get, list, delete, multipart, over the engine seam.
//!
//! Start with `put.rs`: it reads top to bottom as place → seal → write → commit → acknowledge.
//!
//! Nothing here knows HTTP. Every operation takes an [`azekura_model::access::Authorized`], which
//! only the access rule makes, and answers in the types of [`object`], [`listing`], [`upload`] and
//! [`error`].

pub mod body;
pub mod bucket;
pub mod clock;
pub mod digest;
pub mod entropy;
pub mod error;
pub mod ids;
pub mod intake;
pub mod keys;
pub mod listing;
pub mod object;
pub mod outflow;
pub mod seal;
pub mod store;
pub mod upload;
