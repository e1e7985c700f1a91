//! A vault on a disk that can fail, and a store's knowledge small enough to see through: the core
//! of a record spells out its mutations.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use azekura_engine::disk::Disk;
use azekura_engine::disk::faulty::FaultyDisk;
use azekura_engine::embedded::{Embedded, NewVault, OpenError, Options};
use azekura_engine::index::btree::MemorySource;
use azekura_engine::seam::{
    Commit, CommitClass, CommitId, Family, Guard, Key, Mutations, NewRecord, Part, Project,
    ProjectError, ReadView, SignHead, StoredRecord,
};
use azekura_model::position::{Incarnation, PartitionId, RegionName, Sequence};
use bytes::Bytes;

pub const JOURNAL: &str = "/vault/journal";

pub struct Signer(aws_lc_rs::signature::Ed25519KeyPair);

impl Signer {
    pub fn new() -> Arc<Self> {
        let pair = aws_lc_rs::signature::Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
        Arc::new(Self(pair))
    }
}

impl SignHead for Signer {
    fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).as_ref().try_into().unwrap()
    }

    fn public_key(&self) -> [u8; 32] {
        use aws_lc_rs::signature::KeyPair;
        self.0.public_key().as_ref().try_into().unwrap()
    }
}

/// `+key=value` puts, `-key` deletes; one a line.
pub struct Spelled;

impl Project for Spelled {
    fn begin(&self, _: &dyn ReadView) -> Result<(), ProjectError> {
        Ok(())
    }

    fn project(&self, record: &StoredRecord) -> Result<Mutations, ProjectError> {
        let mut mutations = Mutations::default();
        // As in the store: what was erased means nothing any more, and a release's names are in
        // its particulars.
        match &record.particulars {
            Part::Erased => return Ok(mutations),
            Part::Damaged => return Err(ProjectError::Unreadable("damaged".to_owned())),
            Part::Present(names) if record.kind == RELEASE => {
                let names = std::str::from_utf8(names).unwrap().split(", ");
                mutations.deletes.extend(names.map(key));
                return Ok(mutations);
            }
            Part::Present(_) => {}
        }
        for line in std::str::from_utf8(&record.core).unwrap().lines() {
            match line.split_once('=') {
                Some((name, value)) => {
                    let value = Bytes::copy_from_slice(value.as_bytes());
                    mutations.puts.push((key(&name[1..]), value));
                }
                None => mutations.deletes.push(key(&line[1..])),
            }
        }
        Ok(mutations)
    }

    fn lost(&self, _: PartitionId, _: Sequence, _: Sequence) -> Mutations {
        Mutations {
            puts: vec![(key("lost"), Bytes::from_static(b"1"))],
            deletes: Vec::new(),
        }
    }

    fn erases(
        &self,
        record: &StoredRecord,
        payload: &dyn Fn() -> Option<Bytes>,
    ) -> Option<Vec<Sequence>> {
        if record.kind != RELEASE {
            return None;
        }
        let listed = payload()?;
        let listed = std::str::from_utf8(&listed).unwrap().split(' ');
        Some(listed.map(|text| Sequence(text.parse().unwrap())).collect())
    }
}

/// Kind of the records whose payload lists what may be erased.
pub const RELEASE: u16 = 2;

/// Deletes keys, and lists the records of their partition that may be erased.
pub fn release(id: u64, names: &[String], listed: &[Sequence]) -> Commit {
    let listed: Vec<_> = listed.iter().map(ToString::to_string).collect();
    Commit {
        id: CommitId((u128::from(id) + 1).to_be_bytes()),
        class: CommitClass::Essential,
        guards: Vec::new(),
        mutations: Mutations {
            puts: Vec::new(),
            deletes: names.iter().map(|name| key(name)).collect(),
        },
        record: NewRecord {
            kind: RELEASE,
            core: Bytes::from_static(b"released"),
            particulars: Bytes::from(names.join(", ")),
            payload: Bytes::from(listed.join(" ")),
        },
    }
}

pub fn key(name: &str) -> Key {
    Key {
        family: Family(0),
        bytes: Bytes::copy_from_slice(name.as_bytes()),
    }
}

pub fn put(id: u64, name: &str, value: &str, payload: Vec<u8>) -> Commit {
    let core = format!("+{name}={value}");
    Commit {
        id: CommitId((u128::from(id) + 1).to_be_bytes()),
        class: CommitClass::Data,
        guards: vec![Guard::Absent(key(name))],
        mutations: Mutations {
            puts: vec![(key(name), Bytes::copy_from_slice(value.as_bytes()))],
            deletes: Vec::new(),
        },
        record: NewRecord {
            kind: 1,
            core: Bytes::from(core),
            particulars: Bytes::from(format!("particulars of {name}")),
            payload: Bytes::from(payload),
        },
    }
}

pub fn options(disk: Arc<dyn Disk>, index: impl Into<Arc<MemorySource>>) -> Options {
    let dir = |name: &str| PathBuf::from("/vault").join(name);
    let mut options = Options::new(dir("journal"), dir("index"), vec![dir("blobs")], 1 << 20);
    options.disk = disk;
    options.index = index.into();
    options.space_floor = Some(0);
    options
}

pub fn create(disk: &FaultyDisk, log_limit: u64) {
    let options = options(Arc::new(disk.clone()), MemorySource::default());
    let new = NewVault {
        region: RegionName::parse("jp-tokyo").unwrap(),
        incarnation: Incarnation([9; 16]),
        log_limit,
        extent_cap: 256 << 10,
    };
    Embedded::create(&options, &new, &*Signer::new()).unwrap();
}

pub fn open(disk: &FaultyDisk, index: impl Into<Arc<MemorySource>>) -> Result<Embedded, OpenError> {
    let options = options(Arc::new(disk.clone()), index);
    Embedded::open(options, Signer::new(), &Spelled, &mut |_| ())
}

/// Segment files present, in order.
pub fn segments(disk: &FaultyDisk) -> Vec<PathBuf> {
    let listed = disk.list(Path::new(JOURNAL)).unwrap();
    listed
        .into_iter()
        .filter(|entry| entry.name.ends_with(".seg"))
        .map(|entry| Path::new(JOURNAL).join(entry.name))
        .collect()
}

/// Bytes that differ for every seed and place.
pub fn filler(seed: u64, length: usize) -> Vec<u8> {
    (0..length as u64)
        .map(|i| (seed.wrapping_mul(31).wrapping_add(i * 7) % 251) as u8 + 1)
        .collect()
}
