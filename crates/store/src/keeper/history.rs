//! Releases what has left hidden history.
//!
//! What S3 no longer shows got there by one of a few records: a hiding, a newer `null` version, a late
//! `null` version that was replaced at once, the abort of an upload. Each is judged when it is as old as
//! history is long.

use azekura_engine::seam::{Part, StoredRecord};
use azekura_model::ident::VersionId;
use azekura_model::release::NotReleased;
use azekura_model::time::ComplianceTime;
use azekura_record::core::RecordKind;
use azekura_record::particulars::Event;

use super::walk::{Task, Verdict, Work, core_of};
use super::{AGAIN, KeeperReport, again_when};
use crate::error::StoreError;
use crate::inner::Inner;
use crate::release::{Outcome, Scope, Subject, release_one};
use crate::slot::for_each_version;
use crate::visibility::Rule;

pub(super) async fn run(
    inner: &Inner,
    scope: Scope,
    report: &mut KeeperReport,
) -> Result<(), StoreError> {
    let now = inner.clock.compliance();
    let kept = scope.history.until(ComplianceTime(0)).0;
    let task = Task {
        inner,
        owner: scope.owner,
        name: "history".to_owned(),
        until: ComplianceTime(now.0.saturating_sub(kept)),
        work: Work::History(scope),
    };
    task.run(report).await
}

/// Judges one record that is old enough.
pub(super) async fn judge(
    inner: &Inner,
    scope: Scope,
    record: &StoredRecord,
    report: &mut KeeperReport,
) -> Result<Verdict, StoreError> {
    let core = core_of(record)?;
    let concerned = matches!(
        core.kind,
        RecordKind::VersionHidden
            | RecordKind::Version
            | RecordKind::DeleteMarker
            | RecordKind::UploadAborted
    );
    if !concerned || record.particulars == Part::Erased {
        return Ok(Verdict::Settled);
    }
    let (_, opened) = inner.record(scope.owner.partition, record.position.sequence)?;
    let replaced = |object: &str, version| replaced(inner, scope, object, version);
    let subjects = match (opened.particulars.event, core.version) {
        (Event::VersionHidden(hidden), Some(version)) => {
            vec![Subject::Version(hidden.key, version)]
        }
        (Event::Version(version), Some(id)) if version.null => replaced(&version.key, id)?,
        (Event::DeleteMarker(marker), Some(id)) if marker.null => replaced(&marker.key, id)?,
        (Event::UploadAborted(aborted), _) => vec![Subject::Upload(aborted.key, aborted.upload)],
        _ => Vec::new(),
    };
    let mut verdict = Verdict::Settled;
    for subject in subjects {
        if let Verdict::Again(at) = release(inner, scope, &subject, report).await? {
            verdict = match verdict {
                Verdict::Settled => Verdict::Again(at),
                Verdict::Again(sooner) => Verdict::Again(sooner.min(at)),
            };
        }
    }
    Ok(verdict)
}

/// The `null` versions of a key that were replaced when `version` was stored: older ones, or itself
/// when a newer one was there already. Those that were hidden have a record of their own.
fn replaced(
    inner: &Inner,
    scope: Scope,
    object: &str,
    version: VersionId,
) -> Result<Vec<Subject>, StoreError> {
    let mut rule = Rule::default();
    let mut found = Vec::new();
    for_each_version(
        inner,
        scope.owner.partition,
        object,
        None,
        |summary, _, _| {
            let shown = rule.shows(summary);
            if summary.null && !summary.hidden && !shown && summary.version <= version {
                found.push(Subject::Version(object.to_owned(), summary.version));
            }
            true
        },
    )?;
    // The oldest first: a newer one that covers an older one stays as long as that.
    found.reverse();
    Ok(found)
}

async fn release(
    inner: &Inner,
    scope: Scope,
    subject: &Subject,
    report: &mut KeeperReport,
) -> Result<Verdict, StoreError> {
    let now = inner.clock.compliance();
    let again = Verdict::Again(ComplianceTime(now.0.saturating_add(AGAIN)));
    Ok(match release_one(inner, scope, subject).await? {
        Outcome::Gone | Outcome::Kept(NotReleased::Shown) => Verdict::Settled,
        Outcome::Freed(erased) => {
            report.released = report.released.saturating_add(1);
            report.released_bytes = report.released_bytes.saturating_add(erased.bytes);
            Verdict::Settled
        }
        Outcome::Kept(NotReleased::History { until }) => Verdict::Again(until),
        Outcome::Kept(NotReleased::Locked(refused)) => {
            report.locked = report.locked.saturating_add(1);
            Verdict::Again(again_when(&refused, now))
        }
        Outcome::Kept(NotReleased::Covers | NotReleased::Pinned) => again,
        Outcome::Kept(NotReleased::Gap(what)) => {
            tracing::error!(bucket = %scope.owner.bucket, %what, "nothing is released: its history is not whole");
            report.failed = report.failed.saturating_add(1);
            again
        }
    })
}
