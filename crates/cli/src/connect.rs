//! Finds the server and the key to ask it with.

use std::path::Path;
use std::sync::Arc;

use azekura_admin_api::client::Client;
use azekura_admin_api::client::tls::ClientTls;
use azekura_admin_api::sigv4::Credentials;
use azekura_store::clock::{SystemTimeSource, TimeSource as _};
use serde::Deserialize;

use crate::args::Online;
use crate::exit::{CommandError, Exit};
use crate::profile::{self, Profile};

/// Where a server on this machine listens.
const ENDPOINT_DEFAULT: &str = "http://127.0.0.1:9001";

/// Region that every server accepts in a signature.
const REGION_DEFAULT: &str = "us-east-1";

/// Content of `credentials.json` in a vault directory.
#[derive(Deserialize)]
struct Kept {
    access_key_id: String,
    secret_access_key: String,
    region: String,
}

/// A server and how to ask it.
pub(crate) struct Connection {
    /// Admin address.
    pub(crate) endpoint: String,
    /// The key to sign with.
    pub(crate) credentials: Credentials,
    /// The region to sign for.
    pub(crate) region: String,
    /// Whom to trust, and who to be.
    pub(crate) tls: ClientTls,
}

/// The server and key that flags, environment, profile and directory name.
pub(crate) fn connection(online: &Online) -> Result<Connection, CommandError> {
    resolved(online, &|name| std::env::var(name).ok())
}

/// A client for them.
pub(crate) fn client(online: &Online) -> Result<Client, CommandError> {
    let found = connection(online)?;
    let clock = Arc::new(|| SystemTimeSource.wall().0.div_euclid(1000));
    Ok(Client::new(
        &found.endpoint,
        found.credentials,
        &found.region,
        clock,
        &found.tls,
    )?)
}

