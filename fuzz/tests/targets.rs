//! Every target for a bounded number of cases, after its corpus and all saved findings. The seed is
//! fixed, so that a change is judged by what it changes; `cargo xtask fuzz` takes others.

use std::time::Duration;

use azekura_fuzz::runner::{Plan, run};
use azekura_fuzz::targets;

/// Cases of a target; the time is a bound against a slow machine, not the measure.
fn fuzz(name: &str, executions: u64) {
    let Some(mut target) = targets::make(name) else {
        unreachable!("no target {name}");
    };
    let plan = Plan {
        seed: 20_261_122,
        executions,
        time: Duration::from_secs(40),
    };
    let report = run(name, &mut *target, plan);
    let first = report.findings.first();
    assert!(
        first.is_none(),
        "{name}: {} findings; {first:?}; as text: {}",
        report.findings.len(),
        String::from_utf8_lossy(first.map_or(&b""[..], |finding| &finding.input)),
    );
    assert!(
        report.answers.len() > 1,
        "{name} answers always the same: {:?}",
        report.answers
    );
}

#[test]
fn sigv4() {
    fuzz("sigv4", 20_000);
}

#[test]
fn chunks() {
    fuzz("chunks", 4000);
}

#[test]
fn keys() {
    fuzz("keys", 1000);
}

#[test]
fn forms() {
    fuzz("forms", 8000);
}

#[test]
fn xml() {
    fuzz("xml", 10_000);
}

#[test]
fn names() {
    fuzz("names", 60_000);
}

#[test]
fn policies() {
    fuzz("policies", 60_000);
}

#[test]
fn records() {
    fuzz("records", 60_000);
}

#[test]
fn envelope() {
    fuzz("envelope", 100_000);
}

#[test]
fn entries() {
    fuzz("entries", 60_000);
}

#[test]
fn journal() {
    fuzz("journal", 2_000);
}
