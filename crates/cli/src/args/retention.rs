//! `class`, `event`, `lock`, `explain`, `capacity`, `object undelete`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{Language, OneBucket, Online};

/// Verbs of `azekura class`.
#[derive(Subcommand, Debug)]
pub enum ClassCommand {
    /// Lists all retention classes
    List(Online),
    /// Shows one class: period, start, articles of law
    Show(OneClass),
    /// Shows which classes a bucket gives to what
    Rules(OneBucket),
    /// Gives a class to what is stored from now on under a prefix, or with a tag
    Assign(RuleArgs),
    /// Takes a rule away after the cooling-off; what is stored keeps its class
    Unassign(RuleArgs),
    /// Gives the classes of a bucket to what is stored already; only strengthens
    Apply(BulkArgs),
}

/// Verbs of `azekura event`.
#[derive(Subcommand, Debug)]
pub enum EventCommand {
    /// Says on which day the event of a retention class happened; it can only move later afterwards
    Post(EventArgs),
}

/// Verbs of `azekura lock`.
#[derive(Subcommand, Debug)]
pub enum LockCommand {
    /// Counts versions and bytes by lock, by year of release and by class
    Report(ReportArgs),
    /// Keeps versions longer
    Extend(ExtendArgs),
    /// Sets a legal hold on versions
    Hold(BulkArgs),
    /// Takes the legal hold off versions
    ReleaseHold(BulkArgs),
    /// Shows or sets the default retention of a bucket; a COMPLIANCE default begins with a trial
    Default(DefaultArgs),
    /// Shows what the end of a bucket's trial makes final
    Preview(OneBucket),
    /// Shows or sets the floor and the ceiling of a bucket's retention
    Limits(LimitsArgs),
}

/// A retention class.
#[derive(Args, Debug)]
pub struct OneClass {
    /// Name, as karte-5y
    pub class: String,
    /// Which server
    #[command(flatten)]
    pub online: Online,
}

/// A rule of retention classes.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  azekura class assign karte karte-5y\n  azekura class assign archive hoken-3y --prefix images/ --mode governance\n  azekura class assign archive tokutei-seibutsu-20y --tag kind=transfusion"
)]
pub struct RuleArgs {
    /// Name of the bucket; object lock must be enabled
    pub bucket: String,
    /// Name of the class
    pub class: String,
    /// Only keys that begin so
    #[arg(long, default_value = "")]
    pub prefix: String,
    /// Only objects with this tag
    #[arg(long, value_name = "NAME=VALUE")]
    pub tag: Option<String>,
    /// Mode of the retention
    #[arg(long, value_enum, default_value_t = ModeArg::Compliance)]
    pub mode: ModeArg,
    /// Which server
    #[command(flatten)]
    pub online: Online,
}

/// Mode of retention.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModeArg {
    /// Weakened only with the right `bypass`
    Governance,
    /// Never weakened
    Compliance,
}

impl ModeArg {
    /// As the admin API names it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Governance => "governance",
            Self::Compliance => "compliance",
        }
    }
}

/// Which versions.
#[derive(Args, Debug, Clone)]
#[group(required = true, multiple = false)]
pub struct Selection {
    /// All versions of keys that begin so; "" = the whole bucket
    #[arg(long)]
    pub prefix: Option<String>,
    /// CSV file: key, and version id (empty = the current version), one a line
    #[arg(long, value_name = "FILE")]
    pub manifest: Option<PathBuf>,
}

/// A change of many locks.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  azekura lock hold karte --prefix 2026/ --report hold.csv\n  azekura lock release-hold karte --manifest versions.csv\n\nExit code 4: at least one version was refused; the report names each."
)]
pub struct BulkArgs {
    /// Name of the bucket
    pub bucket: String,
    /// Which versions
    #[command(flatten)]
    pub selection: Selection,
    /// CSV file for versions that were refused, with the reason; must not exist yet
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Which server
    #[command(flatten)]
    pub online: Online,
}

