use s3s::S3Request;
use s3s::dto::{PutBucketLifecycleConfigurationInput, PutBucketLifecycleConfigurationOutput};

use super::{Answer, Context, answer, minimum_of_transitions};
use crate::auth::Caller;
use crate::convert::{lifecycle, names};
use crate::errors;

/// Rules that delete more, or sooner, than those in force act only after a cooling-off; S3 knows no
/// such thing, so the answer is the usual one.
pub(crate) async fn put_bucket_lifecycle_configuration(
    cx: &Context,
    request: S3Request<PutBucketLifecycleConfigurationInput>,
) -> Answer<PutBucketLifecycleConfigurationOutput> {
    let caller = Caller::of(&request)?;
    let input = request.input;
    let bucket = names::bucket(&input.bucket)?;
    let rules = lifecycle::of_wire(input.lifecycle_configuration)?;
    cx.store
        .put_lifecycle(caller.authorized(), &bucket, rules)
        .await
        .map_err(errors::from_store)?;
    answer(PutBucketLifecycleConfigurationOutput {
        transition_default_minimum_object_size: Some(minimum_of_transitions()),
    })
}
