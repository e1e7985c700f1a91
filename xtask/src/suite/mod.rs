//! Everything that must pass, in one run: `cargo xtask test`.

mod counts;
mod results;

use std::path::{Path, PathBuf};
use std::process::Command;

use counts::Counts;
use results::{Step, write_full};

use crate::clock::Stopwatch;
use crate::process::{self, cargo_metadata, run_lines};
use crate::{tidy, tools};

/// What to run.
#[derive(Clone, Debug, Default)]
pub struct SuiteOptions {
    /// The large numbers, ignored tests too; writes the result file.
    pub full: bool,
    /// One step, or one end-to-end scenario.
    pub only: Option<String>,
}

/// Names of the steps, in order.
const STEPS: [&str; 8] = [
    "tools", "fmt", "clippy", "tidy", "unit", "python", "build", "e2e",
];

/// A run under way.
struct Suite<'a> {
    root: &'a Path,
    target: PathBuf,
    options: &'a SuiteOptions,
    steps: Vec<Step>,
}

/// Runs the steps, all of them even when one fails, and prints times and numbers. Returns whether
/// nothing failed.
///
/// # Errors
/// A sentence when the run cannot start or its result file cannot be written.
pub fn run(root: &Path, options: &SuiteOptions) -> Result<bool, String> {
    let mut suite = Suite {
        root,
        target: target_dir(root)?,
        options,
        steps: Vec::new(),
    };
    let whole = Stopwatch::start();
    for name in STEPS.iter().filter(|name| wants(options, name)) {
        println!("\n==> {name}");
        let watch = Stopwatch::start();
        let counts = suite.step(name).unwrap_or_else(Counts::failure);
        suite.steps.push(Step {
            name: (*name).to_owned(),
            seconds: watch.seconds(),
            counts,
        });
    }
    let seconds = whole.seconds();
    let total = results::print(&suite.steps, seconds);
    if options.full && options.only.is_none() {
        write_full(root, &suite.steps, seconds)?;
    }
    Ok(total.failed == 0)
}

/// The folder that cargo builds into.
///
/// # Errors
/// A sentence when `cargo metadata` fails.
pub fn target_dir(root: &Path) -> Result<PathBuf, String> {
    let metadata = cargo_metadata(root)?;
    let target = metadata
        .get("target_directory")
        .and_then(serde_json::Value::as_str);
    target
        .map(PathBuf::from)
        .ok_or_else(|| "cargo names no target directory".to_owned())
}

/// Prints what tidy found.
pub fn print_tidy(report: &tidy::TidyReport) {
    for note in &report.notes {
        println!("note: {note}");
    }
    for finding in &report.findings {
        println!("{finding}");
    }
    println!(
        "tidy: {} Rust files, {} findings, {} notes",
        report.files,
        report.findings.len(),
        report.notes.len()
    );
}

/// Whether a step is to run: a named scenario needs tools and the binary, the Python tests need
/// the tools.
fn wants(options: &SuiteOptions, step: &str) -> bool {
    match options.only.as_deref() {
        None => true,
        Some("python") => ["tools", "python"].contains(&step),
        Some(name) if STEPS.contains(&name) && name != "e2e" => name == step,
        Some(_) => ["tools", "build", "e2e"].contains(&step),
    }
}

