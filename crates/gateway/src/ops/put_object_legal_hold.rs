use s3s::S3Request;
use s3s::dto::{PutObjectLegalHoldInput, PutObjectLegalHoldOutput};

use super::{Answer, Context, answer};
use crate::auth::Caller;
use crate::convert::{locks, names};

/// Sets or clears the hold of one version; one right does both (S3). No bypass touches a hold.
pub(crate) async fn put_object_legal_hold(
    cx: &Context,
    request: S3Request<PutObjectLegalHoldInput>,
) -> Answer<PutObjectLegalHoldOutput> {
    let caller = Caller::of(&request)?;
    let input = request.input;
    let bucket = names::bucket(&input.bucket)?;
    let key = names::key(&input.key)?;
    let which = names::which(input.version_id.as_deref())?;
    let on = locks::legal_hold_of(input.legal_hold)?;
    cx.store
        .put_hold(caller.authorized(), &bucket, (&key, which), on)
        .await
        .map_err(|error| caller.error(error))?;
    answer(PutObjectLegalHoldOutput::default())
}
