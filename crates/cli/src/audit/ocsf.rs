//! OCSF (Open Cybersecurity Schema Framework) 1.3, class API Activity (6003).

use azekura_admin_api::audit::AuditLine;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const CATEGORY: u64 = 6;
const CLASS: u64 = 6003;
const VERSION: &str = "1.3.0";
/// Severity *informational*, and *low* for what was refused.
const INFORMATIONAL: u64 = 1;
const LOW: u64 = 2;

/// One event. What OCSF has no attribute for stands in `unmapped`.
pub(crate) fn event(line: &AuditLine) -> Value {
    let activity = activity(line);
    let refused = line.status >= 400;
    let mut event = json!({
        "category_uid": CATEGORY,
        "class_uid": CLASS,
        "activity_id": activity,
        "type_uid": CLASS * 100 + activity,
        "severity_id": if refused { LOW } else { INFORMATIONAL },
        "status_id": match line.status { 0 => 0, _ if refused => 2, _ => 1 },
        "time": milliseconds(&line.time),
        "metadata": {
            "version": VERSION,
            "uid": line.record,
            "product": { "name": "Azekura", "vendor_name": "Azekura" },
        },
        "actor": actor(line),
        "api": api(line),
        "src_endpoint": match &line.source {
            Some(ip) => json!({ "ip": ip }),
            None => json!({ "name": "azekura" }),
        },
        "http_request": http_request(line),
        "resources": resources(line),
        "count": line.count,
        "unmapped": unmapped(line),
    });
    if let (Some(since), Some(event)) = (&line.since, event.as_object_mut()) {
        event.insert("start_time".to_owned(), json!(milliseconds(since)));
        event.insert("end_time".to_owned(), json!(milliseconds(&line.time)));
    }
    event
}

/// 1 create, 2 read, 3 update, 4 delete, 99 other.
fn activity(line: &AuditLine) -> u64 {
    let starts = |verbs: &[&str]| verbs.iter().any(|verb| line.operation.starts_with(verb));
    if starts(&["Get", "Head", "List", "GET ", "Select"]) {
        2
    } else if starts(&[
        "Create",
        "PutObject",
        "PostObject",
        "Copy",
        "Upload",
        "Complete",
    ]) && !line.operation.starts_with("PutObjectT")
        && !line.operation.starts_with("PutObjectL")
        && !line.operation.starts_with("PutObjectR")
    {
        1
    } else if starts(&["Delete", "Abort", "DELETE "]) {
        4
    } else if starts(&["Put", "PUT ", "POST ", "azekura:"]) {
        3
    } else {
        99
    }
}

fn actor(line: &AuditLine) -> Value {
    let name = if line.principal.is_empty() {
        "anonymous"
    } else {
        line.principal.as_str()
    };
    let mut user = json!({ "name": name });
    if let Some(user) = user.as_object_mut().filter(|_| !line.key_id.is_empty()) {
        user.insert("credential_uid".to_owned(), json!(line.key_id));
    }
    json!({ "user": user })
}

fn api(line: &AuditLine) -> Value {
    let operation = match line.operation.as_str() {
        "" => "unknown",
        known => known,
    };
    json!({
        "operation": operation,
        "service": { "name": line.interface },
        "request": { "uid": line.request_id },
        "response": { "code": line.status, "error": line.error_code },
    })
}

fn http_request(line: &AuditLine) -> Value {
    json!({
        "http_method": line.method,
        "user_agent": line.user_agent,
        "url": { "hostname": line.host, "query_string": line.query },
    })
}

fn resources(line: &AuditLine) -> Value {
    let mut resources = Vec::new();
    if let Some(bucket) = &line.bucket {
        resources.push(json!({ "type": "bucket", "name": bucket }));
    }
    if let Some(key) = &line.key {
        resources.push(json!({ "type": "object", "name": key, "version": line.version }));
    }
    Value::Array(resources)
}

fn unmapped(line: &AuditLine) -> Value {
    let mut rest = Map::new();
    rest.insert("kind".to_owned(), json!(line.kind));
    rest.insert("auth".to_owned(), json!(line.auth));
    rest.insert("patient".to_owned(), json!(line.patient));
    rest.insert("decision".to_owned(), json!(line.decision));
    rest.insert("tls_identity".to_owned(), json!(line.tls_identity));
    rest.insert("bytes_received".to_owned(), json!(line.bytes_received));
    rest.insert("bytes_sent".to_owned(), json!(line.bytes_sent));
    rest.insert("duration_us".to_owned(), json!(line.duration_us));
    rest.retain(|_, value| !value.is_null());
    Value::Object(rest)
}

fn milliseconds(text: &str) -> i64 {
    let at = OffsetDateTime::parse(text, &Rfc3339).ok();
    at.and_then(|at| i64::try_from(at.unix_timestamp_nanos() / 1_000_000).ok())
        .unwrap_or(0)
}
