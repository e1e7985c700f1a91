//! Headers with an access-control list stand only where they are read: on a request that makes a bucket or
//! an object, or puts a list. Elsewhere they would be ignored; what they say there may only be what is so
//! anyway.

use http::Method;

use super::refusal::Refusal;
use super::request::View;

/// Sub-resources of an object with which a PUT stores no object of its own and puts no list.
const NO_OBJECT: [&str; 5] = [
    "legal-hold",
    "partNumber",
    "retention",
    "tagging",
    "uploadId",
];

/// Refuses a list that nothing would keep.
pub(crate) fn check(view: &View<'_>) -> Result<(), Refusal> {
    let reads = match (view.method(), view.names_object()) {
        (&Method::PUT, true) => !NO_OBJECT.iter().any(|sub| view.has(sub)),
        (&Method::PUT, false) => {
            let mut names = view.query.iter().map(|(name, _)| name.as_str());
            names.all(|name| {
                name == "acl" || name == "x-id" || name.to_ascii_lowercase().starts_with("x-amz-")
            })
        }
        (&Method::POST, true) => view.has("uploads"),
        _ => false,
    };
    if reads {
        return Ok(());
    }
    let same = matches!(
        view.header("x-amz-acl"),
        None | Some("private" | "bucket-owner-full-control")
    );
    let granted = view
        .headers()
        .keys()
        .any(|name| name.as_str().starts_with("x-amz-grant-"));
    if same && !granted {
        return Ok(());
    }
    Err(Refusal::invalid_argument(
        "x-amz-acl and x-amz-grant-* are read with CreateBucket, PutObject, CopyObject, \
         CreateMultipartUpload, PutBucketAcl and PutObjectAcl",
    ))
}
