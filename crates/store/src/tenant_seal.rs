//! Contents that only a passphrase of the institution opens: setting it, unlocking, locking.
//!
//! The content key of a sealed tenant is drawn when its administrators set their first passphrase, and
//! stays; another passphrase wraps it anew. It is in memory while unlocked, and nowhere else in the
//! clear. `docs/internals/tenant-seal.md` says what that protects against.

use std::collections::{BTreeMap, VecDeque};
use std::num::NonZeroU32;
use std::sync::Arc;

use aws_lc_rs::{constant_time, hmac, pbkdf2};
use azekura_engine::seam::CommitClass;
use azekura_model::access::Authorized;
use azekura_model::governed::{GovernedOperation, Permit};
use azekura_model::ident::TenantId;
use azekura_model::time::WallTime;
use azekura_record::particulars::Event;
use azekura_record::tenant::TenantResealed;
use bytes::Bytes;
use parking_lot::Mutex;
use zeroize::Zeroizing;

use crate::entropy::Entropy;
use crate::entry::{self, TenantSealEntry};
use crate::error::StoreError;
use crate::families::{self, CONFIGURATION};
use crate::governed;
use crate::inner::{Draft, Inner, Refused, unchanged};
use crate::keys::{KeyError, Keys};
use crate::lock_state::read_lost;
use crate::seal::cipher::{self, KEY_BYTES, SecretKey};
use crate::vault::passphrase::Passphrase;

/// Rounds of the key derivation for new passphrases, as for keyrings; few in unit tests.
const ROUNDS: u32 = if cfg!(test) { 1000 } else { 600_000 };
/// More than any record has; keeps a damaged one from stalling an unlock.
const ROUNDS_MAX: u32 = 100_000_000;
/// Most tries of a passphrase in a minute, for each tenant.
pub const TRIES_A_MINUTE: usize = 5;
const MINUTE_MS: i64 = 60_000;
const WRAP_LABEL: &[u8] = b"azekura tenant seal v1";
const CHECK_LABEL: &[u8] = b"azekura tenant seal check";
const CHECK_BYTES: usize = 16;

/// How the contents of a tenant are sealed, and whether they open now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SealState {
    /// Root key and keyring open them; no passphrase of the institution.
    Open,
    /// Sealed; the first passphrase is still to be set, and nothing can be stored before.
    NoPassphrase,
    /// Sealed, and not unlocked since the last start or lock.
    Locked,
    /// Sealed, and unlocked.
    Unlocked,
}

/// Why a passphrase was not set, or did not unlock.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SealRefused {
    /// The tenant was made without.
    #[error("the contents of this tenant are not sealed: that is fixed when a tenant is made")]
    NotSealed,
    /// No passphrase was ever set.
    #[error("this tenant has no passphrase yet")]
    NotSet,
    /// There is one.
    #[error("this tenant has a passphrase: changing it takes the present one as well")]
    PresentNeeded,
    /// It opens nothing.
    #[error("this is not the passphrase of the tenant")]
    WrongPassphrase,
    /// What it opened is not the content key.
    #[error("what the passphrase opened is not the content key: the record of the seal is damaged")]
    Damaged,
    /// Damage took a record that may have been it.
    #[error(
        "a record of the configuration was lost to damage, and may have been the seal of this tenant"
    )]
    Lost,
    /// The record asks for a number of rounds that none has.
    #[error("the record of the seal asks for {0} rounds of key derivation: it is damaged")]
    Rounds(u32),
    /// Too many tries.
    #[error("more than {TRIES_A_MINUTE} tries of a passphrase in a minute")]
    TooManyTries,
}

/// What goes on about passphrases.
#[derive(Default)]
pub(crate) struct Seals {
    /// One derivation at a time: each takes a processor for a while.
    alone: tokio::sync::Mutex<()>,
    tries: Mutex<BTreeMap<TenantId, VecDeque<i64>>>,
}

impl Seals {
    fn try_now(&self, tenant: TenantId, now: WallTime) -> Result<(), SealRefused> {
        let mut tries = self.tries.lock();
        let tries = tries.entry(tenant).or_default();
        tries.retain(|at| now.0.abs_diff(*at) < MINUTE_MS.unsigned_abs());
        if tries.len() >= TRIES_A_MINUTE {
            return Err(SealRefused::TooManyTries);
        }
        tries.push_back(now.0);
        Ok(())
    }
}

