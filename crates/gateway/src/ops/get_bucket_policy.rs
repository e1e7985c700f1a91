use s3s::dto::{GetBucketPolicyInput, GetBucketPolicyOutput};
use s3s::{S3Error, S3ErrorCode, S3Request};

use super::{Answer, Context};
use crate::auth::Caller;

/// Policies cannot be set yet, so no bucket has one.
pub(crate) fn get_bucket_policy(
    cx: &Context,
    request: &S3Request<GetBucketPolicyInput>,
) -> Answer<GetBucketPolicyOutput> {
    Caller::of(request)?;
    cx.bucket(&request.input.bucket)?;
    let message = "The bucket policy does not exist";
    Err(S3Error::with_message(
        S3ErrorCode::NoSuchBucketPolicy,
        message,
    ))
}
