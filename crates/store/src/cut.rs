//! The vault as a whole, and a cut through it: one position for each partition.

use std::collections::BTreeMap;

use azekura_engine::seam::Status;
use azekura_model::position::PartitionId;
use serde::Serialize;

use crate::bucket::read;
use crate::error::StoreError;
use crate::families::CONFIGURATION;
use crate::inner::Inner;

/// The head of one partition.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct CutHead {
    /// Partition, in hexadecimal.
    pub partition: String,
    /// Name of the bucket whose partition it is; `None` for the vault's own, and for a bucket whose keys
    /// are destroyed.
    pub bucket: Option<String>,
    /// UUID of that bucket.
    pub bucket_uuid: Option<String>,
    /// Last durable sequence.
    pub sequence: u64,
    /// Chain hash at it, in hexadecimal.
    pub chain: String,
}

/// A moment of the vault: everything up to and including these heads.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Cut {
    /// Region.
    pub region: String,
    /// Life of the vault, in hexadecimal.
    pub incarnation: String,
    /// Hybrid time, packed.
    pub hybrid: u64,
    /// What the wall clock showed, in milliseconds since 1970.
    pub wall_ms: i64,
    /// Heads by partition.
    pub heads: Vec<CutHead>,
}

/// What the vault is and how it fares.
#[derive(Clone, Debug)]
pub struct VaultState {
    /// The engine's own account.
    pub engine: Status,
    /// Buckets that are not retired.
    pub buckets: usize,
    /// Buckets that are retired; their history stays.
    pub retired_buckets: usize,
    /// Name of the tenant id.
    pub tenant: String,
    /// Compliance time, in milliseconds since 1970.
    pub compliance_ms: i64,
    /// What the wall clock shows, in milliseconds since 1970.
    pub wall_ms: i64,
}

pub(crate) fn info(inner: &Inner) -> Result<VaultState, StoreError> {
    let buckets = read::all(inner)?.len();
    Ok(VaultState {
        engine: inner.engine.status(),
        buckets,
        retired_buckets: read::all_for_ever(inner)?.len().saturating_sub(buckets),
        tenant: read::tenant(inner)?.to_string(),
        compliance_ms: inner.clock.compliance().0,
        wall_ms: inner.clock.wall().0,
    })
}

pub(crate) fn snapshot(inner: &Inner) -> Result<Cut, StoreError> {
    let status = inner.engine.status();
    let buckets: BTreeMap<PartitionId, (String, String)> = read::all_for_ever(inner)?
        .into_iter()
        .map(|bucket| {
            let uuid = bucket.uuid().to_string();
            (bucket.partition(), (bucket.name, uuid))
        })
        .collect();
    let heads = status
        .heads
        .iter()
        .map(|(partition, sequence, chain)| {
            let bucket = buckets
                .get(partition)
                .filter(|_| *partition != CONFIGURATION);
            CutHead {
                partition: partition.to_string(),
                bucket: bucket
                    .map(|(name, _)| name.clone())
                    .filter(|name| !name.is_empty()),
                bucket_uuid: bucket.map(|(_, uuid)| uuid.clone()),
                sequence: sequence.0,
                chain: hex::encode(chain),
            }
        })
        .collect();
    Ok(Cut {
        region: status.region.to_string(),
        incarnation: status.incarnation.to_string(),
        hybrid: inner.clock.hybrid().packed(),
        wall_ms: inner.clock.wall().0,
        heads,
    })
}