fn resolved(
    online: &Online,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Connection, CommandError> {
    let profile = match &online.profile {
        Some(name) => profile::named(name, env)?,
        None => Profile::default(),
    };
    let (credentials, region) = credentials(online, &profile, env)?;
    let region = online.region.clone().or(profile.region).or(region);
    // The profile before the environment: a passphrase must not go to the server of yesterday.
    let endpoint = online.endpoint.clone().or(profile.endpoint);
    let endpoint = endpoint.or_else(|| env("AZEKURA_ENDPOINT"));
    let files = online.tls.clone();
    let identity = files.client_cert.zip(files.client_key);
    Ok(Connection {
        endpoint: endpoint.unwrap_or_else(|| ENDPOINT_DEFAULT.to_owned()),
        credentials,
        region: region.unwrap_or_else(|| REGION_DEFAULT.to_owned()),
        tls: ClientTls {
            ca_file: files.ca_file.or(profile.ca_file),
            identity: identity.or_else(|| profile.client_cert.zip(profile.client_key)),
        },
    })
}

/// In this order: explicit id with its secret, the profile, the directory named, the environment.
fn credentials(
    online: &Online,
    profile: &Profile,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<(Credentials, Option<String>), CommandError> {
    let pair = |id: &str, secret: &str| {
        Some(Credentials {
            key_id: env(id)?,
            secret: env(secret)?,
        })
    };
    if let Some(key_id) = &online.access_key_id {
        let secret = env("AZEKURA_SECRET_ACCESS_KEY").ok_or_else(|| {
            CommandError::new(Exit::Usage, "an access key id was given without its secret")
                .hint("Set AZEKURA_SECRET_ACCESS_KEY; a flag for it would show it to other users.")
        })?;
        let key_id = key_id.clone();
        return Ok((Credentials { key_id, secret }, None));
    }
    match (&profile.access_key_id, &profile.secret_access_key) {
        (Some(key_id), Some(secret)) => {
            let (key_id, secret) = (key_id.clone(), secret.clone());
            return Ok((Credentials { key_id, secret }, None));
        }
        (None, None) => {}
        _ => {
            let why = "the profile has an access key id or a secret, not both";
            return Err(CommandError::new(Exit::Usage, why)
                .hint("Give access_key_id and secret_access_key, or neither."));
        }
    }
    let from_env = pair(
        "AZEKURA_ROOT_ACCESS_KEY_ID",
        "AZEKURA_ROOT_SECRET_ACCESS_KEY",
    )
    .or_else(|| pair("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"));
    if let Some(data_dir) = &online.data_dir {
        match kept(data_dir)? {
            Some(found) => return Ok(found),
            None if from_env.is_none() => {
                return Err(CommandError::new(
                    Exit::NotFound,
                    format!("{} has no credentials.json", data_dir.display()),
                )
                .hint("A server on loopback writes it at its first start, unless AZEKURA_ROOT_ACCESS_KEY_ID set the key: set the same for this command."));
            }
            None => {}
        }
    }
    if let Some(found) = from_env {
        return Ok((found, None));
    }
    match kept(Path::new("./azekura-data"))? {
        Some(found) => Ok(found),
        None => Err(CommandError::new(Exit::Usage, "no access key to sign with").hint(
            "Give --data-dir DIR of a local server, or set AZEKURA_ACCESS_KEY_ID and AZEKURA_SECRET_ACCESS_KEY.",
        )),
    }
}

fn kept(data_dir: &Path) -> Result<Option<(Credentials, Option<String>)>, CommandError> {
    let path = data_dir.join("credentials.json");
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(CommandError::new(
                Exit::Io,
                format!("cannot read {}: {error}", path.display()),
            ));
        }
    };
    let kept: Kept = serde_json::from_str(&text).map_err(|error| {
        CommandError::new(
            Exit::Failure,
            format!("{} is damaged: {error}", path.display()),
        )
    })?;
    let credentials = Credentials {
        key_id: kept.access_key_id,
        secret: kept.secret_access_key,
    };
    Ok(Some((credentials, Some(kept.region))))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn what_is_given_counts_before_the_profile_and_the_profile_before_the_root_key() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("profiles.toml");
        let text = "[east]\nendpoint = \"https://east:9001\"\naccess_key_id = \"P\"\n\
                    secret_access_key = \"p\"\nregion = \"jp-east\"\nca_file = \"/ca.pem\"\n";
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        let path = path.display().to_string();
        let env = |name: &str| match name {
            "AZEKURA_PROFILES" => Some(path.clone()),
            "AZEKURA_ROOT_ACCESS_KEY_ID" => Some("R".to_owned()),
            "AZEKURA_ROOT_SECRET_ACCESS_KEY" => Some("r".to_owned()),
            "AZEKURA_SECRET_ACCESS_KEY" => Some("s".to_owned()),
            "AZEKURA_ENDPOINT" => Some("https://west:9001".to_owned()),
            _ => None,
        };
        let mut online = Online {
            profile: Some("east".to_owned()),
            endpoint: None,
            access_key_id: None,
            data_dir: None,
            region: None,
            tls: crate::args::OnlineTls::default(),
        };
        let found = resolved(&online, &env).unwrap();
        assert_eq!(
            (found.endpoint.as_str(), found.region.as_str()),
            ("https://east:9001", "jp-east")
        );
        assert_eq!(found.credentials.key_id, "P");
        assert!(found.tls.ca_file.is_some());
        // A session that `login` printed works with the profile's server.
        online.access_key_id = Some("S".to_owned());
        online.endpoint = Some("https://other:9001".to_owned());
        let found = resolved(&online, &env).unwrap();
        assert_eq!(
            (
                found.credentials.key_id.as_str(),
                found.credentials.secret.as_str()
            ),
            ("S", "s")
        );
        assert_eq!(found.endpoint, "https://other:9001");
        online = Online {
            profile: None,
            access_key_id: None,
            endpoint: None,
            ..online
        };
        let found = resolved(&online, &env).unwrap();
        assert_eq!(
            (found.credentials.key_id.as_str(), found.endpoint.as_str()),
            ("R", "https://west:9001")
        );
    }
}
