//! Configuration: each key once, with its meaning; `docs/reference/config.md` repeats them.
//!
//! Later sources win: built-in values, the TOML file, `AZEKURA_*` of the environment, flags. The
//! command line reads the last two into [`Overrides`]. Unknown keys are refused: a misspelt
//! safety setting must not be ignored silently.

mod approvals;
mod audit;
mod check;
mod listeners;
mod size;
#[cfg(test)]
mod tests;
mod tls;

use std::net::SocketAddr;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

use serde::Deserialize;

pub use approvals::{Approvals, ApprovalsTable, DualControlName, Webhook};
pub use audit::{AuditChecked, AuditModeName, AuditTable, PatientLayoutTable};
pub use check::{Checked, ConfigError, KeyConfigured};
pub use size::SizeValue;
pub use tls::{ClientAuthName, ClientCaTable, TlsTable};

/// The TOML file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct File {
    /// The vault directory. Default `./azekura-data`.
    pub data_dir: Option<PathBuf>,
    /// Journal, when it is not in the vault directory.
    pub journal_dir: Option<PathBuf>,
    /// Index, when it is not in the vault directory.
    pub index_dir: Option<PathBuf>,
    /// Directories for blobs, when they are not in the vault directory.
    pub blob_dirs: Vec<PathBuf>,
    /// Bytes that must stay free on each disk, as a number or as `"2GiB"`; data is refused below.
    /// Default 2 GiB, or a twentieth of a smaller disk.
    pub space_floor: Option<SizeValue>,
    /// Where this vault stands.
    pub region: Region,
    /// The S3 listener.
    pub s3: S3,
    /// The admin listener.
    pub admin: Admin,
    /// TLS of both listeners. Default none: plaintext HTTP, on loopback alone.
    pub tls: Option<TlsTable>,
    /// Bounds on connections.
    pub limits: Limits,
    /// What leaves the vault, and when.
    pub lifecycle: Lifecycle,
    /// Logs.
    pub log: Log,
    /// OpenTelemetry.
    pub otlp: Otlp,
    /// Access keys beside the root key.
    pub keys: Vec<KeyTable>,
    /// Retention classes and trials.
    pub retention: RetentionTable,
    /// Two people.
    pub approvals: ApprovalsTable,
    /// Reads, listings, refusals and log-ins on record.
    pub audit: AuditTable,
    /// Passphrase of the keyring.
    pub keyring: KeyringTable,
    /// Allows plaintext HTTP beyond loopback. There is no encryption in transit then: only for a
    /// proxy with TLS in front on a network that nobody else is on. Default `false`.
    pub i_accept_unencrypted_http_beyond_loopback: bool,
}

/// `[region]`: where the vault stands. Fixed when the vault is made.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Region {
    /// Name: `jp-tokyo`, `jp-osaka` or the operator's own. Default `local`.
    pub name: Option<String>,
    /// Other names that clients may sign with; `us-east-1` always works.
    pub aliases: Vec<String>,
    /// Jurisdiction, `JP` in Japan. Default `未申告` (not declared). This and the three below are
    /// shown and not judged.
    pub jurisdiction: Option<String>,
    /// Prefecture.
    pub prefecture: Option<String>,
    /// Building or data centre.
    pub site: Option<String>,
    /// Who runs it.
    pub operator: Option<String>,
}

/// `[s3]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct S3 {
    /// Address and port; port 0 takes a free one. Default `127.0.0.1:9000`.
    pub addr: Option<String>,
    /// Domains for virtual-host style (`BUCKET.DOMAIN`). Default none: path style only.
    pub domains: Vec<String>,
    /// TLS of this listener, instead of `[tls]`.
    pub tls: Option<TlsTable>,
    /// Networks whose connections are accepted, as in `10.0.0.0/8`. Default none: every address.
    pub source_cidrs: Vec<String>,
    /// For other people's test suites alone: new buckets begin without public-access block, and
    /// access-control lists count in them. Whoever owns a bucket can then let everybody in with one
    /// request. Also `AZEKURA_I_ACCEPT_PUBLIC_BUCKETS`. Default `false`.
    pub i_accept_public_buckets: bool,
}

