//! One region's store: put, get, list, delete, multipart, over the engine seam.
//!
//! Start with `put.rs`: it reads top to bottom as place → seal → write → commit → acknowledge.
//!
//! Nothing here knows HTTP. Every operation takes an [`azekura_model::access::Authorized`], which
//! only the access rule makes, and answers in the types of [`object`], [`listing`], [`upload`] and
//! [`error`].

mod acl;
mod amend;
pub mod audit;
pub mod body;
pub mod bucket;
pub mod certificate;
pub mod classes;
pub mod clock;
pub mod cut;
mod delete;
mod destroy;
pub mod digest;
pub mod disposal;
pub mod entropy;
pub mod entry;
pub mod error;
pub mod export;
pub mod families;
mod find;
mod get;
pub mod governed;
mod head;
pub mod history;
pub mod identity;
pub mod ids;
mod inner;
pub mod intake;
mod intent;
pub mod keeper;
pub mod keys;
mod list;
mod list_versions;
pub mod listing;
pub mod lock_bulk;
mod lock_change;
mod lock_default;
mod lock_state;
pub mod memory;
mod multipart;
pub mod object;
pub mod outflow;
mod pages;
pub mod policy_text;
pub mod projector;
mod put;
mod release;
mod released;
pub mod retention;
pub mod seal;
mod slot;
pub mod store;
pub mod sweep;
mod tagging;
pub mod tenant_seal;
mod tick;
pub mod upload;
pub mod vault;
pub mod visibility;
pub mod volume;
