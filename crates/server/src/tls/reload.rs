//! Looks at the files every few seconds, and at once on SIGHUP.

use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use super::{Looked, Tls};
use crate::admin::Metrics;
use crate::clock::Pause;

/// Time between two looks.
const EVERY: Duration = Duration::from_secs(5);
/// A certificate that ends sooner is warned of.
const SOON_SECONDS: i64 = 14 * 86_400;
/// Looks between two warnings of it: a day.
const LOOKS_PER_WARNING: u64 = 86_400 / EVERY.as_secs();

/// A listener whose files are looked at.
pub(crate) struct Kept {
    listener: &'static str,
    tls: Arc<Tls>,
    /// The last refusal, so that it is logged once.
    refused: Option<String>,
    looks: u64,
}

/// Starts to look, until `stop` turns true.
pub(crate) fn keep(
    doors: Vec<(&'static str, Arc<Tls>)>,
    metrics: Arc<Metrics>,
    stop: watch::Receiver<bool>,
) -> std::io::Result<()> {
    if doors.is_empty() {
        return Ok(());
    }
    let hangup = signal(SignalKind::hangup())?;
    let kept = doors.into_iter().map(|(listener, tls)| Kept {
        listener,
        tls,
        refused: None,
        looks: 0,
    });
    let mut kept: Vec<Kept> = kept.collect();
    for one in &mut kept {
        let material = one.tls.material();
        metrics.tls_in_use(one.listener, material.not_after);
        one.warn_of_end();
    }
    tokio::spawn(run(kept, metrics, hangup, stop));
    Ok(())
}

async fn run(
    mut kept: Vec<Kept>,
    metrics: Arc<Metrics>,
    mut hangup: Signal,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        let forced = tokio::select! {
            _ = stop.wait_for(|stopped| *stopped) => return,
            _ = hangup.recv() => true,
            () = Pause::of(EVERY).wait() => false,
        };
        for one in &mut kept {
            let tls = Arc::clone(&one.tls);
            // Files on a slow disk must not hold up requests.
            let looked = tokio::task::spawn_blocking(move || tls.look(forced)).await;
            if let Ok(looked) = looked {
                one.tell(looked, &metrics);
            }
        }
    }
}

impl Kept {
    fn tell(&mut self, looked: Looked, metrics: &Metrics) {
        let listener = self.listener;
        match looked {
            Looked::Same => {}
            Looked::Replaced => {
                self.refused = None;
                let material = self.tls.material();
                metrics.tls_in_use(listener, material.not_after);
                metrics.tls_reloaded(listener, true);
                tracing::info!(
                    listener,
                    certificate_sha256 = hex::encode(material.sha256),
                    "new TLS files are used for new connections"
                );
                self.looks = 0;
            }
            Looked::Refused(fault) => {
                let text = fault.to_string();
                if self.refused.as_ref() != Some(&text) {
                    tracing::error!(
                        listener,
                        "new TLS files cannot be used, the earlier ones stay: {text}"
                    );
                    metrics.tls_reloaded(listener, false);
                    self.refused = Some(text);
                }
            }
        }
        self.warn_of_end();
    }

    /// Warns of a certificate that ends soon, once a day.
    fn warn_of_end(&mut self) {
        let look = self.looks;
        self.looks = look.wrapping_add(1);
        let left = self.tls.material().seconds_left();
        if left >= SOON_SECONDS || !look.is_multiple_of(LOOKS_PER_WARNING) {
            return;
        }
        let listener = self.listener;
        if left <= 0 {
            tracing::error!(
                listener,
                "the TLS certificate has expired: clients refuse it"
            );
        } else {
            let days = left / 86_400;
            tracing::warn!(
                listener,
                days,
                "the TLS certificate ends soon: issue a new one"
            );
        }
    }
}
