//! `cargo xtask fuzz`: runs targets until their time is over, and saves what goes wrong.

use std::process::ExitCode;
use std::time::Duration;

use azekura_fuzz::runner::{FuzzReport, Plan, folder, run};
use azekura_fuzz::targets;

const USAGE: &str = "fuzz [--target NAME] [--seconds N] [--seed N]";

struct Options {
    target: Option<String>,
    seconds: u64,
    seed: u64,
}

fn main() -> ExitCode {
    match options().and_then(|options| all(&options)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("fuzz: {message}\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn options() -> Result<Options, String> {
    let mut options = Options {
        target: None,
        seconds: 60,
        seed: 1,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words
            .next()
            .ok_or_else(|| format!("{word} needs a value"))?;
        let number = || value.parse().map_err(|error| format!("{word}: {error}"));
        match word.as_str() {
            "--target" => options.target = Some(value),
            "--seconds" => options.seconds = number()?,
            "--seed" => options.seed = number()?,
            other => return Err(format!("unknown option {other}")),
        }
    }
    Ok(options)
}

/// Runs the targets one after the other; returns whether nothing was found.
fn all(options: &Options) -> Result<bool, String> {
    let chosen: Vec<&str> = targets::NAMES
        .into_iter()
        .filter(|name| options.target.as_ref().is_none_or(|wanted| wanted == name))
        .collect();
    if chosen.is_empty() {
        return Err(format!("targets are {}", targets::NAMES.join(", ")));
    }
    let mut clean = true;
    for name in chosen {
        let mut target = targets::make(name).ok_or_else(|| format!("no target {name}"))?;
        let plan = Plan {
            seed: options.seed,
            executions: u64::MAX,
            time: Duration::from_secs(options.seconds),
        };
        let report = run(name, &mut *target, plan);
        show(name, options.seed, &report);
        for (number, finding) in report.findings.iter().enumerate() {
            clean = false;
            let home = folder("regressions", name);
            let file = home.join(format!("seed{}-{number}", options.seed));
            std::fs::create_dir_all(&home)
                .and_then(|()| std::fs::write(&file, &finding.input))
                .map_err(|error| format!("{}: {error}", file.display()))?;
            println!(
                "  FINDING {}: {}\n  saved as {}",
                finding.origin,
                finding.what,
                file.display()
            );
        }
    }
    Ok(clean)
}

fn show(name: &str, seed: u64, report: &FuzzReport) {
    println!(
        "{name}: seed {seed}, {} executions, {} findings",
        report.executions,
        report.findings.len()
    );
    for (answer, count) in &report.answers {
        println!("  {count:>9}  {answer}");
    }
}
