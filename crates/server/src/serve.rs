//! `azekura serve`, from start to stop.
//!
//! configuration → logs → vault (replay) → keys → listeners → ready … signal → drain → close.

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use azekura_admin_api::sigv4;
use azekura_gateway::auth::Authenticate;
use azekura_gateway::service::{GatewayConfig, S3Gateway};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::admin::{self, AdminState, Metrics};
use crate::config::{self, Checked, ConfigError, Overrides};
use crate::credentials::CredentialsError;
use crate::keys::{self, AccessKeys, Root};
use crate::listener::{self, Bounds, Entrance};
use crate::observe::Observed;
use crate::open::{self, OpenFailure, Opened};
use crate::stall::Dawdling;
use crate::stop::{self, Reason};
use crate::telemetry::{self, TelemetryError};
use crate::timekeeper;
use crate::tls::{self, Tls};
use crate::welcome;

/// Region that every client may sign for.
const REGION_OF_SDKS: &str = "us-east-1";

/// How a server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// A signal, and a clean close.
    Clean,
    /// The configuration is wrong.
    Usage,
    /// Refused: wrong passphrase, in use, unknown format, an address that is taken.
    Refused,
    /// Damage that does not allow to start.
    Damage,
    /// Failed for another reason.
    Failed,
    /// A disk failed, at the start or while running.
    Io,
}

impl Ended {
    /// Exit code of the process; see `docs/reference/exit-codes.md`.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Refused => 4,
            Self::Damage => 5,
            Self::Io => 74,
        }
    }
}

/// Why a server did not start or did not end cleanly.
#[derive(Debug, thiserror::Error)]
enum ServeError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    #[error(transparent)]
    Keys(#[from] keys::NoRootKey),
    #[error(transparent)]
    Open(#[from] OpenFailure),
    #[error(
        "cannot listen on {address}: {source}. Is another server running? Give another address with {flag}"
    )]
    Listen {
        address: SocketAddr,
        flag: &'static str,
        source: std::io::Error,
    },
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error(
        "the engine stopped after a failed write: {0}. Nothing was acknowledged after it. Mend the disk, then start again"
    )]
    Poisoned(String),
}

impl ServeError {
    fn ended(&self) -> Ended {
        match self {
            Self::Config(_) | Self::Telemetry(_) => Ended::Usage,
            Self::Credentials(CredentialsError::Io { .. }) | Self::Io(_) | Self::Poisoned(_) => {
                Ended::Io
            }
            Self::Credentials(_) | Self::Keys(_) | Self::Listen { .. } => Ended::Refused,
            Self::Open(failure) => failure.ended(),
        }
    }
}

/// Serves until a signal or a failure.
pub async fn serve(overrides: Overrides) -> Ended {
    match run(overrides).await {
        Ok(()) => Ended::Clean,
        Err(error) => {
            tracing::error!(%error, "the server ends");
            // The log may be filtered or not have started; the reason must be seen in any case.
            drop(writeln!(std::io::stderr(), "azekura: {error}"));
            error.ended()
        }
    }
}

async fn run(overrides: Overrides) -> Result<(), ServeError> {
    let file = config::read_file(overrides.config.as_deref())?;
    let config = Checked::new(file, overrides)?;
    let traces = telemetry::start(config.log_format, &config.log_filter, config.otlp.as_ref())?;
    let ended = run_vault(&config).await;
    if let Some(traces) = traces {
        traces.end().await;
    }
    ended
}

async fn run_vault(config: &Checked) -> Result<(), ServeError> {
    // Taken before the vault is made or replayed: an address in use costs nothing then.
    let s3 = bind(config.s3_addr, "--s3-addr").await?;
    let admin = bind(config.admin_addr, "--admin-addr").await?;
    let (tell_poison, poisoned) = watch::channel(None);
    let opened = open::open(config, tell_poison).await?;
    let root = keys::root(config, &opened)?;
    let ended = listen(config, &opened, &root, (s3, admin), poisoned).await;
    if matches!(ended, Ok(Reason::Signal(_))) {
        timekeeper::write_down(&opened.running.store).await;
    }
    opened.running.auditing.close().await;
    let engine = Arc::clone(&opened.running.engine);
    let closed = tokio::task::spawn_blocking(move || engine.close()).await;
    match (ended?, closed) {
        (Reason::Poisoned(reason), _) => Err(ServeError::Poisoned(reason)),
        (Reason::Signal(signal), Ok(Ok(()))) => {
            tracing::info!(signal, "closed cleanly");
            Ok(())
        }
        (Reason::Signal(_), Ok(Err(error))) => Err(ServeError::Poisoned(error.to_string())),
        (Reason::Signal(_), Err(error)) => Err(ServeError::Io(std::io::Error::other(error))),
    }
}

async fn bind(address: SocketAddr, flag: &'static str) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| ServeError::Listen {
            address,
            flag,
            source,
        })
}

/// Serves both listeners until there is a reason to stop, then drains them.
async fn listen(
    config: &Checked,
    opened: &Opened,
    root: &Root,
    listeners: (TcpListener, TcpListener),
    poisoned: watch::Receiver<Option<String>>,
) -> Result<Reason, ServeError> {
    let (stop, stopped) = watch::channel(false);
    let begun = begin(config, opened, root, listeners, stopped)?;
    announce(config, opened, root, begun.s3_addr, begun.admin_addr)?;
    let reason = stop::wait(poisoned).await?;
    tracing::info!(?reason, "stopping");
    stop.send_replace(true);
    if !matches!(reason, Reason::Poisoned(_)) {
        let drained = tokio::join!(begun.s3, begun.admin);
        if !matches!(drained, (Ok(true), Ok(true))) {
            tracing::warn!("requests still under way were cut off; none of them was acknowledged");
        }
    }
    Ok(reason)
}

