//! Entries of the audit to collectors, once they are on record: syslog (RFC 5424 over UDP, TCP with octet
//! counting of RFC 6587, or a Unix socket) and OTLP logs (JSON over HTTP).
//!
//! Requests never wait for it. What a collector is too slow for is dropped here, counted, and told to the
//! collector as a gap once it listens again; the record has it all the same.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use azekura_admin_api::audit::AuditLine;
use azekura_model::audit::AuditEntry;
use azekura_model::ident::TenantId;
use azekura_store::audit::{AuditRowKind, AuditSink};
use bytes::Bytes;
use http::{Request, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpStream, UdpSocket, UnixDatagram};
use tokio::sync::mpsc;

use crate::admin::audit_line;
use crate::clock::Pause;

/// Entries that wait for one collector.
const WAITING_MAX: usize = 8192;
/// Entries that are sent at a time.
const BATCH: usize = 128;
/// Time between two tries.
const RETRY: Duration = Duration::from_secs(5);
/// Time that one batch may take.
const SEND_LIMIT: Duration = Duration::from_secs(10);
/// RFC 5424: facility 13, log audit.
const FACILITY: u8 = 13;
const WARNING: u8 = 4;
const INFORMATIONAL: u8 = 6;

/// Where entries go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Collector {
    /// Syslog, one datagram an entry.
    Udp(String),
    /// Syslog, octet counted.
    Tcp(String),
    /// Syslog of this machine.
    Unix(PathBuf),
    /// OTLP.
    Otlp(Uri),
}

impl Collector {
    /// A collector by syslog: `udp://HOST:PORT`, `tcp://HOST:PORT` or `unix:///PATH`.
    #[must_use]
    pub fn syslog(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let named = rest.rsplit_once(':').is_some_and(|(host, port)| {
            !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0)
        });
        match scheme {
            "udp" if named => Some(Self::Udp(rest.to_owned())),
            "tcp" if named => Some(Self::Tcp(rest.to_owned())),
            "unix" if rest.starts_with('/') => Some(Self::Unix(PathBuf::from(rest))),
            _ => None,
        }
    }
}

/// One entry on its way.
type Forwarded = (TenantId, AuditEntry);

struct Way {
    queue: mpsc::Sender<Forwarded>,
    missed: Arc<AtomicU64>,
}

/// Hands entries to every collector.
pub(crate) struct Forwarding {
    ways: Vec<Way>,
    /// Entries that a collector did not get, since start.
    dropped: Arc<AtomicU64>,
}

impl Forwarding {
    /// Starts one task a collector; must run inside a runtime.
    pub(crate) fn start(collectors: &[Collector]) -> Self {
        let ways = collectors.iter().map(|collector| {
            let (queue, entries) = mpsc::channel(WAITING_MAX);
            let missed = Arc::new(AtomicU64::new(0));
            let task = forward(collector.clone(), entries, Arc::clone(&missed));
            drop(tokio::spawn(task));
            Way { queue, missed }
        });
        Self {
            ways: ways.collect(),
            dropped: Arc::default(),
        }
    }

    /// Counts entries that a collector did not get.
    pub(crate) fn dropped(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.dropped)
    }
}

