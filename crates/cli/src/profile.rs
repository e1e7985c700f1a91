//! Profiles: servers and keys by a name, in one file of the user's own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::exit::{CommandError, Exit};

/// One server, and the key to ask it with. What is left out comes from elsewhere.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Profile {
    /// Admin address.
    pub(crate) endpoint: Option<String>,
    /// Access key id.
    pub(crate) access_key_id: Option<String>,
    /// Its secret.
    pub(crate) secret_access_key: Option<String>,
    /// Region to sign for.
    pub(crate) region: Option<String>,
    /// CAs, PEM.
    pub(crate) ca_file: Option<PathBuf>,
    /// Client certificate, PEM.
    pub(crate) client_cert: Option<PathBuf>,
    /// Its private key, PEM.
    pub(crate) client_key: Option<PathBuf>,
}

/// Reads the profile of a name.
///
/// # Errors
/// No such file or profile; a file that others can read; one that is not understood.
pub(crate) fn named(
    name: &str,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Profile, CommandError> {
    let path = file(env)?;
    let text = std::fs::read_to_string(&path).map_err(|error| {
        CommandError::new(Exit::NotFound, format!("{}: {error}", path.display())).hint(format!(
            "Make it with a part [{name}] and lines endpoint, access_key_id, secret_access_key; then \
             chmod 600. AZEKURA_PROFILES names another file."
        ))
    })?;
    private(&path)?;
    let mut profiles: BTreeMap<String, Profile> = toml::from_str(&text).map_err(|error| {
        // The message of the library shows the line, which may hold a secret.
        let why = error.message().to_owned();
        CommandError::new(Exit::Usage, format!("{}: {why}", path.display()))
    })?;
    let there = profiles.keys().cloned().collect::<Vec<_>>().join(", ");
    profiles.remove(name).ok_or_else(|| {
        let what = format!("{} has no profile {name:?}", path.display());
        CommandError::new(Exit::NotFound, what).hint(format!("It has: {there}"))
    })
}

fn file(env: &dyn Fn(&str) -> Option<String>) -> Result<PathBuf, CommandError> {
    if let Some(path) = env("AZEKURA_PROFILES") {
        return Ok(PathBuf::from(path));
    }
    let base = env("XDG_CONFIG_HOME")
        .filter(|base| !base.is_empty())
        .map(PathBuf::from)
        .or_else(|| env("HOME").map(|home| Path::new(&home).join(".config")));
    let base = base.ok_or_else(|| {
        CommandError::new(Exit::Usage, "nowhere to look for profiles: HOME is not set")
            .hint("Set AZEKURA_PROFILES to the file.")
    })?;
    Ok(base.join("azekura").join("profiles.toml"))
}

/// The file holds secrets.
fn private(path: &Path) -> Result<(), CommandError> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(path)?.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let what = format!("others can read {}, which holds secrets", path.display());
    Err(CommandError::new(Exit::Usage, what).hint(format!("chmod 600 {}", path.display())))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn read(text: &str, mode: u32, name: &str) -> Result<Profile, CommandError> {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("profiles.toml");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let path = path.display().to_string();
        named(name, &|var| {
            (var == "AZEKURA_PROFILES").then(|| path.clone())
        })
    }

    const TWO: &str = "[east]\nendpoint = \"https://east.example.jp:9001\"\naccess_key_id = \"A\"\n\
                       secret_access_key = \"s3cret\"\n[west]\n";

    #[test]
    fn a_profile_is_found_by_its_name() {
        let east = read(TWO, 0o600, "east").unwrap();
        assert_eq!(east.access_key_id.as_deref(), Some("A"));
        assert!(read(TWO, 0o600, "west").unwrap().endpoint.is_none());
        let gone = read(TWO, 0o600, "north").unwrap_err();
        assert!(format!("{gone:?}").contains("east, west"), "{gone:?}");
    }

    #[test]
    fn a_file_that_others_read_or_nobody_understands_is_refused_without_its_secrets() {
        let open = read(TWO, 0o644, "east").unwrap_err();
        assert!(format!("{open:?}").contains("chmod 600"), "{open:?}");
        let bad = "[east]\nsecret = \"s3cret\"\n";
        let bad = read(bad, 0o600, "east").unwrap_err();
        assert!(!format!("{bad:?}").contains("s3cret"), "{bad:?}");
    }

    #[test]
    fn the_file_is_where_the_desktop_keeps_such_files() {
        let found = |name: &'static str, value: &'static str| {
            file(&move |var| (var == name).then(|| value.to_owned())).unwrap()
        };
        assert_eq!(
            found("HOME", "/h"),
            Path::new("/h/.config/azekura/profiles.toml")
        );
        assert_eq!(
            found("XDG_CONFIG_HOME", "/c"),
            Path::new("/c/azekura/profiles.toml")
        );
    }
}
