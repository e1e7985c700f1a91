use azekura_model::tag::TagSet;
use s3s::S3Request;
use s3s::dto::{DeleteBucketTaggingInput, DeleteBucketTaggingOutput};

use super::{Answer, Context, answer};
use crate::auth::Caller;

pub(crate) async fn delete_bucket_tagging(
    cx: &Context,
    request: S3Request<DeleteBucketTaggingInput>,
) -> Answer<DeleteBucketTaggingOutput> {
    let caller = Caller::of(&request)?;
    cx.clear::<TagSet>(&caller, &request.input.bucket).await?;
    answer(DeleteBucketTaggingOutput::default())
}
