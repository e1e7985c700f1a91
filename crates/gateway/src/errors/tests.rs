use azekura_model::ident::VersionId;
use azekura_model::range::Unsatisfiable;

use super::*;

fn every_error() -> Vec<StoreError> {
    let version = VersionId([7; 16]);
    let text = || "words".to_owned();
    vec![
        StoreError::NoSuchBucket,
        StoreError::BucketAlreadyOwnedByYou,
        StoreError::BucketAlreadyExists,
        StoreError::BucketNotEmpty,
        StoreError::NoSuchKey {
            marker: Some(version),
            null: false,
        },
        StoreError::NoSuchVersion,
        StoreError::IsDeleteMarker { version },
        StoreError::NoSuchUpload,
        StoreError::InvalidPart { number: 3 },
        StoreError::InvalidPartOrder,
        StoreError::PartTooSmall {
            number: 1,
            bytes: 9,
        },
        StoreError::TooLarge { max_bytes: 5 },
        StoreError::BadDigest,
        StoreError::BadChecksum { algorithm: "CRC32" },
        StoreError::MalformedTrailer,
        StoreError::Body(BodyError::Incomplete),
        StoreError::Body(BodyError::BadSignature),
        StoreError::Body(BodyError::BadSha256),
        StoreError::Body(BodyError::Malformed(text())),
        StoreError::Body(BodyError::Source(text())),
        StoreError::Range(Unsatisfiable { bytes: 10 }),
        StoreError::Condition(ConditionFailed::NotModified),
        StoreError::Condition(ConditionFailed::PreconditionFailed),
        StoreError::Condition(ConditionFailed::NoSuchKey),
        StoreError::Conflict,
        StoreError::OverQuota(azekura_store::volume::OverQuota {
            unit: "bytes",
            most: 9,
            used: 9,
        }),
        StoreError::InvalidArgument(text()),
        StoreError::NoSpace(text()),
        StoreError::Damaged(text()),
        StoreError::Erased(text()),
        StoreError::Stopped(text()),
        StoreError::NotPlaced(text()),
        StoreError::Internal(text()),
    ]
}

const TABLE: &str = "\
404 NoSuchBucket
409 BucketAlreadyOwnedByYou
409 BucketAlreadyExists
409 BucketNotEmpty
404 NoSuchKey
404 NoSuchVersion
405 MethodNotAllowed
404 NoSuchUpload
400 InvalidPart
400 InvalidPartOrder
400 EntityTooSmall
400 EntityTooLarge
400 BadDigest
400 BadDigest
400 MalformedTrailerError
400 IncompleteBody
403 SignatureDoesNotMatch
400 XAmzContentSHA256Mismatch
400 InvalidChunkSizeError
500 InternalError
416 InvalidRange
304 NotModified
412 PreconditionFailed
404 NoSuchKey
409 ConditionalRequestConflict
403 QuotaExceeded
400 InvalidArgument
507 InsufficientStorage
500 InternalError
500 InternalError
503 ServiceUnavailable
403 AccessDenied
500 InternalError
";

#[test]
fn the_whole_table() {
    let mut table = String::new();
    for error in every_error() {
        let answer = from_store(error);
        let status = answer.status_code().unwrap().as_u16();
        table += &format!("{status} {}\n", answer.code().as_str());
    }
    assert_eq!(table, TABLE);
}

#[test]
fn a_delete_marker_shows_in_the_headers() {
    let version = VersionId([7; 16]);
    let named = StoreError::NoSuchKey {
        marker: Some(version),
        null: false,
    };
    let headers = headers_of(&named);
    assert_eq!(headers.get("x-amz-delete-marker").unwrap(), "true");
    assert_eq!(
        headers.get("x-amz-version-id").unwrap(),
        version.to_string().as_str()
    );
    let null = StoreError::NoSuchKey {
        marker: Some(version),
        null: true,
    };
    assert_eq!(headers_of(&null).get("x-amz-version-id").unwrap(), "null");
    assert!(headers_of(&StoreError::NoSuchVersion).is_empty());
}

#[test]
fn what_went_wrong_inside_stays_inside() {
    let answer = from_store(StoreError::Internal("/secret/path".to_owned()));
    assert!(!answer.message().unwrap().contains("secret"));
}
