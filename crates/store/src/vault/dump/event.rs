//! What happened, as JSON. Keys and salts are left out.

mod keeper;

use azekura_model::checksum::{Checksum, ETag};
use azekura_model::cooling::{Cooling, Governed};
use azekura_model::governed::PermittedBy;
use azekura_model::position::Sequence;
use azekura_model::requester::Requester;
use azekura_model::retention_class::ClassRules;
use azekura_record::configured::{StoredCorsRule, StoredSetting};
use azekura_record::hidden::CurrentChange;
use azekura_record::part::PartStored;
use azekura_record::particulars::Event;
use azekura_record::summary::Summary;
use azekura_record::tick::ClockTick;
use azekura_record::upload::UploadStarted;
use azekura_record::version::{PartRef, Payload, Version};
use serde_json::{Map, Value, json};

pub(super) fn permitted(permitted: &PermittedBy) -> Value {
    match permitted {
        PermittedBy::TwoPeople { request, approver } => json!({
            "by": "two-people",
            "request": request.to_string(),
            "approver": approver,
        }),
        PermittedBy::AloneAfterCooling { request } => json!({
            "by": "alone-after-cooling",
            "request": request.to_string(),
        }),
        PermittedBy::DualControlOff => json!({ "by": "dual-control-off" }),
    }
}

pub(super) fn requester(requester: &Requester) -> Value {
    json!({
        "principal": requester.principal,
        "key_id": requester.key_id,
        "source": requester.source.map(|source| source.to_string()),
        "tls_identity": requester.tls_identity,
        "request_id": requester.request_id,
    })
}

pub(super) fn event(event: &Event) -> Value {
    match event {
        Event::TenantCreated(e) => json!({
            "name": e.name,
            "dual_control": e.dual_control,
            "sealed": e.sealed,
        }),
        Event::TenantResealed(e) => json!({ "rounds": e.rounds }),
        Event::EpochOpened(e) => json!({ "epoch": e.epoch }),
        Event::BucketCreated(e) => json!({
            "name": e.name,
            "location": e.location,
            "partition": e.partition.to_string(),
            "versioning": format!("{:?}", e.versioning),
            "history_days": e.history_days,
            "regions": e.regions,
        }),
        Event::BucketChanged(e) => json!({
            "name": e.name,
            "versioning": format!("{:?}", e.versioning),
            "history_days": e.history_days,
            "pending_history_days": e.pending_history_days.map(|(at, days)| json!([at.0, days])),
        }),
        Event::BucketRetired(e) => json!({ "name": e.name }),
        Event::BucketConfigured(e) => json!({ "name": e.name, "setting": setting(&e.setting) }),
        Event::Version(e) => version(e),
        Event::DeleteMarker(e) => {
            json!({ "key": e.key, "null": e.null, "superseded": e.superseded })
        }
        Event::VersionHidden(e) => json!({
            "key": e.key,
            "target": summary(&e.target),
            "current": match &e.current {
                CurrentChange::Stays => json!("stays"),
                CurrentChange::Cleared => json!("cleared"),
                CurrentChange::Becomes(becomes) => summary(becomes),
            },
        }),
        Event::ClockTick(e) => clock_tick(e),
        Event::BlobIntent(e) => json!({ "blob": e.blob.to_string() }),
        Event::IntentWithdrawn(e) => json!({ "blob": e.blob.to_string() }),
        Event::UploadStarted(e) => upload_started(e),
        Event::PartStored(e) => part_stored(e),
        Event::UploadAborted(e) => json!({ "upload": e.upload.to_string(), "key": e.key }),
        Event::VersionTagged(e) => json!({
            "key": e.key,
            "tags": pairs(&e.tags),
            "previous": sequence(e.previous),
        }),
        Event::AclChanged(e) => json!({
            "key": e.key,
            "acl": acl_json(&e.acl),
            "previous": sequence(e.previous),
        }),
        other => keeper::event(other),
    }
}

fn clock_tick(e: &ClockTick) -> Value {
    json!({
            "counted": e.counted.0,
            "saved_ms": e.saved_ms,
            "spent_ms": e.spent_ms,
            "caught_up_ms": e.caught_up_ms,
            "by_evidence": e.by_evidence,
    })
}

fn upload_started(e: &UploadStarted) -> Value {
    json!({
            "upload": e.upload.to_string(),
            "key": e.key,
            "headers": pairs(&e.headers),
            "metadata": pairs(&e.metadata),
            "tags": pairs(&e.tags),
            "retention": super::retention_json(e.retention),
            "hold": e.hold,
    })
}

fn part_stored(e: &PartStored) -> Value {
    json!({
            "upload": e.upload.to_string(),
            "key": e.key,
            "number": e.number,
            "attempt": e.attempt.to_string(),
            "sha256": hex::encode(e.sha256),
            "md5": hex::encode(e.md5),
            "inline": e.inline,
    })
}

