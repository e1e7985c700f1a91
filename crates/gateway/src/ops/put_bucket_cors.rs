use s3s::S3Request;
use s3s::dto::{PutBucketCorsInput, PutBucketCorsOutput};

use super::{Answer, Context, answer};
use crate::auth::Caller;
use crate::convert::cors;

pub(crate) async fn put_bucket_cors(
    cx: &Context,
    request: S3Request<PutBucketCorsInput>,
) -> Answer<PutBucketCorsOutput> {
    let caller = Caller::of(&request)?;
    let input = request.input;
    let rules = cors::of_wire(input.cors_configuration.cors_rules)?;
    cx.configure(&caller, &input.bucket, rules).await?;
    answer(PutBucketCorsOutput::default())
}
