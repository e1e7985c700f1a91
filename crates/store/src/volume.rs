//! How much each tenant keeps: every version of all its buckets, hidden and locked ones and those of
//! retired buckets included, until they are released. Delete markers are not counted, nor are parts of
//! uploads before these are completed.
//!
//! What changes is always counted, which costs nothing. What was there before is counted out of the index
//! for tenants with a quota only: at the start, or when a quota is given. Commits of the tenant wait
//! meanwhile, so that the two fit together.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use azekura_model::explain::{Deletable, deletable};
use azekura_model::ident::{BucketUuid, TenantId};
use azekura_model::lock::LockState;
use azekura_model::time::ComplianceTime;
use parking_lot::Mutex;
use tokio::sync::{OwnedRwLockReadGuard, RwLock};

use crate::bucket::{Bucket, read};
use crate::entry::BucketEntry;
use crate::error::StoreError;
use crate::inner::Inner;
use crate::intent::Owner;
use crate::lock_state;
use crate::retention::count::{self, Amount, PAGE_ENTRIES};

/// A tenant may keep no more.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "the institution's quota of {most} {unit} is used up: {used} are kept, hidden history included; the operator of the vault can raise it"
)]
pub struct OverQuota {
    /// `bytes` or `versions`.
    pub unit: &'static str,
    /// The quota.
    pub most: u64,
    /// What is kept, without what was refused.
    pub used: u64,
}

/// What all tenants keep.
#[derive(Default)]
pub(crate) struct Volumes {
    tenants: Mutex<BTreeMap<TenantId, Arc<Volume>>>,
    since: OnceLock<ComplianceTime>,
}

#[derive(Default)]
struct Volume {
    /// Shared by commits from the booking to the answer of the engine, alone to who counts.
    counting: Arc<RwLock<()>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What was there when nothing was changed yet, once it was counted: versions and bytes.
    base: Option<(i128, i128)>,
    changed: (i128, i128),
    buckets: BTreeMap<BucketUuid, Change>,
}

/// What changed in a bucket since the start.
#[derive(Clone, Copy, Default)]
struct Change {
    bytes: i128,
    /// Integral of `bytes` over time, up to `at`.
    byte_ms: i128,
    at: i64,
}

impl Change {
    fn advanced(mut self, now: i64) -> Self {
        let passed = i128::from(now.saturating_sub(self.at).max(0));
        self.byte_ms = self
            .byte_ms
            .saturating_add(self.bytes.saturating_mul(passed));
        self.at = self.at.max(now);
        self
    }
}

impl State {
    fn add(&mut self, bucket: BucketUuid, now: i64, versions: i128, bytes: i128) {
        self.changed.0 = self.changed.0.saturating_add(versions);
        self.changed.1 = self.changed.1.saturating_add(bytes);
        let change = self.buckets.entry(bucket).or_default();
        *change = change.advanced(now);
        change.bytes = change.bytes.saturating_add(bytes);
    }

    /// Versions and bytes kept; `None` = not counted yet.
    fn used(&self) -> Option<(u64, u64)> {
        let number = |base: i128, changed: i128| {
            u64::try_from(base.saturating_add(changed).max(0)).unwrap_or(u64::MAX)
        };
        let (versions, bytes) = self.base?;
        Some((
            number(versions, self.changed.0),
            number(bytes, self.changed.1),
        ))
    }
}

impl Volumes {
    fn of(&self, tenant: TenantId) -> Arc<Volume> {
        Arc::clone(self.tenants.lock().entry(tenant).or_default())
    }

    /// Byte-hours are counted from now on.
    pub(crate) fn begin(&self, now: ComplianceTime) {
        self.since.get_or_init(|| now);
    }
}

/// A version booked before its commit. When it is dropped without a word, the commit may have happened:
/// the version stays counted until the next start.
#[must_use]
pub(crate) struct Booked {
    volume: Arc<Volume>,
    bucket: BucketUuid,
    bytes: u64,
    _shared: OwnedRwLockReadGuard<()>,
}