/// Both listeners at work; each answers whether every connection ended in time.
pub(crate) struct Begun {
    /// Where S3 is served.
    pub(crate) s3_addr: SocketAddr,
    /// Where the admin API is served.
    pub(crate) admin_addr: SocketAddr,
    s3: JoinHandle<bool>,
    admin: JoinHandle<bool>,
}

/// Starts to serve on both listeners; they end when `stopped` turns true.
pub(crate) fn begin(
    config: &Checked,
    opened: &Opened,
    root: &Root,
    (s3, admin): (TcpListener, TcpListener),
    stopped: watch::Receiver<bool>,
) -> std::io::Result<Begun> {
    let (s3_addr, admin_addr) = (s3.local_addr()?, admin.local_addr()?);
    let keys = AccessKeys::new(&opened.running, root, config.loopback, &config.keys);
    let metrics = Arc::new(Metrics::new(Arc::clone(&opened.running)));
    let gateway = Observed {
        inner: gateway(config, opened, keys.clone()),
        listener: "s3",
        metrics: Arc::clone(&metrics),
        traced: config.otlp.is_some(),
    };
    let admin_service = Observed {
        inner: TowerToHyperService::new(admin_router(config, opened, keys, &metrics, s3_addr)),
        listener: "admin",
        metrics: Arc::clone(&metrics),
        traced: config.otlp.is_some(),
    };
    let bounds = Bounds {
        connections: config.connections,
        header_read: config.header_read,
        tls_handshake: config.tls_handshake,
        per_address: config.connections_per_address,
        dawdling: Dawdling {
            stall: config.stall,
            least_bytes_per_second: config.least_bytes_per_second,
        },
        drain: config.drain,
    };
    let entrances = entrances(config, &metrics);
    let secured = entrances.iter().filter_map(|entrance| {
        let tls = entrance.tls.as_ref()?;
        Some((entrance.name, Arc::clone(tls)))
    });
    tls::keep(secured.collect(), metrics, stopped.clone())?;
    let [entrance, admin_entrance] = entrances;
    let s3 = listener::serve(s3, gateway, bounds, entrance, stopped.clone());
    let admin = listener::serve(admin, admin_service, bounds, admin_entrance, stopped);
    Ok(Begun {
        s3_addr,
        admin_addr,
        s3: tokio::spawn(s3),
        admin: tokio::spawn(admin),
    })
}

/// Who may come in to the S3 and the admin listener.
fn entrances(config: &Checked, metrics: &Arc<Metrics>) -> [Entrance; 2] {
    [
        Entrance::new(
            "s3",
            Arc::clone(metrics),
            config.s3_sources.clone(),
            config.s3_tls.clone(),
        ),
        Entrance::new(
            "admin",
            Arc::clone(metrics),
            config.admin_sources.clone(),
            config.admin_tls.clone(),
        ),
    ]
}

/// The address of a listener as clients write it.
fn endpoint(address: SocketAddr, tls: Option<&Arc<Tls>>) -> String {
    let scheme = if tls.is_some() { "https" } else { "http" };
    format!("{scheme}://{address}")
}

fn gateway(config: &Checked, opened: &Opened, keys: AccessKeys) -> open::Mounted {
    let auth: Arc<dyn Authenticate> = Arc::new(keys);
    let gateway_config = GatewayConfig {
        region: opened.region.clone(),
        aliases: config.region_aliases.clone(),
        domains: config.s3_domains.clone(),
        request_id_seed: opened.request_id_seed,
        ..GatewayConfig::default()
    };
    open::Mounted(S3Gateway::new(
        Arc::clone(&opened.running.store),
        auth,
        Arc::new(opened.running.auditing.clone()),
        gateway_config,
    ))
}

fn admin_router(
    config: &Checked,
    opened: &Opened,
    keys: AccessKeys,
    metrics: &Arc<Metrics>,
    s3: SocketAddr,
) -> axum::Router {
    let mut regions = config.region_aliases.clone();
    regions.push(opened.region.clone());
    regions.push(REGION_OF_SDKS.to_owned());
    admin::router(Arc::new(AdminState {
        running: Arc::clone(&opened.running),
        keys,
        policy: sigv4::AcceptedScopes {
            regions,
            service: sigv4::SERVICE.to_owned(),
        },
        metrics: Arc::clone(metrics),
        s3_endpoint: endpoint(s3, config.s3_tls.as_ref()),
    }))
}

/// Says on standard output what was made, and that requests are accepted.
fn announce(
    config: &Checked,
    opened: &Opened,
    root: &Root,
    s3: SocketAddr,
    admin: SocketAddr,
) -> std::io::Result<()> {
    let mut text = String::new();
    let s3 = endpoint(s3, config.s3_tls.as_ref());
    let admin = endpoint(admin, config.admin_tls.as_ref());
    if opened.made {
        text = welcome::first_start(&config.data_dir, &s3, &opened.region, root);
    } else if !(opened.running.keyring_exported)() {
        tracing::warn!("the keyring was never exported: run azekura vault export-keyring FILE");
    }
    text.push_str(&welcome::ready_line(&s3, &admin));
    text.push('\n');
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
