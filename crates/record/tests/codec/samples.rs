//! One fixed value of every kind, for frozen bytes.

mod audit;
pub(crate) mod identity;
mod keeper;
pub(crate) mod request;
mod sealed;

use azekura_model::acl::CannedAcl;
use azekura_model::bucket::Versioning;
use azekura_model::bucket_config::{DefaultEncryption, ObjectOwnership, PublicAccessBlock};
use azekura_model::checksum::{Checksum, ChecksumAlgorithm, ChecksumType, ETag};
use azekura_model::cooling::{Cooling, Pending};
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
use azekura_record::tenant::TenantCreated;
use azekura_record::tick::ClockTick;
use azekura_record::upload::{UploadAborted, UploadStarted};
use azekura_record::version::{PartRef, Payload, Version};

const KEY: &str = "検査/2026/ct-0001.dcm";
const BLOB: BlobId = BlobId {
    intent: [0xb1; 16],
    attempt: [0xb2; 16],
};

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn crc64() -> Checksum {
    Checksum {
        algorithm: ChecksumAlgorithm::Crc64Nvme,
        value: vec![1, 2, 3, 4, 5, 6, 7, 8],
        kind: ChecksumType::FullObject,
        parts: None,
    }
}

pub(crate) fn version(payload: Payload) -> Version {
    let parts = matches!(payload, Payload::Parts { .. });
    Version {
        key: KEY.to_owned(),
        null: false,
        superseded: false,
        sha256: if parts { [0; 32] } else { [0x5a; 32] },
        etag: ETag {
            md5: [0x3d; 16],
            parts: parts.then_some(2),
        },
        checksums: vec![crc64()],
        headers: pairs(&[("content-type", "application/dicom")]),
        metadata: pairs(&[("modality", "CT"), ("ward", "東3")]),
        tags: pairs(&[("class", "chart")]),
        payload,
        upload: parts.then_some(UploadId([0x0f; 16])),
    }
}

fn multipart() -> Payload {
    let part = |number, inline_at| PartRef {
        number,
        attempt: PayloadId([0xa0; 16]),
        content_bytes: 5 << 20,
        sha256: [0x5b; 32],
        md5: [0x3e; 16],
        checksum: Some(crc64()),
        inline_at,
    };
    Payload::Parts {
        upload_key: StoredKey::Open([0x4b; 32]),
        parts: vec![part(1, None), part(2, Some(Sequence(77)))],
    }
}

pub(crate) fn summary() -> Summary {
    Summary {
        version: VersionId([0x76; 16]),
        null: true,
        marker: false,
        hidden: false,
        content_bytes: 1 << 32,
        etag: ETag {
            md5: [0x3d; 16],
            parts: Some(3),
        },
        modified: WallTime(1_798_000_000_000),
        checksum: Some((ChecksumAlgorithm::Crc64Nvme, ChecksumType::FullObject)),
        at: Some(Sequence(70_000)),
    }
}

fn retention_classes() -> (&'static str, StoredSetting) {
    let setting = StoredSetting::RetentionClasses(Some(class_assignment()));
    ("bucket-configured-retention-classes", setting)
}

fn retention_limits() -> (&'static str, StoredSetting) {
    let limits = RetentionLimits::new(Some(1825), None).unwrap();
    let setting = StoredSetting::RetentionLimits(Some(Cooling::settled(limits)));
    ("bucket-configured-retention-limits", setting)
}

/// Two rules, of which one goes.
fn class_assignment() -> Cooling<ClassRules> {
    let tagged = ClassRule {
        prefix: "画像/".to_owned(),
        tag: Some(("部署".to_owned(), "放射線科".to_owned())),
        class: ClassName::parse("hoken-3y").unwrap(),
        mode: RetentionMode::Governance,
    };
    let all = ClassRule {
        prefix: String::new(),
        tag: None,
        class: ClassName::parse("karte-5y").unwrap(),
        mode: RetentionMode::Compliance,
    };
    let pending = Pending {
        value: ClassRules(vec![all.clone()]),
        acts_at: ComplianceTime(1_798_000_259_200),
    };
    Cooling::stored(ClassRules(vec![all, tagged]), Some(pending))
}

