//! From what was written to what is safe to run.

use std::net::SocketAddr;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use azekura_admin_api::types::RegionDescription;
use azekura_gateway::throttle::KeyLimits;
use azekura_model::access::Right;
use azekura_model::cooling::HistoryDays;
use azekura_model::retention_class::ClassCatalog;
use azekura_model::retention_limits::KeyLockLimits;
use azekura_store::classes::BadClasses;
use azekura_store::memory::{MEMORY_BYTES_DEFAULT, MEMORY_BYTES_MIN};
use azekura_store::store::StorePolicy;
use http::Uri;

use super::audit::AuditChecked;
use super::{
    Approvals, File, Lifecycle, Limits, LogFormat, Overrides, RightName, SizeValue, listeners,
};
use crate::sources::Sources;
use crate::tls::{Tls, TlsFault};

/// Shortest secret access key that is accepted, in characters.
const SECRET_CHARS_MIN: usize = 16;
/// `s3s` logs every refusal of a client as an error of the server; what fails here is logged here.
const FILTER_DEFAULT: &str = "info,s3s=off";
/// Hours of trial of a new COMPLIANCE default.
const PROBATION_HOURS_DEFAULT: u32 = 72;
const TRIAL_GRACE: Duration = Duration::from_mins(1);
/// Jurisdiction of a vault whose operator declared none.
const UNDECLARED: &str = "未申告";

/// A configuration that may run.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The vault directory.
    pub data_dir: PathBuf,
    /// Journal, if elsewhere.
    pub journal_dir: Option<PathBuf>,
    /// Index, if elsewhere.
    pub index_dir: Option<PathBuf>,
    /// Blobs, if elsewhere.
    pub blob_dirs: Vec<PathBuf>,
    /// Bytes that must stay free on each disk; `None` = the engine's default.
    pub space_floor: Option<u64>,
    /// Region name given; `None` = as the vault says, `local` for a new one.
    pub region: Option<String>,
    /// Other names of the region in signatures.
    pub region_aliases: Vec<String>,
    /// Where the vault stands, as the operator declares it.
    pub declared: RegionDescription,
    /// S3 listener.
    pub s3_addr: SocketAddr,
    /// TLS of the S3 listener; `None` = plaintext.
    pub s3_tls: Option<Arc<Tls>>,
    /// Addresses that the S3 listener serves.
    pub s3_sources: Sources,
    /// Domains for virtual-host style.
    pub s3_domains: Vec<String>,
    /// Admin listener.
    pub admin_addr: SocketAddr,
    /// TLS of the admin listener; `None` = plaintext.
    pub admin_tls: Option<Arc<Tls>>,
    /// Addresses that the admin listener serves.
    pub admin_sources: Sources,
    /// Collector of traces.
    pub otlp: Option<Uri>,
    /// Both listeners are on loopback.
    pub loopback: bool,
    /// Most connections on each listener.
    pub connections: usize,
    /// Most connections from one address.
    pub connections_per_address: usize,
    /// Bytes a second that must move while a client is waited for; 0 judges nothing.
    pub least_bytes_per_second: u64,
    /// Memory for content in bytes.
    pub memory_bytes: u64,
    /// Time for the headers of a request.
    pub header_read: Duration,
    /// Time for a TLS handshake.
    pub tls_handshake: Duration,
    /// Time without a byte moving, after which a transfer is broken off.
    pub stall: Duration,
    /// Time for requests under way at a stop.
    pub drain: Duration,
    /// How long what weakens waits, and how long history is at first.
    pub policy: StorePolicy,
    /// Two people.
    pub approvals: Approvals,
    /// Time between two passes of the keeper; zero = none.
    pub keep_every: Duration,
    /// Form of log lines.
    pub log_format: LogFormat,
    /// Filter of log lines.
    pub log_filter: String,
    /// File with the passphrase of the keyring.
    pub passphrase_file: Option<PathBuf>,
    /// Root key id and secret from the environment.
    pub root_key: Option<(String, String)>,
    /// Further keys.
    pub keys: Vec<KeyConfigured>,
    /// New buckets begin open to lists and public policies.
    pub public_buckets: bool,
    /// Retention classes.
    pub classes: Arc<ClassCatalog>,
    /// Trial of a new COMPLIANCE default.
    pub probation: Duration,
    /// Time from its end to the upgrade.
    pub trial_grace: Duration,
    /// What goes on record of reads and refusals, and how.
    pub audit: AuditChecked,
}