impl Booked {
    /// Nothing was committed.
    pub(crate) fn give_back(self, inner: &Inner) {
        let now = inner.clock.compliance().0;
        let bytes = i128::from(self.bytes).saturating_neg();
        let mut state = self.volume.state.lock();
        state.add(self.bucket, now, -1, bytes);
    }
}

/// Books a version that is about to be committed.
pub(crate) async fn book(inner: &Inner, bucket: &Bucket, bytes: u64) -> Result<Booked, StoreError> {
    let volume = inner.volumes.of(bucket.tenant);
    let shared = Arc::clone(&volume.counting).read_owned().await;
    let mut state = volume.state.lock();
    judge(inner, bucket.tenant, &state, bytes)?;
    let now = inner.clock.compliance().0;
    state.add(bucket.uuid, now, 1, i128::from(bytes));
    drop(state);
    Ok(Booked {
        volume,
        bucket: bucket.uuid,
        bytes,
        _shared: shared,
    })
}

/// Whether there is room for one more version of so many bytes, now. The commit asks again.
pub(crate) fn room(inner: &Inner, tenant: TenantId, bytes: u64) -> Result<(), StoreError> {
    let volume = inner.volumes.of(tenant);
    let state = volume.state.lock();
    judge(inner, tenant, &state, bytes)
}

fn judge(inner: &Inner, tenant: TenantId, state: &State, bytes: u64) -> Result<(), StoreError> {
    let Some((versions, kept)) = state.used() else {
        return Ok(());
    };
    let Some(view) = inner.directory.tenant(tenant) else {
        return Ok(());
    };
    let over = |unit, most: Option<u64>, used: u64, more: u64| match most {
        Some(most) if more > 0 && used.saturating_add(more) > most => {
            Err(StoreError::OverQuota(OverQuota { unit, most, used }))
        }
        _ => Ok(()),
    };
    over("versions", view.settings.quota_versions, versions, 1)?;
    over("bytes", view.settings.quota_bytes, kept, bytes)
}

/// Held while a version is released.
#[must_use]
pub(crate) struct Releasing {
    volume: Arc<Volume>,
    _shared: OwnedRwLockReadGuard<()>,
}

/// Announces a release.
pub(crate) async fn releasing(inner: &Inner, tenant: TenantId) -> Releasing {
    let volume = inner.volumes.of(tenant);
    let shared = Arc::clone(&volume.counting).read_owned().await;
    Releasing {
        volume,
        _shared: shared,
    }
}

impl Releasing {
    /// The release of a version of so many bytes is durable.
    pub(crate) fn released(self, inner: &Inner, owner: Owner, bytes: u64) {
        let now = inner.clock.compliance().0;
        let bytes = i128::from(bytes).saturating_neg();
        let mut state = self.volume.state.lock();
        state.add(owner.bucket, now, -1, bytes);
    }
}

/// Counts what tenants with a quota keep, where that was not done yet.
pub(crate) async fn count_limited(inner: &Arc<Inner>) -> Result<(), StoreError> {
    for view in inner.directory.tenants() {
        let settings = &view.settings;
        if settings.quota_bytes.is_none() && settings.quota_versions.is_none() {
            continue;
        }
        let volume = inner.volumes.of(view.id);
        if volume.state.lock().base.is_some() {
            continue;
        }
        let alone = Arc::clone(&volume.counting).write_owned().await;
        let (counter, tenant) = (Arc::clone(inner), view.id);
        let counted = tokio::task::spawn_blocking(move || whole(&counter, tenant)).await;
        let counted =
            counted.map_err(|error| StoreError::Internal(format!("counting: {error}")))??;
        let mut state = volume.state.lock();
        let (versions, bytes) = (i128::from(counted.versions), i128::from(counted.bytes));
        state.base = Some((
            versions.saturating_sub(state.changed.0),
            bytes.saturating_sub(state.changed.1),
        ));
        drop(state);
        drop(alone);
    }
    Ok(())
}

/// Every bucket of a tenant, retired ones included.
fn buckets(inner: &Inner, tenant: TenantId) -> Result<Vec<BucketEntry>, StoreError> {
    let all = read::all_for_ever(inner)?.into_iter();
    Ok(all.filter(|bucket| bucket.tenant() == tenant).collect())
}

