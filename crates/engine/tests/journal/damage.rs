//! Decay told from torn writes.

use std::path::PathBuf;
use std::sync::Arc;

use azekura_engine::disk::faulty::FaultyDisk;
use azekura_engine::embedded::Embedded;
use azekura_engine::index::btree::MemorySource;
use azekura_engine::seam::{CommitClass, CommitError, Engine, Part, ReadError};
use azekura_model::position::{PartitionId, Sequence};

use crate::kit::{self, filler, key, put};

const P: PartitionId = PartitionId(3);

/// One commit a group: `count` of them.
fn fill(engine: &Arc<Embedded>, from: u64, count: u64) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        for id in from..from + count {
            let commit = put(id, &format!("k{id}"), &format!("v{id}"), filler(id, 700));
            engine.commit(P, commit).await.unwrap();
        }
    });
}

fn vault(count: u64) -> FaultyDisk {
    let disk = FaultyDisk::default();
    kit::create(&disk, 1 << 20);

    let engine = Arc::new(kit::open(&disk, MemorySource::default()).unwrap());
    fill(&engine, 0, count);
    engine.close().unwrap();
    drop(engine);
    disk
}

/// Offsets of a magic in the first segment.
fn find(disk: &FaultyDisk, magic: &[u8; 4]) -> (PathBuf, Vec<usize>) {
    let path = kit::segments(disk).remove(0);
    let bytes = disk.content(&path).unwrap();
    let found = (4096..bytes.len())
        .step_by(16)
        .filter(|at| bytes[*at..].starts_with(magic));
    (path, found.collect())
}

#[test]
fn every_single_flipped_bit_is_reported_and_the_rest_is_served() {
    let disk = vault(6);
    let (path, groups) = find(&disk, b"AZG1");
    let end = disk.content(&path).unwrap().len();
    // Every part of the third group, and some of the segment's header.
    let padding = groups[3] - 16..groups[3];
    let places = (groups[2]..groups[3]).step_by(7).chain(padding);
    let places = places.chain([0, 9, 100]);
    for at in places.filter(|at| *at < end) {
        let copy = disk.crash(0);
        assert!(copy.corrupt(&path, at, |bytes| bytes[0] ^= 0x10));
        let engine = kit::open(&copy, MemorySource::default()).unwrap();
        let status = engine.status();
        assert!(!status.damage.is_empty(), "flip at {at} went unseen");
        for id in [0u64, 1, 3, 4, 5] {
            let entry = engine.get(P, &key(&format!("k{id}"))).unwrap();
            assert_eq!(entry.unwrap().value, format!("v{id}"), "flip at {at}");
            let payload = engine.payload(P, Sequence(id + 1), 0, u64::MAX).unwrap();
            assert_eq!(payload, filler(id, 700));
        }
        // The damaged one is right or an error, never wrong bytes.
        match engine.payload(P, Sequence(3), 0, u64::MAX) {
            Ok(bytes) => assert_eq!(bytes, filler(2, 700)),
            Err(ReadError::Damaged(_)) => {}
            Err(other) => panic!("flip at {at}: {other}"),
        }
        let engine = Arc::new(engine);
        fill(&engine, 100, 2);
        assert_eq!(
            engine.status().heads[0].1,
            Sequence(8),
            "no position is given twice"
        );
    }
}

#[test]
fn a_lost_group_is_damage_and_later_ones_are_served() {
    let disk = vault(5);
    let (path, groups) = find(&disk, b"AZG1");
    let length = groups[2] - groups[1];
    disk.corrupt(&path, groups[1], |bytes| bytes[..length].fill(0xee));
    let engine = kit::open(&disk, MemorySource::default()).unwrap();
    let damage = engine.status().damage.join("\n");
    assert!(
        damage.contains(&format!("offset {}", groups[1])),
        "{damage}"
    );
    assert!(matches!(
        engine.journal(P, Sequence(2), 10),
        Err(ReadError::Damaged(_))
    ));
    assert_eq!(engine.journal(P, Sequence(3), 10).unwrap().len(), 3);
    assert_eq!(engine.get(P, &key("k1")).unwrap(), None);
}

