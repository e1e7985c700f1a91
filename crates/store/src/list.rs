//! Listing of current objects.

use azekura_model::name::BucketName;

use crate::bucket::read;
use crate::entry::Slotted;
use crate::error::StoreError;
use crate::families::{CURRENT, escape, unescape_text};
use crate::inner::Inner;
use crate::listing::{ListPage, ListRequest};
use crate::pages::{ENTRIES_PER_PAGE_MAX, Walk, common_prefix, resume};

/// One page. The walk seeks past what a common prefix rolls up, so a page costs as many seeks as
/// it has entries, however much lies under a prefix.
pub(crate) fn list(
    inner: &Inner,
    bucket: &BucketName,
    request: &ListRequest,
) -> Result<ListPage, StoreError> {
    let bucket = read::open(inner, bucket)?.bucket;
    let ListRequest {
        prefix,
        delimiter,
        after,
        max,
    } = request;
    let mut page = ListPage::default();
    if *max == 0 {
        return Ok(page);
    }
    let from = if after.is_empty() {
        None
    } else {
        match resume(b"", after, prefix, delimiter) {
            Some(from) => Some(from),
            None => return Ok(page),
        }
    };
    let expected = if delimiter.is_empty() {
        max.saturating_add(1)
    } else {
        32
    };
    let start = escape(prefix.as_bytes());
    let mut walk = Walk::new(inner, bucket.partition, CURRENT, &start, from, expected);
    let mut last = String::new();
    while let Some((key, entry)) = walk.next()? {
        let key =
            unescape_text(&key).ok_or_else(|| StoreError::Internal("index key".to_owned()))?;
        let full = page.objects.len().saturating_add(page.prefixes.len()) >= *max;
        if full || walk.looked_at > ENTRIES_PER_PAGE_MAX {
            page.next = Some(last);
            return Ok(page);
        }
        if let Some(common) = common_prefix(&key, prefix, delimiter) {
            common.clone_into(&mut last);
            walk.pass(&escape(common.as_bytes()));
            page.prefixes.push(common.to_owned());
        } else {
            last.clone_from(&key);
            let mut summary = Slotted::decode(&entry.value)?.summary;
            summary.at = summary.at.or(Some(entry.sequence));
            page.objects.push((key, summary));
        }
    }
    Ok(page)
}
