use s3s::S3Request;
use s3s::dto::{GetBucketRequestPaymentInput, GetBucketRequestPaymentOutput, Payer};

use super::{Answer, Context, answer};
use crate::auth::Caller;

/// The owner pays, as for every bucket.
pub(crate) fn get_bucket_request_payment(
    cx: &Context,
    request: &S3Request<GetBucketRequestPaymentInput>,
) -> Answer<GetBucketRequestPaymentOutput> {
    Caller::of(request)?;
    cx.bucket(&request.input.bucket)?;
    answer(GetBucketRequestPaymentOutput {
        payer: Some(Payer::from_static(Payer::BUCKET_OWNER)),
    })
}
