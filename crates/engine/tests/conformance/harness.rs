//! Makes engines and commits for the suite.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use azekura_engine::disk::faulty::FaultyDisk;
use azekura_engine::embedded::{Embedded, NewVault, Options};
use azekura_engine::index::btree::MemorySource;
use azekura_engine::memory::MemoryEngine;
use azekura_engine::seam::{
    Commit, CommitClass, CommitError, CommitId, Committed, Engine, Entry, Family, Guard, Key,
    Mutations, NewRecord, Project, ProjectError, ReadView, Scan, ScanPage, SignHead, StoredRecord,
};
use azekura_model::position::{Incarnation, PartitionId, RegionName, Sequence};
use bytes::Bytes;

/// Region of every engine under test.
pub(crate) fn region() -> RegionName {
    RegionName::parse("jp-test").unwrap()
}

/// Incarnation of every engine under test.
pub(crate) const INCARNATION: Incarnation = Incarnation([0x1c; 16]);

/// Opens a closed vault again.
type Reopen = Box<dyn Fn() -> Arc<dyn Engine> + Send + Sync>;

/// An engine over a vault of its own.
pub(crate) struct Harness {
    pub(crate) engine: Arc<dyn Engine>,
    /// Random histories to try: fewer where each waits for a disk.
    pub(crate) histories: u32,
    reopen: Reopen,
}

/// Makes an engine over an empty vault.
pub(crate) type Make = fn() -> Harness;

impl Harness {
    pub(crate) fn new(engine: Arc<dyn Engine>, reopen: Reopen) -> Self {
        Self {
            engine,
            histories: 40,
            reopen,
        }
    }

    fn slow(self) -> Self {
        Self {
            histories: 4,
            ..self
        }
    }

    /// Closes the engine and opens its vault again.
    pub(crate) fn reopen(self) -> Self {
        self.engine.close().unwrap();
        let Self {
            engine,
            histories,
            reopen,
        } = self;
        drop(engine);
        let engine = reopen();
        Self {
            engine,
            histories,
            reopen,
        }
    }

    pub(crate) fn commit(&self, partition: u64, commit: Commit) -> Result<Committed, CommitError> {
        block_on(self.engine.commit(PartitionId(partition), commit))
    }

    /// Commits and returns the sequence.
    pub(crate) fn done(&self, partition: u64, commit: Commit) -> u64 {
        self.commit(partition, commit).unwrap().position.sequence.0
    }

    pub(crate) fn get(&self, partition: u64, key: &Key) -> Option<Entry> {
        self.engine.get(PartitionId(partition), key).unwrap()
    }

    pub(crate) fn scan(&self, partition: u64, scan: &Scan) -> ScanPage {
        self.engine.scan(PartitionId(partition), scan).unwrap()
    }

    /// Everything that readers can see of a partition, in words.
    pub(crate) fn picture(&self, partition: u64) -> String {
        let mut lines = Vec::new();
        for family in (0..Family::COUNT).map(Family) {
            let page = self.scan(partition, &whole(family));
            lines.extend(
                page.entries
                    .iter()
                    .map(|entry| format!("{family:?} {entry:?}")),
            );
        }
        let records = self
            .engine
            .journal(PartitionId(partition), Sequence(1), 10_000)
            .unwrap();
        for record in records {
            let sequence = record.position.sequence;
            let payload = self
                .engine
                .payload(PartitionId(partition), sequence, 0, u64::MAX)
                .unwrap();
            lines.push(format!("{record:?} {payload:?}"));
        }
        lines.join("\n")
    }
}

/// A whole family in one page.
pub(crate) fn whole(family: Family) -> Scan {
    Scan {
        family,
        from: Bytes::new(),
        until: None,
        limit: 10_000,
    }
}

pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap().block_on(future)
}

pub(crate) fn key(text: &str) -> Key {
    key_in(0, text)
}

