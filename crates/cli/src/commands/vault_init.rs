//! `azekura vault init`

use crate::args::InitArgs;
use crate::exit::{CommandError, Exit};

pub(crate) fn run(_args: &InitArgs, _json: bool) -> Result<Exit, CommandError> {
    Err(CommandError::new(Exit::Failure, "not wired yet"))
}
