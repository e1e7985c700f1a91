use std::sync::Arc;

use azekura_model::position::{PartitionId, Sequence};
use bytes::Bytes;
use proptest::prelude::{ProptestConfig, proptest};
use proptest::prop_assert_eq;

use super::{FORMAT_KEY, FjallView, SUBDIRECTORY, Tables};
use crate::index::btree::BTreeView;
use crate::index::testing::{commits, history, key};
use crate::index::{Index, IndexError, Limits, View, Watermark};
use crate::seam::{Family, Scan};

const CACHE: u64 = 1 << 20;

fn mark(offset: u64) -> Watermark {
    Watermark { segment: 3, offset }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn it_holds_what_the_view_in_memory_holds_also_after_reopening(
        steps in history(60), batch in 1_usize..9,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let memory = BTreeView::new();
        let disk = FjallView::open(dir.path(), CACHE).unwrap();
        for (n, group) in (1..).zip(commits(&steps).chunks(batch)) {
            memory.apply(group, mark(n)).unwrap();
            disk.apply(group, mark(n)).unwrap();
        }
        prop_assert_eq!(disk.digest().unwrap(), memory.digest().unwrap());
        disk.close().unwrap();
        drop(disk);
        let disk = FjallView::open(dir.path(), CACHE).unwrap();
        prop_assert_eq!(disk.digest().unwrap(), memory.digest().unwrap());
        prop_assert_eq!(disk.watermark().unwrap(), memory.watermark().unwrap());
        prop_assert_eq!(disk.heads().unwrap(), memory.heads().unwrap());
        for partition in [0, 1, 2, u64::MAX].map(PartitionId) {
            prop_assert_eq!(
                disk.locators(partition, Sequence(2), 7).unwrap(),
                memory.locators(partition, Sequence(2), 7).unwrap()
            );
        }
    }
}

#[test]
fn pages_of_the_disk_equal_those_of_memory() {
    let dir = tempfile::tempdir().unwrap();
    let steps: Vec<_> = (0_u8..200)
        .map(|v| {
            (
                u64::from(v % 3),
                vec![((v % 8, v % 11 + 1), (v % 5 > 0).then_some(v))],
            )
        })
        .collect();
    let disk = Index::open(
        Arc::new(FjallView::open(dir.path(), CACHE).unwrap()),
        Limits::default(),
    )
    .unwrap();
    let memory = Index::open(Arc::new(BTreeView::new()), Limits::default()).unwrap();
    for (n, commit) in (0..).zip(commits(&steps)) {
        disk.publish(vec![commit.clone()], mark(n)).unwrap();
        memory.publish(vec![commit], mark(n)).unwrap();
    }
    disk.drain().unwrap();
    for family in (0..8).map(Family) {
        for limit in 1..4 {
            let until = Some(key(0, 9).bytes);
            let scan = Scan {
                family,
                from: Bytes::from_static(b"k"),
                until,
                limit,
            };
            let (a, b) = (
                disk.scan(PartitionId(1), &scan),
                memory.scan(PartitionId(1), &scan),
            );
            let (a, b) = (a.unwrap(), b.unwrap());
            assert_eq!((a.entries, a.more), (b.entries, b.more));
        }
    }
}

#[test]
fn a_view_of_another_format_asks_for_a_rebuild() {
    let dir = tempfile::tempdir().unwrap();
    let tables = Tables::open(dir.path(), CACHE).unwrap();
    tables.meta.insert(FORMAT_KEY, "azekura-index-99").unwrap();
    drop(tables);
    let error = FjallView::open(dir.path(), CACHE).err();
    assert!(matches!(error, Some(IndexError::Unusable(why)) if why.contains("index-99")));
}

#[test]
fn a_view_whose_making_was_interrupted_asks_for_a_rebuild() {
    let dir = tempfile::tempdir().unwrap();
    drop(Tables::open(dir.path(), CACHE).unwrap());
    let error = FjallView::open(dir.path(), CACHE).err();
    assert!(matches!(error, Some(IndexError::Unusable(_))), "{error:?}");
}

#[test]
fn a_database_that_lost_its_files_asks_for_a_rebuild() {
    let dir = tempfile::tempdir().unwrap();
    let view = FjallView::open(dir.path(), CACHE).unwrap();
    view.apply(&commits(&[(1, vec![((0, 1), Some(1))])]), mark(1))
        .unwrap();
    view.close().unwrap();
    drop(view);
    std::fs::write(dir.path().join(SUBDIRECTORY).join("version"), b"garbage").unwrap();
    let error = FjallView::open(dir.path(), CACHE).err();
    assert!(matches!(error, Some(IndexError::Unusable(_))), "{error:?}");
}

#[test]
fn one_view_is_open_once() {
    let dir = tempfile::tempdir().unwrap();
    let view = FjallView::open(dir.path(), CACHE).unwrap();
    let second = FjallView::open(dir.path(), CACHE).err();
    assert!(matches!(second, Some(IndexError::Locked(_))), "{second:?}");
    view.close().unwrap();
    assert!(FjallView::open(dir.path(), CACHE).is_ok());
    assert_eq!(view.watermark(), Err(IndexError::Closed));
}