/// `[admin]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Admin {
    /// Address and port; port 0 takes a free one. Default `127.0.0.1:9001`.
    pub addr: Option<String>,
    /// TLS of this listener, instead of `[tls]`.
    pub tls: Option<TlsTable>,
    /// Networks whose connections are accepted, as in `10.0.0.0/8`. Default none: every address.
    pub source_cidrs: Vec<String>,
}

/// `[limits]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Most connections at a time on each listener; more wait to be accepted. Default 4096.
    pub connections: usize,
    /// Most connections at a time from one address (of IPv6, one network of 64 bits). Behind a proxy
    /// all come from one. Default: as `connections`.
    pub connections_per_address: Option<usize>,
    /// Bytes a second that a body or an answer must move while the client is waited for, over each
    /// 30 s of waiting; 0 judges nothing. Default 1024.
    pub least_bytes_per_second: u64,
    /// Memory for content on its way in and out and for documents, as a number of bytes or as
    /// `"1GiB"`. A request that finds it taken waits up to 20 s, then is told `SlowDown`. Default
    /// 512 MiB, at least 96 MiB.
    pub memory: Option<SizeValue>,
    /// Seconds within which the headers of a request must have arrived. Default 60.
    pub header_read_seconds: u64,
    /// Seconds within which a TLS handshake must be over. Default 10.
    pub tls_handshake_seconds: u64,
    /// Seconds without a byte moving after which an upload or an answer under way is broken off.
    /// Default 120.
    pub stall_seconds: u64,
    /// Seconds that requests under way are given at a stop. Default 10.
    pub drain_seconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            connections_per_address: None,
            least_bytes_per_second: 1024,
            memory: None,
            header_read_seconds: 60,
            tls_handshake_seconds: 10,
            stall_seconds: 120,
            drain_seconds: 10,
        }
    }
}

/// `[lifecycle]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lifecycle {
    /// Hours by compliance time after which a change acts that weakens: lifecycle rules that hide more
    /// or sooner, fewer days of history, a disposal. Default 72, at least 1.
    pub cooling_off_hours: u64,
    /// Seconds between two passes of the keeper; 0 = only when asked. Default 3600.
    pub interval_seconds: u64,
    /// Days of hidden history of a new bucket. Default 30.
    pub history_days: u32,
    /// For tests alone: a cooling-off in seconds, instead of the hours. Whoever steals a key can then
    /// have everything that is not locked erased at once. Default: none.
    pub i_accept_a_cooling_off_of_seconds: Option<u64>,
}

impl Default for Lifecycle {
    fn default() -> Self {
        Self {
            cooling_off_hours: 72,
            interval_seconds: 3600,
            history_days: 30,
            i_accept_a_cooling_off_of_seconds: None,
        }
    }
}

/// `[log]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// `text` (default) or `json`, one object a line.
    pub format: Option<LogFormat>,
    /// Filter as for `RUST_LOG`. Default `info,s3s=off`.
    pub filter: Option<String>,
}

/// Form of log lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// `[retention]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetentionTable {
    /// File with retention classes of your own, and parameters of those that come with the release.
    /// Default none.
    pub classes: Option<PathBuf>,
    /// Hours for which a new COMPLIANCE default of a bucket is on trial; 0 = it is final at once.
    /// Default 72.
    pub probation_hours: Option<u32>,
    /// For tests alone: a trial in seconds instead of hours, and as many seconds between its end and
    /// the upgrade. Nobody can react within it. Default none.
    pub i_accept_a_trial_of_seconds: Option<u32>,
}

/// `[otlp]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Otlp {
    /// Collector that takes OTLP over plain HTTP, `http://HOST:4318`. Default none: nothing is
    /// sent anywhere.
    pub endpoint: Option<String>,
}

