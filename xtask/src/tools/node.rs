//! The JavaScript SDK in a folder of its own, exactly as `e2e/js/package-lock.json` pins it.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::find_command;
use crate::process::run;

const FILES: [&str; 2] = ["package.json", "package-lock.json"];

/// Makes `tools`/js/node_modules hold what the lock file names. Scripts of packages do not run.
///
/// # Errors
/// A sentence that names what failed.
pub(super) fn install(root: &Path, tools: &Path) -> Result<(), String> {
    let (source, folder) = (root.join("e2e/js"), tools.join("js"));
    let stamp = folder.join("installed.json");
    let lock = source.join("package-lock.json");
    let wanted = fs::read_to_string(&lock).map_err(|e| format!("{}: {e}", lock.display()))?;
    if fs::read_to_string(&stamp).is_ok_and(|text| text == wanted) {
        return Ok(());
    }
    let npm = find_command("npm", tools).ok_or_else(|| "npm is not installed".to_owned())?;
    println!("  JavaScript packages to install in {}", folder.display());
    fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    for file in FILES {
        fs::copy(source.join(file), folder.join(file)).map_err(|e| format!("{file}: {e}"))?;
    }
    run(Command::new(npm).current_dir(&folder).args([
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
    ]))?;
    fs::write(&stamp, wanted).map_err(|e| format!("{}: {e}", stamp.display()))
}
