use azekura_model::bucket_config::Configured;
use azekura_model::lock::ObjectLock;
use s3s::dto::{DeleteObjectInput, DeleteObjectOutput};
use s3s::{S3Request, S3Result};

use super::{Answer, Context, answer};
use crate::auth::Caller;
use crate::convert::{conditions, names};
use crate::errors;

pub(crate) async fn delete_object(
    cx: &Context,
    request: S3Request<DeleteObjectInput>,
) -> Answer<DeleteObjectOutput> {
    let caller = Caller::of(&request)?;
    let input = request.input;
    let bucket = names::bucket(&input.bucket)?;
    let key = names::key(&input.key)?;
    let which = names::which(input.version_id.as_deref())?;
    let bypass = caller.bypass(input.bypass_governance_retention);
    if input.bypass_governance_retention == Some(true) {
        locked_bucket(cx, &input.bucket)?;
    }
    let conditions = conditions::of_delete(
        input.if_match,
        input.if_match_last_modified_time,
        input.if_match_size,
    )?;
    let done = cx
        .store
        .delete_if(
            caller.authorized(),
            &bucket,
            (&key, which),
            &conditions,
            bypass.as_ref(),
        )
        .await
        .map_err(errors::from_store)?;
    let versioning = cx.versioning(&bucket)?;
    let version = done.version;
    let shown = version.and_then(|id| names::shown_version(versioning, id, done.null));
    answer(DeleteObjectOutput {
        delete_marker: (done.marker && shown.is_some()).then_some(true),
        version_id: shown,
        ..DeleteObjectOutput::default()
    })
}

/// Refuses a bypass where there is nothing to go against, as S3 does. DeleteObjects takes it: a
/// client that empties buckets of both kinds sends it with every batch (decision 0150).
fn locked_bucket(cx: &Context, bucket: &str) -> S3Result<()> {
    let lock: Configured<ObjectLock> = cx.setting(bucket)?;
    if lock.set().is_some() {
        return Ok(());
    }
    Err(errors::invalid_argument(
        "x-amz-bypass-governance-retention is only applicable to Object Lock enabled buckets.",
    ))
}
