use s3s::S3Request;
use s3s::dto::{GetBucketPolicyStatusInput, GetBucketPolicyStatusOutput, PolicyStatus};

use super::{Answer, Context, answer};
use crate::auth::Caller;

/// Never public: policies cannot be set, ACLs are disabled, and no request is anonymous. AWS answers
/// `NoSuchBucketPolicy` for a bucket without a policy; the statement itself is what clients ask for.
pub(crate) fn get_bucket_policy_status(
    cx: &Context,
    request: &S3Request<GetBucketPolicyStatusInput>,
) -> Answer<GetBucketPolicyStatusOutput> {
    Caller::of(request)?;
    cx.bucket(&request.input.bucket)?;
    answer(GetBucketPolicyStatusOutput {
        policy_status: Some(PolicyStatus {
            is_public: Some(false),
        }),
    })
}
