//! `azekura vault upgrade`

use crate::args::Offline;
use crate::exit::{CommandError, Exit};

pub(crate) fn run(_args: &Offline, _json: bool) -> Result<Exit, CommandError> {
    Err(CommandError::new(Exit::Failure, "not wired yet"))
}
