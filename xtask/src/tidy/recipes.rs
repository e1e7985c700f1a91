//! Recipes for clients say on their first line whether they are tested, and by a scenario that
//! exists.

use super::{Breach, TidyReport, Workspace};

const FOLDER: &str = "docs/operating/clients/";
const INDEX: &str = "docs/operating/clients/README.md";
const SCENARIOS: &str = "e2e/src/scenarios.rs";
const TESTED: &str = "Tested by `cargo xtask test --only ";

pub(super) fn check(workspace: &Workspace<'_>, report: &mut TidyReport) {
    let scenarios = workspace.read(SCENARIOS).unwrap_or_default();
    let index = workspace.read(INDEX).unwrap_or_default();
    let pages = workspace
        .files
        .iter()
        .filter(|path| path.starts_with(FOLDER) && path.ends_with(".md") && *path != INDEX);
    for path in pages {
        let text = workspace.read(path).unwrap_or_default();
        let name = path.strip_prefix(FOLDER).unwrap_or(path);
        let mut messages = Vec::new();
        messages.extend(judge(&text, &scenarios));
        if !index.contains(&format!("({name})")) {
            messages.push(format!("{INDEX} does not link to it"));
        }
        report
            .findings
            .extend(messages.into_iter().map(|message| Breach {
                check: "recipe",
                place: path.clone(),
                message,
            }));
    }
}

/// What is wrong with the first line below the title.
fn judge(text: &str, scenarios: &str) -> Option<String> {
    let line = text.lines().skip(1).find(|line| !line.is_empty())?;
    if line.starts_with("Not tested") {
        return None;
    }
    let named = line
        .strip_prefix(TESTED)
        .and_then(|rest| rest.split_once("` with "));
    let Some((name, _)) = named else {
        return Some(format!(
            "starts with \"{TESTED}NAME` with VERSION\" or \"Not tested\""
        ));
    };
    (!scenarios.contains(&format!("\"{name}\","))).then(|| format!("no scenario is named {name}"))
}

#[cfg(test)]
mod tests {
    use super::judge;

    #[test]
    fn the_first_line_names_a_scenario_that_exists() {
        let scenarios = "    (\"rclone\", clients::rclone),\n";
        let page = |line: &str| judge(&format!("# Client\n\n{line}\n"), scenarios);
        assert_eq!(
            page("Tested by `cargo xtask test --only rclone` with rclone 1."),
            None
        );
        assert_eq!(page("Not tested on this system."), None);
        let unknown = page("Tested by `cargo xtask test --only clone` with rclone 1.");
        assert_eq!(unknown.as_deref(), Some("no scenario is named clone"));
        assert!(page("It works.").is_some());
    }
}
