//! `azekura lock extend|hold|release-hold`, `azekura class apply`, `azekura event post`: one change
//! of many versions, page by page.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::Path;

use azekura_admin_api::client::Client;
use azekura_admin_api::retention::{BulkItem, BulkQuery, BulkReport, RetentionApi as _};
use indicatif::ProgressBar;
use serde::Serialize;

use crate::args::{BulkArgs, EventArgs, ExtendArgs};
use crate::connect;
use crate::exit::{CommandError, Exit};
use crate::{output, progress};

/// Versions of a manifest in one request; its body stays below the 64 KiB that the server takes.
const ITEMS_PER_REQUEST: usize = 500;
/// Bytes of keys in one request.
const ITEM_BYTES_PER_REQUEST: usize = 40_000;
/// Refused versions that are printed; the report file has all.
const REFUSED_SHOWN: usize = 20;

pub(crate) async fn extend(args: &ExtendArgs, json: bool) -> Result<Exit, CommandError> {
    let query = BulkQuery {
        action: "extend".to_owned(),
        until: args.until.clone(),
        days: args.days,
        ..BulkQuery::default()
    };
    run(&args.bulk, query, json).await
}

pub(crate) async fn hold(args: &BulkArgs, json: bool) -> Result<Exit, CommandError> {
    run(args, plain("hold"), json).await
}

pub(crate) async fn release_hold(args: &BulkArgs, json: bool) -> Result<Exit, CommandError> {
    run(args, plain("release-hold"), json).await
}

pub(crate) async fn apply_classes(args: &BulkArgs, json: bool) -> Result<Exit, CommandError> {
    run(args, plain("apply-classes"), json).await
}

pub(crate) async fn event(args: &EventArgs, json: bool) -> Result<Exit, CommandError> {
    let query = BulkQuery {
        event_date: Some(args.event_date.clone()),
        ..plain("event")
    };
    run(&args.bulk, query, json).await
}

fn plain(action: &str) -> BulkQuery {
    BulkQuery {
        action: action.to_owned(),
        ..BulkQuery::default()
    }
}

async fn run(args: &BulkArgs, mut query: BulkQuery, json: bool) -> Result<Exit, CommandError> {
    let client = connect::client(&args.online)?;
    let mut done = Done::new(args.report.as_deref())?;
    match (&args.selection.manifest, &args.selection.prefix) {
        (Some(manifest), _) => of_manifest(&client, args, &query, manifest, &mut done).await?,
        (None, prefix) => {
            query.prefix = prefix.clone();
            all_pages(&client, args, &query, &[], &mut done).await?;
        }
    }
    done.end(json)
}

async fn of_manifest(
    client: &Client,
    args: &BulkArgs,
    query: &BulkQuery,
    manifest: &Path,
    done: &mut Done,
) -> Result<(), CommandError> {
    let file = File::open(manifest)
        .map_err(|error| CommandError::new(Exit::Io, format!("{}: {error}", manifest.display())))?;
    let mut items = Vec::new();
    let mut bytes = 0_usize;
    for (number, line) in BufReader::new(file).lines().enumerate() {
        let line = line?;
        if line.is_empty() {
            continue;
        }
        let item = manifest_line(&line).ok_or_else(|| {
            let what = format!(
                "{}, line {}: not `key,version`",
                manifest.display(),
                number + 1
            );
            CommandError::new(Exit::Usage, what)
                .hint("Quote a key that holds a comma or a quote, and double its quotes.")
        })?;
        bytes = bytes.saturating_add(item.key.len());
        items.push(item);
        if items.len() >= ITEMS_PER_REQUEST || bytes >= ITEM_BYTES_PER_REQUEST {
            all_pages(client, args, query, &items, done).await?;
            items.clear();
            bytes = 0;
        }
    }
    if !items.is_empty() {
        all_pages(client, args, query, &items, done).await?;
    }
    Ok(())
}

/// `key[,version]` as CSV (RFC 4180), one line.
fn manifest_line(line: &str) -> Option<BulkItem> {
    let line = line.strip_suffix('\r').unwrap_or(line);
    let (key, rest) = field(line)?;
    let version = match rest {
        None => None,
        Some(rest) => {
            let (version, rest) = field(rest)?;
            if rest.is_some() {
                return None;
            }
            Some(version).filter(|version| !version.is_empty())
        }
    };
    (!key.is_empty()).then_some(BulkItem { key, version })
}