/// `azekura lock extend`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  azekura lock extend karte --prefix 2026/ --days 3650\n  azekura lock extend karte --manifest versions.csv --until 2036-04-01T00:00:00Z\n\nVersions without retention are refused. Exit code 4: at least one was refused."
)]
pub struct ExtendArgs {
    /// Until then at least, RFC 3339
    #[arg(long, value_name = "TIME", required_unless_present = "days")]
    pub until: Option<String>,
    /// Until this many days from now at least
    #[arg(long, value_name = "N", conflicts_with = "until")]
    pub days: Option<u32>,
    /// Which versions
    #[command(flatten)]
    pub bulk: BulkArgs,
}

/// `azekura event post`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  azekura event post karte --prefix patient/00123/ --event-date 2026-09-30\n\nThe day of the upload is the earliest. What was posted can only move later.\nNeeds a key with the right `event`."
)]
pub struct EventArgs {
    /// Day of the event in Japan
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub event_date: String,
    /// Which versions
    #[command(flatten)]
    pub bulk: BulkArgs,
}

/// `azekura lock report`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  azekura lock report karte\n  azekura lock report --all --json"
)]
pub struct ReportArgs {
    /// Name of the bucket
    #[arg(required_unless_present = "all")]
    pub bucket: Option<String>,
    /// All buckets together
    #[arg(long, conflicts_with = "bucket")]
    pub all: bool,
    /// Which server
    #[command(flatten)]
    pub online: Online,
}

/// `azekura lock default`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  azekura lock default karte\n  azekura lock default karte --mode compliance --years 5\n  azekura lock default karte --withdraw"
)]
pub struct DefaultArgs {
    /// Name of the bucket
    pub bucket: String,
    /// Mode to set
    #[arg(long, value_enum, conflicts_with = "withdraw")]
    pub mode: Option<ModeArg>,
    /// Period in days
    #[arg(long, value_name = "N", requires = "mode", conflicts_with = "years")]
    pub days: Option<u32>,
    /// Period in years
    #[arg(long, value_name = "N", requires = "mode")]
    pub years: Option<u32>,
    /// Hours of trial [default: as configured, 72]
    #[arg(long, value_name = "N", requires = "mode")]
    pub probation_hours: Option<u32>,
    /// Withdraws the default; what is on trial stays GOVERNANCE
    #[arg(long)]
    pub withdraw: bool,
    /// Which server
    #[command(flatten)]
    pub online: Online,
}

/// `azekura lock limits`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  azekura lock limits karte\n  azekura lock limits karte --floor-days 1825 --ceiling-days 11000\n\nA lower floor and a higher ceiling act after the cooling-off; 0 takes a limit away."
)]
pub struct LimitsArgs {
    /// Name of the bucket
    pub bucket: String,
    /// Shortest retention, from the upload
    #[arg(long, value_name = "N")]
    pub floor_days: Option<u32>,
    /// Longest retention, from the request
    #[arg(long, value_name = "N")]
    pub ceiling_days: Option<u32>,
    /// Which server
    #[command(flatten)]
    pub online: Online,
}

/// `azekura explain`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  azekura explain s3://karte/2026/00123.pdf\n  azekura explain s3://karte/2026/00123.pdf --version-id 0123… --lang en"
)]
pub struct ExplainArgs {
    /// s3://BUCKET/KEY
    pub address: String,
    /// Version id [default: the newest, also if hidden or a delete marker]
    #[arg(long, value_name = "ID")]
    pub version_id: Option<String>,
    /// Language
    #[arg(
        long,
        value_enum,
        value_name = "LANG",
        env = "AZEKURA_LANG",
        default_value = "ja"
    )]
    pub lang: Language,
    /// Which server
    #[command(flatten)]
    pub online: Online,
}

/// `azekura object undelete`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  azekura object undelete s3://karte/2026/00123.pdf\n  azekura object undelete s3://karte/2026/00123.pdf --version-id 0123…"
)]
pub struct UndeleteArgs {
    /// s3://BUCKET/KEY
    pub address: String,
    /// A hidden version [default: what was shown last]
    #[arg(long, value_name = "ID")]
    pub version_id: Option<String>,
    /// Which server
    #[command(flatten)]
    pub online: Online,
}
