//! Sub-resources of a bucket: set, cleared, kept over restarts and rebuilds.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod common;

use azekura_model::access::Action;
use azekura_model::bucket::Versioning;
use azekura_model::bucket_config::{
    Configured, DefaultEncryption, ObjectOwnership, PublicAccessBlock,
};
use azekura_model::cors::{CorsMethod, CorsRule, CorsRules};
use azekura_model::tag::{TagSet, Tagged};
use azekura_store::error::StoreError;
use azekura_store::store::Store;
use common::{Vault, assert_rebuild_equals, bucket_name, by};

const B: &str = "records";

fn tags(pairs: &[(&str, &str)]) -> TagSet {
    let pairs = pairs.iter().map(|(k, v)| ((*k).into(), (*v).into()));
    TagSet::parse(Tagged::Bucket, pairs.collect()).unwrap()
}

fn rules() -> CorsRules {
    CorsRules::new(vec![CorsRule {
        id: Some("画面".to_owned()),
        origins: vec!["https://*.hospital.example".to_owned()],
        methods: CorsMethod::ALL.to_vec(),
        allowed_headers: vec!["*".to_owned()],
        expose_headers: vec!["ETag".to_owned()],
        max_age_seconds: Some(600),
    }])
    .unwrap()
}

async fn set_all(store: &Store) {
    let (by, name) = (by(Action::PutBucketTagging), bucket_name(B));
    let block = PublicAccessBlock {
        block_public_policy: false,
        ..PublicAccessBlock::ALL
    };
    let encryption = DefaultEncryption {
        bucket_key_enabled: true,
    };
    let set = tags(&[("部署", "放射線科")]);
    store.configure_bucket(&by, &name, set).await.unwrap();
    store.configure_bucket(&by, &name, rules()).await.unwrap();
    store.configure_bucket(&by, &name, block).await.unwrap();
    store
        .configure_bucket(&by, &name, encryption)
        .await
        .unwrap();
    store
        .clear_bucket_setting::<ObjectOwnership>(&by, &name)
        .await
        .unwrap();
}

fn assert_all(store: &Store) {
    let name = bucket_name(B);
    assert_eq!(
        store.bucket_setting(&name),
        Ok(Configured::Set(tags(&[("部署", "放射線科")])))
    );
    assert_eq!(store.bucket_setting(&name), Ok(Configured::Set(rules())));
    assert_eq!(
        store.bucket_setting(&name),
        Ok(Configured::Set(PublicAccessBlock {
            block_public_policy: false,
            ..PublicAccessBlock::ALL
        }))
    );
    assert_eq!(
        store.bucket_setting(&name),
        Ok(Configured::Set(DefaultEncryption {
            bucket_key_enabled: true
        }))
    );
    let cleared: Configured<ObjectOwnership> = store.bucket_setting(&name).unwrap();
    assert_eq!(cleared, Configured::Cleared);
}

#[tokio::test]
async fn every_sub_resource_outlives_a_restart_and_a_rebuild() {
    let vault = Vault::with_bucket(B, Versioning::Unversioned).await;
    let name = bucket_name(B);
    let never: Configured<TagSet> = vault.store.bucket_setting(&name).unwrap();
    assert_eq!(never, Configured::Never);
    set_all(&vault.store).await;
    assert_all(&vault.store);
    assert_rebuild_equals(&vault.engine);
    let again = vault.restarted().await;
    assert_all(&again.store);
    // The last one counts, whole.
    let by = by(Action::PutBucketTagging);
    let other = tags(&[("cost", "7")]);
    let set = again.store.configure_bucket(&by, &name, other.clone());
    set.await.unwrap();
    assert_eq!(
        again.store.bucket_setting(&name),
        Ok(Configured::Set(other))
    );
    assert_rebuild_equals(&again.engine);
}

#[tokio::test]
async fn a_bucket_of_the_same_name_begins_anew_and_the_old_one_keeps_its_own() {
    let vault = Vault::with_bucket(B, Versioning::Unversioned).await;
    let (by, name) = (by(Action::DeleteBucket), bucket_name(B));
    set_all(&vault.store).await;
    let old = vault.store.bucket(&name).unwrap().uuid;
    vault.store.delete_bucket(&by, &name).await.unwrap();
    let set = vault.store.configure_bucket(&by, &name, rules()).await;
    assert_eq!(set, Err(StoreError::NoSuchBucket));
    let read = vault.store.bucket_setting::<CorsRules>(&name);
    assert_eq!(read, Err(StoreError::NoSuchBucket));
    vault.store.create_bucket(&by, &name).await.unwrap();
    let never: Configured<CorsRules> = vault.store.bucket_setting(&name).unwrap();
    assert_eq!(never, Configured::Never);
    let kept = format!("bucket-config/{old}/");
    let entries = common::live(&vault.engine);
    let of_old = entries
        .keys()
        .filter(|(_, _, key)| key.starts_with(kept.as_bytes()));
    assert_eq!(of_old.count(), 5);
    assert_rebuild_equals(&vault.engine);
}

/// The guard on the name: a deletion that commits first leaves nothing to configure.
#[tokio::test]
async fn a_setting_never_lands_in_a_bucket_that_took_the_name() {
    let vault = Vault::with_bucket(B, Versioning::Unversioned).await;
    let (by, name) = (by(Action::DeleteBucket), bucket_name(B));
    for round in 0..20 {
        let set = tags(&[("round", &round.to_string())]);
        let (deleted, configured) = tokio::join!(
            async {
                vault.store.delete_bucket(&by, &name).await?;
                vault.store.create_bucket(&by, &name).await
            },
            vault.store.configure_bucket(&by, &name, set.clone()),
        );
        deleted.unwrap();
        let now: Configured<TagSet> = vault.store.bucket_setting(&name).unwrap();
        match configured {
            // It came after the new bucket, or before the end of the old one.
            Ok(()) => assert!(now == Configured::Set(set) || now == Configured::Never),
            Err(error) => {
                assert_eq!(error, StoreError::NoSuchBucket);
                assert_eq!(now, Configured::Never);
            }
        }
    }
    assert_rebuild_equals(&vault.engine);
}
