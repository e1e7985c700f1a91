//! What a check found.

/// A version that cannot be given back as it was stored.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct DamagedVersion {
    /// Bucket name, or the partition where the name is lost.
    pub bucket: String,
    /// Object key; `None` = the record and the index are both unreadable there.
    pub key: Option<String>,
    /// Version id, as text.
    pub version: Option<String>,
    /// Partition of its record, in hexadecimal.
    pub partition: String,
    /// Sequence of its record.
    pub sequence: u64,
    /// What is wrong.
    pub what: String,
}

/// Outcome of a check.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// Identity of the vault.
    pub vault: String,
    /// Whether the keyring was used.
    pub with_keys: bool,
    /// Records read.
    pub records: u64,
    /// Versions whose content was verified whole.
    pub versions: u64,
    /// Versions of sealed tenants whose content was checked by its CRCs alone: no passphrase opened it.
    pub not_rehashed: u64,
    /// Content bytes verified.
    pub content_bytes: u64,
    /// Signed heads verified.
    pub heads: u64,
    /// Versions that cannot be given back.
    pub damaged: Vec<DamagedVersion>,
    /// Versions or records erased through the one door.
    pub erased: u64,
    /// Damage of the journal, with places, and anything else that is wrong.
    pub findings: Vec<String>,
    /// Blobs without a readable intent: kept, never swept.
    pub unknown_blobs: Vec<String>,
    /// Blobs of uploads that never finished: swept at the next start.
    pub unfinished_blobs: u64,
    /// A write that a crash tore: cut at the next start, never acknowledged.
    pub torn_tail: Option<String>,
}

impl Report {
    /// Nothing is damaged or missing.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.damaged.is_empty() && self.findings.is_empty()
    }
}
