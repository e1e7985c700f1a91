//! Batches of an audit that are past their period go through the one door.
//!
//! 1. [`judge`]: from the oldest batch that is there on, every one whose period is over by compliance
//!    time, by the policy in force; nothing where damage is known, or where one does not open;
//! 2. *Audit released* says up to where, and how the numbering goes on. It is never erased;
//! 3. *Released* lists the batches; they are erased, read back, and *freed* says so.
//!
//! A crash after 2 is finished by the next pass, one after 3 by the next start: what step 2 names and is
//! still there is released. Policies are not changed between 1 and 2.

use azekura_engine::seam::{CommitClass, Part, StoredRecord};
use azekura_model::audit::{AuditPolicy, KEEP_DAYS_MIN};
use azekura_model::ident::TenantId;
use azekura_model::identity::IdentityName;
use azekura_model::position::{PartitionId, Sequence};
use azekura_model::release::{ReleaseProof, resume};
use azekura_model::requester::Requester;
use azekura_record::audit::AuditReleased;
use azekura_record::core::{Core, RecordKind};
use azekura_record::particulars::Event;
use azekura_record::released::{ReleaseList, Released};
use bytes::Bytes;

use super::{VAULT_AUDIT, audit_partition};
use crate::bucket::read;
use crate::error::StoreError;
use crate::families::{self, IDENTITY};
use crate::inner::{Appended, Draft, Inner, Refused, unchanged};
use crate::keeper::KeeperReport;
use crate::lock_state::read_lost;
use crate::release::finish::{self, Deed, Erased, Place};
use crate::seal::record::open_core;

/// Batches in one release.
const BATCHES_MAX: usize = 1000;
/// Records that are read at a time.
const RECORDS_AT_A_TIME: usize = 100;
/// Name under which the vault releases.
const TASK: &str = "keeper";

/// Where an audit begins, after what is past its period.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Begin {
    /// Everything up to here is past its period.
    pub(crate) until: Sequence,
    /// Number of the first entry that stays.
    pub(crate) entries: u64,
    /// Bytes of particulars before it.
    pub(crate) bytes: u64,
}

impl From<&AuditReleased> for Begin {
    fn from(released: &AuditReleased) -> Self {
        Self {
            until: released.until,
            entries: released.entries,
            bytes: released.bytes,
        }
    }
}

/// Nothing is past its period.
impl Default for Begin {
    fn default() -> Self {
        Self {
            until: Sequence(0),
            entries: 0,
            bytes: 0,
        }
    }
}

impl Begin {
    /// Three numbers of eight bytes, big-endian.
    pub(crate) fn encode(self) -> Bytes {
        let numbers = [self.until.0, self.entries, self.bytes];
        Bytes::from(numbers.map(u64::to_be_bytes).concat())
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut numbers = bytes.chunks_exact(8).filter_map(|number| {
            let number: [u8; 8] = number.try_into().ok()?;
            Some(u64::from_be_bytes(number))
        });
        Some(Self {
            until: Sequence(numbers.next()?),
            entries: numbers.next()?,
            bytes: numbers.next()?,
        })
    }
}

/// Where the audit of a partition begins.
pub(super) fn begin(inner: &Inner, partition: PartitionId) -> Result<Begin, StoreError> {
    let Some(entry) = inner.get(partition, &families::audit_begin())? else {
        return Ok(Begin::default());
    };
    Begin::decode(&entry.value)
        .ok_or_else(|| StoreError::Internal("where an audit begins cannot be read".to_owned()))
}

/// All whose audit is kept: tenants, deleted ones too, and the vault itself.
fn owners(inner: &Inner) -> Result<Vec<TenantId>, StoreError> {
    let tenants = read::tenants(inner)?.into_iter().map(|(id, _)| id);
    Ok(tenants.chain([VAULT_AUDIT]).collect())
}

fn place(tenant: TenantId) -> Place {
    Place {
        tenant,
        bucket: None,
        partition: audit_partition(tenant),
    }
}

/// Finishes what a crash left; before anything is served.
pub(crate) async fn finish_all(inner: &Inner) -> Result<(), StoreError> {
    for tenant in owners(inner)? {
        finish::finish_all(inner, place(tenant)).await?;
    }
    Ok(())
}

/// One pass over all audits. One that fails does not stop the others.
pub(crate) async fn run(inner: &Inner, report: &mut KeeperReport) -> Result<(), StoreError> {
    for tenant in owners(inner)? {
        match keep(inner, tenant, report).await {
            Ok(()) => {}
            Err(error @ StoreError::Stopped(_)) => return Err(error),
            Err(error) => {
                report.failed = report.failed.saturating_add(1);
                tracing::error!(%tenant, %error, "entries past their period cannot be released");
            }
        }
    }
    Ok(())
}

