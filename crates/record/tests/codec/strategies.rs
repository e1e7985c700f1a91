//! Arbitrary values of every kind.

mod audit;
mod identity;
mod keeper;
mod request;

use std::net::IpAddr;

use azekura_model::acl::{Acl, AclGrant, AclGrantee, AclPermission};
use azekura_model::bucket::Versioning;
use azekura_model::bucket_config::{DefaultEncryption, ObjectOwnership, PublicAccessBlock};
use azekura_model::checksum::{Checksum, ChecksumAlgorithm, ChecksumType, ETag};
use azekura_model::cooling::{Cooling, Governed, Pending};
use azekura_model::cors::CorsMethod;
use azekura_model::ident::{BucketUuid, PayloadId, TenantId, UploadId, VersionId};
use azekura_model::lock::{
    DefaultRetention, EventHold, Lock, ObjectLock, Period, Probation, Retention, RetentionMode,
};
use azekura_model::position::{PartitionId, Sequence};
use azekura_model::release::BlobId;
use azekura_model::requester::Requester;
use azekura_model::retention_class::{ClassName, ClassRule, ClassRules};
use azekura_model::retention_limits::RetentionLimits;
use azekura_model::time::{ComplianceTime, HybridTime, WallTime};
use azekura_record::acl::AclChanged;
use azekura_record::bucket::{BucketChanged, BucketCreated, BucketRetired};
use azekura_record::configured::{BucketConfigured, StoredCorsRule, StoredSetting};
use azekura_record::core::{Core, RecordKind};
use azekura_record::epoch::EpochOpened;
use azekura_record::hidden::{CurrentChange, VersionHidden};
use azekura_record::imported::Imported;
use azekura_record::intent::{BlobIntent, IntentWithdrawn};
use azekura_record::locked::VersionLocked;
use azekura_record::locks_changed::LocksChanged;
use azekura_record::marker::DeleteMarker;
use azekura_record::part::PartStored;
use azekura_record::particulars::{Event, Particulars};
use azekura_record::stored_key::StoredKey;
use azekura_record::summary::Summary;
use azekura_record::tagged::VersionTagged;
use azekura_record::tenant::{TenantCreated, TenantResealed};
use azekura_record::tick::ClockTick;
use azekura_record::upload::{UploadAborted, UploadStarted};
use azekura_record::version::{PartRef, Payload, Version};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;

type Pairs = Vec<(String, String)>;

fn text() -> impl Strategy<Value = String> + Clone {
    "[a-z0-9/ 検査ß-]{0,40}"
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..300)
}

fn pairs() -> impl Strategy<Value = Pairs> {
    vec((text(), text()), 0..5)
}

fn versioning() -> impl Strategy<Value = Versioning> {
    select(vec![
        Versioning::Unversioned,
        Versioning::Enabled,
        Versioning::Suspended,
    ])
}

fn checksum_kind() -> impl Strategy<Value = (ChecksumAlgorithm, ChecksumType)> {
    (
        select(ChecksumAlgorithm::ALL.to_vec()),
        select(vec![ChecksumType::FullObject, ChecksumType::Composite]),
    )
}

fn checksum() -> impl Strategy<Value = Checksum> {
    (checksum_kind(), any::<[u8; 32]>(), any::<Option<u32>>()).prop_map(
        |((algorithm, kind), value, parts)| Checksum {
            algorithm,
            value: value[..algorithm.bytes()].to_vec(),
            kind,
            parts,
        },
    )
}

fn etag() -> impl Strategy<Value = ETag> {
    any::<([u8; 16], Option<u32>)>().prop_map(|(md5, parts)| ETag { md5, parts })
}

fn blob() -> impl Strategy<Value = BlobId> {
    any::<([u8; 16], [u8; 16])>().prop_map(|(intent, attempt)| BlobId { intent, attempt })
}

