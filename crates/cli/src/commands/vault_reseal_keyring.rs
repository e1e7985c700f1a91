//! `azekura vault reseal-keyring`

use azekura_store::vault::reseal::{self, NewProtector};
use serde::Serialize;

use crate::args::ResealArgs;
use crate::exit::{CommandError, Exit};
use crate::{offline, output, shares};

#[derive(Serialize)]
struct Resealed {
    sealed_by: &'static str,
}

pub(crate) fn run(args: &ResealArgs, json: bool) -> Result<Exit, CommandError> {
    let new = shares::new_passphrase(&args.sealing)?;
    let sealing = new
        .as_ref()
        .map_or(NewProtector::SecretFile, NewProtector::Passphrase);
    let passphrase = offline::passphrase(&args.offline)?;
    reseal::reseal(
        &offline::places(&args.offline),
        passphrase.as_ref(),
        sealing,
    )?;
    let resealed = Resealed {
        sealed_by: sealing.protector().as_str(),
    };
    output::answer(&resealed, json, |resealed| {
        format!(
            "The keyring is sealed by its new {}, and was opened with it.\nThe keys are the same: \
             old copies of the keyring still open with the old secret, so destroy them,\nand copy \
             the new one with `azekura vault export-keyring`. Shares stay valid.\n",
            resealed.sealed_by
        )
    })
}
