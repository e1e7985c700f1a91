//! What can be typed. Each flag has an environment variable of the same name.

mod audit;
mod drill;
pub mod identity;
mod keyring;
mod request;
mod retention;
pub mod seal;
pub mod tenancy;
mod tls;

pub use request::{
    OneRequest, RequestApproveArgs, RequestCommand, RequestListArgs, RequestVetoArgs,
};
pub use retention::{
    BulkArgs, ClassCommand, DefaultArgs, EventArgs, EventCommand, ExplainArgs, ExtendArgs,
    LimitsArgs, LockCommand, ModeArg, OneClass, ReportArgs, RuleArgs, Selection, UndeleteArgs,
};

use std::path::PathBuf;

use azekura_hospital::{Class, Date, Scale, parse_day};
use clap::{Args, Parser, Subcommand, ValueEnum};

pub use audit::{AuditCommand, AuditFormat, AuditQueryArgs, AuditResultArg};
pub use drill::{DrillCommand, DrillLocksArgs};
pub use keyring::{
    EscrowCommand, EscrowDrillArgs, EscrowRestoreArgs, EscrowSplitArgs, NewSealing, ResealArgs,
    Shares,
};
pub use tls::{IssueArgs, OnlineTls, TlsCommand};

/// S3-compatible WORM object store for Japanese medical information.
#[derive(Parser, Debug)]
#[command(
    name = "azekura",
    version,
    arg_required_else_help = true,
    after_help = "Examples:\n  azekura serve\n  azekura vault check --data-dir ./azekura-data\n  azekura bucket list --data-dir ./azekura-data\n\nExit codes: 0 ok, 1 failure, 2 usage, 3 not found, 4 refused, 5 damage found,\n69 unavailable, 74 I/O."
)]
pub struct Cli {
    /// Answers as JSON, for programs
    #[arg(long, global = true, env = "AZEKURA_JSON")]
    pub json: bool,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// Nouns.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Serves a vault over S3; makes it at the first start
    Serve(Box<ServeArgs>),
    /// The vault: its state (online), its directory (offline)
    #[command(subcommand)]
    Vault(VaultCommand),
    /// Buckets, through the admin API of a running server
    #[command(subcommand)]
    Bucket(BucketCommand),
    /// The clock by which locks end, through the admin API of a running server
    #[command(subcommand)]
    Clock(ClockCommand),
    /// Lifecycle rules and the keeper that runs them
    #[command(subcommand)]
    Lifecycle(LifecycleCommand),
    /// Disposals: what is hidden and, after its history, erased; with a certificate
    #[command(subcommand)]
    Disposal(DisposalCommand),
    /// Requests for what needs two people: read, sign, say no
    #[command(subcommand)]
    Request(RequestCommand),
    /// Objects, through the admin API of a running server
    #[command(subcommand)]
    Object(ObjectCommand),
    /// Attacks on a live server, in a bucket of their own
    #[command(subcommand)]
    Drill(DrillCommand),
    /// Retention classes: periods of law, and who gets them
    #[command(subcommand)]
    Class(ClassCommand),
    /// Events that start the period of a retention class
    #[command(subcommand)]
    Event(EventCommand),
    /// Locks: reports, changes in bulk, defaults and limits
    #[command(subcommand)]
    Lock(LockCommand),
    /// Tenants: the institutions of a vault
    #[command(subcommand)]
    Tenant(identity::TenantCommand),
    /// People and systems of a tenant
    #[command(subcommand)]
    User(identity::UserCommand),
    /// Groups of users
    #[command(subcommand)]
    Group(identity::GroupCommand),
    /// Policies of users and groups
    #[command(subcommand)]
    Policy(identity::PolicyCommand),
    /// Access keys
    #[command(subcommand)]
    Key(identity::KeyCommand),
    /// What an access key could read, hide, lock and administer; it destroys nothing
    BlastRadius(tenancy::BlastArgs),
    /// Logs a person in with a one-time password; prints a key for some hours
    Login(identity::LoginArgs),
    /// Secrets for one-time passwords
    #[command(subcommand)]
    Totp(identity::TotpCommand),
    /// Who can delete a version, when, and by which rule
    Explain(ExplainArgs),
    /// When the disk fills, what cannot be deleted until when, what history costs
    Capacity(Online),
    /// Who read, changed or was refused what
    #[command(subcommand)]
    Audit(AuditCommand),
    /// A private CA and its certificates
    #[command(subcommand)]
    Tls(TlsCommand),
    /// Writes the files of a hospital that does not exist, for tests and drills
    Testdata(TestdataArgs),
}

