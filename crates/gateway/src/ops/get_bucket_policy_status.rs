use s3s::S3Request;
use s3s::dto::{GetBucketPolicyStatusInput, GetBucketPolicyStatusOutput, PolicyStatus};

use super::{Answer, Context, answer};
use crate::auth::Caller;
use crate::convert::names;
use crate::errors;

/// Whether policy or list let everybody in. AWS answers `NoSuchBucketPolicy` for a bucket without a
/// policy; the statement itself is what clients ask for.
pub(crate) fn get_bucket_policy_status(
    cx: &Context,
    request: &S3Request<GetBucketPolicyStatusInput>,
) -> Answer<GetBucketPolicyStatusOutput> {
    Caller::of(request)?;
    cx.bucket(&request.input.bucket)?;
    let name = names::bucket(&request.input.bucket)?;
    let access = cx.store.bucket_access(&name).map_err(errors::from_store)?;
    let public = access.is_some_and(|access| access.is_public());
    answer(GetBucketPolicyStatusOutput {
        policy_status: Some(PolicyStatus {
            is_public: Some(public),
        }),
    })
}
