//! Buckets as the store knows them.

pub mod access;
pub(crate) mod change;
pub(crate) mod configure;
pub(crate) mod create;
pub(crate) mod lifecycle;
pub(crate) mod object_lock;
pub(crate) mod opening;
pub(crate) mod read;
pub(crate) mod retire;
pub(crate) mod rotate;
pub(crate) mod tenants;

use azekura_model::bucket::Versioning;
use azekura_model::cooling::{Cooling, HistoryDays};
use azekura_model::ident::{BucketUuid, TenantId};
use azekura_model::name::BucketName;
use azekura_model::position::PartitionId;
use azekura_model::time::WallTime;

/// A bucket that is not retired.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bucket {
    /// Name.
    pub name: BucketName,
    /// Identity for all time.
    pub uuid: BucketUuid,
    /// Institution.
    pub tenant: TenantId,
    /// Partition of its objects.
    pub partition: PartitionId,
    /// Versioning now.
    pub versioning: Versioning,
    /// Region shown as its location.
    pub location: String,
    /// When it was made.
    pub created: WallTime,
    /// Days for which hidden versions stay, as they count now.
    pub history_days: u32,
    /// The same with what waits.
    pub history: Cooling<HistoryDays>,
    /// Key epoch of new versions.
    pub epoch: u32,
}
