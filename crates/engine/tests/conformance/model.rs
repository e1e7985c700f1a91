//! Random histories against a sorted map.

use std::collections::BTreeMap;

use azekura_engine::seam::{CommitError, Entry, Family, Scan};
use azekura_model::position::Sequence;
use bytes::Bytes;
use proptest::collection::{btree_map, vec};
use proptest::prelude::{Strategy, any};
use proptest::prop_oneof;
use proptest::test_runner::{Config, TestRunner};

use super::harness::{Harness, Make, build, key_in};

#[derive(Clone, Debug)]
enum Step {
    /// Keys with a new value or none; a guard on the first that holds or not by chance.
    Commit {
        partition: u64,
        changes: BTreeMap<(u8, u8), Option<u8>>,
        absent: Option<(u8, u8)>,
    },
    Scan {
        partition: u64,
        family: u8,
        from: u8,
        until: Option<u8>,
        limit: usize,
    },
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let place = || (0_u8..3, 0_u8..16);
    let value = proptest::option::weighted(0.7, any::<u8>());
    let commit = (
        0_u64..3,
        btree_map(place(), value, 0..5),
        proptest::option::of(place()),
    )
        .prop_map(|(partition, changes, absent)| Step::Commit {
            partition,
            changes,
            absent,
        });
    let scan = (
        0_u64..3,
        0_u8..3,
        0_u8..16,
        proptest::option::of(0_u8..16),
        1_usize..6,
    )
        .prop_map(|(partition, family, from, until, limit)| Step::Scan {
            partition,
            family,
            from,
            until,
            limit,
        });
    vec(
        prop_oneof![8 => commit, 6 => scan, 1 => proptest::strategy::Just(Step::Reopen)],
        1..60,
    )
}

/// Names that are prefixes of each other.
fn name(n: u8) -> String {
    let first = char::from(b'a' + n % 4);
    first.to_string().repeat(usize::from(n / 4) + 1)
}

type Model = BTreeMap<(u64, u8, String), Entry>;

pub(crate) fn random_histories_read_as_a_sorted_map_does(make: Make) {
    let mut runner = TestRunner::new(Config {
        cases: make().histories,
        ..Config::default()
    });
    let outcome = runner.run(&steps(), |steps| {
        let mut h = make();
        let mut model = Model::new();
        let mut last = BTreeMap::<u64, u64>::new();
        for step in steps {
            h = apply(h, step, &mut model, &mut last);
        }
        for ((partition, family, name), entry) in &model {
            assert_eq!(
                h.get(*partition, &key_in(*family, name)).as_ref(),
                Some(entry)
            );
        }
        Ok(())
    });
    outcome.unwrap();
}

fn apply(h: Harness, step: Step, model: &mut Model, last: &mut BTreeMap<u64, u64>) -> Harness {
    match step {
        Step::Reopen => return h.reopen(),
        Step::Scan {
            partition,
            family,
            from,
            until,
            limit,
        } => {
            let scan = Scan {
                family: Family(family),
                from: Bytes::from(name(from)),
                until: until.map(|n| Bytes::from(name(n))),
                limit,
            };
            check(&h, partition, &scan, model);
        }
        Step::Commit {
            partition,
            changes,
            absent,
        } => {
            let mut commit = build();
            for ((family, n), value) in &changes {
                let key = key_in(*family, &name(*n));
                commit = match value {
                    Some(v) => commit.put_key(key, &[*v; 3]),
                    None => commit.delete_key(key),
                };
            }
            let mut commit = commit.commit();
            let guard = absent.map(|(family, n)| (partition, family, name(n)));
            if let Some((_, family, name)) = &guard {
                commit
                    .guards
                    .push(azekura_engine::seam::Guard::Absent(key_in(*family, name)));
            }
            let outcome = h.commit(partition, commit);
            if guard.is_some_and(|place| model.contains_key(&place)) {
                assert_eq!(outcome, Err(CommitError::GuardFailed { index: 0 }));
                return h;
            }
            let sequence = outcome.unwrap().position.sequence;
            let expected = last.entry(partition).or_default();
            *expected += 1;
            assert_eq!(sequence, Sequence(*expected));
            for ((family, n), value) in changes {
                let place = (partition, family, name(n));
                match value {
                    Some(v) => model.insert(
                        place,
                        Entry {
                            value: Bytes::from(vec![v; 3]),
                            sequence,
                        },
                    ),
                    None => model.remove(&place),
                };
            }
        }
    }
    h
}

fn check(h: &Harness, partition: u64, scan: &Scan, model: &Model) {
    let inside =
        |key: &Bytes| *key >= scan.from && scan.until.as_ref().is_none_or(|until| key < until);
    let expected: Vec<_> = model
        .iter()
        .filter(|((p, f, _), _)| *p == partition && *f == scan.family.0)
        .map(|((_, _, name), entry)| (Bytes::from(name.clone()), entry.clone()))
        .filter(|(key, _)| inside(key))
        .collect();
    let page = h.scan(partition, scan);
    assert_eq!(page.more, expected.len() > scan.limit);
    assert_eq!(page.entries, expected[..expected.len().min(scan.limit)]);
}