pub(crate) fn key_in(family: u8, text: &str) -> Key {
    Key {
        family: Family(family),
        bytes: Bytes::copy_from_slice(text.as_bytes()),
    }
}

/// An id that no other commit of this run has.
fn next_id() -> CommitId {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    CommitId(u128::from(n).to_be_bytes())
}

/// Builds commits whose core tells their mutations, as contract 6 asks.
pub(crate) struct Build(Commit);

pub(crate) fn build() -> Build {
    Build(Commit {
        id: next_id(),
        class: CommitClass::Data,
        guards: Vec::new(),
        mutations: Mutations::default(),
        record: NewRecord {
            kind: 1,
            core: Bytes::new(),
            particulars: Bytes::new(),
            payload: Bytes::new(),
        },
    })
}

impl Build {
    pub(crate) fn put(self, name: &str, value: &str) -> Self {
        self.put_key(key(name), value.as_bytes())
    }

    pub(crate) fn put_key(mut self, key: Key, value: &[u8]) -> Self {
        self.0
            .mutations
            .puts
            .push((key, Bytes::copy_from_slice(value)));
        self
    }

    pub(crate) fn delete(self, name: &str) -> Self {
        self.delete_key(key(name))
    }

    pub(crate) fn delete_key(mut self, key: Key) -> Self {
        self.0.mutations.deletes.push(key);
        self
    }

    pub(crate) fn absent(mut self, name: &str) -> Self {
        self.0.guards.push(Guard::Absent(key(name)));
        self
    }

    pub(crate) fn equals(mut self, name: &str, value: &str) -> Self {
        self.0.guards.push(Guard::Equals(
            key(name),
            Bytes::copy_from_slice(value.as_bytes()),
        ));
        self
    }

    pub(crate) fn kind(mut self, kind: u16) -> Self {
        self.0.record.kind = kind;
        self
    }

    pub(crate) fn particulars(mut self, bytes: impl Into<Bytes>) -> Self {
        self.0.record.particulars = bytes.into();
        self
    }

    pub(crate) fn payload(mut self, bytes: impl Into<Bytes>) -> Self {
        self.0.record.payload = bytes.into();
        self
    }

    pub(crate) fn id(mut self, id: CommitId) -> Self {
        self.0.id = id;
        self
    }

    pub(crate) fn commit(mut self) -> Commit {
        self.0.record.core = encode(&self.0.mutations);
        self.0
    }

    /// Leaves the core as given, for commits that are to be refused.
    pub(crate) fn with_core(mut self, core: impl Into<Bytes>) -> Commit {
        self.0.record.core = core.into();
        self.0
    }
}

/// Mutations as the bytes of a core.
fn encode(mutations: &Mutations) -> Bytes {
    let mut out = Vec::new();
    let mut put = |tag: u8, key: &Key, value: &[u8]| {
        out.extend_from_slice(&[tag, key.family.0]);
        for part in [&key.bytes[..], value] {
            out.extend_from_slice(&u32::try_from(part.len()).unwrap().to_be_bytes());
            out.extend_from_slice(part);
        }
    };
    mutations
        .puts
        .iter()
        .for_each(|(key, value)| put(1, key, value));
    mutations.deletes.iter().for_each(|key| put(2, key, b""));
    Bytes::from(out)
}

/// Mutations from the bytes of a core: what a `Project` of these commits says.
fn decode(core: &Bytes) -> Mutations {
    let mut rest = core.clone();
    let mut mutations = Mutations::default();
    while !rest.is_empty() {
        let head = rest.split_to(2);
        let mut part = || {
            let length = u32::from_be_bytes(rest.split_to(4)[..].try_into().unwrap());
            rest.split_to(usize::try_from(length).unwrap())
        };
        let key = Key {
            family: Family(head[1]),
            bytes: part(),
        };
        let value = part();
        match head[0] {
            1 => mutations.puts.push((key, value)),
            _ => mutations.deletes.push(key),
        }
    }
    mutations
}