/// A key of `[[keys]]` with its secret read.
#[derive(Clone)]
pub struct KeyConfigured {
    /// Access key id.
    pub id: String,
    /// Person or system.
    pub principal: String,
    /// Institution by name; `None` = the first.
    pub tenant: Option<String>,
    /// Secret access key.
    pub secret: String,
    /// Rights.
    pub rights: Vec<Right>,
    /// Requests and bytes a second.
    pub limits: KeyLimits,
    /// Days and bytes that it may lock.
    pub lock_limits: KeyLockLimits,
}

impl std::fmt::Debug for KeyConfigured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyConfigured")
            .field("id", &self.id)
            .field("rights", &self.rights)
            .finish_non_exhaustive()
    }
}

/// Why a configuration may not run. Each says what to do next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {path:?}: {reason}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The file of retention classes.
    #[error("{0}\nsee docs/operating/retention.md")]
    Classes(BadClasses),
    /// The file is not TOML, or has a key that does not exist.
    #[error("{path:?} is not a valid configuration: {reason}\nsee docs/reference/config.md")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where and why.
        reason: String,
    },
    /// Not an address.
    #[error(
        "{key} = {value:?} is not an address: give it as HOST:PORT, for instance 127.0.0.1:9000"
    )]
    Address {
        /// Key of the configuration.
        key: &'static str,
        /// What was given.
        value: String,
    },
    /// Plaintext beyond loopback.
    #[error(
        "{address} can be reached from other machines and this listener speaks plaintext HTTP: \
         bodies and names would travel unencrypted. Give it a certificate (`azekura tls issue` makes \
         one, [tls] in the configuration names it), listen on 127.0.0.1 behind a proxy with TLS, or give --i-accept-unencrypted-http-beyond-loopback if the network is yours alone"
    )]
    Plaintext {
        /// The address.
        address: SocketAddr,
    },
    /// TLS cannot be had with these files.
    #[error("{section}: {fault}\nsee docs/operating/tls.md")]
    Tls {
        /// Table of the configuration.
        section: &'static str,
        /// Why.
        fault: TlsFault,
    },
    /// Client certificates that nobody could issue, or CAs that nobody is asked for.
    #[error(
        "{section}: `client_auth` other than \"off\" and `client_cas` need each other: give both or neither"
    )]
    HalfClientAuth {
        /// Table of the configuration.
        section: &'static str,
    },
    /// Not a network.
    #[error(
        "{key}: {value:?} is not a network: give it as 10.0.0.0/8, 2001:db8::/32 or one address"
    )]
    Cidr {
        /// Key of the configuration.
        key: &'static str,
        /// What was given.
        value: String,
    },
    /// Only half of the root key.
    #[error("set both AZEKURA_ROOT_ACCESS_KEY_ID and AZEKURA_ROOT_SECRET_ACCESS_KEY, or neither")]
    HalfRootKey,
    /// A secret that can be guessed.
    #[error(
        "the secret of access key {id:?} has fewer than {SECRET_CHARS_MIN} characters: choose a longer one"
    )]
    ShortSecret {
        /// Access key id.
        id: String,
    },
    /// A key id that does not fit in a signature, or is there twice.
    #[error(
        "access key id {id:?} is empty, used twice, or has characters other than A-Z a-z 0-9 . _ -"
    )]
    BadKeyId {
        /// Access key id.
        id: String,
    },
    /// A secret file that others can read.
    #[error("{path:?} can be read by others: run chmod 600 on it")]
    OpenSecret {
        /// The file.
        path: PathBuf,
    },
    /// Not a collector that can be reached over plain HTTP.
    #[error(
        "otlp.endpoint = {0:?} is not an address of plain HTTP: give it as http://HOST:4318. For \
         TLS, run a collector or a proxy on this machine"
    )]
    Collector(String),
    /// Not a number of bytes.
    #[error("{key} = {value:?} is not a size: give bytes, or a number with KiB, MiB, GiB or TiB")]
    Size {
        /// Key of the configuration.
        key: &'static str,
        /// What was given.
        value: String,
    },
    /// Too little memory to work with.
    #[error("limits.memory must be at least {}MiB", MEMORY_BYTES_MIN >> 20)]
    Memory,
    /// A key that could move nothing.
    #[error("bytes_per_second of access key {id:?} must be at least 1; leave it out for no limit")]
    ZeroRate {
        /// Access key id.
        id: String,
    },
    /// Not an address that may be told of requests.
    #[error(
        "approvals.webhook = {0:?} is not an address: give it as https://HOST/PATH; plain http:// \
         serves 127.0.0.1, [::1] and localhost alone"
    )]
    Webhook(String),
    /// Nothing could be approved.
    #[error("approvals.expiry_hours must be at least 1")]
    NoExpiry,
    /// One person would be faster than two.
    #[error(
        "approvals.alone_cooling_off_hours must be at least the cooling-off of [lifecycle]: one person \
         alone must not be faster than two"
    )]
    AloneTooShort,
    /// No cooling-off.
    #[error("lifecycle.cooling_off_hours must be at least 1")]
    NoCoolingOff,
    /// History longer than can be counted.
    #[error("lifecycle.history_days must be at most {}", HistoryDays::MAX.0)]
    HistoryDays,
    /// A part of the audit.
    #[error("[audit]: {0}")]
    Audit(String),
    /// A bound of zero.
    #[error("limits.{key} must be at least 1")]
    Zero {
        /// Key under `[limits]`.
        key: &'static str,
    },
}

