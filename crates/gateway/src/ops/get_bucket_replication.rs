use s3s::dto::{GetBucketReplicationInput, GetBucketReplicationOutput};
use s3s::{S3Error, S3ErrorCode, S3Request};

use super::{Answer, Context};
use crate::auth::Caller;

/// Rules of replication cannot be set yet, so no bucket has any.
pub(crate) fn get_bucket_replication(
    cx: &Context,
    request: &S3Request<GetBucketReplicationInput>,
) -> Answer<GetBucketReplicationOutput> {
    Caller::of(request)?;
    cx.bucket(&request.input.bucket)?;
    let message = "The replication configuration was not found";
    Err(S3Error::with_message(
        S3ErrorCode::ReplicationConfigurationNotFoundError,
        message,
    ))
}
