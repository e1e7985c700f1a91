//! Record kinds 3 to 5: a bucket comes, changes, leaves.

use azekura_model::bucket::Versioning;
use azekura_model::position::PartitionId;
use azekura_model::time::ComplianceTime;

use crate::error::DecodeError;
use crate::fields::{FieldsReader, FieldsWriter};
use crate::particulars::EventFields;

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
    /// Fewer days, and the compliance time from which on they count.
    pub pending_history_days: Option<(ComplianceTime, u32)>,
}

/// The name is free for its tenant again; the UUID and its history stay.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BucketRetired {
    /// Name it had.
    pub name: String,
}

impl EventFields for BucketCreated {
    fn write(&self, out: &mut FieldsWriter) {
        out.put(8, &self.name)
            .put(9, &self.location)
            .put(10, &self.partition)
            .put(11, &self.versioning)
            .put(12, &self.history_days)
            .put(13, &self.regions)
            .put(14, &self.wrapped_key);
    }

    fn read(input: &mut FieldsReader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            name: input.take(8)?,
            location: input.take(9)?,
            partition: input.take(10)?,
            versioning: input.take(11)?,
            history_days: input.take(12)?,
            regions: input.take(13)?,
            wrapped_key: input.take(14)?,
        })
    }
}

impl EventFields for BucketChanged {
    fn write(&self, out: &mut FieldsWriter) {
        out.put(8, &self.name)
            .put(9, &self.versioning)
            .put(10, &self.history_days)
            .put_some(11, self.pending_history_days.as_ref());
    }

    fn read(input: &mut FieldsReader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            name: input.take(8)?,
            versioning: input.take(9)?,
            history_days: input.take(10)?,
            pending_history_days: input.take_some(11)?,
        })
    }
}

impl EventFields for BucketRetired {
    fn write(&self, out: &mut FieldsWriter) {
        out.put(8, &self.name);
    }

    fn read(input: &mut FieldsReader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            name: input.take(8)?,
        })
    }
}
