//! Black-box tests: the real binary, driven by software that nobody here wrote.
//!
//! `azekura-e2e --binary PATH --tools DIR [--full] [--only NAME] [--report FILE]`

mod client;
mod clock;
mod content;
mod process;
mod random;
mod report;
mod scenarios;
mod server;
mod tools;
mod tree;
mod writers;

use std::path::PathBuf;
use std::process::ExitCode;

use crate::report::{Line, Outcome};
use crate::tools::Tools;

/// Why a scenario failed.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What every scenario is given.
pub(crate) struct Bench {
    /// The binary under test.
    pub(crate) binary: PathBuf,
    /// The clients.
    pub(crate) tools: Tools,
    /// The numbers instead of those of the quick run.
    pub(crate) full: bool,
    /// Scratch space, removed at the end.
    pub(crate) scratch: tempfile::TempDir,
}

impl Bench {
    /// A fresh directory for a scenario.
    pub(crate) fn directory(&self, name: &str) -> Result<PathBuf, Failure> {
        let path = self.scratch.path().join(name);
        std::fs::create_dir_all(&path)?;
        Ok(path)
    }

    /// The quick or the full number.
    pub(crate) fn number(&self, quick: usize, full: usize) -> usize {
        if self.full { full } else { quick }
    }
}

struct Arguments {
    binary: PathBuf,
    tools: PathBuf,
    full: bool,
    only: Option<String>,
    report: Option<PathBuf>,
}

fn arguments() -> Result<Arguments, Failure> {
    let mut parsed = Arguments {
        binary: PathBuf::from("target/release/azekura"),
        tools: PathBuf::from("target/tools"),
        full: false,
        only: None,
        report: None,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
        match word.as_str() {
            "--binary" => parsed.binary = PathBuf::from(value()?),
            "--tools" => parsed.tools = PathBuf::from(value()?),
            "--only" => parsed.only = Some(value()?),
            "--report" => parsed.report = Some(PathBuf::from(value()?)),
            "--full" => parsed.full = true,
            _ => return Err(format!("unknown argument {word}").into()),
        }
    }
    parsed.binary = std::path::absolute(&parsed.binary)?;
    parsed.tools = std::path::absolute(&parsed.tools)?;
    Ok(parsed)
}

fn run(arguments: &Arguments) -> Result<Vec<Line>, Failure> {
    let bench = Bench {
        binary: arguments.binary.clone(),
        tools: Tools::new(&arguments.tools),
        full: arguments.full,
        scratch: tempfile::Builder::new().prefix("azekura-e2e-").tempdir()?,
    };
    let mut lines = Vec::new();
    for (name, scenario) in scenarios::ALL {
        if arguments
            .only
            .as_ref()
            .is_some_and(|only| !name.contains(only.as_str()))
        {
            continue;
        }
        let start = clock::now();
        let ended = scenario(&bench);
        let seconds = start.elapsed().as_secs_f64();
        let (outcome, reason, figures) = match ended {
            Ok(Outcome::Passed(figures)) => ("ok", String::new(), figures),
            Ok(Outcome::Skipped(why)) => ("skipped", why, report::Figures::new()),
            Err(why) => ("failed", why.to_string(), report::Figures::new()),
        };
        match outcome {
            "ok" => println!("scenario {name} ... ok ({seconds:.1} s) {figures:?}"),
            "skipped" => println!("scenario {name} ... skipped: {reason}"),
            _ => println!("scenario {name} ... FAILED ({seconds:.1} s)\n{reason}"),
        }
        lines.push(Line {
            name,
            outcome,
            seconds,
            reason,
            figures,
        });
    }
    Ok(lines)
}

fn main() -> ExitCode {
    let ended = arguments().and_then(|arguments| {
        let lines = run(&arguments)?;
        if let Some(path) = &arguments.report {
            report::write(path, &lines)?;
        }
        Ok(report::count(&lines, "failed"))
    });
    match ended {
        Ok(0) => ExitCode::SUCCESS,
        Ok(failed) => {
            println!("{failed} scenarios failed");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("azekura-e2e: {error}");
            ExitCode::from(2)
        }
    }
}
