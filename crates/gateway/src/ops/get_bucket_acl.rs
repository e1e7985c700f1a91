use s3s::S3Request;
use s3s::dto::{GetBucketAclInput, GetBucketAclOutput};

use super::{Answer, Context, answer};
use crate::auth::Caller;
use crate::convert::acl;

pub(crate) fn get_bucket_acl(
    cx: &Context,
    request: &S3Request<GetBucketAclInput>,
) -> Answer<GetBucketAclOutput> {
    Caller::of(request)?;
    let owner = cx.owner_of(&request.input.bucket)?;
    answer(GetBucketAclOutput {
        grants: Some(acl::full_control(owner.clone())),
        owner: Some(owner),
    })
}