/// One of every sub-resource, and one that is cleared.
#[expect(clippy::too_many_lines, reason = "one row a sub-resource")]
fn settings() -> Vec<(&'static str, StoredSetting)> {
    let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
    let rule = StoredCorsRule {
        id: Some("画面".to_owned()),
        origins: texts(&["https://*.hospital.example"]),
        methods: CorsMethod::ALL.to_vec(),
        allowed_headers: texts(&["x-amz-*"]),
        expose_headers: texts(&["ETag"]),
        max_age_seconds: Some(3600),
    };
    let all = PublicAccessBlock::ALL;
    vec![
        (
            "bucket-configured-tags",
            StoredSetting::Tags(Some(pairs(&[("部署", "放射線科"), ("cost", "")]))),
        ),
        (
            "bucket-configured-cors",
            StoredSetting::Cors(Some(vec![rule])),
        ),
        (
            "bucket-configured-public-access",
            StoredSetting::PublicAccess(Some(PublicAccessBlock {
                restrict_public_buckets: false,
                ..all
            })),
        ),
        (
            "bucket-configured-object-lock",
            StoredSetting::ObjectLock(Some(ObjectLock {
                default: Some(DefaultRetention {
                    mode: RetentionMode::Compliance,
                    period: Period::years(5).unwrap(),
                }),
                probation: Some(Probation {
                    ends: ComplianceTime(1_798_000_259_200_000),
                }),
            })),
        ),
        (
            "bucket-configured-object-lock-days",
            StoredSetting::ObjectLock(Some(ObjectLock {
                default: Some(DefaultRetention {
                    mode: RetentionMode::Governance,
                    period: Period::days(30).unwrap(),
                }),
                probation: None,
            })),
        ),
        (
            "bucket-configured-ownership",
            StoredSetting::Ownership(Some(ObjectOwnership::BucketOwnerEnforced)),
        ),
        (
            "bucket-configured-encryption",
            StoredSetting::Encryption(Some(DefaultEncryption {
                bucket_key_enabled: true,
            })),
        ),
        (
            "bucket-configured-policy",
            StoredSetting::Policy(Some("{\"Version\":\"2012-10-17\"}".to_owned())),
        ),
        (
            "bucket-configured-acl",
            StoredSetting::Acl(Some(
                CannedAcl::PublicReadWrite.list(TenantId([0x11; 16]), TenantId([0x11; 16])),
            )),
        ),
        keeper::setting(),
        retention_classes(),
        retention_limits(),
        ("bucket-configured-cleared", StoredSetting::Cors(None)),
    ]
}

