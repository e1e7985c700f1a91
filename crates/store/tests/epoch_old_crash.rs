//! The destruction of an old epoch's key of a bucket that lives, on real files: the process ends before
//! the key is erased, with none, half or all of it zeros; then the next start, an index rebuilt from the
//! journal, `vault check` and the reader. And a rotation whose process ends right behind it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test stops at the first surprise"
)]

mod common;

use std::path::Path;

use azekura_engine::seam::{Engine, Part, StoredRecord};
use azekura_model::access::Action;
use azekura_model::condition::Conditions;
use azekura_model::ident::BucketUuid;
use azekura_model::time::WallTime;
use azekura_record::core::{Core, RecordKind};
use azekura_store::families::CONFIGURATION;
use azekura_store::object::{GetRequest, Which};
use azekura_store::seal::record::open_record;
use azekura_store::vault::Places;
use common::disk::{Disk, copy, make, places};
use common::ending::Ends;
use common::used_up::{B, DAY, use_up};
use common::zeros::{Zeros, assert_checks, assert_reads, bytes, records, zero};
use common::{BEGIN_MS, bucket_name, by, key, put_request, read_all, writer};

const LIVES: &str = "lives";

/// A vault on files, closed: nothing is left under the first epoch of a bucket, whose key is there.
struct Prepared {
    dir: tempfile::TempDir,
    bucket: BucketUuid,
    wall: WallTime,
    /// The record that holds the key of the first epoch.
    holder: StoredRecord,
    /// What that key sealed.
    sealed: Vec<StoredRecord>,
}

async fn rotate(disk: &Disk) -> u32 {
    let by = by(Action::AdminWrite);
    disk.store.rotate_epoch(&by, &bucket_name(B)).await.unwrap()
}

async fn put(disk: &Disk, name: &'static str) {
    let request = put_request(name, name);
    let (by, bucket) = (writer(), bucket_name(B));
    disk.store.put(&by, &bucket, request).await.unwrap();
}

async fn assert_lives(disk: &Disk, name: &str, what: &str) {
    let request = GetRequest {
        key: key(name),
        which: Which::Current,
        conditions: Conditions::default(),
        range: None,
        part: None,
    };
    let by = by(Action::GetObject);
    let got = disk.store.get(&by, &bucket_name(B), request).await;
    let got = read_all(got.unwrap().body).await.unwrap();
    assert_eq!(got, name.as_bytes(), "{what}");
}

async fn prepared() -> Prepared {
    let dir = tempfile::tempdir().unwrap();
    make(dir.path());
    let disk = Disk::open(dir.path(), WallTime(BEGIN_MS), Ends::Never).await;
    let (bucket, partition) = use_up(&disk.store).await;
    let core = |record: &StoredRecord| Core::decode(&record.core).unwrap();
    let sealed: Vec<_> = records(&*disk.ending, partition)
        .into_iter()
        .filter(|record| core(record).epoch == 1 && matches!(record.particulars, Part::Present(_)))
        .collect();
    assert!(sealed.len() > 8);
    let holder = records(&*disk.ending, CONFIGURATION)
        .into_iter()
        .find(|record| {
            let core = core(record);
            core.bucket == Some(bucket) && core.kind == RecordKind::BucketCreated
        })
        .unwrap();
    disk.run(32 * DAY);
    let report = disk.store.keep().await.unwrap();
    assert_eq!((report.keys_destroyed, report.failed), (0, 0));
    assert_eq!(rotate(&disk).await, 2);
    put(&disk, LIVES).await;
    disk.store.tick().await.unwrap();
    let wall = disk.wall();
    disk.store.engine().close().unwrap();
    Prepared {
        dir,
        bucket,
        wall,
        holder,
        sealed,
    }
}

