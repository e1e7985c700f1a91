use azekura_model::bucket_config::DefaultEncryption;
use s3s::S3Request;
use s3s::dto::{DeleteBucketEncryptionInput, DeleteBucketEncryptionOutput};

use super::{Answer, Context, answer};
use crate::auth::Caller;

/// Back to the default, which encrypts too.
pub(crate) async fn delete_bucket_encryption(
    cx: &Context,
    request: S3Request<DeleteBucketEncryptionInput>,
) -> Answer<DeleteBucketEncryptionOutput> {
    let caller = Caller::of(&request)?;
    cx.clear::<DefaultEncryption>(&caller, &request.input.bucket)
        .await?;
    answer(DeleteBucketEncryptionOutput::default())
}
