//! Releases interrupted at every point: what is listed is erased in the end, nothing else is ever
//! touched, and the space comes back.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use azekura_engine::disk::Disk;
use azekura_engine::disk::faulty::{Faults, FaultyDisk};
use azekura_engine::embedded::Embedded;
use azekura_engine::index::View as _;
use azekura_engine::index::btree::MemorySource;
use azekura_engine::journal::scan::{Depth, Item, PayloadState, Scanner};
use azekura_engine::seam::{CommitError, Engine, Part, ReadError};
use azekura_model::position::{PartitionId, Position, Sequence};
use azekura_model::release::{BlobId, ReleaseProof, resume};

use crate::kit::{self, JOURNAL, Signer, Spelled, filler, put, release};

const PARTITION: PartitionId = PartitionId(3);
const RECORDS: u64 = 60;

fn payload(id: u64) -> Vec<u8> {
    // Two in extents, one of which is released.
    let length = match id {
        13 | 24 => 70_000,
        id if id % 6 == 1 => 0,
        _ => 3_000,
    };
    filler(id, length)
}

fn particulars(id: u64) -> Vec<u8> {
    format!("particulars of k{id}").into_bytes()
}

/// Three of four records go, and all but the last of the first segments.
fn is_listed(id: u64) -> bool {
    !id.is_multiple_of(4) && id < 50
}

fn blob(n: u8) -> BlobId {
    BlobId {
        intent: [n; 16],
        attempt: [n; 16],
    }
}

fn commit(
    engine: &Embedded,
    commit: azekura_engine::seam::Commit,
) -> Result<Position, CommitError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let committed = runtime.block_on(engine.commit(PARTITION, commit))?;
    Ok(committed.position)
}

/// Record n has id n; two blobs.
fn fill(engine: &Embedded) {
    for id in 1..=RECORDS {
        let done = commit(engine, put(id, &format!("k{id}"), "v", payload(id))).unwrap();
        assert_eq!(done.sequence, Sequence(id));
    }
    for n in [1, 2] {
        let mut writer = engine.create_blob(blob(n)).unwrap();
        writer.write(&filler(u64::from(n), 9_000)).unwrap();
        writer.finish().unwrap();
    }
}

fn listed() -> Vec<Sequence> {
    (1..=RECORDS)
        .filter(|id| is_listed(*id))
        .map(Sequence)
        .collect()
}

fn record_release(engine: &Embedded) -> Result<ReleaseProof, CommitError> {
    let names: Vec<_> = listed().iter().map(|at| format!("k{at}")).collect();
    let record = commit(engine, release(1000, &names, &listed()))?;
    Ok(resume(record, listed(), vec![blob(1)]).unwrap())
}

/// Every record is as it must be. `erased`: whether what is listed is gone; `None` = any of it may
/// be, in any state.
fn verify(engine: &Embedded, erased: Option<bool>, context: &str) {
    let damage = engine.status().damage;
    assert_eq!(damage, Vec::<String>::new(), "{context}");
    let records = engine.journal(PARTITION, Sequence(1), 1000).unwrap();
    assert!(
        records.len() as u64 >= RECORDS,
        "{context}: a record is lost"
    );
    for (record, id) in records.iter().zip(1..=RECORDS) {
        let bytes = engine.payload(PARTITION, Sequence(id), 0, u64::MAX);
        let gone = erased.filter(|_| is_listed(id)).unwrap_or(false);
        if erased.is_none() && is_listed(id) {
            continue;
        }
        if gone {
            assert_eq!(record.particulars, Part::Erased, "{context}: {id}");
            let empty = payload(id).is_empty();
            assert!(
                empty || matches!(bytes, Err(ReadError::Erased(_))),
                "{context}: {id}"
            );
        } else {
            let present = Part::Present(particulars(id).into());
            assert_eq!(record.particulars, present, "{context}: {id}");
            assert!(bytes.unwrap() == payload(id), "{context}: {id}");
        }
    }
    let kept = engine.read_blob(blob(2), 0, u64::MAX).unwrap();
    assert!(kept == filler(2, 9_000), "{context}");
    let gone = engine.read_blob(blob(1), 0, u64::MAX);
    match erased {
        Some(true) => assert!(matches!(gone, Err(ReadError::NotFound(_))), "{context}"),
        Some(false) => assert!(gone.unwrap() == filler(1, 9_000), "{context}"),
        None => {}
    }
}

