//! The key hierarchy: root key → tenant keys → bucket keys, one an epoch.
//!
//! Only wrapped keys are ever stored. [`Keys`] holds the opened ones while the process runs, and
//! wipes them when dropped.

use std::collections::BTreeMap;
use std::sync::Arc;

use azekura_model::ident::{BucketUuid, TenantId};
use parking_lot::RwLock;

use crate::entropy::{Entropy, EntropyFailed};
use crate::seal::cipher::{self, SecretKey};
use crate::seal::data_key::ContentSeal;

/// First byte of wrapped keys of this scheme.
const SCHEME: u8 = 1;
const SALT_BYTES: usize = 32;
/// Length of a wrapped key in bytes: scheme, salt, key, tag.
pub const WRAPPED_BYTES: usize = 1 + SALT_BYTES + cipher::KEY_BYTES + cipher::TAG_BYTES;

/// Why a key is not at hand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No record that carries this tenant's key was seen.
    #[error("the key of tenant {0} is missing: its record was not read")]
    NoTenant(TenantId),
    /// No record that carries this bucket key was seen.
    #[error("the key of bucket {bucket} in epoch {epoch} is missing: its record was not read")]
    NoEpoch {
        /// Bucket.
        bucket: BucketUuid,
        /// Epoch, from 1.
        epoch: u32,
    },
    /// A wrapped key does not open.
    #[error("the wrapped key of {0} does not open: it is damaged or belongs to another keyring")]
    Unopenable(String),
    /// A scheme of a newer release.
    #[error("the wrapped key of {owner} has scheme {scheme}, which this release does not know")]
    Newer {
        /// Whose key.
        owner: String,
        /// Scheme byte found.
        scheme: u8,
    },
    /// The contents of the tenant are sealed, and its content key is not open.
    #[error("the institution has not unlocked its key since the last start")]
    ContentLocked(TenantId),
    /// A data key does not open under the content key.
    #[error("the sealed data key of {0} does not open: it is damaged")]
    DataKey(String),
    /// The source of randomness failed.
    #[error(transparent)]
    Entropy(#[from] EntropyFailed),
    /// The cryptographic library refused (a bug, or not enough memory).
    #[error("sealing failed")]
    Cipher,
}

impl From<cipher::CipherFailed> for KeyError {
    fn from(_: cipher::CipherFailed) -> Self {
        Self::Cipher
    }
}

/// The keys that are open, shared by threads.
pub struct Keys {
    root: SecretKey,
    entropy: Arc<dyn Entropy>,
    open: RwLock<Open>,
}

#[derive(Default)]
struct Open {
    tenants: BTreeMap<TenantId, Arc<SecretKey>>,
    epochs: BTreeMap<(BucketUuid, u32), Arc<SecretKey>>,
    /// Sealed tenants; `None` = locked.
    contents: BTreeMap<TenantId, Option<Arc<SecretKey>>>,
}

/// Whether the contents of a tenant are sealed by a passphrase of the institution.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Contents {
    /// Root key and keyring open them.
    Open,
    /// They do not: the content key is needed as well.
    Sealed,
}

impl Contents {
    /// From what a record says.
    #[must_use]
    pub fn of(sealed: bool) -> Self {
        if sealed { Self::Sealed } else { Self::Open }
    }
}

impl Open {
    fn tenant(&mut self, tenant: TenantId, key: SecretKey, contents: Contents) {
        self.tenants.insert(tenant, Arc::new(key));
        if contents == Contents::Sealed {
            self.contents.entry(tenant).or_default();
        }
    }
}

