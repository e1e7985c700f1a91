use s3s::S3Request;
use s3s::dto::{RestoreObjectInput, RestoreObjectOutput};

use super::{Answer, Context};
use crate::auth::Caller;
use crate::convert::names;
use crate::errors;

/// Nothing is archived, so nothing can be restored: as AWS answers for class STANDARD.
pub(crate) async fn restore_object(
    cx: &Context,
    request: S3Request<RestoreObjectInput>,
) -> Answer<RestoreObjectOutput> {
    let caller = Caller::of(&request)?;
    let input = request.input;
    let bucket = names::bucket(&input.bucket)?;
    let key = names::key(&input.key)?;
    let which = names::which(input.version_id.as_deref())?;
    // Whoever may not list learns nothing of what is there: the answer is the same.
    if caller.may_list() {
        cx.store
            .head(caller.authorized(), &bucket, &key, which)
            .await
            .map_err(errors::from_store)?;
    }
    let message = "Restore is not allowed for the object's current storage class".to_owned();
    Err(errors::answer("InvalidObjectState", 403, message))
}
