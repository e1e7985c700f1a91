use azekura_store::listing::ListRequest;
use s3s::S3Request;
use s3s::dto::{ListObjectsV2Input, ListObjectsV2Output};

use super::{Answer, Context, answer, listing};
use crate::auth::Caller;
use crate::convert::names;
use crate::errors;

pub(crate) fn list_objects_v2(
    cx: &Context,
    request: &S3Request<ListObjectsV2Input>,
) -> Answer<ListObjectsV2Output> {
    Caller::of(request)?;
    let input = &request.input;
    let max = listing::max(input.max_keys, "maxKeys")?;
    let shown = listing::Names::of(input.encoding_type.as_ref())?;
    let bucket = names::bucket(&input.bucket)?;
    let after = match (&input.continuation_token, &input.start_after) {
        (Some(token), _) => listing::read_token(token)?,
        (None, start) => start.clone().unwrap_or_default(),
    };
    let asked = ListRequest {
        prefix: input.prefix.clone().unwrap_or_default(),
        delimiter: input.delimiter.clone().unwrap_or_default(),
        after,
        max: listing::count(max),
    };
    let page = cx.store.list(&bucket, &asked).map_err(errors::from_store)?;
    let with_owner = input.fetch_owner == Some(true);
    let objects = page.objects.iter();
    let owner = with_owner.then(|| cx.owner_of(&input.bucket)).transpose()?;
    let objects = objects.map(|(key, summary)| shown.object(key, summary, owner.as_ref()));
    let more = max > 0 && page.next.is_some();
    let next = page.next.as_deref().filter(|_| more);
    answer(ListObjectsV2Output {
        name: Some(input.bucket.clone()),
        prefix: Some(shown.show(&asked.prefix)),
        max_keys: Some(max),
        key_count: Some(listing::shown(page.objects.len() + page.prefixes.len())),
        continuation_token: input.continuation_token.clone(),
        is_truncated: Some(more),
        next_continuation_token: next.map(listing::token),
        contents: Some(objects.collect()),
        common_prefixes: shown.prefixes(&page.prefixes),
        delimiter: shown.show_given(input.delimiter.as_ref()),
        encoding_type: input.encoding_type.clone(),
        start_after: shown.show_some(input.start_after.as_ref()),
        request_charged: None,
    })
}
