//! One commitment to all fields of the particulars, from which each can be disclosed alone.
//!
//! Every field but the salt seed is a leaf: SHA-256 over a prefix, the field's own salt, its number
//! and its encoded value. The root is the RFC 6962 Merkle tree hash over the leaves in ascending
//! order of number. Salts follow from the seed, so neither they nor the hashes are stored; without
//! the seed a disclosed salt says nothing of another field.

use aws_lc_rs::{digest, hmac};

use crate::error::DecodeError;
use crate::fields::{self, Field, SALT_SEED};
use crate::particulars::Particulars;

const SALT_LABEL: &[u8] = b"azekura field salt v1";
const LEAF_PREFIX: [u8; 1] = [0];
const NODE_PREFIX: [u8; 1] = [1];
/// Length of a field's salt in bytes.
pub const SALT_BYTES: usize = 16;
/// Longest path that is looked at: a tree of 2^16 field numbers is never deeper.
const PATH_MAX: usize = 16;

/// The root over the fields of `particulars`.
#[must_use]
pub fn commit(particulars: &Particulars) -> [u8; 32] {
    root(&particulars.salt_seed, &particulars.write().fields())
}

/// The root over particulars as stored (opened), unknown ignorable fields included.
///
/// # Errors
/// [`DecodeError`] when the bytes are not a map of fields with a salt seed.
pub fn commit_encoded(bytes: &[u8]) -> Result<[u8; 32], DecodeError> {
    let fields = fields::split(bytes)?;
    Ok(root(&seed(&fields)?, &fields))
}

/// The salt seed among the fields: a byte string of 32 bytes.
fn seed(fields: &[Field<'_>]) -> Result<[u8; 32], DecodeError> {
    const HEAD: [u8; 2] = [0x58, 32];
    fields
        .iter()
        .find(|field| field.number == SALT_SEED)
        .and_then(|field| field.value.strip_prefix(&HEAD))
        .and_then(|seed| seed.try_into().ok())
        .ok_or_else(|| DecodeError::malformed("particulars without a salt seed"))
}

/// One field, and all that is needed to check it against a core's commitment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Disclosure {
    /// Number of the field.
    pub field: u16,
    /// Its salt.
    pub salt: [u8; SALT_BYTES],
    /// Its value, encoded as CBOR.
    pub value: Vec<u8>,
    /// Index of its leaf, from 0.
    pub leaf: usize,
    /// Number of leaves.
    pub leaves: usize,
    /// Hashes of the siblings, from the leaf upwards (RFC 9162 §2.1.3).
    pub path: Vec<[u8; 32]>,
}

/// Discloses one field of `particulars`; `None` when it has no such field, and for the salt seed,
/// which would disclose all.
#[must_use]
pub fn disclose(particulars: &Particulars, field: u16) -> Option<Disclosure> {
    let writer = particulars.write();
    let all = writer.fields();
    let key = salt_key(&particulars.salt_seed);
    let committed: Vec<_> = all.iter().filter(|f| f.number != SALT_SEED).collect();
    let leaf = committed.iter().position(|f| f.number == field)?;
    let hashes: Vec<_> = committed.iter().map(|f| leaf_of(&key, f)).collect();
    Some(Disclosure {
        field,
        salt: salt(&key, field),
        value: committed.get(leaf)?.value.to_vec(),
        leaf,
        leaves: hashes.len(),
        path: path(leaf, &hashes),
    })
}

impl Disclosure {
    /// Whether the field stood in the particulars that `commitment` commits to.
    #[must_use]
    pub fn verify(&self, commitment: &[u8; 32]) -> bool {
        if self.leaf >= self.leaves || self.path.len() > PATH_MAX {
            return false;
        }
        let mut hash = leaf_hash(&self.salt, self.field, &self.value);
        // RFC 9162 §2.1.3.2.
        let (mut index, mut last) = (self.leaf, self.leaves.saturating_sub(1));
        for sibling in &self.path {
            if last == 0 {
                return false;
            }
            if index % 2 == 1 || index == last {
                hash = node_hash(sibling, &hash);
                while index % 2 == 0 && index != 0 {
                    index >>= 1;
                    last >>= 1;
                }
            } else {
                hash = node_hash(&hash, sibling);
            }
            index >>= 1;
            last >>= 1;
        }
        last == 0 && hash == *commitment
    }
}

/// The root over `all` but the salt seed.
pub(crate) fn root(seed: &[u8; 32], all: &[Field<'_>]) -> [u8; 32] {
    let key = salt_key(seed);
    let hashes: Vec<_> = all
        .iter()
        .filter(|field| field.number != SALT_SEED)
        .map(|field| leaf_of(&key, field))
        .collect();
    tree_hash(&hashes)
}

fn salt_key(seed: &[u8; 32]) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, seed)
}

fn salt(key: &hmac::Key, field: u16) -> [u8; SALT_BYTES] {
    let mut context = hmac::Context::with_key(key);
    context.update(SALT_LABEL);
    context.update(&field.to_be_bytes());
    let tag = context.sign();
    let mut salt = [0; SALT_BYTES];
    salt.iter_mut()
        .zip(tag.as_ref())
        .for_each(|(to, from)| *to = *from);
    salt
}

fn leaf_of(key: &hmac::Key, field: &Field<'_>) -> [u8; 32] {
    leaf_hash(&salt(key, field.number), field.number, field.value)
}

fn leaf_hash(salt: &[u8; SALT_BYTES], field: u16, value: &[u8]) -> [u8; 32] {
    sha256(&[&LEAF_PREFIX, salt, &field.to_be_bytes(), value])
}

fn node_hash(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    sha256(&[&NODE_PREFIX, left, right])
}

fn sha256(pieces: &[&[u8]]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    pieces.iter().for_each(|piece| context.update(piece));
    let mut hash = [0; 32];
    hash.iter_mut()
        .zip(context.finish().as_ref())
        .for_each(|(to, from)| *to = *from);
    hash
}

/// The largest power of two below `leaves`, at which RFC 6962 splits a tree of two or more.
fn split_at(leaves: usize) -> usize {
    leaves.next_power_of_two() / 2
}

fn tree_hash(leaves: &[[u8; 32]]) -> [u8; 32] {
    match leaves {
        [] => sha256(&[]),
        [leaf] => *leaf,
        _ => match leaves.split_at_checked(split_at(leaves.len())) {
            Some((left, right)) => node_hash(&tree_hash(left), &tree_hash(right)),
            None => sha256(&[]),
        },
    }
}

fn path(leaf: usize, leaves: &[[u8; 32]]) -> Vec<[u8; 32]> {
    if leaves.len() < 2 {
        return Vec::new();
    }
    let middle = split_at(leaves.len());
    let Some((left, right)) = leaves.split_at_checked(middle) else {
        return Vec::new();
    };
    let (mut below, sibling) = if leaf < middle {
        (path(leaf, left), tree_hash(right))
    } else {
        (path(leaf - middle, right), tree_hash(left))
    };
    below.push(sibling);
    below
}

#[cfg(test)]
mod tests;