/// The index names what is left, and nothing that was released.
fn assert_names(engine: &Embedded, context: &str) {
    for id in 1..=RECORDS {
        let found = engine.get(PARTITION, &kit::key(&format!("k{id}"))).unwrap();
        assert_eq!(found.is_none(), is_listed(id), "{context}: k{id}");
    }
    // What is half erased is not lost: nothing else may become unknown by it.
    let lost = engine.get(PARTITION, &kit::key("lost")).unwrap();
    assert!(lost.is_none(), "{context}");
}

/// The journal verifies without the engine, and nothing is erased but what is listed.
fn scan(disk: &FaultyDisk, released: Sequence, context: &str) {
    let depth = Depth {
        extents: true,
        signatures: true,
    };
    let scanner = Scanner::open(Arc::new(disk.clone()), Path::new(JOURNAL), depth).unwrap();
    for item in scanner {
        match item.unwrap() {
            Item::Finding(finding) => panic!("{context}: {finding}"),
            Item::Group(group) => assert_eq!(group.signature, Some(true), "{context}"),
            Item::Record(record) => {
                assert!(record.chain.is_some(), "{context}");
                let sequence = record.record.position.sequence;
                let listed = is_listed(sequence.0);
                let erased = record.record.particulars == Part::Erased;
                assert_eq!(
                    erased,
                    listed || sequence == released,
                    "{context}: {sequence}"
                );
                assert_eq!(
                    record.payload == PayloadState::Erased,
                    listed && !payload(sequence.0).is_empty()
                );
            }
        }
    }
}

/// Bytes of the vault in blocks that are not zeros.
fn taken(disk: &FaultyDisk) -> u64 {
    let journal = Path::new(JOURNAL);
    let files = disk.list(journal).unwrap().into_iter();
    let files = files.filter(|entry| entry.name != "LOCK");
    files
        .map(|entry| {
            disk.open(&journal.join(entry.name))
                .unwrap()
                .allocated()
                .unwrap()
        })
        .sum()
}

/// One release with faults; returns whether they struck, and the bytes taken in the end.
fn run(
    seed: u64,
    before_record: bool,
    faults: impl Fn((u64, u64, u64)) -> Faults,
    context: &str,
) -> (bool, u64) {
    let disk = FaultyDisk::default();
    kit::create(&disk, 48 << 10);
    let live = Arc::new(MemorySource::default());
    let engine = kit::open(&disk, Arc::clone(&live)).unwrap();
    fill(&engine);
    // What the index on the disk has if only the release itself makes it durable again.
    live.view().sync().unwrap();
    if before_record {
        disk.set_faults(faults(disk.counts()));
    }
    let recorded = record_release(&engine);
    if !before_record {
        disk.set_faults(faults(disk.counts()));
    }
    let outcome = recorded.clone().and_then(|proof| engine.release(proof));
    let struck = outcome.is_err();
    if struck {
        assert!(engine.close().is_err(), "{context}: a failure is final");
    }
    let index = match seed % 3 {
        0 => MemorySource::default(),
        1 => live.fork(),
        _ => live.lost_power(),
    };
    drop(engine);
    let after = disk.crash(seed);
    let engine = kit::open(&after, index).unwrap();
    let proof = match recorded {
        Ok(proof) => {
            verify(&engine, (!struck).then_some(true), context);
            proof
        }
        Err(_) => {
            // Nothing was recorded for sure: nothing may be erased.
            verify(&engine, Some(false), context);
            record_release(&engine).unwrap()
        }
    };
    let record = proof.record().sequence;
    engine.release(proof).unwrap();
    verify(&engine, Some(true), context);
    assert_names(&engine, context);
    engine.close().unwrap();
    drop(engine);
    scan(&after, record, context);
    let engine = kit::open(&after, MemorySource::default()).unwrap();
    verify(&engine, Some(true), context);
    assert_names(&engine, context);
    (struck, taken(&after))
}

/// What a vault takes whose release nothing interrupted.
fn undisturbed() -> u64 {
    let (struck, taken) = run(0, false, |_| Faults::default(), "undisturbed");
    assert!(!struck);
    taken
}

/// Marks and cut files differ by a few blocks.
fn assert_returned(taken: u64, expected: u64, context: &str) {
    assert!(
        taken <= expected + 32 * 1024,
        "{context}: {taken} of {expected}"
    );
}

