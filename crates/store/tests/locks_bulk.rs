//! Locks of many versions at once.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test stops at the first surprise"
)]

mod common;

use azekura_engine::seam::Engine;
use azekura_model::lock::{LockAsked, LockRequest, Retention, RetentionMode};
use azekura_model::time::ComplianceTime;
use azekura_store::lock_bulk::{LockReport, LockSelection};
use azekura_store::object::Which;
use common::{Vault, assert_rebuild_equals, bucket_name, key, put_request, writer};

const B: &str = "locked-bucket";
const HOUR: i64 = 3_600_000;

async fn change(
    vault: &Vault,
    selection: LockSelection,
    request: LockRequest,
) -> (LockReport, usize) {
    let mut heard = 0;
    let report = vault
        .store
        .change_locks(&writer(), &bucket_name(B), &selection, &request, |_| {
            heard += 1
        })
        .await
        .unwrap();
    (report, heard)
}

/// Records in the whole journal.
fn records(vault: &Vault) -> u64 {
    vault
        .engine
        .status()
        .heads
        .iter()
        .map(|head| head.1.0)
        .sum()
}

fn prefix(prefix: &str, all_versions: bool) -> LockSelection {
    LockSelection::Prefix {
        prefix: prefix.to_owned(),
        all_versions,
    }
}

fn until(vault: &Vault, object: &str) -> Option<ComplianceTime> {
    let retention = vault
        .store
        .retention(&writer(), &bucket_name(B), &key(object), Which::Current)
        .unwrap();
    retention.map(|retention| retention.until)
}

/// 2,300 keys under `a/`, each locked for an hour but every hundredth.
async fn vault() -> Vault {
    let vault = Vault::new().await;
    vault
        .store
        .create_bucket_locked(&writer(), &bucket_name(B))
        .await
        .unwrap();
    let retention = Retention {
        mode: RetentionMode::Compliance,
        until: ComplianceTime(vault.now().0 + HOUR),
    };
    for i in 0..2300 {
        let mut request = put_request(&format!("a/{i:04}"), "x");
        request.lock = LockAsked {
            retention: (i % 100 != 0).then_some(retention),
            hold: None,
        };
        vault
            .store
            .put(&writer(), &bucket_name(B), request)
            .await
            .unwrap();
    }
    vault.put(B, "b", "x").await;
    vault
}

#[tokio::test]
async fn a_prefix_is_extended_in_chunks_and_refusals_are_named() {
    let mut vault = vault().await;
    let later = ComplianceTime(vault.now().0 + 2 * HOUR);
    let before = records(&vault);
    let (report, heard) = change(&vault, prefix("a/", true), LockRequest::Extend(later)).await;
    assert_eq!((report.changed, report.refused), (2277, 23));
    assert_eq!((report.unchanged, report.judged()), (0, 2300));
    assert_eq!(report.refusals[0].key, "a/0000");
    assert!(report.refusals[0].why.contains("no retention"));
    assert_eq!((heard, records(&vault) - before), (3, 3));
    // Asked again it does nothing, and writes nothing.
    let (again, _) = change(&vault, prefix("a/", true), LockRequest::Extend(later)).await;
    assert_eq!((again.changed, again.unchanged), (0, 2277));
    assert_eq!(records(&vault) - before, 3);
    for object in ["a/0001", "a/2299"] {
        assert_eq!(until(&vault, object), Some(later));
    }
    // What many gave, one may extend, and many again.
    let latest = ComplianceTime(later.0 + HOUR);
    let retention = Retention {
        mode: RetentionMode::Compliance,
        until: latest,
    };
    let object = key("a/0001");
    let object = (&object, Which::Current);
    vault
        .store
        .put_retention(&writer(), &bucket_name(B), object, Some(retention), None)
        .await
        .unwrap();
    vault = vault.restarted().await;
    let (third, _) = change(&vault, prefix("a/000", true), LockRequest::Extend(latest)).await;
    assert_eq!((third.changed, third.unchanged, third.refused), (8, 1, 1));
    assert_eq!(until(&vault, "b"), None);
    assert_rebuild_equals(&vault.engine);
}

#[tokio::test]
async fn a_list_and_the_current_versions_alone() {
    let vault = Vault::new().await;
    let bucket = bucket_name(B);
    vault
        .store
        .create_bucket_locked(&writer(), &bucket)
        .await
        .unwrap();
    let first = vault.put(B, "a", "1").await.version;
    let second = vault.put(B, "a", "2").await.version;
    vault.put(B, "gone", "1").await;
    vault.delete(B, "gone", Which::Current).await.unwrap();
    let (report, _) = change(&vault, prefix("", false), LockRequest::Hold(true)).await;
    assert_eq!((report.changed, report.refused), (1, 0));
    let hold = |version| {
        let which = Which::Version(version);
        vault.store.hold(&writer(), &bucket, &key("a"), which)
    };
    assert_eq!((hold(first), hold(second)), (Ok(None), Ok(Some(true))));
    let listed = LockSelection::Listed(vec![
        (key("a"), Which::Version(first)),
        (key("a"), Which::Version(first)),
        (key("a"), Which::Current),
        (key("none"), Which::Current),
        (key("none"), Which::Version(second)),
    ]);
    let (report, _) = change(&vault, listed, LockRequest::Hold(true)).await;
    assert_eq!(
        (report.changed, report.unchanged, report.refused),
        (1, 1, 2)
    );
    // A line of a list is reported as it was written.
    let refused: Vec<_> = report.refusals.iter().map(|line| line.version).collect();
    assert_eq!(refused, [None, Some(second)]);
    assert_eq!(hold(first), Ok(Some(true)));
    let (report, _) = change(&vault, prefix("", true), LockRequest::Hold(false)).await;
    // The older version of the hidden key is shown too.
    assert_eq!((report.changed, report.refused), (3, 0));
    assert_rebuild_equals(&vault.engine);
}