impl Keys {
    /// Knows the root key alone.
    #[must_use]
    pub fn new(root: SecretKey, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            root,
            entropy,
            open: RwLock::default(),
        }
    }

    /// The source of randomness that seals with these keys.
    #[must_use]
    pub fn entropy(&self) -> &Arc<dyn Entropy> {
        &self.entropy
    }

    /// The root key.
    pub(crate) fn root(&self) -> &SecretKey {
        &self.root
    }

    /// Makes and learns a tenant's key; returns it wrapped by the root key, for its record.
    ///
    /// # Errors
    /// [`KeyError::Entropy`] or [`KeyError::Cipher`].
    pub fn new_tenant(&self, tenant: TenantId, contents: Contents) -> Result<Vec<u8>, KeyError> {
        let key = SecretKey::random(&*self.entropy)?;
        let wrapped = wrap(&*self.entropy, &self.root, &tenant.0, 0, &key)?;
        self.open.write().tenant(tenant, key, contents);
        Ok(wrapped)
    }

    /// Learns a tenant's key from its record.
    ///
    /// # Errors
    /// [`KeyError::Unopenable`] or [`KeyError::Newer`].
    pub fn learn_tenant(
        &self,
        tenant: TenantId,
        wrapped: &[u8],
        contents: Contents,
    ) -> Result<(), KeyError> {
        let key = unwrap(
            &self.root,
            &tenant.0,
            0,
            wrapped,
            &format!("tenant {tenant}"),
        )?;
        self.open.write().tenant(tenant, key, contents);
        Ok(())
    }

    /// What seals the data keys of a tenant beside its bucket keys. Whoever holds it can go on after a
    /// [`Keys::lock`].
    ///
    /// # Errors
    /// [`KeyError::ContentLocked`], [`KeyError::NoTenant`].
    pub fn content_seal(&self, tenant: TenantId) -> Result<ContentSeal, KeyError> {
        let open = self.open.read();
        if !open.tenants.contains_key(&tenant) {
            return Err(KeyError::NoTenant(tenant));
        }
        match open.contents.get(&tenant) {
            None => Ok(ContentSeal::none()),
            Some(Some(key)) => Ok(ContentSeal::under(Arc::clone(key))),
            Some(None) => Err(KeyError::ContentLocked(tenant)),
        }
    }

    /// Takes the content key of a sealed tenant into use.
    pub(crate) fn unlock(&self, tenant: TenantId, key: SecretKey) {
        if let Some(content) = self.open.write().contents.get_mut(&tenant) {
            *content = Some(Arc::new(key));
        }
    }

    /// Forgets the content key of a tenant: it is wiped when the last use of it ends.
    pub fn lock(&self, tenant: TenantId) {
        if let Some(content) = self.open.write().contents.get_mut(&tenant) {
            *content = None;
        }
    }

    /// A tenant's key.
    ///
    /// # Errors
    /// [`KeyError::NoTenant`].
    pub fn tenant_key(&self, tenant: TenantId) -> Result<Arc<SecretKey>, KeyError> {
        let open = self.open.read();
        let key = open.tenants.get(&tenant).map(Arc::clone);
        key.ok_or(KeyError::NoTenant(tenant))
    }

    /// Makes and learns a bucket's key of an epoch (from 1); returns it wrapped by the tenant's.
    ///
    /// # Errors
    /// [`KeyError::NoTenant`], [`KeyError::Entropy`] or [`KeyError::Cipher`].
    pub fn new_bucket_key(
        &self,
        tenant: TenantId,
        bucket: BucketUuid,
        epoch: u32,
    ) -> Result<Vec<u8>, KeyError> {
        let above = self.tenant_key(tenant)?;
        let key = SecretKey::random(&*self.entropy)?;
        let wrapped = wrap(&*self.entropy, &above, &bucket.0, epoch, &key)?;
        let mut open = self.open.write();
        open.epochs.insert((bucket, epoch), Arc::new(key));
        Ok(wrapped)
    }

    /// Draws a bucket's key of an epoch without taking it into use; returns it wrapped by the
    /// tenant's. [`Keys::learn_epoch`] takes it into use, once its record is durable.
    ///
    /// # Errors
    /// As [`Keys::new_bucket_key`].
    pub fn draw_bucket_key(
        &self,
        tenant: TenantId,
        bucket: BucketUuid,
        epoch: u32,
    ) -> Result<Vec<u8>, KeyError> {
        let above = self.tenant_key(tenant)?;
        let key = SecretKey::random(&*self.entropy)?;
        wrap(&*self.entropy, &above, &bucket.0, epoch, &key)
    }

    /// Learns a bucket's key of an epoch from its record.
    ///
    /// # Errors
    /// [`KeyError::NoTenant`], [`KeyError::Unopenable`] or [`KeyError::Newer`].
    pub fn learn_epoch(
        &self,
        bucket: BucketUuid,
        tenant: TenantId,
        epoch: u32,
        wrapped: &[u8],
    ) -> Result<(), KeyError> {
        let above = self.tenant_key(tenant)?;
        let owner = format!("bucket {bucket}, epoch {epoch}");
        let key = unwrap(&above, &bucket.0, epoch, wrapped, &owner)?;
        let mut open = self.open.write();
        open.epochs.insert((bucket, epoch), Arc::new(key));
        Ok(())
    }

    /// A bucket's key of an epoch.
    ///
    /// # Errors
    /// [`KeyError::NoEpoch`].
    pub fn bucket_key(&self, bucket: BucketUuid, epoch: u32) -> Result<Arc<SecretKey>, KeyError> {
        let open = self.open.read();
        let key = open.epochs.get(&(bucket, epoch)).map(Arc::clone);
        key.ok_or(KeyError::NoEpoch { bucket, epoch })
    }

    /// Forgets the keys of all epochs of a bucket: they are wiped when the last use of them ends.
    pub fn forget(&self, bucket: BucketUuid) {
        let mut open = self.open.write();
        open.epochs.retain(|(of, _), _| *of != bucket);
    }

    /// The newest epoch of a bucket that is known; new records are sealed under it.
    ///
    /// # Errors
    /// [`KeyError::NoEpoch`] with epoch 1 when none is known.
    pub fn newest_epoch(&self, bucket: BucketUuid) -> Result<u32, KeyError> {
        let open = self.open.read();
        let mut known = open.epochs.range((bucket, 0)..=(bucket, u32::MAX));
        known
            .next_back()
            .map(|((_, epoch), _)| *epoch)
            .ok_or(KeyError::NoEpoch { bucket, epoch: 1 })
    }
}

