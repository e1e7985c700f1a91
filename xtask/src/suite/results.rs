//! The summary on the screen and the result file of a full run.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::counts::Counts;
use crate::process::output;
use crate::tidy::without_machine_paths;

const FULL_RESULTS: &str = "docs/reference/test-results-full.md";

/// A step that has run.
pub(super) struct Step {
    pub(super) name: String,
    pub(super) seconds: f64,
    pub(super) counts: Counts,
}

/// Prints failures, skips, times and the sum; returns the sum.
pub(super) fn print(steps: &[Step], seconds: f64) -> Counts {
    println!();
    for step in steps {
        for line in &step.counts.failures {
            println!(
                "FAILED  {}: {}",
                step.name,
                line.replace('\n', "\n        ")
            );
        }
        for line in &step.counts.skips {
            println!("skipped {}: {line}", step.name);
        }
    }
    println!(
        "\n{:<10}{:>10}{:>10}{:>10}{:>10}",
        "step", "seconds", "passed", "failed", "skipped"
    );
    let mut total = Counts::default();
    for step in steps {
        let counts = &step.counts;
        println!(
            "{:<10}{:>10.1}{:>10}{:>10}{:>10}",
            step.name, step.seconds, counts.passed, counts.failed, counts.skipped
        );
        total.passed += counts.passed;
        total.failed += counts.failed;
        total.skipped += counts.skipped;
    }
    println!("{:<10}{seconds:>10.1}\n", "all");
    println!("{}", sum_line(&total));
    total
}

/// The last line of a run.
fn sum_line(total: &Counts) -> String {
    format!(
        "{} passed, {} failed, {} skipped",
        total.passed, total.failed, total.skipped
    )
}

/// Writes the result file of a full run.
pub(super) fn write_full(root: &Path, steps: &[Step], seconds: f64) -> Result<(), String> {
    let text = without_machine_paths(&full_text(&Facts::gather(root)?, steps, seconds)?);
    fs::write(root.join(FULL_RESULTS), text).map_err(|error| format!("{FULL_RESULTS}: {error}"))?;
    println!("written: {FULL_RESULTS}");
    Ok(())
}

/// Where and when a run took place.
struct Facts {
    date: String,
    commit: String,
    machine: String,
}

impl Facts {
    fn gather(root: &Path) -> Result<Self, String> {
        let git = |args: &[&str]| output(Command::new("git").args(args).current_dir(root));
        let mut commit = git(&["rev-parse", "HEAD"])?.trim().to_owned();
        if !git(&["status", "--porcelain"])?.is_empty() {
            commit.push_str(" with uncommitted changes");
        }
        let date = output(Command::new("date").args(["-u", "+%Y-%m-%d %H:%M UTC"]))?
            .trim()
            .to_owned();
        let cores = output(&mut Command::new("nproc"))?.trim().to_owned();
        let kernel = output(Command::new("uname").arg("-srm"))?.trim().to_owned();
        let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let kibibytes = memory
            .lines()
            .find_map(|line| line.strip_prefix("MemTotal:"))
            .unwrap_or_default();
        let kibibytes: u64 = kibibytes
            .trim()
            .trim_end_matches(" kB")
            .parse()
            .unwrap_or_default();
        let machine = format!(
            "{cores} cores, {} GiB of memory, {kernel}",
            kibibytes.div_ceil(1024 * 1024)
        );
        Ok(Self {
            date,
            commit,
            machine,
        })
    }
}

fn full_text(facts: &Facts, steps: &[Step], seconds: f64) -> Result<String, String> {
    let mut text = String::new();
    let mut total = Counts::default();
    let written = (|| {
        writeln!(text, "# Results of the full test run\n")?;
        writeln!(
            text,
            "Written by `cargo xtask test --full`; not edited by hand.\n"
        )?;
        writeln!(
            text,
            "- Date: {}\n- Commit: {}\n- Machine: {}",
            facts.date, facts.commit, facts.machine
        )?;
        writeln!(text, "- Time: {seconds:.0} s\n")?;
        writeln!(
            text,
            "| Step | Seconds | Passed | Failed | Skipped |\n|---|---:|---:|---:|---:|"
        )?;
        for Step {
            name,
            seconds,
            counts,
        } in steps
        {
            writeln!(
                text,
                "| {name} | {seconds:.1} | {} | {} | {} |",
                counts.passed, counts.failed, counts.skipped
            )?;
            total.passed += counts.passed;
            total.failed += counts.failed;
            total.skipped += counts.skipped;
        }
        writeln!(text, "\n**{}**", sum_line(&total))?;
        for Step { name, counts, .. } in steps {
            if !counts.scenarios.is_empty() {
                writeln!(
                    text,
                    "\n## {name}\n\n| Scenario | Outcome | Seconds | Detail |\n|---|---|---:|---|"
                )?;
            }
            for scenario in &counts.scenarios {
                let detail = scenario.detail.replace('|', "/").replace('\n', " ");
                writeln!(
                    text,
                    "| {} | {} | {:.1} | {detail} |",
                    scenario.name, scenario.outcome, scenario.seconds
                )?;
            }
        }
        list(&mut text, "Failed", steps, |counts| &counts.failures)?;
        list(&mut text, "Skipped", steps, |counts| &counts.skips)
    })();
    written.map_err(|error: std::fmt::Error| error.to_string())?;
    Ok(text)
}

fn list(
    text: &mut String,
    title: &str,
    steps: &[Step],
    lines: impl Fn(&Counts) -> &Vec<String>,
) -> std::fmt::Result {
    if steps.iter().all(|step| lines(&step.counts).is_empty()) {
        return Ok(());
    }
    writeln!(text, "\n## {title}\n")?;
    for step in steps {
        for line in lines(&step.counts) {
            writeln!(text, "- {}: {}", step.name, line.replace('\n', " "))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Facts, Step, full_text, sum_line};
    use crate::suite::counts::Counts;

    #[test]
    fn the_result_file_shows_every_scenario_and_the_sum() {
        let report = r#"{"scenarios":[{"name":"restic","outcome":"ok","seconds":2.0,"figures":{"files":20000}},{"name":"power cut","outcome":"skipped","reason":"no root"}]}"#;
        let counts = Counts::from_report(report).unwrap();
        assert_eq!(sum_line(&counts), "1 passed, 0 failed, 1 skipped");
        let facts = Facts {
            date: "d".into(),
            commit: "c".into(),
            machine: "m".into(),
        };
        let steps = [Step {
            name: "e2e".into(),
            seconds: 3.0,
            counts,
        }];
        let text = full_text(&facts, &steps, 3.0).unwrap();
        assert!(text.contains("| restic | ok | 2.0 | files 20000 |"));
        assert!(text.contains("- e2e: power cut: no root"));
        assert!(text.contains("**1 passed, 0 failed, 1 skipped**"));
    }
}
