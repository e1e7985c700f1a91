//! `azekura vault check`

use azekura_store::vault::check::{self, CheckOptions, Report};
use azekura_store::vault::passphrase::Passphrase;

use crate::args::CheckArgs;
use crate::exit::{CommandError, Exit};
use crate::{offline, output, progress};

pub(crate) fn run(args: &CheckArgs, json: bool) -> Result<Exit, CommandError> {
    let with_keys = !args.without_keys;
    let options = CheckOptions {
        places: offline::places(&args.offline),
        passphrase: if with_keys {
            offline::passphrase(&args.offline)?
        } else {
            None
        },
        tenant_passphrase: args
            .tenant_passphrase_file
            .as_deref()
            .map(Passphrase::read)
            .transpose()?,
        with_keys,
        compare_index: with_keys && !args.skip_index,
    };
    let bar = progress::bytes("checking");
    let report = check::check(&options, &mut |at| {
        bar.set_length(at.total_bytes);
        bar.set_position(at.bytes);
    })?;
    bar.finish_and_clear();
    output::answer(&report, json, text)?;
    Ok(if report.is_sound() {
        Exit::Ok
    } else {
        Exit::Damage
    })
}

fn text(report: &Report) -> String {
    let mut text = format!(
        "vault {}: {} records, {} versions with {} bytes of content, {} signed heads verified{}\n",
        report.vault,
        report.records,
        report.versions,
        report.content_bytes,
        report.heads,
        if report.with_keys {
            ""
        } else {
            " (without keys: sums and chains only)"
        }
    );
    if report.not_rehashed > 0 {
        text.push_str(&format!(
            "{} versions of sealed tenants: sums verified, contents not re-hashed (--tenant-passphrase-file opens them)\n",
            report.not_rehashed
        ));
    }
    for lost in &report.damaged {
        text.push_str(&format!(
            "LOST  {}/{} version {} (partition {}, sequence {}): {}\n",
            lost.bucket,
            lost.key.as_deref().unwrap_or("(key unreadable)"),
            lost.version.as_deref().unwrap_or("(unknown)"),
            lost.partition,
            lost.sequence,
            lost.what
        ));
    }
    for finding in &report.findings {
        text.push_str(&format!("DAMAGE  {finding}\n"));
    }
    for blob in &report.unknown_blobs {
        text.push_str(&format!("unknown blob, kept: {blob}\n"));
    }
    if report.unfinished_blobs > 0 {
        text.push_str(&format!(
            "{} blobs of unfinished uploads: the next start sweeps them\n",
            report.unfinished_blobs
        ));
    }
    if let Some(tail) = &report.torn_tail {
        text.push_str(&format!("torn write, never acknowledged: {tail}\n"));
    }
    text.push_str(if report.is_sound() {
        "nothing is damaged\n"
    } else {
        "damage was found: everything not named above is readable; restore what is named from a backup\n"
    });
    text
}