/// The engine in memory.
pub(crate) fn memory() -> Harness {
    let engine = Arc::new(MemoryEngine::new(region(), INCARNATION));
    let again = Arc::clone(&engine);
    Harness::new(engine, Box::new(move || Arc::new(again.reopen())))
}

/// Entries as text, for short assertions.
pub(crate) fn texts(page: &ScanPage) -> Vec<(String, String)> {
    let text = |bytes: &Bytes| String::from_utf8(bytes.to_vec()).unwrap();
    page.entries
        .iter()
        .map(|(key, entry)| (text(key), text(&entry.value)))
        .collect()
}

/// Heads by partition.
pub(crate) fn heads(harness: &Harness) -> BTreeMap<u64, (u64, [u8; 32])> {
    let heads = harness.engine.status().heads.into_iter();
    heads
        .map(|(partition, sequence, chain)| (partition.0, (sequence.0, chain)))
        .collect()
}

/// What the records of this suite mean.
struct CoreTells;

impl Project for CoreTells {
    fn begin(&self, _: &dyn ReadView) -> Result<(), ProjectError> {
        Ok(())
    }

    fn project(&self, record: &StoredRecord) -> Result<Mutations, ProjectError> {
        Ok(decode(&record.core))
    }
}

struct Signer(Ed25519KeyPair);

impl SignHead for Signer {
    fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).as_ref().try_into().unwrap()
    }

    fn public_key(&self) -> [u8; 32] {
        self.0.public_key().as_ref().try_into().unwrap()
    }
}

fn signer() -> Arc<dyn SignHead> {
    Arc::new(Signer(
        Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap(),
    ))
}

fn open(options: &Options) -> Arc<dyn Engine> {
    let opened = Embedded::open(options.clone(), signer(), &CoreTells, &mut |_| ());
    Arc::new(opened.unwrap())
}

/// Segments so small that most tests cross several; too small for records of full size.
fn small_segments() -> NewVault {
    let usual = NewVault::new(region(), INCARNATION);
    NewVault {
        log_limit: 132 << 10,
        extent_cap: 1 << 20,
        ..usual
    }
}

fn create(options: &Options, vault: &NewVault) {
    Embedded::create(options, vault, &*signer()).unwrap();
}

fn real_options(dir: &Path) -> Options {
    let at = |name: &str| dir.join(name);
    let blobs = vec![at("blobs-a"), at("blobs-b")];
    let mut options = Options::new(at("journal"), at("index"), blobs, 1 << 20);
    options.space_floor = Some(0);
    options
}

/// The embedded engine on a real disk, its index included.
pub(crate) fn embedded() -> Harness {
    let dir = tempfile::tempdir().unwrap();
    let options = real_options(dir.path());
    create(&options, &NewVault::new(region(), INCARNATION));
    let engine = open(&options);
    Harness::new(
        engine,
        Box::new(move || {
            let _alive = &dir;
            open(&options)
        }),
    )
    .slow()
}

/// The embedded engine on a real disk, whose index is lost whenever it closes.
pub(crate) fn forgetful() -> Harness {
    let dir = tempfile::tempdir().unwrap();
    let options = real_options(dir.path());
    create(&options, &small_segments());
    let engine = open(&options);
    Harness::new(
        engine,
        Box::new(move || {
            std::fs::remove_dir_all(dir.path().join("index")).unwrap();
            open(&options)
        }),
    )
    .slow()
}

/// The embedded engine on the disk in memory that can fail, without faults.
pub(crate) fn faultless() -> Harness {
    let mut options = real_options(Path::new("/vault"));
    options.disk = Arc::new(FaultyDisk::default());
    options.index = Arc::new(MemorySource::default());
    create(&options, &small_segments());
    let engine = open(&options);
    Harness::new(engine, Box::new(move || open(&options)))
}