/// `azekura serve`.
#[derive(Args, Debug, Clone, Default)]
#[command(
    after_help = "Examples:\n  azekura serve\n  azekura serve --data-dir /srv/vault --s3-addr 127.0.0.1:9000\n  azekura serve --config /etc/azekura/azekura.toml\n\nThe root access key may be given as AZEKURA_ROOT_ACCESS_KEY_ID and\nAZEKURA_ROOT_SECRET_ACCESS_KEY. All keys of the file: docs/reference/config.md."
)]
pub struct ServeArgs {
    /// Configuration file (TOML)
    #[arg(long, value_name = "FILE", env = "AZEKURA_CONFIG")]
    pub config: Option<PathBuf>,
    /// Vault directory [default: ./azekura-data]
    #[arg(long, value_name = "DIR", env = "AZEKURA_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// Journal, when it is not in the vault directory
    #[arg(long, value_name = "DIR", env = "AZEKURA_JOURNAL_DIR")]
    pub journal_dir: Option<PathBuf>,
    /// Index, when it is not in the vault directory
    #[arg(long, value_name = "DIR", env = "AZEKURA_INDEX_DIR")]
    pub index_dir: Option<PathBuf>,
    /// Blobs, when they are not in the vault directory; may be given again
    #[arg(
        long = "blob-dir",
        value_name = "DIR",
        env = "AZEKURA_BLOB_DIRS",
        value_delimiter = ','
    )]
    pub blob_dirs: Vec<PathBuf>,
    /// Bytes that must stay free on each disk, as 2GiB; data is refused below
    /// [default: 2GiB, or 5 % of a smaller disk]
    #[arg(long, value_name = "SIZE", env = "AZEKURA_SPACE_FLOOR")]
    pub space_floor: Option<String>,
    /// Region name of a new vault [default: local]
    #[arg(long, value_name = "NAME", env = "AZEKURA_REGION")]
    pub region: Option<String>,
    /// S3 address; port 0 takes a free one [default: 127.0.0.1:9000]
    #[arg(long, value_name = "HOST:PORT", env = "AZEKURA_S3_ADDR")]
    pub s3_addr: Option<String>,
    /// Admin address; port 0 takes a free one [default: 127.0.0.1:9001]
    #[arg(long, value_name = "HOST:PORT", env = "AZEKURA_ADMIN_ADDR")]
    pub admin_addr: Option<String>,
    /// Form of log lines [default: text]
    #[arg(long, value_enum, env = "AZEKURA_LOG_FORMAT")]
    pub log_format: Option<LogFormatArg>,
    /// Log filter, as for RUST_LOG [default: info,s3s=off]
    #[arg(long, value_name = "FILTER", env = "AZEKURA_LOG")]
    pub log: Option<String>,
    /// OpenTelemetry collector, http://HOST:4318 [default: none]
    #[arg(long, value_name = "URL", env = "AZEKURA_OTLP_ENDPOINT")]
    pub otlp_endpoint: Option<String>,
    /// File with the passphrase of the keyring
    #[arg(long, value_name = "FILE", env = "AZEKURA_PASSPHRASE_FILE")]
    pub passphrase_file: Option<PathBuf>,
    /// Serves plaintext HTTP to other machines; only on a network that is yours alone
    #[arg(long, env = "AZEKURA_I_ACCEPT_UNENCRYPTED_HTTP_BEYOND_LOOPBACK")]
    pub i_accept_unencrypted_http_beyond_loopback: bool,
    /// New buckets begin open to lists and public policies; for test suites alone
    #[arg(long, env = "AZEKURA_I_ACCEPT_PUBLIC_BUCKETS")]
    pub i_accept_public_buckets: bool,
}

/// Form of log lines.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormatArg {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