impl Checked {
    /// Joins file and overrides, and judges the whole.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn new(file: File, over: Overrides) -> Result<Self, ConfigError> {
        let net = listeners::check(&file, &over)?;
        let otlp = over.otlp_endpoint.or(file.otlp.endpoint);
        let otlp = otlp.map(collector).transpose()?;
        let audit = AuditChecked::new(file.audit, otlp.as_ref())?;
        let space_floor = over.space_floor.map(SizeValue::Text).or(file.space_floor);
        let space_floor = space_floor
            .map(|size| size.bytes("space_floor"))
            .transpose()?;
        let root_key = root_key(over.root_key_id, over.root_secret)?;
        let keys = keys(&file.keys, root_key.as_ref().map(|(id, _)| id.as_str()))?;
        let limits = file.limits;
        let memory_bytes = memory_bytes(limits.memory.as_ref())?;
        not_zero(&limits)?;
        let mut policy = policy(&file.lifecycle)?;
        let approvals = file.approvals.checked(&mut policy)?;
        let (probation, trial_grace) = trial(&file.retention);
        Ok(Self {
            data_dir: over
                .data_dir
                .or(file.data_dir)
                .unwrap_or_else(|| PathBuf::from("./azekura-data")),
            journal_dir: over.journal_dir.or(file.journal_dir),
            index_dir: over.index_dir.or(file.index_dir),
            blob_dirs: if over.blob_dirs.is_empty() {
                file.blob_dirs
            } else {
                over.blob_dirs
            },
            space_floor,
            declared: declared(&file.region),
            region: over.region.or(file.region.name),
            region_aliases: file.region.aliases,
            otlp,
            s3_addr: net.s3.addr,
            s3_tls: net.s3.tls,
            s3_sources: net.s3.sources,
            s3_domains: file.s3.domains,
            admin_addr: net.admin.addr,
            admin_tls: net.admin.tls,
            admin_sources: net.admin.sources,
            loopback: net.loopback,
            connections: limits.connections,
            connections_per_address: limits.connections_per_address.unwrap_or(limits.connections),
            least_bytes_per_second: limits.least_bytes_per_second,
            memory_bytes,
            header_read: Duration::from_secs(limits.header_read_seconds),
            tls_handshake: Duration::from_secs(limits.tls_handshake_seconds),
            stall: Duration::from_secs(limits.stall_seconds),
            drain: Duration::from_secs(limits.drain_seconds),
            policy,
            approvals,
            keep_every: Duration::from_secs(file.lifecycle.interval_seconds),
            log_format: over.log_format.or(file.log.format).unwrap_or_default(),
            log_filter: over
                .log_filter
                .or(file.log.filter)
                .unwrap_or_else(|| FILTER_DEFAULT.to_owned()),
            passphrase_file: over.passphrase_file.or(file.keyring.passphrase_file),
            root_key,
            keys,
            public_buckets: over.accept_public_buckets || file.s3.i_accept_public_buckets,
            classes: Arc::new(classes(file.retention.classes.as_deref())?),
            probation,
            trial_grace,
            audit,
        })
    }
}