impl AuditSink for Forwarding {
    fn recorded(&self, tenant: TenantId, entry: &AuditEntry) {
        for way in &self.ways {
            if way.queue.try_send((tenant, entry.clone())).is_err() {
                way.missed.fetch_add(1, Ordering::Relaxed);
                self.dropped.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

async fn forward(
    collector: Collector,
    mut entries: mpsc::Receiver<Forwarded>,
    missed: Arc<AtomicU64>,
) {
    let mut open = Open::default();
    let mut failing = false;
    loop {
        let mut batch = Vec::with_capacity(BATCH);
        if entries.recv_many(&mut batch, BATCH).await == 0 {
            return;
        }
        let gap = missed.swap(0, Ordering::Relaxed);
        loop {
            let sent = tokio::time::timeout(SEND_LIMIT, open.send(&collector, &batch, gap)).await;
            let failure = match sent {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(error.to_string()),
                Err(_) => Some("it does not answer".to_owned()),
            };
            match failure {
                None => {
                    if std::mem::take(&mut failing) {
                        tracing::info!(?collector, gap, "the collector takes audit entries again");
                    }
                    break;
                }
                Some(reason) => {
                    open = Open::default();
                    if !std::mem::replace(&mut failing, true) {
                        tracing::warn!(
                            ?collector,
                            reason,
                            "audit entries wait: the collector fails"
                        );
                    }
                    Pause::of(RETRY).wait().await;
                }
            }
        }
    }
}

/// What is open to a collector.
#[derive(Default)]
struct Open {
    tcp: Option<TcpStream>,
    udp: Option<UdpSocket>,
    unix: Option<UnixDatagram>,
    http: Option<Client<HttpConnector, Full<Bytes>>>,
}

impl Open {
    async fn send(
        &mut self,
        collector: &Collector,
        batch: &[Forwarded],
        gap: u64,
    ) -> std::io::Result<()> {
        match collector {
            Collector::Otlp(uri) => return self.post(uri, batch, gap).await,
            Collector::Tcp(address) if self.tcp.is_none() => {
                self.tcp = Some(TcpStream::connect(address).await?);
            }
            Collector::Udp(address) if self.udp.is_none() => {
                let any = tokio::net::lookup_host(address).await?.next();
                let local = match any {
                    Some(address) if address.is_ipv6() => "[::]:0",
                    _ => "0.0.0.0:0",
                };
                let socket = UdpSocket::bind(local).await?;
                socket.connect(address).await?;
                self.udp = Some(socket);
            }
            Collector::Unix(path) if self.unix.is_none() => {
                let socket = UnixDatagram::unbound()?;
                socket.connect(path)?;
                self.unix = Some(socket);
            }
            _ => {}
        }
        if gap > 0 {
            self.message(&gap_message(gap)).await?;
        }
        for (tenant, entry) in batch {
            self.message(&message(*tenant, entry)).await?;
        }
        if let Some(tcp) = &mut self.tcp {
            tcp.flush().await?;
        }
        Ok(())
    }

    async fn message(&mut self, text: &str) -> std::io::Result<()> {
        if let Some(tcp) = &mut self.tcp {
            // RFC 6587 §3.4.1.
            let framed = format!("{} {text}", text.len());
            return tcp.write_all(framed.as_bytes()).await;
        }
        if let Some(udp) = &self.udp {
            return udp.send(text.as_bytes()).await.map(drop);
        }
        match &self.unix {
            Some(unix) => unix.send(text.as_bytes()).await.map(drop),
            None => Err(std::io::Error::other("no way is open")),
        }
    }

    async fn post(&mut self, uri: &Uri, batch: &[Forwarded], gap: u64) -> std::io::Result<()> {
        let client = self
            .http
            .get_or_insert_with(|| Client::builder(TokioExecutor::new()).build_http());
        let base = uri.to_string();
        let request = Request::post(format!("{}/v1/logs", base.trim_end_matches('/')))
            .header(http::header::CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(otlp(batch, gap).to_string())))
            .map_err(std::io::Error::other)?;
        let answer = client
            .request(request)
            .await
            .map_err(std::io::Error::other)?;
        let status = answer.status();
        // Read to its end, so that the connection serves again.
        let body = answer.into_body().collect().await;
        body.map_err(std::io::Error::other)?;
        if status.is_success() {
            Ok(())
        } else {
            Err(std::io::Error::other(status.to_string()))
        }
    }
}

fn line(entry: &AuditEntry) -> AuditLine {
    audit_line(AuditRowKind::Request, entry.clone(), String::new())
}

fn object(tenant: TenantId, line: &AuditLine) -> Value {
    let mut value = serde_json::to_value(line).unwrap_or_default();
    if let Some(object) = value.as_object_mut() {
        object.remove("record");
        object.insert("tenant".to_owned(), json!(tenant.to_string()));
    }
    value
}

fn header(severity: u8, time: &str) -> String {
    let priority = FACILITY * 8 + severity;
    format!(
        "<{priority}>1 {time} - azekura {} audit -",
        std::process::id()
    )
}

/// One message of RFC 5424; its text is the entry as JSON.
fn message(tenant: TenantId, entry: &AuditEntry) -> String {
    let severity = if entry.is_refused() {
        WARNING
    } else {
        INFORMATIONAL
    };
    let line = line(entry);
    format!("{} {}", header(severity, &line.time), object(tenant, &line))
}

fn gap_message(gap: u64) -> String {
    format!("{} {}", header(WARNING, "-"), json!({ "gap": gap }))
}

/// A request of OTLP in JSON.
fn otlp(batch: &[Forwarded], gap: u64) -> Value {
    let mut records: Vec<Value> = batch
        .iter()
        .map(|(tenant, entry)| record(*tenant, entry))
        .collect();
    if gap > 0 {
        let attributes = json!([{ "key": "gap", "value": { "intValue": gap.to_string() } }]);
        records.push(json!({
            "severityNumber": 13,
            "severityText": "WARN",
            "body": { "stringValue": "entries of the audit that were not forwarded" },
            "attributes": attributes,
        }));
    }
    let service = json!({ "key": "service.name", "value": { "stringValue": "azekura" } });
    json!({ "resourceLogs": [{
        "resource": { "attributes": [service] },
        "scopeLogs": [{ "scope": { "name": "azekura.audit" }, "logRecords": records }],
    }] })
}

fn record(tenant: TenantId, entry: &AuditEntry) -> Value {
    let line = line(entry);
    let at = OffsetDateTime::parse(&line.time, &Rfc3339).ok();
    let nanoseconds = at.map_or(0, OffsetDateTime::unix_timestamp_nanos);
    let object = object(tenant, &line);
    let attributes = object.as_object().into_iter().flatten();
    let attributes = attributes.filter_map(|(key, value)| {
        let value = match value {
            Value::Number(number) => json!({ "intValue": number.to_string() }),
            Value::String(text) if !text.is_empty() => json!({ "stringValue": text }),
            _ => return None,
        };
        Some(json!({ "key": key, "value": value }))
    });
    let (number, text) = if entry.is_refused() {
        (13, "WARN")
    } else {
        (9, "INFO")
    };
    json!({
        "timeUnixNano": nanoseconds.to_string(),
        "severityNumber": number,
        "severityText": text,
        "body": { "stringValue": entry.operation },
        "attributes": attributes.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests;
