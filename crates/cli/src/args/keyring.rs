//! `azekura vault reseal-keyring` and `azekura vault escrow`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Offline;

/// Verbs of `azekura vault escrow`.
#[derive(Subcommand, Debug)]
pub enum EscrowCommand {
    /// Writes the keyring as shares to be printed: words and a QR code each
    Split(EscrowSplitArgs),
    /// Proves that shares open this vault; writes nothing
    Drill(EscrowDrillArgs),
    /// Writes a lost keyring anew from shares
    Restore(EscrowRestoreArgs),
}

/// `azekura vault escrow split`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  azekura vault escrow split --data-dir /srv/vault --shares 5 --threshold 3 /media/usb/shares\n\nWrites DIR/share-N.txt, a sheet to print, and DIR/share-N.svg, its QR code. Give each sheet to\nanother person, and delete the files. A server may be running."
)]
pub struct EscrowSplitArgs {
    /// How many shares to make
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(2..=32))]
    pub shares: u8,
    /// How many of them restore the keyring
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u8).range(2..=32))]
    pub threshold: u8,
    /// Directory to write into; made if missing. No file in it is overwritten
    #[arg(value_name = "DIR")]
    pub out: PathBuf,
    /// Which directory
    #[command(flatten)]
    pub offline: Offline,
}

/// `azekura vault escrow drill`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  azekura vault escrow drill --data-dir /srv/vault --share share-1.txt --share share-4.txt --share share-5.txt\n  azekura vault escrow drill --data-dir /srv/vault --share-words\n\nExit code 4: the shares are too few, of another split or vault, or altered. A server may be running."
)]
pub struct EscrowDrillArgs {
    /// The shares
    #[command(flatten)]
    pub shares: Shares,
    /// Which directory
    #[command(flatten)]
    pub offline: Offline,
}

/// `azekura vault escrow restore`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  azekura vault escrow restore --data-dir /srv/vault --share share-1.txt --share share-4.txt --share share-5.txt --new-passphrase-file /etc/azekura/passphrase\n  azekura vault escrow restore --data-dir /srv/vault --share-words --new-secret-file\n\nRefuses while DIR/keyring exists. A server may be running. Export the new keyring afterwards."
)]
pub struct EscrowRestoreArgs {
    /// The shares
    #[command(flatten)]
    pub shares: Shares,
    /// What seals the new keyring
    #[command(flatten)]
    pub sealing: NewSealing,
    /// Which directory
    #[command(flatten)]
    pub offline: Offline,
}

/// Where shares come from.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub struct Shares {
    /// A sheet, or the text of its QR code, in a file; once for each share
    #[arg(long = "share", value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Asks for the words of each sheet on standard input
    #[arg(long)]
    pub share_words: bool,
}

/// What shall open the keyring.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub struct NewSealing {
    /// File with the passphrase that shall open the keyring
    #[arg(long, value_name = "FILE", env = "AZEKURA_NEW_PASSPHRASE_FILE")]
    pub new_passphrase_file: Option<PathBuf>,
    /// A generated secret beside the keyring, which protects against no thief
    #[arg(long)]
    pub new_secret_file: bool,
}

/// `azekura vault reseal-keyring`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  azekura vault reseal-keyring --data-dir /srv/vault --passphrase-file old --new-passphrase-file new\n  azekura vault reseal-keyring --data-dir /srv/vault --new-passphrase-file new\n  azekura vault reseal-keyring --data-dir /srv/vault --passphrase-file old --new-secret-file\n\nThe keys stay: nothing is written anew, shares stay valid, and a copy of the old keyring still\nopens with the old passphrase. A server may be running; its next start needs the new passphrase."
)]
pub struct ResealArgs {
    /// What seals the keyring from now on
    #[command(flatten)]
    pub sealing: NewSealing,
    /// Which directory
    #[command(flatten)]
    pub offline: Offline,
}
