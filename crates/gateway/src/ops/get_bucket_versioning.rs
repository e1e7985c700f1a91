use azekura_model::bucket::Versioning;
use s3s::S3Request;
use s3s::dto::{BucketVersioningStatus, GetBucketVersioningInput, GetBucketVersioningOutput};

use super::{Answer, Context, answer};
use crate::auth::Caller;

pub(crate) fn get_bucket_versioning(
    cx: &Context,
    request: &S3Request<GetBucketVersioningInput>,
) -> Answer<GetBucketVersioningOutput> {
    Caller::of(request)?;
    let status = match cx.bucket(&request.input.bucket)?.versioning {
        Versioning::Unversioned => None,
        Versioning::Enabled => Some(BucketVersioningStatus::ENABLED),
        Versioning::Suspended => Some(BucketVersioningStatus::SUSPENDED),
    };
    answer(GetBucketVersioningOutput {
        status: status.map(BucketVersioningStatus::from_static),
        ..GetBucketVersioningOutput::default()
    })
}
