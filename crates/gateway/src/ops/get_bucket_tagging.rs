use s3s::dto::{GetBucketTaggingInput, GetBucketTaggingOutput};
use s3s::{S3Error, S3ErrorCode, S3Request};

use super::{Answer, Context};
use crate::auth::Caller;

/// Buckets hold no tags yet, and say so as S3 does.
pub(crate) fn get_bucket_tagging(
    cx: &Context,
    request: &S3Request<GetBucketTaggingInput>,
) -> Answer<GetBucketTaggingOutput> {
    Caller::of(request)?;
    cx.bucket(&request.input.bucket)?;
    let message = "There is no tag set associated with the bucket.";
    Err(S3Error::with_message(S3ErrorCode::NoSuchTagSet, message))
}
