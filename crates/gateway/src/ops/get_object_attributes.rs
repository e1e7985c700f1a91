use azekura_store::object::{ObjectInfo, PartInfo};
use s3s::dto::{
    Checksum, ETag, GetObjectAttributesInput, GetObjectAttributesOutput, GetObjectAttributesParts,
    ObjectPart, StorageClass,
};
use s3s::{S3Request, S3Result};

use super::{Answer, Context, answer, signed};
use crate::auth::Caller;
use crate::convert::checksums::Fields;
use crate::convert::{names, times};
use crate::errors;

/// Most parts in one answer (AWS).
const PARTS_MAX: i32 = 1000;
/// What can be asked for.
const KNOWN: [&str; 5] = [
    "ETag",
    "Checksum",
    "ObjectParts",
    "StorageClass",
    "ObjectSize",
];

pub(crate) async fn get_object_attributes(
    cx: &Context,
    request: S3Request<GetObjectAttributesInput>,
) -> Answer<GetObjectAttributesOutput> {
    let caller = Caller::of(&request)?;
    let input = request.input;
    let bucket = names::bucket(&input.bucket)?;
    let key = names::key(&input.key)?;
    let which = names::which(input.version_id.as_deref())?;
    // `s3s` reads each header line as one name; SDKs send one line with commas.
    let lines = input.object_attributes.iter();
    let asked: Vec<&str> = lines
        .flat_map(|line| line.as_str().split(','))
        .map(str::trim)
        .collect();
    if asked.is_empty() || asked.iter().any(|name| !KNOWN.contains(name)) {
        let message = "Invalid attribute name specified.";
        return Err(errors::invalid_argument(message));
    }
    let asks = |name: &str| asked.contains(&name);
    let page = Page::read(input.max_parts, input.part_number_marker)?;
    let info = cx
        .store
        .head(caller.authorized(), &bucket, &key, which)
        .await
        .map_err(|error| caller.error(error))?;
    let versioning = cx.versioning(&bucket)?;
    let parts = asks("ObjectParts") && !info.parts.is_empty();
    answer(GetObjectAttributesOutput {
        checksum: asks("Checksum").then(|| whole(&info)).flatten(),
        e_tag: asks("ETag").then(|| ETag::Strong(info.etag.to_string())),
        last_modified: Some(times::timestamp(info.modified)),
        object_parts: parts.then(|| page.of(&info.parts)),
        object_size: asks("ObjectSize").then(|| signed(info.bytes)),
        storage_class: asks("StorageClass")
            .then(|| StorageClass::from_static(StorageClass::STANDARD)),
        version_id: names::shown_version(versioning, info.version, info.null),
        ..GetObjectAttributesOutput::default()
    })
}

fn whole(info: &ObjectInfo) -> Option<Checksum> {
    if info.checksums.is_empty() {
        return None;
    }
    let fields = Fields::of(&info.checksums);
    Some(Checksum {
        checksum_crc32: fields.crc32,
        checksum_crc32c: fields.crc32c,
        checksum_crc64nvme: fields.crc64nvme,
        checksum_sha1: fields.sha1,
        checksum_sha256: fields.sha256,
        checksum_type: fields.kind,
    })
}

/// Which parts are asked for.
struct Page {
    max: i32,
    after: i32,
}

impl Page {
    fn read(max: Option<i32>, after: Option<i32>) -> S3Result<Self> {
        let (max, after) = (max.unwrap_or(PARTS_MAX), after.unwrap_or(0));
        if max < 0 || after < 0 {
            return Err(errors::invalid_argument(
                "x-amz-max-parts and x-amz-part-number-marker are integers of at least 0",
            ));
        }
        let max = max.min(PARTS_MAX);
        Ok(Self { max, after })
    }

    fn of(&self, all: &[PartInfo]) -> GetObjectAttributesParts {
        let after = u32::try_from(self.after).unwrap_or(u32::MAX);
        let max = usize::try_from(self.max).unwrap_or(0);
        let mut rest = all.iter().filter(|part| part.number > after);
        let parts: Vec<_> = rest.by_ref().take(max).map(shown).collect();
        let more = rest.next().is_some();
        let last = parts.last().and_then(|part| part.part_number);
        GetObjectAttributesParts {
            is_truncated: Some(more),
            max_parts: Some(self.max),
            next_part_number_marker: Some(last.unwrap_or(self.after)),
            part_number_marker: Some(self.after),
            parts: Some(parts),
            total_parts_count: i32::try_from(all.len()).ok(),
        }
    }
}

fn shown(part: &PartInfo) -> ObjectPart {
    let fields = Fields::of(&part.checksum);
    ObjectPart {
        checksum_crc32: fields.crc32,
        checksum_crc32c: fields.crc32c,
        checksum_crc64nvme: fields.crc64nvme,
        checksum_sha1: fields.sha1,
        checksum_sha256: fields.sha256,
        part_number: i32::try_from(part.number).ok(),
        size: Some(signed(part.bytes)),
    }
}
