use azekura_model::bucket_config::PublicAccessBlock;
use s3s::S3Request;
use s3s::dto::{DeletePublicAccessBlockInput, DeletePublicAccessBlockOutput};

use super::{Answer, Context, answer};
use crate::auth::Caller;

/// Takes the statement away. Nothing becomes public by it.
pub(crate) async fn delete_public_access_block(
    cx: &Context,
    request: S3Request<DeletePublicAccessBlockInput>,
) -> Answer<DeletePublicAccessBlockOutput> {
    let caller = Caller::of(&request)?;
    cx.clear::<PublicAccessBlock>(&caller, &request.input.bucket)
        .await?;
    answer(DeletePublicAccessBlockOutput::default())
}
