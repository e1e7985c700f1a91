//! Records: seals particulars and binds them to the core by their commitment, and opens them again.
//!
//! Sealed particulars: scheme (1 byte), epoch (4, little endian), salt (32), ciphertext, tag (16).
//! `docs/formats/records.md` has the whole scheme.

use std::sync::Arc;

use azekura_engine::seam::{NewRecord, Part};
use azekura_model::ident::BucketUuid;
use azekura_record::commitment;
use azekura_record::core::{Core, RecordKind};
use azekura_record::error::DecodeError;
use azekura_record::particulars::{Event, Particulars};
use bytes::Bytes;

use crate::audit::VAULT_AUDIT;
use crate::keys::{KeyError, Keys};
use crate::seal::cipher::{self, SecretKey, TAG_BYTES};

const SCHEME: u8 = 1;
const LABEL: &[u8; 22] = b"azekura particulars v1";
const SALT_BYTES: usize = 32;
const HEADER_BYTES: usize = 1 + 4 + SALT_BYTES;

/// A record ready to be committed; its payload is still empty.
#[derive(Clone, Debug)]
pub struct SealedRecord {
    /// The core as written, epoch and commitment set.
    pub core: Core,
    /// What the engine takes.
    pub record: NewRecord,
}

/// A record as read back.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The core.
    pub core: Core,
    /// The particulars, which match the core's commitment.
    pub particulars: Particulars,
}

/// Why a record does not open. In every case what it names counts as locked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unopened {
    /// The bytes are not those that were written.
    #[error("the record is damaged: {0}")]
    Damaged(String),
    /// The particulars were erased after their lock ended.
    #[error("the particulars were erased")]
    Erased,
    /// The key is missing or the particulars were sealed under another one.
    #[error("{0}")]
    NoKey(String),
    /// A kind, field or scheme of a newer release.
    #[error("a newer release wrote this: {0}")]
    Newer(String),
}

impl From<KeyError> for Unopened {
    fn from(error: KeyError) -> Self {
        Self::NoKey(error.to_string())
    }
}

impl From<DecodeError> for Unopened {
    fn from(error: DecodeError) -> Self {
        if matches!(error, DecodeError::Newer(_)) {
            Self::Newer(error.to_string())
        } else {
            Self::Damaged(error.to_string())
        }
    }
}

/// Records of a bucket that are sealed under the key of its tenant: those that hold or outlive the
/// bucket's own keys, and those that hold neither an object's name nor a data key. These stay when
/// every version of an epoch is released, and would keep its key for as long as the bucket lives.
fn of_tenant(kind: RecordKind) -> bool {
    matches!(
        kind,
        RecordKind::BucketCreated
            | RecordKind::BucketChanged
            | RecordKind::BucketConfigured
            | RecordKind::BucketRetired
            | RecordKind::EpochOpened
            | RecordKind::EpochDestroyed
            | RecordKind::BlobIntent
            | RecordKind::IntentWithdrawn
            | RecordKind::VersionLocked
            | RecordKind::LocksChanged
            | RecordKind::LifecycleRan
            | RecordKind::Freed
            | RecordKind::DisposalRequested
    )
}

/// Under which key the particulars of a record are sealed.
fn sealing_key(keys: &Keys, core: &Core) -> Result<Arc<SecretKey>, KeyError> {
    match (core.kind, core.bucket) {
        (RecordKind::TenantCreated | RecordKind::TenantDeleted | RecordKind::ClockTick, _) => {
            Ok(Arc::new(keys.root().clone()))
        }
        (_, Some(bucket)) if core.epoch > 0 => keys.bucket_key(bucket, core.epoch),
        // The audit of requests that no tenant is known for.
        (_, None) if core.tenant == VAULT_AUDIT => Ok(Arc::new(keys.root().clone())),
        // Also a release of what goes with a bucket's keys: it outlives them.
        _ => keys.tenant_key(core.tenant),
    }
}

/// The epoch under which a new record is sealed; 0 = not under a bucket's key.
fn sealing_epoch(keys: &Keys, core: &Core, event: &Event) -> Result<u32, KeyError> {
    match (core.kind, core.bucket) {
        _ if matches!(event, Event::Released(released) if released.entries.is_some()) => Ok(0),
        (RecordKind::TenantCreated, _) | (_, None) => Ok(0),
        (kind, _) if of_tenant(kind) => Ok(0),
        (_, Some(bucket)) => keys.newest_epoch(bucket),
    }
}

