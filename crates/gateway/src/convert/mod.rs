//! From the wire's types to the domain's and back. Nothing here decides anything.

pub(crate) mod acl;
pub(crate) mod attributes;
pub(crate) mod checksums;
pub(crate) mod conditions;
pub(crate) mod cors;
pub(crate) mod encoding;
pub(crate) mod headers;
pub(crate) mod lifecycle;
pub(crate) mod locks;
pub(crate) mod names;
pub(crate) mod owner;
pub(crate) mod ownership;
pub(crate) mod tags;
pub(crate) mod times;
