//! One file a target.

pub mod chunks;
pub mod entries;
pub mod envelope;
pub mod forms;
pub mod journal;
pub mod keys;
pub mod names;
pub mod policies;
pub mod records;
pub mod sigv4;
pub mod xml;

use crate::target::Target;

/// All targets.
pub const NAMES: [&str; 11] = [
    "sigv4", "chunks", "xml", "keys", "names", "forms", "records", "envelope", "entries",
    "journal", "policies",
];

/// Makes a target; `None` when there is none of this name.
#[must_use]
pub fn make(name: &str) -> Option<Box<dyn Target>> {
    Some(match name {
        "sigv4" => Box::new(sigv4::SigV4::default()),
        "chunks" => Box::new(chunks::Chunks::default()),
        "xml" => Box::new(xml::Xml::default()),
        "keys" => Box::new(keys::ObjectKeys::default()),
        "names" => Box::new(names::Names),
        "policies" => Box::new(policies::Policies),
        "forms" => Box::new(forms::Forms::default()),
        "records" => Box::new(records::Records),
        "envelope" => Box::new(envelope::Envelopes),
        "entries" => Box::new(entries::Entries),
        "journal" => Box::new(journal::Journal::default()),
        _ => return None,
    })
}
