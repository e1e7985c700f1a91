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
    cx.store
        .head(caller.authorized(), &bucket, &key, which)
        .await
        .map_err(|error| caller.error(error))?;
    let owner = cx.owner_of(&input.bucket)?;
    answer(GetObjectAclOutput {
        grants: Some(acl::full_control(owner.clone())),
        owner: Some(owner),
        ..GetObjectAclOutput::default()
    })
}
