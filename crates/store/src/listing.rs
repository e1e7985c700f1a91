//! Listings: what is asked and what is answered.

use azekura_model::ident::{UploadId, VersionId};
use azekura_model::time::WallTime;
use azekura_record::summary::Summary;

/// One page of a listing of current objects.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ListRequest {
    /// Only keys that begin so.
    pub prefix: String,
    /// Roll up what follows the prefix up to here; empty = none.
    pub delimiter: String,
    /// Only keys after this one (exclusive); a common prefix here skips all under it.
    pub after: String,
    /// Most entries, keys and common prefixes together; 0 to 1,000.
    pub max: usize,
}

/// Current objects and common prefixes, in UTF-8 byte order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ListPage {
    /// Keys and what the index says of them.
    pub objects: Vec<(String, Summary)>,
    /// Common prefixes.
    pub prefixes: Vec<String>,
    /// Where to go on (`after` of the next page), if there is more.
    pub next: Option<String>,
}

/// One page of a listing of versions.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ListVersionsRequest {
    /// Only keys that begin so.
    pub prefix: String,
    /// Roll up what follows the prefix up to here; empty = none.
    pub delimiter: String,
    /// Go on after this key …
    pub after_key: String,
    /// … and after this version of it (older ones follow); `None` = after all of them.
    pub after_version: Option<VersionId>,
    /// Most entries.
    pub max: usize,
    /// Also what S3 no longer shows (hidden history; admin API only).
    pub with_hidden: bool,
}

/// One version in a listing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListedVersion {
    /// Key.
    pub key: String,
    /// What the index says of it.
    pub summary: Summary,
    /// Whether it is the current one.
    pub latest: bool,
    /// Whether S3 shows it.
    pub shown: bool,
}

/// Versions, newest first within a key, and common prefixes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ListVersionsPage {
    /// Versions and markers.
    pub versions: Vec<ListedVersion>,
    /// Common prefixes.
    pub prefixes: Vec<String>,
    /// Where to go on: key, and version unless the key is a common prefix.
    pub next: Option<(String, Option<VersionId>)>,
}

/// One upload in a listing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListedUpload {
    /// Key.
    pub key: String,
    /// Upload id.
    pub upload: UploadId,
    /// When it began.
    pub started: WallTime,
}

/// One page of multipart uploads.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ListUploadsPage {
    /// Uploads by key, then by id.
    pub uploads: Vec<ListedUpload>,
    /// Common prefixes.
    pub prefixes: Vec<String>,
    /// Where to go on: key and upload id.
    pub next: Option<(String, Option<UploadId>)>,
}