/// The key is in no file of the journal, and copies of what it sealed do not open.
async fn assert_destroyed(prepared: &Prepared, dir: &Path, what: &str) {
    let disk = Disk::open(dir, prepared.wall, Ends::Never).await;
    assert_eq!(disk.ending.status().damage, [] as [String; 0], "{what}");
    assert_eq!(disk.store.keep().await.unwrap().failed, 0, "{what}");
    assert!(disk.keys.bucket_key(prepared.bucket, 1).is_err(), "{what}");
    let opened = prepared
        .sealed
        .iter()
        .filter(|copy| open_record(&disk.keys, copy.kind, &copy.core, &copy.particulars).is_ok());
    assert_eq!(opened.count(), 0, "{what}");
    assert_lives(&disk, LIVES, what).await;
    put(&disk, "after").await;
    assert_lives(&disk, "after", what).await;
    disk.store.engine().close().unwrap();
    let journal = Places::in_dir(dir).journal();
    let salt = &bytes(&prepared.holder)[5..21];
    assert_eq!(places(&journal, salt), [], "{what}");
    assert_checks(dir, what);
    assert_reads(dir, what);
}

#[tokio::test]
async fn an_old_key_is_destroyed_on_files_whatever_is_zeros_when_the_process_ends() {
    let prepared = prepared().await;
    for (zeros, rebuild) in [
        (Zeros::None, false),
        (Zeros::None, true),
        (Zeros::HalfOfEach, false),
        (Zeros::HalfOfEach, true),
        (Zeros::First, false),
        (Zeros::First, true),
    ] {
        let what = format!("{zeros:?}, rebuilt: {rebuild}");
        let dir = tempfile::tempdir().unwrap();
        copy(prepared.dir.path(), dir.path());
        let disk = Disk::open(dir.path(), prepared.wall, Ends::BeforeErasing(0)).await;
        disk.store.keep().await.unwrap_err();
        let proof = disk.ending.held().unwrap();
        let listed = [prepared.holder.position.sequence];
        assert_eq!(proof.erase(), &listed, "{what}");
        drop(disk);
        let places = Places::in_dir(dir.path());
        zero(
            &places.journal(),
            std::slice::from_ref(&prepared.holder),
            zeros,
        );
        if rebuild {
            std::fs::remove_dir_all(places.index()).unwrap();
        }
        assert_checks(dir.path(), &what);
        assert_reads(dir.path(), &what);
        assert_destroyed(&prepared, dir.path(), &what).await;
    }
}

/// Everything before and behind a rotation is read again, wherever its process ends.
#[tokio::test]
async fn a_rotation_that_is_cut_off_loses_nothing() {
    for rebuild in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        make(dir.path());
        let disk = Disk::open(dir.path(), WallTime(BEGIN_MS), Ends::Never).await;
        let name = bucket_name(B);
        disk.store.create_bucket(&writer(), &name).await.unwrap();
        put(&disk, "before").await;
        // Not closed: what the journal has is what was acknowledged.
        rotate(&disk).await;
        let cut = tempfile::tempdir().unwrap();
        copy(dir.path(), cut.path());
        put(&disk, "behind").await;
        drop(disk);
        if rebuild {
            std::fs::remove_dir_all(Places::in_dir(cut.path()).index()).unwrap();
        }
        let what = format!("rebuilt: {rebuild}");
        let again = Disk::open(cut.path(), WallTime(BEGIN_MS), Ends::Never).await;
        assert_lives(&again, "before", &what).await;
        put(&again, "later").await;
        assert_eq!(rotate(&again).await, 3, "{what}");
        for name in ["before", "later"] {
            assert_lives(&again, name, &what).await;
        }
        again.store.engine().close().unwrap();
        assert_checks(cut.path(), &what);
        assert_reads(cut.path(), &what);
        let whole = Disk::open(dir.path(), WallTime(BEGIN_MS), Ends::Never).await;
        for name in ["before", "behind"] {
            assert_lives(&whole, name, &what).await;
        }
    }
}
