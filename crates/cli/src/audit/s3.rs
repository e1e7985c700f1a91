//! Lines of S3 server access logs (Amazon S3 user guide, "Amazon S3 server access log format"): 26 fields with
//! one space between, `-` for what is not known. AWS may append fields; these lines end with *aclRequired*.

use azekura_admin_api::audit::AuditLine;
use azekura_admin_api::sigv4::encode_component;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

/// One line, without its end.
pub(crate) fn line(line: &AuditLine) -> String {
    let known = |text: Option<String>| text.filter(|text| !text.is_empty());
    let dash = |text: Option<String>| known(text).unwrap_or_else(|| "-".to_owned());
    let word = |text: &str| (!text.is_empty()).then(|| encoded(text));
    let quoted = |text: Option<String>| match known(text) {
        Some(text) => format!("\"{}\"", text.replace(['"', '\r', '\n'], " ")),
        None => "\"-\"".to_owned(),
    };
    let verified = line.auth != "unverified";
    let milliseconds = (line.duration_us / 1000).to_string();
    let timed = (line.duration_us > 0).then_some(milliseconds);
    let object = line.operation == "GetObject" && line.status == 200;
    let fields = [
        "-".to_owned(),
        dash(line.bucket.clone()),
        time(&line.time),
        dash(line.source.clone()),
        dash(word(&line.key_id).filter(|_| verified)),
        dash(word(&line.request_id)),
        operation(line),
        dash(line.key.as_deref().and_then(word)),
        quoted(uri(line)),
        dash((line.status > 0).then(|| line.status.to_string())),
        dash(line.error_code.as_deref().and_then(word)),
        dash((line.bytes_sent > 0).then(|| line.bytes_sent.to_string())),
        dash(object.then(|| line.bytes_sent.to_string())),
        dash(timed.clone()),
        dash(timed),
        quoted(None),
        quoted(line.user_agent.clone()),
        dash(line.version.as_deref().and_then(word)),
        "-".to_owned(),
        dash(verified.then(|| "SigV4".to_owned())),
        "-".to_owned(),
        match line.auth.as_str() {
            "header" | "form" => "AuthHeader".to_owned(),
            "query" => "QueryString".to_owned(),
            _ => "-".to_owned(),
        },
        dash(
            line.host
                .as_ref()
                .map(|host| host.replace([' ', '"'], "%20")),
        ),
        "-".to_owned(),
        "-".to_owned(),
        "-".to_owned(),
    ];
    fields.join(" ")
}

/// Without spaces and quotes: they would end a field.
fn encoded(text: &str) -> String {
    let parts: Vec<String> = text.split('/').map(encode_component).collect();
    parts.join("/")
}

fn time(text: &str) -> String {
    let at = OffsetDateTime::parse(text, &Rfc3339).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let form =
        format_description!("[[[day]/[month repr:short]/[year]:[hour]:[minute]:[second] +0000]");
    at.format(form).unwrap_or_else(|_| "-".to_owned())
}

/// The request line as the client sent it, as far as it is kept.
fn uri(line: &AuditLine) -> Option<String> {
    if line.method.is_empty() {
        return None;
    }
    let path = match (line.interface.as_str(), &line.bucket, &line.key) {
        ("s3", Some(bucket), Some(key)) if !lists(line) => format!("/{bucket}/{}", encoded(key)),
        ("s3", Some(bucket), _) => format!("/{bucket}"),
        ("s3", ..) => "/".to_owned(),
        _ => line.operation.split_once(' ')?.1.to_owned(),
    };
    let query = line.query.as_ref().map(|query| format!("?{query}"));
    Some(format!(
        "{} {path}{} HTTP/1.1",
        line.method,
        query.unwrap_or_default()
    ))
}

fn lists(line: &AuditLine) -> bool {
    line.operation.starts_with("List") && line.operation != "ListParts"
}

/// `REST.METHOD.RESOURCE`, in the words of AWS where they differ from the name of the operation.
fn operation(line: &AuditLine) -> String {
    let known = match line.operation.as_str() {
        "GetObject" => "REST.GET.OBJECT",
        "HeadObject" => "REST.HEAD.OBJECT",
        "PutObject" => "REST.PUT.OBJECT",
        "PostObject" => "REST.POST.OBJECT",
        "CopyObject" => "REST.COPY.OBJECT_GET",
        "UploadPartCopy" => "REST.COPY.PART_GET",
        "DeleteObject" => "REST.DELETE.OBJECT",
        "DeleteObjects" if line.key.is_some() => "BATCH.DELETE.OBJECT",
        "DeleteObjects" => "REST.POST.MULTI_OBJECT_DELETE",
        "ListObjects" | "ListObjectsV2" => "REST.GET.BUCKET",
        "ListObjectVersions" => "REST.GET.BUCKETVERSIONS",
        "ListBuckets" => "REST.GET.SERVICE",
        "HeadBucket" => "REST.HEAD.BUCKET",
        "CreateBucket" => "REST.PUT.BUCKET",
        "DeleteBucket" => "REST.DELETE.BUCKET",
        "CreateMultipartUpload" => "REST.POST.UPLOADS",
        "UploadPart" => "REST.PUT.PART",
        "CompleteMultipartUpload" => "REST.POST.UPLOAD",
        "AbortMultipartUpload" => "REST.DELETE.UPLOAD",
        "ListParts" => "REST.GET.UPLOAD",
        "ListMultipartUploads" => "REST.GET.UPLOADS",
        "GetBucketVersioning" => "REST.GET.VERSIONING",
        "PutBucketVersioning" => "REST.PUT.VERSIONING",
        "GetBucketLocation" => "REST.GET.LOCATION",
        _ => "",
    };
    if !known.is_empty() {
        return known.to_owned();
    }
    let name = &line.operation;
    for verb in ["Get", "Put", "Delete", "Head", "List", "Restore"] {
        if let Some(resource) = name.strip_prefix(verb).filter(|rest| !rest.is_empty()) {
            let method = match verb {
                "List" => "GET".to_owned(),
                "Restore" => "POST".to_owned(),
                other => other.to_uppercase(),
            };
            return format!("REST.{method}.{}", snake(resource));
        }
    }
    match (name.as_str(), line.method.as_str()) {
        ("", "") => "-".to_owned(),
        ("", method) => format!("REST.{method}.UNKNOWN"),
        (name, _) => format!("AZEKURA.{}", encoded(&name.replace([' ', ':'], "."))),
    }
}

fn snake(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.extend(letter.to_uppercase());
    }
    text
}