/// Verbs of `azekura vault`.
#[derive(Subcommand, Debug)]
pub enum VaultCommand {
    /// What the vault is and how it fares (online)
    Info(Online),
    /// The cut at this moment: one head for each partition (online)
    Snapshot(Online),
    /// Makes a vault and prints the recovery sheet
    Init(InitArgs),
    /// Reads and re-hashes everything; names what is damaged (exit code 5)
    Check(CheckArgs),
    /// Builds the index anew from the journal
    RebuildIndex(Offline),
    /// Prints every record as one line of JSON
    Dump(DumpArgs),
    /// Brings the vault to the format of this release
    Upgrade(Offline),
    /// Copies the keyring to a file that you keep somewhere else
    ExportKeyring(ExportArgs),
    /// Seals the keyring by another passphrase, or by a generated secret file
    ResealKeyring(ResealArgs),
    /// The keyring in shares: some of them together restore it
    #[command(subcommand)]
    Escrow(EscrowCommand),
}

/// Verbs of `azekura bucket`.
#[derive(Subcommand, Debug)]
pub enum BucketCommand {
    /// Lists all buckets
    List(Online),
    /// Makes a bucket
    Create(OneBucket),
    /// Retires a bucket that shows nothing; its history stays
    Delete(OneBucket),
    /// Shows or asks for the days for which hidden versions stay
    HistoryDays(HistoryDaysArgs),
    /// Opens the next key epoch: new versions are sealed under a fresh key
    RotateKey(OneBucket),
}

/// Verbs of `azekura lifecycle`.
#[derive(Subcommand, Debug)]
pub enum LifecycleCommand {
    /// Rules in force, and rules that wait for their cooling-off
    Show(OneBucket),
    /// Runs one pass of the keeper over a bucket now
    Run(OneBucket),
}

/// Verbs of `azekura disposal`.
#[derive(Subcommand, Debug)]
pub enum DisposalCommand {
    /// Asks for a disposal; it acts after the cooling-off
    Request(DisposalRequestArgs),
    /// Lists the disposals of a bucket
    List(OneBucket),
    /// Shows one disposal
    Show(OneDisposal),
    /// Takes a disposal back before it acts
    Cancel(OneDisposal),
    /// Prints a certificate of what was released, as JSON
    Certificate(CertificateArgs),
}

/// `azekura disposal request`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  azekura disposal request images --prefix 2016/ --reason \"retention over\"\n  azekura disposal request images --class clinical-record --before 2021-04-01 --reason \"満了\"\n\nHides what is not locked, after the cooling-off; history keeps it for its days, then it is erased.\nUntil it acts, `azekura disposal cancel BUCKET ID` takes it back."
)]
pub struct DisposalRequestArgs {
    /// Name of the bucket
    pub bucket: String,
    /// Only keys that begin so
    #[arg(long, default_value = "")]
    pub prefix: String,
    /// Only versions of this retention class
    #[arg(long)]
    pub class: Option<String>,
    /// Only versions committed before, as 2026-11-23 or 2026-11-23T00:00:00Z
    #[arg(long, value_name = "DATE")]
    pub before: Option<String>,
    /// Why; it stands in the record
    #[arg(long)]
    pub reason: String,
    /// Which server
    #[command(flatten)]
    pub online: Online,
}

/// A disposal.
#[derive(Args, Debug)]
pub struct OneDisposal {
    /// Name of the bucket
    pub bucket: String,
    /// Id, as `azekura disposal list` shows it
    pub id: String,
    /// Which server
    #[command(flatten)]
    pub online: Online,
}

/// `azekura disposal certificate`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  azekura disposal certificate images > certificate.json\n  azekura disposal certificate images --id 3f…\n  azekura disposal certificate images --from 2026-04-01 --to 2027-04-01"
)]
pub struct CertificateArgs {
    /// Name of the bucket; of a retired one too
    pub bucket: String,
    /// Only what this disposal hid
    #[arg(long)]
    pub id: Option<String>,
    /// Released at this compliance time or later
    #[arg(long, value_name = "DATE")]
    pub from: Option<String>,
    /// Released before
    #[arg(long, value_name = "DATE")]
    pub to: Option<String>,
    /// Which server
    #[command(flatten)]
    pub online: Online,
}

/// `azekura bucket history-days`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  azekura bucket history-days images\n  azekura bucket history-days images 90\n\nMore days act at once, fewer after the cooling-off."
)]
pub struct HistoryDaysArgs {
    /// Name of the bucket
    pub bucket: String,
    /// Days to ask for
    pub days: Option<u32>,
    /// Which server
    #[command(flatten)]
    pub online: Online,
}

