//! The loop: pick an input, change it, run it, keep what is new, save what is wrong.

use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::clock::Watch;
use crate::mutate::mutate;
use crate::random::Random;
use crate::target::Target;

/// Most inputs that are kept to be changed.
const POOL_MAX: usize = 512;
/// More resident memory than this is a finding, in KiB.
const MEMORY_KIB_MAX: u64 = 2 * 1024 * 1024;
/// A run ends at so many findings.
const FINDINGS_MAX: usize = 5;

/// How long to run, and from which seed.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Makes the cases.
    pub seed: u64,
    /// Most cases.
    pub executions: u64,
    /// Longest time.
    pub time: Duration,
}

/// A case that went wrong.
#[derive(Clone, Debug)]
pub struct CaseFinding {
    /// `seed 7, case 123` or the name of a file.
    pub origin: String,
    /// The input.
    pub input: Vec<u8>,
    /// What is wrong.
    pub what: String,
}

/// What a run did.
#[derive(Clone, Debug, Default)]
pub struct FuzzReport {
    /// Cases run.
    pub executions: u64,
    /// How often each kind of answer came.
    pub answers: BTreeMap<String, u64>,
    /// What went wrong.
    pub findings: Vec<CaseFinding>,
}

/// Folder of this package's files of one sort for a target.
#[must_use]
pub fn folder(sort: &str, name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(sort).join(name)
}

/// Files of a folder in the order of their names; none when there is no such folder.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found: Vec<_> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let content = fs::read(entry.path()).ok()?;
            Some((entry.path().display().to_string(), content))
        })
        .collect();
    found.sort();
    found
}

/// Replays the corpus and the regressions of a target, then makes new cases.
pub fn run(name: &str, target: &mut dyn Target, plan: Plan) -> FuzzReport {
    let mut report = FuzzReport::default();
    let watch = Watch::start();
    let mut pool = Vec::new();
    for sort in ["corpus", "regressions"] {
        for (file, input) in files(&folder(sort, name)) {
            execute(target, &input, file, &mut report);
            pool.push(input);
        }
    }
    for (number, input) in target.seeds().into_iter().enumerate() {
        execute(
            target,
            &input,
            format!("built-in seed {number}"),
            &mut report,
        );
        pool.push(input);
    }
    let mut random = Random::new(plan.seed, name);
    let mut case = 0_u64;
    while report.executions < plan.executions
        && report.findings.len() < FINDINGS_MAX
        && watch.elapsed() < plan.time
    {
        case = case.saturating_add(1);
        let mut input = random.pick(&pool).cloned().unwrap_or_default();
        mutate(&mut random, &mut input, &pool, target.dictionary());
        let origin = format!("seed {}, case {case}", plan.seed);
        if execute(target, &input, origin, &mut report) && pool.len() < POOL_MAX {
            pool.push(input);
        }
        if case.is_multiple_of(1000) && peak_memory_kib() > MEMORY_KIB_MAX {
            let what = "this process takes more than 2 GiB of memory".to_owned();
            let origin = format!("seed {}, at case {case}", plan.seed);
            report.findings.push(CaseFinding {
                origin,
                input: Vec::new(),
                what,
            });
            break;
        }
    }
    report
}

/// Runs one case; returns whether its kind of answer is new.
pub fn execute(
    target: &mut dyn Target,
    input: &[u8],
    origin: String,
    report: &mut FuzzReport,
) -> bool {
    report.executions = report.executions.saturating_add(1);
    let outcome = catch_unwind(AssertUnwindSafe(|| target.run(input)))
        .unwrap_or_else(|panic| Err(format!("panic: {}", words_of(&*panic))));
    match outcome {
        Ok(answer) => {
            let count = report.answers.entry(answer).or_default();
            *count = count.saturating_add(1);
            *count == 1
        }
        Err(what) => {
            let input = input.to_vec();
            report.findings.push(CaseFinding {
                origin,
                input,
                what,
            });
            false
        }
    }
}

fn words_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_default()
}

/// Most memory that this process ever held, in KiB; 0 when the system does not tell.
fn peak_memory_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|text| text.trim().strip_suffix("kB")?.trim().parse().ok())
        .unwrap_or(0)
}
