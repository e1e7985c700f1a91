use azekura_model::bucket_config::BucketPolicyText;
use s3s::S3Request;
use s3s::dto::{DeleteBucketPolicyInput, DeleteBucketPolicyOutput};

use super::{Answer, Context, answer};
use crate::auth::Caller;

pub(crate) async fn delete_bucket_policy(
    cx: &Context,
    request: S3Request<DeleteBucketPolicyInput>,
) -> Answer<DeleteBucketPolicyOutput> {
    let caller = Caller::of(&request)?;
    cx.clear::<BucketPolicyText>(&caller, &request.input.bucket)
        .await?;
    answer(DeleteBucketPolicyOutput::default())
}
