//! Power cuts and failed operations at every point of a random run.

use std::sync::Arc;

use azekura_engine::disk::faulty::{Faults, FaultyDisk};
use azekura_engine::embedded::Embedded;
use azekura_engine::envelope;
use azekura_engine::index::btree::MemorySource;
use azekura_engine::journal::scan::{Depth, Item, Scanner};
use azekura_engine::seam::{CommitError, Engine, ReadError};
use azekura_model::position::{PartitionId, Sequence};

use crate::kit::{self, JOURNAL, filler, key, put};

const WRITERS: u64 = 4;
const COMMITS: u64 = 6;

/// What a writer was told is durable.
#[derive(Clone, Debug)]
struct Acknowledged {
    partition: PartitionId,
    sequence: Sequence,
    name: String,
    id: u64,
}

fn payload(id: u64) -> Vec<u8> {
    let length = match id % 5 {
        0 => 0,
        1 => 70_000,
        2 => 5000,
        _ => 300 + id as usize,
    };
    filler(id, length)
}

/// Writers commit until they are done or the engine stops; returns what was acknowledged.
fn run(engine: &Arc<Embedded>) -> Vec<Acknowledged> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let engine = Arc::clone(engine);
                tokio::spawn(async move {
                    let mut acknowledged = Vec::new();
                    for number in 0..COMMITS {
                        let id = writer * 100 + number;
                        let partition = PartitionId(id % 2);
                        let name = format!("k{id}");
                        let commit = put(id, &name, &format!("v{id}"), payload(id));
                        match engine.commit(partition, commit).await {
                            Ok(done) => acknowledged.push(Acknowledged {
                                partition,
                                sequence: done.position.sequence,
                                name,
                                id,
                            }),
                            Err(CommitError::Poisoned(_) | CommitError::Closed) => break,
                            Err(other) => panic!("unexpected: {other}"),
                        }
                    }
                    acknowledged
                })
            })
            .collect();
        let mut all = Vec::new();
        for writer in writers {
            all.extend(writer.await.unwrap());
        }
        all
    })
}

/// Everything acknowledged is there; nothing is half there; chains and guards agree.
fn verify(engine: &Embedded, acknowledged: &[Acknowledged], context: &str) {
    for done in acknowledged {
        let entry = engine.get(done.partition, &key(&done.name)).unwrap();
        let entry = entry.unwrap_or_else(|| panic!("{context}: lost {done:?}"));
        assert_eq!(entry.value, format!("v{}", done.id), "{context}");
        assert_eq!(entry.sequence, done.sequence, "{context}");
    }
    let status = engine.status();
    assert_eq!(status.damage, Vec::<String>::new(), "{context}");
    for (partition, last, head) in status.heads {
        let records = engine.journal(partition, Sequence(1), 1000).unwrap();
        assert_eq!(records.len() as u64, last.0, "{context}: gapless");
        let mut chain = envelope::CHAIN_START;
        for (record, sequence) in records.iter().zip(1..) {
            assert_eq!(record.position.sequence, Sequence(sequence), "{context}");
            chain = envelope::chain(&chain, &envelope::leaf(&record.envelope));
            let core = std::str::from_utf8(&record.core).unwrap();
            let (name, _) = core[1..].split_once('=').unwrap();
            let entry = engine.get(partition, &key(name)).unwrap().unwrap();
            assert_eq!(
                entry.sequence,
                Sequence(sequence),
                "{context}: one record a key"
            );
            let id = u128::from_be_bytes(record.commit.0) as u64 - 1;
            match engine.payload(partition, Sequence(sequence), 0, u64::MAX) {
                Ok(bytes) => assert_eq!(bytes, payload(id), "{context}"),
                Err(ReadError::NotFound(_)) => assert!(payload(id).is_empty(), "{context}"),
                Err(other) => panic!("{context}: {other}"),
            }
        }
        assert_eq!(chain, head, "{context}: chain");
    }
}

fn scan_clean(disk: &FaultyDisk, context: &str) {
    let depth = Depth {
        extents: true,
        signatures: true,
    };
    let dir = std::path::Path::new(JOURNAL);
    let scanner = Scanner::open(Arc::new(disk.clone()), dir, depth).unwrap();
    for item in scanner {
        match item.unwrap() {
            Item::Finding(finding) => panic!("{context}: {finding}"),
            Item::Group(group) => assert_eq!(group.signature, Some(true), "{context}"),
            Item::Record(record) => assert!(record.chain.is_some(), "{context}"),
        }
    }
}

