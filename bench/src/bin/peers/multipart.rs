//! Large objects: 64 MiB in eight parts, written by multipart upload and read back by ranges, as
//! clients do. All clients take parts from one queue.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use azekura_bench::clock::now;

use crate::Failure;
use crate::content::{Content, LONGEST};
use crate::http::{Ask, Client, Sink};
use crate::load::BUCKET;
use crate::signer::encode;

/// Bytes of a part.
const PART: usize = LONGEST;
/// Parts of an object.
const PARTS: usize = 8;
/// Bytes of an object.
pub(crate) const OBJECT: usize = PART * PARTS;

/// How many objects keep `clients` busy.
pub(crate) fn objects(clients: usize) -> usize {
    clients.div_ceil(PARTS).max(1)
}

/// Objects of one pass.
pub(crate) struct Pass {
    /// Makes keys and bytes different from those of other passes.
    pub(crate) first: u64,
    pub(crate) objects: usize,
}

impl Pass {
    fn path(&self, object: usize) -> String {
        format!("/{BUCKET}/large/{:x}-{object}", self.first)
    }

    fn number(&self, part: usize) -> u64 {
        self.first + part as u64
    }
}

/// Uploads the objects; returns the time from the first request to the last answer.
pub(crate) async fn put(
    mut clients: Vec<Client>,
    content: &Arc<Content>,
    pass: &Arc<Pass>,
) -> Result<Duration, Failure> {
    for client in &mut clients {
        client.connect().await?;
    }
    let start = now();
    let mut uploads = Vec::new();
    let first = clients.first_mut().ok_or("no client")?;
    for object in 0..pass.objects {
        uploads.push(create(first, &pass.path(object)).await?);
    }
    let uploads = Arc::new(uploads);
    let next = Arc::new(AtomicUsize::new(0));
    let mut tasks = Vec::new();
    for mut client in clients {
        let (content, pass) = (content.clone(), pass.clone());
        let (uploads, next) = (uploads.clone(), next.clone());
        tasks.push(tokio::spawn(async move {
            let mut etags = Vec::new();
            loop {
                let part = next.fetch_add(1, Ordering::Relaxed);
                let Some(upload) = uploads.get(part / PARTS) else {
                    return Ok::<_, Failure>((client, etags));
                };
                let query = format!(
                    "partNumber={}&uploadId={}",
                    part % PARTS + 1,
                    encode(upload)
                );
                let ask = Ask {
                    method: "PUT",
                    path: &pass.path(part / PARTS),
                    query: &query,
                    more: "",
                    body: Some(content.body(pass.number(part), PART)),
                };
                let reply = client.ask(ask, Sink::Discard).await?;
                if reply.status != 200 || reply.etag.is_empty() {
                    return Err(format!("part: status {}", reply.status).into());
                }
                etags.push((part, reply.etag));
            }
        }));
    }
    let (mut etags, mut free) = (Vec::new(), None);
    for task in tasks {
        let (client, some) = task.await??;
        etags.extend(some);
        free = Some(client);
    }
    etags.sort();
    let mut client = free.ok_or("no client")?;
    for (object, etags) in etags.chunks(PARTS).enumerate() {
        let upload = uploads.get(object).ok_or("no upload")?;
        complete(&mut client, &pass.path(object), upload, etags).await?;
    }
    Ok(start.elapsed())
}

async fn create(client: &mut Client, path: &str) -> Result<String, Failure> {
    let mut body = Vec::new();
    let ask = Ask {
        method: "POST",
        path,
        query: "uploads=",
        more: "content-length: 0\r\n",
        body: None,
    };
    let reply = client.ask(ask, Sink::Collect(&mut body)).await?;
    let text = String::from_utf8_lossy(&body);
    let id = text.split_once("<UploadId>").and_then(|(_, rest)| {
        let (id, _) = rest.split_once("</UploadId>")?;
        Some(id.to_owned())
    });
    id.ok_or_else(|| format!("create: status {}: {text}", reply.status).into())
}

async fn complete(
    client: &mut Client,
    path: &str,
    upload: &str,
    etags: &[(usize, String)],
) -> Result<(), Failure> {
    use std::fmt::Write as _;
    let mut document = "<CompleteMultipartUpload>".to_owned();
    for (part, etag) in etags {
        let number = part % PARTS + 1;
        write!(
            document,
            "<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"
        )?;
    }
    document.push_str("</CompleteMultipartUpload>");
    let (stamp, rest) = document
        .as_bytes()
        .split_first_chunk()
        .ok_or("a short document")?;
    let query = format!("uploadId={}", encode(upload));
    let ask = Ask {
        method: "POST",
        path,
        query: &query,
        more: "content-type: application/xml\r\n",
        body: Some(crate::content::Body {
            stamp: *stamp,
            rest,
        }),
    };
    let mut body = Vec::new();
    let reply = client.ask(ask, Sink::Collect(&mut body)).await?;
    let text = String::from_utf8_lossy(&body);
    // S3 may answer 200 and tell of a failure in the document.
    if reply.status != 200 || !text.contains("CompleteMultipartUploadResult") {
        return Err(format!("complete: status {}: {text}", reply.status).into());
    }
    Ok(())
}

/// Reads the objects by ranges and compares every byte; returns the time taken.
pub(crate) async fn get(
    mut clients: Vec<Client>,
    content: &Arc<Content>,
    pass: &Arc<Pass>,
) -> Result<Duration, Failure> {
    for client in &mut clients {
        client.connect().await?;
    }
    let start = now();
    let next = Arc::new(AtomicUsize::new(0));
    let mut tasks = Vec::new();
    for mut client in clients {
        let (content, pass, next) = (content.clone(), pass.clone(), next.clone());
        tasks.push(tokio::spawn(async move {
            loop {
                let part = next.fetch_add(1, Ordering::Relaxed);
                if part >= pass.objects * PARTS {
                    return Ok::<_, Failure>(());
                }
                let from = part % PARTS * PART;
                let ask = Ask {
                    method: "GET",
                    path: &pass.path(part / PARTS),
                    query: "",
                    more: &format!("range: bytes={from}-{}\r\n", from + PART - 1),
                    body: None,
                };
                let mut same = true;
                let sink = Sink::Compare(content.body(pass.number(part), PART), &mut same);
                let reply = client.ask(ask, sink).await?;
                if reply.status != 206 || reply.bytes != PART || !same {
                    let (status, bytes) = (reply.status, reply.bytes);
                    return Err(
                        format!("range: status {status}, {bytes} bytes, right: {same}").into(),
                    );
                }
            }
        }));
    }
    for task in tasks {
        task.await??;
    }
    Ok(start.elapsed())
}
