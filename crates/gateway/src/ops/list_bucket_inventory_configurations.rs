use s3s::S3Request;
use s3s::dto::{ListBucketInventoryConfigurationsInput, ListBucketInventoryConfigurationsOutput};

use super::{Answer, Context, answer};
use crate::auth::Caller;

/// None: such configurations cannot be set.
pub(crate) fn list_bucket_inventory_configurations(
    cx: &Context,
    request: &S3Request<ListBucketInventoryConfigurationsInput>,
) -> Answer<ListBucketInventoryConfigurationsOutput> {
    Caller::of(request)?;
    cx.bucket(&request.input.bucket)?;
    answer(ListBucketInventoryConfigurationsOutput {
        is_truncated: Some(false),
        ..ListBucketInventoryConfigurationsOutput::default()
    })
}
