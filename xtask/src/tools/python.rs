//! Python packages in an environment of their own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{debian, find_command};
use crate::process::run;

/// Folder of the environment that holds the clients.
pub(super) fn environment(tools: &Path) -> PathBuf {
    tools.join("python")
}

/// Whether the environment runs on an unpacked Python, which needs unpacked libraries.
pub(super) fn runs_unpacked(tools: &Path) -> bool {
    find_command("python3", tools)
        .is_some_and(|python| python.starts_with(debian::unpacked_root(tools)))
}

/// Makes an environment hold exactly `requirements`; returns its folder of commands.
///
/// # Errors
/// A sentence that names what failed.
pub(super) fn install(
    tools: &Path,
    environment: &Path,
    requirements: &[String],
) -> Result<PathBuf, String> {
    let bin = environment.join("bin");
    let stamp = environment.join("requirements.txt");
    let wanted = requirements.join("\n");
    if fs::read_to_string(&stamp).is_ok_and(|text| text == wanted) {
        return Ok(bin);
    }
    println!(
        "  Python packages to install in {}: {}",
        environment.display(),
        requirements.join(" ")
    );
    let python =
        find_command("python3", tools).ok_or_else(|| "python3 is not installed".to_owned())?;
    let pip = make_environment(tools, &python, environment)?;
    let mut install = Command::new(bin.join("python3"));
    if runs_unpacked(tools) {
        install.env("LD_LIBRARY_PATH", debian::library_path(tools));
    }
    install.args(&pip).args([
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
    ]);
    run(install.args(requirements))?;
    fs::write(&stamp, wanted).map_err(|error| format!("{}: {error}", stamp.display()))?;
    Ok(bin)
}

/// Makes an empty environment; returns the arguments by which its Python runs pip.
fn make_environment(
    tools: &Path,
    python: &Path,
    environment: &Path,
) -> Result<Vec<String>, String> {
    let venv = |more: &[&str]| {
        let mut command = Command::new(python);
        command
            .args(["-m", "venv", "--clear"])
            .args(more)
            .arg(environment);
        run(&mut command)
    };
    let own_pip = vec!["-m".to_owned(), "pip".to_owned()];
    if venv(&[]).is_ok() {
        return Ok(own_pip);
    }
    // Bare Debian splits pip and ensurepip off.
    println!("  python3 cannot make an environment with pip by itself");
    debian::install(tools, &["python3-venv".to_owned()])?;
    if debian::is_root()? {
        venv(&[])?;
        return Ok(own_pip);
    }
    venv(&["--without-pip"])?;
    let wheels = debian::unpacked_root(tools).join("usr/share/python-wheels");
    let entries =
        fs::read_dir(&wheels).map_err(|error| format!("{}: {error}", wheels.display()))?;
    let pip = entries
        .flatten()
        .map(|entry| entry.path())
        .find(|path| {
            path.file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with("pip-"))
        })
        .ok_or_else(|| format!("no pip in {}", wheels.display()))?;
    Ok(vec![pip.join("pip").to_string_lossy().into_owned()])
}
