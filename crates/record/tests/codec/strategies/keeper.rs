//! Any release, cursor, disposal, and any lifecycle rules.

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
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{BoxedStrategy, Strategy, any, prop_oneof};

use super::{blob, pairs, summary, text};

fn time() -> impl Strategy<Value = ComplianceTime> {
    any::<i64>().prop_map(ComplianceTime)
}

fn hybrid() -> impl Strategy<Value = HybridTime> {
    any::<u64>().prop_map(HybridTime::from_packed)
}

fn sequence() -> impl Strategy<Value = Sequence> {
    any::<u64>().prop_map(Sequence)
}

fn rule() -> impl Strategy<Value = StoredLifecycleRule> {
    let expiration = prop_oneof![
        any::<u32>().prop_map(StoredExpiration::Days),
        time().prop_map(StoredExpiration::Date),
        any::<bool>().prop_map(StoredExpiration::ExpiredObjectDeleteMarker),
    ];
    let filter = (option::of(text()), pairs(), any::<[Option<u64>; 2]>());
    let acts = (
        option::of(expiration),
        any::<Option<(u32, Option<u32>)>>(),
        any::<Option<u32>>(),
    );
    (text(), any::<(bool, bool)>(), filter, acts).prop_map(
        |(id, (enabled, legacy_prefix), (prefix, tags, [larger_than, smaller_than]), acts)| {
            let (expiration, noncurrent, abort_multipart_days) = acts;
            StoredLifecycleRule {
                id,
                enabled,
                legacy_prefix,
                prefix,
                tags,
                larger_than,
                smaller_than,
                expiration,
                noncurrent,
                abort_multipart_days,
            }
        },
    )
}

pub(super) fn setting() -> BoxedStrategy<StoredSetting> {
    let rules = (vec(rule(), 0..4), option::of((time(), vec(rule(), 0..4))));
    option::of(rules.prop_map(|(in_force, pending)| StoredLifecycle { in_force, pending }))
        .prop_map(StoredSetting::Lifecycle)
        .boxed()
}

fn freed() -> impl Strategy<Value = Event> {
    let places = (sequence(), hybrid(), sequence(), option::of(sequence()));
    let asked = (time(), text(), any::<Option<[u8; 16]>>());
    let gone = (vec(blob(), 0..4), any::<[u64; 3]>(), any::<bool>());
    (places, asked, gone).prop_map(
        |((released, released_hybrid, made, hidden), (hidden_at, hidden_by, disposal), gone)| {
            let (blobs, [particulars_bytes, payload_bytes, blob_bytes], verified) = gone;
            Event::Freed(Box::new(VersionFreed {
                released,
                released_hybrid,
                made,
                hidden,
                hidden_at,
                hidden_by,
                disposal,
                particulars_bytes,
                payload_bytes,
                blobs,
                blob_bytes,
                verified,
            }))
        },
    )
}

fn disposal() -> impl Strategy<Value = Event> {
    let stage = prop_oneof![
        any::<bool>().prop_map(|cancelled| if cancelled {
            DisposalStage::Cancelled
        } else {
            DisposalStage::Requested
        }),
        any::<[u64; 3]>().prop_map(|[versions, bytes, locked]| DisposalStage::Hidden {
            versions,
            bytes,
            locked
        }),
    ];
    let what = (any::<[u8; 16]>(), text(), option::of(text()));
    let times = (time(), time(), time());
    (what, text(), text(), times, stage).prop_map(
        |((id, prefix, class), reason, asked_by, (before, asked_at, acts_at), stage)| {
            Event::DisposalRequested(Box::new(DisposalRequested {
                id,
                prefix,
                class,
                before,
                reason,
                asked_by,
                asked_at,
                acts_at,
                stage,
            }))
        },
    )
}

fn restated() -> impl Strategy<Value = Event> {
    let slot = || option::of((summary(), option::of(hybrid())));
    let last = (option::of(hybrid()), option::of(sequence()));
    (text(), slot(), slot(), last).prop_map(|(key, current, vacated, (stamp, previous))| {
        Event::SlotRestated(Box::new(SlotRestated {
            key,
            current,
            vacated,
            stamp,
            previous,
        }))
    })
}

fn keys_destroyed() -> impl Strategy<Value = Event> {
    prop_oneof![
        (any::<u32>(), any::<Option<(u64, i64)>>()).prop_map(|(epoch, bucket)| {
            let bucket = bucket.map(|(partition, created)| NamelessBucket {
                partition: PartitionId(partition),
                created: WallTime(created),
            });
            let goes = KeysGo::All(bucket);
            Event::EpochDestroyed(EpochDestroyed { epoch, goes })
        }),
        (
            any::<u32>(),
            option::of((
                any::<u64>(),
                any::<i64>(),
                text(),
                text(),
                vec(text(), 0..3)
            ))
        )
            .prop_map(|(epoch, bucket)| {
                let restated = |(partition, created, name, location, regions)| {
                    Box::new(RestatedBucket {
                        partition: PartitionId(partition),
                        created: WallTime(created),
                        name,
                        location,
                        regions,
                    })
                };
                let goes = KeysGo::One(bucket.map(restated));
                Event::EpochDestroyed(EpochDestroyed { epoch, goes })
            }),
    ]
}

pub(super) fn event() -> BoxedStrategy<Event> {
    let again = || vec((time(), sequence()), 0..4);
    let version = any::<Option<[u8; 16]>>().prop_map(|id| id.map(VersionId));
    let upload = any::<Option<[u8; 16]>>().prop_map(|id| id.map(UploadId));
    prop_oneof![
        keys_destroyed().boxed(),
        (
            text(),
            version,
            upload,
            vec(any::<u32>(), 0..4),
            vec(hybrid(), 0..4),
            any::<bool>(),
            option::of(vec((any::<u16>(), vec(any::<u8>(), 0..9)), 0..4)),
        )
            .prop_map(
                |(key, version, upload, parts, upload_records, last, entries)| {
                    Event::Released(Released {
                        key,
                        version,
                        upload,
                        parts,
                        upload_records,
                        last,
                        entries,
                    })
                }
            ),
        freed().boxed(),
        disposal().boxed(),
        restated().boxed(),
        (any::<[u8; 8]>(), sequence(), again(), again()).prop_map(
            |(task, cursor, again, settled)| {
                Event::LifecycleRan(LifecycleRan {
                    task,
                    cursor,
                    again,
                    settled,
                })
            }
        ),
    ]
    .boxed()
}
