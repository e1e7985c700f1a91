use azekura_model::bucket_config::{Configured, DefaultEncryption};
use s3s::S3Request;
use s3s::dto::{
    GetBucketEncryptionInput, GetBucketEncryptionOutput, ServerSideEncryption,
    ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration, ServerSideEncryptionRule,
};

use super::{Answer, Context, answer};
use crate::auth::Caller;

/// Everything is encrypted: a bucket in which nothing was set answers `AES256`, as on AWS since January
/// 2023.
pub(crate) fn get_bucket_encryption(
    cx: &Context,
    request: &S3Request<GetBucketEncryptionInput>,
) -> Answer<GetBucketEncryptionOutput> {
    Caller::of(request)?;
    let encryption: Configured<DefaultEncryption> = cx.setting(&request.input.bucket)?;
    let encryption = encryption.set().unwrap_or_default();
    let algorithm = ServerSideEncryption::from_static(ServerSideEncryption::AES256);
    let rule = ServerSideEncryptionRule {
        apply_server_side_encryption_by_default: Some(ServerSideEncryptionByDefault {
            kms_master_key_id: None,
            sse_algorithm: algorithm,
        }),
        bucket_key_enabled: Some(encryption.bucket_key_enabled),
    };
    answer(GetBucketEncryptionOutput {
        server_side_encryption_configuration: Some(ServerSideEncryptionConfiguration {
            rules: vec![rule],
        }),
    })
}
