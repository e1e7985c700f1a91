use azekura_model::tag::TagSet;
use s3s::S3Request;
use s3s::dto::{DeleteObjectTaggingInput, DeleteObjectTaggingOutput};

use super::{Answer, Context, answer};
use crate::auth::Caller;
use crate::convert::names;

/// Gives the version an empty set; what it had stays in the journal.
pub(crate) async fn delete_object_tagging(
    cx: &Context,
    request: S3Request<DeleteObjectTaggingInput>,
) -> Answer<DeleteObjectTaggingOutput> {
    let caller = Caller::of(&request)?;
    let input = request.input;
    let bucket = names::bucket(&input.bucket)?;
    let key = names::key(&input.key)?;
    let which = names::which(input.version_id.as_deref())?;
    let tagged = cx
        .store
        .put_tags(caller.authorized(), &bucket, &key, which, TagSet::default())
        .await
        .map_err(|error| caller.error(error))?;
    let versioning = cx.versioning(&bucket)?;
    answer(DeleteObjectTaggingOutput {
        version_id: names::shown_version(versioning, tagged.version, tagged.null),
    })
}
