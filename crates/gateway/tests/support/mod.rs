//! A gateway on a loopback listener, and requests written byte by byte.
#![allow(dead_code, reason = "each test binary uses its part")]

pub(crate) mod form;
pub(crate) mod keys;
pub(crate) mod sigv4;
pub(crate) mod store;

use std::net::SocketAddr;
use std::sync::Arc;

use azekura_gateway::audit::{Audit, NoAudit};
use azekura_gateway::auth::{Authenticate, Peer, StaticKeys};
use azekura_gateway::service::{GatewayConfig, S3Gateway};
use azekura_model::access::Right;
use azekura_store::store::Store;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use sigv4::Signer;

/// Key with all rights on data.
pub(crate) const ROOT: (&str, &str) = ("ROOTKEY", "root-secret");
/// Key that may read.
pub(crate) const READER: (&str, &str) = ("READKEY", "read-secret");
/// Key that may store.
pub(crate) const WRITER: (&str, &str) = ("WRITEKEY", "write-secret");
/// Key that may lock, and nothing else.
pub(crate) const LOCKER: (&str, &str) = ("LOCKKEY", "lock-secret");
/// Region of the tests.
pub(crate) const REGION: &str = "jp-tokyo";

/// `Content-MD5` of a body.
pub(crate) fn md5_of(body: &[u8]) -> String {
    use base64::Engine as _;
    use md5::Digest as _;
    base64::engine::general_purpose::STANDARD.encode(md5::Md5::digest(body))
}

/// A running gateway.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
}

/// Keys of the tests.
pub(crate) fn keys() -> StaticKeys {
    StaticKeys::new()
        .with(
            ROOT.0,
            ROOT.1,
            "root",
            &[
                Right::Read,
                Right::Write,
                Right::Manage,
                Right::Lock,
                Right::Bypass,
            ],
        )
        .with(READER.0, READER.1, "reader", &[Right::Read])
        .with(WRITER.0, WRITER.1, "writer", &[Right::Write])
        .with(LOCKER.0, LOCKER.1, "locker", &[Right::Lock])
}

/// Starts a gateway over an empty store.
pub(crate) async fn start() -> Server {
    start_with(Arc::new(keys())).await
}

/// Starts a gateway with other keys.
pub(crate) async fn start_with(auth: Arc<dyn Authenticate>) -> Server {
    start_audited(auth, Arc::new(NoAudit)).await
}

/// Starts a gateway with other keys and an audit.
pub(crate) async fn start_audited(auth: Arc<dyn Authenticate>, audit: Arc<dyn Audit>) -> Server {
    serve(store::memory().await, auth, audit).await
}

/// Starts a gateway over a store with other keys.
pub(crate) async fn start_over(store: Arc<Store>, auth: Arc<dyn Authenticate>) -> Server {
    serve(store, auth, Arc::new(NoAudit)).await
}

async fn serve(store: Arc<Store>, auth: Arc<dyn Authenticate>, audit: Arc<dyn Audit>) -> Server {
    let config = GatewayConfig {
        region: REGION.to_owned(),
        aliases: vec!["tokyo".to_owned()],
        domains: vec!["s3.test".to_owned()],
        ..GatewayConfig::default()
    };
    let gateway = S3Gateway::new(store, auth, audit, config);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, from) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            let peer = Peer {
                address: Some(from.ip()),
                ..Peer::default()
            };
            let service = gateway.connection(peer);
            tokio::spawn(async move {
                let io = TokioIo::new(stream);
                let http = hyper::server::conn::http1::Builder::new();
                drop(http.serve_connection(io, service).await);
            });
        }
    });
    Server { address }
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(n, _)| n == name)?;
        Some(&found.1)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Content of the first element of this name.
    pub(crate) fn element(&self, name: &str) -> Option<String> {
        let text = self.text();
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        let (value, _) = rest.split_once(&format!("</{name}>"))?;
        Some(value.to_owned())
    }

    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert!(
            (200..300).contains(&self.status),
            "{} {}",
            self.status,
            self.text()
        );
        self
    }

    #[track_caller]
    pub(crate) fn is(self, status: u16, code: &str) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(
            self.element("Code").as_deref(),
            Some(code),
            "{}",
            self.text()
        );
        assert!(self.header("x-amz-request-id").is_some());
        assert_eq!(
            self.element("RequestId").as_deref(),
            self.header("x-amz-request-id")
        );
        self
    }
}

impl Server {
    /// Sends a request as it is, and reads the answer to the end of the connection.
    pub(crate) async fn send(&self, head: &str, body: &[u8]) -> Reply {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        // A refused request may be answered and closed before its body is read.
        drop(stream.write_all(body).await);
        let mut answer = Vec::new();
        drop(stream.read_to_end(&mut answer).await);
        parse(&answer)
    }

    pub(crate) fn host(&self) -> String {
        self.address.to_string()
    }

    /// A signer for a request to this server with the root key.
    pub(crate) fn root(&self, method: &str, target: &str) -> Signer {
        Signer::new(&self.host(), ROOT, method, target)
    }

    /// A signer with another key.
    pub(crate) fn as_key(
        &self,
        key: (&'static str, &'static str),
        method: &str,
        target: &str,
    ) -> Signer {
        Signer::new(&self.host(), key, method, target)
    }

    /// A plain signed request of the root key.
    pub(crate) async fn call(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Reply {
        let signer = self.root(method, target).headers(headers);
        self.send(&signer.signed(body), body).await
    }

    /// Like [`Self::call`], with the MD5 of the body.
    pub(crate) async fn checked(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Reply {
        let md5 = md5_of(body);
        let md5 = [("content-md5", md5.as_str())];
        let headers: Vec<_> = headers.iter().copied().chain(md5).collect();
        self.call(method, target, &headers, body).await
    }

    pub(crate) async fn get(&self, target: &str) -> Reply {
        self.call("GET", target, &[], b"").await
    }

    pub(crate) async fn put(&self, target: &str, body: &[u8]) -> Reply {
        self.call("PUT", target, &[], body).await
    }
}

fn parse(answer: &[u8]) -> Reply {
    let end = answer
        .windows(4)
        .position(|w| w == b"\r\n\r\n")
        .expect("no answer");
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines
        .next()
        .unwrap()
        .split(' ')
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    let headers: Vec<_> = lines
        .map(|line| {
            let (name, value) = line.split_once(':').unwrap();
            (name.to_ascii_lowercase(), value.trim().to_owned())
        })
        .collect();
    let mut body = answer[end + 4..].to_vec();
    if headers
        .iter()
        .any(|(n, v)| n == "transfer-encoding" && v == "chunked")
    {
        body = dechunk(&body);
    }
    Reply {
        status,
        headers,
        body,
    }
}

fn dechunk(mut body: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    while let Some(at) = body.windows(2).position(|w| w == b"\r\n") {
        let size = std::str::from_utf8(&body[..at]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 || body.len() < at + 2 + size {
            break;
        }
        content.extend_from_slice(&body[at + 2..at + 2 + size]);
        body = &body[at + 4 + size..];
    }
    content
}
