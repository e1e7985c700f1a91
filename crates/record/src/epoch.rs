//! Record kinds 2 and 8: a key epoch of a bucket opens, and keys are destroyed.

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

/// Keys of a bucket are being destroyed: everything that was sealed under them is released. Written
/// twice: in the bucket's own partition, where nothing is sealed under them from then on, and in the
/// configuration, when nothing that they seal is left. What is erased, release records list
/// ([`crate::released::Released::entries`]).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EpochDestroyed {
    /// Number of the epoch; of a retired bucket the last one.
    pub epoch: u32,
    /// Which keys go.
    pub goes: KeysGo,
}

/// Which keys of a bucket go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum KeysGo {
    /// Those of all epochs of a retired bucket; in the configuration, what is known of the bucket from
    /// then on. Never erased.
    All(Option<NamelessBucket>),
    /// That of one epoch, while the bucket uses a newer one; in the configuration, the bucket said anew,
    /// because the record that made it may hold the key. That one is erased with the bucket's keys.
    One(Option<Box<RestatedBucket>>),
}

/// What a bucket is, said anew. Its UUID is in the core.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RestatedBucket {
    /// Partition that holds its objects.
    pub partition: PartitionId,
    /// When it was made.
    pub created: WallTime,
    /// Name.
    pub name: String,
    /// Home region as `GetBucketLocation` shows it.
    pub location: String,
    /// Regions that may hold its bytes.
    pub regions: Vec<String>,
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
        out.put(8, &self.epoch);
        match &self.goes {
            KeysGo::All(bucket) => {
                let bucket = bucket.as_ref();
                out.put_some(9, bucket.map(|bucket| &bucket.partition))
                    .put_some(10, bucket.map(|bucket| &bucket.created));
            }
            KeysGo::One(bucket) => {
                let bucket = bucket.as_ref();
                out.put_some(9, bucket.map(|bucket| &bucket.partition))
                    .put_some(10, bucket.map(|bucket| &bucket.created))
                    .put(11, &true)
                    .put_some(12, bucket.map(|bucket| &bucket.name))
                    .put_some(13, bucket.map(|bucket| &bucket.location))
                    .put_some(14, bucket.map(|bucket| &bucket.regions));
            }
        }
    }

    fn read(input: &mut FieldsReader<'_>) -> Result<Self, DecodeError> {
        let epoch = input.take(8)?;
        let nameless = match input.take_some(9)? {
            None => None,
            Some(partition) => Some(NamelessBucket {
                partition,
                created: input.take(10)?,
            }),
        };
        let goes = match (input.take_some(11)?, nameless) {
            (None, nameless) => KeysGo::All(nameless),
            (Some(true), None) => KeysGo::One(None),
            (Some(true), Some(bucket)) => KeysGo::One(Some(Box::new(RestatedBucket {
                partition: bucket.partition,
                created: bucket.created,
                name: input.take(12)?,
                location: input.take(13)?,
                regions: input.take(14)?,
            }))),
            (Some(false), _) => return Err(DecodeError::malformed("an epoch that does not go")),
        };
        Ok(Self { epoch, goes })
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
