//! AES-256-GCM and HKDF-SHA-256, with keys that are wiped. Both are in the CRYPTREC list.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hkdf;
use zeroize::{Zeroize, Zeroizing};

use crate::entropy::{Entropy, EntropyFailed};

/// Length of a key in bytes.
pub const KEY_BYTES: usize = 32;
/// Length of an authentication tag in bytes.
pub const TAG_BYTES: usize = 16;

/// The cryptographic library refused, or the tag does not match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the bytes do not open with this key")]
pub struct CipherFailed;

/// A secret of 32 bytes; wiped when dropped, never shown by `Debug`.
#[derive(Clone)]
pub struct SecretKey(Zeroizing<[u8; KEY_BYTES]>);

impl SecretKey {
    /// Wraps given bytes.
    #[must_use]
    pub fn new(bytes: [u8; KEY_BYTES]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// A fresh random key.
    ///
    /// # Errors
    /// [`EntropyFailed`].
    pub fn random(entropy: &dyn Entropy) -> Result<Self, EntropyFailed> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        entropy.fill(&mut *bytes)?;
        Ok(Self(bytes))
    }

    /// From exactly 32 bytes.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        let mut copy: [u8; KEY_BYTES] = bytes.try_into().ok()?;
        let key = Self::new(copy);
        copy.zeroize();
        Some(key)
    }

    /// The bytes. Whoever copies them must keep them as well.
    #[must_use]
    pub fn expose(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

struct KeyLength;

impl hkdf::KeyType for KeyLength {
    fn len(&self) -> usize {
        KEY_BYTES
    }
}

/// HKDF-SHA-256 (RFC 5869) of `key` with `salt` and the concatenation of `info`.
///
/// # Errors
/// [`CipherFailed`] when the library refuses.
pub fn derive(key: &SecretKey, salt: &[u8], info: &[&[u8]]) -> Result<SecretKey, CipherFailed> {
    let mut out = Zeroizing::new([0; KEY_BYTES]);
    hkdf::Salt::new(hkdf::HKDF_SHA256, salt)
        .extract(key.expose())
        .expand(info, KeyLength)
        .and_then(|okm| okm.fill(&mut *out))
        .map_err(|_| CipherFailed)?;
    Ok(SecretKey(out))
}

/// The AES-256-GCM key schedule of `key`.
///
/// # Errors
/// [`CipherFailed`] when the library refuses.
pub(crate) fn schedule(key: &SecretKey) -> Result<LessSafeKey, CipherFailed> {
    UnboundKey::new(&AES_256_GCM, key.expose())
        .map(LessSafeKey::new)
        .map_err(|_| CipherFailed)
}

fn zero_nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; 12])
}

/// Seals `plaintext` and appends ciphertext and tag to `out`. The nonce is zero, so the key is
/// consumed: it must have been derived with a fresh salt for this one message.
///
/// # Errors
/// [`CipherFailed`] when the library refuses.
pub fn seal_once(
    key: SecretKey,
    aad: &[u8],
    plaintext: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), CipherFailed> {
    let schedule = schedule(&key)?;
    drop(key);
    let start = out.len();
    out.extend_from_slice(plaintext);
    let text = out.get_mut(start..).ok_or(CipherFailed)?;
    let tag = schedule
        .seal_in_place_separate_tag(zero_nonce(), Aad::from(aad), text)
        .map_err(|_| CipherFailed)?;
    out.extend_from_slice(tag.as_ref());
    Ok(())
}

/// Opens what [`seal_once`] appended.
///
/// # Errors
/// [`CipherFailed`] when key, associated data or bytes differ.
pub fn open_once(
    key: SecretKey,
    aad: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, CipherFailed> {
    let schedule = schedule(&key)?;
    drop(key);
    let mut buffer = Zeroizing::new(sealed.to_vec());
    let bytes = schedule
        .open_in_place(zero_nonce(), Aad::from(aad), &mut buffer)
        .map_err(|_| CipherFailed)?
        .len();
    buffer.truncate(bytes);
    Ok(buffer)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected value was computed with Python's `hmac` as RFC 5869 describes.
    #[test]
    fn hkdf_agrees_with_an_independent_computation() {
        let key = SecretKey::new([0x0b; 32]);
        let out = derive(&key, &[0, 1, 2, 3], &[b"in", b"fo"]).unwrap();
        assert_eq!(hex::encode(out.expose()), EXPECTED);
    }

    const EXPECTED: &str = "3c3b65dcf63f61a901a0741673f411756570e0d066f2b6193354dccc66f4e795";

    #[test]
    fn opens_only_unchanged() {
        let key = || SecretKey::new([3; 32]);
        let mut sealed = Vec::new();
        seal_once(key(), b"aad", b"text", &mut sealed).unwrap();
        assert_eq!(sealed.len(), 4 + TAG_BYTES);
        assert_eq!(**open_once(key(), b"aad", &sealed).unwrap(), *b"text");
        assert!(open_once(key(), b"aae", &sealed).is_err());
        assert!(open_once(SecretKey::new([4; 32]), b"aad", &sealed).is_err());
        for i in 0..sealed.len() {
            let mut bad = sealed.clone();
            bad[i] ^= 0x80;
            assert!(open_once(key(), b"aad", &bad).is_err());
        }
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", SecretKey::new([7; 32])), "SecretKey(…)");
    }
}