fn declared(region: &super::Region) -> RegionDescription {
    RegionDescription {
        jurisdiction: region
            .jurisdiction
            .clone()
            .unwrap_or_else(|| UNDECLARED.to_owned()),
        prefecture: region.prefecture.clone(),
        site: region.site.clone(),
        operator: region.operator.clone(),
    }
}

fn policy(lifecycle: &Lifecycle) -> Result<StorePolicy, ConfigError> {
    let history_days = HistoryDays(lifecycle.history_days);
    if history_days > HistoryDays::MAX {
        return Err(ConfigError::HistoryDays);
    }
    if lifecycle.cooling_off_hours == 0 {
        return Err(ConfigError::NoCoolingOff);
    }
    let cooling_off = match lifecycle.i_accept_a_cooling_off_of_seconds {
        Some(seconds) => Duration::from_secs(seconds),
        None => Duration::from_secs(lifecycle.cooling_off_hours.saturating_mul(3600)),
    };
    Ok(StorePolicy {
        cooling_off,
        history_days,
        ..StorePolicy::default()
    })
}

/// Bounds that would let nothing through.
fn not_zero(limits: &Limits) -> Result<(), ConfigError> {
    for (key, zero) in [
        ("connections", limits.connections == 0),
        (
            "connections_per_address",
            limits.connections_per_address == Some(0),
        ),
        ("header_read_seconds", limits.header_read_seconds == 0),
        ("tls_handshake_seconds", limits.tls_handshake_seconds == 0),
        ("stall_seconds", limits.stall_seconds == 0),
    ] {
        if zero {
            return Err(ConfigError::Zero { key });
        }
    }
    Ok(())
}

fn memory_bytes(given: Option<&SizeValue>) -> Result<u64, ConfigError> {
    let Some(size) = given else {
        return Ok(MEMORY_BYTES_DEFAULT);
    };
    let bytes = size.bytes("limits.memory")?;
    (bytes >= MEMORY_BYTES_MIN)
        .then_some(bytes)
        .ok_or(ConfigError::Memory)
}

/// The base address of a collector, without a trailing slash.
fn collector(value: String) -> Result<Uri, ConfigError> {
    let parsed = value.trim_end_matches('/').parse::<Uri>().ok();
    parsed
        .filter(|uri| uri.scheme_str() == Some("http") && uri.host().is_some())
        .filter(|uri| uri.query().is_none())
        .ok_or(ConfigError::Collector(value))
}

fn root_key(
    id: Option<String>,
    secret: Option<String>,
) -> Result<Option<(String, String)>, ConfigError> {
    match (id, secret) {
        (None, None) => Ok(None),
        (Some(id), Some(secret)) => {
            check_key(&id, &secret)?;
            Ok(Some((id, secret)))
        }
        _ => Err(ConfigError::HalfRootKey),
    }
}

