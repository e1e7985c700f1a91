//! `azekura tenant unlock|lock|passphrase`.

use std::path::PathBuf;

use clap::Args;

use super::Online;

/// `azekura tenant unlock`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  azekura tenant unlock TENANT\n  azekura tenant unlock TENANT --passphrase-file /run/media/usb/passphrase\n\nFor an administrator of the institution, after each start of the server. At most five tries a\nminute. Over TLS or on the server itself."
)]
pub struct UnlockArgs {
    /// Id of the tenant
    pub tenant: String,
    /// File with the passphrase [default: typed]
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
    /// Which server
    #[command(flatten)]
    pub online: Online,
}

/// `azekura tenant lock`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  azekura tenant lock TENANT\n\nFor an administrator of the institution. Reads and writes of contents then answer 503 until the\nnext unlock; what streams already goes on."
)]
pub struct LockArgs {
    /// Id of the tenant
    pub tenant: String,
    /// Which server
    #[command(flatten)]
    pub online: Online,
}

/// `azekura tenant passphrase`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  azekura tenant passphrase TENANT --first\n  azekura tenant passphrase TENANT\n  azekura tenant passphrase TENANT --passphrase-file old --new-passphrase-file new\n\nFor an administrator of the institution. The key of the contents stays; nothing is stored anew.\nAnother passphrase needs two people where dual control is required. If it is lost, the contents\nare lost: nobody can bring them back."
)]
pub struct PassphraseArgs {
    /// Id of the tenant
    pub tenant: String,
    /// The tenant has no passphrase yet
    #[arg(long, conflicts_with = "passphrase_file")]
    pub first: bool,
    /// File with the present passphrase [default: typed]
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
    /// File with the new passphrase [default: typed twice]
    #[arg(long, value_name = "FILE")]
    pub new_passphrase_file: Option<PathBuf>,
    /// Which server
    #[command(flatten)]
    pub online: Online,
}
