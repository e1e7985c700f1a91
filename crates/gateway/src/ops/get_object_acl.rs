use azekura_model::acl::Acl;
use s3s::S3Request;
use s3s::dto::{GetObjectAclInput, GetObjectAclOutput};

use super::{Answer, Context, answer};
use crate::auth::Caller;
use crate::convert::{acl, names};

pub(crate) async fn get_object_acl(
    cx: &Context,
    request: S3Request<GetObjectAclInput>,
) -> Answer<GetObjectAclOutput> {
    let caller = Caller::of(&request)?;
    let input = request.input;
    let bucket = names::bucket(&input.bucket)?;
    let key = names::key(&input.key)?;
    let which = names::which(input.version_id.as_deref())?;
    let info = cx
        .store
        .head(caller.authorized(), &bucket, &key, which)
        .await
        .map_err(|error| caller.error(error))?;
    let access = cx.access(&input.bucket)?;
    // Where lists do not count, the owner of the bucket has it all.
    let kept = info.attributes.acl.filter(|_| access.ownership.has_acls());
    let list = kept.unwrap_or_else(|| Acl::private(access.tenant));
    answer(GetObjectAclOutput {
        grants: Some(acl::to_wire(cx, &list)?),
        owner: Some(cx.owner(list.owner)?),
        ..GetObjectAclOutput::default()
    })
}
