use s3s::S3Request;
use s3s::dto::{HeadBucketInput, HeadBucketOutput};

use super::{Answer, Context, answer};
use crate::auth::Caller;

pub(crate) fn head_bucket(
    cx: &Context,
    request: &S3Request<HeadBucketInput>,
) -> Answer<HeadBucketOutput> {
    Caller::of(request)?;
    let bucket = cx.bucket(&request.input.bucket)?;
    answer(HeadBucketOutput {
        bucket_region: Some(bucket.location),
        ..HeadBucketOutput::default()
    })
}
