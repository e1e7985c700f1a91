use azekura_model::bucket_config::{BucketPolicyText, Configured};
use s3s::dto::{GetBucketPolicyInput, GetBucketPolicyOutput};
use s3s::{S3Error, S3ErrorCode, S3Request};

use super::{Answer, Context, answer};
use crate::auth::Caller;

/// The policy exactly as it was put.
pub(crate) fn get_bucket_policy(
    cx: &Context,
    request: &S3Request<GetBucketPolicyInput>,
) -> Answer<GetBucketPolicyOutput> {
    Caller::of(request)?;
    let policy: Configured<BucketPolicyText> = cx.setting(&request.input.bucket)?;
    let Some(BucketPolicyText(text)) = policy.set() else {
        let message = "The bucket policy does not exist";
        return Err(S3Error::with_message(
            S3ErrorCode::NoSuchBucketPolicy,
            message,
        ));
    };
    answer(GetBucketPolicyOutput { policy: Some(text) })
}
