//! `azekura tls`, and what online commands need to know of TLS.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Verbs of `azekura tls`.
#[derive(Subcommand, Debug)]
pub enum TlsCommand {
    /// Makes a private CA, and certificates of it for servers and clients (offline)
    Issue(IssueArgs),
}

/// `azekura tls issue`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  azekura tls issue --dir ./tls --server s3.hospital.example --server 10.0.0.5\n  azekura tls issue --dir ./tls --client backup-server --client pacs --days 397\n\nMakes ca.pem and ca.key when DIR has none. Overwrites nothing. Keep ca.key away from the server:\nwhoever has it can make certificates that the server trusts. See docs/operating/tls.md."
)]
pub struct IssueArgs {
    /// Where the CA is and the files go
    #[arg(long, value_name = "DIR")]
    pub dir: PathBuf,
    /// Name of a new CA [default: Azekura private CA]
    #[arg(long, value_name = "NAME")]
    pub ca_name: Option<String>,
    /// Host name or address of the server; all that are given go into one certificate
    #[arg(long = "server", value_name = "NAME")]
    pub servers: Vec<String>,
    /// Name of a client; each gets a certificate of its own
    #[arg(long = "client", value_name = "NAME")]
    pub clients: Vec<String>,
    /// Days for which the certificates are good
    #[arg(long, value_name = "N", default_value_t = 397, value_parser = clap::value_parser!(u16).range(1..=3650))]
    pub days: u16,
}

/// TLS of online commands.
#[derive(Args, Debug, Clone, Default)]
pub struct OnlineTls {
    /// CAs to check an https endpoint by, PEM [default: those of the machine]
    #[arg(long, value_name = "FILE", env = "AZEKURA_CA_FILE")]
    pub ca_file: Option<PathBuf>,
    /// Client certificate, PEM
    #[arg(
        long,
        value_name = "FILE",
        env = "AZEKURA_CLIENT_CERT",
        requires = "client_key"
    )]
    pub client_cert: Option<PathBuf>,
    /// Its private key, PEM
    #[arg(
        long,
        value_name = "FILE",
        env = "AZEKURA_CLIENT_KEY",
        requires = "client_cert"
    )]
    pub client_key: Option<PathBuf>,
}
