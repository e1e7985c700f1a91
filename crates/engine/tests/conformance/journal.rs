use azekura_engine::seam::{CommitId, Part, ReadError};
use azekura_model::position::{PartitionId, Sequence};
use bytes::Bytes;

use super::harness::{Make, build};

const P: PartitionId = PartitionId(1);

pub(crate) fn records_come_back_as_written(make: Make) {
    let h = make();
    let commit = build()
        .id(CommitId([5; 16]))
        .kind(0x8007)
        .put("a", "1")
        .particulars("some particulars")
        .payload("some payload")
        .commit();
    let core = commit.record.core.clone();
    let at = h.commit(1, commit).unwrap().position;
    let record = h.engine.journal(P, at.sequence, 1).unwrap().remove(0);
    assert_eq!(record.position, at);
    assert_eq!(record.commit, CommitId([5; 16]));
    assert_eq!(record.kind, 0x8007);
    assert_eq!(record.core, core);
    assert_eq!(
        record.particulars,
        Part::Present(Bytes::from_static(b"some particulars"))
    );
    assert_eq!(record.payload_bytes, 12);
    assert_eq!(
        &h.engine.payload(P, at.sequence, 0, 12).unwrap()[..],
        b"some payload"
    );
}

pub(crate) fn pages_of_the_journal_join(make: Make) {
    let h = make();
    for n in 0..23 {
        h.done(1, build().put("k", &n.to_string()).commit());
        h.done(2, build().put("k", "other").commit());
    }
    for limit in [1, 5, 22, 23, 24] {
        let mut from = 1;
        let mut seen = Vec::new();
        loop {
            let page = h.engine.journal(P, Sequence(from), limit).unwrap();
            seen.extend(page.iter().map(|record| record.position.sequence.0));
            assert!(page.iter().all(|record| record.position.partition == P));
            if page.len() < limit {
                break;
            }
            from = seen.last().unwrap() + 1;
        }
        assert_eq!(seen, (1..=23).collect::<Vec<_>>());
    }
    let from_zero = h.engine.journal(P, Sequence(0), 1).unwrap();
    assert_eq!(from_zero[0].position.sequence, Sequence(1));
}

pub(crate) fn an_unknown_partition_or_a_sequence_past_the_end_is_an_empty_page(make: Make) {
    let h = make();
    h.done(1, build().put("a", "1").commit());
    assert!(
        h.engine
            .journal(PartitionId(9), Sequence(1), 10)
            .unwrap()
            .is_empty()
    );
    assert!(h.engine.journal(P, Sequence(2), 10).unwrap().is_empty());
    assert!(
        h.engine
            .journal(P, Sequence(u64::MAX), 10)
            .unwrap()
            .is_empty()
    );
}

pub(crate) fn payload_ranges_are_cut_at_its_end(make: Make) {
    let h = make();
    let bytes: Vec<u8> = (0..10_000_u32)
        .map(|n| u8::try_from(n % 251).unwrap())
        .collect();
    let at = Sequence(h.done(1, build().payload(bytes.clone()).commit()));
    let read = |from, until| h.engine.payload(P, at, from, until).unwrap().to_vec();
    assert_eq!(read(0, 10_000), bytes);
    assert_eq!(read(1, 2), bytes[1..2]);
    assert_eq!(read(4_095, 8_193), bytes[4_095..8_193]);
    assert_eq!(read(9_990, 20_000), bytes[9_990..]);
    assert_eq!(read(0, u64::MAX), bytes);
    for (from, until) in [(10_000, 10_001), (20_000, 30_000), (5, 5), (6, 5)] {
        assert!(read(from, until).is_empty());
    }
}

pub(crate) fn an_inline_payload_comes_back_whatever_its_size(make: Make) {
    let h = make();
    for (n, bytes) in (0..).zip([61_000, 65_535, 65_536, 65_537, 1 << 20]) {
        let payload: Vec<u8> = (0..bytes)
            .map(|i: u32| u8::try_from((i / 7 + n) % 251).unwrap())
            .collect();
        let at = Sequence(h.done(1, build().put("k", "v").payload(payload.clone()).commit()));
        let stored = h.engine.payload(P, at, 0, u64::from(bytes)).unwrap();
        assert!(stored == payload, "{bytes} bytes");
        let middle = h.engine.payload(P, at, 60_001, 60_101).unwrap();
        assert!(middle == payload[60_001..60_101], "{bytes} bytes");
        let record = h.engine.journal(P, at, 1).unwrap().remove(0);
        assert_eq!(record.payload_bytes, u64::from(bytes));
    }
}

pub(crate) fn empty_particulars_and_payload_are_present_and_empty(make: Make) {
    let h = make();
    let at = Sequence(h.done(1, build().put("a", "1").commit()));
    let record = h.engine.journal(P, at, 1).unwrap().remove(0);
    assert_eq!(record.particulars, Part::Present(Bytes::new()));
    assert_eq!(record.payload_bytes, 0);
    assert!(h.engine.payload(P, at, 0, 100).unwrap().is_empty());
}

pub(crate) fn an_unknown_record_has_no_payload(make: Make) {
    let h = make();
    h.done(1, build().put("a", "1").commit());
    for (partition, sequence) in [(1, 0), (1, 2), (2, 1)] {
        let found = h
            .engine
            .payload(PartitionId(partition), Sequence(sequence), 0, 1);
        assert!(matches!(found, Err(ReadError::NotFound(_))), "{found:?}");
    }
}
