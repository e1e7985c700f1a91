//! The engine seam: everything the store may ask of an engine, cut by partition so that a local
//! journal and a distributed object store can both keep it.
//!
//! # Contract
//! 1. **Acknowledged is durable.** [`Engine::commit`] returns a position only when the record, its
//!    payload, its puts and its deletes are on stable storage, all or nothing.
//! 2. **Order.** Commits of one partition have one order, that of their sequences, without gaps.
//!    Readers see commits in that order, from the moment of durability, deletions included.
//! 3. **Guards** are judged against everything that will precede the commit, pending commits
//!    included. A refusal caused by a pending commit is returned only once that one is durable, so
//!    that what the refused caller reads next explains the refusal.
//! 4. **Recognition.** A commit submitted again with the same id and partition after an unknown
//!    outcome returns the first outcome's position and changes nothing.
//! 5. **Failure is final.** After a failed write or sync the engine is poisoned: every later call
//!    that would write answers [`CommitError::Poisoned`], nothing is retried, nothing acknowledged.
//! 6. **The index is a view.** `puts` and `deletes` must be exactly what the [`Project`] given at
//!    open derives from the record, so that the view can be rebuilt from the journal alone.
//! 7. **Nothing is freed** but by proof: blobs that nothing names ([`Engine::sweep_blob`]), and what
//!    a durable release record lists ([`Engine::release`]). A release that was interrupted is
//!    finished by the same call with the same proof; until then a part may read as damaged.
//! 8. Keys hold no NUL byte and values are never empty; both are checked. A key named twice in one
//!    commit is malformed.
//! 9. **Edges.** Ranges of payloads and blobs are cut at their end; a record without payload reads
//!    as empty. Recognition comes before the guards. Creating a blob that exists, and sweeping with
//!    a fence that is not a durable record here, are malformed. After [`Engine::close`] whatever
//!    would write answers [`CommitError::Closed`]. A release whose record is not durable here is
//!    malformed. Parts of no bytes stay present.

use async_trait::async_trait;
use azekura_model::position::{Incarnation, PartitionId, Position, RegionName, Sequence};
use azekura_model::release::{BlobId, ReleaseProof, SweepProof};
use bytes::Bytes;

/// Longest key in bytes.
pub const KEY_BYTES_MAX: usize = 4096;
/// Longest value in bytes.
pub const VALUE_BYTES_MAX: usize = 64 * 1024;
/// Longest core in bytes.
pub const CORE_BYTES_MAX: usize = 64 * 1024;
/// Longest particulars in bytes (a multipart version names up to 10,000 parts).
pub const PARTICULARS_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Longest inline payload in bytes, as stored (sealed); longer ones are blobs.
pub const INLINE_PAYLOAD_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Most memory that an open [`BlobWriter`] holds, in bytes.
pub const BLOB_BUFFER_BYTES: usize = 1024 * 1024;
/// Most entries in one page of a scan.
pub const SCAN_ENTRIES_MAX: usize = 10_000;

/// An ordered space of keys inside a partition. The store gives them meaning; the engine may keep
/// each apart on disk.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Family(pub u8);

impl Family {
    /// Number of families an engine provides: 0 to 7.
    pub const COUNT: u8 = 8;
}

/// A key in a family of the partition at hand.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Key {
    /// The ordered space.
    pub family: Family,
    /// 1 to [`KEY_BYTES_MAX`] bytes without NUL; ordered bytewise.
    pub bytes: Bytes,
}

/// Identity of a commit, chosen by the caller, never reused.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CommitId(pub [u8; 16]);

/// A condition judged in commit order.
#[derive(Clone, Debug)]
pub enum Guard {
    /// The key has no value.
    Absent(Key),
    /// The key has exactly this value.
    Equals(Key, Bytes),
}

impl Guard {
    /// The key that is judged.
    #[must_use]
    pub fn key(&self) -> &Key {
        match self {
            Self::Absent(key) | Self::Equals(key, _) => key,
        }
    }
}

/// Changes to the view, derived from one record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mutations {
    /// Keys and their new values, never empty.
    pub puts: Vec<(Key, Bytes)>,
    /// Keys that lose their value.
    pub deletes: Vec<Key>,
}

