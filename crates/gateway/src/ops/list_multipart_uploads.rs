use azekura_model::ident::UploadId;
use s3s::S3Request;
use s3s::dto::{
    Initiator, ListMultipartUploadsInput, ListMultipartUploadsOutput, MultipartUpload, StorageClass,
};

use super::{Answer, Context, answer, listing, lists};
use crate::auth::Caller;
use crate::convert::{names, times};
use crate::errors;

pub(crate) fn list_multipart_uploads(
    cx: &Context,
    request: &S3Request<ListMultipartUploadsInput>,
) -> Answer<ListMultipartUploadsOutput> {
    Caller::of(request)?;
    let input = &request.input;
    let max = listing::max(input.max_uploads, "max-uploads")?;
    let shown = listing::Names::of(input.encoding_type.as_ref())?;
    let bucket = names::bucket(&input.bucket)?;
    let prefix = input.prefix.clone().unwrap_or_default();
    let delimiter = input.delimiter.clone().unwrap_or_default();
    let upload = match input.upload_id_marker.as_deref().filter(|t| !t.is_empty()) {
        Some(text) => Some(
            UploadId::parse(text)
                .ok_or_else(|| errors::invalid_argument("Invalid uploadId marker"))?,
        ),
        None => None,
    };
    let key = input.key_marker.clone().filter(|key| !key.is_empty());
    let after = key.map(|key| (key, upload));
    let page = cx
        .store
        .list_uploads(&bucket, &prefix, &delimiter, after, listing::count(max))
        .map_err(errors::from_store)?;
    let mut uploads = Vec::new();
    for listed in &page.uploads {
        let key = names::key(&listed.key)?;
        let owner = lists::owner_of_upload(cx, &input.bucket, &key, listed.upload)?;
        uploads.push(MultipartUpload {
            initiated: Some(times::timestamp(listed.started)),
            initiator: Some(Initiator {
                display_name: owner.display_name.clone(),
                id: owner.id.clone(),
            }),
            key: Some(shown.show(&listed.key)),
            owner: Some(owner),
            storage_class: Some(StorageClass::from_static(StorageClass::STANDARD)),
            upload_id: Some(listed.upload.to_string()),
            ..MultipartUpload::default()
        });
    }
    let next = page.next.as_ref().filter(|_| max > 0);
    answer(ListMultipartUploadsOutput {
        bucket: Some(input.bucket.clone()),
        common_prefixes: shown.prefixes(&page.prefixes),
        delimiter: shown.show_given(input.delimiter.as_ref()),
        encoding_type: input.encoding_type.clone(),
        is_truncated: Some(next.is_some()),
        key_marker: Some(
            shown
                .show_some(input.key_marker.as_ref())
                .unwrap_or_default(),
        ),
        max_uploads: Some(max),
        next_key_marker: next.map(|(key, _)| shown.show(key)),
        next_upload_id_marker: next.and_then(|(_, id)| id.map(|id| id.to_string())),
        prefix: Some(shown.show(&prefix)),
        request_charged: None,
        upload_id_marker: input.upload_id_marker.clone(),
        uploads: Some(uploads),
    })
}
