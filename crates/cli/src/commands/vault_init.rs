//! `azekura vault init`

use azekura_model::position::RegionName;
use azekura_store::vault::{self, InitOptions};
use serde::Serialize;

use crate::args::InitArgs;
use crate::exit::{CommandError, Exit};
use crate::{offline, output};

#[derive(Serialize)]
struct Made {
    vault: String,
    region: String,
    incarnation: String,
    recovery_sheet: String,
}

pub(crate) fn run(args: &InitArgs, json: bool) -> Result<Exit, CommandError> {
    let region = RegionName::parse(&args.region).map_err(|error| {
        CommandError::new(Exit::Usage, format!("region {:?}: {error}", args.region))
            .hint("For instance jp-tokyo.")
    })?;
    let made = vault::init(&InitOptions {
        places: offline::places(&args.offline),
        region,
        passphrase: offline::passphrase(&args.offline)?,
    })?;
    let made = Made {
        vault: made.format.vault_id(),
        region: made.format.region.to_string(),
        incarnation: made.format.incarnation.to_string(),
        recovery_sheet: made.sheet,
    };
    output::answer(&made, json, |made| made.recovery_sheet.clone())
}
