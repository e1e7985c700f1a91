use azekura_model::cors::CorsRules;
use s3s::S3Request;
use s3s::dto::{DeleteBucketCorsInput, DeleteBucketCorsOutput};

use super::{Answer, Context, answer};
use crate::auth::Caller;

pub(crate) async fn delete_bucket_cors(
    cx: &Context,
    request: S3Request<DeleteBucketCorsInput>,
) -> Answer<DeleteBucketCorsOutput> {
    let caller = Caller::of(&request)?;
    cx.clear::<CorsRules>(&caller, &request.input.bucket)
        .await?;
    answer(DeleteBucketCorsOutput::default())
}