/// Whether a commit may use the last reserve of space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitClass {
    /// Stores data: refused below the space floor.
    Data,
    /// Lock changes, deletions, withdrawals of intents: go on below the floor.
    Essential,
    /// What was read or refused: goes on below the floor, and leaves a part of the reserve to what is
    /// essential.
    Audit,
}

/// The record that a commit appends. The engine adds the position.
#[derive(Clone, Debug)]
pub struct NewRecord {
    /// Kind of record, for tools that read the journal; its meaning is the store's.
    pub kind: u16,
    /// Hashed and chained, kept for ever.
    pub core: Bytes,
    /// Sealed by the store; erasable; may be empty.
    pub particulars: Bytes,
    /// Sealed by the store; erasable; empty when there is none or when a blob holds it.
    pub payload: Bytes,
}

/// One atomic change of one partition.
#[derive(Clone, Debug)]
pub struct Commit {
    /// Identity, for recognition.
    pub id: CommitId,
    /// Right to the last reserve of space.
    pub class: CommitClass,
    /// All must hold.
    pub guards: Vec<Guard>,
    /// What the view gains and loses; see contract 6.
    pub mutations: Mutations,
    /// What the journal gains.
    pub record: NewRecord,
}

/// Outcome of a durable commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// Where the record stands.
    pub position: Position,
}

/// Why a commit did not happen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommitError {
    /// A guard did not hold; nothing was written.
    #[error("guard {index} did not hold")]
    GuardFailed {
        /// Which of `guards`, from 0.
        index: usize,
    },
    /// Free space is below the floor; nothing was written. Reads and essential commits go on.
    #[error(
        "{free_bytes} bytes are free on {place}, below the floor of {floor_bytes}: free space or add a disk"
    )]
    NoSpace {
        /// The directory that is short of space.
        place: String,
        /// Bytes free now.
        free_bytes: u64,
        /// Bytes that must stay free.
        floor_bytes: u64,
    },
    /// An earlier write or sync failed. The process must stop; start it again when the disk is well.
    #[error("the engine stopped after a failed write: {0}")]
    Poisoned(String),
    /// The engine is shutting down.
    #[error("the engine is closed")]
    Closed,
    /// What the call had to read first could not be read; nothing was changed. It may be called
    /// again.
    #[error("cannot read what is to be changed: {0}")]
    Unreadable(String),
    /// The commit breaks a limit of the contract (a bug in the caller).
    #[error("malformed commit: {0}")]
    Malformed(String),
}

/// Why a read did not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// No such record or blob.
    #[error("not found: {0}")]
    NotFound(String),
    /// The bytes are there and wrong. Never returned as data.
    #[error("damaged: {0}")]
    Damaged(String),
    /// The part was erased through the one door.
    #[error("erased: {0}")]
    Erased(String),
    /// The disk did not answer.
    #[error("read failed: {0}")]
    Io(String),
}

/// A value and the record that wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Never empty.
    pub value: Bytes,
    /// Record of this partition that put the value.
    pub sequence: Sequence,
}

/// A range of keys to list.
#[derive(Clone, Debug)]
pub struct Scan {
    /// The ordered space.
    pub family: Family,
    /// First key that may be returned (inclusive); empty = from the start.
    pub from: Bytes,
    /// First key that may not be returned; `None` = to the end.
    pub until: Option<Bytes>,
    /// Most entries to return, 1 to [`SCAN_ENTRIES_MAX`].
    pub limit: usize,
}

/// One page of a scan, in bytewise order of keys.
#[derive(Clone, Debug, Default)]
pub struct ScanPage {
    /// Keys and values.
    pub entries: Vec<(Bytes, Entry)>,
    /// Whether further entries may follow inside the range.
    pub more: bool,
}

/// An erasable part of a stored record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// As written (checked by its CRC).
    Present(Bytes),
    /// Zeroed through the one door.
    Erased,
    /// There, and not what was written.
    Damaged,
}