fn stretch(
    passphrase: &Passphrase,
    salt: &[u8; 32],
    rounds: u32,
) -> Result<SecretKey, SealRefused> {
    let most = NonZeroU32::new(rounds).filter(|rounds| rounds.get() <= ROUNDS_MAX);
    let most = most.ok_or(SealRefused::Rounds(rounds))?;
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    let secret = passphrase.expose();
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, most, salt, secret, &mut *key);
    Ok(SecretKey::new(*key))
}

fn associated(tenant: TenantId) -> Vec<u8> {
    [WRAP_LABEL, &tenant.0].concat()
}

/// AES-GCM does not commit to its key: this does.
fn check_of(content_key: &SecretKey, tenant: TenantId) -> [u8; CHECK_BYTES] {
    let key = hmac::Key::new(hmac::HMAC_SHA256, content_key.expose());
    let tag = hmac::sign(&key, &[CHECK_LABEL, &tenant.0].concat());
    let mut check = [0; CHECK_BYTES];
    let halves = check.iter_mut().zip(tag.as_ref());
    halves.for_each(|(to, from)| *to = *from);
    check
}

/// The content key, wrapped by a passphrase.
fn wrap(
    entropy: &dyn Entropy,
    tenant: TenantId,
    content_key: &SecretKey,
    passphrase: &Passphrase,
) -> Result<TenantResealed, StoreError> {
    let salt = entropy.bytes32()?;
    let key = stretch(passphrase, &salt, ROUNDS)?;
    let mut wrapped = Vec::with_capacity(KEY_BYTES + cipher::TAG_BYTES);
    cipher::seal_once(key, &associated(tenant), content_key.expose(), &mut wrapped)?;
    let wrapped = wrapped.try_into();
    Ok(TenantResealed {
        salt,
        rounds: ROUNDS,
        wrapped_key: wrapped.map_err(|_| StoreError::Internal("a long key".to_owned()))?,
        check: check_of(content_key, tenant),
    })
}

/// Opens the content key of a tenant.
pub(crate) fn open(
    tenant: TenantId,
    seal: &TenantSealEntry,
    passphrase: &Passphrase,
) -> Result<SecretKey, SealRefused> {
    let key = stretch(passphrase, &seal.salt, seal.rounds)?;
    let opened = cipher::open_once(key, &associated(tenant), &seal.wrapped_key);
    let opened = opened.map_err(|_| SealRefused::WrongPassphrase)?;
    let key = SecretKey::from_slice(&opened).ok_or(SealRefused::Damaged)?;
    let same = constant_time::verify_slices_are_equal(&check_of(&key, tenant), &seal.check);
    same.map(|()| key).map_err(|_| SealRefused::Damaged)
}

/// The seal as the index has it, with its bytes for a guard.
fn entry_of(
    inner: &Inner,
    tenant: TenantId,
) -> Result<Option<(TenantSealEntry, Bytes)>, StoreError> {
    let found = inner.get(CONFIGURATION, &families::tenant_seal(tenant))?;
    let read = found.map(|found| Ok((entry::decode(&found.value)?, found.value)));
    read.transpose()
}

/// Whether the contents of a tenant are sealed, and open.
pub(crate) fn state(inner: &Inner, tenant: TenantId) -> Result<SealState, StoreError> {
    match inner.keys.content_seal(tenant) {
        Ok(seal) if seal.is_sealed() => Ok(SealState::Unlocked),
        Ok(_) => Ok(SealState::Open),
        Err(KeyError::ContentLocked(_)) if entry_of(inner, tenant)?.is_some() => {
            Ok(SealState::Locked)
        }
        Err(KeyError::ContentLocked(_)) => Ok(SealState::NoPassphrase),
        Err(error) => Err(error.into()),
    }
}

/// Whether damage may have taken the record of a seal.
fn may_be_lost(inner: &Inner) -> Result<bool, StoreError> {
    Ok(!inner.engine.status().damage.is_empty() || read_lost(inner, CONFIGURATION)?.is_some())
}

