//! Record kind 18: a version is no longer shown by S3. Its record and bytes stay.

use crate::summary::Summary;

/// DELETE with a version id.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VersionHidden {
    /// Key.
    pub key: String,
    /// The version, as the index shall show it from now on (`hidden` set, `at` given).
    pub target: Summary,
    /// What becomes current, when the current entry changes.
    pub current: CurrentChange,
}

/// How the current entry of the key changes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CurrentChange {
    /// It stays.
    Stays,
    /// The key shows nothing any more.
    Cleared,
    /// An older version shows again (`at` given).
    Becomes(Summary),
}
