//! Grouped commits through the embedded engine.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use azekura_bench::clock::now;
use azekura_engine::embedded::{Embedded, NewVault, Options};
use azekura_engine::seam::{
    Engine, Mutations, Project, ProjectError, ReadView, SignHead, StoredRecord,
};
use azekura_model::position::{Incarnation, PartitionId, RegionName};
use bytes::Bytes;

use crate::load;

struct Signer(Ed25519KeyPair);

impl SignHead for Signer {
    fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).as_ref().try_into().unwrap()
    }

    fn public_key(&self) -> [u8; 32] {
        self.0.public_key().as_ref().try_into().unwrap()
    }
}

struct Nothing;

impl Project for Nothing {
    fn begin(&self, _: &dyn ReadView) -> Result<(), ProjectError> {
        Ok(())
    }

    fn project(&self, _: &StoredRecord) -> Result<Mutations, ProjectError> {
        Ok(Mutations::default())
    }
}

/// A new vault with its engine.
pub(crate) fn open(dir: &Path) -> Arc<Embedded> {
    let options = Options::new(
        dir.join("journal"),
        dir.join("index"),
        vec![dir.join("blobs")],
        64 << 20,
    );
    let pair = Ed25519KeyPair::from_seed_unchecked(&[1; 32]).unwrap();
    let signer = Arc::new(Signer(pair));
    let new = NewVault::new(RegionName::parse("local").unwrap(), Incarnation([5; 16]));
    Embedded::create(&options, &new, &*signer).unwrap();
    Arc::new(Embedded::open(options, signer, &Nothing, &mut |_| ()).unwrap())
}

/// Commits by `writers` tasks until a moment; returns how many were made.
pub(crate) async fn run(
    engine: &Arc<Embedded>,
    counter: &Arc<AtomicU64>,
    writers: usize,
    until: Instant,
    payload: usize,
) -> u64 {
    let before = counter.load(Ordering::Relaxed);
    let payload = Bytes::from(vec![9; payload]);
    let tasks: Vec<_> = (0..writers)
        .map(|_| {
            let (engine, counter, payload) = (engine.clone(), counter.clone(), payload.clone());
            tokio::spawn(async move {
                while now() < until {
                    let number = counter.fetch_add(1, Ordering::Relaxed);
                    let commit = load::commit(number, &payload);
                    engine.commit(PartitionId(1), commit).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    counter.load(Ordering::Relaxed) - before
}

/// Waits until the index holds all that was committed, so that its work burdens nobody else.
pub(crate) async fn drain(engine: &Embedded) {
    let mut tick = azekura_bench::clock::ticks(5);
    while engine.status().unindexed_commits > 0 {
        tick.tick().await;
    }
}
