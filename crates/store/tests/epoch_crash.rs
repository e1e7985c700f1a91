//! The destruction of a bucket's keys on real files: the process ends before each of its releases, with
//! parts of what that one lists already zeros, in either order; then the next start, an index rebuilt
//! from the journal, and `vault check`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test stops at the first surprise"
)]

mod common;

use std::path::Path;

use azekura_engine::seam::{Engine, StoredRecord};
use azekura_model::ident::BucketUuid;
use azekura_model::position::PartitionId;
use azekura_model::time::WallTime;
use azekura_record::core::{Core, RecordKind};
use azekura_store::families::CONFIGURATION;
use azekura_store::object::Which;
use azekura_store::seal::record::open_record;
use azekura_store::vault::Places;
use common::disk::{Disk, copy, make, places};
use common::ending::Ends;
use common::used_up::{B, DAY, K, kinds, retire, use_up, use_up_under_another_epoch};
use common::zeros::{Zeros, assert_checks, assert_reads, bytes, records, zero};
use common::{BEGIN_MS, bucket_name, key, put_request, read_all, writer};

/// A vault on files, closed: a bucket of two epochs, retired, of which all versions are released, and
/// one of the same name that lives.
struct Prepared {
    dir: tempfile::TempDir,
    bucket: BucketUuid,
    partition: PartitionId,
    wall: WallTime,
    /// Records that hold wrapped keys, and those that the keys seal.
    holders: Vec<StoredRecord>,
    sealed: Vec<StoredRecord>,
}

async fn prepared() -> Prepared {
    let dir = tempfile::tempdir().unwrap();
    make(dir.path());
    let disk = Disk::open(dir.path(), WallTime(BEGIN_MS), Ends::Never).await;
    let (bucket, partition) = use_up(&disk.store).await;
    use_up_under_another_epoch(&disk.store, &disk.keys, bucket).await;
    disk.run(20_000);
    retire(&disk.store).await;
    let name = bucket_name(B);
    disk.store.create_bucket(&writer(), &name).await.unwrap();
    let request = put_request(K, "lives");
    disk.store.put(&writer(), &name, request).await.unwrap();
    let (mut holders, mut sealed) = (Vec::new(), Vec::new());
    for at in [partition, CONFIGURATION] {
        for record in records(&*disk.ending, at) {
            let core = Core::decode(&record.core).unwrap();
            match core.kind {
                _ if core.bucket != Some(bucket) => {}
                RecordKind::BucketCreated | RecordKind::EpochOpened => holders.push(record),
                _ if core.epoch > 0 => sealed.push(record),
                _ => {}
            }
        }
    }
    assert_eq!(holders.len(), 2);
    disk.run(31 * DAY - 10_000);
    let report = disk.store.keep().await.unwrap();
    assert_eq!((report.released, report.keys_destroyed), (6, 0));
    disk.run(DAY);
    disk.store.tick().await.unwrap();
    let wall = disk.wall();
    disk.store.engine().close().unwrap();
    Prepared {
        dir,
        bucket,
        partition,
        wall,
        holders,
        sealed,
    }
}

async fn lives(disk: &Disk, what: &str) {
    let request = azekura_store::object::GetRequest {
        key: key(K),
        which: Which::Current,
        conditions: azekura_model::condition::Conditions::default(),
        range: None,
        part: None,
    };
    let by = common::by(azekura_model::access::Action::GetObject);
    let got = disk.store.get(&by, &bucket_name(B), request).await;
    let got = read_all(got.unwrap().body).await.unwrap();
    assert_eq!(got, b"lives", "{what}");
}

/// Nothing of the keys is left in any file of the journal, and nothing that they sealed.
async fn assert_destroyed(prepared: &Prepared, dir: &Path, what: &str) {
    let disk = Disk::open(dir, prepared.wall, Ends::Never).await;
    assert_eq!(disk.ending.status().damage, [] as [String; 0], "{what}");
    let report = disk.store.keep().await.unwrap();
    assert_eq!((report.keys_destroyed, report.failed), (0, 0), "{what}");
    for at in [prepared.partition, CONFIGURATION] {
        assert_eq!(
            kinds(&*disk.ending, prepared.bucket, at, true),
            [],
            "{what}"
        );
    }
    lives(&disk, what).await;
    let copies = prepared.sealed.iter();
    let opened = copies
        .filter(|copy| open_record(&disk.keys, copy.kind, &copy.core, &copy.particulars).is_ok());
    assert_eq!(opened.count(), 0, "{what}");
    disk.store.engine().close().unwrap();
    let journal = Places::in_dir(dir).journal();
    for record in &prepared.holders {
        assert_eq!(places(&journal, &bytes(record)[5..21]), [], "{what}");
    }
    assert_checks(dir, what);
    assert_reads(dir, what);
}

async fn ended(prepared: &Prepared, place: usize, zeros: Zeros, rebuild: bool) {
    let what = format!("release {place}, {zeros:?}, rebuilt: {rebuild}");
    let dir = tempfile::tempdir().unwrap();
    copy(prepared.dir.path(), dir.path());
    let disk = Disk::open(dir.path(), prepared.wall, Ends::BeforeErasing(place)).await;
    disk.store.keep().await.unwrap_err();
    let proof = disk.ending.held().unwrap();
    let listed: Vec<_> = records(&*disk.ending, proof.partition())
        .into_iter()
        .filter(|record| proof.erase().contains(&record.position.sequence))
        .collect();
    assert!(listed.len() > 1, "{what}");
    drop(disk);
    let places = Places::in_dir(dir.path());
    zero(&places.journal(), &listed, zeros);
    if rebuild {
        std::fs::remove_dir_all(places.index()).unwrap();
    }
    // The check goes by the journal and by what a later release says: nothing is wrong.
    assert_checks(dir.path(), &what);
    assert_reads(dir.path(), &what);
    let disk = Disk::open(dir.path(), prepared.wall, Ends::Never).await;
    assert_eq!(disk.ending.status().damage, [] as [String; 0], "{what}");
    lives(&disk, &what).await;
    disk.store.engine().close().unwrap();
    assert_destroyed(prepared, dir.path(), &what).await;
}

#[tokio::test]
async fn keys_are_destroyed_on_files_whatever_is_zeros_when_the_process_ends() {
    let prepared = prepared().await;
    let keys = Disk::open(prepared.dir.path(), prepared.wall, Ends::Never).await;
    let copies = prepared.sealed.iter();
    let opened = copies
        .filter(|copy| open_record(&keys.keys, copy.kind, &copy.core, &copy.particulars).is_ok());
    assert_eq!(opened.count(), prepared.sealed.len());
    keys.store.engine().close().unwrap();
    drop(keys);
    // Of what the keys seal in the bucket's partition; of that in the configuration; of the keys.
    for place in 0..3 {
        for (zeros, rebuild) in [
            (
                if place == 1 {
                    Zeros::None
                } else {
                    Zeros::First
                },
                true,
            ),
            (Zeros::AllButFirst, place == 0),
            (Zeros::HalfOfEach, place == 2),
        ] {
            ended(&prepared, place, zeros, rebuild).await;
        }
    }
}