async fn keep(
    inner: &Inner,
    tenant: TenantId,
    report: &mut KeeperReport,
) -> Result<(), StoreError> {
    let place = place(tenant);
    let (finished, failed) = finish::finish_all(inner, place).await?;
    report.finished = report.finished.saturating_add(finished);
    report.failed = report.failed.saturating_add(failed);
    if failed > 0 {
        return Ok(());
    }
    if let Some(damage) = damage(inner, tenant)? {
        tracing::warn!(%tenant, damage, "with damage nothing of an audit is released");
        return Ok(());
    }
    loop {
        let batches = match announced(inner, place.partition)? {
            Some(batches) => batches,
            None => match announce(inner, place, report).await? {
                Some(batches) => batches,
                None => return Ok(()),
            },
        };
        let erased = release(inner, place, &batches).await?;
        let count = batches.len() as u64;
        report.audit_batches = report.audit_batches.saturating_add(count);
        report.released_bytes = report.released_bytes.saturating_add(erased.bytes);
    }
}

/// What keeps an audit whole: damage of the journal, or of what may have said a longer period.
fn damage(inner: &Inner, tenant: TenantId) -> Result<Option<String>, StoreError> {
    if let Some(damage) = inner.engine.status().damage.into_iter().next() {
        return Ok(Some(damage));
    }
    let policy = inner.get(IDENTITY, &families::identity(tenant, &IdentityName::Audit))?;
    let said = policy.map(|entry| entry.sequence);
    let lost = read_lost(inner, IDENTITY)?.filter(|lost| said.is_none_or(|said| *lost > said));
    Ok(lost.map(|lost| {
        format!("record {lost} of the identities was lost, and may have been its policy")
    }))
}

/// Batches that a durable record names and that are still there; `None` = there are none.
fn announced(inner: &Inner, partition: PartitionId) -> Result<Option<Vec<Sequence>>, StoreError> {
    let Some(entry) = inner.get(partition, &families::audit_begin())? else {
        return Ok(None);
    };
    let (_, opened) = inner.record(partition, entry.sequence)?;
    let Event::AuditReleased(said) = opened.particulars.event else {
        return Err(StoreError::Damaged(format!(
            "record {} of partition {partition} does not say where the audit begins",
            entry.sequence
        )));
    };
    let mut batches = Vec::new();
    every(inner, partition, said.from, |record, core| {
        let at = record.position.sequence;
        if at > said.until {
            return Ok(false);
        }
        if core.kind == RecordKind::AuditBatch && record.particulars != Part::Erased {
            batches.push(at);
        }
        Ok(true)
    })?;
    Ok((!batches.is_empty()).then_some(batches))
}

/// What is past its period.
struct Past {
    batches: Vec<Sequence>,
    said: AuditReleased,
}

/// Steps 1 and 2.
async fn announce(
    inner: &Inner,
    place: Place,
    report: &mut KeeperReport,
) -> Result<Option<Vec<Sequence>>, StoreError> {
    // The policy that was judged by is the one in force when the record is durable.
    let _policies = inner.directory.changing().await;
    let Some(past) = judge(inner, place, report)? else {
        return Ok(None);
    };
    let before = inner.get(place.partition, &families::audit_begin())?;
    let guard = unchanged(families::audit_begin(), before.map(|entry| entry.value));
    let event = Event::AuditReleased(past.said);
    append(inner, place, vec![guard], event, Bytes::new()).await?;
    Ok(Some(past.batches))
}

fn judge(
    inner: &Inner,
    place: Place,
    report: &mut KeeperReport,
) -> Result<Option<Past>, StoreError> {
    let (tenant, partition) = (place.tenant, place.partition);
    let policy = inner.audit_policy(tenant);
    let now = inner.clock.compliance();
    let from = begin(inner, partition)?.until.next();
    let mut batches = Vec::new();
    let mut next = from;
    every(inner, partition, from, |record, core| {
        let at = record.position.sequence;
        report.records_read = report.records_read.saturating_add(1);
        if at != next || core.tenant != tenant {
            return Err(StoreError::Damaged(format!(
                "record {next} of partition {partition} is missing, or another tenant's"
            )));
        }
        next = at.next();
        if core.kind != RecordKind::AuditBatch {
            return Ok(true);
        }
        if policy.kept_until(core.compliance, core.wall) > now {
            return Ok(false);
        }
        // One that does not open is damage: it stays, and is reported.
        inner.record(partition, at)?;
        batches.push(at);
        Ok(batches.len() < BATCHES_MAX)
    })?;
    let Some(until) = batches.last().copied() else {
        return Ok(None);
    };
    let (record, opened) = inner.record(partition, until)?;
    let (Event::AuditBatch(last), Part::Present(sealed)) =
        (opened.particulars.event, &record.particulars)
    else {
        return Err(StoreError::Damaged(format!(
            "record {until} of partition {partition} is no batch"
        )));
    };
    let said = AuditReleased {
        from,
        until,
        entries: last.first.saturating_add(last.entries.len() as u64),
        bytes: last.bytes_before.saturating_add(sealed.len() as u64),
        keep_days: policy.keep_days,
    };
    Ok(Some(Past { batches, said }))
}

