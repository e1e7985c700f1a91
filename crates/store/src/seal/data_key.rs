//! Data keys as records hold them: in a sealed tenant wrapped under its content key.
//!
//! Key = HKDF-SHA-256(content key, salt = id of the payload or upload, info = label ‖ bucket), used for
//! this one message. `docs/internals/tenant-seal.md` says what for.

use std::sync::Arc;

use azekura_model::ident::{BucketUuid, PayloadId, UploadId};
use azekura_record::stored_key::StoredKey;

use crate::keys::KeyError;
use crate::seal::cipher::{self, KEY_BYTES, SecretKey, TAG_BYTES};

const LABEL: &[u8] = b"azekura tenant seal v1";

/// What seals the data keys of a tenant beside its bucket keys.
#[derive(Clone, Debug)]
pub struct ContentSeal(Option<Arc<SecretKey>>);

/// Whose key it is: bound into the wrapping, so that it opens nowhere else.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyOf {
    /// The data key of a payload.
    Payload(PayloadId),
    /// The key of an upload, from which those of its parts are derived.
    Upload(UploadId),
}

impl KeyOf {
    fn id(&self) -> &[u8; 16] {
        match self {
            Self::Payload(payload) => &payload.0,
            Self::Upload(upload) => &upload.0,
        }
    }

    /// Id, bucket, which key.
    fn bound(&self, bucket: BucketUuid) -> Vec<u8> {
        let which = match self {
            Self::Payload(_) => 1,
            Self::Upload(_) => 2,
        };
        [self.id().as_slice(), &bucket.0, &[which]].concat()
    }
}

impl ContentSeal {
    /// Of a tenant that is not sealed.
    pub(crate) fn none() -> Self {
        Self(None)
    }

    /// Under an open content key.
    pub(crate) fn under(key: Arc<SecretKey>) -> Self {
        Self(Some(key))
    }

    /// Whether there is one.
    pub(crate) fn is_sealed(&self) -> bool {
        self.0.is_some()
    }

    /// How many hold the content key.
    #[cfg(test)]
    pub(crate) fn holders(&self) -> usize {
        self.0.as_ref().map_or(0, Arc::strong_count)
    }

    /// The key as its record shall hold it.
    ///
    /// # Errors
    /// [`KeyError::Cipher`].
    pub fn wrap(
        &self,
        key: &SecretKey,
        of: KeyOf,
        bucket: BucketUuid,
    ) -> Result<StoredKey, KeyError> {
        let Some(content) = &self.0 else {
            return Ok(StoredKey::Open(*key.expose()));
        };
        let once = cipher::derive(content, of.id(), &[LABEL, &bucket.0])?;
        let mut sealed = Vec::with_capacity(KEY_BYTES + TAG_BYTES);
        cipher::seal_once(once, &of.bound(bucket), key.expose(), &mut sealed)?;
        let (text, tag) = sealed.split_first_chunk().ok_or(KeyError::Cipher)?;
        Ok(StoredKey::Sealed {
            text: *text,
            tag: tag.try_into().map_err(|_| KeyError::Cipher)?,
        })
    }

    /// The key that a record holds.
    ///
    /// # Errors
    /// [`KeyError::DataKey`] for one that was wrapped elsewhere or is not as the tenant's keys are.
    pub fn open(
        &self,
        stored: &StoredKey,
        of: KeyOf,
        bucket: BucketUuid,
    ) -> Result<SecretKey, KeyError> {
        let damaged = || KeyError::DataKey(format!("{of:?}"));
        match (&self.0, stored) {
            (None, StoredKey::Open(bytes)) => Ok(SecretKey::new(*bytes)),
            (Some(content), StoredKey::Sealed { text, tag }) => {
                let once = cipher::derive(content, of.id(), &[LABEL, &bucket.0])?;
                let sealed = [text.as_slice(), tag].concat();
                let opened = cipher::open_once(once, &of.bound(bucket), &sealed);
                let opened = opened.map_err(|_| damaged())?;
                SecretKey::from_slice(&opened).ok_or_else(damaged)
            }
            // Tenants are sealed from their first byte or never.
            (None, StoredKey::Sealed { .. }) | (Some(_), StoredKey::Open(_)) => Err(damaged()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUCKET: BucketUuid = BucketUuid([2; 16]);
    const PAYLOAD: KeyOf = KeyOf::Payload(PayloadId([3; 16]));

    fn seal(byte: u8) -> ContentSeal {
        ContentSeal::under(Arc::new(SecretKey::new([byte; 32])))
    }

    #[test]
    fn opens_under_its_content_key_at_its_place_alone() {
        let key = SecretKey::new([7; 32]);
        let stored = seal(1).wrap(&key, PAYLOAD, BUCKET).unwrap();
        assert!(matches!(&stored, StoredKey::Sealed { text, .. } if text != key.expose()));
        let opened = seal(1).open(&stored, PAYLOAD, BUCKET).unwrap();
        assert_eq!(opened.expose(), key.expose());
        assert!(seal(2).open(&stored, PAYLOAD, BUCKET).is_err());
        assert!(ContentSeal::none().open(&stored, PAYLOAD, BUCKET).is_err());
        let elsewhere = BucketUuid([9; 16]);
        assert!(seal(1).open(&stored, PAYLOAD, elsewhere).is_err());
        for other in [
            KeyOf::Payload(PayloadId([4; 16])),
            KeyOf::Upload(UploadId([3; 16])),
        ] {
            assert!(seal(1).open(&stored, other, BUCKET).is_err(), "{other:?}");
        }
    }

    #[test]
    fn a_tenant_is_sealed_whole_or_not_at_all() {
        let key = SecretKey::new([7; 32]);
        let stored = ContentSeal::none().wrap(&key, PAYLOAD, BUCKET).unwrap();
        assert_eq!(stored, StoredKey::Open([7; 32]));
        assert!(ContentSeal::none().open(&stored, PAYLOAD, BUCKET).is_ok());
        assert!(seal(1).open(&stored, PAYLOAD, BUCKET).is_err());
    }
}
