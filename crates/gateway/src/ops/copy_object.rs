use azekura_model::access::Action;
use azekura_model::acl::Acl;
use azekura_model::condition::{ConditionFailed, Conditions};
use azekura_model::name::{BucketName, ObjectKey};
use azekura_model::range::ByteRange;
use azekura_store::body::Claims;
use azekura_store::error::StoreError;
use azekura_store::object::{Attributes, GetOutcome, GetRequest, PutRequest, Which};
use azekura_store::upload::PUT_BYTES_MAX;
use http::HeaderMap;
use s3s::dto::{
    CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopySource, ETag, ETagCondition, Timestamp,
};
use s3s::{S3Error, S3Request, S3Result};

use super::{Answer, Context, answer, lists, sealed};
use crate::auth::{Caller, Place};
use crate::convert::checksums::Fields;
use crate::convert::{attributes, conditions, locks, names, times};
use crate::{body, errors};

/// What is copied.
pub(crate) struct Source {
    pub(crate) bucket: BucketName,
    key: ObjectKey,
    which: Which,
}

impl Source {
    pub(crate) fn of(source: &CopySource) -> S3Result<Self> {
        match source {
            CopySource::Bucket {
                bucket,
                key,
                version_id,
            } => Ok(Self {
                bucket: names::bucket(bucket)?,
                key: names::key(key)?,
                which: names::which(version_id.as_deref())?,
            }),
            _ => Err(errors::not_built("x-amz-copy-source of an access point")),
        }
    }
}

/// `x-amz-copy-source-if-*`.
pub(crate) struct CopyConditions {
    pub(crate) if_match: Option<ETagCondition>,
    pub(crate) if_none_match: Option<ETagCondition>,
    pub(crate) if_modified_since: Option<Timestamp>,
    pub(crate) if_unmodified_since: Option<Timestamp>,
}

/// Opens the source. Its reader needs the right to read it; a condition that fails is always 412,
/// for nothing was asked to be shown.
pub(crate) async fn open_source(
    cx: &Context,
    caller: &Caller,
    source: &Source,
    asked: CopyConditions,
    range: Option<ByteRange>,
) -> S3Result<GetOutcome> {
    let action = match source.which {
        Which::Current => Action::GetObject,
        Which::Null | Which::Version(_) => Action::GetObjectVersion,
    };
    let version = match source.which {
        Which::Current => None,
        Which::Null => Some("null".to_owned()),
        Which::Version(id) => Some(id.to_string()),
    };
    let (bucket, key) = (source.bucket.as_str(), source.key.as_str());
    caller.check_source_owner(bucket)?;
    let place = Place::version_of(bucket, key, version.as_deref());
    let by = caller.may_on(action, &place)?;
    let get = GetRequest {
        key: source.key.clone(),
        which: source.which,
        conditions: Conditions {
            if_match: conditions::etag(asked.if_match),
            if_none_match: conditions::etag(asked.if_none_match),
            if_modified_since: asked.if_modified_since.map(times::wall),
            if_unmodified_since: asked.if_unmodified_since.map(times::wall),
        },
        range,
        part: None,
    };
    let got = cx.store.get(&by, &source.bucket, get).await;
    got.map_err(|error| match error {
        StoreError::Condition(_) => {
            errors::from_store(StoreError::Condition(ConditionFailed::PreconditionFailed))
        }
        StoreError::IsDeleteMarker { .. } => errors::invalid_request(
            "The source of a copy request may not specifically refer to a delete marker by \
             version id.",
        ),
        error => caller.error_on(&place, error),
    })
}

/// `COPY` (the default) or `REPLACE`.
fn replaces(directive: Option<&str>, name: &str) -> S3Result<bool> {
    match directive {
        None | Some("COPY") => Ok(false),
        Some("REPLACE") => Ok(true),
        Some(_) => Err(errors::invalid_argument(&format!(
            "Unknown {name} directive."
        ))),
    }
}

/// Whether metadata and tags are those of the request.
fn directives(input: &CopyObjectInput) -> S3Result<(bool, bool)> {
    let metadata = input.metadata_directive.as_ref().map(|d| d.as_str());
    let tags = input.tagging_directive.as_ref().map(|d| d.as_str());
    Ok((replaces(metadata, "metadata")?, replaces(tags, "tagging")?))
}

/// Conditions on what the copy overwrites, which `s3s` does not read.
fn write_conditions(headers: &HeaderMap) -> S3Result<Conditions> {
    let read = |name: &str| {
        let value = headers.get(name);
        value
            .map(|value| ETagCondition::parse_http_header(value.as_bytes()))
            .transpose()
            .map_err(|_| errors::invalid_argument(&format!("{name} is not an entity tag")))
    };
    Ok(conditions::of_write(
        read("if-match")?,
        read("if-none-match")?,
    ))
}