pub(crate) fn summary() -> impl Strategy<Value = Summary> {
    let plain = any::<([u8; 16], bool, bool, bool, u64, i64, Option<u64>)>();
    (plain, etag(), option::of(checksum_kind())).prop_map(
        |((version, null, marker, hidden, content_bytes, modified, at), etag, checksum)| Summary {
            version: VersionId(version),
            null,
            marker,
            hidden,
            content_bytes,
            etag,
            modified: WallTime(modified),
            checksum,
            at: at.map(Sequence),
        },
    )
}

fn retention() -> impl Strategy<Value = Retention> {
    let mode = select(vec![RetentionMode::Governance, RetentionMode::Compliance]);
    (mode, any::<i64>()).prop_map(|(mode, until)| Retention {
        mode,
        until: ComplianceTime(until),
    })
}

fn class() -> impl Strategy<Value = ClassName> {
    "[a-z0-9-]{1,40}".prop_map(|name| ClassName::parse(&name).unwrap())
}

pub(crate) fn lock() -> impl Strategy<Value = Lock> {
    let event = (class(), any::<i64>()).prop_map(|(class, floor)| EventHold {
        class,
        floor: ComplianceTime(floor),
    });
    let plain = any::<(Option<bool>, Option<i64>)>();
    (
        option::of(retention()),
        option::of(event),
        plain,
        vec(class(), 0..3),
    )
        .prop_map(|(retention, event, (hold, probation), classes)| Lock {
            retention,
            hold,
            event,
            probation: probation.map(ComplianceTime),
            classes,
        })
}

pub(crate) fn core() -> impl Strategy<Value = Core> {
    let lock = lock();
    let times = any::<(u64, i64, i64)>();
    let ids = any::<([u8; 16], Option<[u8; 16]>, Option<[u8; 16]>)>();
    let rest = any::<(u64, u64, u32, [u8; 32])>();
    (select(RecordKind::ALL.to_vec()), times, ids, lock, rest).prop_map(
        |(kind, times, ids, lock, rest)| Core {
            kind,
            hybrid: HybridTime::from_packed(times.0),
            wall: WallTime(times.1),
            compliance: ComplianceTime(times.2),
            tenant: TenantId(ids.0),
            bucket: ids.1.map(BucketUuid),
            version: ids.2.map(VersionId),
            content_bytes: rest.0,
            sealed_bytes: rest.1,
            lock,
            epoch: rest.2,
            commitment: rest.3,
        },
    )
}

fn part() -> impl Strategy<Value = PartRef> {
    let plain = any::<(u32, [u8; 16], u64, [u8; 32], [u8; 16], Option<u64>)>();
    (plain, option::of(checksum())).prop_map(
        |((number, attempt, content_bytes, sha256, md5, inline_at), checksum)| PartRef {
            number,
            attempt: PayloadId(attempt),
            content_bytes,
            sha256,
            md5,
            checksum,
            inline_at: inline_at.map(Sequence),
        },
    )
}

fn stored_key() -> impl Strategy<Value = StoredKey> {
    any::<([u8; 32], Option<[u8; 16]>)>().prop_map(|(text, tag)| match tag {
        None => StoredKey::Open(text),
        Some(tag) => StoredKey::Sealed { text, tag },
    })
}

fn payload() -> impl Strategy<Value = Payload> {
    prop_oneof![
        Just(Payload::Empty),
        stored_key().prop_map(|data_key| Payload::Inline { data_key }),
        (blob(), stored_key()).prop_map(|(blob, data_key)| Payload::Blob { blob, data_key }),
        (stored_key(), vec(part(), 0..4))
            .prop_map(|(upload_key, parts)| Payload::Parts { upload_key, parts }),
    ]
}

fn version() -> impl Strategy<Value = Version> {
    let plain = (text(), any::<(bool, bool, [u8; 32], Option<[u8; 16]>)>());
    let lists = (vec(checksum(), 0..4), pairs(), pairs(), pairs());
    (plain, etag(), lists, payload()).prop_map(|((key, plain), etag, lists, payload)| Version {
        key,
        null: plain.0,
        superseded: plain.1,
        sha256: plain.2,
        etag,
        checksums: lists.0,
        headers: lists.1,
        metadata: lists.2,
        tags: lists.3,
        payload,
        upload: plain.3.map(UploadId),
    })
}

