//! Who is told of requests for what needs two people: the log (in the store), the metrics, and a
//! webhook, which hears of accounts for a limited time too. Nothing here holds a request up: what
//! cannot be told is counted and logged.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::hmac;
use azekura_admin_api::client::tls::{ClientTls, Connector, connector};
use azekura_admin_api::error::ApiError;
use azekura_store::governed::RequestNotice;
use azekura_store::store::Store;
use bytes::Bytes;
use http::{Request, header};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use serde::Serialize;
use tokio::sync::mpsc;

use crate::admin::rfc3339;
use crate::clock::Pause;
use crate::config::Webhook;

/// Notices that wait for the webhook; more are dropped.
const WAITING_MAX: usize = 1024;
/// Pauses before the second and later attempts, in seconds.
const PAUSES: [u64; 5] = [1, 5, 30, 120, 600];
/// How long one attempt may take.
const ATTEMPT: Duration = Duration::from_secs(10);

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct What {
    what: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Told {
    outcome: &'static str,
}

/// Counts of what happened to requests.
#[derive(Clone, Default)]
pub(crate) struct RequestMetrics {
    requests: Family<What, Counter>,
    told: Family<Told, Counter>,
}

impl RequestMetrics {
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register(
            "approval_requests",
            "Requests for what needs two people, by what happened to them",
            self.requests.clone(),
        );
        registry.register(
            "approval_webhook_notices",
            "Notices to the webhook: delivered, failed after all attempts, dropped",
            self.told.clone(),
        );
    }
}

/// What is posted.
#[derive(Serialize)]
struct Notice<'a> {
    event: &'static str,
    request: String,
    tenant: String,
    operation: &'a str,
    asked_by: &'a str,
    asked_at: String,
    approve_before: String,
    acts_at: Option<String>,
    alone: bool,
    approved_by: Option<&'a str>,
    text: &'a str,
}

fn body(notice: &RequestNotice) -> Result<Bytes, serde_json::Error> {
    let request = &notice.request;
    let approval = request.approval.as_ref();
    serde_json::to_vec(&Notice {
        event: notice.what,
        request: request.id.to_string(),
        tenant: request.tenant.to_string(),
        operation: request.name(),
        asked_by: &request.asked_by,
        asked_at: rfc3339(request.asked_at.0),
        approve_before: rfc3339(request.approve_before.0),
        acts_at: request.acts_at().map(|at| rfc3339(at.0)),
        alone: request.alone_at.is_some() && approval.is_none(),
        approved_by: approval.map(|approval| approval.approver.as_str()),
        text: &request.text,
    })
    .map(Bytes::from)
}

/// Hands notices to the webhook, if there is one.
#[derive(Clone)]
pub(crate) struct Teller {
    send: Option<mpsc::Sender<Bytes>>,
    told: Family<Told, Counter>,
}

impl Teller {
    /// Takes a notice; what cannot wait any more is dropped, counted and logged.
    pub(crate) fn tell(&self, body: Result<Bytes, serde_json::Error>) {
        let Some(send) = &self.send else {
            return;
        };
        let sent = body.ok().map(|body| send.try_send(body));
        if !matches!(sent, Some(Ok(()))) {
            tracing::error!("the webhook is not told of a notice: too many wait");
            self.told.get_or_create(&Told { outcome: "dropped" }).inc();
        }
    }
}

/// The task that tells the webhook; ends when dropped.
pub(crate) struct Telling {
    task: Option<tokio::task::JoinHandle<()>>,
    teller: Teller,
}

impl Telling {
    /// For notices of others.
    pub(crate) fn teller(&self) -> Teller {
        self.teller.clone()
    }
}

impl Drop for Telling {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

/// Tells everybody of requests from now on.
///
/// # Errors
/// When the CAs of the webhook cannot be used.
pub(crate) fn start(
    store: &Store,
    webhook: Option<&Webhook>,
    metrics: &RequestMetrics,
) -> Result<Telling, ApiError> {
    let told = metrics.told.clone();
    let (send, task) = match webhook {
        Some(webhook) => {
            let caller = Caller::new(webhook)?;
            let (send, receive) = mpsc::channel(WAITING_MAX);
            let task = tokio::spawn(tell_all(caller, receive, told.clone()));
            (Some(send), Some(task))
        }
        None => (None, None),
    };
    let teller = Teller { send, told };
    let (by_request, requests) = (teller.clone(), metrics.requests.clone());
    store.set_request_sink(Arc::new(move |notice| {
        let what = notice.what;
        requests.get_or_create(&What { what }).inc();
        by_request.tell(body(notice));
    }));
    Ok(Telling { task, teller })
}

async fn tell_all(caller: Caller, mut receive: mpsc::Receiver<Bytes>, told: Family<Told, Counter>) {
    while let Some(body) = receive.recv().await {
        let outcome = caller.tell(body).await;
        told.get_or_create(&Told { outcome }).inc();
    }
}

struct Caller {
    http: Client<Connector, Full<Bytes>>,
    webhook: Webhook,
}

impl Caller {
    fn new(webhook: &Webhook) -> Result<Self, ApiError> {
        let tls = ClientTls {
            ca_file: webhook.ca_file.clone(),
            identity: None,
        };
        let connector = connector(&webhook.url.to_string(), &tls)?;
        Ok(Self {
            http: Client::builder(TokioExecutor::new()).build(connector),
            webhook: webhook.clone(),
        })
    }

    /// Tries until it is told, or the attempts are over.
    async fn tell(&self, body: Bytes) -> &'static str {
        let mut pauses = PAUSES.into_iter();
        loop {
            let Err(why) = self.attempt(body.clone()).await else {
                return "delivered";
            };
            let Some(pause) = pauses.next() else {
                tracing::error!(why, "the webhook was not told: no more attempts");
                return "failed";
            };
            tracing::warn!(why, pause_seconds = pause, "the webhook was not told");
            Pause::of(Duration::from_secs(pause)).wait().await;
        }
    }

    async fn attempt(&self, body: Bytes) -> Result<(), String> {
        let mut request = Request::post(self.webhook.url.clone())
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(secret) = &self.webhook.secret {
            let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
            let tag = hex::encode(hmac::sign(&key, &body));
            request = request.header("x-azekura-signature", format!("sha256={tag}"));
        }
        let request = request.body(Full::new(body)).map_err(|e| e.to_string())?;
        let limit = Pause::of(ATTEMPT);
        let answer = tokio::select! {
            answer = self.http.request(request) => answer.map_err(|e| e.to_string())?,
            () = limit.wait() => return Err("no answer".to_owned()),
        };
        if answer.status().is_success() {
            Ok(())
        } else {
            Err(format!("it answered {}", answer.status()))
        }
    }
}

#[cfg(test)]
mod tests;
