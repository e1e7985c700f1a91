//! A lean S3 client of the tests' own: HTTP/1.1 over one connection, SigV4 with the payload hash
//! signed. It exists for the crash tests, which need many writers at little cost, and for requests
//! that no proper client would send.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use aws_lc_rs::{digest, hmac};

use crate::server::{ACCESS_KEY, SECRET_KEY};
use crate::{Failure, clock};

/// An answer.
pub(crate) struct Answer {
    /// HTTP status.
    pub(crate) status: u16,
    /// Header lines in lower case.
    headers: Vec<(String, String)>,
    /// Body.
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The S3 error code in the body.
    pub(crate) fn code(&self) -> String {
        between(&self.text(), "<Code>", "</Code>").unwrap_or_default()
    }
}

/// Text between two marks.
pub(crate) fn between(text: &str, start: &str, end: &str) -> Option<String> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(inside, _)| inside.to_owned())
}

/// One connection to one endpoint.
pub(crate) struct Client {
    authority: String,
    ahead_seconds: i64,
    stream: BufReader<TcpStream>,
}

impl Client {
    /// Connects to `host:port`.
    pub(crate) fn connect(authority: &str) -> Result<Self, Failure> {
        let stream = TcpStream::connect(authority)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        Ok(Self {
            authority: authority.to_owned(),
            ahead_seconds: 0,
            stream: BufReader::new(stream),
        })
    }

    /// Signs as if it were so much later, for a server whose clock is wrong.
    pub(crate) fn ahead_by(mut self, seconds: i64) -> Self {
        self.ahead_seconds = seconds;
        self
    }

    /// Sends a signed request. `path` is already percent-encoded, `query` in canonical order.
    pub(crate) fn send(
        &mut self,
        method: &str,
        path: &str,
        query: &str,
        extra: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer, Failure> {
        let at = clock::unix_seconds().saturating_add(self.ahead_seconds);
        let head = signed_head_at(at, &self.authority, (method, path, query), extra, body)?;
        self.send_raw(method, head.as_bytes(), body)
    }

    /// Sends bytes as they are and reads one answer.
    pub(crate) fn send_raw(
        &mut self,
        method: &str,
        head: &[u8],
        body: &[u8],
    ) -> Result<Answer, Failure> {
        let mut message = Vec::with_capacity(head.len() + body.len());
        message.extend_from_slice(head);
        message.extend_from_slice(body);
        // A server may refuse before it has read the body; its answer says why.
        match self.stream.get_mut().write_all(&message) {
            Ok(()) => self.read_answer(method),
            Err(error) => self.read_answer(method).map_err(|_| error.into()),
        }
    }

    fn line(&mut self) -> Result<String, Failure> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err("the server closed the connection".into());
        }
        Ok(line.trim_end().to_owned())
    }

    /// Sends bytes and reads nothing.
    pub(crate) fn send_some(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        Ok(self.stream.get_mut().write_all(bytes)?)
    }

    /// Reads the answer to what was sent.
    pub(crate) fn read_answer(&mut self, method: &str) -> Result<Answer, Failure> {
        let status_line = self.line()?;
        let status = status_line
            .split(' ')
            .nth(1)
            .ok_or("no status")?
            .parse::<u16>()?;
        let mut headers = Vec::new();
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut answer = Answer {
            status,
            headers,
            body: Vec::new(),
        };
        if method == "HEAD" || status == 204 || status == 304 {
            return Ok(answer);
        }
        if answer.header("transfer-encoding") == Some("chunked") {
            loop {
                let size = usize::from_str_radix(&self.line()?, 16)?;
                let mut chunk = vec![0; size];
                self.stream.read_exact(&mut chunk)?;
                answer.body.extend_from_slice(&chunk);
                self.line()?;
                if size == 0 {
                    break;
                }
            }
        } else {
            let length = answer
                .header("content-length")
                .unwrap_or("0")
                .parse::<usize>()?;
            answer.body = vec![0; length];
            self.stream.read_exact(&mut answer.body)?;
        }
        Ok(answer)
    }
}

fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, bytes))
}

fn hmac_sha256(key: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes())
        .as_ref()
        .to_vec()
}

/// SHA-256 of content, as hexadecimal.
pub(crate) fn content_hash(bytes: &[u8]) -> String {
    sha256_hex(bytes)
}

/// Request line and headers with a SigV4 signature (AWS S3 API reference, "Authenticating
/// requests").
pub(crate) fn signed_head(
    authority: &str,
    method: &str,
    path: &str,
    query: &str,
    extra: &[(&str, &str)],
    body: &[u8],
) -> Result<String, Failure> {
    let now = clock::unix_seconds();
    signed_head_at(now, authority, (method, path, query), extra, body)
}

/// The same at another time, in seconds since 1970.
fn signed_head_at(
    seconds: i64,
    authority: &str,
    (method, path, query): (&str, &str, &str),
    extra: &[(&str, &str)],
    body: &[u8],
) -> Result<String, Failure> {
    let now = time::OffsetDateTime::from_unix_timestamp(seconds)?;
    let stamp = now.format(&time::macros::format_description!(
        "[year][month][day]T[hour][minute][second]Z"
    ))?;
    let day = stamp.split('T').next().ok_or("no date")?.to_owned();
    let hash = sha256_hex(body);
    let mut headers = vec![
        ("host".to_owned(), authority.to_owned()),
        ("x-amz-content-sha256".to_owned(), hash.clone()),
        ("x-amz-date".to_owned(), stamp.clone()),
    ];
    for (name, value) in extra {
        headers.retain(|(known, _)| known != name);
        headers.push(((*name).to_owned(), (*value).to_owned()));
    }
    headers.sort();
    let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
    let names = names.join(";");
    let lines: String = headers
        .iter()
        .map(|(name, value)| format!("{name}:{value}\n"))
        .collect();
    let payload = headers
        .iter()
        .find(|(name, _)| name == "x-amz-content-sha256")
        .map_or_else(|| hash.clone(), |(_, value)| value.clone());
    let canonical = format!("{method}\n{path}\n{query}\n{lines}\n{names}\n{payload}");
    let scope = format!("{day}/us-east-1/s3/aws4_request");
    let to_sign = format!(
        "AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{}",
        sha256_hex(canonical.as_bytes())
    );
    let mut key = hmac_sha256(format!("AWS4{SECRET_KEY}").as_bytes(), &day);
    for part in ["us-east-1", "s3", "aws4_request"] {
        key = hmac_sha256(&key, part);
    }
    let signature = hex::encode(hmac_sha256(&key, &to_sign));
    let target = if query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{query}")
    };
    let mut head = format!("{method} {target} HTTP/1.1\r\n");
    for (name, value) in &headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!(
        "authorization: AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/{scope}, \
         SignedHeaders={names}, Signature={signature}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    ));
    Ok(head)
}
