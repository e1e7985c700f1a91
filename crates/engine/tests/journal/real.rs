//! The same on the disks of this machine, with the index that is used in production.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use azekura_engine::disk::Access;
use azekura_engine::disk::faulty::{Faults, FaultyDisk};
use azekura_engine::disk::{Disk, DiskFile, real::RealDisk};
use azekura_engine::embedded::{Embedded, NewVault, Options};
use azekura_engine::index::btree::MemorySource;
use azekura_engine::seam::{Engine, ReadError};
use azekura_model::position::{Incarnation, PartitionId, RegionName, Sequence};
use azekura_model::release::{BlobId, resume};

use crate::kit::{self, Signer, Spelled, filler, put};

pub fn options(dir: &Path) -> Options {
    let blobs = vec![dir.join("blobs-a"), dir.join("blobs-b")];
    let mut options = Options::new(dir.join("journal"), dir.join("index"), blobs, 1 << 20);
    options.space_floor = Some(0);
    options
}

pub fn open(dir: &Path) -> Embedded {
    Embedded::open(options(dir), Signer::new(), &Spelled, &mut |_| ()).unwrap()
}

fn create(dir: &Path) {
    let new = NewVault::new(RegionName::parse("local").unwrap(), Incarnation([1; 16]));
    Embedded::create(&options(dir), &new, &*Signer::new()).unwrap();
}

#[test]
fn a_vault_opens_again_empty_and_filled() {
    let dir = tempfile::tempdir().unwrap();
    create(dir.path());
    for _ in 0..3 {
        open(dir.path()).close().unwrap();
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    for id in 0..6u64 {
        let engine = open(dir.path());
        assert_eq!(engine.status().damage, Vec::<String>::new());
        let payload = filler(id, 40_000 * id as usize);
        let commit = put(id, &format!("k{id}"), "v", payload);
        let done = runtime
            .block_on(engine.commit(PartitionId(0), commit))
            .unwrap();
        assert_eq!(done.position.sequence.0, id + 1);
        let stored = engine
            .payload(PartitionId(0), done.position.sequence, 0, u64::MAX)
            .unwrap();
        assert_eq!(stored, filler(id, 40_000 * id as usize));
        // Dropped without closing, every other time.
        if id % 2 == 0 {
            engine.close().unwrap();
        }
    }
}

#[test]
fn blobs_of_any_length_are_written_around_the_cache_and_read_back() {
    let dir = tempfile::tempdir().unwrap();
    create(dir.path());
    let engine = open(dir.path());
    let lengths = [
        0usize,
        1,
        4031,
        4032,
        4033,
        (4 << 20) - 64,
        4 << 20,
        (9 << 20) + 17,
    ];
    for (number, length) in lengths.iter().enumerate() {
        let blob = BlobId {
            intent: [number as u8; 16],
            attempt: [7; 16],
        };
        let bytes = filler(number as u64, *length);
        let mut writer = engine.create_blob(blob).unwrap();
        for chunk in bytes.chunks(100_001) {
            writer.write(chunk).unwrap();
        }
        assert_eq!(writer.finish().unwrap(), *length as u64);
        assert_eq!(engine.read_blob(blob, 0, u64::MAX).unwrap(), bytes);
        let part = engine.read_blob(blob, 5, 4000).unwrap();
        assert_eq!(part, &bytes[5.min(bytes.len())..4000.min(bytes.len())]);
        assert!(engine.create_blob(blob).is_err(), "put if absent");
    }
    let listed: Vec<u64> = engine
        .list_blobs()
        .unwrap()
        .iter()
        .map(|(_, bytes)| *bytes)
        .collect();
    assert_eq!(listed, lengths.map(|length| length as u64));
}

#[test]
fn direct_files_say_what_alignment_they_need() {
    let dir = tempfile::tempdir().unwrap();
    let file: Arc<dyn DiskFile> = RealDisk
        .create(&dir.path().join("direct"), Access::Direct)
        .unwrap();
    assert!([1, 4096].contains(&file.alignment()));
}

#[test]
fn a_creation_that_lost_power_can_begin_again() {
    for point in 1..12 {
        let disk = FaultyDisk::new(Faults {
            power_off: Some(point),
            ..Faults::default()
        });
        let mut options = kit::options(Arc::new(disk.clone()), MemorySource::default());
        let new = NewVault::new(RegionName::parse("local").unwrap(), Incarnation([1; 16]));
        let made = Embedded::create(&options, &new, &*Signer::new());
        let after = disk.crash(point);
        options.disk = Arc::new(after.clone());
        match Embedded::create(&options, &new, &*Signer::new()) {
            Ok(()) => assert!(made.is_err(), "point {point}: a finished creation is kept"),
            Err(error) => assert!(
                error.to_string().contains("already"),
                "point {point}: {error}"
            ),
        }
        kit::open(&after, MemorySource::default()).unwrap();
    }
}

#[test]
fn the_owner_is_told_once_when_a_write_fails() {
    let disk = FaultyDisk::default();
    kit::create(&disk, 1 << 20);
    let told = Arc::new(AtomicU32::new(0));
    let mut options = kit::options(Arc::new(disk.clone()), MemorySource::default());
    options.on_poison = Some(Arc::new({
        let told = Arc::clone(&told);
        move |_| {
            told.fetch_add(1, Ordering::Relaxed);
        }
    }));
    let engine = Embedded::open(options, Signer::new(), &Spelled, &mut |_| ()).unwrap();
    let (_, writes, _) = disk.counts();
    disk.set_faults(Faults {
        fail_write: Some(writes + 1),
        ..Faults::default()
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    for id in 0..3 {
        runtime
            .block_on(engine.commit(PartitionId(0), put(id, "a", "v", Vec::new())))
            .unwrap_err();
    }
    assert!(
        engine
            .create_blob(BlobId {
                intent: [1; 16],
                attempt: [1; 16]
            })
            .is_err()
    );
    assert_eq!(told.load(Ordering::Relaxed), 1);
    assert!(engine.status().poisoned.unwrap().contains("injected"));
}

/// Bytes that the files under a directory take, as the file system counts them.
fn taken(dir: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                taken(&entry.path())
            } else {
                entry.metadata().unwrap().blocks() * 512
            }
        })
        .sum()
}

