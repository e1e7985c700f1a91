use super::*;
use crate::body::{Body, Claims};
use crate::object::{Attributes, PutRequest};
use crate::projector::{Projector, erased_mutations};
use crate::store::{Parts, Store};
use crate::upload::{CompleteUpload, CompletedPart, CreateUpload, PutPart};
use crate::vault::dump::{DumpOptions, dump};
use crate::vault::{InitOptions, OpenOptions, init, open};
use azekura_engine::seam::{Commit, CommitClass, CommitId, NewRecord};
use azekura_model::access::{Action, Authorized};
use azekura_model::condition::Conditions;
use azekura_model::name::{BucketName, ObjectKey};
use azekura_model::position::RegionName;
use azekura_model::tag::{TagSet, Tagged};
use azekura_record::core::RecordKind;
use azekura_record::released::ReleaseList;
use bytes::Bytes;
use std::path::{Path, PathBuf};

fn content(bytes: usize) -> Vec<u8> {
    (0..bytes)
        .map(|i| u8::try_from((i / 3) % 249).unwrap())
        .collect()
}

fn body(content: Vec<u8>) -> Body {
    let chunks: Vec<_> = content
        .chunks(100_000)
        .map(|chunk| Ok(Bytes::copy_from_slice(chunk)))
        .collect();
    Box::pin(futures::stream::iter(chunks))
}

fn key(name: &str) -> ObjectKey {
    ObjectKey::parse(name).unwrap()
}

async fn put(store: &Store, bucket: &BucketName, name: &str, bytes: usize) {
    let request = PutRequest {
        lock: azekura_model::lock::LockAsked::default(),
        key: key(name),
        attributes: Attributes::default(),
        claims: Claims::default(),
        conditions: Conditions::default(),
        body: body(content(bytes)),
    };
    let by = Authorized::internal("test", Action::PutObject);
    store.put(&by, bucket, request).await.unwrap();
}

async fn put_parts(store: &Store, bucket: &BucketName, name: &str, sizes: &[usize]) {
    let by = Authorized::internal("test", Action::PutObject);
    let create = CreateUpload {
        lock: azekura_model::lock::LockAsked::default(),
        key: key(name),
        attributes: Attributes::default(),
        checksum: None,
    };
    let upload = store.create_upload(&by, bucket, create).await.unwrap().id;
    let mut parts = Vec::new();
    for (number, bytes) in (1..).zip(sizes) {
        let part = PutPart {
            key: key(name),
            upload,
            number,
            claims: Claims::default(),
            body: body(content(*bytes)),
        };
        let stored = store.put_part(&by, bucket, part).await.unwrap();
        parts.push(CompletedPart {
            number,
            etag: hex::encode(stored.md5),
            checksum: None,
        });
    }
    let complete = CompleteUpload {
        key: key(name),
        upload,
        parts,
        checksum: None,
        bytes: None,
        conditions: Conditions::default(),
    };
    store.complete_upload(&by, bucket, complete).await.unwrap();
}

/// A vault with one object of each shape, closed.
async fn filled() -> (tempfile::TempDir, CheckOptions) {
    let dir = tempfile::tempdir().unwrap();
    let places = Places::in_dir(dir.path().join("vault"));
    init(&InitOptions {
        places: places.clone(),
        region: RegionName::parse("jp-tokyo").unwrap(),
        passphrase: None,
    })
    .unwrap();
    let options = OpenOptions::new(places.clone(), None);
    let vault = open(
        &options,
        |keys, clock| Box::new(Projector::new(keys, clock)),
        &mut |_| {},
    )
    .unwrap();
    let store = Store::new(Parts {
        engine: Arc::clone(&vault.engine),
        keys: vault.keys,
        clock: vault.clock,
        ids: vault.ids,
        entropy: vault.entropy,
        region: vault.format.region,
        memory: Arc::default(),
    });
    store.bootstrap("病院").await.unwrap();
    store.start().await.unwrap();
    let bucket = BucketName::parse("records").unwrap();
    let by = Authorized::internal("test", Action::CreateBucket);
    store.create_bucket(&by, &bucket).await.unwrap();
    let tags = vec![("ward".to_owned(), "東3".to_owned())];
    let tags = TagSet::parse(Tagged::Bucket, tags).unwrap();
    let set = store.configure_bucket(&by, &bucket, tags);
    set.await.unwrap();
    put(&store, &bucket, "empty", 0).await;
    put(&store, &bucket, "small", 1_000).await;
    put(&store, &bucket, "inline", 300_000).await;
    put(&store, &bucket, "blob", 3_000_000).await;
    put_parts(&store, &bucket, "parts", &[6_000_000, 40_000]).await;
    vault.engine.close().unwrap();
    let options = CheckOptions {
        tenant_passphrase: None,
        places,
        passphrase: None,
        with_keys: true,
        compare_index: true,
    };
    (dir, options)
}

fn checked(options: &CheckOptions) -> Report {
    check(options, &mut |_| {}).unwrap()
}

