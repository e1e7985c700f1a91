//! Nouns and rules of Azekura, pure: no I/O, no async, no wire or disk encoding.
//!
//! Every other crate speaks in these types. A rule (may this be freed? is this allowed?) is a
//! function whose result has no other constructor, so that a caller who holds the result has
//! passed the rule.

pub mod access;
pub mod acl;
pub mod audit;
pub mod bucket;
pub mod bucket_config;
pub mod calendar;
pub mod capacity;
pub mod checksum;
pub mod compliance_clock;
pub mod condition;
pub mod cooling;
pub mod cors;
pub mod explain;
pub mod governed;
pub mod ident;
pub mod identity;
pub mod lifecycle;
pub mod lock;
pub mod name;
pub mod placement;
pub mod policy;
pub mod position;
pub mod range;
pub mod release;
pub mod requester;
pub mod retention_class;
pub mod retention_limits;
pub mod size;
pub mod tag;
pub mod time;
