use azekura_model::range::ByteRange;
use azekura_store::body::Claims;
use azekura_store::upload::{PUT_BYTES_MAX, PutPart};
use s3s::dto::{CopyPartResult, ETag, Range, UploadPartCopyInput, UploadPartCopyOutput};
use s3s::{S3Request, S3Result};

use super::copy_object::{CopyConditions, Source, open_source, too_large};
use super::upload_part::required_number;
use super::{Answer, Context, answer, sealed};
use crate::auth::Caller;
use crate::convert::checksums::Fields;
use crate::convert::{conditions, names, times};
use crate::errors;

pub(crate) async fn upload_part_copy(
    cx: &Context,
    request: S3Request<UploadPartCopyInput>,
) -> Answer<UploadPartCopyOutput> {
    let caller = Caller::of(&request)?;
    let input = request.input;
    let bucket = names::bucket(&input.bucket)?;
    let key = names::key(&input.key)?;
    let upload = names::upload(&input.upload_id)?;
    let number = required_number(input.part_number)?;
    let source = Source::of(&input.copy_source)?;
    let range = input.copy_source_range.as_deref().map(read_range);
    let range = range.transpose()?;
    let asked = CopyConditions {
        if_match: input.copy_source_if_match,
        if_none_match: input.copy_source_if_none_match,
        if_modified_since: input.copy_source_if_modified_since,
        if_unmodified_since: input.copy_source_if_unmodified_since,
    };
    let got = open_source(cx, &caller, &source, asked, range).await?;
    let beyond = match range {
        Some(ByteRange::From {
            last: Some(last), ..
        }) => last >= got.info.bytes,
        _ => false,
    };
    if beyond {
        let bytes = got.info.bytes;
        let message = format!("Range specified is not valid for source object of size: {bytes}");
        return Err(errors::answer("InvalidRange", 416, message));
    }
    if got.range.end.saturating_sub(got.range.start) > PUT_BYTES_MAX {
        return Err(too_large());
    }
    let part = PutPart {
        key,
        upload,
        number,
        claims: Claims {
            bytes: Some(got.range.end.saturating_sub(got.range.start)),
            ..Claims::default()
        },
        body: got.body,
    };
    let part = cx
        .store
        .put_part(caller.authorized(), &bucket, part)
        .await
        .map_err(errors::from_store)?;
    let versioning = cx.versioning(&source.bucket)?;
    let fields = Fields::of(&part.checksum);
    answer(UploadPartCopyOutput {
        copy_part_result: Some(CopyPartResult {
            checksum_crc32: fields.crc32,
            checksum_crc32c: fields.crc32c,
            checksum_crc64nvme: fields.crc64nvme,
            checksum_sha1: fields.sha1,
            checksum_sha256: fields.sha256,
            e_tag: Some(ETag::Strong(hex::encode(part.md5))),
            last_modified: Some(times::timestamp(part.modified)),
        }),
        copy_source_version_id: names::shown_version(versioning, got.info.version, got.info.null),
        server_side_encryption: Some(sealed()),
        ..UploadPartCopyOutput::default()
    })
}

/// `bytes=first-last`, both given.
fn read_range(text: &str) -> S3Result<ByteRange> {
    match Range::parse(text) {
        Ok(range @ Range::Int { last: Some(_), .. }) => Ok(conditions::range(range)),
        _ => Err(errors::invalid_argument(
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first \
             and last are the zero-based offsets of the first and last bytes to copy",
        )),
    }
}
