//! Where a record stands in the journal: region, incarnation, partition, sequence.
//!
//! A position is never an offset: it survives compaction, copying and moving to other disks.

use std::fmt;
use std::sync::Arc;

/// Name of a region as its operator gave it: 1 to 32 of `a-z`, `0-9`, `-`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegionName(Arc<str>);

impl RegionName {
    /// Checks and wraps a region name.
    ///
    /// # Errors
    /// [`BadRegionName`] when the name is empty, longer than 32 bytes or has other characters.
    pub fn parse(name: &str) -> Result<Self, BadRegionName> {
        let fits = (1..=32).contains(&name.len());
        let clean = name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if fits && clean {
            Ok(Self(Arc::from(name)))
        } else {
            Err(BadRegionName(name.to_owned()))
        }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RegionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RegionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

/// A region name that breaks the rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("region name {0:?} must be 1 to 32 characters of a-z, 0-9 and '-'")]
pub struct BadRegionName(pub String);

/// One life of a vault. Every rebuild, restore or accepted roll-back starts a new one, and with it
/// new chains.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Incarnation(pub [u8; 16]);

impl fmt::Display for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl fmt::Debug for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Incarnation({self})")
    }
}

/// A partition: the unit of atomic commit and of one chain. Opaque.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PartitionId(pub u64);

impl fmt::Display for PartitionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}", self.0)
    }
}

/// Number of a record in its partition's chain; the first is 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Sequence(pub u64);

impl Sequence {
    /// The number after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Full address of a record, unique over all regions and incarnations.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Position {
    /// Region in which the record was first committed.
    pub region: RegionName,
    /// Life of that region's vault.
    pub incarnation: Incarnation,
    /// Partition of that region.
    pub partition: PartitionId,
    /// Place in the partition's chain.
    pub sequence: Sequence,
}
