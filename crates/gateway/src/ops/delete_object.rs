use s3s::S3Request;
use s3s::dto::{DeleteObjectInput, DeleteObjectOutput};

use super::{Answer, Context, answer};
use crate::auth::Caller;
use crate::convert::names;
use crate::errors;

pub(crate) async fn delete_object(
    cx: &Context,
    request: S3Request<DeleteObjectInput>,
) -> Answer<DeleteObjectOutput> {
    let caller = Caller::of(&request)?;
    // A condition that nobody judges would delete what it was to protect.
    if request.headers.contains_key("if-match") {
        return Err(errors::not_built("DeleteObject with If-Match"));
    }
    let input = request.input;
    let bucket = names::bucket(&input.bucket)?;
    let key = names::key(&input.key)?;
    let which = names::which(input.version_id.as_deref())?;
    let done = cx
        .store
        .delete(caller.authorized(), &bucket, &key, which)
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
