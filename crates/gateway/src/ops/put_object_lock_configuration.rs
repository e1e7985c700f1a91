use s3s::S3Request;
use s3s::dto::{PutObjectLockConfigurationInput, PutObjectLockConfigurationOutput};

use super::{Answer, Context, answer};
use crate::auth::Caller;
use crate::convert::{locks, names};
use crate::errors;

/// Enables object lock of a versioned bucket, for good, and sets or takes away the default. No token
/// is asked for (AWS, since November 2023).
pub(crate) async fn put_object_lock_configuration(
    cx: &Context,
    request: S3Request<PutObjectLockConfigurationInput>,
) -> Answer<PutObjectLockConfigurationOutput> {
    let caller = Caller::of(&request)?;
    let input = request.input;
    let bucket = names::bucket(&input.bucket)?;
    let default = locks::configuration_of(input.object_lock_configuration)?;
    cx.store
        .put_object_lock(caller.authorized(), &bucket, default)
        .await
        .map_err(errors::from_store)?;
    answer(PutObjectLockConfigurationOutput::default())
}