/// One run with faults set after opening; returns whether they struck.
fn run_with(seed: u64, faults: impl FnOnce((u64, u64, u64)) -> Faults, context: &str) -> bool {
    let disk = FaultyDisk::default();
    kit::create(&disk, 64 << 10);
    let live = Arc::new(MemorySource::default());
    let engine = Arc::new(kit::open(&disk, Arc::clone(&live)).unwrap());
    disk.set_faults(faults(disk.counts()));
    let acknowledged = run(&engine);
    // Every other time the index is lost as well; else it has some prefix of the journal.
    let index = if seed.is_multiple_of(2) {
        MemorySource::default()
    } else {
        live.fork()
    };
    let struck = engine.close().is_err();
    assert!(
        struck || acknowledged.len() as u64 == WRITERS * COMMITS,
        "{context}"
    );
    drop(engine);
    let after = disk.crash(seed);
    let engine = kit::open(&after, index).unwrap();
    verify(&engine, &acknowledged, context);
    // Life goes on, and the commits of unknown outcome are recognised or made now.
    let engine = Arc::new(engine);
    let again = run(&engine);
    assert_eq!(again.len() as u64, WRITERS * COMMITS, "{context}");
    verify(&engine, &acknowledged, context);
    verify(&engine, &again, context);
    engine.close().unwrap();
    let heads = engine.status().heads;
    drop(engine);
    scan_clean(&after, context);
    let engine = kit::open(&after, MemorySource::default()).unwrap();
    assert_eq!(engine.status().heads, heads, "{context}");
    struck
}

#[test]
fn loss_of_power_at_every_operation_loses_nothing_acknowledged() {
    for seed in 0..4u64 {
        for point in 1.. {
            let context = format!("seed {seed}, power off at {point}");
            let faults = |(operations, ..): (u64, u64, u64)| Faults {
                power_off: Some(operations + point),
                ..Faults::default()
            };
            if !run_with(seed * 1001 + point, faults, &context) {
                assert!(point > 10, "the fault must strike");
                break;
            }
        }
    }
}

#[test]
fn a_failed_write_at_every_point_stops_the_engine_and_loses_nothing() {
    for point in 1.. {
        let context = format!("write {point} fails");
        let faults = |(_, writes, _): (u64, u64, u64)| Faults {
            fail_write: Some(writes + point),
            ..Faults::default()
        };
        if !run_with(point, faults, &context) {
            assert!(point > 5, "the fault must strike");
            break;
        }
    }
}

#[test]
fn a_failed_sync_at_every_point_stops_the_engine_and_loses_nothing() {
    for point in 1.. {
        let context = format!("sync {point} fails");
        let faults = |(_, _, syncs): (u64, u64, u64)| Faults {
            fail_sync: Some(syncs + point),
            ..Faults::default()
        };
        if !run_with(point, faults, &context) {
            assert!(point > 5, "the fault must strike");
            break;
        }
    }
}

#[test]
fn loss_of_power_during_recovery_loses_nothing_either() {
    for seed in 0..12u64 {
        let disk = FaultyDisk::default();
        kit::create(&disk, 64 << 10);
        let engine = Arc::new(kit::open(&disk, MemorySource::default()).unwrap());
        let (operations, ..) = disk.counts();
        let power_off = Some(operations + 5 + seed * 2);
        disk.set_faults(Faults {
            power_off,
            ..Faults::default()
        });
        let acknowledged = run(&engine);
        drop(engine);
        let first = disk.crash(seed);
        for point in 1.. {
            let context = format!("seed {seed}, power off at {point} of recovery");
            let second = first.crash(point);
            let power_off = Some(point);
            second.set_faults(Faults {
                power_off,
                ..Faults::default()
            });
            let struck = match kit::open(&second, MemorySource::default()) {
                Ok(engine) => engine.close().is_err(),
                Err(_) => true,
            };
            let third = second.crash(seed + point);
            let engine = kit::open(&third, MemorySource::default()).unwrap();
            verify(&engine, &acknowledged, &context);
            drop(engine);
            scan_clean(&third, &context);
            if !struck {
                break;
            }
        }
    }
}
