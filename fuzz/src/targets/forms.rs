//! Forms as a browser posts them. A case is a policy in JSON, a line `%%%`, and the body with LF for
//! CRLF. `{policy}` is the policy in base64, `{signature}` the right signature over it, `{stamp}`,
//! `{date}` and `{tomorrow}` are times.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use time::Duration;

use crate::clock;
use crate::lab::aws::{self, SignatureClaims};
use crate::lab::raw::{RawRequest, fill};
use crate::lab::{ACCESS_KEYS, HOST, Lab, REGION};
use crate::target::Target;

/// Posts forms, beside a reader of forms and policies of its own.
#[derive(Default)]
pub struct Forms {
    lab: Option<Lab>,
}

const BODY: &str = "--B\nContent-Disposition: form-data; name=\"key\"\n\nforms/${filename}\n--B\nContent-Disposition: form-data; name=\"acl\"\n\nprivate\n--B\nContent-Disposition: form-data; name=\"x-amz-algorithm\"\n\nAWS4-HMAC-SHA256\n--B\nContent-Disposition: form-data; name=\"x-amz-credential\"\n\nROOTKEY/{date}/jp-tokyo/s3/aws4_request\n--B\nContent-Disposition: form-data; name=\"x-amz-date\"\n\n{stamp}\n--B\nContent-Disposition: form-data; name=\"policy\"\n\n{policy}\n--B\nContent-Disposition: form-data; name=\"x-amz-signature\"\n\n{signature}\n--B\nContent-Disposition: form-data; name=\"file\"; filename=\"検査.dcm\"\nContent-Type: application/dicom\n\ncontent\n--B--\n";
const POLICIES: [&str; 3] = [
    r#"{"expiration":"{tomorrow}","conditions":[{"bucket":"bucket"},["starts-with","$key","forms/"],{"acl":"private"},{"x-amz-algorithm":"AWS4-HMAC-SHA256"},["starts-with","$x-amz-credential","ROOTKEY/"],["eq","$x-amz-date","{stamp}"],["content-length-range",1,100]]}"#,
    r#"{"expiration":"{tomorrow}","conditions":[{"bucket":"bucket"},["starts-with","$key",""],["starts-with","$acl",""],["starts-with","$x-amz-algorithm",""],["starts-with","$x-amz-credential",""],["starts-with","$x-amz-date",""]]}"#,
    r#"{"expiration":"2020-01-01T00:00:00Z","conditions":[{"bucket":"bucket"},["eq","$key","other"]]}"#,
];

impl Target for Forms {
    fn seeds(&self) -> Vec<Vec<u8>> {
        let seeds = POLICIES
            .iter()
            .map(|policy| format!("{policy}\n%%%\n{BODY}").into_bytes());
        seeds.collect()
    }

    fn dictionary(&self) -> &'static [&'static str] {
        &[
            "--B",
            "--B--",
            "\n",
            "\n\n",
            "Content-Disposition: form-data; name=\"",
            "; filename=\"",
            "\"",
            "\\\"",
            "${filename}",
            "{policy}",
            "{signature}",
            "{stamp}",
            "{date}",
            "{tomorrow}",
            "\n%%%\n",
            "[\"eq\",\"$key\",\"",
            "[\"starts-with\",\"$",
            "[\"content-length-range\",0,1]",
            "{\"bucket\":\"bucket\"},",
            "\"conditions\":[",
            "\"expiration\":\"",
            "null",
            "[[[[",
            "{\"a\":",
            "success_action_status",
            "success_action_redirect",
            "tagging",
            "x-amz-meta-a",
            "x-ignore-a",
            "content-type",
            "Content-Type: text/plain",
            "\\u0000",
            "acl",
            "file",
            "key",
            "forms/",
            "x-amz-checksum-crc32",
            "Content-Transfer-Encoding: base64",
            "name*=UTF-8''a",
        ]
    }

    fn run(&mut self, input: &[u8]) -> Result<String, String> {
        let Some(at) = input.windows(5).position(|five| five == b"\n%%%\n") else {
            return Ok("no form".to_owned());
        };
        let (policy, body) = input.split_at(at);
        let now = clock::utc();
        let stamp = aws::stamp(now);
        let day = stamp.split('T').next().unwrap_or_default().to_owned();
        let tomorrow = now.saturating_add(Duration::days(1));
        let (date, time) = (tomorrow.date(), tomorrow.time());
        let tomorrow = format!(
            "{date}T{:02}:{:02}:{:02}Z",
            time.hour(),
            time.minute(),
            time.second()
        );
        let times = |text: &[u8]| {
            [("stamp", &stamp), ("date", &day), ("tomorrow", &tomorrow)]
                .into_iter()
                .fold(text.to_vec(), |text, (name, value)| {
                    fill(&text, name, value.as_bytes())
                })
        };
        let policy = times(policy);
        let encoded = STANDARD.encode(&policy);
        let claims = claims(&day);
        let signature = claims.sign(&encoded).unwrap_or_default();
        let body = times(body.get(5..).unwrap_or_default());
        let body = fill(&body, "policy", encoded.as_bytes());
        let body = fill(&body, "signature", signature.as_bytes());
        let body = body
            .split(|byte| *byte == b'\n')
            .collect::<Vec<_>>()
            .join(&b"\r\n"[..]);
        let text = String::from_utf8_lossy(&body).into_owned();
        let request = RawRequest {
            method: "POST".to_owned(),
            target: "/bucket".to_owned(),
            headers: [
                ("host", HOST.to_owned()),
                ("content-type", "multipart/form-data; boundary=B".to_owned()),
                ("content-length", body.len().to_string()),
            ]
            .map(|(name, value)| (name.to_owned(), value.into_bytes()))
            .to_vec(),
            body,
        };
        let answer = Lab::of(&mut self.lab)?.send(&request)?;
        if answer.status < 400 {
            permitted(&text, &claims, &stamp)
                .map_err(|why| format!("{} although {why}: {text}", answer.status))?;
        }
        Ok(answer.label())
    }
}

