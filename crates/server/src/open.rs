//! Makes or opens the vault behind a server.

use std::convert::Infallible;
use std::sync::Arc;

use azekura_admin_api::error::ApiError;
use azekura_engine::embedded::Progress;
use azekura_gateway::auth::Peer;
use azekura_gateway::service::{ResponseBody, S3Gateway};
use azekura_model::governed::DualControl;
use azekura_model::position::RegionName;
use azekura_store::audit::AuditDefaults;
use azekura_store::entropy::{Entropy as _, EntropyFailed, SystemEntropy};
use azekura_store::error::StoreError;
use azekura_store::memory::MemoryBudget;
use azekura_store::projector::Projector;
use azekura_store::store::{Parts, Store, StorePolicy};
use azekura_store::vault::{
    self, InitOptions, OpenOptions, OpenVault, Places, VaultError, passphrase,
};
use http::{Request, Response};
use hyper::service::Service;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::watch;

use crate::approvals::{self, RequestMetrics};
use crate::auditing::Auditing;
use crate::config::Checked;
use crate::keeping;
use crate::limited_accounts::LimitedAccounts;
use crate::running::Running;
use crate::serve::Ended;
use crate::stall::TimedBody;
use crate::timekeeper;

/// Region of a vault that is made without a name. It cannot join others.
const REGION_DEFAULT: &str = "local";
/// Name of the institution of a vault that is made without one.
pub(crate) const TENANT_DEFAULT: &str = "default";
/// Log line of a replay at every this many bytes.
const LOG_EVERY_BYTES: u64 = 1 << 30;

/// A vault that is open, and what a server knows of it.
pub(crate) struct Opened {
    /// What listeners need.
    pub(crate) running: Arc<Running>,
    /// Region name.
    pub(crate) region: String,
    /// Made at this start.
    pub(crate) made: bool,
    /// Makes request ids differ from those of other starts.
    pub(crate) request_id_seed: u64,
}

