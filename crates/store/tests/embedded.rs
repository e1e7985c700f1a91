//! The store on the embedded engine, on real files: closing, opening, a lost index.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test stops at the first surprise"
)]

mod common;

use std::path::Path;
use std::sync::Arc;

use azekura_model::bucket::Versioning;
use azekura_model::bucket_config::{Configured, PublicAccessBlock};
use azekura_model::position::RegionName;
use azekura_model::tag::{TagSet, Tagged};
use azekura_model::time::ComplianceTime;
use azekura_store::clock::Ticker;
use azekura_store::listing::{ListRequest, ListVersionsRequest};
use azekura_store::object::Which;
use azekura_store::projector::Projector;
use azekura_store::store::{Parts, Store};
use azekura_store::vault::{InitOptions, OpenOptions, Places, init, open};
use common::{bucket_name, by, key, put_request, read_all, writer};

const B: &str = "records";

async fn opened(dir: &Path) -> (Store, Ticker) {
    let options = OpenOptions::new(Places::in_dir(dir), None);
    let vault = open(
        &options,
        |keys, clock| Box::new(Projector::new(keys, clock)),
        &mut |_| {},
    )
    .unwrap();
    let store = Store::new(Parts {
        engine: vault.engine,
        keys: vault.keys,
        clock: Arc::clone(&vault.clock),
        ids: vault.ids,
        entropy: vault.entropy,
        region: vault.format.region,
        memory: Arc::default(),
    });
    store.bootstrap("試験病院").await.unwrap();
    store.start().await.unwrap();
    assert!(vault.clock.compliance() > ComplianceTime(0));
    (store, vault.ticker)
}

async fn content(store: &Store, object: &str) -> Vec<u8> {
    let request = azekura_store::object::GetRequest {
        key: key(object),
        which: Which::Current,
        conditions: azekura_model::condition::Conditions::default(),
        range: None,
        part: None,
    };
    let reader = by(azekura_model::access::Action::GetObject);
    let got = store.get(&reader, &bucket_name(B), request).await.unwrap();
    read_all(got.body).await.unwrap()
}

fn everything(store: &Store) -> String {
    let bucket = bucket_name(B);
    let list = ListRequest {
        max: 1000,
        ..ListRequest::default()
    };
    let versions = ListVersionsRequest {
        max: 1000,
        with_hidden: true,
        ..ListVersionsRequest::default()
    };
    let list = store.list(&bucket, &list).unwrap();
    let versions = store.list_versions(&bucket, &versions).unwrap();
    let heads = store.snapshot().unwrap().heads;
    format!("{list:#?}{versions:#?}{heads:#?}")
}

