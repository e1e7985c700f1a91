//! Forms as a browser posts them, written from the AWS documentation for the tests alone.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::sigv4::Signer;
use super::{Reply, Server};

/// Divides the fields.
pub(crate) const BOUNDARY: &str = "----WebKitFormBoundaryAbc123";

/// A form with a policy that allows exactly its fields.
#[derive(Clone)]
pub(crate) struct Form {
    signer: Signer,
    pub(crate) fields: Vec<(String, String)>,
    /// Conditions in JSON; those of the fields are added unless `exact`.
    pub(crate) conditions: Vec<String>,
    pub(crate) exact: bool,
    pub(crate) expires: String,
    /// Name and content.
    pub(crate) file: Option<(String, Vec<u8>)>,
    /// Fields that stand behind the file.
    pub(crate) behind: Vec<(String, String)>,
    pub(crate) unsigned: bool,
    pub(crate) break_signature: bool,
    pub(crate) bucket: String,
}

impl Form {
    pub(crate) fn new(server: &Server, key: &str) -> Self {
        let signer = server.root("POST", "/bucket");
        let tomorrow = super::sigv4::now(24 * 3600);
        let (date, time) = (tomorrow.date(), tomorrow.time());
        let expires = format!(
            "{date}T{:02}:{:02}:{:02}Z",
            time.hour(),
            time.minute(),
            time.second()
        );
        Self {
            signer,
            fields: vec![("key".to_owned(), key.to_owned())],
            conditions: vec![r#"{"bucket":"bucket"}"#.to_owned()],
            exact: false,
            expires,
            file: Some(("scan.dcm".to_owned(), b"content".to_vec())),
            behind: Vec::new(),
            unsigned: false,
            break_signature: false,
            bucket: "bucket".to_owned(),
        }
    }

    pub(crate) fn field(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn condition(mut self, json: &str) -> Self {
        self.conditions.push(json.to_owned());
        self
    }

    pub(crate) fn file(mut self, name: &str, content: &[u8]) -> Self {
        self.file = Some((name.to_owned(), content.to_vec()));
        self
    }

    pub(crate) fn signed_by(mut self, key: (&str, &str)) -> Self {
        self.signer.key = (key.0.to_owned(), key.1.to_owned());
        self
    }

    pub(crate) fn at(mut self, offset_seconds: i64) -> Self {
        self.signer = self.signer.at(offset_seconds);
        self
    }

    pub(crate) fn region(mut self, region: &str) -> Self {
        self.signer.region = region.to_owned();
        self
    }

    fn all_fields(&self) -> Vec<(String, String)> {
        let mut fields = self.fields.clone();
        if self.unsigned {
            return fields;
        }
        let credential = format!("{}/{}", self.signer.key.0, self.signer.scope());
        for (name, value) in [
            ("x-amz-algorithm", "AWS4-HMAC-SHA256".to_owned()),
            ("x-amz-credential", credential),
            ("x-amz-date", self.signer.timestamp()),
        ] {
            if !fields.iter().any(|(n, _)| n == name) {
                fields.push((name.to_owned(), value));
            }
        }
        let mut conditions = self.conditions.clone();
        if !self.exact {
            for (name, value) in &fields {
                let value = serde_json::to_string(value).unwrap();
                conditions.push(format!("[\"eq\",\"${name}\",{value}]"));
            }
        }
        let policy = format!(
            "{{\"expiration\":\"{}\",\"conditions\":[{}]}}",
            self.expires,
            conditions.join(",")
        );
        let policy = STANDARD.encode(policy);
        let mut signature = self.signer.sign_text(&policy);
        if self.break_signature {
            signature = "0".repeat(64);
        }
        for (name, value) in [("policy", policy), ("x-amz-signature", signature)] {
            if !fields.iter().any(|(n, _)| n == name) {
                fields.push((name.to_owned(), value));
            }
        }
        fields
    }

    /// The body.
    pub(crate) fn body(&self) -> Vec<u8> {
        let mut body = Vec::new();
        let plain = |body: &mut Vec<u8>, (name, value): &(String, String)| {
            let text = format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
            body.extend_from_slice(text.as_bytes());
        };
        for field in self.all_fields() {
            plain(&mut body, &field);
        }
        if let Some((name, content)) = &self.file {
            let head = format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\
                 \r\nContent-Type: application/octet-stream\r\n\r\n"
            );
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(content);
            body.extend_from_slice(b"\r\n");
        }
        for field in &self.behind {
            plain(&mut body, field);
        }
        body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        body
    }

    /// The head of a request with a body of so many bytes.
    pub(crate) fn head(&self, server: &Server, bytes: usize) -> String {
        format!(
            "POST /{} HTTP/1.1\r\nhost: {}\r\ncontent-type: multipart/form-data; \
             boundary={BOUNDARY}\r\ncontent-length: {bytes}\r\nconnection: close\r\n\r\n",
            self.bucket,
            server.host()
        )
    }

    pub(crate) async fn post(&self, server: &Server) -> Reply {
        let body = self.body();
        server.send(&self.head(server, body.len()), &body).await
    }
}
