//! Arrows between crates, shared lints, and who may use which foreign crate.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use toml::Table;

use super::config::strings;
use super::source::SourceFile;
use super::text::{bracket_end, find_words, word_at};
use super::{Breach, Config, TidyReport, Workspace};

/// A package of the workspace.
struct Member {
    name: String,
    /// Path of its `Cargo.toml` from the root.
    manifest: String,
    dependencies: Vec<String>,
}

pub(super) fn check(workspace: &Workspace<'_>, report: &mut TidyReport) {
    let members = members(workspace);
    arrows(&members, &workspace.config, &mut report.findings);
    never(&workspace.metadata, &workspace.config, &mut report.findings);
    for member in &members {
        shared_lints(workspace, member, &mut report.findings);
        let folder = member.manifest.trim_end_matches("Cargo.toml");
        let sources = workspace
            .sources
            .iter()
            .filter(|s| s.path.starts_with(folder));
        for (krate, modules) in workspace
            .config
            .imports
            .get(&member.name)
            .into_iter()
            .flatten()
        {
            for source in sources.clone() {
                imports(source, krate, modules, &mut report.findings);
            }
        }
    }
    wrappers(workspace, &mut report.findings);
}

fn members(workspace: &Workspace<'_>) -> Vec<Member> {
    let ids: BTreeSet<&str> = texts(&workspace.metadata, "workspace_members").collect();
    let packages = array(&workspace.metadata, "packages");
    let own = packages.filter(|package| ids.contains(text(package, "id")));
    own.map(|package| {
        let manifest = std::path::Path::new(text(package, "manifest_path"));
        let manifest = manifest.strip_prefix(workspace.root).unwrap_or(manifest);
        Member {
            name: text(package, "name").to_owned(),
            manifest: manifest.to_string_lossy().into_owned(),
            dependencies: array(package, "dependencies")
                .map(|d| text(d, "name").to_owned())
                .collect(),
        }
    })
    .collect()
}

fn arrows(members: &[Member], config: &Config, findings: &mut Vec<Breach>) {
    let names: BTreeSet<&str> = members.iter().map(|m| m.name.as_str()).collect();
    for member in members {
        let own = member
            .dependencies
            .iter()
            .filter(|d| names.contains(d.as_str()));
        let mut breach = |message: String| {
            findings.push(Breach {
                check: "arrow",
                place: member.manifest.clone(),
                message,
            });
        };
        if let Some(allowed) = config.outside.get(&member.name) {
            for dependency in own.filter(|d| !allowed.contains(d)) {
                breach(format!(
                    "{} may not use {dependency} (xtask/tidy.toml, [outside])",
                    member.name
                ));
            }
        } else if let Some(row) = config.rows.get(&member.name) {
            for dependency in own {
                let below = config.rows.get(dependency);
                if below.is_none_or(|below| below >= row) {
                    breach(format!(
                        "{} (row {row}) may not use {dependency} (row {below:?}): lower rows only",
                        member.name
                    ));
                }
            }
        } else {
            breach(format!("{} has no row in xtask/tidy.toml", member.name));
        }
    }
}

/// Packages that must not be reached by normal or build dependencies, however far.
fn never(metadata: &Value, config: &Config, findings: &mut Vec<Breach>) {
    let names: BTreeMap<&str, &str> = array(metadata, "packages")
        .map(|p| (text(p, "id"), text(p, "name")))
        .collect();
    let nodes = metadata
        .get("resolve")
        .into_iter()
        .flat_map(|r| array(r, "nodes"));
    let edges: BTreeMap<&str, Vec<&str>> = nodes.map(|n| (text(n, "id"), linked(n))).collect();
    for (package, forbidden) in &config.never {
        let Some(start) = names.iter().find(|(_, name)| **name == package.as_str()) else {
            continue;
        };
        let mut reached = BTreeSet::new();
        let mut open = vec![*start.0];
        while let Some(id) = open.pop() {
            if reached.insert(id) {
                open.extend(edges.get(id).into_iter().flatten());
            }
        }
        let reached: BTreeSet<&str> = reached
            .iter()
            .filter_map(|id| names.get(id).copied())
            .collect();
        for name in forbidden
            .iter()
            .filter(|name| reached.contains(name.as_str()))
        {
            findings.push(Breach {
                check: "arrow",
                place: "xtask/tidy.toml".to_owned(),
                message: format!("{package} reaches {name}, which it never may"),
            });
        }
    }
}

/// Dependencies of a node that are linked or run at build, tests apart.
fn linked(node: &Value) -> Vec<&str> {
    let dependencies = array(node, "deps").filter(|dependency| {
        array(dependency, "dep_kinds")
            .any(|kind| kind.get("kind").and_then(Value::as_str) != Some("dev"))
    });
    dependencies
        .map(|dependency| text(dependency, "pkg"))
        .collect()
}

fn shared_lints(workspace: &Workspace<'_>, member: &Member, findings: &mut Vec<Breach>) {
    let table: Option<Table> = workspace
        .read(&member.manifest)
        .and_then(|text| text.parse().ok());
    let shared = table
        .as_ref()
        .and_then(|t| t.get("lints")?.get("workspace")?.as_bool())
        .unwrap_or_default();
    if !shared {
        findings.push(Breach {
            check: "lints",
            place: member.manifest.clone(),
            message: "needs [lints] workspace = true".to_owned(),
        });
    }
}