/// `[[keys]]`: an access key with explicit rights.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyTable {
    /// Access key id.
    pub id: String,
    /// Name of the person or system, as records show it.
    pub principal: String,
    /// Name of the institution in which it stands; one that is not there is made at start, with
    /// dual-control off. Default: the vault's first.
    pub tenant: Option<String>,
    /// File with the secret; nobody but its owner may read it.
    pub secret_file: PathBuf,
    /// Any of `read`, `write`, `manage`, `lock`, `bypass`, `event`, `admin`, `export`.
    pub rights: Vec<RightName>,
    /// Most requests a second; more are told `SlowDown`. Default: no limit.
    pub requests_per_second: Option<NonZeroU64>,
    /// Most bytes a second of bodies, in both directions together, as a number or as `"10MiB"`;
    /// transfers are slowed to it. Default: no limit.
    pub bytes_per_second: Option<SizeValue>,
    /// Longest retention that it may ask for, in days from the request. Default: no limit but that of
    /// the bucket.
    pub lock_days_max: Option<u32>,
    /// Most bytes that it may lock, or lock for longer, in one day of compliance time in Japan, as a
    /// number or as `"10GiB"`. Default: no limit.
    pub locked_bytes_per_day: Option<SizeValue>,
}

/// Names of rights in `[[keys]]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RightName {
    /// Read and list.
    Read,
    /// Store.
    Write,
    /// Hide objects; create, change and retire buckets.
    Manage,
    /// Set and extend retention, set and clear legal holds.
    Lock,
    /// Go against GOVERNANCE retention.
    Bypass,
    /// Post the event that starts the period of a retention class.
    Event,
    /// The admin API.
    Admin,
    /// Take all versions of the tenant out (`azekura tenant export`).
    Export,
}

/// `[keyring]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeyringTable {
    /// File with the passphrase. `AZEKURA_PASSPHRASE`, `AZEKURA_PASSPHRASE_FILE` and the systemd
    /// credential `azekura-passphrase` serve as well. Without any, a generated secret beside the
    /// keyring opens it: whoever has the disk has the keys then.
    pub passphrase_file: Option<PathBuf>,
}

/// What flags and environment say; wins over the file.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `--config`.
    pub config: Option<PathBuf>,
    /// `--data-dir`.
    pub data_dir: Option<PathBuf>,
    /// `--journal-dir`.
    pub journal_dir: Option<PathBuf>,
    /// `--index-dir`.
    pub index_dir: Option<PathBuf>,
    /// `--blob-dir`; not empty = instead of those of the file.
    pub blob_dirs: Vec<PathBuf>,
    /// `--space-floor`, bytes with or without a unit.
    pub space_floor: Option<String>,
    /// `--region`.
    pub region: Option<String>,
    /// `--s3-addr`.
    pub s3_addr: Option<String>,
    /// `--admin-addr`.
    pub admin_addr: Option<String>,
    /// `--log-format`.
    pub log_format: Option<LogFormat>,
    /// `RUST_LOG` or `AZEKURA_LOG`.
    pub log_filter: Option<String>,
    /// `--otlp-endpoint`.
    pub otlp_endpoint: Option<String>,
    /// `--passphrase-file`.
    pub passphrase_file: Option<PathBuf>,
    /// `--i-accept-unencrypted-http-beyond-loopback`.
    pub accept_plaintext: bool,
    /// `AZEKURA_I_ACCEPT_PUBLIC_BUCKETS`.
    pub accept_public_buckets: bool,
    /// `AZEKURA_ROOT_ACCESS_KEY_ID`.
    pub root_key_id: Option<String>,
    /// `AZEKURA_ROOT_SECRET_ACCESS_KEY`.
    pub root_secret: Option<String>,
}

/// Reads the file, if one is named.
///
/// # Errors
/// [`ConfigError::Unreadable`], [`ConfigError::Malformed`] with line and column.
pub fn read_file(path: Option<&Path>) -> Result<File, ConfigError> {
    let Some(path) = path else {
        return Ok(File::default());
    };
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
        path: path.to_owned(),
        reason: source.to_string(),
    })?;
    toml::from_str(&text).map_err(|source| ConfigError::Malformed {
        path: path.to_owned(),
        reason: source.to_string(),
    })
}

/// Whether an address can be reached from this machine only.
#[must_use]
pub fn is_loopback(address: &SocketAddr) -> bool {
    address.ip().to_canonical().is_loopback()
}
