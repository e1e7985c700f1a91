//! `azekura vault rebuild-index`

use azekura_store::vault;
use serde::Serialize;

use crate::args::Offline;
use crate::exit::{CommandError, Exit};
use crate::{offline, output, progress};

#[derive(Serialize)]
struct Done {
    records: u64,
    damage: Vec<String>,
}

pub(crate) fn run(args: &Offline, json: bool) -> Result<Exit, CommandError> {
    let bar = progress::bytes("reading the journal");
    let options = offline::options(args)?;
    let rebuilt = vault::rebuild_index(&options, offline::projector, &mut |at| {
        bar.set_length(at.total_bytes);
        bar.set_position(at.bytes);
    })?;
    bar.finish_and_clear();
    let damaged = !rebuilt.damage.is_empty();
    let done = Done {
        records: rebuilt.records,
        damage: rebuilt.damage,
    };
    output::answer(&done, json, |done| {
        let mut text = format!("the index was built anew from {} records\n", done.records);
        for damage in &done.damage {
            text.push_str(&format!("damage: {damage}\n"));
        }
        text
    })?;
    Ok(if damaged { Exit::Damage } else { Exit::Ok })
}
