//! Values of the index, apart from [`Summary`], which the record crate encodes. They are a view:
//! their shape may change between releases, and the index is rebuilt then.

use azekura_model::bucket::Versioning;
use azekura_model::checksum::{Checksum, ChecksumAlgorithm, ChecksumType};
use azekura_model::cooling::{Cooling, HistoryDays, Pending};
use azekura_model::ident::{BucketUuid, PayloadId, TenantId, VersionId};
use azekura_model::lock::Lock;
use azekura_model::position::PartitionId;
use azekura_model::time::{ComplianceTime, HybridTime, WallTime};
use azekura_record::summary::Summary;
use bytes::Bytes;
use minicbor::{CborLen, Decode, Encode};

/// A value of the index cannot be read. The index is a view: rebuild it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "an index entry cannot be read ({0}): rebuild the index with `azekura vault rebuild-index`"
)]
pub struct BadEntry(pub String);

/// A summary in the families *current* and *vacated*, made unique in time.
///
/// The stamp is the hybrid time of the record that wrote the entry, where that is not the version's
/// own: the commit of a version, or a hiding that brought an older version *back* or vacated the key.
/// Without it the same older version could become current twice with the same
/// bytes, and a guard could not tell that something happened in between.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Slotted {
    /// What the index says of the version.
    pub summary: Summary,
    /// Hybrid time of the hiding that put it here; `None` = the version's own time.
    pub stamp: Option<HybridTime>,
}

impl Slotted {
    /// Hybrid time of the last change of this slot.
    #[must_use]
    pub fn changed(&self) -> HybridTime {
        let own = self.summary.version.hybrid_time();
        self.stamp.map_or(own, |stamp| stamp.max(own))
    }

    /// Stamp marker byte, stamp, summary.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let mut out = Vec::with_capacity(96);
        match self.stamp {
            None => out.push(0),
            Some(stamp) => {
                out.push(1);
                out.extend_from_slice(&stamp.packed().to_be_bytes());
            }
        }
        out.extend_from_slice(&self.summary.encode());
        Bytes::from(out)
    }

    /// Reads what [`Slotted::encode`] wrote.
    ///
    /// # Errors
    /// [`BadEntry`] for anything else.
    pub fn decode(bytes: &[u8]) -> Result<Self, BadEntry> {
        let bad = || BadEntry("slot".to_owned());
        let (tag, rest) = bytes.split_first().ok_or_else(bad)?;
        let (stamp, rest) = match tag {
            0 => (None, rest),
            1 => {
                let (stamp, rest) = rest.split_first_chunk::<8>().ok_or_else(bad)?;
                let packed = u64::from_be_bytes(*stamp);
                (Some(HybridTime::from_packed(packed)), rest)
            }
            _ => return Err(bad()),
        };
        Ok(Self {
            summary: summary(rest)?,
            stamp,
        })
    }
}

/// The lock state of a version, made unique in time by the hybrid time of the record that gave it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LockEntry {
    /// Hybrid time of that record.
    pub stamp: HybridTime,
    /// The lock.
    pub lock: Lock,
}

impl LockEntry {
    /// Stamp, lock.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let mut out = Vec::with_capacity(64);
        out.extend_from_slice(&self.stamp.packed().to_be_bytes());
        out.extend_from_slice(&azekura_record::lock::encode(&self.lock));
        Bytes::from(out)
    }

    /// Reads what [`LockEntry::encode`] wrote.
    ///
    /// # Errors
    /// [`BadEntry`] for anything else.
    pub fn decode(bytes: &[u8]) -> Result<Self, BadEntry> {
        let bad = || BadEntry("lock".to_owned());
        let (stamp, rest) = bytes.split_first_chunk::<8>().ok_or_else(bad)?;
        Ok(Self {
            stamp: HybridTime::from_packed(u64::from_be_bytes(*stamp)),
            lock: azekura_record::lock::decode(rest)
                .map_err(|error| BadEntry(error.to_string()))?,
        })
    }
}

/// Reads a summary.
///
/// # Errors
/// [`BadEntry`] when it is none.
pub fn summary(bytes: &[u8]) -> Result<Summary, BadEntry> {
    Summary::decode(bytes).map_err(|error| BadEntry(error.to_string()))
}

/// Encodes a value of this module.
pub fn encode<T: Encode<()> + CborLen<()>>(value: &T) -> Bytes {
    // Writing to a vector cannot fail: its error type has no value.
    Bytes::from(minicbor::to_vec(value).unwrap_or_default())
}

/// Reads a value of this module.
///
/// # Errors
/// [`BadEntry`] when the bytes are not of this shape.
pub fn decode<'b, T: Decode<'b, ()>>(bytes: &'b [u8]) -> Result<T, BadEntry> {
    minicbor::decode(bytes).map_err(|error| BadEntry(error.to_string()))
}

