//! Left-over markers, paths of somebody's machine, and words that a clone was told to refuse.

use super::text::find_words;
use super::{Breach, TidyReport, Workspace};

/// Kinds of file that are read.
const READ: [&str; 12] = [
    ".rs", ".md", ".toml", ".py", ".sh", ".yml", ".yaml", ".json", ".cddl", ".html", ".service",
    "/run",
];

// Each needle is written in two pieces so that this file does not hold it.
/// Marks of unfinished work.
const MARKERS: [&str; 5] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
    concat!("todo", "!("),
    concat!("unimplemented", "!("),
];
/// Folders that exist on one machine only.
const MACHINE_PATHS: [&str; 4] = [
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("/Us", "ers/"),
    concat!("/wo", "rk/"),
];

pub(super) fn check(workspace: &Workspace<'_>, report: &mut TidyReport) {
    let refused = refused_words(workspace);
    let named = |path: &&String| READ.iter().any(|end| path.ends_with(end)) || !path.contains('.');
    for path in workspace.files.iter().filter(named) {
        let Some(text) = workspace.read(path) else {
            continue;
        };
        report.findings.extend(judge(path, &text, &refused));
    }
    lock_file(workspace, report);
}

fn judge(path: &str, text: &str, refused: &[String]) -> Vec<Breach> {
    let mut findings = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let place = format!("{path}:{}", number + 1);
        for marker in MARKERS
            .iter()
            .filter(|marker| !find_words(line, marker).is_empty())
        {
            let message = format!("{marker}: finish it, or write an issue");
            findings.push(Breach {
                check: "marker",
                place: place.clone(),
                message,
            });
        }
        for folder in MACHINE_PATHS
            .iter()
            .filter(|folder| starts_a_path(line, folder))
        {
            let message = format!("{folder} is a path of one machine");
            findings.push(Breach {
                check: "word",
                place: place.clone(),
                message,
            });
        }
        let lower = line.to_lowercase();
        for word in refused
            .iter()
            .filter(|word| !find_words(&lower, word).is_empty())
        {
            let message = format!("{word:?} is refused by this clone's list");
            findings.push(Breach {
                check: "word",
                place: place.clone(),
                message,
            });
        }
    }
    findings
}

/// Whether `folder` begins an absolute path in the line, rather than continuing another path.
fn starts_a_path(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line.get(..at).and_then(|head| head.chars().next_back());
        before.is_none_or(|c| c.is_whitespace() || "\"'`(=:".contains(c))
    })
}

/// The line with every path of this machine cut to its last piece, so that a file that is committed
/// may quote a command's own words.
pub(crate) fn without_machine_paths(line: &str) -> String {
    let is_end = |c: char| c.is_whitespace() || "\"'`()=:;,".contains(c);
    line.split_inclusive(is_end)
        .map(|piece| {
            let local = MACHINE_PATHS.iter().any(|folder| piece.starts_with(folder));
            match piece.trim_end_matches(is_end).rfind('/') {
                Some(at) if local => piece.get(at.saturating_add(1)..).unwrap_or_default(),
                _ => piece,
            }
        })
        .collect()
}

/// Words, one a line, that the owner of a clone does not want in the project: a customer's name, a
/// host. The list stays in the clone.
fn refused_words(workspace: &Workspace<'_>) -> Vec<String> {
    let text = workspace
        .read(".git/info/refused-words")
        .unwrap_or_default();
    text.lines()
        .map(|line| line.trim().to_lowercase())
        .filter(|line| !line.is_empty())
        .collect()
}

/// Packages come from the public registry or from this tree, so that every clone builds alike.
fn lock_file(workspace: &Workspace<'_>, report: &mut TidyReport) {
    let text = workspace.read("Cargo.lock").unwrap_or_default();
    for (number, line) in text.lines().enumerate() {
        let Some(source) = line.strip_prefix("source = ") else {
            continue;
        };
        if source != "\"registry+https://github.com/rust-lang/crates.io-index\"" {
            report.findings.push(Breach {
                check: "word",
                place: format!("Cargo.lock:{}", number + 1),
                message: format!("{source}: packages come from crates.io only"),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MACHINE_PATHS, MARKERS, judge, without_machine_paths};

    #[test]
    fn a_quoted_command_loses_its_machine_but_not_its_words() {
        let [root, home, ..] = MACHINE_PATHS;
        let quoted =
            format!("PATH=\"{root}a/bin:{home}b/bin:/usr/bin\" ({home}x/node a/b.mjs) failed");
        let clean = without_machine_paths(&quoted);
        assert_eq!(clean, "PATH=\"bin:bin:/usr/bin\" (node a/b.mjs) failed");
        assert_eq!(judge("a.md", &clean, &[]), []);
    }

    #[test]
    fn each_kind_is_found_where_it_stands() {
        let text = format!(
            "ok\n// {}: later\n cd {}x\nhttps://host{}x\nAcme host\n",
            MARKERS[0], MACHINE_PATHS[0], MACHINE_PATHS[0]
        );
        let found = judge("a.md", &text, &["acme".to_owned()]);
        let places: Vec<_> = found.iter().map(|f| f.place.as_str()).collect();
        assert_eq!(places, ["a.md:2", "a.md:3", "a.md:5"]);
    }
}
