//! `cargo xtask bench`: installs the peers, builds, and starts `bench/src/bin/peers`.

use std::path::Path;
use std::process::Command;

use crate::process::run;
use crate::{suite, tools};

/// Measures; returns whether every server answered right. `options` are those of the measuring
/// program.
///
/// # Errors
/// A sentence when something cannot be built.
pub fn run_peers(root: &Path, options: &[&str]) -> Result<bool, String> {
    let target = suite::target_dir(root)?;
    let mut folders = vec![target.join("release")];
    if !options.contains(&"--help") {
        folders.push(tools::install(root, &target)?.directory);
        folders.extend(tools::install_peers(root, &target, |name| {
            chosen(options, name)
        })?);
    }
    let build = ["build", "--release", "-p", "azekura", "-p", "azekura-bench"];
    let binaries = ["--bin", "azekura", "--bin", "peers"];
    run(Command::new("cargo")
        .current_dir(root)
        .args(build)
        .args(binaries))?;
    let mut measure = Command::new(target.join("release/peers"));
    measure.current_dir(root).arg("--dir").arg(&target);
    for folder in &folders {
        measure.arg("--programs").arg(folder);
    }
    measure.args(options);
    println!("    $ {measure:?}");
    let status = measure
        .status()
        .map_err(|error| format!("peers: {error}"))?;
    Ok(status.success())
}

/// Measures what TLS, many users and the audit cost.
///
/// # Errors
/// A sentence when something cannot be built.
pub fn run_access(root: &Path, options: &[&str]) -> Result<bool, String> {
    let target = suite::target_dir(root)?;
    let build = ["build", "--release", "-p", "azekura", "-p", "azekura-bench"];
    let binaries = ["--bin", "azekura", "--bin", "access-cost"];
    run(Command::new("cargo")
        .current_dir(root)
        .args(build)
        .args(binaries))?;
    let mut measure = Command::new(target.join("release/access-cost"));
    measure.current_dir(root).arg("--dir").arg(&target);
    measure.arg("--programs").arg(target.join("release"));
    let status = measure.args(options).status();
    let status = status.map_err(|error| format!("access-cost: {error}"))?;
    Ok(status.success())
}

/// Whether `--servers` names one in any setting, or all are measured.
fn chosen(options: &[&str], name: &str) -> bool {
    let mut rest = options.iter().skip_while(|option| **option != "--servers");
    match rest.nth(1) {
        Some(servers) => servers.split(',').any(|server| server.starts_with(name)),
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::chosen;

    #[test]
    fn only_what_is_measured_is_installed() {
        assert!(chosen(&["--quick"], "garage"));
        assert!(chosen(&["--servers", "azekura,garage-fsync"], "garage"));
        assert!(!chosen(&["--servers", "seaweedfs"], "garage"));
    }
}
