use s3s::S3Request;
use s3s::dto::{GetObjectRetentionInput, GetObjectRetentionOutput};

use super::{Answer, Context, answer};
use crate::auth::Caller;
use crate::convert::{locks, names};
use crate::errors;

pub(crate) fn get_object_retention(
    cx: &Context,
    request: &S3Request<GetObjectRetentionInput>,
) -> Answer<GetObjectRetentionOutput> {
    let caller = Caller::of(request)?;
    let input = &request.input;
    let bucket = names::bucket(&input.bucket)?;
    let key = names::key(&input.key)?;
    let which = names::which(input.version_id.as_deref())?;
    let retention = cx
        .store
        .retention(caller.authorized(), &bucket, &key, which)
        .map_err(|error| caller.error(error))?;
    let retention = retention.ok_or_else(errors::no_lock_of_object)?;
    answer(GetObjectRetentionOutput {
        retention: Some(locks::retention_to_wire(retention)),
    })
}
