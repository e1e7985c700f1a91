//! `azekura vault escrow split`, `drill` and `restore`.

use std::path::PathBuf;

use azekura_store::vault::VaultError;
use azekura_store::vault::escrow::{self, Quorum};
use azekura_store::vault::reseal::NewProtector;
use serde::Serialize;

use crate::args::{EscrowDrillArgs, EscrowRestoreArgs, EscrowSplitArgs};
use crate::exit::{CommandError, Exit};
use crate::{offline, output, shares};

#[derive(Serialize)]
struct Made {
    set: String,
    shares: u8,
    threshold: u8,
    files: Vec<PathBuf>,
}

pub(crate) fn split(args: &EscrowSplitArgs, json: bool) -> Result<Exit, CommandError> {
    let quorum = Quorum::new(args.shares, args.threshold)
        .map_err(|error| CommandError::new(Exit::Usage, error.to_string()))?;
    let passphrase = offline::passphrase(&args.offline)?;
    let places = offline::places(&args.offline);
    let split = escrow::split(&places, passphrase.as_ref(), quorum, &args.out)?;
    let made = Made {
        set: hex(&split.set),
        shares: args.shares,
        threshold: args.threshold,
        files: split.files,
    };
    output::answer(&made, json, |made| {
        let mut text = format!(
            "{} shares of set {}, any {} of which restore the keyring:\n",
            made.shares, made.set, made.threshold
        );
        for file in &made.files {
            text.push_str(&format!("  {}\n", file.display()));
        }
        text.push_str(
            "Print each sheet, give it to another person, and delete the files. Then prove the \
             printed sheets with\n`azekura vault escrow drill --share-words`. Whoever has enough \
             of them can read everything.\n",
        );
        text
    })
}

#[derive(Serialize)]
struct Proved {
    vault: String,
    numbers: Vec<u8>,
    threshold: u8,
    shares: u8,
    opened_a_record: bool,
    keyring_present: bool,
}

pub(crate) fn drill(args: &EscrowDrillArgs, json: bool) -> Result<Exit, CommandError> {
    let shares = shares::read(&args.shares)?;
    let drilled = escrow::drill(&offline::places(&args.offline), &shares)?;
    let proved = Proved {
        vault: drilled.vault,
        numbers: drilled.numbers,
        threshold: drilled.threshold,
        shares: drilled.shares,
        opened_a_record: drilled.opened_a_record,
        keyring_present: drilled.keyring_present,
    };
    output::answer(&proved, json, |proved| {
        let numbers: Vec<String> = proved.numbers.iter().map(u8::to_string).collect();
        let mut text = format!(
            "Shares {} open vault {}: they give its signing key{}.\n{} of {} shares are needed. \
             Nothing was written.\n",
            numbers.join(", "),
            proved.vault,
            if proved.opened_a_record {
                ", and its root key opened a record"
            } else {
                " (no record is there yet to try the root key on)"
            },
            proved.threshold,
            proved.shares,
        );
        if !proved.keyring_present {
            text.push_str(
                "The keyring is missing: `azekura vault escrow restore` writes it anew.\n",
            );
        }
        text
    })
}

#[derive(Serialize)]
struct Restored {
    sealed_by: &'static str,
}

pub(crate) fn restore(args: &EscrowRestoreArgs, json: bool) -> Result<Exit, CommandError> {
    let new = shares::new_passphrase(&args.sealing)?;
    let sealing = new
        .as_ref()
        .map_or(NewProtector::SecretFile, NewProtector::Passphrase);
    let shares = shares::read(&args.shares)?;
    escrow::restore(&offline::places(&args.offline), &shares, sealing)?;
    let restored = Restored {
        sealed_by: sealing.protector().as_str(),
    };
    output::answer(&restored, json, |restored| {
        format!(
            "The keyring is there again, sealed by its new {}, and was opened with it.\nCopy it \
             with `azekura vault export-keyring`, and check the vault with `azekura vault \
             check`.\n",
            restored.sealed_by
        )
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl From<escrow::EscrowError> for CommandError {
    fn from(error: escrow::EscrowError) -> Self {
        VaultError::from(error).into()
    }
}