fn made(dir: &Path) {
    init(&InitOptions {
        places: Places::in_dir(dir),
        region: RegionName::parse("local").unwrap(),
        passphrase: None,
    })
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_of_a_bucket_that_nobody_waits_for_does_not_leave_it_closed() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("vault");
    made(&dir);
    let (store, _ticker) = opened(&dir).await;
    let bucket = bucket_name(B);
    store.create_bucket(&writer(), &bucket).await.unwrap();
    {
        let by = writer();
        let deletion = store.delete_bucket(&by, &bucket);
        let mut deletion = std::pin::pin!(deletion);
        // The first step is under way; then the client hangs up.
        assert!(futures::poll!(deletion.as_mut()).is_pending());
    }
    let mut tick = tokio::time::interval(std::time::Duration::from_millis(10));
    for _ in 0..500 {
        if store.bucket(&bucket).is_err() {
            break;
        }
        tick.tick().await;
    }
    let gone = store.bucket(&bucket);
    assert_eq!(gone, Err(azekura_store::error::StoreError::NoSuchBucket));
    store.engine().close().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_is_there_after_closing_and_after_losing_the_index() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("vault");
    made(&dir);
    let (store, ticker) = opened(&dir).await;
    let bucket = bucket_name(B);
    store.create_bucket(&writer(), &bucket).await.unwrap();
    store
        .put_versioning(&writer(), &bucket, Versioning::Enabled)
        .await
        .unwrap();
    let mut last = Vec::new();
    for (i, bytes) in [0, 10, 70_000, 900_000, 2_500_000].into_iter().enumerate() {
        let object = format!("患者/{i}");
        for round in 0..2_u8 {
            let bytes = vec![round ^ 5; bytes];
            let request = put_request(&object, bytes.clone());
            let outcome = store.put(&writer(), &bucket, request).await.unwrap();
            last.push((object.clone(), bytes, outcome.version));
        }
    }
    let (object, _, version) = last.pop().unwrap();
    let hide = Which::Version(version);
    store
        .delete(&writer(), &bucket, &key(&object), hide)
        .await
        .unwrap();
    let before = everything(&store);
    store.engine().close().unwrap();
    drop((store, ticker));

    let (store, ticker) = opened(&dir).await;
    assert_eq!(everything(&store), before);
    let newer = store
        .put(&writer(), &bucket, put_request("later", "x"))
        .await
        .unwrap();
    assert!(newer.version > version);
    let before = everything(&store);
    store.engine().close().unwrap();
    drop((store, ticker));

    std::fs::remove_dir_all(Places::in_dir(&dir).index()).unwrap();
    let (store, _ticker) = opened(&dir).await;
    assert_eq!(everything(&store), before);
    for (object, bytes, _) in last.iter().skip(1).step_by(2) {
        assert_eq!(content(&store, object).await, *bytes, "{object}");
    }
    let (object, bytes, _) = last.last().unwrap();
    assert_eq!(content(&store, object).await, *bytes);
    assert_eq!(store.unknown_blobs().unwrap(), vec![]);
    store.engine().close().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_configuration_of_a_bucket_is_there_after_closing_and_after_losing_the_index() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("vault");
    made(&dir);
    let (store, ticker) = opened(&dir).await;
    let bucket = bucket_name(B);
    store.create_bucket(&writer(), &bucket).await.unwrap();
    let tags = vec![("部署".to_owned(), "放射線科".to_owned())];
    let tags = TagSet::parse(Tagged::Bucket, tags).unwrap();
    let by = writer();
    let set = store.configure_bucket(&by, &bucket, tags.clone());
    set.await.unwrap();
    store
        .clear_bucket_setting::<PublicAccessBlock>(&writer(), &bucket)
        .await
        .unwrap();
    let assert_kept = |store: &Store| {
        let set = Configured::Set(tags.clone());
        assert_eq!(store.bucket_setting(&bucket), Ok(set));
        let cleared: Configured<PublicAccessBlock> = store.bucket_setting(&bucket).unwrap();
        assert_eq!(cleared, Configured::Cleared);
    };
    assert_kept(&store);
    store.engine().close().unwrap();
    drop((store, ticker));
    let (store, ticker) = opened(&dir).await;
    assert_kept(&store);
    store.engine().close().unwrap();
    drop((store, ticker));
    std::fs::remove_dir_all(Places::in_dir(&dir).index()).unwrap();
    let (store, _ticker) = opened(&dir).await;
    assert_kept(&store);
    store.engine().close().unwrap();
}

/// Flips one bit of the particulars of every version record of a closed vault.
fn damage_versions(dir: &Path) {
    use azekura_engine::disk::real::RealDisk;
    use azekura_engine::journal::scan::{Depth, Item, Scanner};
    let journal = dir.join("journal");
    let depth = Depth {
        extents: false,
        signatures: false,
    };
    let scanner = Scanner::open(Arc::new(RealDisk), &journal, depth).unwrap();
    let frames: Vec<_> = scanner
        .filter_map(|item| match item.unwrap() {
            Item::Record(record) if record.record.kind == 16 => Some(record.locator),
            _ => None,
        })
        .collect();
    assert!(!frames.is_empty());
    for frame in frames {
        let path = journal.join(format!("{:08x}.seg", frame.segment));
        let mut bytes = std::fs::read(&path).unwrap();
        // Without an inline payload the particulars are last in the frame, padding aside.
        let at = usize::try_from(frame.offset).unwrap() + frame.bytes as usize - 100;
        bytes[at] ^= 1;
        std::fs::write(&path, bytes).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_blob_whose_version_cannot_be_read_is_never_swept() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("vault");
    made(&dir);
    let (store, ticker) = opened(&dir).await;
    let bucket = bucket_name(B);
    store.create_bucket(&writer(), &bucket).await.unwrap();
    let put = put_request("large", vec![7; 2 << 20]);
    store.put(&writer(), &bucket, put).await.unwrap();
    let blobs = store.engine().list_blobs().unwrap();
    assert_eq!(blobs.len(), 1);
    store.engine().close().unwrap();
    drop((store, ticker));

    // The rebuilt index knows of the intent and not of the version that names the blob.
    damage_versions(&dir);
    std::fs::remove_dir_all(dir.join("index")).unwrap();
    for _ in 0..2 {
        let (store, ticker) = opened(&dir).await;
        assert_eq!(store.engine().list_blobs().unwrap(), blobs);
        store.engine().close().unwrap();
        drop((store, ticker));
    }
}
