use s3s::S3Request;
use s3s::dto::{BucketLocationConstraint, GetBucketLocationInput, GetBucketLocationOutput};

use super::{Answer, Context, answer};
use crate::auth::Caller;

pub(crate) fn get_bucket_location(
    cx: &Context,
    request: &S3Request<GetBucketLocationInput>,
) -> Answer<GetBucketLocationOutput> {
    Caller::of(request)?;
    let bucket = cx.bucket(&request.input.bucket)?;
    answer(GetBucketLocationOutput {
        location_constraint: Some(BucketLocationConstraint::from(bucket.location)),
    })
}
