use azekura_model::bucket_config::PublicAccessBlock;
use s3s::S3Request;
use s3s::dto::{PutPublicAccessBlockInput, PutPublicAccessBlockOutput};

use super::{Answer, Context, answer};
use crate::auth::Caller;

/// Keeps the four switches. Turned off they make nothing public: nothing can be.
pub(crate) async fn put_public_access_block(
    cx: &Context,
    request: S3Request<PutPublicAccessBlockInput>,
) -> Answer<PutPublicAccessBlockOutput> {
    let caller = Caller::of(&request)?;
    let input = request.input;
    let asked = input.public_access_block_configuration;
    let block = PublicAccessBlock {
        block_public_acls: asked.block_public_acls.unwrap_or(false),
        ignore_public_acls: asked.ignore_public_acls.unwrap_or(false),
        block_public_policy: asked.block_public_policy.unwrap_or(false),
        restrict_public_buckets: asked.restrict_public_buckets.unwrap_or(false),
    };
    cx.configure(&caller, &input.bucket, block).await?;
    answer(PutPublicAccessBlockOutput::default())
}
