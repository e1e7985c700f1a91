//! `x-amz-checksum-*`: base64 of the big-endian value, with `-N` behind a composite one.

use azekura_model::checksum::{Checksum, ChecksumAlgorithm, ChecksumType};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use s3s::dto;

use crate::guard::Refusal;

/// Name of the header of an algorithm.
pub(crate) fn header_name(algorithm: ChecksumAlgorithm) -> &'static str {
    match algorithm {
        ChecksumAlgorithm::Crc32 => "x-amz-checksum-crc32",
        ChecksumAlgorithm::Crc32c => "x-amz-checksum-crc32c",
        ChecksumAlgorithm::Crc64Nvme => "x-amz-checksum-crc64nvme",
        ChecksumAlgorithm::Sha1 => "x-amz-checksum-sha1",
        ChecksumAlgorithm::Sha256 => "x-amz-checksum-sha256",
    }
}

/// The algorithm of a header or trailer name.
pub(crate) fn of_header(name: &str) -> Option<ChecksumAlgorithm> {
    ChecksumAlgorithm::ALL
        .into_iter()
        .find(|algorithm| header_name(*algorithm).eq_ignore_ascii_case(name))
}

/// The algorithm of `x-amz-checksum-algorithm`.
pub(crate) fn algorithm(name: &str) -> Option<ChecksumAlgorithm> {
    ChecksumAlgorithm::ALL
        .into_iter()
        .find(|algorithm| algorithm.as_str().eq_ignore_ascii_case(name))
}

/// The kind named by `x-amz-checksum-type`.
pub(crate) fn kind(name: &str) -> Option<ChecksumType> {
    match name {
        "FULL_OBJECT" => Some(ChecksumType::FullObject),
        "COMPOSITE" => Some(ChecksumType::Composite),
        _ => None,
    }
}

/// Name of a kind.
pub(crate) fn kind_name(kind: ChecksumType) -> &'static str {
    match kind {
        ChecksumType::FullObject => "FULL_OBJECT",
        ChecksumType::Composite => "COMPOSITE",
    }
}

/// Reads a value; `None` when it is not one of this algorithm.
pub(crate) fn parse(algorithm: ChecksumAlgorithm, text: &str) -> Option<Checksum> {
    let (digits, parts) = match text.split_once('-') {
        Some((digits, parts)) => (digits, Some(parts.parse().ok()?)),
        None => (text, None),
    };
    let value = STANDARD.decode(digits).ok()?;
    let kind = match parts {
        Some(_) => ChecksumType::Composite,
        None => ChecksumType::FullObject,
    };
    (value.len() == algorithm.bytes()).then_some(Checksum {
        algorithm,
        value,
        kind,
        parts,
    })
}

/// What is wrong with the checksums that a request claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadClaim {
    /// Not a value of its algorithm, so content cannot have it: `BadDigest`.
    #[error("The {0} you specified did not match what we received: no content has such a value.")]
    Value(&'static str),
    /// More than one: `InvalidRequest`.
    #[error("Expecting a single x-amz-checksum- header")]
    Several,
}

impl From<BadClaim> for Refusal {
    fn from(bad: BadClaim) -> Self {
        match bad {
            BadClaim::Value(_) => Self::bad_digest(bad.to_string()),
            BadClaim::Several => Self::invalid_request(bad.to_string()),
        }
    }
}

/// The checksums that the headers of a request claim, at most one.
///
/// # Errors
/// What is wrong with them.
pub(crate) fn claimed(headers: &HeaderMap) -> Result<Vec<Checksum>, BadClaim> {
    let mut found = Vec::new();
    for algorithm in ChecksumAlgorithm::ALL {
        let name = header_name(algorithm);
        let Some(value) = headers.get(name) else {
            continue;
        };
        let text = std::str::from_utf8(value.as_bytes()).unwrap_or_default();
        let checksum = parse(algorithm, text).ok_or(BadClaim::Value(name))?;
        found.push(checksum);
    }
    if found.len() > 1 {
        return Err(BadClaim::Several);
    }
    Ok(found)
}

/// A value as text.
pub(crate) fn text(checksum: &Checksum) -> String {
    let digits = STANDARD.encode(&checksum.value);
    match (checksum.kind, checksum.parts) {
        (ChecksumType::Composite, Some(parts)) => format!("{digits}-{parts}"),
        _ => digits,
    }
}

/// Checksums as the fields of an answer.
#[derive(Default)]
pub(crate) struct Fields {
    pub(crate) crc32: Option<String>,
    pub(crate) crc32c: Option<String>,
    pub(crate) crc64nvme: Option<String>,
    pub(crate) sha1: Option<String>,
    pub(crate) sha256: Option<String>,
    pub(crate) kind: Option<dto::ChecksumType>,
}

impl Fields {
    pub(crate) fn of<'a>(checksums: impl IntoIterator<Item = &'a Checksum>) -> Self {
        let mut fields = Self::default();
        for checksum in checksums {
            let slot = match checksum.algorithm {
                ChecksumAlgorithm::Crc32 => &mut fields.crc32,
                ChecksumAlgorithm::Crc32c => &mut fields.crc32c,
                ChecksumAlgorithm::Crc64Nvme => &mut fields.crc64nvme,
                ChecksumAlgorithm::Sha1 => &mut fields.sha1,
                ChecksumAlgorithm::Sha256 => &mut fields.sha256,
            };
            *slot = Some(text(checksum));
            let kind = kind_name(checksum.kind);
            fields.kind = Some(dto::ChecksumType::from_static(kind));
        }
        fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips() {
        for algorithm in ChecksumAlgorithm::ALL {
            let checksum = Checksum {
                algorithm,
                value: vec![7; algorithm.bytes()],
                kind: ChecksumType::Composite,
                parts: Some(3),
            };
            assert!(text(&checksum).ends_with("-3"));
            assert_eq!(parse(algorithm, &text(&checksum)), Some(checksum));
            assert_eq!(of_header(header_name(algorithm)), Some(algorithm));
            assert_eq!(super::algorithm(algorithm.as_str()), Some(algorithm));
        }
        assert_eq!(parse(ChecksumAlgorithm::Crc32, "AAAA"), None);
        assert_eq!(parse(ChecksumAlgorithm::Crc32, "not base64"), None);
    }

    #[test]
    fn two_values_are_one_too_many() {
        let mut headers = HeaderMap::new();
        headers.insert("x-amz-checksum-crc32", "AAAAAA==".parse().unwrap());
        assert_eq!(claimed(&headers).unwrap().len(), 1);
        headers.insert("x-amz-checksum-crc32c", "AAAAAA==".parse().unwrap());
        assert!(claimed(&headers).is_err());
    }
}
