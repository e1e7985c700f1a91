use s3s::S3Request;
use s3s::dto::{DeleteObjectInput, DeleteObjectOutput};

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
            None,
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
