use std::sync::Arc;

use proptest::prelude::{ProptestConfig, proptest};
use proptest::prop_assert_eq;

use crate::index::btree::{BTreeView, MemorySource};
use crate::index::fjall::FjallSource;
use crate::index::testing::{commits, history};
use crate::index::{View, ViewSource, Watermark};

const MARK: Watermark = Watermark {
    segment: 9,
    offset: 99,
};

fn reopened(source: &FjallSource, view: Arc<dyn View>) -> Arc<dyn View> {
    view.close().unwrap();
    drop(view);
    source.open().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]
    #[test]
    fn rebuilt_in_many_chunks_equals_lived_through(
        steps in history(80), rows in 10_usize..60, more in history(20),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let source = FjallSource { dir: dir.path().to_owned(), cache_bytes: 1 << 20 };
        let all: Vec<_> = commits(&steps.iter().chain(&more).cloned().collect::<Vec<_>>());
        let (past, future) = all.split_at(steps.len());
        let live = BTreeView::new();
        live.apply(past, MARK).unwrap();

        // What stood there before leaves nothing behind.
        let old = source.open().unwrap();
        old.apply(future, MARK).unwrap();
        old.close().unwrap();
        drop(old);

        let mut loader = source.rebuild().unwrap().chunk_rows(rows);
        past.iter().for_each(|commit| loader.push(commit).unwrap());
        let rebuilt = loader.finish(MARK).unwrap();
        prop_assert_eq!(rebuilt.digest().unwrap(), live.digest().unwrap());
        prop_assert_eq!(rebuilt.watermark().unwrap(), MARK);

        // Later batches shadow what was ingested, whether the view was reopened in between or not,
        // and all of it outlives a reopening.
        let mut grown = rebuilt;
        for half in future.chunks(future.len().div_ceil(2)) {
            live.apply(half, MARK).unwrap();
            grown.apply(half, MARK).unwrap();
            prop_assert_eq!(grown.digest().unwrap(), live.digest().unwrap());
            grown = reopened(&source, grown);
            prop_assert_eq!(grown.digest().unwrap(), live.digest().unwrap());
        }
        let mut loader = { grown.close().unwrap(); drop(grown); source.rebuild().unwrap() }.chunk_rows(rows);
        past.iter().for_each(|commit| loader.push(commit).unwrap());
        let again = reopened(&source, loader.finish(MARK).unwrap());
        again.apply(future, MARK).unwrap();
        let reopened = reopened(&source, again);
        prop_assert_eq!(reopened.digest().unwrap(), live.digest().unwrap());
        prop_assert_eq!(reopened.heads().unwrap(), live.heads().unwrap());
    }

    #[test]
    fn rebuilt_in_memory_equals_lived_through(steps in history(80), rows in 1_usize..30) {
        let all = commits(&steps);
        let live = BTreeView::new();
        live.apply(&all, MARK).unwrap();
        let source = MemorySource::default();
        let mut loader = source.rebuild().unwrap().chunk_rows(rows);
        all.iter().for_each(|commit| loader.push(commit).unwrap());
        prop_assert_eq!(loader.finish(MARK).unwrap().digest().unwrap(), live.digest().unwrap());
        prop_assert_eq!(source.open().unwrap().digest().unwrap(), live.digest().unwrap());
    }
}

#[test]
fn a_rebuild_that_was_interrupted_is_refused_and_can_be_repeated() {
    let dir = tempfile::tempdir().unwrap();
    let source = FjallSource {
        dir: dir.path().to_owned(),
        cache_bytes: 1 << 20,
    };
    source.open().unwrap().close().unwrap();
    let mut loader = source.rebuild().unwrap().chunk_rows(1);
    loader
        .push(&commits(&[(1, vec![((0, 1), Some(1))])])[0])
        .unwrap();
    drop(loader);
    assert!(source.open().is_err());
    source
        .rebuild()
        .unwrap()
        .finish(MARK)
        .unwrap()
        .close()
        .unwrap();
    assert_eq!(source.open().unwrap().watermark().unwrap(), MARK);
}

#[test]
fn files_beside_the_view_are_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("mine"), b"x").unwrap();
    let source = FjallSource {
        dir: dir.path().to_owned(),
        cache_bytes: 1 << 20,
    };
    source
        .rebuild()
        .unwrap()
        .finish(MARK)
        .unwrap()
        .close()
        .unwrap();
    assert!(dir.path().join("mine").exists());
}
