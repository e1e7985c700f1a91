use super::*;
use crate::entropy::SeededEntropy;
use azekura_model::bucket::Versioning;
use azekura_model::ident::{TenantId, VersionId};
use azekura_model::lock::Lock;
use azekura_model::requester::Requester;
use azekura_model::time::{ComplianceTime, HybridTime, WallTime};
use azekura_record::bucket::BucketChanged;
use azekura_record::particulars::Event;
use azekura_record::tenant::TenantCreated;

const TENANT: TenantId = TenantId([1; 16]);
const BUCKET: BucketUuid = BucketUuid([2; 16]);

fn keys() -> Keys {
    let keys = Keys::new(SecretKey::new([9; 32]), Arc::new(SeededEntropy::new(3)));
    keys.new_tenant(TENANT, crate::keys::Contents::Open)
        .unwrap();
    keys.new_bucket_key(TENANT, BUCKET, 1).unwrap();
    keys.new_bucket_key(TENANT, BUCKET, 2).unwrap();
    keys
}

fn core(kind: RecordKind, bucket: Option<BucketUuid>) -> Core {
    Core {
        kind,
        hybrid: HybridTime::from_packed(77),
        wall: WallTime(5),
        compliance: ComplianceTime(6),
        tenant: TENANT,
        bucket,
        version: bucket.map(|_| VersionId([8; 16])),
        content_bytes: 0,
        sealed_bytes: 0,
        lock: Lock::default(),
        epoch: 0,
        commitment: [0; 32],
    }
}

fn particulars(keys: &Keys, event: Event) -> Particulars {
    Particulars {
        salt_seed: keys.entropy().bytes32().unwrap(),
        requester: Requester::vault("test"),
        permitted: None,
        event,
    }
}

fn changed() -> Event {
    Event::BucketChanged(BucketChanged {
        name: "records".to_owned(),
        versioning: Versioning::Enabled,
        history_days: 30,
        pending_history_days: None,
    })
}

#[test]
fn what_is_sealed_opens_and_nothing_else_does() {
    let keys = keys();
    let given = particulars(&keys, changed());
    let sealed = seal_record(&keys, core(RecordKind::BucketChanged, Some(BUCKET)), &given).unwrap();
    assert_eq!(sealed.core.epoch, 2, "the newest epoch");
    let NewRecord {
        kind,
        core: core_bytes,
        particulars: part,
        ..
    } = sealed.record.clone();
    let opened = open_record(&keys, kind, &core_bytes, &Part::Present(part.clone())).unwrap();
    assert_eq!(opened.core, sealed.core);
    assert_eq!(opened.particulars, given);
    assert!(!part.windows(7).any(|w| w == b"records"), "sealed");

    assert_eq!(
        open_record(&keys, kind, &core_bytes, &Part::Erased).unwrap_err(),
        Unopened::Erased
    );
    assert!(open_record(&keys, kind, &core_bytes, &Part::Damaged).is_err());
    assert!(open_record(&keys, 5, &core_bytes, &Part::Present(part.clone())).is_err());
    for i in 0..part.len() {
        let mut bad = part.to_vec();
        bad[i] ^= 4;
        assert!(open_record(&keys, kind, &core_bytes, &Part::Present(bad.into())).is_err());
    }
    for i in 0..part.len() {
        assert!(open_record(&keys, kind, &core_bytes, &Part::Present(part.slice(..i))).is_err());
    }
}

#[test]
fn particulars_of_another_record_are_refused() {
    let keys = keys();
    let one = core(RecordKind::BucketChanged, Some(BUCKET));
    let first = seal_record(&keys, one.clone(), &particulars(&keys, changed())).unwrap();
    let second = seal_record(&keys, one, &particulars(&keys, changed())).unwrap();
    // Same kind, bucket and epoch: it opens, yet the core commits to other salts.
    let error = open_record(
        &keys,
        first.record.kind,
        &first.record.core,
        &Part::Present(second.record.particulars),
    )
    .unwrap_err();
    assert!(matches!(error, Unopened::Damaged(text) if text.contains("commits")));
}

#[test]
fn a_tenant_record_opens_with_the_root_key_alone() {
    let keys = keys();
    let event = Event::TenantCreated(TenantCreated {
        name: "病院".to_owned(),
        wrapped_key: vec![1; 81],
        sealed: false,
        dual_control: false,
    });
    let sealed = seal_record(
        &keys,
        core(RecordKind::TenantCreated, None),
        &particulars(&keys, event),
    )
    .unwrap();
    let part = Part::Present(sealed.record.particulars);
    let fresh = Keys::new(SecretKey::new([9; 32]), Arc::new(SeededEntropy::new(4)));
    open_record(&fresh, 1, &sealed.record.core, &part).unwrap();
    let wrong = Keys::new(SecretKey::new([8; 32]), Arc::new(SeededEntropy::new(4)));
    assert!(open_record(&wrong, 1, &sealed.record.core, &part).is_err());
}

#[test]
fn a_missing_key_is_named() {
    let keys = keys();
    let sealed = seal_record(
        &keys,
        core(RecordKind::BucketChanged, Some(BUCKET)),
        &particulars(&keys, changed()),
    )
    .unwrap();
    let fresh = Keys::new(SecretKey::new([9; 32]), Arc::new(SeededEntropy::new(4)));
    let error = open_record(
        &fresh,
        sealed.record.kind,
        &sealed.record.core,
        &Part::Present(sealed.record.particulars),
    )
    .unwrap_err();
    assert!(matches!(error, Unopened::NoKey(text) if text.contains("epoch 2")));
}
