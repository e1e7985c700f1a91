//! Lifecycle rules as stored, and record kind 31: how far the keeper has judged a bucket.

use azekura_model::position::Sequence;
use azekura_model::time::ComplianceTime;

use crate::cbor::{Reader, Value, Writer};
use crate::error::DecodeError;
use crate::fields::{FieldsReader, FieldsWriter};
use crate::particulars::EventFields;

/// Lifecycle rules of a bucket: those in force when this was stored, and those that wait.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredLifecycle {
    /// In force, in order.
    pub in_force: Vec<StoredLifecycleRule>,
    /// What was asked for, and the compliance time from which on it counts.
    pub pending: Option<(ComplianceTime, Vec<StoredLifecycleRule>)>,
}

/// A lifecycle rule as stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredLifecycleRule {
    /// Name.
    pub id: String,
    /// Enabled.
    pub enabled: bool,
    /// Written with the deprecated `Prefix`.
    pub legacy_prefix: bool,
    /// Filter: prefix.
    pub prefix: Option<String>,
    /// Filter: tags.
    pub tags: Vec<(String, String)>,
    /// Filter: more bytes than this.
    pub larger_than: Option<u64>,
    /// Filter: fewer bytes than this.
    pub smaller_than: Option<u64>,
    /// What happens to current versions.
    pub expiration: Option<StoredExpiration>,
    /// Noncurrent versions: days, newer ones kept.
    pub noncurrent: Option<(u32, Option<u32>)>,
    /// Uploads: days.
    pub abort_multipart_days: Option<u32>,
}

/// `Expiration` as stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StoredExpiration {
    /// After so many days.
    Days(u32),
    /// From this time on.
    Date(ComplianceTime),
    /// Lone markers.
    ExpiredObjectDeleteMarker(bool),
}

/// One task of the keeper has judged the records of a bucket up to a place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LifecycleRan {
    /// The task: 8 bytes of the SHA-256 of what it does.
    pub task: [u8; 8],
    /// Every record up to here was judged.
    pub cursor: Sequence,
    /// Records to look at again, and when: what they concern was locked.
    pub again: Vec<(ComplianceTime, Sequence)>,
    /// Records that were to be looked at again and are settled, as they stood in `again`.
    pub settled: Vec<(ComplianceTime, Sequence)>,
}

impl EventFields for LifecycleRan {
    fn write(&self, out: &mut FieldsWriter) {
        out.put(8, &self.task)
            .put(9, &self.cursor)
            .put(10, &self.again)
            .put(11, &self.settled);
    }

    fn read(input: &mut FieldsReader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            task: input.take(8)?,
            cursor: input.take(9)?,
            again: input.take(10)?,
            settled: input.take(11)?,
        })
    }
}

/// `[in force, [acts at, rules] or null]`.
impl Value for StoredLifecycle {
    fn write(&self, out: &mut Writer) {
        out.array(2).put(&self.in_force).put(&self.pending);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        input.array_of(2, "lifecycle rules")?;
        Ok(Self {
            in_force: input.get()?,
            pending: input.get()?,
        })
    }
}

/// Flag of an enabled rule.
const ENABLED: u16 = 1;
/// Flag of a rule with the deprecated `Prefix`.
const LEGACY_PREFIX: u16 = 2;

/// `[id, flags, prefix, tags, larger than, smaller than, expiration, noncurrent, abort days]`, what is
/// not given is null.
impl Value for StoredLifecycleRule {
    fn write(&self, out: &mut Writer) {
        let flag = |set, flag: u16| if set { flag } else { 0 };
        let flags = flag(self.enabled, ENABLED) | flag(self.legacy_prefix, LEGACY_PREFIX);
        out.array(9)
            .put(&self.id)
            .put(&flags)
            .put(&self.prefix)
            .put(&self.tags)
            .put(&self.larger_than)
            .put(&self.smaller_than)
            .put(&self.expiration)
            .put(&self.noncurrent)
            .put(&self.abort_multipart_days);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        input.array_of(9, "a lifecycle rule")?;
        let id = input.get()?;
        let flags = input.get::<u16>()?;
        if flags & !(ENABLED | LEGACY_PREFIX) != 0 {
            let what = format!("lifecycle rule flags {flags:#x}");
            return Err(DecodeError::Newer(what));
        }
        Ok(Self {
            id,
            enabled: flags & ENABLED != 0,
            legacy_prefix: flags & LEGACY_PREFIX != 0,
            prefix: input.get()?,
            tags: input.get()?,
            larger_than: input.get()?,
            smaller_than: input.get()?,
            expiration: input.get()?,
            noncurrent: input.get()?,
            abort_multipart_days: input.get()?,
        })
    }
}

/// `[1, days]`, `[2, time]`, `[3, true or false]`.
impl Value for StoredExpiration {
    fn write(&self, out: &mut Writer) {
        match self {
            Self::Days(days) => out.array(2).put(&1_u16).put(days),
            Self::Date(date) => out.array(2).put(&2_u16).put(date),
            Self::ExpiredObjectDeleteMarker(goes) => out.array(2).put(&3_u16).put(goes),
        };
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        input.array_of(2, "an expiration")?;
        match input.get::<u16>()? {
            1 => input.get().map(Self::Days),
            2 => input.get().map(Self::Date),
            3 => input.get().map(Self::ExpiredObjectDeleteMarker),
            other => Err(DecodeError::Newer(format!("expiration {other}"))),
        }
    }
}
