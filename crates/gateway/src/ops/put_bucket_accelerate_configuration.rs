use s3s::dto::{
    BucketAccelerateStatus, PutBucketAccelerateConfigurationInput,
    PutBucketAccelerateConfigurationOutput,
};
use s3s::{S3Error, S3ErrorCode, S3Request};

use super::{Answer, Context, answer};
use crate::auth::Caller;
use crate::errors;

/// Takes *Suspended*, which is so anyway, and stores nothing; there are no edge locations to
/// accelerate by.
pub(crate) fn put_bucket_accelerate_configuration(
    cx: &Context,
    request: &S3Request<PutBucketAccelerateConfigurationInput>,
) -> Answer<PutBucketAccelerateConfigurationOutput> {
    Caller::of(request)?;
    cx.bucket(&request.input.bucket)?;
    let status = request.input.accelerate_configuration.status.as_ref();
    match status.map(BucketAccelerateStatus::as_str) {
        Some(BucketAccelerateStatus::SUSPENDED) => {
            answer(PutBucketAccelerateConfigurationOutput::default())
        }
        Some(BucketAccelerateStatus::ENABLED) => Err(errors::not_built("transfer acceleration")),
        _ => {
            let message = "Status must be Enabled or Suspended";
            Err(S3Error::with_message(S3ErrorCode::MalformedXML, message))
        }
    }
}
