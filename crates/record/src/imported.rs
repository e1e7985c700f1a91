//! Record kind 32: a record of another region, held verbatim under a position of this one.
//!
//! Nothing writes it yet; the shape is fixed so that format v1 can hold what regions will exchange.

/// Another region's record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Imported {
    /// The origin's envelope: its position and core, as hashed there.
    pub envelope: Vec<u8>,
    /// The origin's sealed particulars, as stored there; empty where only cores cross.
    pub particulars: Vec<u8>,
}
