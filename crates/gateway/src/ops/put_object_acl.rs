use s3s::S3Request;
use s3s::dto::{PutObjectAclInput, PutObjectAclOutput};

use super::{Answer, Context, answer};
use crate::auth::Caller;
use crate::convert::acl::{self, Owners};
use crate::convert::names;

/// Replaces the list of one version. Where lists do not count, it accepts what is so anyway, and changes
/// nothing.
pub(crate) async fn put_object_acl(
    cx: &Context,
    request: S3Request<PutObjectAclInput>,
) -> Answer<PutObjectAclOutput> {
    let caller = Caller::of(&request)?;
    let input = &request.input;
    let bucket = names::bucket(&input.bucket)?;
    let key = names::key(&input.key)?;
    let which = names::which(input.version_id.as_deref())?;
    let access = cx.access(&input.bucket)?;
    let document = input.access_control_policy.as_ref();
    let counts = access.ownership.has_acls();
    // Where nothing is changed, whoever may not list learns nothing of what is there.
    let info = if counts || caller.may_list() {
        let info = cx.store.head(caller.authorized(), &bucket, &key, which);
        Some(info.await.map_err(|error| caller.error(error))?)
    } else {
        None
    };
    let Some(info) = info.filter(|_| counts) else {
        let owner = cx.owner(access.tenant)?;
        acl::check(&owner, &request.headers, document)?;
        return answer(PutObjectAclOutput::default());
    };
    let owner = info.attributes.acl.map_or(access.tenant, |list| list.owner);
    let owners = Owners {
        owner,
        bucket: access.tenant,
    };
    let list = match (acl::of_headers(cx, &request.headers, owners)?, document) {
        (Some(list), _) => list,
        (None, Some(document)) => acl::of_document(cx, document, owner)?,
        (None, None) => return Err(acl::missing()),
    };
    if list.is_public() && access.blocks_public_acls() {
        return Err(acl::blocked());
    }
    cx.store
        .put_object_acl(caller.authorized(), &bucket, (&key, which), list)
        .await
        .map_err(|error| caller.error(error))?;
    answer(PutObjectAclOutput::default())
}
