use s3s::dto::{GetBucketLifecycleConfigurationInput, GetBucketLifecycleConfigurationOutput};
use s3s::{S3Error, S3ErrorCode, S3Request};

use super::{Answer, Context, answer, minimum_of_transitions};
use crate::auth::Caller;
use crate::convert::{lifecycle, names};
use crate::errors;

/// What was put. When the rules that delete more than those before begin to act is told by the admin
/// API: S3 has no words for it.
pub(crate) fn get_bucket_lifecycle_configuration(
    cx: &Context,
    request: &S3Request<GetBucketLifecycleConfigurationInput>,
) -> Answer<GetBucketLifecycleConfigurationOutput> {
    Caller::of(request)?;
    let bucket = names::bucket(&request.input.bucket)?;
    let rules = cx.store.lifecycle(&bucket).map_err(errors::from_store)?;
    let rules = rules.asked();
    if rules.rules().is_empty() {
        let message = "The lifecycle configuration does not exist";
        let code = S3ErrorCode::NoSuchLifecycleConfiguration;
        return Err(S3Error::with_message(code, message));
    }
    answer(GetBucketLifecycleConfigurationOutput {
        rules: Some(lifecycle::to_wire(rules)),
        transition_default_minimum_object_size: Some(minimum_of_transitions()),
    })
}
