use std::sync::atomic::{AtomicBool, Ordering};

use azekura_engine::seam::{CommitError, Part, ReadError};
use azekura_model::position::{Incarnation, PartitionId, Position, Sequence};
use azekura_model::release::{BlobId, ReleaseProof, resume};

use super::harness::{Harness, INCARNATION, Make, build, heads, region};

const PARTITION: u64 = 5;

fn position(sequence: u64) -> Position {
    Position {
        region: region(),
        incarnation: INCARNATION,
        partition: PartitionId(PARTITION),
        sequence: Sequence(sequence),
    }
}

fn proof(record: u64, erase: &[u64], blobs: &[BlobId]) -> ReleaseProof {
    let erase = erase.iter().copied().map(Sequence).collect();
    resume(position(record), erase, blobs.to_vec()).unwrap()
}

/// Records 1 to 4: without payload, small, large, untouched. Record 5 releases the first three.
fn fill(h: &Harness) {
    for (name, payload) in [("a", 0), ("b", 3_000), ("c", 200_000), ("d", 3_000)] {
        let commit = build()
            .put(name, "1")
            .particulars(format!("particulars of {name}"))
            .payload(vec![0xab_u8; payload])
            .commit();
        h.done(PARTITION, commit);
    }
    let release = build()
        .delete("a")
        .delete("b")
        .delete("c")
        .particulars("names of a, b, c")
        .payload("1 2 3")
        .commit();
    assert_eq!(h.done(PARTITION, release), 5);
}

fn particulars(h: &Harness, sequence: u64) -> Part {
    let records = h
        .engine
        .journal(PartitionId(PARTITION), Sequence(sequence), 1);
    records.unwrap().remove(0).particulars
}

fn payload(h: &Harness, sequence: u64, from: u64, until: u64) -> Result<Vec<u8>, ReadError> {
    let read = h
        .engine
        .payload(PartitionId(PARTITION), Sequence(sequence), from, until);
    read.map(|bytes| bytes.to_vec())
}

fn is_erased(read: &Result<Vec<u8>, ReadError>) -> bool {
    matches!(read, Err(ReadError::Erased(_)))
}

/// What `fill` and its release leave.
fn assert_released(h: &Harness) {
    for sequence in [1, 2, 3, 5] {
        assert_eq!(particulars(h, sequence), Part::Erased, "{sequence}");
    }
    assert_eq!(payload(h, 1, 0, 10).unwrap(), b"");
    for sequence in [2, 3] {
        assert!(is_erased(&payload(h, sequence, 0, u64::MAX)));
        assert!(is_erased(&payload(h, sequence, 17, 1_000)));
    }
    assert_eq!(
        particulars(h, 4),
        Part::Present("particulars of d".as_bytes().into())
    );
    assert_eq!(payload(h, 4, 0, u64::MAX).unwrap(), vec![0xab; 3_000]);
    assert_eq!(payload(h, 5, 0, u64::MAX).unwrap(), b"1 2 3");
    assert_eq!(
        h.get(PARTITION, &super::harness::key("d"))
            .map(|e| e.sequence),
        Some(Sequence(4))
    );
}

pub(crate) fn a_release_erases_what_its_record_lists_and_nothing_else(make: Make) {
    let h = make();
    fill(&h);
    let before = heads(&h);
    let freed = h.engine.release(proof(5, &[3, 1, 2], &[])).unwrap();
    // Three times "particulars of a", and the names in the release record.
    assert_eq!(freed.particulars_bytes, 3 * 16 + 16);
    assert_eq!(freed.payload_bytes, 203_000);
    assert_eq!((freed.blobs, freed.lost.len()), (0, 0));
    assert_released(&h);
    assert_eq!(heads(&h), before, "no hash changes");
}

pub(crate) fn a_release_done_again_changes_nothing(make: Make) {
    let h = make();
    fill(&h);
    let first = h.engine.release(proof(5, &[1, 2, 3], &[])).unwrap();
    let again = h.engine.release(proof(5, &[1, 2, 3], &[])).unwrap();
    assert_eq!(first, again);
    assert_released(&h);
}

