use s3s::S3Request;
use s3s::dto::{GetBucketNotificationConfigurationInput, GetBucketNotificationConfigurationOutput};

use super::{Answer, Context, answer};
use crate::auth::Caller;

/// Empty: notifications cannot be set yet.
pub(crate) fn get_bucket_notification_configuration(
    cx: &Context,
    request: &S3Request<GetBucketNotificationConfigurationInput>,
) -> Answer<GetBucketNotificationConfigurationOutput> {
    Caller::of(request)?;
    cx.bucket(&request.input.bucket)?;
    answer(GetBucketNotificationConfigurationOutput::default())
}
