//! What the keeper writes: releases, cursors, disposals; and lifecycle rules.

use azekura_model::ident::{UploadId, VersionId};
use azekura_model::position::{PartitionId, Sequence};
use azekura_model::time::{ComplianceTime, HybridTime, WallTime};
use azekura_record::configured::StoredSetting;
use azekura_record::disposal::{DisposalRequested, DisposalStage};
use azekura_record::epoch::{EpochDestroyed, KeysGo, NamelessBucket, RestatedBucket};
use azekura_record::lifecycle::{
    LifecycleRan, StoredExpiration, StoredLifecycle, StoredLifecycleRule,
};
use azekura_record::particulars::Event;
use azekura_record::released::{Released, SlotRestated, VersionFreed};

use super::{BLOB, KEY, pairs, summary};

fn rule(id: &str, expiration: StoredExpiration) -> StoredLifecycleRule {
    StoredLifecycleRule {
        id: id.to_owned(),
        enabled: true,
        legacy_prefix: false,
        prefix: Some("ログ/".to_owned()),
        tags: pairs(&[("class", "log")]),
        larger_than: Some(10),
        smaller_than: Some(1 << 40),
        expiration: Some(expiration),
        noncurrent: Some((30, Some(3))),
        abort_multipart_days: None,
    }
}

pub(super) fn setting() -> (&'static str, StoredSetting) {
    let rules = StoredLifecycle {
        in_force: vec![
            rule("days", StoredExpiration::Days(365)),
            rule(
                "date",
                StoredExpiration::Date(ComplianceTime(1_893_456_000_000)),
            ),
        ],
        pending: Some((
            ComplianceTime(1_798_259_200_000),
            vec![StoredLifecycleRule {
                enabled: false,
                legacy_prefix: true,
                tags: vec![],
                larger_than: None,
                smaller_than: None,
                abort_multipart_days: Some(7),
                ..rule("marker", StoredExpiration::ExpiredObjectDeleteMarker(true))
            }],
        )),
    };
    let name = "bucket-configured-lifecycle";
    (name, StoredSetting::Lifecycle(Some(rules)))
}

fn disposal(stage: DisposalStage) -> Event {
    Event::DisposalRequested(Box::new(DisposalRequested {
        id: [0xd1; 16],
        prefix: "検査/2016/".to_owned(),
        class: Some("clinical-record".to_owned()),
        before: ComplianceTime(1_483_228_800_000),
        reason: "保存期間の満了".to_owned(),
        asked_by: "佐藤".to_owned(),
        asked_at: ComplianceTime(1_798_000_000_000),
        acts_at: ComplianceTime(1_798_259_200_000),
        stage,
    }))
}

/// What destroys the keys of a bucket.
fn of_keys() -> Vec<(&'static str, Event)> {
    vec![
        (
            "epoch-destroyed-nameless",
            Event::EpochDestroyed(EpochDestroyed {
                epoch: 2,
                goes: KeysGo::All(Some(NamelessBucket {
                    partition: PartitionId(0x1234_5678_9abc),
                    created: WallTime(1_760_000_000_000),
                })),
            }),
        ),
        (
            "epoch-destroyed-old",
            Event::EpochDestroyed(EpochDestroyed {
                epoch: 3,
                goes: KeysGo::One(None),
            }),
        ),
        (
            "epoch-destroyed-old-restated",
            Event::EpochDestroyed(EpochDestroyed {
                epoch: 3,
                goes: KeysGo::One(Some(Box::new(RestatedBucket {
                    partition: PartitionId(0x1234_5678_9abc),
                    created: WallTime(1_760_000_000_000),
                    name: "images".to_owned(),
                    location: "jp-tokyo".to_owned(),
                    regions: vec!["jp-tokyo".to_owned(), "jp-osaka".to_owned()],
                }))),
            }),
        ),
        (
            "released-keys",
            Event::Released(Released {
                key: String::new(),
                version: None,
                upload: None,
                parts: Vec::new(),
                upload_records: Vec::new(),
                last: false,
                entries: Some(vec![(3, vec![0x66, 0xb1]), (4, b"locks".to_vec())]),
            }),
        ),
    ]
}

pub(super) fn events() -> Vec<(&'static str, Event)> {
    let mut all = of_keys();
    all.extend(others());
    all
}

fn others() -> Vec<(&'static str, Event)> {
    vec![
        (
            "epoch-destroyed",
            Event::EpochDestroyed(EpochDestroyed {
                epoch: 1,
                goes: KeysGo::All(None),
            }),
        ),
        (
            "released",
            Event::Released(Released {
                key: KEY.to_owned(),
                version: Some(VersionId([0x76; 16])),
                upload: Some(UploadId([0x0f; 16])),
                parts: vec![3, 10_000],
                upload_records: vec![HybridTime::from_packed(5), HybridTime::from_packed(6)],
                last: true,
                entries: None,
            }),
        ),
        (
            "freed",
            Event::Freed(Box::new(VersionFreed {
                released: Sequence(71_000),
                released_hybrid: HybridTime::from_packed(1_798_000_000_000 << 16),
                made: Sequence(70_000),
                hidden: Some(Sequence(70_500)),
                hidden_at: ComplianceTime(1_795_000_000_000),
                hidden_by: "vault:lifecycle".to_owned(),
                disposal: Some([0xd1; 16]),
                particulars_bytes: 700,
                payload_bytes: 4_120,
                blobs: vec![BLOB],
                blob_bytes: 5 << 20,
                verified: true,
            })),
        ),
        ("disposal-requested", disposal(DisposalStage::Requested)),
        ("disposal-cancelled", disposal(DisposalStage::Cancelled)),
        (
            "disposal-hidden",
            disposal(DisposalStage::Hidden {
                versions: 1_000,
                bytes: 1 << 33,
                locked: 2,
            }),
        ),
        (
            "slot-restated",
            Event::SlotRestated(Box::new(SlotRestated {
                key: KEY.to_owned(),
                current: Some((summary(), Some(HybridTime::from_packed(7)))),
                vacated: None,
                stamp: Some(HybridTime::from_packed(9)),
                previous: Some(Sequence(70_100)),
            })),
        ),
        (
            "lifecycle-ran",
            Event::LifecycleRan(LifecycleRan {
                task: [0x7a; 8],
                cursor: Sequence(70_999),
                again: vec![(ComplianceTime(1_900_000_000_000), Sequence(12))],
                settled: vec![(ComplianceTime(1_797_000_000_000), Sequence(12))],
            }),
        ),
    ]
}
