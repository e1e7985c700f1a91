use s3s::S3Request;
use s3s::dto::{ListBucketMetricsConfigurationsInput, ListBucketMetricsConfigurationsOutput};

use super::{Answer, Context, answer};
use crate::auth::Caller;

/// None: such configurations cannot be set.
pub(crate) fn list_bucket_metrics_configurations(
    cx: &Context,
    request: &S3Request<ListBucketMetricsConfigurationsInput>,
) -> Answer<ListBucketMetricsConfigurationsOutput> {
    Caller::of(request)?;
    cx.bucket(&request.input.bucket)?;
    answer(ListBucketMetricsConfigurationsOutput {
        is_truncated: Some(false),
        ..ListBucketMetricsConfigurationsOutput::default()
    })
}
