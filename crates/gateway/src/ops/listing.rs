//! What the listings have in common.

use azekura_model::checksum::{ChecksumAlgorithm, ChecksumType};
use azekura_record::summary::Summary;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use s3s::S3Result;
use s3s::dto;

use crate::convert::{checksums, encoding, names, times};
use crate::errors;

/// Most entries of one page (S3).
const ENTRIES_MAX: i32 = 1000;

/// `max-keys` and its like.
pub(crate) fn max(asked: Option<i32>, name: &str) -> S3Result<i32> {
    match asked {
        None => Ok(ENTRIES_MAX),
        Some(max) if max >= 0 => Ok(max.min(ENTRIES_MAX)),
        Some(_) => Err(errors::invalid_argument(&format!(
            "Argument {name} must be an integer between 0 and 2147483647"
        ))),
    }
}

/// A count for the store.
pub(crate) fn count(max: i32) -> usize {
    usize::try_from(max).unwrap_or(0)
}

/// A count for an answer.
pub(crate) fn shown(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// A continuation token.
pub(crate) fn token(after: &str) -> String {
    URL_SAFE_NO_PAD.encode(after)
}

/// Reads what [`token`] wrote.
pub(crate) fn read_token(token: &str) -> S3Result<String> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok();
    bytes
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| errors::invalid_argument("The continuation token provided is incorrect"))
}

/// How names are written in an answer.
#[derive(Clone, Copy)]
pub(crate) struct Names {
    url: bool,
}

impl Names {
    /// `encoding-type`.
    pub(crate) fn of(asked: Option<&dto::EncodingType>) -> S3Result<Self> {
        match asked.map(dto::EncodingType::as_str) {
            None => Ok(Self { url: false }),
            Some("url") => Ok(Self { url: true }),
            Some(_) => Err(errors::invalid_argument(
                "Invalid Encoding Method specified in Request",
            )),
        }
    }

    pub(crate) fn show(self, name: &str) -> String {
        if self.url {
            encoding::url(name)
        } else {
            name.to_owned()
        }
    }

    pub(crate) fn show_some(self, name: Option<&String>) -> Option<String> {
        name.map(|name| self.show(name))
    }

    /// A delimiter: an empty one is none, and S3 does not repeat it.
    pub(crate) fn show_given(self, name: Option<&String>) -> Option<String> {
        self.show_some(name.filter(|name| !name.is_empty()))
    }

    pub(crate) fn prefixes(self, prefixes: &[String]) -> Option<Vec<dto::CommonPrefix>> {
        let shown = prefixes.iter().map(|prefix| dto::CommonPrefix {
            prefix: Some(self.show(prefix)),
        });
        (!prefixes.is_empty()).then(|| shown.collect())
    }

    pub(crate) fn object(
        self,
        key: &str,
        summary: &Summary,
        owner: Option<&dto::Owner>,
    ) -> dto::Object {
        let (algorithm, kind) = checksum(summary.checksum);
        dto::Object {
            checksum_algorithm: algorithm,
            checksum_type: kind,
            e_tag: Some(dto::ETag::Strong(summary.etag.to_string())),
            key: Some(self.show(key)),
            last_modified: Some(times::timestamp(summary.modified)),
            owner: owner.cloned(),
            size: Some(super::signed(summary.content_bytes)),
            storage_class: Some(dto::ObjectStorageClass::from_static(
                dto::ObjectStorageClass::STANDARD,
            )),
            ..dto::Object::default()
        }
    }
}

/// The checksum kind as listings name it.
pub(crate) fn checksum(
    kept: Option<(ChecksumAlgorithm, ChecksumType)>,
) -> (
    Option<Vec<dto::ChecksumAlgorithm>>,
    Option<dto::ChecksumType>,
) {
    match kept {
        Some((algorithm, kind)) => (
            Some(vec![dto::ChecksumAlgorithm::from_static(
                algorithm.as_str(),
            )]),
            Some(dto::ChecksumType::from_static(checksums::kind_name(kind))),
        ),
        None => (None, None),
    }
}

/// A version id in a listing of versions: always there, `null` where no other is shown.
pub(crate) fn version(
    versioning: azekura_model::bucket::Versioning,
    summary: &Summary,
) -> Option<String> {
    let shown = names::shown_version(versioning, summary.version, summary.null);
    shown.or_else(|| Some("null".to_owned()))
}