/// One try of a passphrase.
async fn try_open(
    inner: &Inner,
    tenant: TenantId,
    seal: TenantSealEntry,
    passphrase: Passphrase,
) -> Result<SecretKey, StoreError> {
    inner.seals.try_now(tenant, inner.clock.wall())?;
    let work = move || open(tenant, &seal, &passphrase);
    let opened = tokio::task::spawn_blocking(work).await;
    Ok(opened.map_err(lost_thread)??)
}

fn lost_thread(error: tokio::task::JoinError) -> StoreError {
    StoreError::Internal(format!("a worker thread ended early: {error}"))
}

/// Takes the content key of a tenant into use until the next lock or start.
pub(crate) async fn unlock(
    inner: &Inner,
    tenant: TenantId,
    passphrase: Passphrase,
) -> Result<(), StoreError> {
    let _alone = inner.seals.alone.lock().await;
    if state(inner, tenant)? == SealState::Open {
        return Err(SealRefused::NotSealed.into());
    }
    let (seal, _) = entry_of(inner, tenant)?.ok_or(SealRefused::NotSet)?;
    let key = try_open(inner, tenant, seal, passphrase).await?;
    inner.keys.unlock(tenant, key);
    Ok(())
}

/// Forgets the content key of a tenant. What streams already goes on.
pub(crate) fn lock(inner: &Inner, tenant: TenantId) -> Result<(), StoreError> {
    if state(inner, tenant)? == SealState::Open {
        return Err(SealRefused::NotSealed.into());
    }
    inner.keys.lock(tenant);
    Ok(())
}

/// Sets the first passphrase of a tenant, or another one. Unlocks.
pub(crate) async fn set_passphrase(
    inner: &Arc<Inner>,
    by: &Authorized,
    tenant: TenantId,
    present: Option<Passphrase>,
    new: Passphrase,
) -> Result<(), StoreError> {
    let _alone = inner.seals.alone.lock().await;
    if state(inner, tenant)? == SealState::Open {
        return Err(SealRefused::NotSealed.into());
    }
    let (key, raw, permit) = match (entry_of(inner, tenant)?, present) {
        // Another content key would make what there is unreadable, were the seal found again.
        (None, None) if may_be_lost(inner)? => return Err(SealRefused::Lost.into()),
        (None, None) => (SecretKey::random(&*inner.entropy)?, None, None),
        (None, Some(_)) => return Err(SealRefused::NotSet.into()),
        (Some(_), None) => return Err(SealRefused::PresentNeeded.into()),
        (Some((seal, raw)), Some(present)) => {
            let key = try_open(inner, tenant, seal, present).await?;
            let permit = permit(inner, by, tenant).await?;
            (key, Some(raw), Some(permit))
        }
    };
    let (entropy, wrapping) = (Arc::clone(&inner.entropy), key.clone());
    let work = move || wrap(&*entropy, tenant, &wrapping, &new);
    let seal = tokio::task::spawn_blocking(work).await;
    let seal = seal.map_err(lost_thread)??;
    let draft = Draft::of_tenant(inner, tenant, Event::TenantResealed(seal));
    let guards = vec![unchanged(families::tenant_seal(tenant), raw)];
    let by = (by.requester(), permit.as_ref());
    inner
        .append_marked(by, CONFIGURATION, CommitClass::Essential, guards, draft)
        .await
        .map_err(Refused::unexpected)?;
    inner.keys.unlock(tenant, key);
    Ok(())
}

/// The permit of another passphrase, where the tenant says so.
async fn permit(inner: &Inner, by: &Authorized, tenant: TenantId) -> Result<Permit, StoreError> {
    let name = inner.directory.tenant(tenant);
    let name = name.map_or_else(String::new, |view| view.name.clone());
    let operation = GovernedOperation::ChangePassphrase { tenant, name };
    governed::permit(inner, by.requester(), tenant, (&operation, None)).await
}

/// Unlocks every tenant that the passphrase opens, without a store. Returns how many.
pub(crate) fn unlock_offline(
    keys: &Keys,
    seals: &BTreeMap<TenantId, TenantSealEntry>,
    passphrase: &Passphrase,
) -> Result<usize, SealRefused> {
    let mut opened = 0_usize;
    for (tenant, seal) in seals {
        match open(*tenant, seal, passphrase) {
            Ok(key) => {
                keys.unlock(*tenant, key);
                opened = opened.saturating_add(1);
            }
            Err(SealRefused::WrongPassphrase) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(opened)
}

#[cfg(test)]
mod tests;