/// Why there is no open vault.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenFailure {
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The store on it.
    #[error("the vault is open, but the store cannot start: {0}")]
    Store(#[from] StoreError),
    /// The region named is not the vault's.
    #[error(
        "this vault belongs to region {vault:?}, not {given:?}: a vault keeps its region; leave --region out"
    )]
    OtherRegion {
        /// As the vault says.
        vault: String,
        /// As configured.
        given: String,
    },
    /// The name cannot be a region.
    #[error("{0:?} cannot be the name of a region: use a-z, 0-9 and '-', as in jp-tokyo")]
    BadRegion(String),
    /// No random bytes.
    #[error(transparent)]
    Entropy(#[from] EntropyFailed),
    /// Who is to be told of requests.
    #[error("approvals.webhook: {0}")]
    Webhook(#[from] ApiError),
    /// The thread that opens has ended.
    #[error("opening broke off: {0}")]
    Broke(String),
}

impl OpenFailure {
    /// How the server ends for it.
    pub(crate) fn ended(&self) -> Ended {
        match self {
            Self::Vault(VaultError::Io { .. }) => Ended::Io,
            Self::Vault(VaultError::Damaged { .. }) => Ended::Damage,
            Self::Vault(VaultError::Engine(_)) | Self::Entropy(_) | Self::Broke(_) => Ended::Failed,
            Self::Store(StoreError::Damaged(_)) => Ended::Damage,
            Self::Store(_) => Ended::Failed,
            Self::Vault(_) | Self::OtherRegion { .. } => Ended::Refused,
            Self::BadRegion(_) | Self::Webhook(_) => Ended::Usage,
        }
    }
}

/// Opens the vault, after making it when there is none, and readies the store. `tell_poison` gets
/// the reason when a write fails.
pub(crate) async fn open(
    config: &Checked,
    tell_poison: watch::Sender<Option<String>>,
) -> Result<Opened, OpenFailure> {
    let places = Places {
        data_dir: config.data_dir.clone(),
        journal_dir: config.journal_dir.clone(),
        index_dir: config.index_dir.clone(),
        blob_dirs: config.blob_dirs.clone(),
    };
    let (region, file) = (config.region.clone(), config.passphrase_file.clone());
    let space_floor = config.space_floor;
    let blocking = move || -> Result<(OpenVault, bool, Places), OpenFailure> {
        let passphrase = passphrase::find(file.as_deref())?;
        let made = !vault::exists(&places);
        if made {
            make(&places, region.as_deref(), passphrase.clone())?;
        }
        let mut options = OpenOptions::new(places.clone(), passphrase);
        options.space_floor = space_floor;
        options.on_poison = Some(Arc::new(move |reason: &str| {
            tell_poison.send_replace(Some(reason.to_owned()));
        }));
        let mut shown = Shown::new();
        let open = vault::open(
            &options,
            |keys, clock| Box::new(Projector::new(keys, clock)),
            &mut |progress| shown.update(&progress),
        )?;
        shown.end();
        let vault_region = open.format.region.to_string();
        match region {
            Some(given) if given != vault_region => Err(OpenFailure::OtherRegion {
                vault: vault_region,
                given,
            }),
            _ => Ok((open, made, places)),
        }
    };
    let opened = tokio::task::spawn_blocking(blocking).await;
    let (vault, made, places) = opened.map_err(|error| OpenFailure::Broke(error.to_string()))??;
    let region = vault.format.region.to_string();
    let running = start(vault, places, config).await?;
    let mut seed = [0; 8];
    SystemEntropy.fill(&mut seed)?;
    Ok(Opened {
        running: Arc::new(running),
        region,
        made,
        request_id_seed: u64::from_le_bytes(seed),
    })
}

fn make(
    places: &Places,
    region: Option<&str>,
    passphrase: Option<passphrase::Passphrase>,
) -> Result<(), OpenFailure> {
    let name = region.unwrap_or(REGION_DEFAULT);
    let region = RegionName::parse(name).map_err(|_| OpenFailure::BadRegion(name.to_owned()))?;
    tracing::info!(dir = %places.data_dir.display(), %region, "making a new vault");
    vault::init(&InitOptions {
        places: places.clone(),
        region,
        passphrase,
    })?;
    Ok(())
}

async fn start(vault: OpenVault, places: Places, config: &Checked) -> Result<Running, OpenFailure> {
    let parts = Parts {
        engine: Arc::clone(&vault.engine),
        keys: vault.keys,
        clock: Arc::clone(&vault.clock),
        ids: vault.ids,
        entropy: vault.entropy,
        region: vault.format.region,
        memory: Arc::new(MemoryBudget::new(config.memory_bytes)),
    };
    let store = Store::with_policy(parts, policy(config));
    let dual = config.approvals.dual_control;
    let tenant = store.bootstrap_with(TENANT_DEFAULT, dual).await?;
    say_dual_control(store.dual_control(tenant)?, dual);
    let requests = RequestMetrics::default();
    let webhook = config.approvals.webhook.as_ref();
    let telling = approvals::start(&store, webhook, &requests)?;
    let limited_accounts = Arc::new(LimitedAccounts::new(telling.teller()));
    let swept = store.start().await?;
    tracing::debug!(?swept, "what earlier processes left half done was swept");
    for name in config.keys.iter().filter_map(|key| key.tenant.as_ref()) {
        store.ensure_tenant(name).await?;
    }
    let store = Arc::new(store);
    timekeeper::say_start(&vault.clock.report());
    timekeeper::keep(&vault.ticker, Arc::clone(&store), Arc::clone(&vault.clock));
    let auditing = Auditing::start(&store, tenant, &config.audit);
    let keeping = keeping::start(Arc::clone(&store), config.keep_every);
    Ok(Running {
        store,
        engine: vault.engine,
        clock: vault.clock,
        declared: config.declared.clone(),
        keyring_exported: Box::new(move || vault::keyring_exported(&places)),
        auditing,
        sessions: Arc::default(),
        _ticker: vault.ticker,
        requests,
        limited_accounts,
        _telling: telling,
        _keeping: keeping,
    })
}

/// What the configuration says of dual control counts when a vault is made.
fn say_dual_control(is: DualControl, asked: DualControl) {
    match (is, asked) {
        (DualControl::Off, DualControl::Required) => tracing::warn!(
            "dual control is off for the first institution of this vault, for ever: \
             approvals.dual_control counts when a vault is made"
        ),
        _ => tracing::info!(dual_control = ?is, "two people for what weakens"),
    }
}

/// What the operator decided for the whole vault.
fn policy(config: &Checked) -> StorePolicy {
    let limits = config
        .keys
        .iter()
        .map(|key| (key.id.clone(), key.lock_limits));
    StorePolicy {
        probation: config.probation,
        trial_grace: config.trial_grace,
        classes: Arc::clone(&config.classes),
        lock_limits: Arc::new(limits.collect()),
        public_buckets: config.public_buckets,
        audit: AuditDefaults {
            tenants: config.audit.policy,
            unsigned: config.audit.unsigned,
        },
        ..config.policy.clone()
    }
}

/// Progress of a replay: a bar on a terminal, log lines elsewhere.
struct Shown {
    bar: ProgressBar,
    next_line: u64,
}

impl Shown {
    fn new() -> Self {
        let bar = ProgressBar::new(0);
        let style = ProgressStyle::with_template(
            "reading the journal {bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
        );
        if let Ok(style) = style {
            bar.set_style(style);
        }
        Self {
            bar,
            next_line: LOG_EVERY_BYTES,
        }
    }

    fn update(&mut self, progress: &Progress) {
        self.bar.set_length(progress.total_bytes);
        self.bar.set_position(progress.bytes);
        if progress.bytes >= self.next_line {
            self.next_line = progress.bytes.saturating_add(LOG_EVERY_BYTES);
            tracing::info!(
                records = progress.records,
                bytes = progress.bytes,
                total_bytes = progress.total_bytes,
                "reading the journal"
            );
        }
    }

    fn end(&self) {
        self.bar.finish_and_clear();
    }
}

/// The gateway as one service for all connections: the listener names the peer in each request.
#[derive(Clone)]
pub(crate) struct Mounted(pub(crate) S3Gateway);

impl Service<Request<TimedBody>> for Mounted {
    type Response = Response<ResponseBody>;
    type Error = Infallible;
    type Future =
        std::pin::Pin<Box<dyn Future<Output = Result<Response<ResponseBody>, Infallible>> + Send>>;

    fn call(&self, request: Request<TimedBody>) -> Self::Future {
        let peer = request.extensions().get::<Peer>().cloned();
        let peer = peer.unwrap_or_default();
        let gateway = self.0.clone();
        Box::pin(async move { Ok(gateway.serve(peer, request).await) })
    }
}