#[test]
fn a_torn_last_group_is_cut_saved_and_not_called_damage() {
    let disk = vault(3);
    let (path, groups) = find(&disk, b"AZG1");
    // The mark group written at close goes, and the last group of a record is torn.
    let mark = *groups.last().unwrap();
    let last = groups[groups.len() - 2];
    disk.corrupt(&path, mark, |bytes| bytes.fill(0));
    disk.corrupt(&path, last + 300, |bytes| bytes.fill(0));
    let engine = kit::open(&disk, MemorySource::default()).unwrap();
    assert_eq!(engine.status().damage, Vec::<String>::new());
    assert_eq!(engine.status().heads[0].1, Sequence(2));
    let saved = azekura_engine::disk::Disk::list(&disk, kit::JOURNAL.as_ref()).unwrap();
    assert!(
        saved
            .iter()
            .any(|entry| entry.name.starts_with("cut-00000000-"))
    );
    let engine = Arc::new(engine);
    fill(&engine, 2, 1);
    assert_eq!(engine.status().heads[0].1, Sequence(3));
}

#[test]
fn an_idle_journal_marks_its_last_group() {
    let disk = FaultyDisk::default();
    kit::create(&disk, 1 << 20);
    let engine = Arc::new(kit::open(&disk, MemorySource::default()).unwrap());
    fill(&engine, 0, 1);
    let marked = (0..200).any(|_| {
        std::thread::yield_now();
        std::thread::park_timeout(std::time::Duration::from_millis(20));
        find(&disk, b"AZG1").1.len() == 2
    });
    assert!(marked);
}

#[test]
fn erased_parts_read_as_erased_and_everything_else_verifies() {
    let disk = vault(3);
    let (path, frames) = find(&disk, b"AZR1");
    let bytes = disk.content(&path).unwrap();
    let field = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let frame = frames[1];
    let start = frame + 64 + field(frame + 12);
    let length = field(frame + 20) + field(frame + 28);
    disk.corrupt(&path, start, |bytes| bytes[..length].fill(0));
    let engine = kit::open(&disk, MemorySource::default()).unwrap();
    assert_eq!(engine.status().damage, Vec::<String>::new());
    let record = engine.journal(P, Sequence(2), 1).unwrap().remove(0);
    assert_eq!(record.particulars, Part::Erased);
    assert!(matches!(
        engine.payload(P, Sequence(2), 0, 700),
        Err(ReadError::Erased(_))
    ));
    assert!(matches!(
        engine.payload(P, Sequence(2), 3, 9),
        Err(ReadError::Erased(_))
    ));
}

#[test]
fn a_second_engine_on_the_directory_is_refused() {
    let disk = FaultyDisk::default();
    kit::create(&disk, 1 << 20);
    let _first = kit::open(&disk, MemorySource::default()).unwrap();
    let second = kit::open(&disk, MemorySource::default())
        .err()
        .unwrap()
        .to_string();
    assert!(
        second.contains("another azekura process has this vault"),
        "{second}"
    );
}

#[test]
fn below_the_floor_data_is_refused_and_essential_commits_go_on() {
    let disk = FaultyDisk::default();
    kit::create(&disk, 1 << 20);
    let faults = |capacity| azekura_engine::disk::faulty::Faults {
        capacity: Some(capacity),
        ..Default::default()
    };
    let mut options = kit::options(Arc::new(disk.clone()), MemorySource::default());
    options.space_floor = Some(1 << 20);
    let engine = Embedded::open(options, kit::Signer::new(), &kit::Spelled, &mut |_| ()).unwrap();
    disk.set_faults(faults(900 << 10));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let refused = engine.commit(P, put(1, "a", "1", filler(1, 100))).await;
        assert!(
            matches!(refused, Err(CommitError::NoSpace { .. })),
            "{refused:?}"
        );
        let mut essential = put(2, "b", "1", Vec::new());
        essential.class = CommitClass::Essential;
        engine.commit(P, essential).await.unwrap();
        assert!(engine.status().space.refusing);
        // The audit goes on below the floor, and leaves a part of the reserve to what is essential.
        let with = |id, class| {
            let mut commit = put(id, &format!("c{id}"), "1", Vec::new());
            commit.class = class;
            commit
        };
        let audit = with(3, CommitClass::Audit);
        engine.commit(P, audit).await.unwrap();
        disk.set_faults(faults(200 << 10));
        let refused = engine.commit(P, with(4, CommitClass::Audit)).await;
        assert!(
            matches!(refused, Err(CommitError::NoSpace { .. })),
            "{refused:?}"
        );
        let essential = with(5, CommitClass::Essential);
        engine.commit(P, essential).await.unwrap();
        disk.set_faults(faults(1 << 30));
        engine
            .commit(P, put(1, "a", "1", filler(1, 100)))
            .await
            .unwrap();
    });
}

