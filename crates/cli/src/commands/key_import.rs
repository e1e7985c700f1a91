//! `azekura key import`

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;

use azekura_admin_api::identity::{IdentityApi as _, KeyAsked};
use serde::Serialize;

use crate::args::tenancy::KeyImportArgs;
use crate::exit::{CommandError, Exit};
use crate::{connect, output};

#[derive(Serialize)]
struct Imported<'a> {
    keys: u64,
    file: &'a std::path::Path,
}

/// A line as it is typed: label,user,preset,expires-days.
fn asked(line: &str, number: usize) -> Result<KeyAsked, CommandError> {
    let wrong = |what: &str| {
        CommandError::new(Exit::Usage, format!("line {number}: {what}"))
            .hint("A line is label,user,preset,expires-days.")
    };
    let cells: Vec<Option<String>> = line
        .split(',')
        .map(|cell| Some(cell.trim().to_owned()).filter(|cell| !cell.is_empty()))
        .collect();
    if cells.len() > 4 {
        return Err(wrong("more than four cells"));
    }
    let cell = |at: usize| cells.get(at).cloned().flatten();
    let days = cell(3).map(|text| text.parse().map_err(|_| wrong("days are a number")));
    Ok(KeyAsked {
        label: cell(0).ok_or_else(|| wrong("no label"))?,
        user: cell(1),
        preset: cell(2),
        expires_days: days.transpose()?,
        ..KeyAsked::default()
    })
}

pub(crate) async fn run(args: &KeyImportArgs, json: bool) -> Result<Exit, CommandError> {
    let text = std::fs::read_to_string(&args.file).map_err(|error| {
        CommandError::new(Exit::Io, format!("{}: {error}", args.file.display()))
    })?;
    // All lines are read before the first key is made.
    let lines = text.lines().enumerate().skip(1);
    let keys = lines
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(number, line)| asked(line, number.saturating_add(1)))
        .collect::<Result<Vec<_>, _>>()?;
    let client = connect::client(&args.online)?;
    let mut out = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&args.out)
        .map_err(|error| {
            CommandError::new(
                Exit::Io,
                format!("cannot make {}: {error}", args.out.display()),
            )
            .hint("An existing file is never overwritten: name another.")
        })?;
    out.write_all(b"label,user,access_key_id,secret_access_key\n")?;
    let mut made = 0_u64;
    for asked in keys {
        let key = client.create_key(&asked).await?;
        let line = format!(
            "{},{},{},{}\n",
            key.label, key.user, key.access_key_id, key.secret_access_key
        );
        // A secret is shown once: it is on disk before the next is made.
        out.write_all(line.as_bytes())?;
        out.sync_all()?;
        made = made.saturating_add(1);
    }
    let imported = Imported {
        keys: made,
        file: &args.out,
    };
    output::answer(&imported, json, |done| {
        format!("{} keys; secrets in {}", done.keys, done.file.display())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_whole_or_refused() {
        let key = asked("pacs, ,ingest-only,365", 2).unwrap();
        assert_eq!((key.label.as_str(), key.user), ("pacs", None));
        assert_eq!(key.preset.as_deref(), Some("ingest-only"));
        assert_eq!(key.expires_days, Some(365));
        for line in [",a", "a,b,c,d", "a,b,c,1,e"] {
            assert!(asked(line, 2).is_err(), "{line}");
        }
    }
}
