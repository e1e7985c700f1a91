//! A closed world of query parameters on requests that change something. `s3s` takes a request
//! whose sub-resource it does not know for the plain one: `DELETE /bucket/key?retention` would
//! delete the object, `PUT /bucket/key?something-new` would overwrite it.

use http::Method;

use super::refusal::Refusal;
use super::request::View;

const PUT_BUCKET: [&str; 21] = [
    "accelerate",
    "acl",
    "analytics",
    "cors",
    "encryption",
    "id",
    "intelligent-tiering",
    "inventory",
    "lifecycle",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "policy",
    "publicAccessBlock",
    "replication",
    "requestPayment",
    "tagging",
    "versioning",
    "website",
];
const PUT_OBJECT: [&str; 6] = [
    "acl",
    "legal-hold",
    "partNumber",
    "retention",
    "tagging",
    "uploadId",
];
const POST_BUCKET: [&str; 2] = ["delete", "metadataTable"];
const POST_OBJECT: [&str; 6] = [
    "restore",
    "select",
    "select-type",
    "uploadId",
    "uploads",
    "versionId",
];
const DELETE_BUCKET: [&str; 15] = [
    "analytics",
    "cors",
    "encryption",
    "id",
    "intelligent-tiering",
    "inventory",
    "lifecycle",
    "metadataTable",
    "metrics",
    "ownershipControls",
    "policy",
    "publicAccessBlock",
    "replication",
    "tagging",
    "website",
];
/// Sub-resources of a version that is there.
const AMENDMENTS: [&str; 4] = ["acl", "legal-hold", "retention", "tagging"];
const DELETE_OBJECT: [&str; 3] = ["tagging", "uploadId", "versionId"];

/// Refuses what would be taken for something else.
pub(crate) fn check(view: &View<'_>) -> Result<(), Refusal> {
    let (method, object) = (view.method(), view.names_object());
    let known: &[&str] = match (method, object) {
        (&Method::PUT, false) => &PUT_BUCKET,
        (&Method::PUT, true) => &PUT_OBJECT,
        (&Method::POST, false) => &POST_BUCKET,
        (&Method::POST, true) => &POST_OBJECT,
        (&Method::DELETE, false) => &DELETE_BUCKET,
        (&Method::DELETE, true) => &DELETE_OBJECT,
        _ => return Ok(()),
    };
    for (name, _) in &view.query {
        // A version that is there is named only to amend it.
        let amends = method == Method::PUT && object && AMENDMENTS.iter().any(|a| view.has(a));
        if amends && name == "versionId" {
            continue;
        }
        let credential = name.to_ascii_lowercase().starts_with("x-amz-");
        if !credential && name != "x-id" && !known.contains(&name.as_str()) {
            return Err(Refusal::not_implemented(format!(
                "{method} with ?{name} is not built yet"
            )));
        }
    }
    if method == Method::PUT && view.has("partNumber") != view.has("uploadId") {
        return Err(Refusal::invalid_argument(
            "a part needs both partNumber and uploadId",
        ));
    }
    Ok(())
}
