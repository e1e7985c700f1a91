//! Installs what the end-to-end tests drive: Debian packages, Python packages in a private
//! environment, and the JavaScript SDK. `xtask/tools.toml` lists the first two, `e2e/js` the third. Nothing is written outside the target folder, but
//! for Debian packages where the caller is root. Every command is then found in one folder,
//! `<target>/tools/bin`.

mod debian;
mod node;
mod peers;
mod python;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

pub use peers::install_peers;

/// Folders that hold commands and are not on everybody's `PATH`.
const MORE_FOLDERS: [&str; 3] = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/// Result of [`install`].
#[derive(Debug)]
pub struct InstalledTools {
    /// Folder with one executable for each command.
    pub directory: PathBuf,
    /// Commands that could not be had, each with the reason.
    pub missing: Vec<String>,
}

/// `xtask/tools.toml`.
struct Wanted {
    /// Command and Debian packages, parted by blanks.
    debian: Vec<(String, String)>,
    python_commands: Vec<String>,
    python_requirements: Vec<String>,
}

/// Installs what is missing below `target`/tools.
///
/// # Errors
/// A sentence when the list cannot be read or the folder cannot be written. A tool that cannot be
/// had is no error: it is listed as missing, and the tests that need it are skipped and counted.
pub fn install(root: &Path, target: &Path) -> Result<InstalledTools, String> {
    let text = fs::read_to_string(root.join("xtask/tools.toml"))
        .map_err(|error| format!("xtask/tools.toml: {error}"))?;
    let wanted = parse(&text)?;
    let tools = target.join("tools");
    let directory = tools.join("bin");
    fs::create_dir_all(&directory).map_err(|error| format!("{}: {error}", directory.display()))?;
    let mut missing = Vec::new();

    let absent: Vec<String> = wanted
        .debian
        .iter()
        .filter(|(command, _)| find_command(command, &tools).is_none())
        .flat_map(|(_, packages)| packages.split_whitespace().map(str::to_owned))
        .collect();
    if !absent.is_empty()
        && let Err(message) = debian::install(&tools, &absent)
    {
        println!("    {message}");
    }
    for (command, package) in &wanted.debian {
        match find_command(command, &tools) {
            Some(path) => write_wrapper(&directory, command, &path, &tools)?,
            None => missing.push(format!(
                "{command}: Debian package {package} could not be installed"
            )),
        }
    }
    match python::install(
        &tools,
        &python::environment(&tools),
        &wanted.python_requirements,
    ) {
        Ok(bin) => {
            for command in &wanted.python_commands {
                write_wrapper(&directory, command, &bin.join(command), &tools)?;
            }
        }
        Err(message) => {
            for command in &wanted.python_commands {
                // What an earlier run left, or a Python without the packages, would mislead.
                remove(&directory.join(command))?;
            }
            missing.push(format!("{}: {message}", wanted.python_commands.join(", ")));
        }
    }
    if let Err(message) = node::install(root, &tools) {
        missing.push(format!("JavaScript SDK: {message}"));
    }
    for line in &missing {
        println!("    missing: {line}");
    }
    Ok(InstalledTools { directory, missing })
}

/// Makes the Python environment of one section of `xtask/tools.toml`, in a folder of that name below
/// `target`/tools; returns its folder of commands.
///
/// # Errors
/// A sentence when the list cannot be read or the environment cannot be made.
pub fn python_environment(root: &Path, target: &Path, section: &str) -> Result<PathBuf, String> {
    let text = fs::read_to_string(root.join("xtask/tools.toml"))
        .map_err(|error| format!("xtask/tools.toml: {error}"))?;
    let table: Table = text
        .parse()
        .map_err(|error| format!("xtask/tools.toml: {error}"))?;
    let tools = target.join("tools");
    let requirements = strings(&table, section, "requirements");
    python::install(&tools, &tools.join(section), &requirements)
}

/// A list of strings of a section.
fn strings(table: &Table, section: &str, name: &str) -> Vec<String> {
    let items = table
        .get(section)
        .and_then(|p| p.get(name))
        .and_then(Value::as_array);
    let items = items.into_iter().flatten().filter_map(Value::as_str);
    items.map(str::to_owned).collect()
}

/// Removes a file, if it is there.
fn remove(file: &Path) -> Result<(), String> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("{}: {error}", file.display()))
        }
        _ => Ok(()),
    }
}

fn parse(text: &str) -> Result<Wanted, String> {
    let table: Table = text
        .parse()
        .map_err(|error| format!("xtask/tools.toml: {error}"))?;
    let debian = table
        .get("debian")
        .and_then(Value::as_table)
        .into_iter()
        .flatten();
    Ok(Wanted {
        debian: debian
            .filter_map(|(command, package)| Some((command.clone(), package.as_str()?.to_owned())))
            .collect(),
        python_commands: strings(&table, "python", "commands"),
        python_requirements: strings(&table, "python", "requirements"),
    })
}

/// Path of a command: on the system, or unpacked below `tools`.
fn find_command(command: &str, tools: &Path) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let system = std::env::split_paths(&path).chain(MORE_FOLDERS.iter().map(PathBuf::from));
    let unpacked = debian::unpacked_folders(tools);
    system
        .chain(unpacked)
        .map(|folder| folder.join(command))
        .find(|path| path.is_file())
}

/// Writes an executable that becomes the command: a link would hide from Python where it lives,
/// and an unpacked command must find its libraries.
fn write_wrapper(directory: &Path, command: &str, path: &Path, tools: &Path) -> Result<(), String> {
    let private = python::runs_unpacked(tools) && path.starts_with(python::environment(tools));
    let libraries = if private || path.starts_with(debian::unpacked_root(tools)) {
        debian::library_path(tools)
    } else {
        String::new()
    };
    let mut export = if libraries.is_empty() {
        String::new()
    } else {
        format!("export LD_LIBRARY_PATH='{libraries}'\"${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}\"\n")
    };
    let modules = debian::unpacked_root(tools).join("usr/lib/python3/dist-packages");
    if !private && path.starts_with(debian::unpacked_root(tools)) && modules.is_dir() {
        // s3cmd and duplicity are Python programs.
        export.push_str(&format!("export PYTHONPATH='{}'\n", modules.display()));
    }
    let script = format!("#!/bin/sh\n{export}exec '{}' \"$@\"\n", path.display());
    let file = directory.join(command);
    fs::write(&file, script)
        .and_then(|()| fs::set_permissions(&file, fs::Permissions::from_mode(0o755)))
        .map_err(|error| format!("{}: {error}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn the_list_of_this_workspace_pins_every_python_package() {
        let wanted = parse(include_str!("../../tools.toml")).unwrap();
        assert!(wanted.debian.iter().any(|(command, _)| command == "restic"));
        assert!(
            wanted.python_requirements.iter().all(|r| r.contains("==")),
            "{:?}",
            wanted.python_requirements
        );
    }
}
