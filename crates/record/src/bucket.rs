//! Record kinds 3 to 5: a bucket comes, changes, leaves.

use azekura_model::bucket::Versioning;
use azekura_model::position::PartitionId;

/// A bucket comes to be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BucketCreated {
    /// Name, unique while the bucket is not retired.
    pub name: String,
    /// Home region as `GetBucketLocation` shows it.
    pub location: String,
    /// Partition that holds its objects.
    pub partition: PartitionId,
    /// Versioning at the start.
    pub versioning: Versioning,
    /// Days for which hidden versions stay.
    pub history_days: u32,
    /// Regions that may hold its bytes.
    pub regions: Vec<String>,
    /// Key epoch 1, wrapped by the tenant key.
    pub wrapped_key: Vec<u8>,
}

/// New configuration, whole: readers never merge.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BucketChanged {
    /// Name, as before.
    pub name: String,
    /// Versioning from now on.
    pub versioning: Versioning,
    /// Days for which hidden versions stay.
    pub history_days: u32,
}

/// The name is free for its tenant again; the UUID and its history stay.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BucketRetired {
    /// Name it had.
    pub name: String,
}
