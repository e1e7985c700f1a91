use s3s::S3Request;
use s3s::dto::{
    ListBucketIntelligentTieringConfigurationsInput,
    ListBucketIntelligentTieringConfigurationsOutput,
};

use super::{Answer, Context, answer};
use crate::auth::Caller;

/// None: such configurations cannot be set.
pub(crate) fn list_bucket_intelligent_tiering_configurations(
    cx: &Context,
    request: &S3Request<ListBucketIntelligentTieringConfigurationsInput>,
) -> Answer<ListBucketIntelligentTieringConfigurationsOutput> {
    Caller::of(request)?;
    cx.bucket(&request.input.bucket)?;
    answer(ListBucketIntelligentTieringConfigurationsOutput {
        is_truncated: Some(false),
        ..ListBucketIntelligentTieringConfigurationsOutput::default()
    })
}
