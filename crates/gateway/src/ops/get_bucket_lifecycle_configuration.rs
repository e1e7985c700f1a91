use s3s::dto::{GetBucketLifecycleConfigurationInput, GetBucketLifecycleConfigurationOutput};
use s3s::{S3Error, S3ErrorCode, S3Request};

use super::{Answer, Context};
use crate::auth::Caller;

/// Lifecycles cannot be set yet, so no bucket has one.
pub(crate) fn get_bucket_lifecycle_configuration(
    cx: &Context,
    request: &S3Request<GetBucketLifecycleConfigurationInput>,
) -> Answer<GetBucketLifecycleConfigurationOutput> {
    Caller::of(request)?;
    cx.bucket(&request.input.bucket)?;
    let message = "The lifecycle configuration does not exist";
    Err(S3Error::with_message(
        S3ErrorCode::NoSuchLifecycleConfiguration,
        message,
    ))
}
