use azekura_model::checksum::{Checksum, ChecksumAlgorithm, ChecksumType};
use azekura_model::ident::UploadId;
use azekura_model::name::{BucketName, ObjectKey};
use azekura_store::upload::{CompleteUpload, CompletedPart};
use s3s::dto::{self, CompleteMultipartUploadInput, CompleteMultipartUploadOutput, ETag};
use s3s::{S3Error, S3ErrorCode, S3Request, S3Result};

use super::{Answer, Context, answer, sealed};
use crate::auth::Caller;
use crate::convert::checksums::{self, Fields};
use crate::convert::{conditions, names};
use crate::errors;

/// Most parts (S3).
const PARTS_MAX: usize = 10_000;

pub(crate) async fn complete_multipart_upload(
    cx: &Context,
    request: S3Request<CompleteMultipartUploadInput>,
) -> Answer<CompleteMultipartUploadOutput> {
    let caller = Caller::of(&request)?;
    let checksum = checksums::claimed(&request.headers);
    let checksum = checksum.map_err(|message| errors::invalid_request(&message))?;
    let input = request.input;
    let bucket = names::bucket(&input.bucket)?;
    let listed = input.multipart_upload.and_then(|upload| upload.parts);
    let listed = listed.unwrap_or_default();
    if listed.is_empty() || listed.len() > PARTS_MAX {
        let message = "The upload must name 1 to 10000 parts";
        return Err(S3Error::with_message(S3ErrorCode::MalformedXML, message));
    }
    let parts: S3Result<Vec<_>> = listed.into_iter().map(completed_part).collect();
    let kind = input.checksum_type.as_ref().map(|kind| kind.as_str());
    let checksum = checksum.into_iter().next();
    let (key, upload) = (names::key(&input.key)?, names::upload(&input.upload_id)?);
    same_kind(cx, &bucket, &key, upload, kind)?;
    let bytes = input.mpu_object_size.map(u64::try_from).transpose();
    let complete = CompleteUpload {
        key,
        upload,
        parts: parts?,
        checksum: checksum.map(|c| of_kind(c, kind)).transpose()?,
        bytes: bytes.map_err(|_| {
            errors::invalid_request("Value for x-amz-mp-object-size header is invalid.")
        })?,
        conditions: conditions::of_write(input.if_match, input.if_none_match),
    };
    let done = cx
        .store
        .complete_upload(caller.authorized(), &bucket, complete)
        .await
        .map_err(errors::from_store)?;
    let versioning = cx.versioning(&bucket)?;
    let fields = Fields::of(&done.checksums);
    answer(CompleteMultipartUploadOutput {
        bucket: Some(input.bucket),
        checksum_crc32: fields.crc32,
        checksum_crc32c: fields.crc32c,
        checksum_crc64nvme: fields.crc64nvme,
        checksum_sha1: fields.sha1,
        checksum_sha256: fields.sha256,
        checksum_type: fields.kind,
        e_tag: Some(ETag::Strong(done.etag.to_string())),
        location: Some(format!("/{bucket}/{}", input.key)),
        key: Some(input.key),
        version_id: names::made_version(versioning, done.version, done.null),
        server_side_encryption: Some(sealed()),
        ..CompleteMultipartUploadOutput::default()
    })
}

/// The kind of checksum that the client names must be the one that the upload was created with.
fn same_kind(
    cx: &Context,
    bucket: &BucketName,
    key: &ObjectKey,
    upload: UploadId,
    named: Option<&str>,
) -> S3Result<()> {
    // An upload that has ended answers as before.
    let (Some(named), Ok(upload)) = (named, cx.store.upload(bucket, key, upload)) else {
        return Ok(());
    };
    let created = upload
        .checksum
        .map_or(ChecksumType::FullObject, |(_, kind)| kind);
    if checksums::kind(named) == Some(created) {
        return Ok(());
    }
    let created = checksums::kind_name(created);
    Err(errors::invalid_request(&format!(
        "The upload was created using the {created} checksum mode. The complete request must use \
         the same checksum mode."
    )))
}

/// The client's value is of the kind that it names; a value with `-N` is composite by itself.
fn of_kind(mut checksum: Checksum, kind: Option<&str>) -> S3Result<Checksum> {
    if let Some(name) = kind {
        checksum.kind = checksums::kind(name).ok_or_else(|| {
            errors::invalid_request("Value for x-amz-checksum-type header is invalid.")
        })?;
    }
    Ok(checksum)
}

fn completed_part(part: dto::CompletedPart) -> S3Result<CompletedPart> {
    let malformed =
        |message: &'static str| S3Error::with_message(S3ErrorCode::MalformedXML, message);
    let number = part
        .part_number
        .and_then(|number| u32::try_from(number).ok());
    let claims = [
        (ChecksumAlgorithm::Crc32, part.checksum_crc32),
        (ChecksumAlgorithm::Crc32c, part.checksum_crc32c),
        (ChecksumAlgorithm::Crc64Nvme, part.checksum_crc64nvme),
        (ChecksumAlgorithm::Sha1, part.checksum_sha1),
        (ChecksumAlgorithm::Sha256, part.checksum_sha256),
    ];
    let mut checksum = None;
    for (algorithm, text) in claims {
        if let Some(text) = text {
            let value = checksums::parse(algorithm, &text);
            checksum = Some(value.ok_or_else(|| malformed("a checksum of a part is malformed"))?);
        }
    }
    Ok(CompletedPart {
        number: number.ok_or_else(|| malformed("a part has no number"))?,
        etag: part.e_tag.map(ETag::into_value).unwrap_or_default(),
        checksum,
    })
}
