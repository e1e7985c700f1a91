use s3s::dto::{GetBucketWebsiteInput, GetBucketWebsiteOutput};
use s3s::{S3Error, S3ErrorCode, S3Request};

use super::{Answer, Context};
use crate::auth::Caller;

/// No bucket is a website here.
pub(crate) fn get_bucket_website(
    cx: &Context,
    request: &S3Request<GetBucketWebsiteInput>,
) -> Answer<GetBucketWebsiteOutput> {
    Caller::of(request)?;
    cx.bucket(&request.input.bucket)?;
    let message = "The specified bucket does not have a website configuration";
    Err(S3Error::with_message(
        S3ErrorCode::NoSuchWebsiteConfiguration,
        message,
    ))
}
