use azekura_admin_api::audit::AuditLine;

use super::{ocsf, s3};

fn read() -> AuditLine {
    AuditLine {
        time: "2026-11-29T03:04:05.678Z".to_owned(),
        kind: "request".to_owned(),
        request_id: "3E57427F3EXAMPLE".to_owned(),
        interface: "s3".to_owned(),
        operation: "GetObject".to_owned(),
        principal: "山田 花子".to_owned(),
        key_id: "AZK1".to_owned(),
        auth: "header".to_owned(),
        source: Some("192.0.2.3".to_owned()),
        user_agent: Some("aws-cli/2 \"x\"".to_owned()),
        host: Some("s3.hospital.example:9000".to_owned()),
        method: "GET".to_owned(),
        query: Some("versionId=7".to_owned()),
        bucket: Some("images".to_owned()),
        key: Some("検査/a b".to_owned()),
        version: Some("7".to_owned()),
        status: 200,
        patient: Some("0012345678".to_owned()),
        bytes_sent: 4096,
        duration_us: 12_345,
        count: 1,
        record: "c1 7".to_owned(),
        ..AuditLine::default()
    }
}

/// Fields of a line as its readers take it apart: by spaces outside quotes and brackets.
fn fields(line: &str) -> Vec<String> {
    let (mut fields, mut field, mut end) = (Vec::new(), String::new(), None);
    for letter in line.chars() {
        match (letter, end) {
            (' ', None) => fields.push(std::mem::take(&mut field)),
            (letter, Some(last)) if letter == last => end = None,
            ('"', None) => end = Some('"'),
            ('[', None) => end = Some(']'),
            _ => field.push(letter),
        }
    }
    fields.push(field);
    fields
}

#[test]
fn lines_have_the_fields_of_aws() {
    let line = s3::line(&read());
    assert_eq!(
        line,
        "- images [29/Nov/2026:03:04:05 +0000] 192.0.2.3 AZK1 3E57427F3EXAMPLE REST.GET.OBJECT \
         %E6%A4%9C%E6%9F%BB/a%20b \"GET /images/%E6%A4%9C%E6%9F%BB/a%20b?versionId=7 HTTP/1.1\" 200 - 4096 4096 \
         12 12 \"-\" \"aws-cli/2  x \" 7 - SigV4 - AuthHeader s3.hospital.example:9000 - - -"
    );
    assert_eq!(fields(&line).len(), 26);
    let refused = AuditLine {
        auth: "unverified".to_owned(),
        operation: String::new(),
        status: 403,
        error_code: Some("AccessDenied".to_owned()),
        bytes_sent: 0,
        ..read()
    };
    let fields = fields(&s3::line(&refused));
    assert_eq!(fields.len(), 26);
    assert_eq!(
        (fields[4].as_str(), fields[6].as_str()),
        ("-", "REST.GET.UNKNOWN")
    );
    assert_eq!(
        (fields[10].as_str(), fields[11].as_str()),
        ("AccessDenied", "-")
    );
    for (operation, expected) in [
        ("ListObjectsV2", "REST.GET.BUCKET"),
        ("GetObjectTagging", "REST.GET.OBJECT_TAGGING"),
        ("PutObjectRetention", "REST.PUT.OBJECT_RETENTION"),
        ("azekura:LockVersion", "AZEKURA.azekura.LockVersion"),
        ("GET /v1/audit", "AZEKURA.GET./v1/audit"),
    ] {
        let line = AuditLine {
            operation: operation.to_owned(),
            ..read()
        };
        assert_eq!(self::fields(&s3::line(&line))[6], expected);
    }
}

#[test]
fn events_have_what_ocsf_requires() {
    let event = ocsf::event(&read());
    for (name, value) in [
        ("category_uid", 6),
        ("class_uid", 6003),
        ("activity_id", 2),
        ("type_uid", 600_302),
        ("severity_id", 1),
        ("status_id", 1),
        ("time", 1_795_921_445_678_i64),
    ] {
        assert_eq!(event[name], value, "{name}");
    }
    assert_eq!(event["api"]["operation"], "GetObject");
    assert_eq!(event["actor"]["user"]["name"], "山田 花子");
    assert_eq!(event["src_endpoint"]["ip"], "192.0.2.3");
    assert_eq!(event["resources"][1]["name"], "検査/a b");
    assert_eq!(event["unmapped"]["patient"], "0012345678");
    let deleted = AuditLine {
        operation: "DeleteObject".to_owned(),
        status: 403,
        source: None,
        ..read()
    };
    let event = ocsf::event(&deleted);
    assert_eq!(
        (&event["type_uid"], &event["status_id"]),
        (&600_304.into(), &2.into())
    );
    assert!(event["src_endpoint"]["name"].is_string());
}
