//! Multipart uploads on the engine in memory.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test stops at the first surprise"
)]

mod common;

use azekura_engine::seam::Engine;
use azekura_model::access::Action;
use azekura_model::bucket::Versioning;
use azekura_model::checksum::{Checksum, ChecksumAlgorithm, ChecksumType};
use azekura_model::condition::Conditions;
use azekura_model::ident::UploadId;
use azekura_model::range::ByteRange;
use azekura_store::body::Claims;
use azekura_store::error::StoreError;
use azekura_store::object::{Attributes, GetRequest, PutOutcome, Which};
use azekura_store::upload::{
    CompleteUpload, CompletedPart, CreateUpload, PART_BYTES_MIN, PutPart, StoredPart,
};
use common::{
    Vault, assert_rebuild_equals, body, broken_body, bucket_name, by, if_none_match_any, key,
    read_all, writer,
};

const B: &str = "bucket";
const K: &str = "scan/ct-0001";
const MIN: usize = PART_BYTES_MIN as usize;

fn content(seed: u8, bytes: usize) -> Vec<u8> {
    (0..bytes).map(|i| (i % 249) as u8 ^ seed).collect()
}

async fn begin(
    vault: &Vault,
    checksum: Option<(ChecksumAlgorithm, ChecksumType)>,
) -> Result<UploadId, StoreError> {
    let request = CreateUpload {
        lock: azekura_model::lock::LockAsked::default(),
        key: key(K),
        attributes: Attributes {
            metadata: vec![("patient".to_owned(), "匿名".to_owned())],
            ..Attributes::default()
        },
        checksum,
    };
    let upload = vault
        .store
        .create_upload(&writer(), &bucket_name(B), request)
        .await?;
    Ok(upload.id)
}

async fn part(
    vault: &Vault,
    upload: UploadId,
    number: u32,
    bytes: Vec<u8>,
) -> Result<StoredPart, StoreError> {
    let request = PutPart {
        key: key(K),
        upload,
        number,
        claims: Claims::default(),
        body: body(bytes),
    };
    vault
        .store
        .put_part(&writer(), &bucket_name(B), request)
        .await
}

fn naming(upload: UploadId, parts: &[StoredPart]) -> CompleteUpload {
    CompleteUpload {
        key: key(K),
        upload,
        parts: parts
            .iter()
            .map(|part| CompletedPart {
                number: part.number,
                etag: hex::encode(part.md5),
                checksum: part.checksum.clone(),
            })
            .collect(),
        checksum: None,
        bytes: None,
        conditions: Conditions::default(),
    }
}

async fn complete(vault: &Vault, request: CompleteUpload) -> Result<PutOutcome, StoreError> {
    vault
        .store
        .complete_upload(&writer(), &bucket_name(B), request)
        .await
}

async fn get(vault: &Vault, range: Option<ByteRange>, part: Option<u32>) -> Vec<u8> {
    let request = GetRequest {
        key: key(K),
        which: Which::Current,
        conditions: Conditions::default(),
        range,
        part,
    };
    let got = vault
        .store
        .get(&by(Action::GetObject), &bucket_name(B), request)
        .await
        .unwrap();
    read_all(got.body).await.unwrap()
}

