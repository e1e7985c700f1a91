//! Record kinds 35 and 39: a batch of audit entries; batches that are past their period.

use azekura_model::audit::{AuditEntry, AuditInterface, AuthMethod};
use azekura_model::position::Sequence;

use crate::cbor::{Reader, Value, Writer};
use crate::error::DecodeError;
use crate::fields::{FieldsReader, FieldsWriter};
use crate::particulars::EventFields;

/// Most entries in a batch: with every text as long as it may be, they stay below the greatest length
/// of particulars.
pub const BATCH_ENTRIES_MAX: usize = 512;

/// Requests that were answered, in the order in which they went on record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditBatch {
    /// Number of its first entry in its partition, from 0. Entries have no gaps.
    pub first: u64,
    /// Bytes of particulars of the batches before, as stored.
    pub bytes_before: u64,
    /// Entries, at most [`BATCH_ENTRIES_MAX`].
    pub entries: Vec<AuditEntry>,
}

impl EventFields for AuditBatch {
    fn write(&self, out: &mut FieldsWriter) {
        out.put(8, &self.first)
            .put(9, &self.bytes_before)
            .put(10, &self.entries);
    }

    fn read(input: &mut FieldsReader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            first: input.take(8)?,
            bytes_before: input.take(9)?,
            entries: input.take(10)?,
        })
    }
}

/// Batches are past their period. Durable before anything of them is released, and never erased: it says
/// where the audit begins from then on. Names nothing but numbers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditReleased {
    /// First record that was judged for it: the one after the last of the record of this kind before.
    pub from: Sequence,
    /// The last batch that goes.
    pub until: Sequence,
    /// Number of the first entry that stays.
    pub entries: u64,
    /// Bytes of particulars of all batches that are gone by then, as stored.
    pub bytes: u64,
    /// Days for which the tenant keeps entries.
    pub keep_days: u32,
}

impl EventFields for AuditReleased {
    fn write(&self, out: &mut FieldsWriter) {
        out.put(8, &self.from)
            .put(9, &self.until)
            .put(10, &self.entries)
            .put(11, &self.bytes)
            .put(12, &self.keep_days);
    }

    fn read(input: &mut FieldsReader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            from: input.take(8)?,
            until: input.take(9)?,
            entries: input.take(10)?,
            bytes: input.take(11)?,
            keep_days: input.take(12)?,
        })
    }
}

/// Items of an entry.
const ENTRY_ITEMS: usize = 26;

/// What is not known is `null`.
impl Value for AuditEntry {
    fn write(&self, out: &mut Writer) {
        out.array(ENTRY_ITEMS)
            .put(&self.time)
            .put(&self.hybrid)
            .put(&self.request_id)
            .put(&self.interface)
            .put(&self.operation)
            .put(&self.principal)
            .put(&self.key_id)
            .put(&self.auth)
            .put(&self.source)
            .put(&self.tls_identity)
            .put(&self.user_agent)
            .put(&self.host)
            .put(&self.method)
            .put(&self.query)
            .put(&self.bucket)
            .put(&self.key)
            .put(&self.version)
            .put(&self.status)
            .put(&self.error_code)
            .put(&self.decision)
            .put(&self.patient)
            .put(&self.bytes_received)
            .put(&self.bytes_sent)
            .put(&self.duration_us)
            .put(&self.count)
            .put(&self.since);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        input.array_of(ENTRY_ITEMS, "an audit entry")?;
        Ok(Self {
            time: input.get()?,
            hybrid: input.get()?,
            request_id: input.get()?,
            interface: input.get()?,
            operation: input.get()?,
            principal: input.get()?,
            key_id: input.get()?,
            auth: input.get()?,
            source: input.get()?,
            tls_identity: input.get()?,
            user_agent: input.get()?,
            host: input.get()?,
            method: input.get()?,
            query: input.get()?,
            bucket: input.get()?,
            key: input.get()?,
            version: input.get()?,
            status: input.get()?,
            error_code: input.get()?,
            decision: input.get()?,
            patient: input.get()?,
            bytes_received: input.get()?,
            bytes_sent: input.get()?,
            duration_us: input.get()?,
            count: input.get()?,
            since: input.get()?,
        })
    }
}

impl Value for AuthMethod {
    fn write(&self, out: &mut Writer) {
        let code: u16 = match self {
            Self::Unverified => 0,
            Self::Header => 1,
            Self::Query => 2,
            Self::Form => 3,
            Self::Login => 4,
        };
        out.put(&code);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match input.get::<u16>()? {
            0 => Ok(Self::Unverified),
            1 => Ok(Self::Header),
            2 => Ok(Self::Query),
            3 => Ok(Self::Form),
            4 => Ok(Self::Login),
            other => Err(DecodeError::Newer(format!("way to authenticate {other}"))),
        }
    }
}

impl Value for AuditInterface {
    fn write(&self, out: &mut Writer) {
        let code: u16 = match self {
            Self::S3 => 1,
            Self::Admin => 2,
        };
        out.put(&code);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match input.get::<u16>()? {
            1 => Ok(Self::S3),
            2 => Ok(Self::Admin),
            other => Err(DecodeError::Newer(format!("interface {other}"))),
        }
    }
}
