//! The limits of the contract, checked in one place for every engine.

use std::collections::BTreeSet;

use crate::seam::{
    CORE_BYTES_MAX, Commit, CommitError, Family, INLINE_PAYLOAD_BYTES_MAX, KEY_BYTES_MAX, Key,
    PARTICULARS_BYTES_MAX, SCAN_ENTRIES_MAX, Scan, VALUE_BYTES_MAX,
};

/// Checks a commit against the contract.
///
/// # Errors
/// [`CommitError::Malformed`] names the limit that is broken.
pub(crate) fn check(commit: &Commit) -> Result<(), CommitError> {
    broken(commit).map_or(Ok(()), |why| Err(CommitError::Malformed(why)))
}

fn broken(commit: &Commit) -> Option<String> {
    let record = &commit.record;
    let puts = &commit.mutations.puts;
    let deletes = &commit.mutations.deletes;
    longer("core", record.core.len(), CORE_BYTES_MAX)
        .or_else(|| {
            longer(
                "particulars",
                record.particulars.len(),
                PARTICULARS_BYTES_MAX,
            )
        })
        .or_else(|| longer("payload", record.payload.len(), INLINE_PAYLOAD_BYTES_MAX))
        .or_else(|| commit.guards.iter().find_map(|guard| bad_key(guard.key())))
        .or_else(|| {
            puts.iter()
                .find_map(|(key, value)| bad_key(key).or_else(|| bad_value(value)))
        })
        .or_else(|| deletes.iter().find_map(bad_key))
        .or_else(|| named_twice(commit))
}

fn longer(what: &str, bytes: usize, limit: usize) -> Option<String> {
    (bytes > limit).then(|| format!("{what} of {bytes} bytes is longer than {limit}"))
}

/// Why a key is not one, if it is not.
#[must_use]
pub(crate) fn bad_key(key: &Key) -> Option<String> {
    if key.family.0 >= Family::COUNT {
        return Some(format!("family {} does not exist", key.family.0));
    }
    if key.bytes.is_empty() {
        return Some("empty key".to_owned());
    }
    if key.bytes.contains(&0) {
        return Some("key holds a NUL byte".to_owned());
    }
    longer("key", key.bytes.len(), KEY_BYTES_MAX)
}

fn bad_value(value: &[u8]) -> Option<String> {
    if value.is_empty() {
        return Some("empty value".to_owned());
    }
    longer("value", value.len(), VALUE_BYTES_MAX)
}

/// A key named twice would make the outcome depend on an order that mutations do not have.
fn named_twice(commit: &Commit) -> Option<String> {
    let mutations = &commit.mutations;
    let mut keys = mutations
        .puts
        .iter()
        .map(|(key, _)| key)
        .chain(&mutations.deletes);
    let count = mutations.puts.len().saturating_add(mutations.deletes.len());
    let twice = if count <= 8 {
        let seen: Vec<&Key> = keys.collect();
        seen.iter()
            .enumerate()
            .any(|(i, key)| seen.iter().skip(i.saturating_add(1)).any(|k| k == key))
    } else {
        let mut seen = BTreeSet::new();
        keys.any(|key| !seen.insert(key))
    };
    twice.then(|| "a key is named twice in the mutations".to_owned())
}

/// How many entries a scan may return: at least 1, at most [`SCAN_ENTRIES_MAX`].
#[must_use]
pub(crate) fn page(scan: &Scan) -> usize {
    scan.limit.clamp(1, SCAN_ENTRIES_MAX)
}