fn wrapping_key(
    above: &SecretKey,
    salt: &[u8],
    id: &[u8; 16],
    epoch: u32,
) -> Result<SecretKey, cipher::CipherFailed> {
    let info: [&[u8]; 3] = [b"azekura wrap v1", id, &epoch.to_be_bytes()];
    cipher::derive(above, salt, &info)
}

/// Wraps `key` under `above` for the owner `id` (tenant or bucket) and epoch: see
/// `docs/formats/records.md`.
fn wrap(
    entropy: &dyn Entropy,
    above: &SecretKey,
    id: &[u8; 16],
    epoch: u32,
    key: &SecretKey,
) -> Result<Vec<u8>, KeyError> {
    let salt = entropy.bytes32()?;
    let kek = wrapping_key(above, &salt, id, epoch)?;
    let mut wrapped = Vec::with_capacity(WRAPPED_BYTES);
    wrapped.push(SCHEME);
    wrapped.extend_from_slice(&salt);
    cipher::seal_once(kek, &[], key.expose(), &mut wrapped)?;
    Ok(wrapped)
}

fn unwrap(
    above: &SecretKey,
    id: &[u8; 16],
    epoch: u32,
    wrapped: &[u8],
    owner: &str,
) -> Result<SecretKey, KeyError> {
    let unopenable = || KeyError::Unopenable(owner.to_owned());
    let (scheme, rest) = wrapped.split_first().ok_or_else(unopenable)?;
    if *scheme != SCHEME {
        return Err(KeyError::Newer {
            owner: owner.to_owned(),
            scheme: *scheme,
        });
    }
    let (salt, sealed) = rest.split_at_checked(SALT_BYTES).ok_or_else(unopenable)?;
    let kek = wrapping_key(above, salt, id, epoch)?;
    let opened = cipher::open_once(kek, &[], sealed).map_err(|_| unopenable())?;
    SecretKey::from_slice(&opened).ok_or_else(unopenable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SeededEntropy;

    fn keys(root: u8) -> Keys {
        Keys::new(
            SecretKey::new([root; 32]),
            Arc::new(SeededEntropy::new(u64::from(root))),
        )
    }

    const TENANT: TenantId = TenantId([1; 16]);
    const BUCKET: BucketUuid = BucketUuid([2; 16]);

    #[test]
    fn wrapped_keys_are_learnt_again() {
        let first = keys(9);
        let tenant = first.new_tenant(TENANT, Contents::Open).unwrap();
        let epoch1 = first.new_bucket_key(TENANT, BUCKET, 1).unwrap();
        let epoch2 = first.draw_bucket_key(TENANT, BUCKET, 2).unwrap();
        assert_eq!(first.newest_epoch(BUCKET), Ok(1), "drawn, not in use");
        first.learn_epoch(BUCKET, TENANT, 2, &epoch2).unwrap();
        assert_eq!(tenant.len(), WRAPPED_BYTES);

        let second = keys(9);
        assert_eq!(
            second.bucket_key(BUCKET, 1).unwrap_err(),
            KeyError::NoEpoch {
                bucket: BUCKET,
                epoch: 1
            }
        );
        assert_eq!(
            second.learn_epoch(BUCKET, TENANT, 1, &epoch1),
            Err(KeyError::NoTenant(TENANT))
        );
        second
            .learn_tenant(TENANT, &tenant, Contents::Open)
            .unwrap();
        second.learn_epoch(BUCKET, TENANT, 1, &epoch1).unwrap();
        assert_eq!(second.newest_epoch(BUCKET), Ok(1));
        second.learn_epoch(BUCKET, TENANT, 2, &epoch2).unwrap();
        assert_eq!(second.newest_epoch(BUCKET), Ok(2));
        assert_eq!(
            first.bucket_key(BUCKET, 2).unwrap().expose(),
            second.bucket_key(BUCKET, 2).unwrap().expose()
        );
    }

    #[test]
    fn forgotten_keys_are_of_one_bucket_and_of_all_its_epochs() {
        let keys = keys(9);
        keys.new_tenant(TENANT, Contents::Open).unwrap();
        let other = BucketUuid([3; 16]);
        for (bucket, epoch) in [(BUCKET, 1), (BUCKET, 2), (other, 1)] {
            keys.new_bucket_key(TENANT, bucket, epoch).unwrap();
        }
        keys.forget(BUCKET);
        assert!(keys.bucket_key(BUCKET, 1).is_err());
        assert!(keys.bucket_key(BUCKET, 2).is_err());
        assert!(keys.newest_epoch(BUCKET).is_err());
        assert!(keys.bucket_key(other, 1).is_ok());
    }

    #[test]
    fn a_wrapped_key_opens_only_where_it_belongs() {
        let first = keys(9);
        let tenant = first.new_tenant(TENANT, Contents::Open).unwrap();
        let epoch1 = first.new_bucket_key(TENANT, BUCKET, 1).unwrap();
        assert!(
            keys(8)
                .learn_tenant(TENANT, &tenant, Contents::Open)
                .is_err()
        );
        assert!(
            first
                .learn_tenant(TenantId([3; 16]), &tenant, Contents::Open)
                .is_err()
        );
        assert!(first.learn_epoch(BUCKET, TENANT, 2, &epoch1).is_err());
        assert!(
            first
                .learn_epoch(BucketUuid([5; 16]), TENANT, 1, &epoch1)
                .is_err()
        );
        for i in 0..tenant.len() {
            let mut bad = tenant.clone();
            bad[i] ^= 1;
            assert!(
                first.learn_tenant(TENANT, &bad, Contents::Open).is_err(),
                "byte {i}"
            );
            assert!(
                first
                    .learn_tenant(TENANT, &tenant[..i], Contents::Open)
                    .is_err()
            );
        }
    }
}
