//! `azekura testdata`

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, ErrorKind, Write as _};
use std::path::Path;

use azekura_hospital::{Change, Class, Hospital, HospitalItem};
use indicatif::ProgressBar;
use serde::Serialize;

use crate::args::TestdataArgs;
use crate::exit::{CommandError, Exit};
use crate::{output, progress};

/// Bytes gathered before they go to a file.
const BUFFER: usize = 256 * 1024;

/// What was written.
#[derive(Debug, Serialize)]
struct Summary {
    dir: String,
    seed: u64,
    scale: String,
    image_scale: String,
    first_day: String,
    days: u16,
    files: u64,
    bytes: u64,
    /// Files taken away by corrections of later days.
    deleted: u64,
    classes: Vec<ClassSummary>,
}

/// What was written of one class.
#[derive(Debug, Default, Serialize)]
struct ClassSummary {
    class: String,
    files: u64,
    bytes: u64,
}

/// A directory being filled.
struct Filling<'a> {
    dir: &'a Path,
    bar: ProgressBar,
    written: BTreeMap<Class, ClassSummary>,
    deleted: u64,
}

pub(crate) fn run(args: &TestdataArgs, json: bool) -> Result<Exit, CommandError> {
    must_be_empty(&args.dir, args.add)?;
    let classes = if args.classes.is_empty() {
        Class::ALL.to_vec()
    } else {
        args.classes.clone()
    };
    let hospital = Hospital::new(args.seed, args.scale).with_image_scale(args.image_scale);
    let days: Vec<_> = std::iter::successors(Some(args.day), |day| day.next_day())
        .take(usize::from(args.days))
        .collect();
    let count = days.iter().map(|day| hospital.count(*day, &classes)).sum();
    let mut filling = Filling {
        dir: &args.dir,
        bar: progress::files("writing", count),
        written: BTreeMap::new(),
        deleted: 0,
    };
    for day in days {
        if args.add || day != args.day {
            for change in hospital.changes(day, &classes) {
                filling.change(&change)?;
            }
        }
        for item in hospital.items(day, &classes) {
            filling.put(&item)?;
        }
    }
    filling.bar.finish_and_clear();
    output::answer(&filling.summary(args), json, text)
}

fn must_be_empty(dir: &Path, add: bool) -> Result<(), CommandError> {
    let mut entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(at(dir, &error)),
    };
    if entries.next().is_none() || add {
        return Ok(());
    }
    Err(CommandError::new(
        Exit::Refused,
        format!("{} is not empty; nothing was written", dir.display()),
    )
    .hint("Name another directory, or add a later day to this one with --add."))
}

fn at(path: &Path, error: &std::io::Error) -> CommandError {
    CommandError::new(Exit::Io, format!("{}: {error}", path.display()))
}

impl Filling<'_> {
    fn put(&mut self, item: &HospitalItem) -> Result<(), CommandError> {
        let path = self.dir.join(item.key());
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|error| at(folder, &error))?;
        }
        let write = || {
            let mut out = BufWriter::with_capacity(BUFFER, File::create(&path)?);
            item.write(&mut out)?;
            out.flush()
        };
        write().map_err(|error| at(&path, &error))?;
        let summary = self.written.entry(item.class()).or_default();
        summary.files += 1;
        summary.bytes += item.size();
        self.bar.inc(1);
        Ok(())
    }

    fn change(&mut self, change: &Change) -> Result<(), CommandError> {
        match change {
            Change::Put(item) => self.put(item),
            Change::Delete(key) => {
                let path = self.dir.join(key);
                match fs::remove_file(&path) {
                    Ok(()) => self.deleted += 1,
                    // The day before was made with other classes, or not at all.
                    Err(error) if error.kind() == ErrorKind::NotFound => {}
                    Err(error) => return Err(at(&path, &error)),
                }
                Ok(())
            }
        }
    }

    fn summary(self, args: &TestdataArgs) -> Summary {
        let classes: Vec<ClassSummary> = self
            .written
            .into_iter()
            .map(|(class, summary)| ClassSummary {
                class: class.to_string(),
                ..summary
            })
            .collect();
        Summary {
            dir: args.dir.display().to_string(),
            seed: args.seed,
            scale: args.scale.to_string(),
            image_scale: args.image_scale.to_string(),
            first_day: args.day.to_string(),
            days: args.days,
            files: classes.iter().map(|class| class.files).sum(),
            bytes: classes.iter().map(|class| class.bytes).sum(),
            deleted: self.deleted,
            classes,
        }
    }
}

fn text(summary: &Summary) -> String {
    let row = |name: &str, files: u64, bytes: u64| {
        vec![name.to_owned(), files.to_string(), bytes.to_string()]
    };
    let mut rows: Vec<_> = summary
        .classes
        .iter()
        .map(|class| row(&class.class, class.files, class.bytes))
        .collect();
    rows.push(row("all", summary.files, summary.bytes));
    let mut text = output::table(&["class", "files", "bytes"], &rows);
    if summary.deleted > 0 {
        text.push_str(&format!(
            "{} files of the day before were corrected and taken away\n",
            summary.deleted
        ));
    }
    text.push_str(&format!(
        "written to {}: a hospital of seed {}, scale {}, from {} for {} days; nobody in it exists\n",
        summary.dir, summary.seed, summary.scale, summary.first_day, summary.days
    ));
    text
}