/// A plain PUT could not store it either.
pub(crate) fn too_large() -> S3Error {
    errors::invalid_request(
        "The specified copy source is larger than the maximum allowable size for a copy source: \
         5368709120",
    )
}

/// Whether a copy of an object onto itself asks for something that AWS counts as a change.
fn changes_more(headers: &HeaderMap) -> bool {
    let counts = [
        "x-amz-checksum-algorithm",
        "x-amz-server-side-encryption",
        "x-amz-storage-class",
        "x-amz-website-redirect-location",
    ];
    counts.iter().any(|name| headers.contains_key(*name))
}

/// Headers and metadata of the copy: the source's, or those of the request.
fn attributes_of(
    request: &S3Request<CopyObjectInput>,
    source: Attributes,
    replace: (bool, bool),
    acl: Option<Acl>,
) -> S3Result<Attributes> {
    let given = attributes::of_request(&request.headers, request.input.metadata.clone())?;
    let (metadata, tags) = replace;
    let mut copy = if metadata {
        given.clone()
    } else {
        source.clone()
    };
    copy.tags = if tags { given.tags } else { source.tags };
    copy.headers
        .retain(|(name, _)| name != attributes::REDIRECT);
    copy.headers.extend(attributes::redirect(&request.headers)?);
    copy.acl = acl;
    Ok(copy)
}

pub(crate) async fn copy_object(
    cx: &Context,
    request: S3Request<CopyObjectInput>,
) -> Answer<CopyObjectOutput> {
    let caller = Caller::of(&request)?;
    let input = &request.input;
    let bucket = names::bucket(&input.bucket)?;
    let key = names::key(&input.key)?;
    let source = Source::of(&input.copy_source)?;
    let (metadata, tags) = directives(input)?;
    let onto_itself = source.bucket == bucket && source.key == key;
    let changes = metadata || tags || changes_more(&request.headers);
    if onto_itself && source.which == Which::Current && !changes {
        return Err(errors::invalid_request(
            "This copy request is illegal because it is trying to copy an object to itself \
             without changing the object's metadata, storage class, website redirect location or \
             encryption attributes.",
        ));
    }
    let lock = locks::asked(&request.headers)?;
    let asked = CopyConditions {
        if_match: input.copy_source_if_match.clone(),
        if_none_match: input.copy_source_if_none_match.clone(),
        if_modified_since: input.copy_source_if_modified_since.clone(),
        if_unmodified_since: input.copy_source_if_unmodified_since.clone(),
    };
    let got = open_source(cx, &caller, &source, asked, None).await?;
    if got.info.bytes > PUT_BYTES_MAX {
        return Err(too_large());
    }
    let algorithm = input.checksum_algorithm.as_ref().map(|a| a.as_str());
    let compute = match algorithm {
        Some(name) => Some(body::read_algorithm(name)?),
        None => got.info.checksums.first().map(|kept| kept.algorithm),
    };
    // The source's list is not copied (S3).
    let acl = lists::of_new_object(cx, &caller, &input.bucket, &request.headers)?;
    let put = PutRequest {
        key,
        attributes: attributes_of(&request, got.info.attributes, (metadata, tags), acl)?,
        claims: Claims {
            bytes: Some(got.info.bytes),
            compute,
            ..Claims::default()
        },
        conditions: write_conditions(&request.headers)?,
        // The source's lock is not copied: headers or the default of the destination count (S3).
        lock,
        body: got.body,
    };
    let put = cx
        .store
        .put(caller.authorized(), &bucket, put)
        .await
        .map_err(errors::from_store)?;
    let of_source = cx.versioning(&source.bucket)?;
    let of_copy = cx.versioning(&bucket)?;
    let fields = Fields::of(&put.checksums);
    answer(CopyObjectOutput {
        copy_object_result: Some(CopyObjectResult {
            checksum_crc32: fields.crc32,
            checksum_crc32c: fields.crc32c,
            checksum_crc64nvme: fields.crc64nvme,
            checksum_sha1: fields.sha1,
            checksum_sha256: fields.sha256,
            checksum_type: fields.kind,
            e_tag: Some(ETag::Strong(put.etag.to_string())),
            last_modified: Some(times::timestamp(put.modified)),
        }),
        copy_source_version_id: names::shown_version(of_source, got.info.version, got.info.null),
        version_id: names::shown_version(of_copy, put.version, put.null),
        server_side_encryption: Some(sealed()),
        ..CopyObjectOutput::default()
    })
}
