use s3s::S3Request;
use s3s::dto::{GetObjectTaggingInput, GetObjectTaggingOutput};

use super::{Answer, Context, answer};
use crate::auth::Caller;
use crate::convert::{names, tags};

pub(crate) async fn get_object_tagging(
    cx: &Context,
    request: S3Request<GetObjectTaggingInput>,
) -> Answer<GetObjectTaggingOutput> {
    let caller = Caller::of(&request)?;
    let input = request.input;
    let bucket = names::bucket(&input.bucket)?;
    let key = names::key(&input.key)?;
    let which = names::which(input.version_id.as_deref())?;
    let info = cx
        .store
        .head(caller.authorized(), &bucket, &key, which)
        .await
        .map_err(|error| caller.error(error))?;
    let versioning = cx.versioning(&bucket)?;
    answer(GetObjectTaggingOutput {
        tag_set: tags::to_set(info.attributes.tags),
        version_id: names::shown_version(versioning, info.version, info.null),
    })
}