/// Verbs of `azekura clock`. There is none that sets it: nobody can.
#[derive(Subcommand, Debug)]
pub enum ClockCommand {
    /// Wall clock, compliance time, and what their difference means for locks
    Show(ClockShowArgs),
}

/// `azekura clock show`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  azekura clock show\n  azekura clock show --lang ja\n  azekura clock show --json\n\nNo command sets compliance time forward."
)]
pub struct ClockShowArgs {
    /// Language of the answer
    #[arg(
        long,
        value_enum,
        value_name = "LANG",
        env = "AZEKURA_LANG",
        default_value = "en"
    )]
    pub lang: Language,
    /// Which server
    #[command(flatten)]
    pub online: Online,
}

/// Language of an answer for people.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Japanese
    Ja,
    /// English
    En,
}

/// Verbs of `azekura object`.
#[derive(Subcommand, Debug)]
pub enum ObjectCommand {
    /// Lists current objects
    List(ListArgs),
    /// Reads one version into a file, or to standard output
    Get(GetArgs),
    /// Lists every version of a key with who made it, hidden ones too
    History(OneObject),
    /// Brings back what S3 shows as deleted: hidden, not gone
    Undelete(UndeleteArgs),
}

/// Where the server is and who asks.
#[derive(Args, Debug, Clone)]
#[command(next_help_heading = "Server")]
pub struct Online {
    /// Server and key of ~/.config/azekura/profiles.toml
    #[arg(long, value_name = "NAME", env = "AZEKURA_PROFILE")]
    pub profile: Option<String>,
    /// Admin address of the server [default: that of --profile, AZEKURA_ENDPOINT,
    /// http://127.0.0.1:9001]
    #[arg(long, value_name = "URL")]
    pub endpoint: Option<String>,
    /// Access key id [default: that of --profile, AZEKURA_ROOT_ACCESS_KEY_ID,
    /// AWS_ACCESS_KEY_ID, or credentials.json of --data-dir]
    #[arg(long, value_name = "ID", env = "AZEKURA_ACCESS_KEY_ID")]
    pub access_key_id: Option<String>,
    /// Vault directory with credentials.json
    #[arg(long, value_name = "DIR", env = "AZEKURA_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// Region to sign for [default: us-east-1, which every server accepts]
    #[arg(long, value_name = "NAME", env = "AZEKURA_REGION")]
    pub region: Option<String>,
    /// TLS
    #[command(flatten)]
    pub tls: OnlineTls,
}

/// Which vault directory.
#[derive(Args, Debug, Clone)]
pub struct Offline {
    /// Vault directory; no server may have it open
    #[arg(
        long,
        value_name = "DIR",
        env = "AZEKURA_DATA_DIR",
        default_value = "./azekura-data"
    )]
    pub data_dir: PathBuf,
    /// Journal, when it is not in the vault directory
    #[arg(long, value_name = "DIR", env = "AZEKURA_JOURNAL_DIR")]
    pub journal_dir: Option<PathBuf>,
    /// Index, when it is not in the vault directory
    #[arg(long, value_name = "DIR", env = "AZEKURA_INDEX_DIR")]
    pub index_dir: Option<PathBuf>,
    /// Blobs, when they are not in the vault directory; may be given again
    #[arg(
        long = "blob-dir",
        value_name = "DIR",
        env = "AZEKURA_BLOB_DIRS",
        value_delimiter = ','
    )]
    pub blob_dirs: Vec<PathBuf>,
    /// File with the passphrase of the keyring [default: AZEKURA_PASSPHRASE]
    #[arg(long, value_name = "FILE", env = "AZEKURA_PASSPHRASE_FILE")]
    pub passphrase_file: Option<PathBuf>,
}

/// `azekura vault init`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  azekura vault init --data-dir /srv/vault --region jp-tokyo --passphrase-file /etc/azekura/passphrase\n\nPrint the recovery sheet and keep it where the vault is not."
)]
pub struct InitArgs {
    /// Region name
    #[arg(
        long,
        value_name = "NAME",
        env = "AZEKURA_REGION",
        default_value = "local"
    )]
    pub region: String,
    /// Which directory
    #[command(flatten)]
    pub offline: Offline,
}

