//! Other S3 servers, for measurements beside ours: from PyPI, and built by cargo.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use toml::Table;

use super::python;
use crate::process::run;

/// Folders with the programs of the peers, below `target`/tools/peers.
///
/// Builds and fetches what is missing, and says so. `wanted` tells which crates are asked for. A peer
/// that cannot be had is named on standard output and left out: the measurement says so too.
///
/// # Errors
/// A sentence when the list cannot be read.
pub fn install_peers(
    root: &Path,
    target: &Path,
    wanted: impl Fn(&str) -> bool,
) -> Result<Vec<PathBuf>, String> {
    let text = fs::read_to_string(root.join("xtask/tools.toml"))
        .map_err(|error| format!("xtask/tools.toml: {error}"))?;
    let (requirements, crates) = parse(&text)?;
    let tools = target.join("tools");
    let folder = tools.join("peers");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for (name, version, features) in &crates {
        if wanted(name)
            && let Err(message) = build(&folder, name, version, features)
        {
            println!("    missing: {name}: {message}");
        }
    }
    let environment = folder.join("python");
    if wanted("seaweedfs")
        && let Err(message) = python::install(&tools, &environment, &requirements)
    {
        println!("    missing: seaweedfs: {message}");
    }
    Ok(vec![folder.join("bin"), environment.join("bin")])
}

/// Python requirements; name, version and features of crates.
type Peers = (Vec<String>, Vec<(String, String, String)>);

fn parse(text: &str) -> Result<Peers, String> {
    let table: Table = text
        .parse()
        .map_err(|error| format!("xtask/tools.toml: {error}"))?;
    let peers = table.get("peers").and_then(|peers| peers.as_table());
    let peers = peers.ok_or("xtask/tools.toml: no [peers]")?;
    let requirements = peers.get("python").and_then(|list| list.as_array());
    let requirements = requirements.into_iter().flatten();
    let crates = peers.get("cargo").and_then(|crates| crates.as_table());
    let crates = crates.into_iter().flatten().filter_map(|(name, value)| {
        let (version, features) = match value.as_str()?.split_once(' ') {
            Some((version, features)) => (version, features),
            None => (value.as_str()?, ""),
        };
        Some((name.clone(), version.to_owned(), features.to_owned()))
    });
    Ok((
        requirements
            .filter_map(|r| Some(r.as_str()?.to_owned()))
            .collect(),
        crates.collect(),
    ))
}

/// Builds one crate, unless this version is there.
fn build(folder: &Path, name: &str, version: &str, features: &str) -> Result<(), String> {
    let installed = fs::read_to_string(folder.join(".crates.toml")).unwrap_or_default();
    let there = installed.contains(&format!("\"{name} {version} ("));
    if there && folder.join("bin").join(name).is_file() {
        return Ok(());
    }
    println!("  {name} {version} is built once from source; Garage takes 16 minutes on two cores");
    let building = folder.join("building");
    let mut command = Command::new("cargo");
    command
        .env("CARGO_TARGET_DIR", &building)
        .args(["install", name, "--version", version, "--locked", "--root"])
        .arg(folder);
    if !features.is_empty() {
        command.args(["--features", features]);
    }
    run(&mut command)?;
    fs::remove_dir_all(&building).map_err(|error| format!("{}: {error}", building.display()))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn the_list_of_this_workspace_pins_every_peer() {
        let (python, crates) = parse(include_str!("../../tools.toml")).unwrap();
        assert!(python.iter().all(|requirement| requirement.contains("==")));
        let garage = ("garage", "2.5.0", "");
        let found = crates
            .iter()
            .any(|(n, v, f)| (n.as_str(), v.as_str(), f.as_str()) == garage);
        assert!(found, "{crates:?}");
    }
}
