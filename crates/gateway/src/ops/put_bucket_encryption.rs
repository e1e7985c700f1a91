use azekura_model::bucket_config::DefaultEncryption;
use s3s::dto::{
    PutBucketEncryptionInput, PutBucketEncryptionOutput, ServerSideEncryption,
    ServerSideEncryptionByDefault,
};
use s3s::{S3Error, S3ErrorCode, S3Request, S3Result};

use super::{Answer, Context, answer};
use crate::auth::Caller;
use crate::errors;

pub(crate) async fn put_bucket_encryption(
    cx: &Context,
    request: S3Request<PutBucketEncryptionInput>,
) -> Answer<PutBucketEncryptionOutput> {
    let caller = Caller::of(&request)?;
    let input = request.input;
    let [rule] = input.server_side_encryption_configuration.rules.as_slice() else {
        let message = "ServerSideEncryptionConfiguration has exactly one Rule";
        return Err(S3Error::with_message(S3ErrorCode::MalformedXML, message));
    };
    if let Some(default) = &rule.apply_server_side_encryption_by_default {
        check_algorithm(default)?;
    }
    let encryption = DefaultEncryption {
        bucket_key_enabled: rule.bucket_key_enabled.unwrap_or(false),
    };
    cx.configure(&caller, &input.bucket, encryption).await?;
    answer(PutBucketEncryptionOutput::default())
}

/// Only `AES256`: a promise of a key service that nobody keeps would be worse than an error.
fn check_algorithm(default: &ServerSideEncryptionByDefault) -> S3Result<()> {
    match default.sse_algorithm.as_str() {
        ServerSideEncryption::AES256 if default.kms_master_key_id.is_some() => {
            Err(errors::invalid_argument(
                "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or \
                 aws:kms:dsse",
            ))
        }
        ServerSideEncryption::AES256 => Ok(()),
        ServerSideEncryption::AWS_KMS | ServerSideEncryption::AWS_KMS_DSSE => {
            let message = "default encryption by a key service is not built: objects are always \
                           encrypted, with AES256";
            Err(S3Error::with_message(S3ErrorCode::NotImplemented, message))
        }
        _ => {
            let message = "SSEAlgorithm must be AES256";
            Err(S3Error::with_message(S3ErrorCode::MalformedXML, message))
        }
    }
}
