//! Licences of all packages in use against the list in `deny.toml`.

use std::collections::BTreeMap;

use serde_json::Value;
use toml::Table;

use super::config::strings;
use super::crates::{array, text};
use super::{Breach, TidyReport, Workspace};

pub(super) fn check(workspace: &Workspace<'_>, report: &mut TidyReport) {
    let deny: Result<Table, String> = workspace
        .read("deny.toml")
        .ok_or_else(|| "is missing".to_owned())
        .and_then(|text| text.parse().map_err(|error| format!("{error}")));
    let deny = match deny {
        Ok(deny) => deny,
        Err(message) => {
            report.findings.push(finding(message));
            return;
        }
    };
    let licenses = deny.get("licenses");
    let allowed = licenses
        .and_then(|l| l.get("allow"))
        .map(strings)
        .unwrap_or_default();
    let exceptions: BTreeMap<String, Vec<String>> = licenses
        .and_then(|l| l.get("exceptions")?.as_array())
        .into_iter()
        .flatten()
        .filter_map(|e| {
            Some((
                e.get("crate")?.as_str()?.to_owned(),
                strings(e.get("allow")?),
            ))
        })
        .collect();
    for package in array(&workspace.metadata, "packages") {
        let name = text(package, "name");
        let own = exceptions.get(name);
        let fits = |id: &str| {
            allowed
                .iter()
                .chain(own.into_iter().flatten())
                .any(|allowed| allowed == id)
        };
        match package.get("license").and_then(Value::as_str) {
            Some(expression) if satisfied(expression, &fits) => {}
            Some(expression) => report.findings.push(finding(format!(
                "{name} is under {expression:?}, which the list does not allow"
            ))),
            None => report
                .findings
                .push(finding(format!("{name} names no licence"))),
        }
    }
}

fn finding(message: String) -> Breach {
    Breach {
        check: "licence",
        place: "deny.toml".to_owned(),
        message,
    }
}

/// Whether an SPDX expression can be met. `AND` binds tighter than `OR`; `/` is the old `OR`.
fn satisfied(expression: &str, fits: &dyn Fn(&str) -> bool) -> bool {
    let spaced = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace('/', " OR ");
    let tokens: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    let answer = any(&tokens, &mut at, fits);
    answer && at == tokens.len()
}

fn any(tokens: &[&str], at: &mut usize, fits: &dyn Fn(&str) -> bool) -> bool {
    let mut answer = all(tokens, at, fits);
    while tokens.get(*at) == Some(&"OR") {
        *at += 1;
        answer |= all(tokens, at, fits);
    }
    answer
}

fn all(tokens: &[&str], at: &mut usize, fits: &dyn Fn(&str) -> bool) -> bool {
    let mut answer = one(tokens, at, fits);
    while tokens.get(*at) == Some(&"AND") {
        *at += 1;
        answer &= one(tokens, at, fits);
    }
    answer
}

fn one(tokens: &[&str], at: &mut usize, fits: &dyn Fn(&str) -> bool) -> bool {
    let Some(token) = tokens.get(*at) else {
        return false;
    };
    *at += 1;
    if *token == "(" {
        let answer = any(tokens, at, fits);
        *at += 1;
        return answer;
    }
    if tokens.get(*at) == Some(&"WITH") {
        let whole = format!(
            "{token} WITH {}",
            tokens.get(*at + 1).copied().unwrap_or_default()
        );
        *at += 2;
        return fits(&whole) || fits(token);
    }
    fits(token)
}

#[cfg(test)]
mod tests {
    use super::satisfied;

    #[test]
    fn expressions() {
        let fits = |id: &str| ["MIT", "Apache-2.0", "ISC"].contains(&id);
        for good in [
            "MIT",
            "GPL-3.0 OR MIT",
            "MIT/GPL-3.0",
            "(MIT OR GPL-3.0) AND ISC",
            "Apache-2.0 WITH LLVM-exception",
        ] {
            assert!(satisfied(good, &fits), "{good}");
        }
        for bad in [
            "GPL-3.0",
            "MIT AND GPL-3.0",
            "",
            "(GPL-3.0 OR AGPL-3.0) AND MIT",
            "MIT MIT",
        ] {
            assert!(!satisfied(bad, &fits), "{bad}");
        }
    }
}
