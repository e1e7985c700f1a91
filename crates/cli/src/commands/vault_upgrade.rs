//! `azekura vault upgrade`

use azekura_store::vault::format;
use serde::Serialize;

use crate::args::Offline;
use crate::exit::{CommandError, Exit};
use crate::{offline, output};

/// The format that this release writes.
const CURRENT: u32 = 1;

#[derive(Serialize)]
struct State {
    vault: String,
    format: u32,
    changed: bool,
}

/// There is one format so far; a newer one is refused by the reading of it.
pub(crate) fn run(args: &Offline, json: bool) -> Result<Exit, CommandError> {
    let found = format::read(&offline::places(args))?;
    let state = State {
        vault: found.vault_id(),
        format: CURRENT,
        changed: false,
    };
    output::answer(&state, json, |state| {
        format!(
            "vault {} has format {}, the current one: nothing to do",
            state.vault, state.format
        )
    })
}