/// `azekura vault check`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  azekura vault check --data-dir /srv/vault\n  azekura vault check --data-dir /srv/vault --json\n  azekura vault check --data-dir /srv/vault --without-keys\n\nExit code 0: nothing is damaged. 5: damage; the report names every version that is lost."
)]
pub struct CheckArgs {
    /// Checks sums and chains only, without opening anything: needs no keyring
    #[arg(long)]
    pub without_keys: bool,
    /// Does not compare the index with the journal, which needs memory for a second index
    #[arg(long)]
    pub skip_index: bool,
    /// File with the passphrase of an institution: opens the contents of the sealed tenants that it fits
    #[arg(long, value_name = "FILE", conflicts_with = "without_keys")]
    pub tenant_passphrase_file: Option<PathBuf>,
    /// Which directory
    #[command(flatten)]
    pub offline: Offline,
}

/// `azekura vault dump`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  azekura vault dump --data-dir /srv/vault > records.jsonl\n\nNever prints keys, salts or content."
)]
pub struct DumpArgs {
    /// Cores only, without opening anything: needs no keyring
    #[arg(long)]
    pub without_keys: bool,
    /// Which directory
    #[command(flatten)]
    pub offline: Offline,
}

/// `azekura vault export-keyring`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  azekura vault export-keyring --data-dir /srv/vault /media/usb/azekura-keyring.copy"
)]
pub struct ExportArgs {
    /// File to write; must not exist yet
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Which directory
    #[command(flatten)]
    pub offline: Offline,
}

/// A bucket.
#[derive(Args, Debug)]
pub struct OneBucket {
    /// Name of the bucket
    pub bucket: String,
    /// Which server
    #[command(flatten)]
    pub online: Online,
}

/// `azekura object list`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  azekura object list first --data-dir ./azekura-data\n  azekura object list first --prefix 2026/ --delimiter / --json"
)]
pub struct ListArgs {
    /// Name of the bucket
    pub bucket: String,
    /// Only keys that begin so
    #[arg(long, default_value = "")]
    pub prefix: String,
    /// Roll up what follows the prefix up to here
    #[arg(long, default_value = "")]
    pub delimiter: String,
    /// Which server
    #[command(flatten)]
    pub online: Online,
}

/// `azekura object get`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  azekura object get first hello.txt\n  azekura object get first hello.txt --output hello.txt --version-id 0123…"
)]
pub struct GetArgs {
    /// File to write; must not exist yet [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Version id, or null [default: the current one]
    #[arg(long, value_name = "ID")]
    pub version_id: Option<String>,
    /// Which object
    #[command(flatten)]
    pub object: OneObject,
}

/// An object.
#[derive(Args, Debug)]
pub struct OneObject {
    /// Name of the bucket
    pub bucket: String,
    /// Key
    pub key: String,
    /// Which server
    #[command(flatten)]
    pub online: Online,
}

/// `azekura testdata`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  azekura testdata ./hospital\n  azekura testdata ./hospital --seed 7 --scale 1/10 --days 3\n  azekura testdata ./hospital --day 2026-07-02 --add\n  azekura testdata ./messages --classes ss-mix2 --scale 1\n\nSame seed, scales and day: same bytes, on every machine. Nobody in the files exists.\nWhat is made, and how large: docs/operating/testdata.md."
)]
pub struct TestdataArgs {
    /// Directory to write into; made if missing, refused if it holds anything
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// Seed: another number, another hospital
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Share of the 400-bed hospital: 1, 1/100
    #[arg(long, value_name = "SHARE", default_value = "1/100")]
    pub scale: Scale,
    /// Share of the rows of each image, where full sizes would be too much
    #[arg(long, value_name = "SHARE", default_value = "1")]
    pub image_scale: Scale,
    /// First day
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "2026-07-01", value_parser = parse_day)]
    pub day: Date,
    /// Days in a row; each later day corrects some files of the day before
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=366))]
    pub days: u16,
    /// Classes of files, by comma: ss-mix2, document, ct, mr, x-ray, ultrasound, angiography,
    /// endoscopy, ecg, fhir, prescription, uke, database [default: all]
    #[arg(long, value_name = "CLASS,…", value_delimiter = ',')]
    pub classes: Vec<Class>,
    /// Writes into a directory that holds the day before: overwrites and corrects
    #[arg(long)]
    pub add: bool,
}
