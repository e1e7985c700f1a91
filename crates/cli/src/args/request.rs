//! Arguments of `azekura request`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Online;

/// Verbs of `azekura request`.
#[derive(Subcommand, Debug)]
pub enum RequestCommand {
    /// Lists the requests that wait
    List(RequestListArgs),
    /// Shows one request: where it stands, and what it asks for
    Show(OneRequest),
    /// Prints what is signed, byte for byte, and nothing else
    #[command(
        after_help = "Examples:\n  azekura request text ID > request.txt\n  less request.txt\n  ssh-keygen -Y sign -n azekura-request -f ~/.ssh/id_ed25519_sk request.txt\n  azekura request approve ID --signature request.txt.sig"
    )]
    Text(OneRequest),
    /// Hands in a second person's signature
    Approve(RequestApproveArgs),
    /// Says no; who asked may, and every approver, until it acted
    Veto(RequestVetoArgs),
}

/// `azekura request list`.
#[derive(Args, Debug)]
pub struct RequestListArgs {
    /// Also those that ended
    #[arg(long)]
    pub all: bool,
    /// Which server
    #[command(flatten)]
    pub online: Online,
}

/// A request.
#[derive(Args, Debug)]
pub struct OneRequest {
    /// Id, as the refused call or `azekura request list` shows it
    pub id: String,
    /// Which server
    #[command(flatten)]
    pub online: Online,
}

/// `azekura request approve`.
#[derive(Args, Debug)]
#[command(
    after_help = "The signature says who approves; anybody with access to the admin API may hand it in.\nRead the text before you sign it: it is the operation."
)]
pub struct RequestApproveArgs {
    /// Id
    pub id: String,
    /// File that `ssh-keygen -Y sign -n azekura-request` wrote
    #[arg(long, value_name = "FILE")]
    pub signature: PathBuf,
    /// Which server
    #[command(flatten)]
    pub online: Online,
}

/// `azekura request veto`.
#[derive(Args, Debug)]
pub struct RequestVetoArgs {
    /// Id
    pub id: String,
    /// Why; it stands in the record
    #[arg(long, default_value = "")]
    pub reason: String,
    /// Which server
    #[command(flatten)]
    pub online: Online,
}
