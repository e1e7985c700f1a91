use azekura_model::bucket_config::ObjectOwnership;
use s3s::S3Request;
use s3s::dto::{DeleteBucketOwnershipControlsInput, DeleteBucketOwnershipControlsOutput};

use super::{Answer, Context, answer};
use crate::auth::Caller;

/// Takes the statement away. ACLs stay disabled.
pub(crate) async fn delete_bucket_ownership_controls(
    cx: &Context,
    request: S3Request<DeleteBucketOwnershipControlsInput>,
) -> Answer<DeleteBucketOwnershipControlsOutput> {
    let caller = Caller::of(&request)?;
    cx.clear::<ObjectOwnership>(&caller, &request.input.bucket)
        .await?;
    answer(DeleteBucketOwnershipControlsOutput::default())
}
