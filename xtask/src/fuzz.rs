//! `cargo xtask fuzz`: builds and starts the fuzz targets.

use std::path::Path;
use std::process::Command;

/// Runs targets; returns whether nothing was found. `options` are those of the package `azekura-fuzz`.
///
/// # Errors
/// A sentence when cargo cannot be started.
pub fn run_targets(root: &Path, options: &[&str]) -> Result<bool, String> {
    let mut command = Command::new("cargo");
    command.current_dir(root);
    // The dev profile checks overflows, and optimises what others wrote.
    command.args(["run", "-q", "-p", "azekura-fuzz", "--"]);
    command.args(options);
    println!("    $ {command:?}");
    let status = command
        .status()
        .map_err(|error| format!("cargo: {error}"))?;
    Ok(status.success())
}