fn claims(day: &str) -> SignatureClaims {
    let scope = [day, REGION, "s3", "aws4_request"].map(str::to_owned);
    let (key, _) = ACCESS_KEYS[0];
    SignatureClaims {
        key: key.to_owned(),
        scope: scope.to_vec(),
        ..SignatureClaims::default()
    }
}

/// Whether what was taken bears the signature of a policy that has not expired and names its bucket,
/// and whether every condition on a field that is a text for text comparison holds.
fn permitted(body: &str, claims: &SignatureClaims, now: &str) -> Result<(), String> {
    let field = |name: &str| {
        fields(body)
            .into_iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    };
    let policy = field("policy").ok_or("there is no policy")?;
    let signature = field("x-amz-signature").ok_or("there is no signature")?;
    if claims.sign(policy.trim()).as_deref() != Some(signature.trim())
        && claims.sign(&policy).as_deref() != Some(signature.trim())
    {
        return Err("the signature is another".to_owned());
    }
    let json = STANDARD
        .decode(policy.trim())
        .map_err(|error| error.to_string())?;
    let json: Value = serde_json::from_slice(&json).map_err(|error| error.to_string())?;
    let expiration = json
        .get("expiration")
        .and_then(Value::as_str)
        .ok_or("it never expires")?;
    let digits = |text: &str| {
        text.bytes()
            .filter(u8::is_ascii_digit)
            .take(14)
            .collect::<Vec<_>>()
    };
    if digits(expiration) < digits(now) {
        return Err(format!("it expired at {expiration}"));
    }
    let conditions = json
        .get("conditions")
        .and_then(Value::as_array)
        .ok_or("it has no conditions")?;
    for condition in conditions {
        let Some([how, name, value]) = condition.as_array().map(Vec::as_slice) else {
            continue;
        };
        let (Some(how), Some(name), Some(value)) = (how.as_str(), name.as_str(), value.as_str())
        else {
            continue;
        };
        let name = name.trim_start_matches('$');
        // `${filename}` is filled in before the key is judged, and the bucket stands in the path.
        let Some(actual) = field(name).filter(|actual| !actual.contains("${filename}")) else {
            continue;
        };
        let holds = match how.to_ascii_lowercase().as_str() {
            "eq" => actual == value,
            "starts-with" => actual.starts_with(value) || name.eq_ignore_ascii_case("content-type"),
            _ => true,
        };
        if !holds {
            return Err(format!(
                "{name} is {actual:?}, and the policy asks for {how} {value:?}"
            ));
        }
    }
    Ok(())
}

/// Fields before the file, by a reader that knows one way of writing them: a head up to an empty line,
/// a value up to a boundary. A boundary within a head is a line of it, as the gateway takes it.
fn fields(body: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = body.split_once("--B\r\n").map_or("", |(_, rest)| rest);
    while let Some((head, after)) = rest.split_once("\r\n\r\n") {
        let (value, next) = after.split_once("\r\n--B").unwrap_or((after, ""));
        rest = next;
        let lower = head.to_ascii_lowercase();
        let at = [" name=\"", ";name=\""]
            .into_iter()
            .find_map(|mark| lower.find(mark));
        let name = at.and_then(|at| head.get(at.saturating_add(7)..)?.split_once('"'));
        match name {
            Some((name, _)) if name.eq_ignore_ascii_case("file") => break,
            Some((name, _)) => found.push((name.to_owned(), value.to_owned())),
            None => {}
        }
    }
    found
}