fn hidden() -> impl Strategy<Value = VersionHidden> {
    let current = prop_oneof![
        Just(CurrentChange::Stays),
        Just(CurrentChange::Cleared),
        summary().prop_map(CurrentChange::Becomes),
    ];
    (text(), summary(), current, any::<bool>()).prop_map(|(key, target, current, bypassed)| {
        VersionHidden {
            key,
            target,
            current,
            bypassed,
        }
    })
}

fn resealed() -> impl Strategy<Value = Event> {
    (
        any::<([u8; 32], u32, [u8; 16])>(),
        any::<[u8; 32]>(),
        any::<[u8; 16]>(),
    )
        .prop_map(|((salt, rounds, check), text, tag)| {
            let mut wrapped_key = [0; 48];
            wrapped_key[..32].copy_from_slice(&text);
            wrapped_key[32..].copy_from_slice(&tag);
            Event::TenantResealed(TenantResealed {
                salt,
                rounds,
                wrapped_key,
                check,
            })
        })
}

fn administration() -> impl Strategy<Value = Event> {
    let created = (
        text(),
        text(),
        any::<(u64, u32)>(),
        versioning(),
        vec(text(), 0..4),
        bytes(),
    )
        .prop_map(
            |(name, location, numbers, versioning, regions, wrapped_key)| {
                Event::BucketCreated(BucketCreated {
                    name,
                    location,
                    partition: PartitionId(numbers.0),
                    versioning,
                    history_days: numbers.1,
                    regions,
                    wrapped_key,
                })
            },
        );
    prop_oneof![
        (text(), bytes(), any::<(bool, bool)>()).prop_map(
            |(name, wrapped_key, (dual_control, sealed))| {
                Event::TenantCreated(TenantCreated {
                    name,
                    wrapped_key,
                    dual_control,
                    sealed,
                })
            }
        ),
        resealed(),
        (any::<u32>(), bytes()).prop_map(|(epoch, wrapped_key)| {
            Event::EpochOpened(EpochOpened { epoch, wrapped_key })
        }),
        created,
        (any::<(i64, u64, u64, u64)>(), any::<bool>()).prop_map(|(numbers, by_evidence)| {
            Event::ClockTick(ClockTick {
                counted: ComplianceTime(numbers.0),
                saved_ms: numbers.1,
                spent_ms: numbers.2,
                caught_up_ms: numbers.3,
                by_evidence,
            })
        }),
        (
            text(),
            versioning(),
            any::<u32>(),
            any::<Option<(i64, u32)>>()
        )
            .prop_map(|(name, versioning, history_days, pending)| {
                Event::BucketChanged(BucketChanged {
                    name,
                    versioning,
                    history_days,
                    pending_history_days: pending.map(|(at, days)| (ComplianceTime(at), days)),
                })
            }),
        text().prop_map(|name| Event::BucketRetired(BucketRetired { name })),
        (bytes(), bytes()).prop_map(|(envelope, particulars)| {
            Event::Imported(Imported {
                envelope,
                particulars,
            })
        }),
    ]
}

fn object_lock() -> impl Strategy<Value = ObjectLock> {
    let mode = select(vec![RetentionMode::Governance, RetentionMode::Compliance]);
    let period = prop_oneof![
        (1_u32..=36_500).prop_map(|days| Period::days(days).unwrap()),
        (1_u32..=100).prop_map(|years| Period::years(years).unwrap()),
    ];
    let default = (mode, period).prop_map(|(mode, period)| DefaultRetention { mode, period });
    (option::of(default), any::<Option<i64>>()).prop_map(|(default, ends)| ObjectLock {
        default,
        probation: ends.map(|ends| Probation {
            ends: ComplianceTime(ends),
        }),
    })
}

