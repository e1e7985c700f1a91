use azekura_store::upload::StoredPart;
use s3s::S3Request;
use s3s::dto::{
    ChecksumAlgorithm, ChecksumType, ETag, ListPartsInput, ListPartsOutput, Part, StorageClass,
};

use super::{Answer, Context, answer, listing, lists, signed};
use crate::auth::Caller;
use crate::convert::checksums::{self, Fields};
use crate::convert::{names, times};
use crate::errors;

pub(crate) fn list_parts(
    cx: &Context,
    request: &S3Request<ListPartsInput>,
) -> Answer<ListPartsOutput> {
    Caller::of(request)?;
    let input = &request.input;
    let max = listing::max(input.max_parts, "max-parts")?;
    let bucket = names::bucket(&input.bucket)?;
    let key = names::key(&input.key)?;
    let id = names::upload(&input.upload_id)?;
    let marker = input.part_number_marker.unwrap_or(0);
    let after = u32::try_from(marker).map_err(|_| {
        errors::invalid_argument("Argument part-number-marker must be an integer of at least 0")
    })?;
    let upload = cx
        .store
        .upload(&bucket, &key, id)
        .map_err(errors::from_store)?;
    let owner = lists::owner_of_upload(cx, &input.bucket, &key, id)?;
    let (parts, more) = cx
        .store
        .list_parts(&bucket, &key, id, after, listing::count(max))
        .map_err(errors::from_store)?;
    let last = parts
        .last()
        .and_then(|part| i32::try_from(part.number).ok());
    let (algorithm, kind) = upload.checksum.unzip();
    answer(ListPartsOutput {
        bucket: Some(input.bucket.clone()),
        checksum_algorithm: algorithm.map(|a| ChecksumAlgorithm::from_static(a.as_str())),
        checksum_type: kind.map(|k| ChecksumType::from_static(checksums::kind_name(k))),
        is_truncated: Some(more),
        key: Some(input.key.clone()),
        max_parts: Some(max),
        next_part_number_marker: last,
        owner: Some(owner),
        part_number_marker: Some(marker),
        parts: Some(parts.iter().map(listed).collect()),
        storage_class: Some(StorageClass::from_static(StorageClass::STANDARD)),
        upload_id: Some(input.upload_id.clone()),
        ..ListPartsOutput::default()
    })
}

fn listed(part: &StoredPart) -> Part {
    let fields = Fields::of(&part.checksum);
    Part {
        checksum_crc32: fields.crc32,
        checksum_crc32c: fields.crc32c,
        checksum_crc64nvme: fields.crc64nvme,
        checksum_sha1: fields.sha1,
        checksum_sha256: fields.sha256,
        e_tag: Some(ETag::Strong(hex::encode(part.md5))),
        last_modified: Some(times::timestamp(part.modified)),
        part_number: i32::try_from(part.number).ok(),
        size: Some(signed(part.bytes)),
    }
}
