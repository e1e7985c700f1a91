use s3s::S3Request;
use s3s::dto::{ListBucketAnalyticsConfigurationsInput, ListBucketAnalyticsConfigurationsOutput};

use super::{Answer, Context, answer};
use crate::auth::Caller;

/// None: such configurations cannot be set.
pub(crate) fn list_bucket_analytics_configurations(
    cx: &Context,
    request: &S3Request<ListBucketAnalyticsConfigurationsInput>,
) -> Answer<ListBucketAnalyticsConfigurationsOutput> {
    Caller::of(request)?;
    cx.bucket(&request.input.bucket)?;
    answer(ListBucketAnalyticsConfigurationsOutput {
        is_truncated: Some(false),
        ..ListBucketAnalyticsConfigurationsOutput::default()
    })
}
