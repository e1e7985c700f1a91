use azekura_model::checksum::{ChecksumAlgorithm, ChecksumType};
use azekura_store::upload::CreateUpload;
use s3s::dto::{self, CreateMultipartUploadInput, CreateMultipartUploadOutput};
use s3s::{S3Request, S3Result};

use super::{Answer, Context, answer, lists, sealed};
use crate::auth::Caller;
use crate::convert::{attributes, checksums, locks, names};
use crate::{body, errors};

pub(crate) async fn create_multipart_upload(
    cx: &Context,
    request: S3Request<CreateMultipartUploadInput>,
) -> Answer<CreateMultipartUploadOutput> {
    let caller = Caller::of(&request)?;
    let lock = locks::asked(&request.headers)?;
    let input = request.input;
    let bucket = names::bucket(&input.bucket)?;
    let checksum = checksum_of(
        input.checksum_algorithm.as_ref().map(|a| a.as_str()),
        input.checksum_type.as_ref().map(|t| t.as_str()),
    )?;
    let mut attributes = attributes::of_request(&request.headers, input.metadata)?;
    attributes.acl = lists::of_new_object(cx, &caller, &input.bucket, &request.headers)?;
    let create = CreateUpload {
        key: names::key(&input.key)?,
        attributes,
        checksum,
        lock,
    };
    let upload = cx
        .store
        .create_upload(caller.authorized(), &bucket, create)
        .await
        .map_err(errors::from_store)?;
    let (algorithm, kind) = upload.checksum.unzip();
    answer(CreateMultipartUploadOutput {
        bucket: Some(input.bucket),
        checksum_algorithm: algorithm.map(|a| dto::ChecksumAlgorithm::from_static(a.as_str())),
        checksum_type: kind.map(|k| dto::ChecksumType::from_static(checksums::kind_name(k))),
        key: Some(input.key),
        upload_id: Some(upload.id.to_string()),
        server_side_encryption: Some(sealed()),
        ..CreateMultipartUploadOutput::default()
    })
}

/// Algorithm and kind, with the defaults and limits of S3: CRC64NVME is of the whole object, SHA of
/// the parts.
fn checksum_of(
    algorithm: Option<&str>,
    kind: Option<&str>,
) -> S3Result<Option<(ChecksumAlgorithm, ChecksumType)>> {
    let Some(algorithm) = algorithm.map(body::read_algorithm).transpose()? else {
        return match kind {
            None => Ok(None),
            Some(_) => Err(errors::invalid_request(
                "The x-amz-checksum-type header can only be used with the \
                 x-amz-checksum-algorithm header.",
            )),
        };
    };
    let sha = matches!(
        algorithm,
        ChecksumAlgorithm::Sha1 | ChecksumAlgorithm::Sha256
    );
    let whole_only = algorithm == ChecksumAlgorithm::Crc64Nvme;
    let kind = match kind {
        None if whole_only => ChecksumType::FullObject,
        None => ChecksumType::Composite,
        Some(name) => checksums::kind(name).ok_or_else(|| {
            errors::invalid_request("Value for x-amz-checksum-type header is invalid.")
        })?,
    };
    let impossible = match kind {
        ChecksumType::FullObject => sha,
        ChecksumType::Composite => whole_only,
    };
    if impossible {
        let (kind, algorithm) = (checksums::kind_name(kind), algorithm.as_str());
        let message = format!(
            "The {kind} checksum type cannot be used with the {algorithm} checksum algorithm."
        );
        return Err(errors::invalid_request(&message));
    }
    Ok(Some((algorithm, kind)))
}
