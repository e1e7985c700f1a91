//! A lean HTTP/1.1 client over one kept connection: what a server costs should show, not the client.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::Failure;
use crate::content::Body;
use crate::signer::Signer;

/// Bytes read at a time.
const BUFFER: usize = 256 << 10;
/// Bodies up to this many bytes leave with their head in one write.
const JOINED: usize = 64 << 10;
/// Longest wait for one answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection, under TLS or not.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// Puts TLS on a connection.
pub(crate) type Secure = Arc<dyn Fn(TcpStream) -> Secured + Send + Sync>;

/// A connection to be, under TLS.
pub(crate) type Secured = Pin<Box<dyn Future<Output = Result<Box<dyn Stream>, Failure>> + Send>>;

/// A client with one connection.
pub(crate) struct Client {
    address: SocketAddr,
    signer: Signer,
    secure: Option<Secure>,
    stream: Option<Box<dyn Stream>>,
    out: Vec<u8>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

/// One request.
#[derive(Clone, Copy)]
pub(crate) struct Ask<'a> {
    pub(crate) method: &'a str,
    /// In canonical form.
    pub(crate) path: &'a str,
    /// In canonical form.
    pub(crate) query: &'a str,
    /// Further header lines, each with its line end.
    pub(crate) more: &'a str,
    pub(crate) body: Option<Body<'a>>,
}

/// An answer.
#[derive(Debug, Default)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) etag: String,
    /// What the head announces.
    pub(crate) content_length: Option<usize>,
    /// Bytes of body that came.
    pub(crate) bytes: usize,
    chunked: bool,
    close: bool,
}

/// What becomes of a body.
pub(crate) enum Sink<'a> {
    /// Counted only.
    Discard,
    /// Must be this body; the flag falls when it is not.
    Compare(Body<'a>, &'a mut bool),
    /// Kept.
    Collect(&'a mut Vec<u8>),
}

impl Sink<'_> {
    fn take(&mut self, at: usize, piece: &[u8]) {
        match self {
            Self::Discard => {}
            Self::Compare(body, same) => **same &= body.holds(at, piece),
            Self::Collect(into) => into.extend_from_slice(piece),
        }
    }
}

impl Client {
    /// Connects with the first request, or with [`Client::connect`].
    pub(crate) fn new(address: SocketAddr, signer: Signer) -> Self {
        Self {
            address,
            signer,
            secure: None,
            stream: None,
            out: Vec::new(),
            buffer: vec![0; BUFFER],
            start: 0,
            end: 0,
        }
    }

    /// Asks under TLS from the next connection on.
    #[allow(dead_code, reason = "one of the measurements has no TLS")]
    pub(crate) fn secure(&mut self, secure: Secure) {
        self.secure = Some(secure);
    }

    /// Signs as somebody else, who is given back.
    #[allow(dead_code, reason = "one of the measurements has one key")]
    pub(crate) fn swap_signer(&mut self, other: &mut Signer) {
        std::mem::swap(&mut self.signer, other);
    }

    /// Connects if it is not.
    pub(crate) async fn connect(&mut self) -> Result<(), Failure> {
        if self.stream.is_none() {
            let stream = TcpStream::connect(self.address).await?;
            stream.set_nodelay(true)?;
            self.stream = Some(match &self.secure {
                Some(secure) => secure(stream).await?,
                None => Box::new(stream),
            });
            (self.start, self.end) = (0, 0);
        }
        Ok(())
    }

    /// Sends one request and takes its answer whole. After an error the connection is given up.
    pub(crate) async fn ask(&mut self, ask: Ask<'_>, sink: Sink<'_>) -> Result<Reply, Failure> {
        let done = tokio::time::timeout(PATIENCE, self.exchange(ask, sink)).await;
        let reply = done
            .map_err(|_| Failure::from("no answer in time"))
            .flatten();
        if reply.as_ref().map_or(true, |reply| reply.close) {
            self.stream = None;
        }
        reply
    }

    async fn exchange(&mut self, ask: Ask<'_>, mut sink: Sink<'_>) -> Result<Reply, Failure> {
        self.connect().await?;
        self.out.clear();
        let target = (ask.method, ask.path, ask.query);
        self.signer
            .head(&mut self.out, target, ask.more, ask.body)?;
        let stream = self.stream.as_mut().ok_or("not connected")?;
        match ask.body {
            Some(body) if body.len() > JOINED => {
                self.out.extend_from_slice(&body.stamp);
                stream.write_all(&self.out).await?;
                stream.write_all(body.rest).await?;
            }
            Some(body) => {
                self.out.extend_from_slice(&body.stamp);
                self.out.extend_from_slice(body.rest);
                stream.write_all(&self.out).await?;
            }
            None => stream.write_all(&self.out).await?,
        }
        let mut reply = self.read_head().await?;
        if ask.method == "HEAD" || matches!(reply.status, 204 | 304) {
            return Ok(reply);
        }
        if reply.chunked {
            self.read_chunks(&mut reply, &mut sink).await?;
        } else {
            let length = reply.content_length.unwrap_or_default();
            self.read_exactly(length, &mut reply, &mut sink).await?;
        }
        Ok(reply)
    }

