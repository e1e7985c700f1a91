use azekura_model::tag::Tagged;
use s3s::S3Request;
use s3s::dto::{PutBucketTaggingInput, PutBucketTaggingOutput};

use super::{Answer, Context, answer};
use crate::auth::Caller;
use crate::convert::tags;

pub(crate) async fn put_bucket_tagging(
    cx: &Context,
    request: S3Request<PutBucketTaggingInput>,
) -> Answer<PutBucketTaggingOutput> {
    let caller = Caller::of(&request)?;
    let input = request.input;
    let set = tags::of_set(Tagged::Bucket, input.tagging.tag_set)?;
    cx.configure(&caller, &input.bucket, set).await?;
    answer(PutBucketTaggingOutput::default())
}
