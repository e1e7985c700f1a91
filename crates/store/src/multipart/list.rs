//! Listings of uploads and of parts.

use azekura_model::ident::UploadId;
use azekura_model::name::{BucketName, ObjectKey};
use bytes::Bytes;

use crate::bucket::read;
use crate::entry::{self, PartEntry, UploadEntry};
use crate::error::StoreError;
use crate::families::{self, UPLOADS, escape, split_upload};
use crate::inner::Inner;
use crate::listing::{ListUploadsPage, ListedUpload};
use crate::multipart;
use crate::pages::{ENTRIES_PER_PAGE_MAX, Walk, common_prefix, is_common_prefix, resume};
use crate::slot::after as right_after;
use crate::upload::StoredPart;

/// First byte of the keys of uploads under way.
const TAG: &[u8] = b"u";

/// Parts above `after`, at most `max`, and whether more follow.
pub(crate) fn parts(
    inner: &Inner,
    bucket: &BucketName,
    (key, upload): (&ObjectKey, UploadId),
    after: u32,
    max: usize,
) -> Result<(Vec<StoredPart>, bool), StoreError> {
    let bucket = read::open(inner, bucket)?.bucket;
    multipart::open(inner, &bucket, key, upload)?;
    let prefix = families::part_prefix(upload);
    let from = right_after(&families::part(upload, after).bytes);
    let expected = max.saturating_add(1);
    let from = Some(from);
    let mut walk = Walk::new(inner, bucket.partition, UPLOADS, &prefix, from, expected);
    let mut out = Vec::new();
    while let Some((_, value)) = walk.next()? {
        if out.len() >= max {
            return Ok((out, true));
        }
        let part: PartEntry = entry::decode(&value.value)?;
        out.push(StoredPart {
            number: part.number,
            md5: part.md5,
            bytes: part.content_bytes,
            checksum: part.checksum(),
            modified: part.modified(),
        });
    }
    Ok((out, false))
}

/// What a listing of uploads asks for.
pub(crate) struct UploadsRequest<'a> {
    pub(crate) prefix: &'a str,
    pub(crate) delimiter: &'a str,
    pub(crate) after: Option<(String, Option<UploadId>)>,
    pub(crate) max: usize,
}

fn start(request: &UploadsRequest<'_>) -> Result<Option<Bytes>, ()> {
    let Some((key, upload)) = &request.after else {
        return Ok(None);
    };
    match upload {
        Some(id) if !is_common_prefix(key, request.prefix, request.delimiter) => {
            Ok(Some(right_after(&families::upload(key, *id).bytes)))
        }
        _ => resume(TAG, key, request.prefix, request.delimiter)
            .map(Some)
            .ok_or(()),
    }
}

/// Uploads under way, by key, then by id.
pub(crate) fn uploads(
    inner: &Inner,
    bucket: &BucketName,
    request: &UploadsRequest<'_>,
) -> Result<ListUploadsPage, StoreError> {
    let partition = read::open(inner, bucket)?.bucket.partition;
    let mut page = ListUploadsPage::default();
    let Ok(from) = start(request) else {
        return Ok(page);
    };
    if request.max == 0 {
        return Ok(page);
    }
    let tagged = |key: &str| [TAG, &escape(key.as_bytes())].concat();
    let first = tagged(request.prefix);
    let expected = request.max.saturating_add(1);
    let mut walk = Walk::new(inner, partition, UPLOADS, &first, from, expected);
    let mut last = None;
    while let Some((key, value)) = walk.next()? {
        let (key, upload) =
            split_upload(&key).ok_or_else(|| StoreError::Internal("upload key".to_owned()))?;
        let full = page.uploads.len().saturating_add(page.prefixes.len()) >= request.max;
        if full || walk.looked_at > ENTRIES_PER_PAGE_MAX {
            page.next = last;
            return Ok(page);
        }
        if let Some(common) = common_prefix(&key, request.prefix, request.delimiter) {
            walk.pass(&tagged(common));
            page.prefixes.push(common.to_owned());
            last = Some((common.to_owned(), None));
        } else {
            let entry: UploadEntry = entry::decode(&value.value)?;
            last = Some((key.clone(), Some(upload)));
            page.uploads.push(ListedUpload {
                key,
                upload,
                started: entry.started(),
            });
        }
    }
    Ok(page)
}
