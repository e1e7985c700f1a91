//! The wire of the drill: requests as a client of any kind might send them, wrong ones too.

use azekura_admin_api::client::tls::{self, ClientTls, Connector};
use azekura_admin_api::sigv4::{self, Credentials, TextSignature};
use azekura_store::clock::{SystemTimeSource, TimeSource as _};
use base64::Engine as _;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::rt::TokioExecutor;

use crate::exit::{CommandError, Exit};

/// Longest answer that is read, in bytes. The drill's own objects are far smaller.
const ANSWER_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Which listener a request goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// S3.
    S3,
    /// The admin API.
    Admin,
}

/// How a request is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signing {
    /// With the key of the drill.
    Proper,
    /// Not at all.
    Anonymous,
    /// With the key's id and a signature that is wrong.
    Forged,
}

/// A request to send.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    side: Side,
    method: &'static str,
    /// Path, and query behind a `?`; percent-encoded by the caller and sent as it is.
    target: String,
    headers: Vec<(&'static str, String)>,
    body: Bytes,
    signing: Signing,
    /// Another key than that of the drill.
    key: Option<Credentials>,
}

impl Ask {
    /// A request without body, properly signed, to S3.
    pub(super) fn s3(method: &'static str, target: impl Into<String>) -> Self {
        Self {
            side: Side::S3,
            method,
            target: target.into(),
            headers: Vec::new(),
            body: Bytes::new(),
            signing: Signing::Proper,
            key: None,
        }
    }

    /// The same to the admin API.
    pub(super) fn admin(method: &'static str, target: impl Into<String>) -> Self {
        Self {
            side: Side::Admin,
            ..Self::s3(method, target)
        }
    }

    /// With one more header; the name is in lower case.
    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// With a body, and the checksum that S3 wants where locks are concerned.
    pub(super) fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        if self.side == Side::S3 {
            let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &self.body);
            let sum = base64::engine::general_purpose::STANDARD.encode(digest);
            return self.header("x-amz-checksum-sha256", sum);
        }
        self.header("content-type", "application/json")
    }

    /// With a body as it is.
    pub(super) fn plain_body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Signed in another way.
    pub(super) fn signing(mut self, signing: Signing) -> Self {
        self.signing = signing;
        self
    }

    /// Signed with another key.
    pub(super) fn with_key(mut self, key: Credentials) -> Self {
        self.key = Some(key);
        self
    }

    /// With the header that goes against GOVERNANCE.
    pub(super) fn bypass(self) -> Self {
        self.header("x-amz-bypass-governance-retention", "true")
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    /// HTTP status.
    pub(super) status: u16,
    headers: http::HeaderMap,
    /// Body.
    pub(super) body: Bytes,
}

impl Reply {
    /// A header's value.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Body as text.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Contents of all elements of a name, in order.
    pub(super) fn elements(&self, name: &str) -> Vec<String> {
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        let text = self.text();
        text.split(&open)
            .skip(1)
            .filter_map(|rest| rest.split_once(&close).map(|(inside, _)| inside.to_owned()))
            .collect()
    }

    /// The first error code: of S3's XML, or of the admin API's JSON.
    pub(super) fn code(&self) -> Option<String> {
        if let Some(code) = self.elements("Code").into_iter().next() {
            return Some(code);
        }
        let json: serde_json::Value = serde_json::from_slice(&self.body).ok()?;
        Some(json.get("code")?.as_str()?.to_owned())
    }

    /// Whether the server did what it was asked. A batch whose entries carry errors did not.
    pub(super) fn accepted(&self) -> bool {
        (200..300).contains(&self.status)
            && !(self.code().is_some() && self.text().contains("<Error>"))
    }

    /// Status and code in one word or two, as the table prints them.
    pub(super) fn label(&self) -> String {
        match self.code() {
            Some(code) if self.status >= 300 || self.text().contains("<Error>") => {
                format!("{} {code}", self.status)
            }
            _ => self.status.to_string(),
        }
    }
}

