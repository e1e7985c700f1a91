use azekura_model::bucket_config::Configured;
use azekura_model::cors::CorsRules;
use s3s::dto::{GetBucketCorsInput, GetBucketCorsOutput};
use s3s::{S3Error, S3ErrorCode, S3Request};

use super::{Answer, Context, answer};
use crate::auth::Caller;
use crate::convert::cors;

pub(crate) fn get_bucket_cors(
    cx: &Context,
    request: &S3Request<GetBucketCorsInput>,
) -> Answer<GetBucketCorsOutput> {
    Caller::of(request)?;
    let rules: Configured<CorsRules> = cx.setting(&request.input.bucket)?;
    match rules.set() {
        Some(rules) => answer(GetBucketCorsOutput {
            cors_rules: Some(cors::to_wire(&rules)),
        }),
        None => {
            let code = S3ErrorCode::NoSuchCORSConfiguration;
            let message = "The CORS configuration does not exist";
            Err(S3Error::with_message(code, message))
        }
    }
}
