use std::sync::Arc;

use azekura_engine::envelope;
use azekura_engine::seam::{CommitError, CommitId};
use azekura_model::position::{PartitionId, Sequence};

use super::harness::{INCARNATION, Make, block_on, build, heads, key, region};

pub(crate) fn a_commit_is_read_as_soon_as_it_is_acknowledged(make: Make) {
    let h = make();
    for n in 0..50 {
        let name = format!("k{n}");
        let at = h
            .commit(7, build().put(&name, "v").commit())
            .unwrap()
            .position;
        assert_eq!(at.partition, PartitionId(7));
        assert_eq!((at.region, at.incarnation), (region(), INCARNATION));
        assert_eq!(&h.get(7, &key(&name)).unwrap().value[..], b"v");
        let record = h.engine.journal(PartitionId(7), at.sequence, 1).unwrap();
        assert_eq!(record[0].position.sequence, at.sequence);
    }
}

pub(crate) fn sequences_have_no_gaps_and_each_partition_its_own(make: Make) {
    let h = make();
    for n in 1..=20 {
        for partition in [0, 1, u64::MAX] {
            assert_eq!(h.done(partition, build().put("k", "v").commit()), n);
        }
    }
    let last: Vec<_> = heads(&h)
        .into_iter()
        .map(|(p, (sequence, _))| (p, sequence))
        .collect();
    assert_eq!(last, [(0, 20), (1, 20), (u64::MAX, 20)]);
}

pub(crate) fn the_chain_is_the_hash_of_all_envelopes(make: Make) {
    let h = make();
    for n in 0..30 {
        h.done(n % 2, build().kind(3).put("k", &n.to_string()).commit());
    }
    for (partition, (last, head)) in heads(&h) {
        let records = h
            .engine
            .journal(PartitionId(partition), Sequence(1), 100)
            .unwrap();
        assert_eq!(u64::try_from(records.len()).unwrap(), last);
        let mut chain = envelope::CHAIN_START;
        for record in records {
            let taken_apart = envelope::decode(&record.envelope).unwrap();
            assert_eq!(taken_apart.position, record.position);
            assert_eq!(taken_apart.commit, record.commit);
            assert_eq!(
                (taken_apart.kind, taken_apart.core),
                (record.kind, record.core)
            );
            chain = envelope::chain(&chain, &envelope::leaf(&record.envelope));
        }
        assert_eq!(chain, head);
    }
}

pub(crate) fn a_deleted_key_is_gone_at_once(make: Make) {
    let h = make();
    h.done(1, build().put("a", "1").put("b", "2").commit());
    h.done(1, build().delete("a").commit());
    assert_eq!(h.get(1, &key("a")), None);
    assert!(h.get(1, &key("b")).is_some());
    // Deleting what is not there is no error.
    h.done(1, build().delete("a").commit());
    h.done(1, build().put("a", "3").commit());
    assert_eq!(&h.get(1, &key("a")).unwrap().value[..], b"3");
}

pub(crate) fn a_value_names_the_record_that_put_it(make: Make) {
    let h = make();
    let first = h.done(1, build().put("a", "1").put("b", "1").commit());
    let second = h.done(1, build().put("b", "1").commit());
    assert_eq!(h.get(1, &key("a")).unwrap().sequence, Sequence(first));
    assert_eq!(h.get(1, &key("b")).unwrap().sequence, Sequence(second));
}

pub(crate) fn the_same_commit_again_gives_the_first_position_and_changes_nothing(make: Make) {
    let h = make();
    let commit = build().put("a", "1").commit();
    let first = h.commit(1, commit.clone()).unwrap();
    h.done(1, build().put("a", "2").commit());
    let before = h.picture(1);
    assert_eq!(h.commit(1, commit).unwrap(), first);
    assert_eq!(h.picture(1), before);
}

pub(crate) fn the_same_id_in_another_partition_is_another_commit(make: Make) {
    let h = make();
    let id = CommitId([9; 16]);
    h.done(1, build().id(id).put("a", "1").commit());
    assert_eq!(h.done(2, build().id(id).put("a", "2").commit()), 1);
    assert_eq!(&h.get(2, &key("a")).unwrap().value[..], b"2");
}

pub(crate) fn a_recognised_commit_is_not_judged_again(make: Make) {
    let h = make();
    let commit = build().absent("a").put("a", "1").commit();
    let first = h.commit(1, commit.clone()).unwrap();
    assert_eq!(
        h.commit(1, commit),
        Ok(first),
        "its own put would fail its guard"
    );
}

pub(crate) fn sixty_four_writers_lose_and_share_nothing(make: Make) {
    const EACH: usize = 20;
    let h = make();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let all = runtime.block_on(async {
        let writers: Vec<_> = (0..64_usize)
            .map(|writer| {
                let engine = Arc::clone(&h.engine);
                tokio::spawn(async move {
                    let mut got = Vec::new();
                    for n in 0..EACH {
                        let name = format!("w{writer}-{n}");
                        let commit = build().put(&name, &name).payload(name.clone()).commit();
                        let at = engine
                            .commit(PartitionId(1), commit)
                            .await
                            .unwrap()
                            .position;
                        let entry = engine.get(PartitionId(1), &key(&name)).unwrap().unwrap();
                        assert_eq!(entry.sequence, at.sequence);
                        got.push((at.sequence.0, name));
                    }
                    assert!(got.is_sorted(), "a writer's commits keep their order");
                    got
                })
            })
            .collect();
        let mut all = Vec::new();
        for writer in writers {
            all.extend(writer.await.unwrap());
        }
        all
    });
    let mut all = all;
    all.sort();
    assert_eq!(all.len(), 64 * EACH);
    for (expected, (sequence, name)) in (1..).zip(&all) {
        assert_eq!(*sequence, expected);
        let payload = h
            .engine
            .payload(PartitionId(1), Sequence(*sequence), 0, 100)
            .unwrap();
        assert_eq!(&payload[..], name.as_bytes());
    }
}

pub(crate) fn a_closed_engine_takes_nothing_and_closes_again(make: Make) {
    let h = make();
    h.done(1, build().put("a", "1").commit());
    h.engine.close().unwrap();
    h.engine.close().unwrap();
    let late = block_on(
        h.engine
            .commit(PartitionId(1), build().put("b", "1").commit()),
    );
    assert_eq!(late, Err(CommitError::Closed));
}
