use super::*;
use crate::entropy::{Entropy, SystemEntropy};
use azekura_engine::memory::MemoryEngine;
use azekura_model::checksum::{Checksum, ChecksumAlgorithm, ChecksumType};
use azekura_model::position::{Incarnation, RegionName};
use std::sync::atomic::{AtomicUsize, Ordering};

pub(crate) fn engine() -> Arc<dyn Engine> {
    let region = RegionName::parse("local").unwrap();
    Arc::new(MemoryEngine::new(region, Incarnation([1; 16])))
}

pub(crate) fn content(bytes: usize) -> Vec<u8> {
    (0..bytes)
        .map(|i| u8::try_from(i * 7 % 251).unwrap())
        .collect()
}

pub(crate) fn body(content: &[u8], step: usize) -> Body {
    let chunks: Vec<_> = content
        .chunks(step)
        .map(|chunk| Ok(Bytes::copy_from_slice(chunk)))
        .collect();
    Box::pin(futures::stream::iter(chunks))
}

pub(crate) const BUCKET: BucketUuid = BucketUuid([2; 16]);
pub(crate) const PAYLOAD: PayloadId = PayloadId([3; 16]);
pub(crate) const BLOB: BlobId = BlobId {
    intent: [4; 16],
    attempt: [4; 16],
};

fn keys() -> Keys {
    Keys::new(SecretKey::new([1; 32]), SystemEntropy::shared())
}

fn fresh() -> Sealing {
    Sealing {
        bucket: BUCKET,
        key: SealingKey::Fresh {
            begin: Box::new(|| PAYLOAD),
        },
    }
}

pub(crate) async fn take(
    engine: &Arc<dyn Engine>,
    body: Body,
    claims: Claims,
) -> (Result<Received, StoreError>, usize) {
    let announced = AtomicUsize::new(0);
    let (keys, memory) = (keys(), MemoryBudget::default());
    let intake = Intake {
        engine,
        keys: &keys,
        memory: &memory,
    };
    let outcome = intake
        .receive(fresh(), body, claims, 64 * 1024 * 1024, async |payload| {
            assert_eq!(payload, PAYLOAD);
            announced.fetch_add(1, Ordering::SeqCst);
            Ok(BLOB)
        })
        .await;
    (outcome, announced.load(Ordering::SeqCst))
}

#[tokio::test]
async fn small_stays_inline_and_large_becomes_a_blob() {
    for (bytes, step) in [
        (0, 10),
        (1, 10),
        (1_000, 100),
        (200_000, 8_192),
        (1 << 20, 65_536),
        ((1 << 20) + 1, 65_536),
        (5_000_000, 300_000),
    ] {
        let engine = engine();
        let plain = content(bytes);
        let claims = Claims {
            bytes: Some(bytes as u64),
            ..Claims::default()
        };
        let (received, announced) = take(&engine, body(&plain, step), claims).await;
        let received = received.unwrap();
        let mut expected = Digester::new(&[ChecksumAlgorithm::Crc64Nvme]);
        expected.update(&plain);
        assert_eq!(received.digests, expected.finish());
        let large = bytes as u64 > INLINE_CONTENT_BYTES_MAX;
        assert_eq!(announced, usize::from(large));
        assert_eq!(
            received.sealed.stored_bytes(),
            frames::sealed_bytes(bytes as u64)
        );
        assert_eq!(
            matches!(received.sealed, Sealed::Blob { .. }),
            large,
            "{bytes}"
        );
        assert_eq!(received.sealed == Sealed::Empty, bytes == 0);
        let stored = match &received.sealed {
            Sealed::Empty => Bytes::new(),
            Sealed::Inline(stored) => stored.clone(),
            Sealed::Blob { blob, sealed_bytes } => {
                engine.read_blob(*blob, 0, *sealed_bytes).unwrap()
            }
        };
        let key = received.data_key.unwrap();
        let opener = frames::FrameOpener::new(&key, PAYLOAD, BUCKET, bytes as u64).unwrap();
        let mut out = Vec::new();
        opener
            .open(0..frames::frame_count(bytes as u64), &stored, &mut out)
            .unwrap();
        assert!(out == plain);
    }
}

fn broken(after: usize, error: BodyError) -> Body {
    let mut chunks: Vec<_> = content(after)
        .chunks(50_000)
        .map(|chunk| Ok(Bytes::copy_from_slice(chunk)))
        .collect();
    chunks.push(Err(error));
    Box::pin(futures::stream::iter(chunks))
}

