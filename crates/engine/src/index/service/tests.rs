use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use azekura_model::position::{PartitionId, Sequence};
use bytes::Bytes;
use parking_lot::{Condvar, Mutex};
use proptest::prelude::{ProptestConfig, proptest};
use proptest::prop_assert_eq;

use super::{Index, OverlayLimits};
use crate::index::btree::BTreeView;
use crate::index::testing::{commits, history, key, partitions};
use crate::index::{DurableCommit, Head, IndexError, Locator, Snapshot, View, Walk, Watermark};
use crate::seam::{Entry, Family, Key, ReadView, Scan};

/// A view that applies nothing while its gate is shut.
struct Gated {
    inner: BTreeView,
    shut: Mutex<bool>,
    turned: Condvar,
    entered: AtomicBool,
}

impl Gated {
    fn new(shut: bool) -> Arc<Self> {
        Arc::new(Self {
            inner: BTreeView::new(),
            shut: Mutex::new(shut),
            turned: Condvar::new(),
            entered: AtomicBool::new(false),
        })
    }

    fn turn(&self, shut: bool) {
        *self.shut.lock() = shut;
        self.turned.notify_all();
    }
}

impl View for Gated {
    fn apply(&self, commits: &[DurableCommit], watermark: Watermark) -> Result<(), IndexError> {
        self.entered.store(true, Ordering::SeqCst);
        let mut shut = self.shut.lock();
        while *shut {
            self.turned.wait(&mut shut);
        }
        drop(shut);
        self.inner.apply(commits, watermark)
    }
    fn snapshot(&self) -> Result<Box<dyn Snapshot>, IndexError> {
        self.inner.snapshot()
    }
    fn get(&self, partition: PartitionId, key: &Key) -> Result<Option<Entry>, IndexError> {
        self.inner.get(partition, key)
    }
    fn locators(
        &self,
        partition: PartitionId,
        from: Sequence,
        limit: usize,
    ) -> Result<Vec<(Sequence, Locator)>, IndexError> {
        self.inner.locators(partition, from, limit)
    }
    fn heads(&self) -> Result<Vec<Head>, IndexError> {
        self.inner.heads()
    }
    fn watermark(&self) -> Result<Watermark, IndexError> {
        self.inner.watermark()
    }
    fn bytes(&self) -> u64 {
        0
    }
    fn sync(&self) -> Result<(), IndexError> {
        self.inner.sync()
    }
    fn walk(&self, visit: Walk<'_>) -> Result<(), IndexError> {
        self.inner.walk(visit)
    }
    fn close(&self) -> Result<(), IndexError> {
        self.inner.close()
    }
}

type Model = BTreeMap<(u64, u8, Bytes), Entry>;

fn model(commits: &[DurableCommit]) -> Model {
    let mut model = Model::new();
    for commit in commits {
        for (key, value) in &commit.mutations.puts {
            let entry = Entry {
                value: value.clone(),
                sequence: commit.sequence,
            };
            model.insert((commit.partition.0, key.family.0, key.bytes.clone()), entry);
        }
        for key in &commit.mutations.deletes {
            model.remove(&(commit.partition.0, key.family.0, key.bytes.clone()));
        }
    }
    model
}

fn expected(model: &Model, partition: u64, scan: &Scan) -> (Vec<(Bytes, Entry)>, bool) {
    let inside =
        |key: &Bytes| *key >= scan.from && scan.until.as_ref().is_none_or(|until| key < until);
    let all: Vec<_> = model
        .iter()
        .filter(|((p, f, key), _)| *p == partition && *f == scan.family.0 && inside(key))
        .map(|((_, _, key), entry)| (key.clone(), entry.clone()))
        .collect();
    let more = all.len() > scan.limit;
    (all.into_iter().take(scan.limit).collect(), more)
}

