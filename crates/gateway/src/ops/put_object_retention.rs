use s3s::S3Request;
use s3s::dto::{PutObjectRetentionInput, PutObjectRetentionOutput};

use super::{Answer, Context, answer};
use crate::auth::Caller;
use crate::convert::{locks, names};

/// Sets, extends or (GOVERNANCE, with right and header) weakens the retention of one version. Neither
/// ETag nor Last-Modified changes.
pub(crate) async fn put_object_retention(
    cx: &Context,
    request: S3Request<PutObjectRetentionInput>,
) -> Answer<PutObjectRetentionOutput> {
    let caller = Caller::of(&request)?;
    let input = request.input;
    let bucket = names::bucket(&input.bucket)?;
    let key = names::key(&input.key)?;
    let which = names::which(input.version_id.as_deref())?;
    let retention = locks::retention_of(input.retention)?;
    let bypass = caller.bypass(input.bypass_governance_retention);
    cx.store
        .put_retention(
            caller.authorized(),
            &bucket,
            (&key, which),
            retention,
            bypass.as_ref(),
        )
        .await
        .map_err(|error| caller.error(error))?;
    answer(PutObjectRetentionOutput::default())
}
