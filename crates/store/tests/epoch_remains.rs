//! What is still sealed under the key of a retired bucket when everything in it was released, and what the
//! index still says of it. The key of an epoch may be destroyed only when exactly this goes too
//! (`docs/internals/erasure.md`): a kind of record or of entry that is new here must be added there.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

mod common;

use std::collections::BTreeSet;

use azekura_engine::seam::Engine;
use azekura_model::position::PartitionId;
use azekura_record::core::RecordKind;
use azekura_store::families::CONFIGURATION;
use common::used_up::{DAY, kinds, used_up};
use common::{Vault, assert_rebuild_equals, live};

/// Families and first bytes of the index entries of a bucket's own partition.
fn entries(vault: &Vault, at: PartitionId) -> BTreeSet<(u8, String)> {
    let live = live(&vault.engine);
    let own = live.keys().filter(|(partition, ..)| *partition == at);
    own.map(|(_, family, key)| {
        let whole = *family == azekura_store::families::CONFIG.0;
        let shown = if whole { key.len() } else { 1 };
        let text = String::from_utf8_lossy(key.get(..shown).unwrap());
        (*family, text.into_owned())
    })
    .collect()
}

#[tokio::test]
async fn what_the_key_of_a_used_up_bucket_still_seals_is_known() {
    let (vault, bucket, partition) = used_up(false).await;
    // Not long enough after the bucket was retired for its keys to be destroyed.
    vault.run(31 * DAY - 10_000);
    let report = vault.store.keep().await.unwrap();
    assert_eq!((report.released, report.failed), (4, 0));
    assert_rebuild_equals(&vault.engine);
    // Nothing that names an object or holds a data key.
    let own = kinds(&*vault.engine, bucket, partition, true);
    assert_eq!(own, []);
    let others = kinds(&*vault.engine, bucket, partition, false);
    assert_eq!(
        others,
        [
            RecordKind::BucketRetired,
            RecordKind::BucketConfigured,
            RecordKind::BlobIntent,
            RecordKind::IntentWithdrawn,
            RecordKind::VersionLocked,
            RecordKind::LocksChanged,
            RecordKind::Freed,
            RecordKind::DisposalRequested,
            RecordKind::LifecycleRan,
        ]
    );
    let configuration = kinds(&*vault.engine, bucket, CONFIGURATION, true);
    assert_eq!(configuration, []);
    let others = kinds(&*vault.engine, bucket, CONFIGURATION, false);
    assert_eq!(
        others,
        [
            RecordKind::BucketCreated,
            RecordKind::BucketChanged,
            RecordKind::BucketRetired,
            RecordKind::BucketConfigured,
        ]
    );
    let left = [(3, "f"), (4, "closed"), (4, "locks"), (7, "c"), (7, "d")];
    let left = left.map(|(family, text)| (family, text.to_owned()));
    assert_eq!(entries(&vault, partition), BTreeSet::from(left));
    assert_eq!(vault.engine.list_blobs().unwrap(), []);
}

#[tokio::test]
async fn a_locked_hidden_version_keeps_its_record_in_a_retired_bucket() {
    let (vault, bucket, partition) = used_up(true).await;
    for (days, released, there) in [(32, 4, true), (30, 1, false)] {
        vault.run(days * DAY);
        let report = vault.store.keep().await.unwrap();
        assert_eq!((report.released, report.failed), (released, 0));
        let sealed = kinds(&*vault.engine, bucket, partition, true);
        assert_eq!(sealed.contains(&RecordKind::Version), there);
        let again = vault.restarted().await;
        assert_rebuild_equals(&again.engine);
    }
}
