use s3s::S3Request;
use s3s::dto::{PutBucketAclInput, PutBucketAclOutput};

use super::{Answer, Context, answer};
use crate::auth::Caller;
use crate::convert::acl::{self, Owners};

/// Replaces the list. Where lists do not count, it accepts what is so anyway, and changes nothing.
pub(crate) async fn put_bucket_acl(
    cx: &Context,
    request: S3Request<PutBucketAclInput>,
) -> Answer<PutBucketAclOutput> {
    let caller = Caller::of(&request)?;
    let input = &request.input;
    let access = cx.access(&input.bucket)?;
    let document = input.access_control_policy.as_ref();
    if !access.ownership.has_acls() {
        let owner = cx.owner(access.tenant)?;
        acl::check(&owner, &request.headers, document)?;
        return answer(PutBucketAclOutput::default());
    }
    let owners = Owners {
        owner: access.tenant,
        bucket: access.tenant,
    };
    let list = match (acl::of_headers(cx, &request.headers, owners)?, document) {
        (Some(list), _) => list,
        (None, Some(document)) => acl::of_document(cx, document, access.tenant)?,
        (None, None) => return Err(acl::missing()),
    };
    if list.is_public() && access.blocks_public_acls() {
        return Err(acl::blocked());
    }
    cx.configure(&caller, &input.bucket, list).await?;
    answer(PutBucketAclOutput::default())
}