fn mark(n: usize) -> Watermark {
    Watermark {
        segment: 1,
        offset: u64::try_from(n).unwrap(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]
    #[test]
    fn overlay_and_view_read_as_one_whatever_part_was_applied(
        steps in history(40), applied in 0_usize..40, partition in partitions(),
        family in 0_u8..8, from in 0_u8..12, until in proptest::option::of(1_u8..12),
        limit in 1_usize..6,
    ) {
        let commits = commits(&steps);
        let view = Gated::new(false);
        let index = Index::open(view.clone(), OverlayLimits::default()).unwrap();
        let applied = applied.min(commits.len());
        for (n, commit) in commits.iter().enumerate() {
            if n == applied {
                index.drain().unwrap();
                view.turn(true);
            }
            index.publish(vec![commit.clone()], mark(n)).unwrap();
        }
        let model = model(&commits);
        let from = if from == 0 { Bytes::new() } else { key(0, from).bytes };
        let scan = Scan { family: Family(family), from, until: until.map(|n| key(0, n).bytes), limit };
        for round in 0..2 {
            let page = index.scan(PartitionId(partition), &scan).unwrap();
            prop_assert_eq!((page.entries, page.more), expected(&model, partition, &scan));
            for n in 1..12 {
                let key = key(family, n);
                let found = index.get(PartitionId(partition), &key).unwrap();
                prop_assert_eq!(found.as_ref(), model.get(&(partition, family, key.bytes)));
            }
            let whole = Scan { family: Family(family), from: Bytes::new(), until: None, limit: 1000 };
            prop_assert_eq!(
                index.entries(PartitionId(partition), Family(family)).unwrap(),
                expected(&model, partition, &whole).0
            );
            let located: Vec<_> = commits.iter().filter(|c| c.partition.0 == partition)
                .map(|c| (c.sequence, c.locator)).collect();
            prop_assert_eq!(
                index.locators(PartitionId(partition), Sequence(2), limit).unwrap(),
                located.iter().copied().filter(|(s, _)| s.0 >= 2).take(limit).collect::<Vec<_>>()
            );
            for (sequence, locator) in &located {
                prop_assert_eq!(index.locate(PartitionId(partition), *sequence).unwrap(), Some(*locator));
            }
            if round == 0 {
                view.turn(false);
                index.drain().unwrap();
                prop_assert_eq!(index.unindexed(), 0);
                assert!(index.shared.overlay.read().is_empty());
            }
        }
        index.close().unwrap();
        prop_assert_eq!(view.watermark().unwrap(), mark(commits.len() - 1));
    }
}

#[test]
fn publish_waits_beyond_the_bound_until_the_view_catches_up() {
    let view = Gated::new(true);
    let limits = OverlayLimits {
        overlay_entries: 10,
        ..OverlayLimits::default()
    };
    let index = Arc::new(Index::open(view.clone(), limits).unwrap());
    let steps: Vec<_> = (0_u8..100)
        .map(|v| (1, vec![((0, v % 9 + 1), Some(v))]))
        .collect();
    let published = Arc::new(Mutex::new(0_usize));
    let writer = std::thread::spawn({
        let (index, published) = (index.clone(), published.clone());
        move || {
            for (n, commit) in commits(&steps).into_iter().enumerate() {
                index.publish(vec![commit], mark(n)).unwrap();
                *published.lock() = n + 1;
            }
        }
    });
    while *published.lock() < 10 {
        std::thread::yield_now();
    }
    // The eleventh cannot enter: nothing leaves while the gate is shut.
    for _ in 0..1_000 {
        std::thread::yield_now();
    }
    assert_eq!(*published.lock(), 10);
    assert_eq!(index.unindexed(), 10);
    view.turn(false);
    writer.join().unwrap();
    index.drain().unwrap();
    assert_eq!(
        index.heads(),
        vec![(PartitionId(1), Sequence(100), [100; 32])]
    );
}

#[test]
fn a_group_larger_than_the_bound_passes_alone() {
    let limits = OverlayLimits {
        overlay_bytes: 1,
        overlay_entries: 1,
        batch_commits: 1,
    };
    let index = Index::open(Arc::new(BTreeView::new()), limits).unwrap();
    let group = commits(&[(1, vec![((0, 1), Some(1)), ((0, 2), Some(2))])]);
    index.publish(group.clone(), mark(1)).unwrap();
    index.publish(group, mark(2)).unwrap();
    index.drain().unwrap();
    assert_eq!(index.watermark(), mark(2));
    index.close().unwrap();
}

#[test]
fn a_view_that_fails_fails_the_index_for_good() {
    let view = Arc::new(BTreeView::new());
    view.fail_after(1);
    let index = Index::open(view.clone(), OverlayLimits::default()).unwrap();
    let all = commits(&[(1, vec![((0, 1), Some(1))]), (1, vec![((0, 2), Some(2))])]);
    index.publish(vec![all[0].clone()], mark(1)).unwrap();
    index.drain().unwrap();
    index.publish(vec![all[1].clone()], mark(2)).unwrap();
    assert!(matches!(index.drain(), Err(IndexError::Failed(_))));
    let refused = index.publish(vec![all[1].clone()], mark(3));
    assert!(matches!(refused, Err(IndexError::Failed(_))));
    // What was durable is still read.
    assert!(index.get(PartitionId(1), &key(0, 2)).unwrap().is_some());
    assert!(index.close().is_err());
    assert_eq!(view.watermark().unwrap(), mark(1));
}

#[test]
fn close_drains_and_refuses_what_comes_later() {
    let view = Arc::new(BTreeView::new());
    let index = Index::open(view.clone(), OverlayLimits::default()).unwrap();
    let all = commits(&vec![(1, vec![((0, 1), Some(1))]); 500]);
    for (n, commit) in all.iter().enumerate() {
        index.publish(vec![commit.clone()], mark(n)).unwrap();
    }
    index.close().unwrap();
    index.close().unwrap();
    assert_eq!(view.heads().unwrap()[0].1, Sequence(500));
    let refused = index.publish(vec![all[0].clone()], mark(500));
    assert_eq!(refused, Err(IndexError::Closed));
}

#[test]
fn a_scan_is_one_cut_while_commits_move_from_overlay_to_view() {
    // Every commit writes one value to all keys: a page with two values is torn.
    let index =
        Arc::new(Index::open(Arc::new(BTreeView::new()), OverlayLimits::default()).unwrap());
    let steps: Vec<_> = (0_u8..250)
        .map(|v| (1, (1_u8..9).map(|n| ((0, n), Some(v))).collect()))
        .collect();
    let done = Arc::new(AtomicBool::new(false));
    let reader = std::thread::spawn({
        let (index, done) = (index.clone(), done.clone());
        move || {
            let scan = Scan {
                family: Family(0),
                from: Bytes::new(),
                until: None,
                limit: 100,
            };
            let mut pages = 0_u32;
            while !done.load(Ordering::SeqCst) || pages == 0 {
                let page = index.scan(PartitionId(1), &scan).unwrap();
                let mut values = page.entries.iter().map(|(_, entry)| entry);
                let first = values.next().cloned();
                assert!(
                    values.all(|entry| Some(entry) == first.as_ref()),
                    "torn page"
                );
                pages += 1;
            }
        }
    });
    for (n, commit) in commits(&steps).into_iter().enumerate() {
        index.publish(vec![commit], mark(n)).unwrap();
    }
    done.store(true, Ordering::SeqCst);
    reader.join().unwrap();
}

#[test]
fn a_visitor_that_breaks_is_not_called_again() {
    let view = BTreeView::new();
    view.apply(
        &commits(&[(1, (1..9).map(|n| ((0, n), Some(n))).collect())]),
        mark(1),
    )
    .unwrap();
    let mut seen = 0;
    let all: (&[u8], Option<&[u8]>) = (b"", None);
    let snapshot = view.snapshot().unwrap();
    let visit = &mut |_: &[u8], _: Entry| {
        seen += 1;
        if seen == 3 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    snapshot
        .scan(PartitionId(1), Family(0), all, visit)
        .unwrap();
    assert_eq!(seen, 3);
}
