//! A gateway over a store in memory, driven in process.

pub mod aws;
pub mod markup;
pub mod raw;

use std::sync::Arc;

use aws_lc_rs::digest;
use azekura_engine::memory::MemoryEngine;
use azekura_gateway::audit::NoAudit;
use azekura_gateway::auth::{Peer, StaticKeys};
use azekura_gateway::service::{GatewayConfig, S3Gateway};
use azekura_model::access::Right;
use azekura_model::position::{Incarnation, RegionName};
use azekura_store::clock::Clock;
use azekura_store::entropy::SystemEntropy;
use azekura_store::ids::Ids;
use azekura_store::keys::Keys;
use azekura_store::seal::cipher::SecretKey;
use azekura_store::store::{Parts, Store};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::stream;
use http::{HeaderMap, Request};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use tokio::runtime::Runtime;

use raw::RawRequest;

/// Region of the gateway.
pub const REGION: &str = "jp-tokyo";
/// Every region that its signatures may name.
pub const REGIONS: [&str; 3] = [REGION, "tokyo", "us-east-1"];
/// Host of requests.
pub const HOST: &str = "s3.test";
/// Access keys: id, secret.
pub const ACCESS_KEYS: [(&str, &str); 3] = [
    ("ROOTKEY", "root-secret"),
    ("READKEY", "read-secret"),
    ("WRITEKEY", "write-secret"),
];
/// The bucket that every lab has, with an object `key` of the bytes `content`.
pub const BUCKET: &str = "bucket";
/// Requests after which a lab is replaced: a store in memory forgets nothing.
const REQUESTS_MAX: u64 = 4000;

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Vec<u8>,
}

/// A gateway, its store and the thread that runs them.
pub struct Lab {
    runtime: Runtime,
    gateway: S3Gateway,
    requests: u64,
}

impl Lab {
    /// Starts a gateway over a new store.
    ///
    /// # Errors
    /// A sentence when that fails.
    pub fn start() -> Result<Self, String> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| error.to_string())?;
        let store = runtime.block_on(store())?;
        let [root, reader, writer] = ACCESS_KEYS;
        let all = [
            Right::Read,
            Right::Write,
            Right::Manage,
            Right::Lock,
            Right::Bypass,
        ];
        let keys = StaticKeys::new()
            .with(root.0, root.1, "root", &all)
            .with(reader.0, reader.1, "reader", &[Right::Read])
            .with(writer.0, writer.1, "writer", &[Right::Write]);
        let config = GatewayConfig {
            region: REGION.to_owned(),
            aliases: vec!["tokyo".to_owned()],
            domains: vec![HOST.to_owned()],
            ..GatewayConfig::default()
        };
        let gateway = S3Gateway::new(store, Arc::new(keys), Arc::new(NoAudit), config);
        let mut lab = Self {
            runtime,
            gateway,
            requests: 0,
        };
        for (target, body) in [("/bucket", ""), ("/bucket/key", "content")] {
            let answer = lab.call("PUT", target, &[], body.as_bytes())?;
            if answer.status != 200 {
                return Err(format!("the lab has no {target}: {}", answer.text()));
            }
        }
        Ok(lab)
    }

    /// The lab in this place: a new one when there is none or it is worn.
    ///
    /// # Errors
    /// A sentence when it does not start.
    pub fn of(place: &mut Option<Self>) -> Result<&mut Self, String> {
        if place
            .as_ref()
            .is_some_and(|lab| lab.requests > REQUESTS_MAX)
        {
            *place = None;
        }
        match place {
            Some(lab) => Ok(lab),
            None => Ok(place.insert(Self::start()?)),
        }
    }

    /// Sends a request, and judges what every answer must be.
    ///
    /// # Errors
    /// What is wrong with the answer.
    pub fn send(&mut self, request: &RawRequest) -> Result<Answer, String> {
        let whole = request.body.clone();
        self.send_pieces(request, vec![whole])
    }

    /// Sends a request whose body arrives in these pieces.
    ///
    /// # Errors
    /// What is wrong with the answer; `not http` when no server would get this far.
    pub fn send_pieces(
        &mut self,
        request: &RawRequest,
        pieces: Vec<Vec<u8>>,
    ) -> Result<Answer, String> {
        self.requests = self.requests.saturating_add(1);
        let frames = pieces
            .into_iter()
            .filter(|piece| !piece.is_empty())
            .map(|piece| Ok::<_, std::io::Error>(Frame::data(Bytes::from(piece))));
        let body = StreamBody::new(stream::iter(frames.collect::<Vec<_>>()));
        let request_http: Request<_> = request.build(body).ok_or("not http")?;
        let gateway = self.gateway.clone();
        let answer = self.runtime.block_on(async move {
            let response = gateway.serve(Peer::default(), request_http).await;
            let (parts, body) = response.into_parts();
            let body = body
                .collect()
                .await
                .map_err(|error| format!("the body of the answer broke: {error}"))?;
            Ok::<_, String>(Answer {
                status: parts.status.as_u16(),
                headers: parts.headers,
                body: body.to_bytes().to_vec(),
            })
        })?;
        answer.judge(&request.method)?;
        Ok(answer)
    }

    /// Sends a request signed by the root key.
    ///
    /// # Errors
    /// What is wrong with the answer.
    pub fn call(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer, String> {
        let request = aws::signed(method, target, headers, body);
        self.send(&request)
    }

    /// Sends a document signed by the root key, with its checksum, which some of them must have.
    ///
    /// # Errors
    /// What is wrong with the answer.
    pub fn call_checked(
        &mut self,
        method: &str,
        target: &str,
        document: &[u8],
    ) -> Result<Answer, String> {
        let sha256 = digest::digest(&digest::SHA256, document);
        let sha256 = STANDARD.encode(sha256);
        let headers = [("x-amz-checksum-sha256", sha256.as_str())];
        self.call(method, target, &headers, document)
    }
}

