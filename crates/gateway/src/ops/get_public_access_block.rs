use azekura_model::bucket_config::{Configured, PublicAccessBlock};
use s3s::S3Request;
use s3s::dto::{
    GetPublicAccessBlockInput, GetPublicAccessBlockOutput, PublicAccessBlockConfiguration,
};

use super::{Answer, Context, answer};
use crate::auth::Caller;
use crate::errors;

/// A new bucket has all four switches on, as on AWS since April 2023.
pub(crate) fn get_public_access_block(
    cx: &Context,
    request: &S3Request<GetPublicAccessBlockInput>,
) -> Answer<GetPublicAccessBlockOutput> {
    Caller::of(request)?;
    let block: Configured<PublicAccessBlock> = cx.setting(&request.input.bucket)?;
    let Some(block) = block.or_default(PublicAccessBlock::ALL) else {
        let message = "The public access block configuration was not found".to_owned();
        let code = "NoSuchPublicAccessBlockConfiguration";
        return Err(errors::answer(code, 404, message));
    };
    answer(GetPublicAccessBlockOutput {
        public_access_block_configuration: Some(PublicAccessBlockConfiguration {
            block_public_acls: Some(block.block_public_acls),
            block_public_policy: Some(block.block_public_policy),
            ignore_public_acls: Some(block.ignore_public_acls),
            restrict_public_buckets: Some(block.restrict_public_buckets),
        }),
    })
}
