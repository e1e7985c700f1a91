//! What `vault check` and `vault dump` say of locks.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test stops at the first surprise"
)]

mod common;

use std::path::Path;

use azekura_model::lock::{LockAsked, LockRequest, Retention, RetentionMode};
use azekura_model::time::ComplianceTime;
use azekura_store::families;
use azekura_store::lock_bulk::LockSelection;
use azekura_store::object::Which;
use azekura_store::vault::Places;
use azekura_store::vault::check::{CheckOptions, Report, check};
use azekura_store::vault::dump::{DumpOptions, dump};
use bytes::Bytes;
use common::{bucket_name, disk, key, put_request, writer};
use serde_json::Value;

const B: &str = "locked-bucket";

/// Three versions with locks of each origin, closed. The envelope of a hold's record.
async fn filled(dir: &Path) -> Bytes {
    disk::make(dir);
    let (store, ticker) = disk::opened(dir).await;
    let bucket = bucket_name(B);
    store
        .create_bucket_locked(&writer(), &bucket)
        .await
        .unwrap();
    let now = store.clock_report().compliance;
    let mut version = None;
    for object in ["a", "b", "c"] {
        let mut request = put_request(object, "content");
        request.lock = LockAsked {
            retention: Some(Retention {
                mode: RetentionMode::Compliance,
                until: ComplianceTime(now.0 + 86_400_000),
            }),
            hold: None,
        };
        let put = store.put(&writer(), &bucket, request).await.unwrap();
        version = Some(put.version);
    }
    let object = key("c");
    let object = (&object, Which::Current);
    store
        .put_hold(&writer(), &bucket, object, true)
        .await
        .unwrap();
    let partition = store.bucket(&bucket).unwrap().partition;
    let entry = store
        .engine()
        .get(partition, &families::lock(version.unwrap()));
    let at = entry.unwrap().unwrap().sequence;
    let record = store.engine().journal(partition, at, 1).unwrap().remove(0);
    let all = LockSelection::Listed(vec![(key("a"), Which::Current), (key("b"), Which::Current)]);
    let request = LockRequest::Hold(true);
    let report = store
        .change_locks(&writer(), &bucket, &all, &request, |_| {})
        .await
        .unwrap();
    assert_eq!(report.changed, 2);
    store.engine().close().unwrap();
    drop(ticker);
    record.envelope
}

fn checked(dir: &Path) -> Report {
    let options = CheckOptions {
        tenant_passphrase: None,
        places: Places::in_dir(dir),
        passphrase: None,
        with_keys: true,
        compare_index: true,
    };
    check(&options, &mut |_| {}).unwrap()
}

fn dumped(dir: &Path, with_keys: bool) -> Vec<Value> {
    let options = DumpOptions {
        places: Places::in_dir(dir),
        passphrase: None,
        with_keys,
    };
    let mut out = Vec::new();
    dump(&options, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn locks_are_sound_and_shown() {
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().join("vault");
    filled(&dir).await;
    let report = checked(&dir);
    assert!(report.is_sound(), "{report:?}");
    let lines = dumped(&dir, true);
    let text: Vec<String> = lines.iter().map(ToString::to_string).collect();
    let hold = text
        .iter()
        .find(|line| line.contains("\"reason\":\"hold\"") && !line.contains("locks"));
    assert!(hold.unwrap().contains("\"hold\":true"), "{hold:?}");
    let many = text.iter().find(|line| line.contains("\"locks\":["));
    assert_eq!(
        many.unwrap().matches("\"Compliance\"").count(),
        2,
        "{many:?}"
    );
    // The lock stands in the core: it is shown without keys too.
    let sealed = dumped(&dir, false);
    let shown = sealed
        .iter()
        .filter(|line| line.to_string().contains("\"Compliance\""));
    assert_eq!(shown.count(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_lock_record_is_found_and_its_version_named() {
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().join("vault");
    let envelope = filled(&dir).await;
    let segments = std::fs::read_dir(dir.join("journal")).unwrap();
    let mut flipped = 0;
    for entry in segments {
        let path = entry.unwrap().path();
        let mut bytes = std::fs::read(&path).unwrap();
        let place = bytes
            .windows(envelope.len())
            .position(|window| window == envelope);
        if let Some(place) = place {
            bytes[place + 40] ^= 1;
            std::fs::write(&path, bytes).unwrap();
            flipped += 1;
        }
    }
    assert_eq!(flipped, 1);
    let report = checked(&dir);
    assert!(!report.is_sound());
    assert!(format!("{report:?}").contains("\"c\""), "{report:?}");
}