/// Step 3.
async fn release(inner: &Inner, place: Place, batches: &[Sequence]) -> Result<Erased, StoreError> {
    let list = ReleaseList {
        erase: batches.to_vec(),
        blobs: Vec::new(),
    };
    let event = Event::Released(Released {
        key: String::new(),
        version: None,
        upload: None,
        parts: Vec::new(),
        upload_records: Vec::new(),
        last: false,
        entries: Some(Vec::new()),
    });
    let payload = Bytes::from(list.encode());
    let (appended, hybrid) = append(inner, place, Vec::new(), event, payload).await?;
    let proof = resume(appended.committed.position, list.erase, list.blobs)
        .map_err(|error| StoreError::Internal(error.to_string()))?;
    finish::finish(inner, place, proof, hybrid, Deed::default())
        .await
        .map_err(Refused::unexpected)
}

async fn append(
    inner: &Inner,
    place: Place,
    guards: Vec<azekura_engine::seam::Guard>,
    event: Event,
    payload: Bytes,
) -> Result<(Appended, azekura_model::time::HybridTime), StoreError> {
    let draft = Draft {
        sealed_bytes: payload.len() as u64,
        payload,
        ..Draft::of_tenant(inner, place.tenant, event)
    };
    let hybrid = draft.hybrid;
    let by = Requester::vault(TASK);
    let class = CommitClass::Essential;
    let appended = inner.append(&by, place.partition, class, guards, draft);
    Ok((appended.await.map_err(Refused::unexpected)?, hybrid))
}

/// The last look: nothing but batches of the tenant's own, named by *audit released*, and none younger
/// than the fewest days that any policy may have, whatever fault made the list.
pub(crate) fn only(inner: &Inner, proof: &ReleaseProof, core: &Core) -> Result<(), StoreError> {
    let partition = proof.partition();
    let refused = |what: String| {
        let own = proof.record().sequence;
        Err(StoreError::Damaged(format!(
            "release record {own} of partition {partition}: {what}"
        )))
    };
    let own = core.bucket.is_none() && core.version.is_none() && core.epoch == 0;
    if !own || audit_partition(core.tenant) != partition || !proof.blobs().is_empty() {
        return refused("it is not that of an audit".to_owned());
    }
    let begin = begin(inner, partition)?;
    let least = AuditPolicy {
        keep_days: KEEP_DAYS_MIN,
        ..AuditPolicy::default()
    };
    let now = inner.clock.compliance();
    for at in proof.erase() {
        let (listed, _) = match finish::core_at(inner, partition, *at) {
            Ok(found) => found,
            // Damage hides it: the engine reports it as lost.
            Err(StoreError::Damaged(_)) => continue,
            Err(error) => return Err(error),
        };
        let batch = listed.kind == RecordKind::AuditBatch && listed.tenant == core.tenant;
        let past = least.kept_until(listed.compliance, listed.wall) <= now;
        if !batch || *at > begin.until || !past {
            return refused(format!(
                "it lists record {at}, which is not past its period"
            ));
        }
    }
    Ok(())
}

/// Calls `f` with each record from `from` on until it says `false`.
fn every(
    inner: &Inner,
    partition: PartitionId,
    from: Sequence,
    mut f: impl FnMut(&StoredRecord, &Core) -> Result<bool, StoreError>,
) -> Result<(), StoreError> {
    let mut next = from;
    loop {
        let page = inner.engine.journal(partition, next, RECORDS_AT_A_TIME)?;
        let Some(last) = page.last().map(|record| record.position.sequence) else {
            return Ok(());
        };
        for record in &page {
            let core = open_core(record.kind, &record.core)?;
            if !f(record, &core)? {
                return Ok(());
            }
        }
        next = last.next();
    }
}
