//! A bucket in which everything was done once, and of which nothing is shown any more.

use std::collections::BTreeSet;

use azekura_engine::seam::{Commit, CommitClass, CommitId, Engine, Part};
use azekura_model::access::Action;
use azekura_model::condition::DeleteConditions;
use azekura_model::cooling::HistoryDays;
use azekura_model::ident::BucketUuid;
use azekura_model::lock::{Bypass, LockAsked, LockRequest, Retention, RetentionMode};
use azekura_model::name::BucketName;
use azekura_model::position::{PartitionId, Sequence};
use azekura_model::requester::Requester;
use azekura_model::tag::{TagSet, Tagged};
use azekura_model::time::ComplianceTime;
use azekura_record::core::{Core, RecordKind};
use azekura_record::epoch::EpochOpened;
use azekura_record::particulars::{Event, Particulars};
use azekura_store::body::Claims;
use azekura_store::disposal::DisposalAsk;
use azekura_store::entropy::SystemEntropy;
use azekura_store::families::CONFIGURATION;
use azekura_store::keys::Keys;
use azekura_store::lock_bulk::LockSelection;
use azekura_store::object::{Attributes, Which};
use azekura_store::projector::{Happened, mutations};
use azekura_store::seal::record::seal_record;
use azekura_store::store::Store;
use azekura_store::upload::{CreateUpload, PutPart};
use bytes::Bytes;

use super::{Vault, body, bucket_name, by, key, put_request, writer};

pub(crate) const B: &str = "images";
pub(crate) const K: &str = "検査/患者-0001.dcm";
pub(crate) const DAY: i64 = 86_400_000;

/// Kinds of the records of a bucket whose particulars are there. `under_key`: those that only the key of
/// an epoch of the bucket opens.
pub(crate) fn kinds(
    engine: &dyn Engine,
    bucket: BucketUuid,
    at: PartitionId,
    under_key: bool,
) -> Vec<RecordKind> {
    let heads = engine.status().heads;
    let head = heads.iter().find(|(of, ..)| *of == at).unwrap().1;
    let limit = usize::try_from(head.0).unwrap().max(1);
    let all = engine.journal(at, Sequence(1), limit).unwrap();
    let present = all
        .iter()
        .filter(|record| matches!(record.particulars, Part::Present(_)));
    let cores = present.map(|record| Core::decode(&record.core).unwrap());
    let found: BTreeSet<_> = cores
        .filter(|core| core.bucket == Some(bucket) && (core.epoch > 0) == under_key)
        .map(|core| core.kind)
        .collect();
    found.into_iter().collect()
}

async fn upload_and_abort(store: &Store) {
    let name = bucket_name(B);
    let request = CreateUpload {
        lock: LockAsked::default(),
        key: key(K),
        attributes: Attributes::default(),
        checksum: None,
    };
    let upload = store.create_upload(&writer(), &name, request).await;
    let upload = upload.unwrap().id;
    let request = PutPart {
        key: key(K),
        upload,
        number: 1,
        claims: Claims::default(),
        body: body(vec![7_u8; 6 << 20]),
    };
    store.put_part(&writer(), &name, request).await.unwrap();
    store
        .abort_upload(&writer(), &name, &key(K), upload)
        .await
        .unwrap();
}

/// A version under GOVERNANCE for 60 days, hidden by a bypass.
pub(crate) async fn hide_under_governance(store: &Store) {
    let mut request = put_request("locked", "content");
    request.lock.retention = Some(Retention {
        mode: RetentionMode::Governance,
        until: ComplianceTime(store.clock_report().compliance.0 + 60 * DAY),
    });
    let (by_writer, name, object) = (writer(), bucket_name(B), key("locked"));
    let made = store.put(&by_writer, &name, request).await.unwrap();
    let which = Which::Version(made.version);
    let bypass = Bypass::claimed(&by(Action::BypassGovernanceRetention), true);
    let always = DeleteConditions::default();
    store
        .delete_if(
            &by_writer,
            &name,
            (&object, which),
            &always,
            bypass.as_ref(),
        )
        .await
        .unwrap();
}

