use azekura_model::bucket_config::Configured;
use azekura_model::tag::TagSet;
use s3s::dto::{GetBucketTaggingInput, GetBucketTaggingOutput};
use s3s::{S3Error, S3ErrorCode, S3Request};

use super::{Answer, Context, answer};
use crate::auth::Caller;
use crate::convert::tags;

pub(crate) fn get_bucket_tagging(
    cx: &Context,
    request: &S3Request<GetBucketTaggingInput>,
) -> Answer<GetBucketTaggingOutput> {
    Caller::of(request)?;
    let set: Configured<TagSet> = cx.setting(&request.input.bucket)?;
    match set.set().map(TagSet::into_pairs) {
        Some(pairs) if !pairs.is_empty() => answer(GetBucketTaggingOutput {
            tag_set: tags::to_set(pairs),
        }),
        _ => {
            let message = "There is no tag set associated with the bucket.";
            Err(S3Error::with_message(S3ErrorCode::NoSuchTagSet, message))
        }
    }
}
