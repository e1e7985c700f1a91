//! Listing of versions and markers.

use azekura_engine::seam::Entry;
use azekura_model::ident::VersionId;
use azekura_model::name::BucketName;
use azekura_model::position::PartitionId;
use bytes::Bytes;

use crate::bucket::read;
use crate::entry;
use crate::error::StoreError;
use crate::families::{self, HISTORY, escape, split_history};
use crate::inner::Inner;
use crate::listing::{ListVersionsPage, ListVersionsRequest, ListedVersion};
use crate::pages::{ENTRIES_PER_PAGE_MAX, Walk, common_prefix, is_common_prefix, resume};
use crate::slot::{after, for_each_version};
use crate::visibility::Rule;

/// The key being walked, and what was passed of it.
#[derive(Default)]
struct Passed {
    object: String,
    rule: Rule,
    /// A version of it that is shown was passed: those that follow are not the latest.
    shown: bool,
}

impl Passed {
    /// The state behind `version` of `object`, as if the walk had come from its newest version.
    fn up_to(
        inner: &Inner,
        partition: PartitionId,
        object: &str,
        version: VersionId,
    ) -> Result<Self, StoreError> {
        let mut passed = Self {
            object: object.to_owned(),
            ..Self::default()
        };
        for_each_version(inner, partition, object, None, |summary, _, _| {
            if summary.version < version {
                return false;
            }
            passed.shown |= passed.rule.shows(summary);
            // Once both are known nothing more can change them.
            !(passed.shown && passed.rule.null_seen())
        })?;
        Ok(passed)
    }

    /// The next version of the walk, and whether S3 shows it.
    fn next(&mut self, key: &[u8], entry: &Entry) -> Result<(ListedVersion, bool), StoreError> {
        let (object, _) =
            split_history(key).ok_or_else(|| StoreError::Internal("history key".to_owned()))?;
        if object != self.object {
            *self = Self {
                object: object.clone(),
                ..Self::default()
            };
        }
        let mut summary = entry::summary(&entry.value)?;
        summary.at = summary.at.or(Some(entry.sequence));
        let shows = self.rule.shows(&summary);
        let latest = shows && !self.shown;
        self.shown |= shows;
        let version = ListedVersion {
            key: object,
            summary,
            latest,
            shown: shows,
        };
        Ok((version, shows))
    }
}

/// Where the walk starts; `None` = there is nothing behind the marker.
fn start(
    inner: &Inner,
    partition: PartitionId,
    request: &ListVersionsRequest,
) -> Result<Option<(Option<Bytes>, Passed)>, StoreError> {
    let ListVersionsRequest {
        prefix,
        delimiter,
        after_key,
        after_version,
        ..
    } = request;
    if after_key.is_empty() {
        return Ok(Some((None, Passed::default())));
    }
    match after_version {
        Some(version) if !is_common_prefix(after_key, prefix, delimiter) => {
            let key = families::history(after_key, *version);
            let passed = Passed::up_to(inner, partition, after_key, *version)?;
            Ok(Some((Some(after(&key.bytes)), passed)))
        }
        _ => {
            Ok(resume(b"", after_key, prefix, delimiter)
                .map(|from| (Some(from), Passed::default())))
        }
    }
}

/// One page, newest versions first within a key.
pub(crate) fn list_versions(
    inner: &Inner,
    bucket: &BucketName,
    request: &ListVersionsRequest,
) -> Result<ListVersionsPage, StoreError> {
    let partition = read::open(inner, bucket)?.bucket.partition;
    of_partition(inner, partition, request)
}

/// The same of a partition, whose bucket may be retired.
pub(crate) fn of_partition(
    inner: &Inner,
    partition: PartitionId,
    request: &ListVersionsRequest,
) -> Result<ListVersionsPage, StoreError> {
    let mut page = ListVersionsPage::default();
    if request.max == 0 {
        return Ok(page);
    }
    let Some((from, mut passed)) = start(inner, partition, request)? else {
        return Ok(page);
    };
    let ListVersionsRequest {
        prefix, delimiter, ..
    } = request;
    let expected = if delimiter.is_empty() {
        request.max.saturating_add(1)
    } else {
        32
    };
    let first = escape(prefix.as_bytes());
    let mut walk = Walk::new(inner, partition, HISTORY, &first, from, expected);
    let mut last = None;
    while let Some((key, entry)) = walk.next()? {
        let (version, shows) = passed.next(&key, &entry)?;
        if walk.looked_at > ENTRIES_PER_PAGE_MAX {
            page.next = last;
            return Ok(page);
        }
        let position = (version.key.clone(), Some(version.summary.version));
        if shows || request.with_hidden {
            if page.versions.len().saturating_add(page.prefixes.len()) >= request.max {
                page.next = last;
                return Ok(page);
            }
            if let Some(common) = common_prefix(&version.key, prefix, delimiter) {
                walk.pass(&escape(common.as_bytes()));
                page.prefixes.push(common.to_owned());
                last = Some((common.to_owned(), None));
                continue;
            }
            page.versions.push(version);
        }
        last = Some(position);
    }
    Ok(page)
}