/// `null` = cleared.
fn setting(setting: &StoredSetting) -> Value {
    match setting {
        StoredSetting::Tags(tags) => json!({ "tags": tags.as_deref().map(pairs) }),
        StoredSetting::Cors(rules) => {
            let rules = rules.as_ref().map(|rules| rules.iter().map(cors_rule));
            json!({ "cors": rules.map(Iterator::collect::<Vec<_>>) })
        }
        StoredSetting::PublicAccess(block) => json!({
            "public_access_block": block.map(|block| json!({
                "block_public_acls": block.block_public_acls,
                "ignore_public_acls": block.ignore_public_acls,
                "block_public_policy": block.block_public_policy,
                "restrict_public_buckets": block.restrict_public_buckets,
            })),
        }),
        StoredSetting::Ownership(ownership) => {
            json!({ "ownership": ownership.map(|ownership| format!("{ownership:?}")) })
        }
        StoredSetting::Encryption(encryption) => json!({
            "encryption": encryption.map(|encryption| json!({
                "algorithm": "AES256",
                "bucket_key_enabled": encryption.bucket_key_enabled,
            })),
        }),
        StoredSetting::Lifecycle(rules) => {
            json!({ "lifecycle": rules.as_ref().map(keeper::lifecycle) })
        }
        StoredSetting::ObjectLock(lock) => json!({
            "object_lock": lock.map(|lock| json!({
                "default": lock.default.map(|default| json!({
                    "mode": format!("{:?}", default.mode),
                    "days": default.period.in_days(),
                    "years": default.period.in_years(),
                })),
                "probation_ends_ms": lock.probation.map(|probation| probation.ends.0),
            })),
        }),
        StoredSetting::RetentionClasses(rules) => json!({
            "retention_classes": rules.as_ref().map(|rules| cooling(rules, class_rules)),
        }),
        StoredSetting::RetentionLimits(limits) => json!({
            "retention_limits": limits.as_ref().map(|limits| cooling(limits, |limits| json!({
                "floor_days": limits.floor_days(),
                "ceiling_days": limits.ceiling_days(),
            }))),
        }),
        StoredSetting::Policy(text) => json!({ "policy": text }),
        StoredSetting::Acl(acl) => json!({ "acl": acl.as_ref().map(acl_json) }),
    }
}

fn cors_rule(rule: &StoredCorsRule) -> Value {
    let methods = rule.methods.iter().map(|method| method.as_str());
    json!({
        "id": rule.id,
        "origins": rule.origins,
        "methods": methods.collect::<Vec<_>>(),
        "allowed_headers": rule.allowed_headers,
        "expose_headers": rule.expose_headers,
        "max_age_seconds": rule.max_age_seconds,
    })
}

fn version(version: &Version) -> Value {
    json!({
        "key": version.key,
        "null": version.null,
        "superseded": version.superseded,
        "sha256": hex::encode(version.sha256),
        "etag": version.etag.to_string(),
        "checksums": version.checksums.iter().map(checksum).collect::<Vec<_>>(),
        "headers": pairs(&version.headers),
        "metadata": pairs(&version.metadata),
        "tags": pairs(&version.tags),
        "upload": version.upload.map(|upload| upload.to_string()),
        "payload": match &version.payload {
            Payload::Empty => json!("empty"),
            Payload::Inline { .. } => json!("inline"),
            Payload::Blob { blob, .. } => json!({ "blob": blob.to_string() }),
            Payload::Parts { parts, .. } => {
                json!({ "parts": parts.iter().map(part).collect::<Vec<_>>() })
            }
        },
    })
}

fn part(part: &PartRef) -> Value {
    json!({
        "number": part.number,
        "attempt": part.attempt.to_string(),
        "content_bytes": part.content_bytes,
        "sha256": hex::encode(part.sha256),
        "md5": hex::encode(part.md5),
        "inline_at": sequence(part.inline_at),
    })
}

fn summary(summary: &Summary) -> Value {
    let etag: ETag = summary.etag;
    json!({
        "version": summary.version.to_string(),
        "null": summary.null,
        "marker": summary.marker,
        "hidden": summary.hidden,
        "content_bytes": summary.content_bytes,
        "etag": etag.to_string(),
        "at": sequence(summary.at),
    })
}

fn checksum(checksum: &Checksum) -> Value {
    json!({
        "algorithm": checksum.algorithm.as_str(),
        "value": hex::encode(&checksum.value),
        "kind": format!("{:?}", checksum.kind),
        "parts": checksum.parts,
    })
}

fn sequence(sequence: Option<Sequence>) -> Value {
    json!(sequence.map(|sequence| sequence.0))
}

fn pairs(pairs: &[(String, String)]) -> Value {
    let object: Map<_, _> = pairs
        .iter()
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect();
    Value::Object(object)
}

fn cooling<T: Governed>(setting: &Cooling<T>, value: impl Fn(&T) -> Value) -> Value {
    let (in_force, pending) = setting.parts();
    json!({
        "in_force": value(in_force),
        "pending": pending.map(|pending| json!({
            "value": value(&pending.value),
            "acts_at_ms": pending.acts_at.0,
        })),
    })
}

fn class_rules(rules: &ClassRules) -> Value {
    rules
        .0
        .iter()
        .map(|rule| {
            json!({
                "prefix": rule.prefix,
                "tag": rule.tag,
                "class": rule.class.as_str(),
                "mode": format!("{:?}", rule.mode),
            })
        })
        .collect()
}

fn acl_json(acl: &azekura_model::acl::Acl) -> Value {
    let grants = acl.grants.iter().map(|grant| {
        json!({
            "grantee": format!("{:?}", grant.grantee),
            "permission": format!("{:?}", grant.permission),
        })
    });
    json!({ "owner": acl.owner.to_string(), "grants": grants.collect::<Vec<_>>() })
}
