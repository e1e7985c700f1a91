//! `azekura vault export-keyring`

use std::path::PathBuf;

use azekura_store::vault;
use serde::Serialize;

use crate::args::ExportArgs;
use crate::exit::{CommandError, Exit};
use crate::{offline, output};

#[derive(Serialize)]
struct Exported {
    files: Vec<PathBuf>,
}

pub(crate) fn run(args: &ExportArgs, json: bool) -> Result<Exit, CommandError> {
    offline::must_not_exist(&args.file)?;
    let files = vault::export_keyring(&offline::places(&args.offline), &args.file)?;
    output::answer(&Exported { files }, json, |exported| {
        let mut text = String::from("written:\n");
        for file in &exported.files {
            text.push_str(&format!("  {}\n", file.display()));
        }
        text.push_str("Keep them where the vault is not. Whoever has them, and the passphrase if\nthere is one, can read everything.\n");
        text
    })
}