/// A tenant.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, CborLen)]
#[cbor(array)]
pub struct TenantEntry {
    /// Name of the institution.
    #[n(0)]
    pub name: String,
    /// Tenant key, wrapped by the root key.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub wrapped_key: Vec<u8>,
    /// Two people for what weakens.
    #[n(2)]
    pub dual_control: bool,
    /// Contents are sealed by a passphrase of the institution.
    #[cbor(n(3), default)]
    pub sealed: bool,
}

/// The content key of a sealed tenant, wrapped by its passphrase.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, CborLen)]
#[cbor(array)]
pub struct TenantSealEntry {
    /// Salt of PBKDF2.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub salt: [u8; 32],
    /// Rounds of PBKDF2.
    #[n(1)]
    pub rounds: u32,
    /// The wrapped key.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub wrapped_key: [u8; 48],
    /// Tells whether what was opened is the key.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub check: [u8; 16],
}

/// What of a bucket never changes.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, CborLen)]
#[cbor(array)]
pub struct BucketEntry {
    /// Name.
    #[n(0)]
    pub name: String,
    /// Bucket UUID.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub uuid: [u8; 16],
    /// Tenant.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub tenant: [u8; 16],
    /// Partition of its objects.
    #[n(3)]
    pub partition: u64,
    /// Location shown.
    #[n(4)]
    pub location: String,
    /// When it was made: wall milliseconds.
    #[n(5)]
    pub created: i64,
    /// Regions that may hold its bytes.
    #[n(6)]
    pub regions: Vec<String>,
}

impl BucketEntry {
    /// Identity.
    #[must_use]
    pub fn uuid(&self) -> BucketUuid {
        BucketUuid(self.uuid)
    }

    /// Institution.
    #[must_use]
    pub fn tenant(&self) -> TenantId {
        TenantId(self.tenant)
    }

    /// Partition of its objects.
    #[must_use]
    pub fn partition(&self) -> PartitionId {
        PartitionId(self.partition)
    }
}

/// What of a bucket may change.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, CborLen)]
#[cbor(array)]
pub struct BucketSettings {
    /// 0 unversioned, 1 enabled, 2 suspended.
    #[n(0)]
    versioning: u8,
    /// Days for which hidden versions stay.
    #[n(1)]
    history_days: u32,
    /// Fewer days, and the compliance milliseconds from which on they count.
    #[n(2)]
    pending: Option<(i64, u32)>,
}

impl BucketSettings {
    /// Settings of a bucket.
    #[must_use]
    pub fn new(versioning: Versioning, history: &Cooling<HistoryDays>) -> Self {
        let versioning = match versioning {
            Versioning::Unversioned => 0,
            Versioning::Enabled => 1,
            Versioning::Suspended => 2,
        };
        Self {
            versioning,
            history_days: history.parts().0.0,
            pending: history
                .parts()
                .1
                .map(|pending| (pending.acts_at.0, pending.value.0)),
        }
    }

    /// Days for which hidden versions stay, with what waits.
    #[must_use]
    pub fn history(&self) -> Cooling<HistoryDays> {
        let pending = self.pending.map(|(acts_at, days)| Pending {
            value: HistoryDays(days),
            acts_at: ComplianceTime(acts_at),
        });
        Cooling::stored(HistoryDays(self.history_days), pending)
    }

    /// Versioning state.
    ///
    /// # Errors
    /// [`BadEntry`] for an unknown number.
    pub fn versioning(&self) -> Result<Versioning, BadEntry> {
        match self.versioning {
            0 => Ok(Versioning::Unversioned),
            1 => Ok(Versioning::Enabled),
            2 => Ok(Versioning::Suspended),
            other => Err(BadEntry(format!("versioning {other}"))),
        }
    }
}

/// A key epoch of a bucket.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, CborLen)]
#[cbor(array)]
pub struct EpochEntry {
    /// Tenant whose key wraps it.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub tenant: [u8; 16],
    /// Bucket.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub bucket: [u8; 16],
    /// Number, from 1.
    #[n(2)]
    pub number: u32,
    /// Bucket key, wrapped.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub wrapped_key: Vec<u8>,
}

/// Number of an algorithm in the index.
fn algorithm_number(algorithm: ChecksumAlgorithm) -> u8 {
    match algorithm {
        ChecksumAlgorithm::Crc32 => 0,
        ChecksumAlgorithm::Crc32c => 1,
        ChecksumAlgorithm::Crc64Nvme => 2,
        ChecksumAlgorithm::Sha1 => 3,
        ChecksumAlgorithm::Sha256 => 4,
    }
}

fn algorithm(number: u8) -> Option<ChecksumAlgorithm> {
    ChecksumAlgorithm::ALL
        .into_iter()
        .find(|algorithm| algorithm_number(*algorithm) == number)
}

