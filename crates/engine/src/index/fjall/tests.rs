use std::path::{Path, PathBuf};
use std::sync::Arc;

use azekura_model::position::{PartitionId, Sequence};
use bytes::Bytes;
use proptest::prelude::{ProptestConfig, proptest};
use proptest::{prop_assert, prop_assert_eq};

use super::{FORMAT_KEY, FjallView, SUBDIRECTORY, Tables};
use crate::index::btree::BTreeView;
use crate::index::load::Loader;
use crate::index::testing::{commits, history, key};
use crate::index::{DurableCommit, Index, IndexError, OverlayLimits, View, Watermark};
use crate::seam::{Family, Scan};

const CACHE: u64 = 1 << 20;

fn mark(offset: u64) -> Watermark {
    Watermark { segment: 3, offset }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5))]
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
        OverlayLimits::default(),
    )
    .unwrap();
    let memory = Index::open(Arc::new(BTreeView::new()), OverlayLimits::default()).unwrap();
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

/// A copy of the files as they are: what a killed process leaves.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Content after each watermark.
fn digests(groups: &[&[DurableCommit]]) -> Vec<[u8; 32]> {
    let memory = BTreeView::new();
    let mut all = vec![memory.digest().unwrap()];
    for (n, group) in (1..).zip(groups) {
        memory.apply(group, mark(n)).unwrap();
        all.push(memory.digest().unwrap());
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3))]
    #[test]
    fn a_killed_process_loses_nothing_and_a_torn_log_only_a_suffix(
        steps in history(60), torn in proptest::collection::vec(1_u64..3_000, 2),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let all = commits(&steps);
        let groups: Vec<_> = all.chunks(3).collect();
        let digests = digests(&groups);
        let live = FjallView::open(&dir.path().join("live"), CACHE).unwrap();
        for (n, group) in (1..).zip(&groups) {
            live.apply(group, mark(n)).unwrap();
        }
        let killed = dir.path().join("killed");
        copy(&dir.path().join("live"), &killed);
        let view = FjallView::open(&killed, CACHE).unwrap();
        prop_assert_eq!(view.digest().unwrap(), *digests.last().unwrap());
        drop(view);

        for (n, bytes) in torn.into_iter().enumerate() {
            let cut = dir.path().join(format!("cut-{n}"));
            copy(&dir.path().join("live"), &cut);
            let log = cut.join(SUBDIRECTORY).join("0.jnl");
            let file = std::fs::File::options().write(true).open(log).unwrap();
            file.set_len(file.metadata().unwrap().len().saturating_sub(bytes)).unwrap();
            match FjallView::open(&cut, CACHE) {
                Ok(view) => {
                    let at = usize::try_from(view.watermark().unwrap().offset).unwrap();
                    prop_assert_eq!(view.digest().unwrap(), digests[at]);
                }
                Err(error) => prop_assert!(matches!(error, IndexError::Unusable(_)), "{}", error),
            }
        }
    }
}

#[test]
fn a_flipped_byte_is_an_error_or_harmless_and_never_other_content() {
    let dir = tempfile::tempdir().unwrap();
    let steps: Vec<_> = (0_u8..200)
        .map(|v| {
            (
                u64::from(v % 3),
                vec![((v % 8, v % 11 + 1), (v % 5 > 0).then_some(v))],
            )
        })
        .collect();
    let source = dir.path().join("source");
    let mut loader = Loader::fjall(&source, CACHE).unwrap();
    let all = commits(&steps);
    all.iter().for_each(|commit| loader.push(commit).unwrap());
    let memory = BTreeView::new();
    memory.apply(&all, mark(1)).unwrap();
    let whole = loader.finish(mark(1)).unwrap();
    let digest = whole.digest().unwrap();
    whole.close().unwrap();
    drop(whole);

    let mut files = Vec::new();
    list(&source, &mut files);
    let mut reported = 0;
    for (n, file) in files.iter().enumerate() {
        let bytes = std::fs::read(file).unwrap();
        for place in [bytes.len() / 3, bytes.len().saturating_sub(1)] {
            let mut bad = bytes.clone();
            let Some(byte) = bad.get_mut(place) else {
                continue;
            };
            *byte ^= 0x10;
            let target = dir.path().join(format!("{n}-{place}"));
            copy(&source, &target);
            std::fs::write(target.join(file.strip_prefix(&source).unwrap()), bad).unwrap();
            match FjallView::open(&target, CACHE).and_then(|view| {
                view.watermark()?;
                for commit in &all {
                    for (key, _) in &commit.mutations.puts {
                        let found = view.get(commit.partition, key)?;
                        assert!(
                            found == memory.get(commit.partition, key)?,
                            "{}",
                            file.display()
                        );
                    }
                }
                view.digest()
            }) {
                Ok(found) => {
                    assert!(found == digest, "{} at {place}", file.display());
                }
                Err(IndexError::Unusable(_)) => reported += 1,
                Err(error) => panic!("{} at {place}: {error}", file.display()),
            }
            std::fs::remove_dir_all(target).unwrap();
        }
    }
    assert!(
        reported > 10,
        "the flips reached nothing that matters: {reported}"
    );
}

fn list(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            list(&entry.path(), files);
        } else {
            files.push(entry.path());
        }
    }
}
