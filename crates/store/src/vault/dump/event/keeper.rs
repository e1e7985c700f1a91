//! Locks, lifecycle, release and disposal as JSON.

use azekura_model::audit::AuditEntry;
use azekura_model::governed::{ApprovalRequest, RequestStage};
use azekura_record::disposal::{DisposalRequested, DisposalStage};
use azekura_record::epoch::{EpochDestroyed, KeysGo};
use azekura_record::identity::IdentityChanged;
use azekura_record::lifecycle::{StoredExpiration, StoredLifecycle, StoredLifecycleRule};
use azekura_record::particulars::Event;
use azekura_record::released::VersionFreed;
use azekura_record::sshsig;
use serde_json::{Value, json};

use super::{pairs, sequence, summary};

/// What happened; the events of versions are matched before.
pub(super) fn event(event: &Event) -> Value {
    match event {
        Event::VersionLocked(e) => json!({
            "reason": e.reason,
            "bypassed": e.bypassed,
            "previous": sequence(e.previous),
        }),
        Event::LocksChanged(e) => json!({
            "reason": e.reason,
            "bypassed": e.bypassed,
            "locks": e.locks.iter().map(|(version, lock)| json!({
                "version": version.to_string(),
                "lock": super::super::lock_json(lock),
            })).collect::<Vec<_>>(),
        }),
        Event::EpochDestroyed(e) => keys_go(e),
        Event::Released(e) => json!({
            "key": e.key,
            "version": e.version.map(|version| version.to_string()),
            "upload": e.upload.map(|upload| upload.to_string()),
            "parts": e.parts,
            "upload_records": e.upload_records.len(),
            "last": e.last,
            "of_keys": e.entries.is_some(),
        }),
        Event::Freed(e) => freed(e),
        Event::DisposalRequested(e) => disposal(e),
        Event::SlotRestated(e) => json!({
            "key": e.key,
            "current": e.current.as_ref().map(|(current, _)| summary(current)),
            "previous": sequence(e.previous),
            "vacated": e.vacated.as_ref().map(|(vacated, _)| summary(vacated)),
        }),
        Event::LifecycleRan(e) => json!({
            "task": hex::encode(e.task),
            "cursor": e.cursor.0,
            "again": e.again.len(),
            "settled": e.settled.len(),
        }),
        Event::AuditBatch(e) => json!({
            "first": e.first,
            "bytes_before": e.bytes_before,
            "entries": e.entries.iter().map(audit_entry).collect::<Vec<_>>(),
        }),
        Event::AuditReleased(e) => json!({
            "from": e.from.0,
            "until": e.until.0,
            "entries": e.entries,
            "bytes": e.bytes,
            "keep_days": e.keep_days,
        }),
        Event::TenantDeleted(e) => json!({ "name": e.name }),
        Event::Imported(e) => json!({ "envelope": hex::encode(&e.envelope) }),
        Event::IdentityChanged(e) => identity(e),
        Event::RequestChanged(e) => request(&e.0),
        _ => Value::Null,
    }
}

fn keys_go(event: &EpochDestroyed) -> Value {
    let (one, place, name) = match &event.goes {
        KeysGo::All(bucket) => {
            let place = bucket.map(|bucket| (bucket.partition, bucket.created));
            (false, place, None)
        }
        KeysGo::One(bucket) => {
            let bucket = bucket.as_deref();
            let place = bucket.map(|bucket| (bucket.partition, bucket.created));
            (true, place, bucket.map(|bucket| bucket.name.clone()))
        }
    };
    json!({
        "epoch": event.epoch,
        "old_epoch_alone": one,
        "partition": place.map(|(partition, _)| partition.to_string()),
        "created_ms": place.map(|(_, created)| created.0),
        "bucket": name,
    })
}

/// What of the directory changed; secrets stay sealed.
fn identity(changed: &IdentityChanged) -> Value {
    match changed {
        IdentityChanged::Removed(name) => json!({ "removed": format!("{name:?}") }),
        IdentityChanged::Set(identity) => json!({
            "set": format!("{:?}", identity.name()),
            "bytes": hex::encode(azekura_record::identity::encode(identity)),
        }),
    }
}

