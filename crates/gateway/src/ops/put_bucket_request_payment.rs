use s3s::dto::{Payer, PutBucketRequestPaymentInput, PutBucketRequestPaymentOutput};
use s3s::{S3Error, S3ErrorCode, S3Request};

use super::{Answer, Context, answer};
use crate::auth::Caller;
use crate::errors;

/// Takes what is so anyway and stores nothing; that the requester pays is refused.
pub(crate) fn put_bucket_request_payment(
    cx: &Context,
    request: &S3Request<PutBucketRequestPaymentInput>,
) -> Answer<PutBucketRequestPaymentOutput> {
    Caller::of(request)?;
    cx.bucket(&request.input.bucket)?;
    match request.input.request_payment_configuration.payer.as_str() {
        Payer::BUCKET_OWNER => answer(PutBucketRequestPaymentOutput::default()),
        Payer::REQUESTER => Err(errors::not_built("Payer Requester")),
        _ => {
            let message = "Payer must be BucketOwner or Requester";
            Err(S3Error::with_message(S3ErrorCode::MalformedXML, message))
        }
    }
}
