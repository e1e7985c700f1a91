use s3s::S3Request;
use s3s::dto::{GetBucketAccelerateConfigurationInput, GetBucketAccelerateConfigurationOutput};

use super::{Answer, Context, answer};
use crate::auth::Caller;

/// No status, which S3 gives for a bucket that was never accelerated.
pub(crate) fn get_bucket_accelerate_configuration(
    cx: &Context,
    request: &S3Request<GetBucketAccelerateConfigurationInput>,
) -> Answer<GetBucketAccelerateConfigurationOutput> {
    Caller::of(request)?;
    cx.bucket(&request.input.bucket)?;
    answer(GetBucketAccelerateConfigurationOutput::default())
}