fn keys_of(report: &Report) -> Vec<&str> {
    let mut keys: Vec<_> = report
        .damaged
        .iter()
        .map(|damaged| damaged.key.as_deref().unwrap_or("?"))
        .collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path));
        } else {
            all.push(path);
        }
    }
    all.sort();
    all
}

fn flip(path: &Path, at: u64) {
    use std::os::unix::fs::FileExt as _;
    let file = std::fs::File::options()
        .read(true)
        .write(true)
        .open(path)
        .unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, at).unwrap();
    file.write_all_at(&[byte[0] ^ 1], at).unwrap();
}

#[tokio::test]
async fn a_sound_vault_is_verified_whole_with_and_without_keys() {
    let (_dir, mut options) = filled().await;
    let report = checked(&options);
    assert!(report.is_sound(), "{report:#?}");
    assert_eq!(report.versions, 5);
    assert_eq!(
        report.content_bytes,
        1_000 + 300_000 + 3_000_000 + 6_040_000
    );
    assert!(report.heads > 0);
    assert!(report.unknown_blobs.is_empty());
    options.with_keys = false;
    std::fs::remove_file(options.places.secret_file()).unwrap();
    let report = checked(&options);
    assert!(report.is_sound(), "{report:#?}");
}

#[tokio::test]
async fn a_flip_in_a_blob_names_its_version() {
    let (_dir, mut options) = filled().await;
    let blobs = files(&options.places.blobs()[0]);
    assert_eq!(blobs.len(), 2);
    let mut named = Vec::new();
    for blob in &blobs {
        flip(blob, 1_500_000);
        let report = checked(&options);
        assert_eq!(report.damaged.len(), 1, "{report:#?}");
        assert_eq!(report.damaged[0].bucket, "records");
        named.push(report.damaged[0].key.clone().unwrap());
        options.with_keys = false;
        assert!(!checked(&options).is_sound());
        options.with_keys = true;
        flip(blob, 1_500_000);
    }
    named.sort();
    assert_eq!(named, ["blob", "parts"]);
    std::fs::remove_file(&blobs[0]).unwrap();
    assert_eq!(checked(&options).damaged.len(), 1);
}

#[tokio::test]
async fn every_flip_in_the_journal_is_noticed_and_content_loss_is_named() {
    let (dir, options) = filled().await;
    let segment = files(&options.places.journal())
        .into_iter()
        .find(|path| path.extension().is_some_and(|e| e == "seg"))
        .unwrap();
    let dump_options = DumpOptions {
        places: options.places.clone(),
        passphrase: None,
        with_keys: true,
    };
    let mut out = Vec::new();
    dump(&dump_options, &mut out).unwrap();
    let records: Vec<serde_json::Value> = std::str::from_utf8(&out)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let mut versions = 0;
    for record in &records {
        let offset = record["offset"].as_u64().unwrap();
        // Inside the envelope: the whole record is lost and must be named by the index.
        flip(&segment, offset + 100);
        let report = checked(&options);
        assert!(!report.is_sound(), "{record}");
        if record["kind"] == 16 {
            versions += 1;
            let key = record["event"]["key"].as_str().unwrap();
            assert!(keys_of(&report).contains(&key), "{key}: {report:#?}");
        }
        flip(&segment, offset + 100);
    }
    assert_eq!(versions, 5);
    assert!(checked(&options).is_sound());
    drop(dir);
}

