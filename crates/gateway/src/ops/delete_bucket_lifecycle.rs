use azekura_model::lifecycle::LifecycleRules;
use s3s::S3Request;
use s3s::dto::{DeleteBucketLifecycleInput, DeleteBucketLifecycleOutput};

use super::{Answer, Context, answer};
use crate::auth::Caller;
use crate::convert::names;
use crate::errors;

/// Deletes nothing any more: acts at once.
pub(crate) async fn delete_bucket_lifecycle(
    cx: &Context,
    request: S3Request<DeleteBucketLifecycleInput>,
) -> Answer<DeleteBucketLifecycleOutput> {
    let caller = Caller::of(&request)?;
    let bucket = names::bucket(&request.input.bucket)?;
    cx.store
        .put_lifecycle(caller.authorized(), &bucket, LifecycleRules::default())
        .await
        .map_err(errors::from_store)?;
    answer(DeleteBucketLifecycleOutput::default())
}