#[test]
fn a_release_gives_space_back_to_the_file_system() {
    let dir = tempfile::tempdir().unwrap();
    let new = NewVault {
        log_limit: 1 << 20,
        ..NewVault::new(RegionName::parse("local").unwrap(), Incarnation([1; 16]))
    };
    Embedded::create(&options(dir.path()), &new, &*Signer::new()).unwrap();
    let engine = open(dir.path());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let commit = |commit| {
        runtime
            .block_on(engine.commit(PartitionId(0), commit))
            .unwrap()
    };
    // Objects of 4 KiB, which share blocks with their neighbours, and some large ones.
    for id in 1..=800u64 {
        let length = if id.is_multiple_of(200) {
            400_000
        } else {
            4_096
        };
        commit(put(id, &format!("k{id}"), "v", filler(id, length)));
    }
    let blob = BlobId {
        intent: [1; 16],
        attempt: [2; 16],
    };
    let mut writer = engine.create_blob(blob).unwrap();
    writer.write(&filler(1, 3 << 20)).unwrap();
    writer.finish().unwrap();
    let before = (taken(&dir.path().join("journal")), blobs_taken(dir.path()));
    let listed: Vec<_> = (1..=780)
        .filter(|id| id % 10 != 0 || id % 200 == 0)
        .map(Sequence)
        .collect();
    let names: Vec<_> = listed.iter().map(|at| format!("k{at}")).collect();
    let record = commit(kit::release(5_000, &names, &listed)).position;
    let proof = resume(record, listed, vec![blob]).unwrap();
    let freed = engine.release(proof).unwrap();
    let after = (taken(&dir.path().join("journal")), blobs_taken(dir.path()));
    assert_eq!(freed.blob_bytes, 3 << 20);
    assert!(before.1 - after.1 >= 3 << 20, "{before:?} {after:?}");
    let erased = freed.particulars_bytes + freed.payload_bytes;
    let returned = before.0 - after.0;
    assert!(returned > erased * 8 / 10, "{returned} of {erased}");
    engine.close().unwrap();
    drop(engine);
    let engine = open(dir.path());
    assert_eq!(engine.status().damage, Vec::<String>::new());
    let read = |id| engine.payload(PartitionId(0), Sequence(id), 0, u64::MAX);
    assert_eq!(read(10).unwrap(), filler(10, 4_096));
    assert_eq!(read(799).unwrap(), filler(799, 4_096));
    assert!(matches!(read(200), Err(ReadError::Erased(_))));
    assert!(matches!(read(11), Err(ReadError::Erased(_))));
}

fn blobs_taken(dir: &Path) -> u64 {
    taken(&dir.join("blobs-a")) + taken(&dir.join("blobs-b"))
}