/// The first field, and what follows its comma.
fn field(text: &str) -> Option<(String, Option<&str>)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let (first, rest) = match text.split_once(',') {
            Some((first, rest)) => (first, Some(rest)),
            None => (text, None),
        };
        return (!first.contains('"')).then(|| (first.to_owned(), rest));
    };
    let mut value = String::new();
    let mut rest = quoted;
    loop {
        let (before, after) = rest.split_once('"')?;
        value.push_str(before);
        match after.strip_prefix('"') {
            Some(more) => {
                value.push('"');
                rest = more;
            }
            None if after.is_empty() => return Some((value, None)),
            None => return Some((value, Some(after.strip_prefix(',')?))),
        }
    }
}

async fn all_pages(
    client: &Client,
    args: &BulkArgs,
    query: &BulkQuery,
    items: &[BulkItem],
    done: &mut Done,
) -> Result<(), CommandError> {
    let mut query = query.clone();
    loop {
        let page = client.change_locks(&args.bucket, &query, items).await?;
        query.after = page.next.clone();
        done.add(page)?;
        if query.after.is_none() {
            return Ok(());
        }
    }
}

/// What was done so far.
struct Done {
    total: Total,
    file: Option<BufWriter<File>>,
    bar: ProgressBar,
}

#[derive(Serialize, Default)]
struct Total {
    changed: u64,
    unchanged: u64,
    refused: u64,
    /// The first of those refused.
    first_refused: Vec<azekura_admin_api::retention::BulkRefused>,
}

impl Done {
    fn new(report: Option<&Path>) -> Result<Self, CommandError> {
        let open = |path: &Path| {
            let file = OpenOptions::new().write(true).create_new(true).open(path);
            file.map(BufWriter::new).map_err(|error| {
                CommandError::new(Exit::Io, format!("{}: {error}", path.display()))
            })
        };
        Ok(Self {
            total: Total::default(),
            file: report.map(open).transpose()?,
            bar: progress::count("versions"),
        })
    }

    fn add(&mut self, page: BulkReport) -> Result<(), CommandError> {
        let total = &mut self.total;
        total.changed = total.changed.saturating_add(page.changed);
        total.unchanged = total.unchanged.saturating_add(page.unchanged);
        self.bar.inc(page.changed.saturating_add(page.unchanged));
        for refused in page.refused {
            total.refused = total.refused.saturating_add(1);
            self.bar.inc(1);
            if let Some(file) = &mut self.file {
                let version = refused.version.as_deref().unwrap_or_default();
                let (key, why) = (quoted(&refused.key), quoted(&refused.why));
                writeln!(file, "{key},{version},{why}")?;
            }
            if total.first_refused.len() < REFUSED_SHOWN {
                total.first_refused.push(refused);
            }
        }
        Ok(())
    }

    fn end(mut self, json: bool) -> Result<Exit, CommandError> {
        self.bar.finish_and_clear();
        if let Some(file) = &mut self.file {
            file.flush()?;
        }
        output::answer(&self.total, json, |total| {
            let mut text = format!(
                "changed    {}\nunchanged  {}\nrefused    {}\n",
                total.changed, total.unchanged, total.refused
            );
            for refused in &total.first_refused {
                text.push_str(&format!("  {}: {}\n", refused.key, refused.why));
            }
            text
        })?;
        Ok(if self.total.refused > 0 {
            Exit::Refused
        } else {
            Exit::Ok
        })
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_line_is_csv() {
        let parse = |line: &str| manifest_line(line).map(|item| (item.key, item.version));
        let some =
            |key: &str, version: Option<&str>| Some((key.to_owned(), version.map(str::to_owned)));
        assert_eq!(parse("a/b.pdf"), some("a/b.pdf", None));
        assert_eq!(parse("a/b.pdf,"), some("a/b.pdf", None));
        assert_eq!(parse("a,null\r"), some("a", Some("null")));
        assert_eq!(parse("\"a,\"\"b\",v1"), some("a,\"b", Some("v1")));
        assert_eq!(parse("\"a\""), some("a", None));
        for bad in [",v", "a,b,c", "\"a", "a\"b,c", "\"a\"b,c"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
        let item = manifest_line(&format!("{},v", quoted("x\",y"))).unwrap();
        assert_eq!(item.key, "x\",y");
    }
}
