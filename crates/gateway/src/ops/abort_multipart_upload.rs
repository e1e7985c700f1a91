use s3s::S3Request;
use s3s::dto::{AbortMultipartUploadInput, AbortMultipartUploadOutput};

use super::{Answer, Context, answer};
use crate::auth::Caller;
use crate::convert::names;
use crate::errors;

pub(crate) async fn abort_multipart_upload(
    cx: &Context,
    request: S3Request<AbortMultipartUploadInput>,
) -> Answer<AbortMultipartUploadOutput> {
    let caller = Caller::of(&request)?;
    let input = request.input;
    let bucket = names::bucket(&input.bucket)?;
    let key = names::key(&input.key)?;
    let upload = names::upload(&input.upload_id)?;
    cx.store
        .abort_upload(caller.authorized(), &bucket, &key, upload)
        .await
        .map_err(errors::from_store)?;
    answer(AbortMultipartUploadOutput::default())
}
