use azekura_store::object::PutRequest;
use s3s::S3Request;
use s3s::dto::{ETag, PutObjectInput, PutObjectOutput};

use super::expiration::{self, Current};
use super::{Answer, Context, answer, lists, sealed, verified};
use crate::auth::Caller;
use crate::body;
use crate::convert::checksums::Fields;
use crate::convert::{attributes, conditions, locks, names};
use crate::errors;

pub(crate) async fn put_object(
    cx: &Context,
    mut request: S3Request<PutObjectInput>,
) -> Answer<PutObjectOutput> {
    let caller = Caller::of(&request)?;
    let blob = request.input.body.take();
    let (body, claims) = body::incoming(&request, blob, request.input.content_length)?;
    let lock = locks::asked(&request.headers)?;
    let input = request.input;
    verified::require(cx, &input.bucket, &lock, &claims, "Put Object")?;
    let bucket = names::bucket(&input.bucket)?;
    let mut attributes = attributes::of_request(&request.headers, input.metadata)?;
    attributes.acl = lists::of_new_object(cx, &caller, &input.bucket, &request.headers)?;
    let put = PutRequest {
        key: names::key(&input.key)?,
        attributes,
        claims,
        conditions: conditions::of_write(input.if_match, input.if_none_match),
        lock,
        body,
    };
    let (key, tags) = (put.key.clone(), put.attributes.tags.clone());
    let put = cx
        .store
        .put(caller.authorized(), &bucket, put)
        .await
        .map_err(errors::from_store)?;
    let versioning = cx.versioning(&bucket)?;
    let fields = Fields::of(&put.checksums);
    let current = Current {
        key: key.as_str(),
        tags: &tags,
        bytes: put.bytes,
        modified: put.modified,
    };
    answer(PutObjectOutput {
        expiration: expiration::header(cx, &bucket, &current),
        checksum_crc32: fields.crc32,
        checksum_crc32c: fields.crc32c,
        checksum_crc64nvme: fields.crc64nvme,
        checksum_sha1: fields.sha1,
        checksum_sha256: fields.sha256,
        checksum_type: fields.kind,
        e_tag: Some(ETag::Strong(put.etag.to_string())),
        version_id: names::made_version(versioning, put.version, put.null),
        server_side_encryption: Some(sealed()),
        ..PutObjectOutput::default()
    })
}
