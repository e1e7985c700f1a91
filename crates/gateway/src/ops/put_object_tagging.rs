use azekura_model::tag::Tagged;
use s3s::S3Request;
use s3s::dto::{PutObjectTaggingInput, PutObjectTaggingOutput};

use super::{Answer, Context, answer};
use crate::auth::Caller;
use crate::convert::{names, tags};

pub(crate) async fn put_object_tagging(
    cx: &Context,
    request: S3Request<PutObjectTaggingInput>,
) -> Answer<PutObjectTaggingOutput> {
    let caller = Caller::of(&request)?;
    let input = request.input;
    let bucket = names::bucket(&input.bucket)?;
    let key = names::key(&input.key)?;
    let which = names::which(input.version_id.as_deref())?;
    let tags = tags::of_set(Tagged::Object, input.tagging.tag_set)?;
    let tagged = cx
        .store
        .put_tags(caller.authorized(), &bucket, &key, which, tags)
        .await
        .map_err(|error| caller.error(error))?;
    let versioning = cx.versioning(&bucket)?;
    answer(PutObjectTaggingOutput {
        version_id: names::shown_version(versioning, tagged.version, tagged.null),
    })
}
