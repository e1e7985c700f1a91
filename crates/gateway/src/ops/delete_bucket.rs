use s3s::S3Request;
use s3s::dto::{DeleteBucketInput, DeleteBucketOutput};

use super::{Answer, Context, answer};
use crate::auth::Caller;
use crate::convert::names;
use crate::errors;

pub(crate) async fn delete_bucket(
    cx: &Context,
    request: S3Request<DeleteBucketInput>,
) -> Answer<DeleteBucketOutput> {
    let caller = Caller::of(&request)?;
    let name = names::bucket(&request.input.bucket)?;
    cx.store
        .delete_bucket(caller.authorized(), &name)
        .await
        .map_err(errors::from_store)?;
    answer(DeleteBucketOutput::default())
}