/// Only the named modules of a crate may be imported.
fn imports(source: &SourceFile, krate: &str, modules: &[String], findings: &mut Vec<Breach>) {
    for at in find_words(&source.code, krate) {
        let rest = source.code.get(at + krate.len()..).unwrap_or_default();
        let imported = match rest.strip_prefix("::") {
            None => vec!["the whole crate"],
            Some(path) if path.starts_with('{') => {
                let group = path.get(1..bracket_end(path, 0) - 1).unwrap_or_default();
                top_level(group)
            }
            Some(path) => vec![word_at(path, 0)],
        };
        for module in imported
            .into_iter()
            .filter(|m| !modules.iter().any(|allowed| allowed == m))
        {
            findings.push(Breach {
                check: "arrow",
                place: source.place(at),
                message: format!(
                    "of {krate} only {} may be imported here, not {module}",
                    modules.join(", ")
                ),
            });
        }
    }
}

/// First words of a brace group's own entries.
fn top_level(group: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    let mut starts = vec![0];
    for (at, byte) in group.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => starts.push(at + 1),
            _ => {}
        }
    }
    starts
        .into_iter()
        .map(|at| word_at(group, at))
        .filter(|word| !word.is_empty())
        .collect()
}

/// `deny.toml`: a crate with wrappers is used directly by these alone.
fn wrappers(workspace: &Workspace<'_>, findings: &mut Vec<Breach>) {
    let deny: Option<Table> = workspace
        .read("deny.toml")
        .and_then(|text| text.parse().ok());
    let bans = deny
        .as_ref()
        .and_then(|d| d.get("bans")?.get("deny")?.as_array().cloned());
    for ban in bans.into_iter().flatten() {
        let Some(krate) = ban.get("crate").and_then(toml::Value::as_str) else {
            continue;
        };
        let allowed = ban.get("wrappers").map(strings).unwrap_or_default();
        if allowed.is_empty() {
            let present = array(&workspace.metadata, "packages").any(|p| text(p, "name") == krate);
            if present {
                findings.push(wrapper_breach(format!(
                    "{krate} is refused and in the tree"
                )));
            }
            continue;
        }
        for package in array(&workspace.metadata, "packages") {
            let name = text(package, "name");
            let uses = array(package, "dependencies").any(|d| {
                text(d, "name") == krate && d.get("kind").and_then(Value::as_str) != Some("dev")
            });
            if uses && !allowed.iter().any(|a| a == name) && is_used(&workspace.metadata, package) {
                let only = allowed.join(", ");
                findings.push(wrapper_breach(format!(
                    "{name} uses {krate}; only {only} may"
                )));
            }
        }
    }
}

fn wrapper_breach(message: String) -> Breach {
    Breach {
        check: "wrapper",
        place: "deny.toml".to_owned(),
        message,
    }
}

/// Whether a package is of the workspace (foreign packages' optional dependencies are not ours).
fn is_used(metadata: &Value, package: &Value) -> bool {
    texts(metadata, "workspace_members").any(|id| id == text(package, "id"))
}

/// Entries of an array field; none when there is no such field.
pub(super) fn array<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value
        .get(name)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

fn texts<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a str> {
    array(value, name).filter_map(Value::as_str)
}

/// A text field; empty when there is none.
pub(super) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Member, arrows, imports};
    use crate::tidy::config::Config;
    use crate::tidy::source::source_from;

    fn member(name: &str, dependencies: &[&str]) -> Member {
        Member {
            name: name.to_owned(),
            manifest: format!("{name}/Cargo.toml"),
            dependencies: dependencies.iter().map(|d| (*d).to_owned()).collect(),
        }
    }

    #[test]
    fn an_arrow_goes_down_only() {
        let config =
            Config::parse("[rows]\na = 0\nb = 1\nc = 1\n[outside]\nt = [\"a\"]\n").unwrap();
        let members = [
            member("a", &["b"]),
            member("b", &["a", "serde"]),
            member("c", &["b"]),
            member("d", &[]),
            member("t", &["a", "b"]),
        ];
        let mut findings = Vec::new();
        arrows(&members, &config, &mut findings);
        let places: Vec<_> = findings.iter().map(|f| f.place.as_str()).collect();
        assert_eq!(
            places,
            [
                "a/Cargo.toml",
                "c/Cargo.toml",
                "d/Cargo.toml",
                "t/Cargo.toml"
            ]
        );
    }

    #[test]
    fn imports_are_held_to_the_modules() {
        let text = "use m::position::{A, B};\nuse m::{release::C, lock::{D, E}};\nuse m as n;\n";
        let source = source_from("crates/e/src/lib.rs".to_owned(), text.to_owned());
        let mut findings = Vec::new();
        imports(
            &source,
            "m",
            &["position".to_owned(), "release".to_owned()],
            &mut findings,
        );
        let places: Vec<_> = findings.iter().map(|f| f.place.as_str()).collect();
        assert_eq!(places, ["crates/e/src/lib.rs:2", "crates/e/src/lib.rs:3"]);
    }
}
