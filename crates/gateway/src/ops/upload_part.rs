use azekura_model::lock::LockAsked;
use azekura_store::upload::PutPart;
use s3s::dto::{ETag, UploadPartInput, UploadPartOutput};
use s3s::{S3Request, S3Result};

use super::get_object::part_number;
use super::{Answer, Context, answer, sealed, verified};
use crate::auth::Caller;
use crate::convert::checksums::Fields;
use crate::convert::names;
use crate::{body, errors};

pub(crate) async fn upload_part(
    cx: &Context,
    mut request: S3Request<UploadPartInput>,
) -> Answer<UploadPartOutput> {
    let caller = Caller::of(&request)?;
    let blob = request.input.body.take();
    let (body, claims) = body::incoming(&request, blob, request.input.content_length)?;
    let input = request.input;
    let lock = LockAsked::default();
    verified::require(cx, &input.bucket, &lock, &claims, "Put Part")?;
    let bucket = names::bucket(&input.bucket)?;
    let part = PutPart {
        key: names::key(&input.key)?,
        upload: names::upload(&input.upload_id)?,
        number: required_number(input.part_number)?,
        claims,
        body,
    };
    let part = cx
        .store
        .put_part(caller.authorized(), &bucket, part)
        .await
        .map_err(errors::from_store)?;
    let fields = Fields::of(&part.checksum);
    answer(UploadPartOutput {
        checksum_crc32: fields.crc32,
        checksum_crc32c: fields.crc32c,
        checksum_crc64nvme: fields.crc64nvme,
        checksum_sha1: fields.sha1,
        checksum_sha256: fields.sha256,
        e_tag: Some(ETag::Strong(hex::encode(part.md5))),
        server_side_encryption: Some(sealed()),
        ..UploadPartOutput::default()
    })
}

/// The number of the part, which is always given here.
pub(crate) fn required_number(number: i32) -> S3Result<u32> {
    let number = part_number(Some(number))?;
    number.ok_or_else(|| errors::invalid_argument("partNumber is missing"))
}
