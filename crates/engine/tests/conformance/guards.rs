use std::sync::Arc;

use azekura_engine::seam::CommitError;
use azekura_model::position::PartitionId;

use super::harness::{Make, build, heads, key};

fn refused(index: usize) -> CommitError {
    CommitError::GuardFailed { index }
}

pub(crate) fn absent_holds_only_without_a_value(make: Make) {
    let h = make();
    h.done(1, build().absent("a").put("a", "1").commit());
    let again = h.commit(1, build().absent("a").put("a", "2").commit());
    assert_eq!(again.unwrap_err(), refused(0));
    h.done(1, build().delete("a").commit());
    h.done(1, build().absent("a").put("a", "3").commit());
    assert_eq!(&h.get(1, &key("a")).unwrap().value[..], b"3");
}

pub(crate) fn equals_holds_only_for_this_very_value(make: Make) {
    let h = make();
    let missing = h.commit(1, build().equals("a", "1").put("b", "x").commit());
    assert_eq!(missing.unwrap_err(), refused(0));
    h.done(1, build().put("a", "1").commit());
    for other in ["", "11", "2"] {
        let wrong = h.commit(1, build().equals("a", other).put("a", "9").commit());
        assert_eq!(wrong.unwrap_err(), refused(0));
    }
    h.done(1, build().equals("a", "1").put("a", "2").commit());
    let stale = h.commit(1, build().equals("a", "1").put("a", "3").commit());
    assert_eq!(stale.unwrap_err(), refused(0));
}

pub(crate) fn the_first_guard_that_fails_is_named(make: Make) {
    let h = make();
    h.done(1, build().put("a", "1").commit());
    let commit = build()
        .equals("a", "1")
        .absent("b")
        .absent("a")
        .equals("c", "1")
        .put("z", "1");
    assert_eq!(h.commit(1, commit.commit()).unwrap_err(), refused(2));
}

pub(crate) fn a_refused_commit_leaves_no_trace(make: Make) {
    let h = make();
    h.done(1, build().put("a", "1").commit());
    let (before, head) = (h.picture(1), heads(&h));
    let refused = build()
        .absent("a")
        .put("b", "1")
        .delete("a")
        .payload("p")
        .commit();
    assert!(h.commit(1, refused.clone()).is_err());
    assert_eq!((h.picture(1), heads(&h)), (before, head));
    // Its id was not used up: it may succeed later.
    h.done(1, build().delete("a").commit());
    assert_eq!(h.done(1, refused), 3);
    // Nor does a refusal in an unknown partition make it.
    assert!(
        h.commit(5, build().equals("a", "1").put("b", "1").commit())
            .is_err()
    );
    assert!(!heads(&h).contains_key(&5));
    assert_eq!(h.done(1, build().put("c", "1").commit()), 4);
}

pub(crate) fn of_many_racing_creations_exactly_one_wins_and_explains_itself(make: Make) {
    let h = make();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    for round in 0..20 {
        let name = format!("k{round}");
        let race = |n: u32| {
            let (engine, name) = (Arc::clone(&h.engine), name.clone());
            async move {
                let commit = build().absent(&name).put(&name, &n.to_string()).commit();
                let outcome = engine.commit(PartitionId(1), commit).await;
                // Whoever lost reads at once what it lost to.
                let entry = engine.get(PartitionId(1), &key(&name)).unwrap();
                let winner = entry.expect("a refusal comes once its cause is durable");
                match outcome {
                    Ok(done) => {
                        assert_eq!(winner.sequence, done.position.sequence);
                        true
                    }
                    Err(error) => {
                        assert_eq!(error, refused(0));
                        false
                    }
                }
            }
        };
        let wins = runtime.block_on(async {
            let racers: Vec<_> = (0..16).map(|n| tokio::spawn(race(n))).collect();
            let mut wins = 0;
            for racer in racers {
                wins += usize::from(racer.await.unwrap());
            }
            wins
        });
        assert_eq!(wins, 1);
    }
}

pub(crate) fn racing_increments_lose_none(make: Make) {
    let h = make();
    h.done(1, build().put("n", "0").commit());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let add = || {
            let engine = Arc::clone(&h.engine);
            async move {
                for _ in 0..15 {
                    loop {
                        let entry = engine.get(PartitionId(1), &key("n")).unwrap().unwrap();
                        let seen = String::from_utf8(entry.value.to_vec()).unwrap();
                        let next = (seen.parse::<u32>().unwrap() + 1).to_string();
                        let commit = build().equals("n", &seen).put("n", &next).commit();
                        match engine.commit(PartitionId(1), commit).await {
                            Ok(_) => break,
                            Err(error) => assert_eq!(error, refused(0)),
                        }
                    }
                }
            }
        };
        let adders: Vec<_> = (0..8).map(|_| tokio::spawn(add())).collect();
        for adder in adders {
            adder.await.unwrap();
        }
    });
    assert_eq!(&h.get(1, &key("n")).unwrap().value[..], b"120");
    assert_eq!(heads(&h)[&1].0, 121);
}

pub(crate) fn a_guard_sees_other_partitions_as_apart(make: Make) {
    let h = make();
    h.done(1, build().put("a", "1").commit());
    h.done(2, build().absent("a").put("a", "1").commit());
    h.done(2, build().equals("a", "1").delete("a").commit());
    h.done(1, build().equals("a", "1").put("a", "2").commit());
}
