use s3s::S3Request;
use s3s::dto::{PutBucketAclInput, PutBucketAclOutput};

use super::{Answer, Context, answer};
use crate::auth::Caller;
use crate::convert::acl;

/// Accepts what is so anyway, and changes nothing.
pub(crate) fn put_bucket_acl(
    cx: &Context,
    request: &S3Request<PutBucketAclInput>,
) -> Answer<PutBucketAclOutput> {
    Caller::of(request)?;
    let input = &request.input;
    let owner = cx.owner_of(&input.bucket)?;
    acl::check(
        &owner,
        input.acl.is_some(),
        input.access_control_policy.as_ref(),
    )?;
    answer(PutBucketAclOutput::default())
}