/// A client for both listeners of one server.
pub(super) struct Wire {
    http: HttpClient<Connector, Full<Bytes>>,
    s3: String,
    admin: String,
    credentials: Credentials,
    region: String,
}

impl Wire {
    /// Opens no connection yet. Endpoints are `http://host:port` or `https://host:port`.
    pub(super) fn new(
        (s3, admin): (&str, &str),
        credentials: Credentials,
        region: String,
        tls: &ClientTls,
    ) -> Result<Self, CommandError> {
        // One connector for both: an encrypted one if either needs it.
        let strict = [s3, admin]
            .into_iter()
            .find(|url| url.starts_with("https:"));
        let connector = tls::connector(strict.unwrap_or(s3), tls)?;
        Ok(Self {
            // A connection of its own for each request: a refused one may leave the other end closed.
            http: HttpClient::builder(TokioExecutor::new())
                .pool_max_idle_per_host(0)
                .build(connector),
            s3: s3.trim_end_matches('/').to_owned(),
            admin: admin.trim_end_matches('/').to_owned(),
            credentials,
            region,
        })
    }

    /// Id of the key that the drill signs with.
    pub(super) fn key_id(&self) -> &str {
        &self.credentials.key_id
    }

    /// Region that the drill signs for.
    pub(super) fn region(&self) -> &str {
        &self.region
    }

    /// A signature for the policy of a form.
    pub(super) fn policy(&self) -> Result<TextSignature, CommandError> {
        let now = SystemTimeSource.wall().0.div_euclid(1000);
        TextSignature::begin(&self.credentials, &self.region, now)
            .map_err(|error| CommandError::new(Exit::Failure, error.to_string()))
    }

    /// Sends a request and reads its whole answer.
    pub(super) async fn send(&self, ask: Ask) -> Result<Reply, CommandError> {
        let request = self.request(&ask)?;
        let failed = |error: &dyn std::fmt::Display| {
            CommandError::new(
                Exit::Unavailable,
                format!("no answer to {} {}: {error}", ask.method, ask.target),
            )
            .hint("The drill ended early: what it had not tried yet is not shown.")
        };
        let response = self
            .http
            .request(request.map(Full::new))
            .await
            .map_err(|error| failed(&error))?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, ANSWER_BYTES_MAX)
            .collect()
            .await
            .map_err(|error| failed(&error))?
            .to_bytes();
        Ok(Reply {
            status: head.status.as_u16(),
            headers: head.headers,
            body,
        })
    }

    fn request(&self, ask: &Ask) -> Result<Request<Bytes>, CommandError> {
        let invalid = |error: &dyn std::fmt::Display| {
            CommandError::new(Exit::Failure, format!("cannot make the request: {error}"))
        };
        let method = Method::from_bytes(ask.method.as_bytes()).map_err(|error| invalid(&error))?;
        let endpoint = match ask.side {
            Side::S3 => &self.s3,
            Side::Admin => &self.admin,
        };
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{endpoint}{}", ask.target))
            .body(ask.body.clone())
            .map_err(|error| invalid(&error))?;
        for (name, value) in &ask.headers {
            let value = HeaderValue::from_str(value).map_err(|error| invalid(&error))?;
            request
                .headers_mut()
                .append(HeaderName::from_static(name), value);
        }
        let credentials = match ask.signing {
            Signing::Anonymous => return Ok(request),
            Signing::Proper => ask.key.as_ref().unwrap_or(&self.credentials).clone(),
            Signing::Forged => Credentials {
                key_id: self.credentials.key_id.clone(),
                secret: "not-the-secret-of-this-key".to_owned(),
            },
        };
        let now = SystemTimeSource.wall().0.div_euclid(1000);
        let signed = match ask.side {
            Side::S3 => sigv4::sign_s3(&mut request, &credentials, &self.region, now),
            Side::Admin => sigv4::sign(
                &mut request,
                &credentials,
                &self.region,
                sigv4::SERVICE,
                now,
            ),
        };
        signed.map_err(|error| invalid(&error))?;
        Ok(request)
    }
}
