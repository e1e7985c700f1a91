//! Requests of the matrix, in every way in which they may be signed.

use azekura_admin_api::sigv4::{self, Credentials, TextSignature};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::world::Target;

/// Which listener.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Side {
    /// S3.
    S3,
    /// The admin API.
    Admin,
}

/// Requests that take more than one step or are signed in a way of their own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// One request.
    Plain,
    /// A multipart upload: begun, one part, completed.
    Upload,
    /// A form with a policy.
    Form,
}

/// How a request is signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Signing {
    /// In its header.
    Header,
    /// In its link.
    Link,
    /// With a wrong secret.
    Forged,
    /// Not at all.
    Anonymous,
}

/// A request.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub(super) side: Side,
    pub(super) kind: Kind,
    pub(super) method: &'static str,
    pub(super) target: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Bytes,
    /// Whether the bypass header belongs to it, for those credentials that send it.
    pub(super) bypassable: bool,
}

impl Ask {
    pub(super) fn s3(method: &'static str, target: String) -> Self {
        Self {
            side: Side::S3,
            kind: Kind::Plain,
            method,
            target,
            headers: Vec::new(),
            body: Bytes::new(),
            bypassable: false,
        }
    }

    pub(super) fn admin(method: &'static str, target: String) -> Self {
        Self {
            side: Side::Admin,
            ..Self::s3(method, target)
        }
    }

    pub(super) fn kind(self, kind: Kind) -> Self {
        Self { kind, ..self }
    }

    pub(super) fn bypassing(mut self) -> Self {
        self.bypassable = true;
        self
    }

    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// With a body of the admin API.
    pub(super) fn json(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.header("content-type", "application/json")
    }

    /// With the checksum that S3 asks for.
    pub(super) fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        let sum = hex::decode(sigv4::sha256_hex(&self.body)).unwrap();
        self.header("x-amz-checksum-sha256", STANDARD.encode(sum))
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: http::HeaderMap,
    pub(super) body: Bytes,
}

impl Reply {
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(super) fn header(&self, name: &str) -> String {
        let value = self.headers.get(name).map(|value| value.to_str().unwrap());
        value.unwrap_or_default().to_owned()
    }

    pub(super) fn element(&self, name: &str) -> Option<String> {
        let text = self.text();
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        Some(rest.split_once(&format!("</{name}>"))?.0.to_owned())
    }

    /// Done as asked; a batch whose entry failed was not.
    pub(super) fn accepted(&self) -> bool {
        (200..300).contains(&self.status) && !self.text().contains("<Error>")
    }
}

/// A client for both listeners.
#[derive(Clone)]
pub(super) struct Wire {
    pub(super) http: Client<HttpConnector, Full<Bytes>>,
    pub(super) s3: String,
    pub(super) admin: String,
    pub(super) region: String,
    pub(super) now: i64,
}

impl Wire {
    pub(super) fn new(s3: String, admin: String, region: &str, now: i64) -> Self {
        Self {
            http: Client::builder(TokioExecutor::new())
                .pool_max_idle_per_host(0)
                .build(HttpConnector::new()),
            s3,
            admin,
            region: region.to_owned(),
            now,
        }
    }

    /// Sends whatever steps the request has; answers the last reply, or the first refusal.
    pub(super) async fn attempt(
        &self,
        ask: Ask,
        target: &Target,
        key: &Credentials,
        signing: Signing,
    ) -> Reply {
        match ask.kind {
            Kind::Plain => self.send(ask, key, signing).await,
            Kind::Form => self.form(target, key, signing).await,
            Kind::Upload => {
                let path = ask.target;
                let begin = Ask::s3("POST", format!("{path}?uploads"));
                let begun = self.send(begin, key, signing).await;
                let Some(id) = begun.element("UploadId") else {
                    return begun;
                };
                let part = Ask::s3("PUT", format!("{path}?partNumber=1&uploadId={id}"));
                let part = self.send(part.body("part"), key, signing).await;
                let list = format!(
                    "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{}</ETag></Part>\
                     </CompleteMultipartUpload>",
                    part.header("etag").replace('"', "&quot;")
                );
                let mut complete = Ask::s3("POST", format!("{path}?uploadId={id}"));
                complete.body = list.into();
                self.send(complete, key, signing).await
            }
        }
    }