#[test]
fn loss_of_power_at_every_point_of_a_release_is_made_good_by_doing_it_again() {
    let expected = undisturbed();
    for seed in 0..2u64 {
        for point in 1.. {
            let context = format!("seed {seed}, power off at {point}");
            let faults = |(operations, ..): (u64, u64, u64)| Faults {
                power_off: Some(operations + point),
                ..Faults::default()
            };
            let (struck, taken) = run(seed * 1009 + point, seed == 1, faults, &context);
            assert_returned(taken, expected, &context);
            if !struck {
                assert!(point > 60, "the fault must strike: {point}");
                break;
            }
        }
    }
}

#[test]
fn a_failed_write_or_sync_at_every_point_of_a_release_stops_the_engine_and_is_made_good() {
    let expected = undisturbed();
    for syncs in [false, true] {
        for point in 1.. {
            let context = format!("operation {point} fails (sync: {syncs})");
            let faults = |(_, writes, synced): (u64, u64, u64)| Faults {
                fail_write: (!syncs).then_some(writes + point),
                fail_sync: syncs.then_some(synced + point),
                ..Faults::default()
            };
            let (struck, taken) = run(point, false, faults, &context);
            assert_returned(taken, expected, &context);
            if !struck {
                assert!(point > 5, "the fault must strike: {point}");
                break;
            }
        }
    }
}

#[test]
fn a_release_returns_most_of_the_space_of_small_records() {
    let disk = FaultyDisk::default();
    kit::create(&disk, 48 << 10);
    let engine = kit::open(&disk, MemorySource::default()).unwrap();
    fill(&engine);
    let before = taken(&disk);
    let proof = record_release(&engine).unwrap();
    let freed = engine.release(proof).unwrap();
    let after = taken(&disk);
    let bytes = freed.particulars_bytes + freed.payload_bytes;
    assert!(before - after > bytes * 7 / 10, "{before} {after} {bytes}");
    let packed = kit::segments(&disk)
        .iter()
        .filter(|path| disk.content(path).unwrap()[8] == 2)
        .count();
    assert!(packed >= 2, "{packed}");
    verify(&engine, Some(true), "live");
}

/// Envelopes and findings of a whole scan.
fn scanned(disk: &FaultyDisk, context: &str) -> (BTreeSet<Vec<u8>>, usize) {
    let depth = Depth {
        extents: true,
        signatures: true,
    };
    let scanner = Scanner::open(Arc::new(disk.clone()), Path::new(JOURNAL), depth).unwrap();
    let (mut records, mut findings) = (BTreeSet::new(), 0);
    for item in scanner {
        match item.unwrap_or_else(|error| panic!("{context}: {error}")) {
            Item::Finding(_) => findings += 1,
            Item::Group(_) => {}
            Item::Record(record) => {
                records.insert(record.record.envelope.to_vec());
            }
        }
    }
    (records, findings)
}

#[test]
fn decay_and_cuts_of_packed_segments_are_found_and_lose_no_more_than_they_hit() {
    let disk = FaultyDisk::default();
    kit::create(&disk, 48 << 10);
    let engine = kit::open(&disk, MemorySource::default()).unwrap();
    fill(&engine);
    engine.release(record_release(&engine).unwrap()).unwrap();
    engine.close().unwrap();
    drop(engine);
    let (sound, findings) = scanned(&disk, "sound");
    assert_eq!((sound.len() as u64, findings), (RECORDS + 1, 0));
    let segments = kit::segments(&disk);
    let packed = segments
        .iter()
        .find(|path| disk.content(path).unwrap()[8] == 2);
    let packed = packed.unwrap();
    let length = disk.content(packed).unwrap().len();
    for at in (0..length).step_by(61) {
        let context = format!("a flip at {at} of {length}");
        let decayed = disk.crash(0);
        assert!(decayed.corrupt(packed, at, |bytes| bytes[0] ^= 0x40));
        let (found, findings) = scanned(&decayed, &context);
        assert!(found.is_subset(&sound), "{context}");
        let lost = sound.len() - found.len();
        assert!(lost <= 1, "{context}: {lost} records");
        assert!(
            lost == 0 || findings > 0,
            "{context}: {lost} records in silence"
        );
    }
    for length in (0..length).step_by(997) {
        let context = format!("cut to {length}");
        let cut = disk.crash(0);
        cut.open(packed).unwrap().truncate(length as u64).unwrap();
        let (found, findings) = scanned(&cut, &context);
        // One table and one header are enough.
        assert!(
            found == sound || (found.is_subset(&sound) && findings > 0),
            "{context}"
        );
    }
}