/// Names and events; every kind at least once.
#[expect(clippy::too_many_lines, reason = "a list, one entry a kind")]
pub(crate) fn events() -> Vec<(&'static str, Event)> {
    let older = Summary {
        null: false,
        hidden: true,
        etag: ETag {
            md5: [0x3c; 16],
            parts: None,
        },
        checksum: None,
        ..summary()
    };
    let mut events = vec![
        (
            "tenant-created",
            Event::TenantCreated(TenantCreated {
                name: "校倉病院".to_owned(),
                wrapped_key: vec![1; 81],
                dual_control: true,
                sealed: false,
            }),
        ),
        (
            "epoch-opened",
            Event::EpochOpened(EpochOpened {
                epoch: 2,
                wrapped_key: vec![2; 81],
            }),
        ),
        (
            "bucket-created",
            Event::BucketCreated(BucketCreated {
                name: "images".to_owned(),
                location: "jp-tokyo".to_owned(),
                partition: PartitionId(0x1_0000),
                versioning: Versioning::Enabled,
                history_days: 30,
                regions: vec!["jp-tokyo".to_owned(), "jp-osaka".to_owned()],
                wrapped_key: vec![3; 81],
            }),
        ),
        (
            "bucket-changed",
            Event::BucketChanged(BucketChanged {
                name: "images".to_owned(),
                versioning: Versioning::Suspended,
                history_days: 400,
                pending_history_days: None,
            }),
        ),
        (
            "bucket-changed-pending",
            Event::BucketChanged(BucketChanged {
                name: "images".to_owned(),
                versioning: Versioning::Enabled,
                history_days: 400,
                pending_history_days: Some((ComplianceTime(1_798_259_200_000), 30)),
            }),
        ),
        (
            "bucket-retired",
            Event::BucketRetired(BucketRetired {
                name: "images".to_owned(),
            }),
        ),
        (
            "clock-tick",
            Event::ClockTick(ClockTick {
                counted: ComplianceTime(1_798_000_000_000),
                saved_ms: 86_400_000,
                spent_ms: 604_800_000,
                caught_up_ms: 3_600_000,
                by_evidence: false,
            }),
        ),
        (
            "version-empty",
            Event::Version(Box::new(version(Payload::Empty))),
        ),
        (
            "version-inline",
            Event::Version(Box::new(version(Payload::Inline {
                data_key: StoredKey::Open([0x4c; 32]),
            }))),
        ),
        (
            "version-blob",
            Event::Version(Box::new(version(Payload::Blob {
                blob: BLOB,
                data_key: StoredKey::Open([0x4d; 32]),
            }))),
        ),
        (
            "version-parts",
            Event::Version(Box::new(version(multipart()))),
        ),
        (
            "delete-marker",
            Event::DeleteMarker(DeleteMarker {
                key: KEY.to_owned(),
                null: true,
                superseded: false,
            }),
        ),
        (
            "version-hidden-bypassed",
            Event::VersionHidden(Box::new(VersionHidden {
                key: KEY.to_owned(),
                target: summary(),
                current: CurrentChange::Stays,
                bypassed: true,
            })),
        ),
        (
            "version-hidden",
            Event::VersionHidden(Box::new(VersionHidden {
                bypassed: false,
                key: KEY.to_owned(),
                target: older,
                current: CurrentChange::Becomes(summary()),
            })),
        ),
        ("blob-intent", Event::BlobIntent(BlobIntent { blob: BLOB })),
        (
            "intent-withdrawn",
            Event::IntentWithdrawn(IntentWithdrawn { blob: BLOB }),
        ),
        (
            "upload-started",
            Event::UploadStarted(Box::new(UploadStarted {
                upload: UploadId([0x0f; 16]),
                key: KEY.to_owned(),
                upload_key: StoredKey::Open([0x4b; 32]),
                headers: pairs(&[("content-type", "application/dicom")]),
                metadata: vec![],
                tags: vec![],
                checksum: Some((ChecksumAlgorithm::Sha256, ChecksumType::Composite)),
                retention: None,
                hold: None,
            })),
        ),
        (
            "upload-started-locked",
            Event::UploadStarted(Box::new(UploadStarted {
                upload: UploadId([0x0f; 16]),
                key: KEY.to_owned(),
                upload_key: StoredKey::Open([0x4b; 32]),
                headers: vec![],
                metadata: vec![],
                tags: vec![],
                checksum: None,
                retention: lock_full().retention,
                hold: Some(true),
            })),
        ),
        (
            "part-stored",
            Event::PartStored(Box::new(PartStored {
                upload: UploadId([0x0f; 16]),
                key: KEY.to_owned(),
                number: 10_000,
                attempt: PayloadId([0xa0; 16]),
                sha256: [0x5b; 32],
                md5: [0x3e; 16],
                checksum: Some(crc64()),
                inline: true,
            })),
        ),
        (
            "upload-aborted",
            Event::UploadAborted(UploadAborted {
                upload: UploadId([0x0f; 16]),
                key: KEY.to_owned(),
            }),
        ),
        (
            "version-tagged",
            Event::VersionTagged(VersionTagged {
                key: KEY.to_owned(),
                tags: pairs(&[("class", "chart"), ("診療科", "循環器内科")]),
                previous: None,
            }),
        ),
        (
            "version-tagged-again",
            Event::VersionTagged(VersionTagged {
                key: KEY.to_owned(),
                tags: vec![],
                previous: Some(Sequence(70_001)),
            }),
        ),
        (
            "acl-changed",
            Event::AclChanged(AclChanged {
                key: KEY.to_owned(),
                acl: CannedAcl::AuthenticatedRead.list(TenantId([0x12; 16]), TenantId([0x11; 16])),
                previous: Some(Sequence(70_002)),
            }),
        ),
        (
            "version-locked",
            Event::VersionLocked(VersionLocked {
                reason: "retention".to_owned(),
                bypassed: true,
                previous: Some(Sequence(77)),
            }),
        ),
        (
            "locks-changed",
            Event::LocksChanged(LocksChanged {
                reason: "extend".to_owned(),
                bypassed: false,
                locks: vec![
                    (VersionId([0x76; 16]), lock_full()),
                    (VersionId([0x77; 16]), Lock::default()),
                ],
            }),
        ),
        (
            "imported",
            Event::Imported(Imported {
                envelope: vec![0x88, 1],
                particulars: vec![],
            }),
        ),
    ];
    events.extend(keeper::events());
    events.extend(identity::events());
    events.push(audit::event());
    events.push(audit::released());
    let deleted = azekura_record::tenant::TenantDeleted {
        name: "東病院".to_owned(),
    };
    events.push(("tenant-deleted", Event::TenantDeleted(deleted)));
    events.extend(request::events());
    events.extend(sealed::events());
    events.extend(settings().into_iter().map(|(name, setting)| {
        let event = BucketConfigured {
            name: "images".to_owned(),
            setting,
        };
        (name, Event::BucketConfigured(event))
    }));
    events
}

