//! Calls that have one door, globals and glob imports.

use super::source::SourceFile;
use super::text::find_words;
use super::{Breach, TidyReport, Workspace};

/// A call, and the name of the only module file that may make it.
const DOORS: [(&str, &str); 12] = [
    ("SystemTime::now", "clock.rs"),
    ("Instant::now", "clock.rs"),
    ("OffsetDateTime::now_utc", "clock.rs"),
    ("clock_gettime", "clock.rs"),
    ("thread::sleep", "clock.rs"),
    ("time::sleep", "clock.rs"),
    ("time::sleep_until", "clock.rs"),
    ("time::interval", "clock.rs"),
    ("rand::fill", "entropy.rs"),
    ("SystemRandom", "entropy.rs"),
    ("getrandom", "entropy.rs"),
    ("thread_rng", "entropy.rs"),
];

/// Ways to make a value that every part of the program can reach.
const GLOBALS: [&str; 4] = ["static", "LazyLock", "lazy_static!", "thread_local!"];

pub(super) fn check(workspace: &Workspace<'_>, report: &mut TidyReport) {
    for source in &workspace.sources {
        doors(source, &mut report.findings);
        globals(source, &mut report.findings);
        globs(source, &mut report.findings);
    }
}

fn doors(source: &SourceFile, findings: &mut Vec<Breach>) {
    for (call, door) in DOORS {
        if source.file_name() == door {
            continue;
        }
        for at in find_words(&source.production, call) {
            findings.push(Breach {
                check: "door",
                place: source.place(at),
                message: format!(
                    "{call} belongs in a module file named {door}; take its value as an argument"
                ),
            });
        }
    }
}

fn globals(source: &SourceFile, findings: &mut Vec<Breach>) {
    for word in GLOBALS {
        for at in find_words(&source.production, word) {
            let before = at
                .checked_sub(1)
                .and_then(|i| source.production.as_bytes().get(i));
            if before == Some(&b'\'') {
                continue;
            }
            findings.push(Breach {
                check: "global",
                place: source.place(at),
                message: format!("{word}: no globals; pass the value from the wiring"),
            });
        }
    }
}

fn globs(source: &SourceFile, findings: &mut Vec<Breach>) {
    for at in find_words(&source.code, "::*") {
        let rest = source.code.get(at + 3..).unwrap_or_default().trim_start();
        let is_import = rest.starts_with([';', ',', '}']);
        let head = source.code.get(..at).unwrap_or_default();
        // Tests may name their own module whole, and a prelude meant to be imported so.
        let is_habit = source.in_test(at)
            && (head.ends_with("use super") || head.ends_with("proptest::prelude"));
        if is_import && !is_habit {
            findings.push(Breach {
                check: "glob",
                place: source.place(at),
                message: "glob import: name what is used".to_owned(),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{doors, globals, globs};
    use crate::tidy::source::source_from;

    #[test]
    fn each_breach_is_found_once() {
        let text = "use a::b::*;\nstatic N: u8 = 1;\nfn f(x: &'static str) { let t = Instant::now(); }\n#[cfg(test)]\nmod tests { use super::*; use proptest::prelude::*; fn g() { Instant::now(); } }\n";
        let source = source_from("crates/a/src/lib.rs".to_owned(), text.to_owned());
        let mut findings = Vec::new();
        doors(&source, &mut findings);
        globals(&source, &mut findings);
        globs(&source, &mut findings);
        let found: Vec<_> = findings
            .iter()
            .map(|f| (f.check, f.place.as_str()))
            .collect();
        assert_eq!(
            found,
            [
                ("door", "crates/a/src/lib.rs:3"),
                ("global", "crates/a/src/lib.rs:2"),
                ("glob", "crates/a/src/lib.rs:1"),
            ]
        );
    }

    #[test]
    fn the_door_itself_may_call() {
        let source = source_from(
            "crates/a/src/clock.rs".to_owned(),
            "fn f() { Instant::now(); }".to_owned(),
        );
        let mut findings = Vec::new();
        doors(&source, &mut findings);
        assert!(findings.is_empty());
    }
}