#[test]
fn what_damage_hides_is_named_and_the_rest_is_erased() {
    let disk = FaultyDisk::default();
    kit::create(&disk, 48 << 10);
    let engine = kit::open(&disk, MemorySource::default()).unwrap();
    fill(&engine);
    // The envelope of record 2 ends where its particulars begin.
    let segment = &kit::segments(&disk)[0];
    let content = disk.content(segment).unwrap();
    let wanted = [particulars(2), payload(2)].concat();
    let at = content
        .windows(wanted.len())
        .position(|bytes| bytes == wanted);
    assert!(disk.corrupt(segment, at.unwrap() - 3, |bytes| bytes[0] ^= 1));
    let proof = record_release(&engine).unwrap();
    let freed = engine.release(proof.clone()).unwrap();
    assert_eq!(freed.lost, [Sequence(2)]);
    let read = |id| engine.payload(PARTITION, Sequence(id), 0, u64::MAX);
    assert!(matches!(read(3), Err(ReadError::Erased(_))));
    assert_eq!(engine.status().poisoned, None);
    assert_eq!(engine.release(proof).unwrap().lost, [Sequence(2)]);
}

#[test]
fn a_vault_whose_last_segments_are_lost_goes_on_after_a_packed_one() {
    let disk = FaultyDisk::default();
    kit::create(&disk, 48 << 10);
    let engine = kit::open(&disk, MemorySource::default()).unwrap();
    fill(&engine);
    engine.release(record_release(&engine).unwrap()).unwrap();
    engine.close().unwrap();
    drop(engine);
    let segments = kit::segments(&disk);
    let is_packed = |path: &PathBuf| disk.content(path).unwrap()[8] == 2;
    let last = segments.iter().rposition(is_packed).unwrap();
    for lost in &segments[last + 1..] {
        disk.remove(lost).unwrap();
    }
    let engine = kit::open(&disk, MemorySource::default()).unwrap();
    for id in 2_000..2_010 {
        commit(&engine, put(id, &format!("n{id}"), "v", filler(id, 70_000))).unwrap();
    }
    engine.close().unwrap();
    drop(engine);
    let engine = kit::open(&disk, MemorySource::default()).unwrap();
    let entry = engine.get(PARTITION, &kit::key("n2005")).unwrap().unwrap();
    let read = engine.payload(PARTITION, entry.sequence, 0, u64::MAX);
    assert!(read.unwrap() == filler(2_005, 70_000));
    let kept = engine.payload(PARTITION, Sequence(4), 0, u64::MAX);
    assert!(kept.unwrap() == payload(4));
}

#[test]
fn a_release_without_space_for_a_mark_erases_nothing() {
    let disk = FaultyDisk::new(Faults {
        capacity: Some(32 << 20),
        ..Faults::default()
    });
    kit::create(&disk, 48 << 10);
    let mut options = kit::options(Arc::new(disk.clone()), MemorySource::default());
    options.space_floor = Some(1 << 20);
    let engine = Embedded::open(options, Signer::new(), &Spelled, &mut |_| ()).unwrap();
    fill(&engine);
    let proof = record_release(&engine).unwrap();
    disk.set_faults(Faults {
        capacity: Some(1),
        ..Faults::default()
    });
    match engine.release(proof.clone()) {
        Err(CommitError::NoSpace { .. }) => verify(&engine, Some(false), "no space"),
        // The mark was written before the space ran out.
        other => assert!(other.is_ok(), "{other:?}"),
    }
    disk.set_faults(Faults::default());
    engine.release(proof).unwrap();
    verify(&engine, Some(true), "space again");
}

/// A release makes the view durable before it erases. So a view that has not come to an erased record
/// is an older copy, and still shows what the records that are gone took out of it.
#[test]
fn an_older_copy_of_the_view_does_not_bring_back_what_was_erased() {
    let disk = FaultyDisk::default();
    kit::create(&disk, 64 << 10);
    let live = Arc::new(MemorySource::default());
    let engine = kit::open(&disk, Arc::clone(&live)).unwrap();
    fill(&engine);
    engine.close().unwrap();
    let older = live.fork();
    let engine = kit::open(&disk, Arc::clone(&live)).unwrap();
    let proof = record_release(&engine).unwrap();
    engine.release(proof).unwrap();
    engine.close().unwrap();
    for (source, what) in [(live.fork(), "the same view"), (older, "an older view")] {
        let engine = kit::open(&disk, source).unwrap();
        for id in 1..=RECORDS {
            let name = kit::key(&format!("k{id}"));
            let found = engine.get(PARTITION, &name).unwrap();
            assert_eq!(found.is_some(), !is_listed(id), "{what}: k{id}");
        }
        engine.close().unwrap();
    }
}
