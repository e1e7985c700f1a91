use azekura_model::bucket_config::{BucketPolicyText, Configured, PublicAccessBlock};
use azekura_store::policy_text::parse_bucket_policy;
use s3s::dto::{PutBucketPolicyInput, PutBucketPolicyOutput};
use s3s::{S3Error, S3ErrorCode, S3Request};

use super::{Answer, Context, answer};
use crate::auth::Caller;
use crate::convert::names;
use crate::errors;

/// Keeps the policy as it is written. One that is not understood whole is refused.
pub(crate) async fn put_bucket_policy(
    cx: &Context,
    request: S3Request<PutBucketPolicyInput>,
) -> Answer<PutBucketPolicyOutput> {
    let caller = Caller::of(&request)?;
    let input = request.input;
    let name = names::bucket(&input.bucket)?;
    let block: Configured<PublicAccessBlock> = cx.setting(&input.bucket)?;
    let policy = parse_bucket_policy(&input.policy, &name)
        .map_err(|bad| errors::answer("MalformedPolicy", 400, bad.to_string()))?;
    let blocked = block
        .or_default(PublicAccessBlock::ALL)
        .is_some_and(|block| block.block_public_policy);
    if blocked && policy.is_public() {
        let message = "the policy lets everybody in, and the bucket's public-access block \
                       (BlockPublicPolicy) refuses such policies";
        return Err(S3Error::with_message(S3ErrorCode::AccessDenied, message));
    }
    cx.configure(&caller, &input.bucket, BucketPolicyText(input.policy))
        .await?;
    answer(PutBucketPolicyOutput::default())
}
