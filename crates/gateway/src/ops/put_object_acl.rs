use s3s::S3Request;
use s3s::dto::{PutObjectAclInput, PutObjectAclOutput};

use super::{Answer, Context, answer};
use crate::auth::Caller;
use crate::convert::{acl, names};
use crate::errors;

/// Accepts what is so anyway, and changes nothing.
pub(crate) async fn put_object_acl(
    cx: &Context,
    request: S3Request<PutObjectAclInput>,
) -> Answer<PutObjectAclOutput> {
    let caller = Caller::of(&request)?;
    let input = request.input;
    let bucket = names::bucket(&input.bucket)?;
    let key = names::key(&input.key)?;
    let which = names::which(input.version_id.as_deref())?;
    // Nothing is changed, so whoever may not list learns nothing of what is there.
    if caller.may_list() {
        cx.store
            .head(caller.authorized(), &bucket, &key, which)
            .await
            .map_err(errors::from_store)?;
    }
    let owner = cx.owner_of(&input.bucket)?;
    acl::check(
        &owner,
        input.acl.is_some(),
        input.access_control_policy.as_ref(),
    )?;
    answer(PutObjectAclOutput::default())
}
