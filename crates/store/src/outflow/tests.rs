use super::*;
use crate::body::Claims;
use crate::intake::tests::{BUCKET, PAYLOAD, body, content, engine, take};
use crate::intake::{Received, Sealed};
use azekura_engine::seam::{Commit, CommitClass, CommitId, Mutations, NewRecord};
use futures::StreamExt as _;

const PARTITION: PartitionId = PartitionId(7);

async fn store(engine: &Arc<dyn Engine>, plain: &[u8]) -> (Piece, Received) {
    let (received, _) = take(engine, body(plain, 100_000), Claims::default()).await;
    let received = received.unwrap();
    let source = match &received.sealed {
        Sealed::Blob { blob, .. } => Source::Blob(*blob),
        Sealed::Inline(stored) => commit(engine, stored.clone()).await,
        Sealed::Empty => commit(engine, Bytes::new()).await,
    };
    let piece = Piece {
        name: "version x".to_owned(),
        source,
        payload: PAYLOAD,
        data_key: received.data_key.clone().unwrap(),
        content_bytes: plain.len() as u64,
    };
    (piece, received)
}

async fn commit(engine: &Arc<dyn Engine>, payload: Bytes) -> Source {
    let mut id = [0; 16];
    crate::entropy::Entropy::fill(&crate::entropy::SystemEntropy, &mut id).unwrap();
    let committed = engine
        .commit(
            PARTITION,
            Commit {
                id: CommitId(id),
                class: CommitClass::Data,
                guards: Vec::new(),
                mutations: Mutations::default(),
                record: NewRecord {
                    kind: 16,
                    core: Bytes::from_static(b"core"),
                    particulars: Bytes::new(),
                    payload,
                },
            },
        )
        .await
        .unwrap();
    Source::Record(PARTITION, committed.position.sequence)
}

async fn collect(body: Body) -> Result<Vec<u8>, BodyError> {
    let chunks: Vec<_> = body.collect().await;
    let mut all = Vec::new();
    for chunk in chunks {
        all.extend_from_slice(&chunk?);
    }
    Ok(all)
}

#[tokio::test]
async fn every_range_of_every_size_comes_back() {
    for bytes in [0, 1, 65_536, 65_537, 700_000, 3_000_000_usize] {
        let engine = engine();
        let plain = content(bytes);
        let (piece, _) = store(&engine, &plain).await;
        for (from, until) in [
            (0, bytes),
            (0, bytes.min(1)),
            (bytes / 2, bytes),
            (bytes / 3, bytes / 2),
            (bytes.saturating_sub(1), bytes),
            (65_536.min(bytes), 65_540.min(bytes)),
        ] {
            let body = stream(
                &engine,
                &MemoryBudget::default(),
                BUCKET,
                vec![piece.clone()],
                from as u64..until as u64,
            )
            .await
            .unwrap();
            assert!(collect(body).await.unwrap() == plain[from..until]);
        }
    }
}

#[tokio::test]
async fn pieces_are_joined_and_ranges_cross_them() {
    let engine = engine();
    let sizes = [100_000, 1, 0, 2_000_000, 65_536];
    let mut pieces = Vec::new();
    let mut plain = Vec::new();
    for bytes in sizes {
        let part = content(bytes);
        pieces.push(store(&engine, &part).await.0);
        plain.extend(part);
    }
    for (from, until) in [
        (0, plain.len()),
        (99_999, 100_002),
        (100_000, 100_001),
        (50, 2_100_010),
        (plain.len() - 1, plain.len()),
    ] {
        let body = stream(
            &engine,
            &MemoryBudget::default(),
            BUCKET,
            pieces.clone(),
            from as u64..until as u64,
        )
        .await
        .unwrap();
        assert!(collect(body).await.unwrap() == plain[from..until]);
    }
}

#[tokio::test]
async fn damage_at_the_start_is_an_answer_and_later_ends_the_stream() {
    let engine = engine();
    let plain = content(900_000);
    let (mut piece, received) = store(&engine, &plain).await;
    let Sealed::Inline(stored) = received.sealed else {
        panic!("inline");
    };
    for (at, early) in [(10, true), (800_000, false)] {
        let mut bad = stored.to_vec();
        bad[at] ^= 1;
        piece.source = commit(&engine, bad.into()).await;
        let outcome = stream(
            &engine,
            &MemoryBudget::default(),
            BUCKET,
            vec![piece.clone()],
            0..900_000,
        )
        .await;
        if early {
            let error = outcome.err().unwrap();
            assert!(matches!(&error, StoreError::Damaged(text) if text.contains("version x")));
            continue;
        }
        let chunks: Vec<_> = outcome.unwrap().collect().await;
        let good: usize = chunks.iter().flatten().map(Bytes::len).sum();
        assert_eq!(good, 12 * FRAME_BYTES, "only whole, verified jobs");
        let (last, before) = chunks.split_last().unwrap();
        assert!(before.iter().all(Result::is_ok));
        assert!(
            matches!(last, Err(BodyError::Source(text)) if text.contains("version x: frame 12"))
        );
    }
}

#[tokio::test]
async fn a_missing_blob_is_damage() {
    let engine = engine();
    let (mut piece, _) = store(&engine, &content(2_000_000)).await;
    piece.source = Source::Blob(BlobId {
        intent: [9; 16],
        attempt: [9; 16],
    });
    let outcome = stream(
        &engine,
        &MemoryBudget::default(),
        BUCKET,
        vec![piece],
        0..10,
    )
    .await;
    assert!(matches!(outcome.err().unwrap(), StoreError::Damaged(_)));
}