/// Fills a bucket with object lock: versions, a marker, tags, a hold that was taken off, an upload,
/// blobs. All are gone from S3's sight, but the bucket is not retired.
pub(crate) async fn use_up(store: &Store) -> (BucketUuid, PartitionId) {
    let (by, name, object) = (writer(), bucket_name(B), key(K));
    let made = store.create_bucket_locked(&by, &name).await.unwrap();
    let days = HistoryDays(31);
    store.put_history_days(&by, &name, days).await.unwrap();
    let version = put(store, &name, K, "content").await;
    let large = put(store, &name, "検査/large", &"x".repeat(3 << 20)).await;
    let tags = vec![("診療科".to_owned(), "放射線".to_owned())];
    let tags = TagSet::parse(Tagged::Object, tags).unwrap();
    store
        .put_tags(&by, &name, &key(K), version, tags)
        .await
        .unwrap();
    let all = LockSelection::Prefix {
        prefix: String::new(),
        all_versions: true,
    };
    // One version takes the hold on by itself and loses it with all others, and the other way round.
    let one = |on| store.put_hold(&by, &name, (&object, version), on);
    one(true).await.unwrap();
    for on in [false, true] {
        store
            .change_locks(&by, &name, &all, &LockRequest::Hold(on), |_| {})
            .await
            .unwrap();
    }
    one(false).await.unwrap();
    store
        .change_locks(&by, &name, &all, &LockRequest::Hold(false), |_| {})
        .await
        .unwrap();
    upload_and_abort(store).await;
    let ask = DisposalAsk {
        prefix: "検査/".to_owned(),
        class: None,
        before: None,
        reason: "満了".to_owned(),
    };
    store.request_disposal(&by, &name, ask).await.unwrap();
    delete(store, &name, K, version).await;
    delete(store, &name, "検査/large", large).await;
    let marker = store
        .delete(&by, &name, &key("marker"), Which::Current)
        .await;
    let marker = marker.unwrap().version.unwrap();
    delete(store, &name, "marker", Which::Version(marker)).await;
    (made.uuid, made.partition)
}

async fn put(store: &Store, name: &BucketName, object: &str, content: &str) -> Which {
    let request = put_request(object, content.to_owned());
    let made = store.put(&writer(), name, request).await.unwrap();
    Which::Version(made.version)
}

async fn delete(store: &Store, name: &BucketName, object: &str, which: Which) {
    let deleted = store.delete(&writer(), name, &key(object), which).await;
    deleted.unwrap();
}

/// A bucket that is used up and retired. `held` is one more version that a bypassed lock keeps for 60
/// days.
pub(crate) async fn used_up(held: bool) -> (Vault, BucketUuid, PartitionId) {
    let vault = Vault::new().await;
    let (bucket, partition) = use_up(&vault.store).await;
    if held {
        hide_under_governance(&vault.store).await;
    }
    vault.run(20_000);
    retire(&vault.store).await;
    (vault, bucket, partition)
}

pub(crate) async fn retire(store: &Store) {
    let name = bucket_name(B);
    store.delete_bucket(&writer(), &name).await.unwrap();
}

/// Opens the next epoch of a bucket: from now on its records are sealed under another key.
pub(crate) async fn open_epoch(engine: &dyn Engine, keys: &Keys, bucket: BucketUuid) {
    let (_, made) = core_of(engine, CONFIGURATION, bucket, RecordKind::BucketCreated);
    let epoch = keys.newest_epoch(bucket).unwrap() + 1;
    let wrapped_key = keys.new_bucket_key(made.tenant, bucket, epoch).unwrap();
    let event = Event::EpochOpened(EpochOpened { epoch, wrapped_key });
    commit(engine, keys, CONFIGURATION, &made, event, Bytes::new()).await;
}

/// Commits a record past the store, with nothing that would refuse it.
pub(crate) async fn commit(
    engine: &dyn Engine,
    keys: &Keys,
    partition: PartitionId,
    like: &Core,
    event: Event,
    payload: Bytes,
) {
    let core = Core {
        kind: event.kind(),
        version: None,
        content_bytes: 0,
        sealed_bytes: payload.len() as u64,
        lock: azekura_model::lock::Lock::default(),
        epoch: 0,
        ..like.clone()
    };
    let particulars = Particulars {
        salt_seed: [3; 32],
        requester: Requester::vault("test"),
        permitted: None,
        event,
    };
    let sealed = seal_record(keys, core, &particulars).unwrap();
    let mutations = mutations(Happened {
        partition,
        core: &sealed.core,
        event: &particulars.event,
    })
    .unwrap();
    let mut record = sealed.record;
    record.payload = payload;
    let commit = Commit {
        id: CommitId(
            SystemEntropy::shared().bytes32().unwrap()[..16]
                .try_into()
                .unwrap(),
        ),
        class: CommitClass::Essential,
        guards: Vec::new(),
        mutations,
        record,
    };
    engine.commit(partition, commit).await.unwrap();
}

/// The core of a record of a kind, of a bucket.
pub(crate) fn core_of(
    engine: &dyn Engine,
    partition: PartitionId,
    bucket: BucketUuid,
    kind: RecordKind,
) -> (Sequence, Core) {
    let heads = engine.status().heads;
    let head = heads.iter().find(|(of, ..)| *of == partition).unwrap();
    let limit = usize::try_from(head.1.0).unwrap();
    let all = engine.journal(partition, Sequence(1), limit).unwrap();
    let cores = all.iter().map(|record| {
        (
            record.position.sequence,
            Core::decode(&record.core).unwrap(),
        )
    });
    cores
        .filter(|(_, core)| core.bucket == Some(bucket) && core.kind == kind)
        .last()
        .unwrap()
}

/// Two versions more under another epoch, gone from sight like the others.
pub(crate) async fn use_up_under_another_epoch(store: &Store, keys: &Keys, bucket: BucketUuid) {
    open_epoch(&**store.engine(), keys, bucket).await;
    let name = bucket_name(B);
    for object in ["later", "検査/later"] {
        let made = put(store, &name, object, "content").await;
        delete(store, &name, object, made).await;
    }
}