/// A record as read back. The payload is read apart, by range.
#[derive(Clone, Debug)]
pub struct StoredRecord {
    /// Where it stands.
    pub position: Position,
    /// Identity of its commit.
    pub commit: CommitId,
    /// Kind, as given.
    pub kind: u16,
    /// The hashed bytes: position and core (see `docs/formats/journal.md`).
    pub envelope: Bytes,
    /// The core inside the envelope.
    pub core: Bytes,
    /// Sealed particulars.
    pub particulars: Part,
    /// Length of the inline payload in bytes as stored; 0 = none.
    pub payload_bytes: u64,
}

/// What a release erased: the same whether this call did it or an earlier one with the same proof,
/// but for `blob_bytes`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Freed {
    /// Bytes of particulars that are zeros now, those of the release record included.
    pub particulars_bytes: u64,
    /// Bytes of payload kept in the journal that are zeros now.
    pub payload_bytes: u64,
    /// Blobs that are gone now.
    pub blobs: u64,
    /// Bytes of the blobs that this call removed; an earlier call's are not known any more.
    pub blob_bytes: u64,
    /// Records that could not be found to be erased, because damage hides them.
    pub lost: Vec<Sequence>,
}

/// What an engine is and how it fares.
#[derive(Clone, Debug)]
pub struct Status {
    /// Region of every position that this engine gives.
    pub region: RegionName,
    /// Its present life.
    pub incarnation: Incarnation,
    /// Why it is poisoned, if it is.
    pub poisoned: Option<String>,
    /// Each partition's last durable sequence and chain hash, ordered by partition.
    pub heads: Vec<(PartitionId, Sequence, [u8; 32])>,
    /// Bytes of journal on disk, payloads included.
    pub journal_bytes: u64,
    /// Free bytes of the tightest directory, and the floor.
    pub space: Space,
    /// Commits durable but not yet in the index.
    pub unindexed_commits: u64,
    /// Groups written, records in them, syncs issued, since start.
    pub counters: Counters,
    /// Damage known since start: what, where.
    pub damage: Vec<String>,
}

/// Space of the tightest directory.
#[derive(Clone, Copy, Debug, Default)]
pub struct Space {
    /// Free bytes.
    pub free_bytes: u64,
    /// Floor below which data is refused.
    pub floor_bytes: u64,
    /// Whether data is refused now.
    pub refusing: bool,
}

/// Counts since start.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counters {
    /// Commit groups made durable.
    pub groups: u64,
    /// Records in them.
    pub records: u64,
    /// Syncs of files.
    pub syncs: u64,
}

/// Writes one blob. Dropping it unfinished leaves the file to the sweep.
pub trait BlobWriter: Send {
    /// Appends bytes. Blocks on the disk.
    ///
    /// # Errors
    /// [`CommitError::NoSpace`] below the floor, [`CommitError::Poisoned`] after a failed write.
    fn write(&mut self, bytes: &[u8]) -> Result<(), CommitError>;
    /// Makes the file and its directory entry durable; returns the length in bytes.
    ///
    /// # Errors
    /// [`CommitError::Poisoned`] after a failed sync.
    fn finish(self: Box<Self>) -> Result<u64, CommitError>;
}