fn audit_entry(entry: &AuditEntry) -> Value {
    json!({
        "time": entry.time.0,
        "request_id": entry.request_id,
        "interface": format!("{:?}", entry.interface),
        "operation": entry.operation,
        "principal": entry.principal,
        "key_id": entry.key_id,
        "auth": format!("{:?}", entry.auth),
        "source": entry.source.map(|source| source.to_string()),
        "bucket": entry.bucket,
        "key": entry.key,
        "version": entry.version,
        "status": entry.status,
        "error_code": entry.error_code,
        "patient": entry.patient,
        "count": entry.count,
    })
}

fn request(request: &ApprovalRequest) -> Value {
    let stage = match &request.stage {
        RequestStage::Asked => json!("asked"),
        RequestStage::Approved => json!("approved"),
        RequestStage::Vetoed(veto) => json!({ "vetoed_by": veto.by, "reason": veto.reason }),
        RequestStage::Expired => json!("expired"),
        RequestStage::Executed(at) => json!({ "executed_ms": at.0 }),
    };
    json!({
        "request": request.id.to_string(),
        "text": request.text,
        "document": request.document,
        "asked_by": request.asked_by,
        "approval": request.approval.as_ref().map(|approval| json!({
            "approver": approval.approver,
            "public_key": sshsig::public_key_to_text(&approval.public_key),
            "signature": sshsig::armored(&approval.signature),
            "acts_at_ms": approval.acts_at.0,
        })),
        "stage": stage,
    })
}

fn freed(freed: &VersionFreed) -> Value {
    let blobs = freed.blobs.iter().map(ToString::to_string);
    json!({
        "released": freed.released.0,
        "made": freed.made.0,
        "hidden": freed.hidden.map(|sequence| sequence.0),
        "hidden_at": freed.hidden_at.0,
        "hidden_by": freed.hidden_by,
        "disposal": freed.disposal.map(hex::encode),
        "particulars_bytes": freed.particulars_bytes,
        "payload_bytes": freed.payload_bytes,
        "blobs": blobs.collect::<Vec<_>>(),
        "blob_bytes": freed.blob_bytes,
        "verified": freed.verified,
    })
}

fn disposal(job: &DisposalRequested) -> Value {
    json!({
        "id": hex::encode(job.id),
        "prefix": job.prefix,
        "class": job.class,
        "before": job.before.0,
        "reason": job.reason,
        "asked_by": job.asked_by,
        "asked_at": job.asked_at.0,
        "acts_at": job.acts_at.0,
        "stage": match job.stage {
            DisposalStage::Requested => json!("requested"),
            DisposalStage::Cancelled => json!("cancelled"),
            DisposalStage::Hidden { versions, bytes, locked } => {
                json!({ "versions": versions, "bytes": bytes, "locked": locked })
            }
        },
    })
}

pub(super) fn lifecycle(rules: &StoredLifecycle) -> Value {
    let list = |rules: &[StoredLifecycleRule]| rules.iter().map(rule).collect::<Vec<_>>();
    json!({
        "in_force": list(&rules.in_force),
        "pending": rules.pending.as_ref().map(|(acts_at, rules)| json!({
            "acts_at": acts_at.0,
            "rules": list(rules),
        })),
    })
}

fn rule(rule: &StoredLifecycleRule) -> Value {
    json!({
        "id": rule.id,
        "enabled": rule.enabled,
        "prefix": rule.prefix,
        "tags": pairs(&rule.tags),
        "larger_than": rule.larger_than,
        "smaller_than": rule.smaller_than,
        "expiration": rule.expiration.map(|expiration| match expiration {
            StoredExpiration::Days(days) => json!({ "days": days }),
            StoredExpiration::Date(date) => json!({ "date": date.0 }),
            StoredExpiration::ExpiredObjectDeleteMarker(goes) => {
                json!({ "expired_object_delete_marker": goes })
            }
        }),
        "noncurrent": rule.noncurrent.map(|(days, newer)| {
            json!({ "days": days, "newer_versions": newer })
        }),
        "abort_multipart_days": rule.abort_multipart_days,
    })
}