    pub(super) async fn send(&self, ask: Ask, key: &Credentials, signing: Signing) -> Reply {
        let endpoint = match ask.side {
            Side::S3 => &self.s3,
            Side::Admin => &self.admin,
        };
        let mut request = Request::builder()
            .method(ask.method)
            .uri(format!("{endpoint}{}", ask.target))
            .body(ask.body)
            .unwrap();
        for (name, value) in ask.headers {
            let value = HeaderValue::from_str(&value).unwrap();
            request
                .headers_mut()
                .append(HeaderName::from_static(name), value);
        }
        let key = match signing {
            Signing::Forged => Credentials {
                key_id: key.key_id.clone(),
                secret: "not the secret of this key".to_owned(),
            },
            _ => key.clone(),
        };
        match (signing, ask.side) {
            (Signing::Anonymous, _) => {}
            (Signing::Link, Side::S3) => self.link(&mut request, &key),
            (_, Side::S3) => {
                sigv4::sign_s3(&mut request, &key, &self.region, self.now).unwrap();
            }
            (_, Side::Admin) => {
                let service = sigv4::SERVICE;
                sigv4::sign(&mut request, &key, &self.region, service, self.now).unwrap();
            }
        }
        let reply = self.http.request(request.map(Full::new)).await.unwrap();
        let (head, body) = reply.into_parts();
        Reply {
            status: head.status.as_u16(),
            headers: head.headers,
            body: body.collect().await.unwrap().to_bytes(),
        }
    }

    /// Moves the signature into the query (AWS S3 API reference, "Authenticating requests: using
    /// query parameters").
    fn link(&self, request: &mut Request<Bytes>, key: &Credentials) {
        let signature = TextSignature::begin(key, &self.region, self.now).unwrap();
        let host = request.uri().authority().unwrap().to_string();
        let mut headers: Vec<(String, String)> = request
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        headers.push(("host".to_owned(), host));
        headers.sort();
        let names: Vec<_> = headers.iter().map(|(name, _)| name.as_str()).collect();
        let mut pairs = vec![
            "X-Amz-Algorithm=AWS4-HMAC-SHA256".to_owned(),
            format!(
                "X-Amz-Credential={}",
                sigv4::encode_component(&signature.credential)
            ),
            format!("X-Amz-Date={}", signature.date_time),
            "X-Amz-Expires=300".to_owned(),
            format!("X-Amz-SignedHeaders={}", names.join("%3B")),
        ];
        let query = request.uri().query().unwrap_or_default().to_owned();
        let own = query.split('&').filter(|pair| !pair.is_empty());
        pairs.extend(own.map(|pair| {
            if pair.contains('=') {
                pair.to_owned()
            } else {
                format!("{pair}=")
            }
        }));
        pairs.sort();
        let query = pairs.join("&");
        let lines: String = headers
            .iter()
            .map(|(name, value)| format!("{name}:{value}\n"))
            .collect();
        let path = request.uri().path().to_owned();
        let canonical = format!(
            "{}\n{path}\n{query}\n{lines}\n{}\nUNSIGNED-PAYLOAD",
            request.method(),
            names.join(";")
        );
        let scope = signature.credential.split_once('/').unwrap().1;
        let text = format!(
            "AWS4-HMAC-SHA256\n{}\n{scope}\n{}",
            signature.date_time,
            sigv4::sha256_hex(canonical.as_bytes())
        );
        let signed = signature.sign(&text);
        let target = format!("{}{path}?{query}&X-Amz-Signature={signed}", self.s3);
        *request.uri_mut() = target.parse().unwrap();
    }

    async fn form(&self, target: &Target, key: &Credentials, signing: Signing) -> Reply {
        let boundary = "matrix-boundary";
        let signature = TextSignature::begin(key, &self.region, self.now).unwrap();
        let mut fields = vec![("key", target.key.clone())];
        if signing != Signing::Anonymous {
            fields.push(("x-amz-algorithm", "AWS4-HMAC-SHA256".to_owned()));
            fields.push(("x-amz-credential", signature.credential.clone()));
            fields.push(("x-amz-date", signature.date_time.clone()));
            let conditions: Vec<_> = fields
                .iter()
                .map(|(name, value)| format!("[\"eq\",\"${name}\",\"{value}\"]"))
                .collect();
            let policy = STANDARD.encode(format!(
                "{{\"expiration\":\"2999-01-01T00:00:00Z\",\"conditions\":[{{\"bucket\":\"{}\"}},{}]}}",
                target.bucket,
                conditions.join(",")
            ));
            let signed = match signing {
                Signing::Forged => "0".repeat(64),
                _ => signature.sign(&policy),
            };
            fields.push(("policy", policy));
            fields.push(("x-amz-signature", signed));
        }
        fields.push(("file", "other".to_owned()));
        let body: String = fields
            .iter()
            .map(|(name, value)| {
                let file = if *name == "file" {
                    "; filename=\"f\""
                } else {
                    ""
                };
                format!(
                    "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n\
                     {value}\r\n"
                )
            })
            .collect();
        let mut ask = Ask::s3("POST", target.bucket("")).header(
            "content-type",
            format!("multipart/form-data; boundary={boundary}"),
        );
        ask.body = format!("{body}--{boundary}--\r\n").into();
        self.send(ask, key, Signing::Anonymous).await
    }
}
