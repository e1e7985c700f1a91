use azekura_store::listing::ListRequest;
use s3s::S3Request;
use s3s::dto::{ListObjectsInput, ListObjectsOutput};

use super::{Answer, Context, answer, listing};
use crate::auth::Caller;
use crate::convert::names;
use crate::errors;

pub(crate) fn list_objects(
    cx: &Context,
    request: &S3Request<ListObjectsInput>,
) -> Answer<ListObjectsOutput> {
    Caller::of(request)?;
    let input = &request.input;
    let max = listing::max(input.max_keys, "maxKeys")?;
    let shown = listing::Names::of(input.encoding_type.as_ref())?;
    let bucket = names::bucket(&input.bucket)?;
    let asked = ListRequest {
        prefix: input.prefix.clone().unwrap_or_default(),
        delimiter: input.delimiter.clone().unwrap_or_default(),
        after: input.marker.clone().unwrap_or_default(),
        max: listing::count(max),
    };
    let page = cx.store.list(&bucket, &asked).map_err(errors::from_store)?;
    let objects = page.objects.iter();
    let owner = cx.owner_of(&input.bucket)?;
    let objects = objects.map(|(key, summary)| shown.object(key, summary, Some(&owner)));
    let more = max > 0 && page.next.is_some();
    // Without a delimiter, clients go on after the last key; the marker saves them the rule.
    let next = page.next.as_ref().filter(|_| more);
    answer(ListObjectsOutput {
        name: Some(input.bucket.clone()),
        prefix: Some(shown.show(&asked.prefix)),
        marker: Some(shown.show(&asked.after)),
        max_keys: Some(max),
        is_truncated: Some(more),
        contents: Some(objects.collect()),
        common_prefixes: shown.prefixes(&page.prefixes),
        delimiter: shown.show_given(input.delimiter.as_ref()),
        next_marker: shown.show_some(next),
        encoding_type: input.encoding_type.clone(),
        request_charged: None,
    })
}