/// An upload under way.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, CborLen)]
#[cbor(array)]
pub struct UploadEntry {
    /// When it began: wall milliseconds.
    #[n(0)]
    started: i64,
    /// Checksum asked for: number of the algorithm, composite or not.
    #[n(1)]
    checksum: Option<(u8, bool)>,
}

impl UploadEntry {
    /// Entry of an upload.
    #[must_use]
    pub fn new(started: WallTime, checksum: Option<(ChecksumAlgorithm, ChecksumType)>) -> Self {
        Self {
            started: started.0,
            checksum: checksum.map(|(algorithm, kind)| {
                (algorithm_number(algorithm), kind == ChecksumType::Composite)
            }),
        }
    }

    /// When it began.
    #[must_use]
    pub fn started(&self) -> WallTime {
        WallTime(self.started)
    }

    /// Checksum asked for.
    #[must_use]
    pub fn checksum(&self) -> Option<(ChecksumAlgorithm, ChecksumType)> {
        let (number, composite) = self.checksum?;
        let kind = if composite {
            ChecksumType::Composite
        } else {
            ChecksumType::FullObject
        };
        Some((algorithm(number)?, kind))
    }
}

/// A stored part.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, CborLen)]
#[cbor(array)]
pub struct PartEntry {
    /// Part number.
    #[n(0)]
    pub number: u32,
    /// Identity of the attempt.
    #[cbor(n(1), with = "minicbor::bytes")]
    attempt: [u8; 16],
    /// MD5.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub md5: [u8; 16],
    /// SHA-256.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub sha256: [u8; 32],
    /// Length in bytes.
    #[n(4)]
    pub content_bytes: u64,
    /// When it was stored: wall milliseconds.
    #[n(5)]
    modified: i64,
    /// Inline payload of its record; else a blob.
    #[n(6)]
    pub inline: bool,
    /// Number of the checksum's algorithm.
    #[n(7)]
    checksum_algorithm: Option<u8>,
    /// Checksum.
    #[cbor(n(8), with = "minicbor::bytes")]
    checksum: Vec<u8>,
}

impl PartEntry {
    /// Entry of a part as its record tells it.
    #[must_use]
    pub fn new(
        part: &azekura_record::part::PartStored,
        content_bytes: u64,
        modified: WallTime,
    ) -> Self {
        Self {
            number: part.number,
            attempt: part.attempt.0,
            md5: part.md5,
            sha256: part.sha256,
            content_bytes,
            modified: modified.0,
            inline: part.inline,
            checksum_algorithm: part
                .checksum
                .as_ref()
                .map(|checksum| algorithm_number(checksum.algorithm)),
            checksum: part
                .checksum
                .as_ref()
                .map(|checksum| checksum.value.clone())
                .unwrap_or_default(),
        }
    }

    /// Identity of the attempt.
    #[must_use]
    pub fn attempt(&self) -> PayloadId {
        PayloadId(self.attempt)
    }

    /// When it was stored.
    #[must_use]
    pub fn modified(&self) -> WallTime {
        WallTime(self.modified)
    }

    /// Checksum kept.
    #[must_use]
    pub fn checksum(&self) -> Option<Checksum> {
        Some(Checksum {
            algorithm: algorithm(self.checksum_algorithm?)?,
            value: self.checksum.clone(),
            kind: ChecksumType::FullObject,
            parts: None,
        })
    }
}

/// An upload that ended.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, CborLen)]
#[cbor(array)]
pub struct DoneEntry {
    /// Key it was for.
    #[n(0)]
    pub key: String,
    /// Version made; `None` = aborted.
    #[cbor(n(1), with = "minicbor::bytes")]
    version: Option<[u8; 16]>,
}

impl DoneEntry {
    /// Entry of an upload that ended.
    #[must_use]
    pub fn new(key: &str, version: Option<VersionId>) -> Self {
        Self {
            key: key.to_owned(),
            version: version.map(|version| version.0),
        }
    }

    /// Version made; `None` = aborted.
    #[must_use]
    pub fn version(&self) -> Option<VersionId> {
        self.version.map(VersionId)
    }
}

/// Value of an entry whose presence is all it says.
#[must_use]
pub fn present() -> Bytes {
    Bytes::from_static(&[1])
}

/// Reads a stamp.
///
/// # Errors
/// [`BadEntry`] when it is none.
pub fn read_stamp(bytes: &[u8]) -> Result<HybridTime, BadEntry> {
    let bytes: [u8; 8] = bytes.try_into().map_err(|_| BadEntry("stamp".to_owned()))?;
    Ok(HybridTime::from_packed(u64::from_be_bytes(bytes)))
}

/// Value of a stamp.
#[must_use]
pub fn stamp(time: HybridTime) -> Bytes {
    Bytes::copy_from_slice(&time.packed().to_be_bytes())
}
