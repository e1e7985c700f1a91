//! Where bytes may live (invariant 7). Nothing is written, copied or sent without a [`Placement`].

use crate::position::RegionName;

/// Permission to place bytes in one region. Only [`place`] makes one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Placement {
    region: RegionName,
}

impl Placement {
    /// The region.
    #[must_use]
    pub fn region(&self) -> &RegionName {
        &self.region
    }
}

/// The regions a bucket may use. Until regions can be joined there is one: the vault's own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Residency {
    /// Regions that may hold the bytes.
    pub regions: Vec<RegionName>,
}

/// The residency rule forbids the region.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("region {region} is not among those that may hold this bucket")]
pub struct NotPlaced {
    /// The refused region.
    pub region: RegionName,
}

/// Judges whether bytes may be placed in `region`.
///
/// # Errors
/// [`NotPlaced`] when the rule does not name the region.
pub fn place(rule: &Residency, region: &RegionName) -> Result<Placement, NotPlaced> {
    if rule.regions.contains(region) {
        Ok(Placement {
            region: region.clone(),
        })
    } else {
        Err(NotPlaced {
            region: region.clone(),
        })
    }
}