#[test]
fn damage_that_hides_a_head_never_leads_to_a_position_given_twice() {
    let disk = vault(4);
    let (path, groups) = find(&disk, b"AZG1");
    // The last group of a record goes entirely, its mark group stays: sequence 4 may have been more.
    let (last, mark) = (groups[3], groups[4]);
    disk.corrupt(&path, last, |bytes| bytes[..mark - last].fill(0xee));
    let index = Arc::new(MemorySource::default());
    let engine = Arc::new(kit::open(&disk, Arc::clone(&index)).unwrap());
    let moved = engine.status().heads[0].1;
    assert!(moved > Sequence(4), "{moved}");
    fill(&engine, 50, 1);
    engine.close().unwrap();
    assert_eq!(
        engine.get(P, &key("k50")).unwrap().unwrap().sequence,
        moved.next()
    );
    drop(engine);
    for index in [index, Arc::default()] {
        let engine = kit::open(&disk, index).unwrap();
        assert_eq!(engine.status().heads[0].1, moved.next());
        assert!(matches!(
            engine.payload(P, Sequence(4), 0, 1),
            Err(ReadError::Damaged(_))
        ));
    }
}

#[test]
fn a_missing_segment_is_refused_until_the_index_is_rebuilt() {
    let disk = FaultyDisk::default();
    kit::create(&disk, 16 << 10);
    let index = Arc::new(MemorySource::default());
    let engine = Arc::new(kit::open(&disk, Arc::clone(&index)).unwrap());
    fill(&engine, 0, 40);
    engine.close().unwrap();
    drop(engine);
    let last = kit::segments(&disk).pop().unwrap();
    azekura_engine::disk::Disk::remove(&disk, &last).unwrap();
    let refused = kit::open(&disk, Arc::clone(&index))
        .err()
        .unwrap()
        .to_string();
    assert!(refused.contains("rebuild the index"), "{refused}");
    let options = kit::options(Arc::new(disk.clone()), Arc::clone(&index));
    let rebuilt = Embedded::rebuild_index(&options, &kit::Spelled, &mut |_| ()).unwrap();
    assert!(rebuilt.records > 10 && rebuilt.records < 40);
    kit::open(&disk, index).unwrap();
}

#[test]
fn zeros_in_an_unmarked_group_are_a_torn_write_and_not_an_erasure() {
    let disk = vault(3);
    let (path, groups) = find(&disk, b"AZG1");
    let (_, frames) = find(&disk, b"AZR1");
    let bytes = disk.content(&path).unwrap();
    let field = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let frame = *frames.last().unwrap();
    let payload = frame + 64 + field(frame + 12) + field(frame + 20);
    let length = field(frame + 28);
    disk.corrupt(&path, *groups.last().unwrap(), |bytes| bytes.fill(0));
    disk.corrupt(&path, payload, |bytes| bytes[..length].fill(0));
    let engine = kit::open(&disk, MemorySource::default()).unwrap();
    assert_eq!(engine.status().heads[0].1, Sequence(2));
    assert_eq!(engine.get(P, &key("k2")).unwrap(), None);
}

#[test]
fn what_is_shown_after_a_failed_sync_and_a_restart_survives_loss_of_power() {
    for seed in 0..40u64 {
        let disk = FaultyDisk::default();
        kit::create(&disk, 1 << 20);
        let engine = kit::open(&disk, MemorySource::default()).unwrap();
        let (.., syncs) = disk.counts();
        disk.set_faults(azekura_engine::disk::faulty::Faults {
            fail_sync: Some(syncs + 1),
            ..Default::default()
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let length = if seed.is_multiple_of(2) { 900 } else { 80_000 };
        let outcome = runtime.block_on(engine.commit(P, put(1, "a", "1", filler(seed, length))));
        assert!(matches!(outcome, Err(CommitError::Poisoned(_))));
        drop(engine);
        // The process starts again; the kernel's cache still has all that was written.
        let engine = kit::open(&disk, MemorySource::default()).unwrap();
        let shown = engine.get(P, &key("a")).unwrap();
        assert!(shown.is_some(), "the cache holds it");
        let after = disk.crash(seed);
        let engine = kit::open(&after, MemorySource::default()).unwrap();
        assert_eq!(engine.get(P, &key("a")).unwrap(), shown, "seed {seed}");
        assert_eq!(
            engine.payload(P, Sequence(1), 0, u64::MAX).unwrap(),
            filler(seed, length)
        );
    }
}
