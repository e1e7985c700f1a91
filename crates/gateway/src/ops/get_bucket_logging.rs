use s3s::S3Request;
use s3s::dto::{GetBucketLoggingInput, GetBucketLoggingOutput};

use super::{Answer, Context, answer};
use crate::auth::Caller;

/// Empty: access logs cannot be delivered to a bucket.
pub(crate) fn get_bucket_logging(
    cx: &Context,
    request: &S3Request<GetBucketLoggingInput>,
) -> Answer<GetBucketLoggingOutput> {
    Caller::of(request)?;
    cx.bucket(&request.input.bucket)?;
    answer(GetBucketLoggingOutput::default())
}
