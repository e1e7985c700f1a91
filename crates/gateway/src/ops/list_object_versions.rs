use azekura_model::bucket::Versioning;
use azekura_model::ident::VersionId;
use azekura_store::listing::{ListVersionsRequest, ListedVersion};
use s3s::dto::{
    DeleteMarkerEntry, ETag, ListObjectVersionsInput, ListObjectVersionsOutput, ObjectVersion,
    ObjectVersionStorageClass, Owner,
};
use s3s::{S3Request, S3Result};

use super::{Answer, Context, answer, listing, signed};
use crate::auth::Caller;
use crate::convert::times;
use crate::errors;

pub(crate) fn list_object_versions(
    cx: &Context,
    request: &S3Request<ListObjectVersionsInput>,
) -> Answer<ListObjectVersionsOutput> {
    Caller::of(request)?;
    let input = &request.input;
    let max = listing::max(input.max_keys, "maxKeys")?;
    let shown = listing::Names::of(input.encoding_type.as_ref())?;
    let bucket = cx.bucket(&input.bucket)?;
    let asked = ListVersionsRequest {
        prefix: input.prefix.clone().unwrap_or_default(),
        delimiter: input.delimiter.clone().unwrap_or_default(),
        after_key: input.key_marker.clone().unwrap_or_default(),
        after_version: version_marker(input)?,
        max: listing::count(max),
        with_hidden: false,
    };
    let page = cx
        .store
        .list_versions(&bucket.name, &asked)
        .map_err(errors::from_store)?;
    let (markers, versions): (Vec<_>, Vec<_>) =
        page.versions.iter().partition(|v| v.summary.marker);
    let owner = cx.owner(bucket.tenant)?;
    let versions = versions.into_iter();
    let versions = versions.map(|v| object_version(v, bucket.versioning, shown, &owner));
    let markers = markers.into_iter();
    let markers = markers.map(|v| delete_marker(v, bucket.versioning, shown, &owner));
    let next = page.next.as_ref().filter(|_| max > 0);
    let next_version = next.and_then(|(_, version)| version.as_ref());
    answer(ListObjectVersionsOutput {
        common_prefixes: shown.prefixes(&page.prefixes),
        delete_markers: Some(markers.collect()),
        delimiter: shown.show_given(input.delimiter.as_ref()),
        encoding_type: input.encoding_type.clone(),
        is_truncated: Some(next.is_some()),
        key_marker: Some(shown.show(&asked.after_key)),
        max_keys: Some(max),
        name: Some(input.bucket.clone()),
        next_key_marker: next.map(|(key, _)| shown.show(key)),
        next_version_id_marker: next_version.map(VersionId::to_string),
        prefix: Some(shown.show(&asked.prefix)),
        request_charged: None,
        version_id_marker: input.version_id_marker.clone(),
        versions: Some(versions.collect()),
    })
}

/// `version-id-marker`: the version's own id, also for the `null` version.
fn version_marker(input: &ListObjectVersionsInput) -> S3Result<Option<VersionId>> {
    let Some(text) = input.version_id_marker.as_deref().filter(|t| !t.is_empty()) else {
        return Ok(None);
    };
    if input.key_marker.is_none() {
        return Err(errors::invalid_argument(
            "A version-id marker cannot be specified without a key marker.",
        ));
    }
    let version = VersionId::parse(text);
    let bad = || errors::invalid_argument("Invalid version id specified");
    version.map(Some).ok_or_else(bad)
}

fn object_version(
    listed: &ListedVersion,
    versioning: Versioning,
    shown: listing::Names,
    owner: &Owner,
) -> ObjectVersion {
    let summary = &listed.summary;
    let (algorithm, kind) = listing::checksum(summary.checksum);
    let class = ObjectVersionStorageClass::STANDARD;
    ObjectVersion {
        checksum_algorithm: algorithm,
        checksum_type: kind,
        e_tag: Some(ETag::Strong(summary.etag.to_string())),
        is_latest: Some(listed.latest),
        key: Some(shown.show(&listed.key)),
        last_modified: Some(times::timestamp(summary.modified)),
        owner: Some(owner.clone()),
        restore_status: None,
        size: Some(signed(summary.content_bytes)),
        storage_class: Some(ObjectVersionStorageClass::from_static(class)),
        version_id: listing::version(versioning, summary),
    }
}

fn delete_marker(
    listed: &ListedVersion,
    versioning: Versioning,
    shown: listing::Names,
    owner: &Owner,
) -> DeleteMarkerEntry {
    DeleteMarkerEntry {
        is_latest: Some(listed.latest),
        key: Some(shown.show(&listed.key)),
        last_modified: Some(times::timestamp(listed.summary.modified)),
        owner: Some(owner.clone()),
        version_id: listing::version(versioning, &listed.summary),
    }
}
