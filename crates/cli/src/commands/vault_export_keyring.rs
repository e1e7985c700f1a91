//! `azekura vault export-keyring`

use crate::args::ExportArgs;
use crate::exit::{CommandError, Exit};

pub(crate) fn run(_args: &ExportArgs, _json: bool) -> Result<Exit, CommandError> {
    Err(CommandError::new(Exit::Failure, "not wired yet"))
}