fn setting() -> impl Strategy<Value = StoredSetting> {
    let texts = || vec(text(), 0..3);
    let plain = (option::of(text()), option::of(any::<u32>()));
    let methods = vec(select(CorsMethod::ALL.to_vec()), 0..6);
    let rule = (plain, texts(), methods, texts(), texts()).prop_map(
        |((id, max_age_seconds), origins, methods, allowed_headers, expose_headers)| {
            StoredCorsRule {
                id,
                origins,
                methods,
                allowed_headers,
                expose_headers,
                max_age_seconds,
            }
        },
    );
    let block = any::<[bool; 4]>().prop_map(|set| PublicAccessBlock {
        block_public_acls: set[0],
        ignore_public_acls: set[1],
        block_public_policy: set[2],
        restrict_public_buckets: set[3],
    });
    let encryption =
        any::<bool>().prop_map(|bucket_key_enabled| DefaultEncryption { bucket_key_enabled });
    let ownership = select(vec![
        ObjectOwnership::BucketOwnerEnforced,
        ObjectOwnership::BucketOwnerPreferred,
        ObjectOwnership::ObjectWriter,
    ]);
    prop_oneof![
        option::of(pairs()).prop_map(StoredSetting::Tags),
        option::of(vec(rule, 0..4)).prop_map(StoredSetting::Cors),
        option::of(block).prop_map(StoredSetting::PublicAccess),
        option::of(ownership).prop_map(StoredSetting::Ownership),
        option::of(encryption).prop_map(StoredSetting::Encryption),
        keeper::setting(),
        option::of(object_lock()).prop_map(StoredSetting::ObjectLock),
        option::of(cooling(class_rules())).prop_map(StoredSetting::RetentionClasses),
        option::of(cooling(limits())).prop_map(StoredSetting::RetentionLimits),
        option::of(text()).prop_map(StoredSetting::Policy),
        option::of(acl()).prop_map(StoredSetting::Acl),
    ]
}

fn acl() -> impl Strategy<Value = Acl> {
    let grantee = prop_oneof![
        any::<[u8; 16]>().prop_map(|id| AclGrantee::Tenant(TenantId(id))),
        Just(AclGrantee::AllUsers),
        Just(AclGrantee::AuthenticatedUsers),
    ];
    let permission = select(vec![
        AclPermission::Read,
        AclPermission::Write,
        AclPermission::ReadAcp,
        AclPermission::WriteAcp,
        AclPermission::FullControl,
    ]);
    let grant = (grantee, permission).prop_map(|(grantee, permission)| AclGrant {
        grantee,
        permission,
    });
    (any::<[u8; 16]>(), vec(grant, 0..4)).prop_map(|(owner, grants)| Acl {
        owner: TenantId(owner),
        grants,
    })
}

fn cooling<T: Governed + std::fmt::Debug + 'static>(
    value: impl Strategy<Value = T> + Clone,
) -> impl Strategy<Value = Cooling<T>> {
    let pending = (value.clone(), any::<i64>()).prop_map(|(value, at)| Pending {
        value,
        acts_at: ComplianceTime(at),
    });
    (value, option::of(pending)).prop_map(|(in_force, pending)| Cooling::stored(in_force, pending))
}

fn class_rules() -> impl Strategy<Value = ClassRules> + Clone {
    let mode = select(vec![RetentionMode::Governance, RetentionMode::Compliance]);
    let rule = (
        text(),
        option::of((text(), text())),
        "[a-z0-9-]{1,40}",
        mode,
    );
    vec(
        rule.prop_map(|(prefix, tag, class, mode)| ClassRule {
            prefix,
            tag,
            class: ClassName::parse(&class).unwrap(),
            mode,
        }),
        0..3,
    )
    .prop_map(ClassRules)
}

fn limits() -> impl Strategy<Value = RetentionLimits> + Clone {
    (option::of(1..100_u32), option::of(100..36_500_u32))
        .prop_map(|(floor, ceiling)| RetentionLimits::new(floor, ceiling).unwrap())
}

fn configured() -> impl Strategy<Value = Event> {
    (text(), setting())
        .prop_map(|(name, setting)| Event::BucketConfigured(BucketConfigured { name, setting }))
}