/// The engine. All methods but [`commit`](Engine::commit) may block on the disk.
#[async_trait]
pub trait Engine: Send + Sync + 'static {
    /// Appends one record and applies its mutations, atomically and durably. A partition comes to
    /// be with its first commit.
    async fn commit(
        &self,
        partition: PartitionId,
        commit: Commit,
    ) -> Result<Committed, CommitError>;

    /// The durable value of a key.
    fn get(&self, partition: PartitionId, key: &Key) -> Result<Option<Entry>, ReadError>;

    /// One page of keys and values: a consistent cut of the durable state.
    fn scan(&self, partition: PartitionId, scan: &Scan) -> Result<ScanPage, ReadError>;

    /// Durable records of a partition from a sequence on, in order, at most `limit`; fewer than
    /// `limit` means that the end was reached. A damaged record ends the page with
    /// [`ReadError::Damaged`] only when it is the first one asked for.
    fn journal(
        &self,
        partition: PartitionId,
        from: Sequence,
        limit: usize,
    ) -> Result<Vec<StoredRecord>, ReadError>;

    /// Bytes `from..until` of a record's inline payload as stored. The caller verifies them (they
    /// are sealed frames).
    fn payload(
        &self,
        partition: PartitionId,
        sequence: Sequence,
        from: u64,
        until: u64,
    ) -> Result<Bytes, ReadError>;

    /// Starts a blob that must not exist yet. Its intent must be durable.
    fn create_blob(&self, blob: BlobId) -> Result<Box<dyn BlobWriter>, CommitError>;

    /// Bytes `from..until` of a blob as stored; short only at its end.
    fn read_blob(&self, blob: BlobId, from: u64, until: u64) -> Result<Bytes, ReadError>;

    /// All blobs on disk with their lengths in bytes; unfinished ones included.
    fn list_blobs(&self) -> Result<Vec<(BlobId, u64)>, ReadError>;

    /// Removes a blob that nothing names; the only removal there is. Absent = already removed.
    fn sweep_blob(&self, proof: SweepProof) -> Result<(), CommitError>;

    /// Erases what a durable release record lists: particulars and journal payloads are zeroed and
    /// synced, blobs removed, the release record's own particulars zeroed last; the view is durable
    /// up to the release record before that. Readers get a part whole or erased. Space returns, as
    /// far as whole blocks of the disk are free or the engine moves what is left together. Done
    /// again it changes nothing. Blocks.
    ///
    /// # Errors
    /// [`CommitError::Malformed`] when the release record is not durable here,
    /// [`CommitError::NoSpace`] when its durability cannot be marked: nothing was erased.
    fn release(&self, proof: ReleaseProof) -> Result<Freed, CommitError>;

    /// What the engine is and how it fares.
    fn status(&self) -> Status;

    /// Refuses further commits, makes the durable mark and the index catch up, and closes.
    /// Idempotent; blocks.
    fn close(&self) -> Result<(), CommitError>;
}

/// Reads the view while it is opened or rebuilt.
pub trait ReadView {
    /// Every entry of a family of a partition, in order.
    fn entries(
        &self,
        partition: PartitionId,
        family: Family,
    ) -> Result<Vec<(Bytes, Entry)>, ReadError>;
}

/// Derives the view from the journal: the store's knowledge of what a record means, lent to the
/// engine for replay and rebuild.
pub trait Project: Send + Sync + 'static {
    /// Called before a replay, with the view as it stands (empty before a rebuild), so that keys
    /// needed to open later records can be learnt.
    fn begin(&self, view: &dyn ReadView) -> Result<(), ProjectError>;

    /// The mutations of one record. Must equal what its commit carried.
    fn project(&self, record: &StoredRecord) -> Result<Mutations, ProjectError>;

    /// Mutations that stand for records which damage took from the view: those of a partition from
    /// `first` to `last`. They go with the next record of the partition. Asked only of what the view
    /// never had: damage to records that it holds already takes nothing from it.
    fn lost(&self, _partition: PartitionId, _first: Sequence, _last: Sequence) -> Mutations {
        Mutations::default()
    }

    /// Records of its own partition whose parts this record allows to be erased; `None` when it is
    /// no release record. `payload` reads its payload. Asked only of records that follow damaged
    /// parts: a release that was interrupted leaves parts half zeroed, which its record covers.
    fn erases(
        &self,
        _record: &StoredRecord,
        _payload: &dyn Fn() -> Option<Bytes>,
    ) -> Option<Vec<Sequence>> {
        None
    }
}

/// Why a record could not be projected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProjectError {
    /// The record's particulars are damaged or cannot be opened: what it named is reported lost
    /// from the view, the rest goes on.
    #[error("unreadable record: {0}")]
    Unreadable(String),
    /// The record is critical and of a kind or version unknown to this release: opening stops.
    #[error("a newer release wrote this: {0}")]
    Newer(String),
}

/// Signs the heads of each commit group.
pub trait SignHead: Send + Sync + 'static {
    /// Ed25519 signature (RFC 8032) over `message`.
    fn sign(&self, message: &[u8]) -> [u8; 64];
    /// The public key, for the format files.
    fn public_key(&self) -> [u8; 32];
}