/// The trial of a COMPLIANCE default, and the time from its end to the upgrade.
fn trial(retention: &super::RetentionTable) -> (Duration, Duration) {
    if let Some(seconds) = retention.i_accept_a_trial_of_seconds {
        let seconds = Duration::from_secs(u64::from(seconds));
        return (seconds, seconds.min(TRIAL_GRACE));
    }
    let hours = retention.probation_hours.unwrap_or(PROBATION_HOURS_DEFAULT);
    (Duration::from_hours(u64::from(hours)), TRIAL_GRACE)
}

/// The catalog of retention classes; a file that is wrong anywhere is no start.
fn classes(own: Option<&Path>) -> Result<ClassCatalog, ConfigError> {
    let text = own
        .map(|path| {
            std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
                path: path.to_owned(),
                reason: source.to_string(),
            })
        })
        .transpose()?;
    let name = own.map(|path| path.display().to_string());
    let own = name.as_deref().zip(text.as_deref());
    azekura_store::classes::catalog(own).map_err(ConfigError::Classes)
}

fn keys(
    configured: &[super::KeyTable],
    root: Option<&str>,
) -> Result<Vec<KeyConfigured>, ConfigError> {
    let mut keys: Vec<KeyConfigured> = Vec::new();
    for key in configured {
        if root == Some(key.id.as_str()) || keys.iter().any(|other| other.id == key.id) {
            return Err(ConfigError::BadKeyId { id: key.id.clone() });
        }
        let secret = read_secret(&key.secret_file)?;
        check_key(&key.id, &secret)?;
        let bytes_per_second = key
            .bytes_per_second
            .as_ref()
            .map(|size| size.bytes("keys.bytes_per_second"))
            .transpose()?
            .map(|bytes| NonZeroU64::new(bytes).ok_or(ConfigError::ZeroRate { id: key.id.clone() }))
            .transpose()?;
        let rights = key.rights.iter().flat_map(|right| match right {
            RightName::Read => [Right::Read].as_slice(),
            RightName::Write => &[Right::Write],
            RightName::Manage => &[Right::Manage],
            RightName::Lock => &[Right::Lock],
            RightName::Bypass => &[Right::Bypass],
            RightName::Event => &[Right::Event],
            RightName::Admin => &[Right::Admin, Right::Audit, Right::Approve],
            RightName::Export => &[Right::Export],
        });
        let lock_limits = KeyLockLimits {
            days_max: key.lock_days_max,
            bytes_per_day: key
                .locked_bytes_per_day
                .as_ref()
                .map(|size| size.bytes("keys.locked_bytes_per_day"))
                .transpose()?,
        };
        keys.push(KeyConfigured {
            id: key.id.clone(),
            principal: key.principal.clone(),
            tenant: key.tenant.clone(),
            secret,
            rights: rights.copied().collect(),
            limits: KeyLimits {
                requests_per_second: key.requests_per_second,
                bytes_per_second,
            },
            lock_limits,
        });
    }
    Ok(keys)
}

fn check_key(id: &str, secret: &str) -> Result<(), ConfigError> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    if id.is_empty() || !id.bytes().all(fits) {
        return Err(ConfigError::BadKeyId { id: id.to_owned() });
    }
    if secret.chars().count() < SECRET_CHARS_MIN {
        return Err(ConfigError::ShortSecret { id: id.to_owned() });
    }
    Ok(())
}

/// Reads a secret: the first line of a file that only its owner can read.
pub(super) fn read_secret(path: &Path) -> Result<String, ConfigError> {
    use std::os::unix::fs::PermissionsExt as _;
    let unreadable = |source: std::io::Error| ConfigError::Unreadable {
        path: path.to_owned(),
        reason: source.to_string(),
    };
    let mode = std::fs::metadata(path)
        .map_err(unreadable)?
        .permissions()
        .mode();
    if mode & 0o077 != 0 {
        return Err(ConfigError::OpenSecret {
            path: path.to_owned(),
        });
    }
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    Ok(text.lines().next().unwrap_or_default().trim().to_owned())
}
