//! `azekura vault dump`

use std::io::{BufWriter, Write as _};

use azekura_store::vault::dump::{self, DumpOptions};

use crate::args::DumpArgs;
use crate::exit::{CommandError, Exit};
use crate::offline;

/// One line of JSON for each record, whatever `--json` says.
pub(crate) fn run(args: &DumpArgs) -> Result<Exit, CommandError> {
    let with_keys = !args.without_keys;
    let options = DumpOptions {
        places: offline::places(&args.offline),
        passphrase: if with_keys {
            offline::passphrase(&args.offline)?
        } else {
            None
        },
        with_keys,
    };
    let mut out = BufWriter::new(std::io::stdout().lock());
    dump::dump(&options, &mut out)?;
    out.flush()?;
    Ok(Exit::Ok)
}