async fn store() -> Result<Arc<Store>, String> {
    let region = RegionName::parse(REGION).map_err(|error| error.to_string())?;
    let incarnation = Incarnation([7; 16]);
    let (clock, entropy) = (Arc::new(Clock::system()), SystemEntropy::shared());
    let ids = Ids::new(
        &region,
        incarnation,
        Arc::clone(&clock),
        Arc::clone(&entropy),
    )
    .map_err(|error| error.to_string())?;
    let store = Store::new(Parts {
        engine: Arc::new(MemoryEngine::new(region.clone(), incarnation)),
        keys: Arc::new(Keys::new(SecretKey::new([9; 32]), Arc::clone(&entropy))),
        clock,
        ids: Arc::new(ids),
        entropy,
        region,
        memory: Arc::default(),
    });
    store
        .bootstrap("試験病院")
        .await
        .map_err(|error| error.to_string())?;
    store.start().await.map_err(|error| error.to_string())?;
    Ok(Arc::new(store))
}

impl Answer {
    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Content of the first element of this name, as it stands.
    #[must_use]
    pub fn element(&self, name: &str) -> Option<String> {
        let text = self.text();
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        let (value, _) = rest.split_once(&format!("</{name}>"))?;
        Some(value.to_owned())
    }

    /// Contents of all elements of this name, as they stand.
    #[must_use]
    pub fn elements(&self, name: &str) -> Vec<String> {
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        let text = self.text();
        let found = text
            .split(&open)
            .skip(1)
            .filter_map(|rest| rest.split_once(&close));
        found.map(|(value, _)| value.to_owned()).collect()
    }

    /// Status and code, for counting.
    #[must_use]
    pub fn label(&self) -> String {
        let code = self.element("Code").unwrap_or_default();
        format!("{} {code}", self.status).trim_end().to_owned()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// What holds for every answer: a request id, a known kind of failure, a well-formed document.
    fn judge(&self, method: &str) -> Result<(), String> {
        let id = self
            .header("x-amz-request-id")
            .ok_or("an answer without request id")?;
        if self.status >= 500 && self.status != 501 {
            return Err(format!("status {}: {}", self.status, self.text()));
        }
        let xml = self.header("content-type") == Some("application/xml");
        if self.status < 400 && !xml || self.status == 304 || method == "HEAD" {
            return Ok(());
        }
        if self.status >= 400 || method != "GET" || self.text().starts_with("<?xml") {
            markup::well_formed(&self.body).map_err(|why| format!("{why} in {}", self.text()))?;
        }
        if self.status >= 400 && self.element("Code").is_none_or(|code| code.is_empty()) {
            return Err(format!("an error without code: {}", self.text()));
        }
        if self.status >= 400 && self.element("RequestId").as_deref() != Some(id) {
            return Err(format!(
                "the document has another request id than {id}: {}",
                self.text()
            ));
        }
        Ok(())
    }
}