fn whole(inner: &Inner, tenant: TenantId) -> Result<Amount, StoreError> {
    let mut sum = Amount::default();
    for bucket in buckets(inner, tenant)? {
        let mut from = None;
        loop {
            let (met, next) =
                count::page(inner, bucket.partition(), "", from.as_ref(), PAGE_ENTRIES)?;
            for version in met.iter().filter(|met| !met.marker) {
                sum.add(version.content_bytes);
            }
            match next {
                Some(next) => from = Some(next),
                None => break,
            }
        }
    }
    Ok(sum)
}

/// What one bucket keeps, and has kept since the process started.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BucketUsage {
    /// Identity.
    pub uuid: BucketUuid,
    /// Name; empty once nothing of a retired bucket is left.
    pub name: String,
    /// It left the name space; its history is kept.
    pub retired: bool,
    /// Everything.
    pub all: Amount,
    /// What of it S3 no longer shows because it was deleted.
    pub hidden: Amount,
    /// What of it cannot be deleted now.
    pub locked: Amount,
    /// Bytes times milliseconds of compliance time since [`TenantUsage::since`].
    pub byte_ms: u128,
}

/// What a tenant keeps.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TenantUsage {
    /// Since when byte-hours are counted: the start of the process.
    pub since: ComplianceTime,
    /// When it was counted.
    pub now: ComplianceTime,
    /// Its buckets, retired ones that keep something included.
    pub buckets: Vec<BucketUsage>,
}

/// Counts what a tenant keeps. Reads the whole index of its buckets: call it where blocking is allowed.
pub(crate) fn usage(inner: &Inner, tenant: TenantId) -> Result<TenantUsage, StoreError> {
    let now = inner.clock.compliance();
    let since = *inner.volumes.since.get_or_init(|| now);
    let mut all = Vec::new();
    for bucket in buckets(inner, tenant)? {
        let usage = of_bucket(inner, tenant, &bucket, (since, now))?;
        if !usage.retired || usage.all.versions > 0 {
            all.push(usage);
        }
    }
    all.sort_by(|one, other| (&one.name, one.uuid).cmp(&(&other.name, other.uuid)));
    Ok(TenantUsage {
        since,
        now,
        buckets: all,
    })
}

fn of_bucket(
    inner: &Inner,
    tenant: TenantId,
    bucket: &BucketEntry,
    (since, now): (ComplianceTime, ComplianceTime),
) -> Result<BucketUsage, StoreError> {
    let partition = bucket.partition();
    let mut usage = BucketUsage {
        uuid: bucket.uuid(),
        name: bucket.name.clone(),
        retired: read::is_retired(inner, bucket.uuid())?,
        all: Amount::default(),
        hidden: Amount::default(),
        locked: Amount::default(),
        byte_ms: 0,
    };
    let mut from = None;
    loop {
        let (met, next) = count::page(inner, partition, "", from.as_ref(), PAGE_ENTRIES)?;
        for version in met.iter().filter(|met| !met.marker) {
            let bytes = version.content_bytes;
            usage.all.add(bytes);
            if version.hidden {
                usage.hidden.add(bytes);
            }
            let state = match lock_state::shown(inner, partition, version.version) {
                Ok(lock) => LockState::Known(lock),
                Err(error) => LockState::Unknown(error.to_string()),
            };
            if deletable(&state, now) != Deletable::Yes {
                usage.locked.add(bytes);
            }
        }
        match next {
            Some(next) => from = Some(next),
            None => break,
        }
    }
    let change = inner.volumes.of(tenant);
    let change = change.state.lock().buckets.get(&usage.uuid).copied();
    let change = change.unwrap_or_default().advanced(now.0);
    let before = i128::from(usage.all.bytes).saturating_sub(change.bytes);
    let passed = i128::from(now.0.saturating_sub(since.0).max(0));
    let byte_ms = before.saturating_mul(passed).saturating_add(change.byte_ms);
    usage.byte_ms = u128::try_from(byte_ms.max(0)).unwrap_or(0);
    Ok(usage)
}