fn single_use_key(
    above: &SecretKey,
    salt: &[u8],
    bucket: Option<BucketUuid>,
) -> Result<SecretKey, cipher::CipherFailed> {
    let bucket = bucket.map_or([0; 16], |bucket| bucket.0);
    cipher::derive(above, salt, &[LABEL, &bucket])
}

fn associated(kind: RecordKind, bucket: Option<BucketUuid>) -> Vec<u8> {
    let bucket = bucket.map_or([0; 16], |bucket| bucket.0);
    [LABEL.as_slice(), &kind.number().to_be_bytes(), &bucket].concat()
}

/// Seals a record: sets the core's epoch and commitment, then encodes and seals.
///
/// # Errors
/// [`KeyError`] when the key that it belongs under is not known, or sealing fails.
pub fn seal_record(
    keys: &Keys,
    mut core: Core,
    particulars: &Particulars,
) -> Result<SealedRecord, KeyError> {
    core.epoch = sealing_epoch(keys, &core, &particulars.event)?;
    let (plain, root) = particulars.encode_and_commit();
    let plain = zeroize::Zeroizing::new(plain);
    core.commitment = root;

    let salt = keys.entropy().bytes32()?;
    let key = single_use_key(&*sealing_key(keys, &core)?, &salt, core.bucket)?;
    let mut sealed = Vec::with_capacity(HEADER_BYTES + plain.len() + TAG_BYTES);
    sealed.push(SCHEME);
    sealed.extend_from_slice(&core.epoch.to_le_bytes());
    sealed.extend_from_slice(&salt);
    cipher::seal_once(
        key,
        &associated(core.kind, core.bucket),
        &plain,
        &mut sealed,
    )?;
    let record = NewRecord {
        kind: core.kind.number(),
        core: Bytes::from(core.encode()),
        particulars: Bytes::from(sealed),
        payload: Bytes::new(),
    };
    Ok(SealedRecord { core, record })
}

/// Opens a stored record, and checks that kind, core and particulars belong together.
///
/// # Errors
/// [`Unopened`] says what is wrong; nothing of the record may be used then.
pub fn open_record(
    keys: &Keys,
    kind: u16,
    core: &[u8],
    particulars: &Part,
) -> Result<Opened, Unopened> {
    let core = open_core(kind, core)?;
    let sealed = match particulars {
        Part::Present(bytes) => bytes,
        Part::Erased => return Err(Unopened::Erased),
        Part::Damaged => return Err(damaged("its particulars fail their checksum")),
    };
    let plain = open_particulars(keys, &core, sealed)?;
    if commitment::commit_encoded(&plain)? != core.commitment {
        return Err(damaged("its particulars are not those the core commits to"));
    }
    let particulars = Particulars::decode(core.kind, &plain)?;
    Ok(Opened { core, particulars })
}

/// Reads the core alone: needs no keys.
///
/// # Errors
/// [`Unopened::Damaged`] or [`Unopened::Newer`].
pub fn open_core(kind: u16, core: &[u8]) -> Result<Core, Unopened> {
    let core = Core::decode(core)?;
    if core.kind.number() == kind {
        Ok(core)
    } else {
        Err(damaged("its kind is not that of its core"))
    }
}

fn open_particulars(
    keys: &Keys,
    core: &Core,
    sealed: &[u8],
) -> Result<zeroize::Zeroizing<Vec<u8>>, Unopened> {
    let short = || damaged("its particulars are too short");
    let (scheme, rest) = sealed.split_first().ok_or_else(short)?;
    if *scheme != SCHEME {
        return Err(Unopened::Newer(format!("sealing scheme {scheme}")));
    }
    let (epoch, rest) = rest.split_first_chunk::<4>().ok_or_else(short)?;
    if u32::from_le_bytes(*epoch) != core.epoch {
        return Err(damaged("its key epoch is not that of its core"));
    }
    let (salt, text) = rest.split_at_checked(SALT_BYTES).ok_or_else(short)?;
    let above = sealing_key(keys, core)?;
    let key = single_use_key(&above, salt, core.bucket)
        .map_err(|error| Unopened::NoKey(error.to_string()))?;
    cipher::open_once(key, &associated(core.kind, core.bucket), text)
        .map_err(|_| damaged("its particulars do not open under the key of its core"))
}

fn damaged(what: &str) -> Unopened {
    Unopened::Damaged(what.to_owned())
}

#[cfg(test)]
mod tests;