impl Suite<'_> {
    fn step(&self, name: &str) -> Result<Counts, String> {
        match name {
            "tools" => self.tools(),
            "fmt" => self.cargo(&["fmt", "--all", "--check"]),
            "clippy" => self.cargo(&[
                "clippy",
                "--workspace",
                "--all-targets",
                "--",
                "-D",
                "warnings",
            ]),
            "tidy" => self.tidy(),
            "unit" => self.unit(),
            "python" => self.python(),
            "build" => self.cargo(&["build", "--release", "-p", "azekura", "-p", "azekura-e2e"]),
            "e2e" => self.end_to_end(),
            other => Err(format!("no step is named {other}")),
        }
    }

    fn tools(&self) -> Result<Counts, String> {
        let installed = tools::install(self.root, &self.target)?;
        // What is missing shows up as skipped scenarios; counted here it would count twice.
        println!(
            "  commands in {}; {} missing",
            installed.directory.display(),
            installed.missing.len()
        );
        Ok(Counts::default())
    }

    /// A cargo command that passes or fails as one.
    fn cargo(&self, args: &[&str]) -> Result<Counts, String> {
        process::run(Command::new("cargo").args(args).current_dir(self.root))?;
        Ok(Counts::success())
    }

    fn tidy(&self) -> Result<Counts, String> {
        let report = tidy::run(self.root, false)?;
        print_tidy(&report);
        if report.findings.is_empty() {
            Ok(Counts::success())
        } else {
            Err(format!("{} findings", report.findings.len()))
        }
    }

    fn unit(&self) -> Result<Counts, String> {
        let mut command = Command::new("cargo");
        command
            .args(["test", "--workspace", "--no-fail-fast"])
            .current_dir(self.root);
        if self.options.full {
            command.args(["--", "--include-ignored"]);
        }
        let mut counts = Counts::default();
        let succeeded = run_lines(&mut command, |line| counts.add_test_line(line))?;
        if !succeeded && counts.failed == 0 {
            counts.fail(
                "cargo test did not succeed: something does not build or a test binary died"
                    .to_owned(),
            );
        }
        Ok(counts)
    }

    /// The unit tests of the independent reader, by the interpreter of the step `tools`.
    fn python(&self) -> Result<Counts, String> {
        let python = self.target.join("tools/bin/python3");
        if !python.is_file() {
            return Ok(Counts::skip(
                "tests of tools/reader: python3 is not installed".to_owned(),
            ));
        }
        let folder = self.root.join("tools/reader");
        let mut command = Command::new(python);
        command
            .args(["-B", "-m", "unittest", "-v", "test_reader"])
            .current_dir(&folder);
        let (succeeded, text) = process::everything_said(&mut command)?;
        print!("{text}");
        let mut counts = Counts::from_unittest(&text);
        if !succeeded && counts.failed == 0 {
            counts.fail("the tests of tools/reader did not run to their end".to_owned());
        }
        Ok(counts)
    }

    fn end_to_end(&self) -> Result<Counts, String> {
        let report = self.target.join("e2e-report.json");
        if report.exists() {
            std::fs::remove_file(&report)
                .map_err(|error| format!("{}: {error}", report.display()))?;
        }
        let release = self.target.join("release");
        let mut command = Command::new(release.join("azekura-e2e"));
        command.current_dir(self.root);
        command.arg("--binary").arg(release.join("azekura"));
        command.arg("--tools").arg(self.target.join("tools"));
        command.arg("--report").arg(&report);
        if self.options.full {
            command.arg("--full");
        }
        if let Some(name) = self
            .options
            .only
            .as_deref()
            .filter(|name| !STEPS.contains(name))
        {
            command.args(["--only", name]);
        }
        let outcome = process::run(&mut command);
        let text = std::fs::read_to_string(&report)
            .map_err(|error| format!("no report of the end-to-end tests ({error})"))?;
        let mut counts = Counts::from_report(&text)?;
        if let Err(message) = outcome
            && counts.failed == 0
        {
            counts.fail(message);
        }
        Ok(counts)
    }
}

#[cfg(test)]
mod tests {
    use super::{STEPS, SuiteOptions, wants};

    fn chosen(only: Option<&str>) -> Vec<&'static str> {
        let options = SuiteOptions {
            full: false,
            only: only.map(str::to_owned),
        };
        STEPS
            .into_iter()
            .filter(|step| wants(&options, step))
            .collect()
    }

    #[test]
    fn a_step_runs_alone_and_a_scenario_with_what_it_needs() {
        assert_eq!(chosen(None), STEPS);
        assert_eq!(chosen(Some("clippy")), ["clippy"]);
        assert_eq!(chosen(Some("python")), ["tools", "python"]);
        assert_eq!(chosen(Some("e2e")), ["tools", "build", "e2e"]);
        assert_eq!(chosen(Some("restic")), ["tools", "build", "e2e"]);
    }
}