#[tokio::test]
async fn parts_large_and_small_become_one_version_that_reads_as_a_whole() {
    let vault = Vault::with_bucket(B, Versioning::Enabled).await;
    let upload = begin(&vault, None).await.unwrap();
    let (first, last) = (content(1, MIN), content(2, 300_000));
    // Stored twice under one number: the last one counts, the other's blob is swept in the end.
    part(&vault, upload, 2, content(9, MIN)).await.unwrap();
    let one = part(&vault, upload, 2, first.clone()).await.unwrap();
    let two = part(&vault, upload, 7, last.clone()).await.unwrap();
    let unnamed = part(&vault, upload, 9, content(3, 2_000_000)).await;
    assert!(unnamed.is_ok());
    let (listed, more) = vault
        .store
        .list_parts(&bucket_name(B), &key(K), upload, 2, 1)
        .unwrap();
    assert_eq!((listed.len(), listed[0].number, more), (1, 7, true));
    assert_eq!(vault.get_text(B, K).await, None);

    let whole = [first.clone(), last.clone()].concat();
    let mut request = naming(upload, &[one, two]);
    request.bytes = Some(whole.len() as u64);
    let outcome = complete(&vault, request.clone()).await.unwrap();
    assert_eq!(outcome.etag.parts, Some(2));
    assert_eq!(outcome.checksums[0].algorithm, ChecksumAlgorithm::Crc64Nvme);
    assert_eq!(outcome.checksums[0].kind, ChecksumType::FullObject);
    assert_eq!(complete(&vault, request).await.unwrap(), outcome);

    let vault = vault.restarted().await;
    assert_eq!(get(&vault, None, None).await, whole);
    assert_eq!(get(&vault, None, Some(7)).await, last);
    let from = MIN as u64 - 10;
    let range = ByteRange::From {
        first: from,
        last: Some(from + 19),
    };
    assert_eq!(
        get(&vault, Some(range), None).await,
        whole[MIN - 10..MIN + 10]
    );
    // Only the blob that the version names is left.
    assert_eq!(vault.engine.list_blobs().unwrap().len(), 1);
    assert_eq!(vault.store.unknown_blobs().unwrap(), vec![]);
    let page = vault
        .store
        .list_uploads(&bucket_name(B), "", "", None, 10)
        .unwrap();
    assert_eq!(page.uploads.len(), 0);
    assert_rebuild_equals(&vault.engine);
}

#[tokio::test]
async fn a_wrong_completion_is_refused_and_the_upload_goes_on() {
    let vault = Vault::with_bucket(B, Versioning::Unversioned).await;
    let upload = begin(&vault, None).await.unwrap();
    let one = part(&vault, upload, 1, content(1, 1000)).await.unwrap();
    let two = part(&vault, upload, 2, content(2, 1000)).await.unwrap();
    let both = [one.clone(), two.clone()];
    assert_eq!(
        complete(&vault, naming(upload, &both)).await,
        Err(StoreError::PartTooSmall {
            number: 1,
            bytes: 1000
        })
    );
    let backwards = naming(upload, &[two.clone(), one.clone()]);
    assert_eq!(
        complete(&vault, backwards).await,
        Err(StoreError::InvalidPartOrder)
    );
    let mut again = naming(upload, &[two.clone(), two.clone()]);
    again.parts[1].etag = hex::encode([0; 16]);
    assert_eq!(
        complete(&vault, again).await,
        Err(StoreError::InvalidPart { number: 2 }),
        "of two entries of one part the last one counts"
    );
    let mut wrong = naming(upload, std::slice::from_ref(&two));
    wrong.parts[0].etag = hex::encode([0; 16]);
    assert_eq!(
        complete(&vault, wrong).await,
        Err(StoreError::InvalidPart { number: 2 })
    );
    let mut wrong = naming(upload, std::slice::from_ref(&two));
    wrong.checksum = Some(Checksum {
        algorithm: ChecksumAlgorithm::Crc64Nvme,
        value: vec![0; 8],
        kind: ChecksumType::FullObject,
        parts: None,
    });
    assert!(matches!(
        complete(&vault, wrong).await,
        Err(StoreError::BadChecksum { .. })
    ));
    let mut wrong = naming(upload, std::slice::from_ref(&two));
    wrong.bytes = Some(1);
    assert!(matches!(
        complete(&vault, wrong).await,
        Err(StoreError::InvalidRequest(_))
    ));
    vault.put(B, K, "meanwhile").await;
    let mut conditional = naming(upload, std::slice::from_ref(&two));
    conditional.conditions = if_none_match_any();
    assert!(matches!(
        complete(&vault, conditional).await,
        Err(StoreError::Condition(_))
    ));
    assert!(complete(&vault, naming(upload, &[two])).await.is_ok());
    assert_eq!(get(&vault, None, None).await, content(2, 1000));
    assert_rebuild_equals(&vault.engine);
}