    /// Reads more into the buffer, moving what is unread to its front when it is full.
    async fn fill(&mut self) -> Result<(), Failure> {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        } else if self.end == self.buffer.len() {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        let room = &mut self.buffer[self.end..];
        if room.is_empty() {
            return Err("a line of the answer is too long".into());
        }
        let stream = self.stream.as_mut().ok_or("not connected")?;
        match stream.read(room).await? {
            0 => Err("the server closed the connection".into()),
            read => {
                self.end += read;
                Ok(())
            }
        }
    }

    async fn read_head(&mut self) -> Result<Reply, Failure> {
        loop {
            let unread = &self.buffer[self.start..self.end];
            if let Some(length) = find(unread, b"\r\n\r\n") {
                let reply = parse(&unread[..length])?;
                self.start += length + 4;
                if reply.status != 100 {
                    return Ok(reply);
                }
            } else {
                self.fill().await?;
            }
        }
    }

    async fn read_exactly(
        &mut self,
        mut left: usize,
        reply: &mut Reply,
        sink: &mut Sink<'_>,
    ) -> Result<(), Failure> {
        while left > 0 {
            if self.start == self.end {
                self.fill().await?;
            }
            let piece = left.min(self.end - self.start);
            sink.take(reply.bytes, &self.buffer[self.start..self.start + piece]);
            self.start += piece;
            reply.bytes += piece;
            left -= piece;
        }
        Ok(())
    }

    /// RFC 9112 §7.1.
    async fn read_chunks(&mut self, reply: &mut Reply, sink: &mut Sink<'_>) -> Result<(), Failure> {
        loop {
            let line = self.read_line().await?;
            let digits = line.split(';').next().unwrap_or_default().trim();
            let length = usize::from_str_radix(digits, 16)?;
            if length == 0 {
                while !self.read_line().await?.is_empty() {}
                return Ok(());
            }
            self.read_exactly(length, reply, sink).await?;
            self.read_line().await?;
        }
    }

    async fn read_line(&mut self) -> Result<String, Failure> {
        loop {
            let unread = &self.buffer[self.start..self.end];
            if let Some(length) = find(unread, b"\r\n") {
                let line = String::from_utf8_lossy(&unread[..length]).into_owned();
                self.start += length + 2;
                return Ok(line);
            }
            self.fill().await?;
        }
    }
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len())
        .position(|window| window == wanted)
}

fn parse(head: &[u8]) -> Result<Reply, Failure> {
    let text = std::str::from_utf8(head)?;
    let mut lines = text.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let mut reply = Reply {
        status: status.ok_or("no status")?.parse()?,
        ..Reply::default()
    };
    for line in lines {
        let (name, value) = line.split_once(':').ok_or("a header without a colon")?;
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-length") {
            reply.content_length = Some(value.parse()?);
        } else if name.eq_ignore_ascii_case("etag") {
            value.clone_into(&mut reply.etag);
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            reply.chunked = value.eq_ignore_ascii_case("chunked");
        } else if name.eq_ignore_ascii_case("connection") {
            reply.close = value.eq_ignore_ascii_case("close");
        }
    }
    Ok(reply)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::Content;
    use crate::signer::Payload;
    use tokio::net::TcpListener;

    /// A server that answers each connection with these bytes, a few at a time.
    async fn answering(answer: &'static [u8]) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                for piece in answer.chunks(7) {
                    stream.write_all(piece).await.unwrap();
                    tokio::task::yield_now().await;
                }
                // Takes the request, which the client may still be writing, until it goes.
                let mut rest = Vec::new();
                if stream.read_to_end(&mut rest).await.is_err() {}
            }
        });
        address
    }

    fn client(address: SocketAddr) -> Client {
        let signer = Signer::new(&address.to_string(), "a", "b", Payload::Hashed).unwrap();
        Client::new(address, signer)
    }

    const GET: Ask<'_> = Ask {
        method: "GET",
        path: "/b/k",
        query: "",
        more: "",
        body: None,
    };

    #[tokio::test]
    async fn chunked_answers_are_joined_and_interim_answers_passed_over() {
        let address = answering(
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\
              ETag: \"e\"\r\n\r\n4\r\nabcd\r\n3;x=y\r\nefg\r\n0\r\n\r\n",
        )
        .await;
        let mut got = Vec::new();
        let reply = client(address).ask(GET, Sink::Collect(&mut got)).await;
        let reply = reply.unwrap();
        assert_eq!((reply.status, reply.bytes), (200, 7));
        assert_eq!(
            (got.as_slice(), reply.etag.as_str()),
            (&b"abcdefg"[..], "\"e\"")
        );
    }

    #[tokio::test]
    async fn a_short_or_wrong_body_is_noticed() {
        let address =
            answering(b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\nxxxxxxxxxxxxxxxxxxxx").await;
        let content = Content::new();
        let mut same = true;
        let sink = Sink::Compare(content.body(1, 20), &mut same);
        assert_eq!(client(address).ask(GET, sink).await.unwrap().bytes, 20);
        assert!(!same);
    }

    #[tokio::test]
    async fn a_connection_that_breaks_off_is_an_error() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let head = b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc";
                stream.write_all(head).await.unwrap();
            }
        });
        assert!(client(address).ask(GET, Sink::Discard).await.is_err());
    }
}
