use s3s::S3Request;
use s3s::dto::{GetObjectLegalHoldInput, GetObjectLegalHoldOutput};

use super::{Answer, Context, answer};
use crate::auth::Caller;
use crate::convert::{locks, names};
use crate::errors;

pub(crate) fn get_object_legal_hold(
    cx: &Context,
    request: &S3Request<GetObjectLegalHoldInput>,
) -> Answer<GetObjectLegalHoldOutput> {
    let caller = Caller::of(request)?;
    let input = &request.input;
    let bucket = names::bucket(&input.bucket)?;
    let key = names::key(&input.key)?;
    let which = names::which(input.version_id.as_deref())?;
    let hold = cx
        .store
        .hold(caller.authorized(), &bucket, &key, which)
        .map_err(|error| caller.error(error))?;
    let hold = hold.ok_or_else(errors::no_lock_of_object)?;
    answer(GetObjectLegalHoldOutput {
        legal_hold: Some(locks::legal_hold_to_wire(hold)),
    })
}
