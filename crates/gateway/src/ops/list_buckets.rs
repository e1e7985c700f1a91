use s3s::S3Request;
use s3s::dto::{Bucket, ListBucketsInput, ListBucketsOutput};

use super::{Answer, Context, answer, listing};
use crate::auth::Caller;
use crate::convert::{owner, times};
use crate::errors;

/// Most buckets in one answer (AWS).
const BUCKETS_MAX: i32 = 10_000;

pub(crate) fn list_buckets(
    cx: &Context,
    request: &S3Request<ListBucketsInput>,
) -> Answer<ListBucketsOutput> {
    let caller = Caller::of(request)?;
    let input = &request.input;
    let max = match input.max_buckets {
        None => BUCKETS_MAX,
        Some(max @ 1..=BUCKETS_MAX) => max,
        Some(_) => return Err(errors::invalid_argument("max-buckets is 1 to 10000")),
    };
    let max = usize::try_from(max).unwrap_or(1);
    let after = match &input.continuation_token {
        Some(token) => listing::read_token(token)?,
        None => String::new(),
    };
    let prefix = input.prefix.as_deref().unwrap_or_default();
    let region = input.bucket_region.as_deref();
    let all = cx
        .store
        .list_buckets(caller.authorized())
        .map_err(errors::from_store)?;
    let mut found = all.into_iter().filter(|bucket| {
        let name = bucket.name.as_str();
        name > after.as_str()
            && name.starts_with(prefix)
            && region.is_none_or(|region| region == bucket.location)
    });
    let page: Vec<_> = found.by_ref().take(max).collect();
    let more = found.next().is_some();
    let last = page.last().map(|bucket| bucket.name.as_str().to_owned());
    let buckets = page.into_iter().map(|bucket| Bucket {
        name: Some(bucket.name.as_str().to_owned()),
        creation_date: Some(times::timestamp(bucket.created)),
        bucket_region: Some(bucket.location),
    });
    let owner = match caller.authorized().tenant() {
        Some(tenant) => cx.owner(tenant)?,
        None => owner::nobody(),
    };
    answer(ListBucketsOutput {
        buckets: Some(buckets.collect()),
        continuation_token: last.filter(|_| more).map(|name| listing::token(&name)),
        owner: Some(owner),
        prefix: input.prefix.clone(),
    })
}