#[tokio::test]
async fn composite_checksums_name_their_parts_and_types_are_checked() {
    let vault = Vault::with_bucket(B, Versioning::Unversioned).await;
    let composite = Some((ChecksumAlgorithm::Sha256, ChecksumType::Composite));
    let upload = begin(&vault, composite).await.unwrap();
    let one = part(&vault, upload, 1, content(1, 10)).await.unwrap();
    assert_eq!(
        one.checksum.as_ref().unwrap().algorithm,
        ChecksumAlgorithm::Sha256
    );
    let outcome = complete(&vault, naming(upload, &[one])).await.unwrap();
    assert_eq!(outcome.checksums[0].kind, ChecksumType::Composite);
    assert_eq!(outcome.checksums[0].parts, Some(1));
    let full = Some((ChecksumAlgorithm::Sha256, ChecksumType::FullObject));
    assert!(matches!(
        begin(&vault, full).await,
        Err(StoreError::InvalidArgument(_))
    ));
}

/// S3 counts uploads under way not as content of a bucket; their parts go with it.
#[tokio::test]
async fn the_deletion_of_a_bucket_aborts_the_uploads_in_it() {
    let vault = Vault::with_bucket(B, Versioning::Unversioned).await;
    let upload = begin(&vault, None).await.unwrap();
    part(&vault, upload, 1, content(1, 2_000_000))
        .await
        .unwrap();
    begin(&vault, None).await.unwrap();
    assert_eq!(vault.engine.list_blobs().unwrap().len(), 1);
    let bucket = bucket_name(B);
    assert_eq!(vault.store.delete_bucket(&writer(), &bucket).await, Ok(()));
    assert_eq!(vault.engine.list_blobs().unwrap(), vec![]);
    vault.store.create_bucket(&writer(), &bucket).await.unwrap();
    assert_eq!(
        part(&vault, upload, 2, content(2, 10)).await,
        Err(StoreError::NoSuchUpload)
    );
    assert_rebuild_equals(&vault.engine);
}

#[tokio::test]
async fn an_aborted_upload_leaves_nothing_and_takes_nothing_more() {
    let vault = Vault::with_bucket(B, Versioning::Unversioned).await;
    let upload = begin(&vault, None).await.unwrap();
    let one = part(&vault, upload, 1, content(1, 2_000_000))
        .await
        .unwrap();
    let broken = PutPart {
        key: key(K),
        upload,
        number: 2,
        claims: Claims::default(),
        body: broken_body(content(2, 2_000_000)),
    };
    let bucket = bucket_name(B);
    let broken = vault.store.put_part(&writer(), &bucket, broken).await;
    assert!(matches!(broken, Err(StoreError::Body(_))));
    let abort = async || {
        let (by, key) = (writer(), key(K));
        let abort = vault.store.abort_upload(&by, &bucket, &key, upload);
        abort.await
    };
    assert_eq!(abort().await, Ok(()));
    assert_eq!(abort().await, Err(StoreError::NoSuchUpload));
    assert_eq!(vault.engine.list_blobs().unwrap(), vec![]);
    assert_eq!(
        part(&vault, upload, 1, content(1, 10)).await,
        Err(StoreError::NoSuchUpload)
    );
    assert_eq!(
        complete(&vault, naming(upload, &[one])).await,
        Err(StoreError::NoSuchUpload)
    );
    assert_eq!(vault.get_text(B, K).await, None);
    let vault = vault.restarted().await;
    assert_eq!(vault.store.delete_bucket(&writer(), &bucket).await, Ok(()));
    assert_rebuild_equals(&vault.engine);
}

#[tokio::test]
async fn uploads_are_listed_by_key_and_id_with_prefixes() {
    let vault = Vault::with_bucket(B, Versioning::Unversioned).await;
    let bucket = bucket_name(B);
    let mut expected = Vec::new();
    for object in ["a", "a", "b/1", "b/2", "c"] {
        let request = CreateUpload {
            lock: azekura_model::lock::LockAsked::default(),
            key: key(object),
            attributes: Attributes::default(),
            checksum: None,
        };
        let upload = vault
            .store
            .create_upload(&writer(), &bucket, request)
            .await
            .unwrap();
        expected.push((object.to_owned(), upload.id));
    }
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = vault.store.list_uploads(&bucket, "", "", after, 2).unwrap();
        found.extend(page.uploads.into_iter().map(|u| (u.key, u.upload)));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(found, expected);
    let page = vault
        .store
        .list_uploads(&bucket, "", "/", None, 10)
        .unwrap();
    assert_eq!(
        (page.uploads.len(), page.prefixes),
        (3, vec!["b/".to_owned()])
    );
}
