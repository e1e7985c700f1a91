use azekura_model::bucket_config::Configured;
use azekura_model::lock::ObjectLock;
use s3s::dto::{GetObjectLockConfigurationInput, GetObjectLockConfigurationOutput};
use s3s::{S3Error, S3ErrorCode, S3Request};

use super::{Answer, Context, answer};
use crate::auth::Caller;
use crate::convert::locks;

/// A bucket without lock says so by an error: a client that needs locks must stop here, not believe
/// in them.
pub(crate) fn get_object_lock_configuration(
    cx: &Context,
    request: &S3Request<GetObjectLockConfigurationInput>,
) -> Answer<GetObjectLockConfigurationOutput> {
    Caller::of(request)?;
    let lock: Configured<ObjectLock> = cx.setting(&request.input.bucket)?;
    match lock.set() {
        Some(lock) => answer(GetObjectLockConfigurationOutput {
            object_lock_configuration: Some(locks::configuration_to_wire(&lock)),
        }),
        None => {
            let code = S3ErrorCode::ObjectLockConfigurationNotFoundError;
            let message = "Object Lock configuration does not exist for this bucket";
            Err(S3Error::with_message(code, message))
        }
    }
}
