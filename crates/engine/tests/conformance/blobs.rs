use azekura_engine::seam::{CommitError, ReadError};
use azekura_model::position::{PartitionId, Position, Sequence};
use azekura_model::release::{BlobId, IntentState, SweepProof, sweep};

use super::harness::{Harness, INCARNATION, Make, build, region};

fn blob(n: u8) -> BlobId {
    BlobId {
        intent: [n; 16],
        attempt: [n.wrapping_add(1); 16],
    }
}

fn store(h: &Harness, id: BlobId, parts: &[&[u8]]) -> u64 {
    let mut writer = h.engine.create_blob(id).unwrap();
    parts.iter().for_each(|part| writer.write(part).unwrap());
    writer.finish().unwrap()
}

fn proof(id: BlobId, sequence: u64) -> SweepProof {
    let fence = Position {
        region: region(),
        incarnation: INCARNATION,
        partition: PartitionId(1),
        sequence: Sequence(sequence),
    };
    sweep(id, &IntentState::Fenced { fence }).unwrap()
}

fn exists(h: &Harness, id: BlobId) -> bool {
    h.engine
        .list_blobs()
        .unwrap()
        .iter()
        .any(|(found, _)| *found == id)
}

pub(crate) fn a_finished_blob_is_read_by_range(make: Make) {
    let h = make();
    // Over one buffer of direct writes, and no multiple of a sector.
    let bytes: Vec<u8> = (0..5_000_001_u32)
        .map(|n| u8::try_from((n / 3) % 253).unwrap())
        .collect();
    let (a, b) = bytes.split_at(1_234_567);
    assert_eq!(store(&h, blob(1), &[a, b"", b]), 5_000_001);
    let read = |from, until| h.engine.read_blob(blob(1), from, until).unwrap();
    assert!(read(0, 5_000_001) == bytes);
    assert!(read(4_095, 4_097) == bytes[4_095..4_097]);
    assert!(read(4_999_999, u64::MAX) == bytes[4_999_999..]);
    assert!(read(5_000_001, 6_000_000).is_empty());
    assert!(read(7, 7).is_empty() && read(8, 7).is_empty());
    assert_eq!(h.engine.list_blobs().unwrap(), [(blob(1), 5_000_001)]);
    let missing = h.engine.read_blob(blob(9), 0, 1);
    assert!(
        matches!(missing, Err(ReadError::NotFound(_))),
        "{missing:?}"
    );
}

pub(crate) fn a_blob_is_created_once(make: Make) {
    let h = make();
    store(&h, blob(1), &[b"first"]);
    assert!(matches!(
        h.engine.create_blob(blob(1)),
        Err(CommitError::Malformed(_))
    ));
    let open = h.engine.create_blob(blob(2)).unwrap();
    assert!(matches!(
        h.engine.create_blob(blob(2)),
        Err(CommitError::Malformed(_))
    ));
    drop(open);
    assert_eq!(&h.engine.read_blob(blob(1), 0, 100).unwrap()[..], b"first");
}

pub(crate) fn an_empty_blob_is_a_blob(make: Make) {
    let h = make();
    assert_eq!(store(&h, blob(1), &[]), 0);
    assert!(h.engine.read_blob(blob(1), 0, 10).unwrap().is_empty());
    assert_eq!(h.engine.list_blobs().unwrap(), [(blob(1), 0)]);
}

pub(crate) fn an_unfinished_blob_is_listed(make: Make) {
    let h = make();
    let mut writer = h.engine.create_blob(blob(1)).unwrap();
    writer.write(b"half").unwrap();
    drop(writer);
    store(&h, blob(2), &[b"whole"]);
    assert!(exists(&h, blob(1)) && exists(&h, blob(2)));
}

pub(crate) fn only_a_proof_with_a_durable_fence_sweeps(make: Make) {
    let h = make();
    store(&h, blob(1), &[b"x"]);
    store(&h, blob(2), &[b"y"]);
    let early = h.engine.sweep_blob(proof(blob(1), 1));
    assert!(matches!(early, Err(CommitError::Malformed(_))), "{early:?}");
    assert!(exists(&h, blob(1)), "kept: no such fence");
    h.done(1, build().put("withdrawn", "1").commit());
    h.engine.sweep_blob(proof(blob(1), 1)).unwrap();
    assert!(!exists(&h, blob(1)) && exists(&h, blob(2)));
    assert!(h.engine.read_blob(blob(1), 0, 1).is_err());
    assert_eq!(&h.engine.read_blob(blob(2), 0, 1).unwrap()[..], b"y");
    let h = h.reopen();
    assert!(!exists(&h, blob(1)) && exists(&h, blob(2)));
}

pub(crate) fn sweeping_what_is_gone_is_done(make: Make) {
    let h = make();
    h.done(1, build().put("withdrawn", "1").commit());
    h.engine.sweep_blob(proof(blob(1), 1)).unwrap();
    store(&h, blob(1), &[b"x"]);
    h.engine.sweep_blob(proof(blob(1), 1)).unwrap();
    h.engine.sweep_blob(proof(blob(1), 1)).unwrap();
}

pub(crate) fn blobs_outlive_reopening(make: Make) {
    let h = make();
    for n in 0..20 {
        store(&h, blob(n), &[&[n; 100]]);
    }
    let before = sorted(&h);
    let h = h.reopen();
    assert_eq!(sorted(&h), before);
    for n in 0..20 {
        assert_eq!(h.engine.read_blob(blob(n), 0, 200).unwrap(), vec![n; 100]);
    }
}

fn sorted(h: &Harness) -> Vec<(BlobId, u64)> {
    let mut all = h.engine.list_blobs().unwrap();
    all.sort();
    all
}
