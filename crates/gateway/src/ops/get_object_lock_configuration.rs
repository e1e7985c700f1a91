use s3s::dto::{GetObjectLockConfigurationInput, GetObjectLockConfigurationOutput};
use s3s::{S3Error, S3ErrorCode, S3Request};

use super::{Answer, Context};
use crate::auth::Caller;

/// No bucket has a lock configuration yet, and that is the answer: a client that needs locks must
/// stop here, not believe in them.
pub(crate) fn get_object_lock_configuration(
    cx: &Context,
    request: &S3Request<GetObjectLockConfigurationInput>,
) -> Answer<GetObjectLockConfigurationOutput> {
    Caller::of(request)?;
    cx.bucket(&request.input.bucket)?;
    let code = S3ErrorCode::ObjectLockConfigurationNotFoundError;
    let message = "Object Lock configuration does not exist for this bucket";
    Err(S3Error::with_message(code, message))
}
