//! From the store's types to the wire's.

use azekura_admin_api::keeper::{
    BucketLifecycle, CertificateDocument, CertifiedEpoch, CertifiedErasure, CertifiedKey,
    DisposalDetail, ErasedParts, HistoryDaysDetail, KeeperRun, LifecycleRuleDetail,
    PendingLifecycle, RecordPlace,
};
use azekura_model::cooling::{Cooling, HistoryDays};
use azekura_model::lifecycle::{Expiration, LifecycleRule, LifecycleRules};
use azekura_model::time::{ComplianceTime, WallTime};
use azekura_record::disposal::{DisposalRequested, DisposalStage};
use azekura_store::certificate::{Certificate, CertifiedRelease, KeyDestroyed, RecordedAt};
use azekura_store::families::CONFIGURATION;
use azekura_store::keeper::KeeperReport;

use super::super::convert::rfc3339;

pub(super) fn lifecycle(state: &Cooling<LifecycleRules>, now: ComplianceTime) -> BucketLifecycle {
    let list = |rules: &LifecycleRules| rules.rules().iter().map(rule).collect();
    BucketLifecycle {
        in_force: list(state.in_force(now)),
        pending: state.pending(now).map(|pending| PendingLifecycle {
            acts_at: rfc3339(pending.acts_at.0),
            rules: list(&pending.value),
        }),
    }
}

fn rule(rule: &LifecycleRule) -> LifecycleRuleDetail {
    let filter = &rule.filter;
    let mut detail = LifecycleRuleDetail {
        id: rule.id.clone(),
        enabled: rule.enabled,
        prefix: filter.prefix().to_owned(),
        tags: filter
            .tags
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect(),
        larger_than: filter.larger_than,
        smaller_than: filter.smaller_than,
        noncurrent_days: rule.noncurrent.map(|noncurrent| noncurrent.days),
        noncurrent_kept: rule.noncurrent.and_then(|rule| rule.newer_versions),
        abort_multipart_days: rule.abort_multipart_days,
        ..LifecycleRuleDetail::default()
    };
    match rule.expiration {
        Some(Expiration::Days(days)) => detail.expire_days = Some(days),
        Some(Expiration::Date(date)) => detail.expire_date = Some(rfc3339(date.0)),
        Some(Expiration::ExpiredObjectDeleteMarker(goes)) => detail.expire_markers = Some(goes),
        None => {}
    }
    detail
}

pub(super) fn run(report: &KeeperReport) -> KeeperRun {
    KeeperRun {
        records_read: report.records_read,
        finished: report.finished,
        released: report.released,
        released_bytes: report.released_bytes,
        expired: report.expired,
        removed: report.removed,
        aborted: report.aborted,
        disposed: report.disposed,
        locked: report.locked,
        failed: report.failed,
    }
}

pub(super) fn history_days(state: &Cooling<HistoryDays>, now: ComplianceTime) -> HistoryDaysDetail {
    let pending = state.pending(now);
    HistoryDaysDetail {
        days: state.in_force(now).0,
        pending_days: pending.map(|pending| pending.value.0),
        acts_at: pending.map(|pending| rfc3339(pending.acts_at.0)),
    }
}

pub(super) fn disposal(job: &DisposalRequested) -> DisposalDetail {
    let mut detail = DisposalDetail {
        id: hex::encode(job.id),
        prefix: job.prefix.clone(),
        class: job.class.clone(),
        before: rfc3339(job.before.0),
        reason: job.reason.clone(),
        asked_by: job.asked_by.clone(),
        asked_at: rfc3339(job.asked_at.0),
        acts_at: rfc3339(job.acts_at.0),
        ..DisposalDetail::default()
    };
    let stage = match job.stage {
        DisposalStage::Requested => "requested",
        DisposalStage::Cancelled => "cancelled",
        DisposalStage::Hidden {
            versions,
            bytes,
            locked,
        } => {
            detail.hidden_versions = Some(versions);
            detail.hidden_bytes = Some(bytes);
            detail.locked_versions = Some(locked);
            "hidden"
        }
    };
    stage.clone_into(&mut detail.stage);
    detail
}

/// What software that erases on a disk cannot know.
const LIMITS: [&str; 3] = [
    "Bytes are overwritten and given back through the file system. Copies that the disk itself keeps \
     (spare blocks of flash, snapshots and backups below or beside the vault) are not covered; content \
     was encrypted, and its data key was erased with it.",
    "The index and its older files may hold names of objects, and wrapped keys, until they are \
     rewritten (`azekura vault rebuild-index` does so at once); use an encrypted disk.",
    "What the hospital exported or another system read is not covered.",
];

pub(super) fn certificate(
    certificate: &Certificate,
    wall: WallTime,
    now: ComplianceTime,
) -> CertificateDocument {
    CertificateDocument {
        document: "azekura disposal certificate v1".to_owned(),
        bucket_uuid: certificate.bucket.to_string(),
        region: certificate.region.to_string(),
        incarnation: hex::encode(certificate.incarnation.0),
        partition: certificate.partition.to_string(),
        issued: rfc3339(wall.0),
        issued_compliance: rfc3339(now.0),
        limits: LIMITS.map(str::to_owned).into(),
        key_destroyed: certificate.key_destroyed.as_ref().map(key_destroyed),
        epochs_destroyed: certificate
            .epochs_destroyed
            .iter()
            .map(|old| CertifiedEpoch {
                epoch: old.epoch,
                key: key_destroyed(&old.key),
            })
            .collect(),
        releases: certificate.entries.iter().map(release).collect(),
    }
}

fn key_destroyed(key: &KeyDestroyed) -> CertifiedKey {
    let stage = match key.erased {
        Some(_) => "key destroyed",
        None => "being destroyed",
    };
    CertifiedKey {
        stage: stage.to_owned(),
        partition: CONFIGURATION.to_string(),
        decided: place(&key.decided),
        erased: key.erased.as_ref().map(place),
        epochs: key.epochs,
    }
}

fn place(at: &RecordedAt) -> RecordPlace {
    RecordPlace {
        sequence: at.sequence.to_string(),
        wall: rfc3339(at.wall.0),
        compliance: rfc3339(at.compliance.0),
    }
}

fn release(entry: &CertifiedRelease) -> CertifiedErasure {
    let freed = entry.freed.as_ref();
    let hidden_by = freed.map(|(_, freed)| freed.hidden_by.clone());
    CertifiedErasure {
        version: entry.version.map(|version| version.to_string()),
        content_bytes: entry.content_bytes,
        commitment: entry.commitment.map(hex::encode),
        made: entry.made.as_ref().map(place),
        hidden: entry.hidden.as_ref().map(place),
        hidden_by: hidden_by.filter(|by| !by.is_empty()),
        disposal: freed.and_then(|(_, freed)| freed.disposal.map(hex::encode)),
        released: place(&entry.released),
        stage: if freed.is_some() { "freed" } else { "released" }.to_owned(),
        erased: freed.map(|(at, freed)| ErasedParts {
            freed: place(at),
            particulars_zeroed: freed.particulars_bytes,
            payload_zeroed: freed.payload_bytes,
            blobs_removed: u64::try_from(freed.blobs.len()).unwrap_or(u64::MAX),
            blob_bytes: freed.blob_bytes,
            read_back: freed.verified,
        }),
        records: entry.list.erase.iter().map(ToString::to_string).collect(),
    }
}