pub(crate) fn only_a_durable_release_record_of_this_engine_releases(make: Make) {
    let h = make();
    fill(&h);
    let release = |position: Position| {
        let proof = resume(position, vec![Sequence(1)], Vec::new()).unwrap();
        h.engine.release(proof)
    };
    let elsewhere = Position {
        incarnation: Incarnation([0xee; 16]),
        ..position(5)
    };
    let unknown = Position {
        partition: PartitionId(PARTITION + 1),
        ..position(5)
    };
    for position in [position(6), elsewhere, unknown] {
        let refused = release(position);
        assert!(matches!(refused, Err(CommitError::Malformed(_))));
    }
    assert_ne!(particulars(&h, 1), Part::Erased);
    // A record never lists itself, nor what comes after it.
    assert!(resume(position(5), vec![Sequence(5)], Vec::new()).is_err());
    assert!(resume(position(5), vec![Sequence(0)], Vec::new()).is_err());
}

pub(crate) fn a_release_removes_blobs_that_were_named(make: Make) {
    let h = make();
    fill(&h);
    let blob = |n: u8| BlobId {
        intent: [n; 16],
        attempt: [n; 16],
    };
    for n in [1, 2] {
        let mut writer = h.engine.create_blob(blob(n)).unwrap();
        writer.write(&[n; 5_000]).unwrap();
        writer.finish().unwrap();
    }
    let freed = h
        .engine
        .release(proof(5, &[], &[blob(1), blob(9)]))
        .unwrap();
    assert_eq!((freed.blobs, freed.blob_bytes), (2, 5_000));
    assert_eq!(h.engine.list_blobs().unwrap(), [(blob(2), 5_000)]);
    let again = h
        .engine
        .release(proof(5, &[], &[blob(1), blob(9)]))
        .unwrap();
    assert_eq!((again.blobs, again.blob_bytes), (2, 0));
}

pub(crate) fn a_closed_engine_releases_nothing(make: Make) {
    let h = make();
    fill(&h);
    h.engine.close().unwrap();
    let refused = h.engine.release(proof(5, &[1], &[]));
    assert!(matches!(refused, Err(CommitError::Closed)), "{refused:?}");
}

pub(crate) fn readers_get_a_part_whole_or_erased(make: Make) {
    let h = make();
    fill(&h);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    for (from, until) in [(0, u64::MAX), (100_000, 160_000)] {
                        match payload(&h, 3, from, until) {
                            Ok(bytes) => assert!(bytes.iter().all(|byte| *byte == 0xab)),
                            other => assert!(is_erased(&other), "{other:?}"),
                        }
                    }
                    assert_ne!(particulars(&h, 3), Part::Damaged);
                }
            });
        }
        h.engine.release(proof(5, &[1, 2, 3], &[])).unwrap();
        done.store(true, Ordering::Relaxed);
    });
    assert_released(&h);
}

pub(crate) fn what_was_released_stays_so_after_reopening(make: Make) {
    let h = make();
    fill(&h);
    h.engine.release(proof(5, &[1, 2, 3], &[])).unwrap();
    let before = heads(&h);
    let h = h.reopen().reopen();
    assert_released(&h);
    assert_eq!(heads(&h), before);
    let status = h.engine.status();
    assert!(status.damage.is_empty(), "{:?}", status.damage);
    assert_eq!(h.done(PARTITION, build().put("e", "1").commit()), 6);
    h.engine.release(proof(5, &[1, 2, 3], &[])).unwrap();
    assert_released(&h);
}

pub(crate) fn releases_at_the_same_time_each_get_their_own_answer(make: Make) {
    let h = make();
    for n in 1..=24_usize {
        let commit = build()
            .particulars("particulars")
            .payload(vec![1_u8; n])
            .commit();
        h.done(PARTITION, commit);
    }
    let proofs: Vec<_> = (1..=24_u64)
        .map(|n| {
            let record = build().particulars("names").payload(n.to_string());
            let record = h.done(PARTITION, record.commit());
            // The last one names a record that does not exist.
            proof(if n == 24 { record + 1 } else { record }, &[n], &[])
        })
        .collect();
    let engine = &h.engine;
    std::thread::scope(|scope| {
        let threads: Vec<_> = proofs
            .into_iter()
            .map(|proof| scope.spawn(move || engine.release(proof)))
            .collect();
        for (n, thread) in (1..=24_u64).zip(threads) {
            let outcome = thread.join().unwrap();
            if n == 24 {
                assert!(matches!(outcome, Err(CommitError::Malformed(_))));
            } else {
                assert_eq!(outcome.unwrap().payload_bytes, n);
            }
        }
    });
    for n in 1..=23 {
        assert!(is_erased(&payload(&h, n, 0, u64::MAX)), "{n}");
    }
    assert_eq!(payload(&h, 24, 0, u64::MAX).unwrap().len(), 24);
}
