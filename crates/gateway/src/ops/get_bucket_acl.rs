use azekura_model::acl::Acl;
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
    let access = cx.access(&request.input.bucket)?;
    let list = access.acl.unwrap_or_else(|| Acl::private(access.tenant));
    answer(GetBucketAclOutput {
        grants: Some(acl::to_wire(cx, &list)?),
        owner: Some(cx.owner(access.tenant)?),
    })
}
