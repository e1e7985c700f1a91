//! Lifecycle, release and disposal as JSON.

use azekura_record::disposal::{DisposalRequested, DisposalStage};
use azekura_record::lifecycle::{StoredExpiration, StoredLifecycle, StoredLifecycleRule};
use azekura_record::released::Freed;
use serde_json::{Value, json};

use super::pairs;

pub(super) fn freed(freed: &Freed) -> Value {
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

pub(super) fn disposal(job: &DisposalRequested) -> Value {
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
