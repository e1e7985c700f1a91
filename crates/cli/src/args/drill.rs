//! `azekura drill`.

use clap::{Args, Subcommand};

use super::{Language, Online};

/// Verbs of `azekura drill`.
#[derive(Subcommand, Debug)]
pub enum DrillCommand {
    /// Tries every known door by which locks were broken; none may open
    Locks(DrillLocksArgs),
}

/// `azekura drill locks`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  azekura drill locks --endpoint http://127.0.0.1:9001\n  azekura drill locks --lang ja\n  azekura drill locks --json > drill.json\n\nMakes a bucket azekura-drill-YYYYMMDDHHMMSS with locks of some minutes, and takes away what\nearlier drills left. Exit code 5: a door is open; the table says which."
)]
pub struct DrillLocksArgs {
    /// S3 address of the server [default: what the admin API tells]
    #[arg(long, value_name = "URL")]
    pub s3_endpoint: Option<String>,
    /// How long the locks of the drill hold, in minutes
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(3..=1440))]
    pub lock_minutes: u32,
    /// Language of the table
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