fn upload() -> impl Strategy<Value = Event> {
    let id = || any::<[u8; 16]>().prop_map(UploadId);
    let started = (id(), text(), stored_key(), (pairs(), pairs(), pairs()))
        .prop_flat_map(|fields| {
            let lock = (option::of(retention()), any::<Option<bool>>());
            (Just(fields), option::of(checksum_kind()), lock)
        })
        .prop_map(|((upload, key, upload_key, lists), checksum, lock)| {
            Event::UploadStarted(Box::new(UploadStarted {
                upload,
                key,
                upload_key,
                headers: lists.0,
                metadata: lists.1,
                tags: lists.2,
                checksum,
                retention: lock.0,
                hold: lock.1,
            }))
        });
    let plain = any::<(u32, [u8; 16], [u8; 32], [u8; 16], bool)>();
    let stored =
        (id(), text(), plain, option::of(checksum())).prop_map(|(upload, key, plain, checksum)| {
            Event::PartStored(Box::new(PartStored {
                upload,
                key,
                number: plain.0,
                attempt: PayloadId(plain.1),
                sha256: plain.2,
                md5: plain.3,
                checksum,
                inline: plain.4,
            }))
        });
    prop_oneof![
        started,
        stored,
        (id(), text())
            .prop_map(|(upload, key)| Event::UploadAborted(UploadAborted { upload, key })),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => version().prop_map(|v| Event::Version(Box::new(v))),
        1 => (text(), any::<(bool, bool)>()).prop_map(|(key, (null, superseded))| {
            Event::DeleteMarker(DeleteMarker { key, null, superseded })
        }),
        1 => hidden().prop_map(|h| Event::VersionHidden(Box::new(h))),
        1 => (text(), pairs(), any::<Option<u64>>()).prop_map(|(key, tags, previous)| {
            let previous = previous.map(Sequence);
            Event::VersionTagged(VersionTagged { key, tags, previous })
        }),
        1 => (text(), acl(), any::<Option<u64>>()).prop_map(|(key, acl, previous)| {
            let previous = previous.map(Sequence);
            Event::AclChanged(AclChanged { key, acl, previous })
        }),
        1 => (text(), any::<(bool, Option<u64>)>()).prop_map(|(reason, (bypassed, previous))| {
            Event::VersionLocked(VersionLocked {
                reason,
                bypassed,
                previous: previous.map(Sequence),
            })
        }),
        1 => (text(), any::<bool>(), vec((any::<[u8; 16]>(), lock()), 0..4)).prop_map(
            |(reason, bypassed, locks)| {
                Event::LocksChanged(LocksChanged {
                    reason,
                    bypassed,
                    locks: locks
                        .into_iter()
                        .map(|(version, lock)| (VersionId(version), lock))
                        .collect(),
                })
            },
        ),
        1 => blob().prop_map(|blob| Event::BlobIntent(BlobIntent { blob })),
        1 => blob().prop_map(|blob| Event::IntentWithdrawn(IntentWithdrawn { blob })),
        6 => administration(),
        2 => configured(),
        3 => upload(),
        4 => keeper::event(),
        2 => identity::event(),
        1 => audit::event(),
        1 => audit::released(),
        1 => text().prop_map(|name| {
            Event::TenantDeleted(azekura_record::tenant::TenantDeleted { name })
        }),
        2 => request::event(),
    ]
}

pub(crate) fn particulars() -> impl Strategy<Value = Particulars> {
    let source = option::of(any::<IpAddr>());
    let requester = (text(), text(), source, option::of(text()), text()).prop_map(
        |(principal, key_id, source, tls_identity, request_id)| Requester {
            principal,
            key_id,
            source,
            tls_identity,
            request_id,
        },
    );
    let permitted = option::of(request::permitted());
    (any::<[u8; 32]>(), requester, permitted, event()).prop_map(
        |(salt_seed, requester, permitted, event)| Particulars {
            salt_seed,
            requester,
            permitted,
            event,
        },
    )
}
