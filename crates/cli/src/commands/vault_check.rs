//! `azekura vault check`

use crate::args::CheckArgs;
use crate::exit::{CommandError, Exit};

pub(crate) fn run(_args: &CheckArgs, _json: bool) -> Result<Exit, CommandError> {
    Err(CommandError::new(Exit::Failure, "not wired yet"))
}
