//! Record kinds 2 and 8: a key epoch of a bucket opens, and its key is destroyed.

use azekura_model::position::PartitionId;
use azekura_model::time::WallTime;

use crate::error::DecodeError;
use crate::fields::{FieldsReader, FieldsWriter};
use crate::particulars::EventFields;

/// A fresh bucket key; later versions are sealed under it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EpochOpened {
    /// Number of the epoch, from 1.
    pub epoch: u32,
    /// The bucket key, wrapped by the tenant key.
    pub wrapped_key: Vec<u8>,
}

/// The keys of a retired bucket are being destroyed: everything that was sealed under them is
/// released. Written twice, and never erased: in the bucket's own partition, where nothing is sealed
/// from then on, and, when nothing that the keys seal is left there, in the configuration. What is
/// erased, release records list ([`crate::released::Released::entries`]).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EpochDestroyed {
    /// Number of the last epoch; it and all before it go.
    pub epoch: u32,
    /// In the configuration: what is known of the bucket from then on.
    pub bucket: Option<NamelessBucket>,
}

/// What stays known of a bucket whose keys are destroyed. Its UUID is in the core.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NamelessBucket {
    /// Partition that held its objects.
    pub partition: PartitionId,
    /// When it was made.
    pub created: WallTime,
}

impl EventFields for EpochDestroyed {
    fn write(&self, out: &mut FieldsWriter) {
        let bucket = self.bucket.as_ref();
        out.put(8, &self.epoch)
            .put_some(9, bucket.map(|bucket| &bucket.partition))
            .put_some(10, bucket.map(|bucket| &bucket.created));
    }

    fn read(input: &mut FieldsReader<'_>) -> Result<Self, DecodeError> {
        let epoch = input.take(8)?;
        let bucket = match input.take_some(9)? {
            None => None,
            Some(partition) => Some(NamelessBucket {
                partition,
                created: input.take(10)?,
            }),
        };
        Ok(Self { epoch, bucket })
    }
}

impl EventFields for EpochOpened {
    fn write(&self, out: &mut FieldsWriter) {
        out.put(8, &self.epoch).put(9, &self.wrapped_key);
    }

    fn read(input: &mut FieldsReader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            epoch: input.take(8)?,
            wrapped_key: input.take(9)?,
        })
    }
}