#[tokio::test]
async fn a_body_that_breaks_off_or_lies_is_refused() {
    for bytes in [10, 3_000_000_usize] {
        let engine = engine();
        let (outcome, _) = take(
            &engine,
            broken(bytes, BodyError::BadSignature),
            Claims::default(),
        )
        .await;
        assert_eq!(
            outcome.unwrap_err(),
            StoreError::Body(BodyError::BadSignature)
        );

        let claims = |declared: usize| Claims {
            bytes: Some(declared as u64),
            ..Claims::default()
        };
        let plain = content(bytes);
        let (outcome, _) = take(&self::engine(), body(&plain, 999), claims(bytes + 1)).await;
        assert_eq!(outcome.unwrap_err(), BodyError::Incomplete.into());
        let (outcome, _) = take(&self::engine(), body(&plain, 999), claims(bytes - 1)).await;
        assert!(matches!(
            outcome.unwrap_err(),
            StoreError::Body(BodyError::Malformed(_))
        ));
        let md5 = Claims {
            md5: Some([0; 16]),
            ..Claims::default()
        };
        let (outcome, _) = take(&self::engine(), body(&plain, 999), md5).await;
        assert_eq!(outcome.unwrap_err(), StoreError::BadDigest);
        let trailer = Checksum {
            algorithm: ChecksumAlgorithm::Crc32,
            value: vec![0; 4],
            kind: ChecksumType::FullObject,
            parts: None,
        };
        let bad = Claims {
            trailer: Some((ChecksumAlgorithm::Crc32, Box::new(|| Some(trailer)))),
            ..Claims::default()
        };
        let (outcome, _) = take(&self::engine(), body(&plain, 999), bad).await;
        assert_eq!(
            outcome.unwrap_err(),
            StoreError::BadChecksum { algorithm: "CRC32" }
        );
    }
}

#[tokio::test]
async fn too_long_is_refused_before_anything_is_read_or_soon_after() {
    let huge = Claims {
        bytes: Some(1 << 40),
        ..Claims::default()
    };
    let (outcome, announced) = take(&engine(), body(&[], 1), huge).await;
    assert!(matches!(outcome.unwrap_err(), StoreError::TooLarge { .. }));
    assert_eq!(announced, 0);
    let endless = futures::stream::repeat_with(|| Ok(Bytes::from_static(&[0; 65_536])));
    let (outcome, _) = take(&engine(), Box::pin(endless), Claims::default()).await;
    assert!(matches!(outcome.unwrap_err(), StoreError::TooLarge { .. }));
}

#[tokio::test]
async fn a_part_is_sealed_under_its_derived_key() {
    let region = RegionName::parse("local").unwrap();
    let ids = crate::ids::Ids::new(
        &region,
        Incarnation([1; 16]),
        Arc::new(crate::clock::Clock::system()),
        SystemEntropy::shared(),
    )
    .unwrap();
    let attempt = ids.attempt().unwrap();
    let id = attempt.id();
    let upload_key = SecretKey::new(SystemEntropy.bytes32().unwrap());
    let sealing = Sealing {
        bucket: BUCKET,
        key: SealingKey::Attempt {
            upload_key: upload_key.clone(),
            attempt,
        },
    };
    let plain = content(100_000);
    let (engine, keys, memory) = (engine(), keys(), MemoryBudget::default());
    let intake = Intake {
        engine: &engine,
        keys: &keys,
        memory: &memory,
    };
    let received = intake
        .receive(
            sealing,
            body(&plain, 1_000),
            Claims::default(),
            1 << 30,
            async |_| Ok(BLOB),
        )
        .await
        .unwrap();
    assert_eq!(received.payload, id);
    assert!(received.data_key.is_none());
    let Sealed::Inline(stored) = received.sealed else {
        panic!("inline");
    };
    let key = frames::part_key(&upload_key, id).unwrap();
    let opener = frames::FrameOpener::new(&key, id, BUCKET, 100_000).unwrap();
    let mut out = Vec::new();
    opener.open(0..2, &stored, &mut out).unwrap();
    assert!(out == plain);
}

#[tokio::test]
async fn single_bytes_are_joined_in_order() {
    let whole = content(5000);
    let mut pieces = body(&whole[..3000], 1);
    let rest = body(&whole[3000..], 1500);
    pieces = Box::pin(futures::StreamExt::chain(pieces, rest));
    let bounds = Bounds::new(&Claims::default(), 1 << 20).unwrap();
    let mut gathered = Gathered::new(Some(5000));
    gathered
        .read(&mut pieces, 0, 1 << 20, bounds)
        .await
        .unwrap();
    assert!(gathered.ended);
    assert_eq!(gathered.chunks.len(), 1);
    assert_eq!(gathered.chunks.concat(), whole);
}
