//! Segments are packed while others read and write, on the disks of this machine.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use azekura_engine::embedded::{Embedded, NewVault};
use azekura_engine::seam::{Commit, Engine, ReadError};
use azekura_model::position::{Incarnation, PartitionId, Position, RegionName, Sequence};
use azekura_model::release::resume;

use crate::kit::{self, Signer, filler, put};
use crate::real::{open, options};

/// Records of a round; one in ten is kept.
const ROUND: u64 = 200;
/// Bytes of what is written meanwhile: such payloads go into extents.
const MEANWHILE: usize = 66_000;

fn length(id: u64) -> usize {
    if id.is_multiple_of(40) { 70_000 } else { 4_000 }
}

fn is_kept(id: u64) -> bool {
    id % 10 == 1
}

fn commit(engine: &Embedded, partition: u64, commit: Commit) -> Position {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let committed = runtime
        .unwrap()
        .block_on(engine.commit(PartitionId(partition), commit));
    committed.unwrap().position
}

/// Writes until told to stop; returns how many records.
fn write_meanwhile(engine: &Embedded, partition: u64, done: &AtomicBool) -> u64 {
    let mut id = 0;
    while !done.load(Ordering::Relaxed) && id < 150 {
        id += 1;
        let bytes = filler(id + partition, MEANWHILE);
        let record = put(partition * 10_000 + id, &format!("w{id}"), "v", bytes);
        commit(engine, partition, record);
    }
    id
}

/// Reads the records of a round again and again: whole, or erased if they may be.
fn read_meanwhile(engine: &Embedded, first: u64) {
    for id in (first..first + ROUND).cycle().take(2_000) {
        match engine.payload(PartitionId(0), Sequence(id), 0, u64::MAX) {
            Ok(bytes) => assert!(bytes == filler(id, length(id)), "{id}"),
            Err(ReadError::Erased(_)) => assert!(!is_kept(id), "{id}"),
            Err(other) => panic!("{other}"),
        }
    }
}

/// Writes the records of a round and releases most of them, with a reader beside.
fn release_round(engine: &Embedded, round: u64) {
    let first = round * (ROUND + 1) + 1;
    for id in first..first + ROUND {
        let record = put(id, &format!("k{id}"), "v", filler(id, length(id)));
        assert_eq!(commit(engine, 0, record).sequence, Sequence(id));
    }
    let listed = (first..first + ROUND).filter(|id| !is_kept(*id));
    let listed: Vec<_> = listed.map(Sequence).collect();
    let names: Vec<_> = listed.iter().map(|at| format!("k{at}")).collect();
    let record = commit(engine, 0, kit::release(5_000 + round, &names, &listed));
    std::thread::scope(|scope| {
        scope.spawn(|| read_meanwhile(engine, first));
        let proof = resume(record, listed, Vec::new()).unwrap();
        engine.release(proof).unwrap();
    });
}

fn packed_segments(dir: &Path) -> usize {
    let files = std::fs::read_dir(dir.join("journal")).unwrap();
    files
        .map(|entry| std::fs::read(entry.unwrap().path()).unwrap())
        .filter(|bytes| bytes.get(..4) == Some(b"AZS1") && bytes[8] == 2)
        .count()
}

#[test]
fn segments_are_packed_while_others_read_and_write() {
    let dir = tempfile::tempdir().unwrap();
    let new = NewVault {
        log_limit: 256 << 10,
        extent_cap: 512 << 10,
        ..NewVault::new(RegionName::parse("local").unwrap(), Incarnation([1; 16]))
    };
    Embedded::create(&options(dir.path()), &new, &*Signer::new()).unwrap();
    let engine = open(dir.path());
    let done = AtomicBool::new(false);
    let written: Vec<_> = std::thread::scope(|scope| {
        let writers = [10, 11].map(|partition| {
            let (engine, done) = (&engine, &done);
            (
                partition,
                scope.spawn(move || write_meanwhile(engine, partition, done)),
            )
        });
        for round in 0..4 {
            release_round(&engine, round);
        }
        done.store(true, Ordering::Relaxed);
        writers
            .into_iter()
            .map(|(partition, writer)| (partition, writer.join().unwrap()))
            .collect()
    });
    engine.close().unwrap();
    drop(engine);
    assert!(packed_segments(dir.path()) > 0, "nothing was packed");
    std::fs::remove_dir_all(dir.path().join("index")).unwrap();
    let engine = open(dir.path());
    assert_eq!(engine.status().damage, Vec::<String>::new());
    for (partition, count) in written {
        for id in 1..=count {
            let read = engine.payload(PartitionId(partition), Sequence(id), 0, u64::MAX);
            let expected = filler(id + partition, MEANWHILE);
            assert!(read.unwrap() == expected, "{partition} {id}");
        }
    }
    let kept = engine.payload(PartitionId(0), Sequence(1), 0, u64::MAX);
    assert_eq!(kept.unwrap(), filler(1, 4_000));
}