#[tokio::test]
async fn the_dump_shows_names_and_no_keys() {
    let (_dir, options) = filled().await;
    let mut dump_options = DumpOptions {
        places: options.places.clone(),
        passphrase: None,
        with_keys: true,
    };
    let mut out = Vec::new();
    let records = dump(&dump_options, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert_eq!(records, text.lines().count() as u64);
    assert!(text.contains("\"key\":\"inline\""));
    assert!(text.contains("\"bucket_name\":\"records\""));
    assert!(text.contains("\"setting\":{\"tags\":{\"ward\":\"東3\"}}"));
    for secret in ["data_key", "wrapped_key", "upload_key", "salt"] {
        assert!(!text.contains(secret), "{secret}");
    }
    dump_options.with_keys = false;
    let mut out = Vec::new();
    dump(&dump_options, &mut out).unwrap();
    assert!(!String::from_utf8(out).unwrap().contains("inline\""));
}

#[tokio::test]
async fn an_index_that_lags_or_lies_is_told_apart() {
    let (_dir, options) = filled().await;
    assert!(checked(&options).is_sound());
    let view = index::open(&options.places).unwrap().unwrap();
    let watermark = view.watermark().unwrap();
    let partition = index::heads(&*view).last().unwrap().0;
    let lie = azekura_engine::index::DurableCommit {
        partition,
        sequence: index::heads(&*view).last().unwrap().1,
        chain: [1; 32],
        locator: azekura_engine::index::Locator {
            segment: 0,
            offset: 4096,
            bytes: 1,
        },
        mutations: azekura_engine::seam::Mutations::default(),
    };
    view.apply(&[lie], watermark).unwrap();
    view.close().unwrap();
    drop(view);
    let report = checked(&options);
    assert!(
        report.findings.iter().any(|f| f.contains("rebuild-index")),
        "{report:#?}"
    );
    assert!(report.damaged.is_empty(), "the journal is whole");
}

/// Lines of the dump.
fn dumped(options: &CheckOptions) -> Vec<serde_json::Value> {
    let mut out = Vec::new();
    let dump_options = DumpOptions {
        places: options.places.clone(),
        passphrase: None,
        with_keys: options.with_keys,
    };
    dump(&dump_options, &mut out).unwrap();
    let lines = std::str::from_utf8(&out).unwrap().lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The record of an object's version.
fn version_of(options: &CheckOptions, name: &str) -> serde_json::Value {
    let mut lines = dumped(options).into_iter();
    lines
        .find(|line| line["event"]["key"] == name && line["kind"] == 16)
        .unwrap()
}

/// Zeroes bytes of the sealed payload of "small"; its own checksum says where that is.
fn zero_payload(options: &CheckOptions, bytes: impl Fn(usize) -> usize) {
    use std::os::unix::fs::FileExt as _;
    let segment = files(&options.places.journal())
        .into_iter()
        .find(|path| path.extension().is_some_and(|e| e == "seg"))
        .unwrap();
    let small = version_of(options, "small");
    let payload_bytes = usize::try_from(small["payload_bytes"].as_u64().unwrap()).unwrap();
    let content = std::fs::read(&segment).unwrap();
    let frame = usize::try_from(small["offset"].as_u64().unwrap()).unwrap();
    let start = (frame..frame + 2_000)
        .find(|at| {
            frames::check_without_keys(0..1, &content[*at..*at + payload_bytes], 1_000).is_ok()
        })
        .unwrap();
    let file = std::fs::File::options().write(true).open(&segment).unwrap();
    file.write_all_at(&vec![0; bytes(payload_bytes)], start as u64)
        .unwrap();
}

/// Commits a release record for the version of "small"; erases it, too, when asked.
async fn release_small(options: &CheckOptions, erase: bool) {
    let small = version_of(options, "small");
    let partition = u64::from_str_radix(small["partition"].as_str().unwrap(), 16).unwrap();
    let partition = PartitionId(partition);
    let sequence = Sequence(small["sequence"].as_u64().unwrap());
    let vault = open(
        &OpenOptions::new(options.places.clone(), None),
        |keys, clock| Box::new(Projector::new(keys, clock)),
        &mut |_| {},
    )
    .unwrap();
    let made = vault.engine.journal(partition, sequence, 1).unwrap();
    let core = Core {
        kind: RecordKind::Released,
        ..Core::decode(&made[0].core).unwrap()
    };
    let list = ReleaseList {
        erase: vec![sequence],
        blobs: Vec::new(),
    };
    let commit = Commit {
        id: CommitId([0xcd; 16]),
        class: CommitClass::Essential,
        guards: Vec::new(),
        mutations: erased_mutations(&core),
        record: NewRecord {
            kind: core.kind.number(),
            core: core.encode().into(),
            particulars: Bytes::from_static(b"sealed names, erased last"),
            payload: list.encode().into(),
        },
    };
    let record = vault.engine.commit(partition, commit).await.unwrap();
    let proof = azekura_model::release::resume(record.position, list.erase, list.blobs).unwrap();
    if erase {
        vault.engine.release(proof).unwrap();
        assert!(vault.engine.status().damage.is_empty());
    }
    vault.engine.close().unwrap();
}

#[tokio::test]
async fn what_a_release_record_lists_is_erased_and_not_damage() {
    let (_dir, mut options) = filled().await;
    let before = checked(&options).versions;
    release_small(&options, true).await;
    // The names in the index are the keeper's to take out.
    options.compare_index = false;
    for with_keys in [true, false] {
        options.with_keys = with_keys;
        let report = checked(&options);
        assert!(report.is_sound(), "{report:#?}");
        assert!(report.erased > 0 && report.versions < before);
        let lines = dumped(&options);
        let released = lines.iter().find(|line| line["kind"] == 27).unwrap();
        assert_eq!(released["releases"]["records"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn what_nobody_released_is_damage_though_it_is_all_zeros() {
    let (_dir, mut options) = filled().await;
    zero_payload(&options, |all| all);
    for with_keys in [true, false] {
        options.with_keys = with_keys;
        let report = checked(&options);
        assert_eq!(report.damaged.len(), 1, "{report:#?}");
        assert_eq!(keys_of(&report), ["small"]);
        assert!(report.damaged[0].what.contains("no release record"));
    }
}

#[tokio::test]
async fn a_payload_half_zeroed_is_damage_unless_a_release_was_interrupted() {
    let (_dir, mut options) = filled().await;
    options.compare_index = false;
    zero_payload(&options, |all| all / 2);
    let report = checked(&options);
    assert!(!report.is_sound());
    assert_eq!(keys_of(&report), ["small"]);
    release_small(&options, false).await;
    // The release record's own particulars make no sense here: they are damage until erased.
    let report = checked(&options);
    assert!(
        report.damaged.iter().all(|found| found.key.is_none()),
        "{report:#?}"
    );
    release_small(&options, true).await;
    let report = checked(&options);
    assert!(report.is_sound(), "{report:#?}");
}