pub(crate) fn particulars(event: Event) -> Particulars {
    Particulars {
        salt_seed: [0x5e; 32],
        requester: Requester {
            principal: "山田 (PACS)".to_owned(),
            key_id: "AZKEXAMPLE".to_owned(),
            source: Some([192, 0, 2, 7].into()),
            tls_identity: None,
            request_id: "req-1".to_owned(),
        },
        permitted: None,
        event,
    }
}

pub(crate) fn core_small() -> Core {
    Core {
        kind: RecordKind::TenantCreated,
        hybrid: HybridTime::from_packed(1),
        wall: WallTime(-1),
        compliance: ComplianceTime(0),
        tenant: TenantId([0x11; 16]),
        bucket: None,
        version: None,
        content_bytes: 0,
        sealed_bytes: 0,
        lock: Lock::default(),
        epoch: 0,
        commitment: [0xcc; 32],
    }
}

pub(crate) fn core_full() -> Core {
    Core {
        kind: RecordKind::Version,
        hybrid: HybridTime::from_packed(1_798_000_000_000 << 16 | 3),
        wall: WallTime(1_798_000_000_123),
        compliance: ComplianceTime(1_797_999_000_000),
        bucket: Some(BucketUuid([0x22; 16])),
        version: Some(VersionId([0x76; 16])),
        content_bytes: 4096,
        sealed_bytes: 4120,
        lock: Lock {
            retention: Some(Retention {
                mode: RetentionMode::Compliance,
                until: ComplianceTime(5_000_000_000_000),
            }),
            hold: Some(true),
            ..Lock::default()
        },
        epoch: 1,
        ..core_small()
    }
}

/// A lock in which everything is set.
pub(crate) fn lock_full() -> Lock {
    let class = |name| ClassName::parse(name).unwrap();
    Lock {
        retention: Some(Retention {
            mode: RetentionMode::Governance,
            until: ComplianceTime(5_000_000_000_000),
        }),
        hold: Some(false),
        event: Some(EventHold {
            class: class("karte-5y"),
            floor: ComplianceTime(4_000_000_000_000),
        }),
        probation: Some(ComplianceTime(1_798_000_259_200_000)),
        classes: vec![class("karte-5y"), class("xray-3y")],
    }
}

/// A core whose lock has everything.
pub(crate) fn core_locked() -> Core {
    Core {
        kind: RecordKind::VersionLocked,
        content_bytes: 0,
        sealed_bytes: 0,
        lock: lock_full(),
        ..core_full()
    }
}
