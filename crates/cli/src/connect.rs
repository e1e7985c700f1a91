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

/// Region that every server accepts in a signature.
const REGION_DEFAULT: &str = "us-east-1";

/// Content of `credentials.json` in a vault directory.
#[derive(Deserialize)]
struct Kept {
    access_key_id: String,
    secret_access_key: String,
    region: String,
}

/// A client for the server and key that flags, environment and directory name.
pub(crate) fn client(online: &Online) -> Result<Client, CommandError> {
    let (credentials, region) = key(online)?;
    let clock = Arc::new(|| SystemTimeSource.wall().0.div_euclid(1000));
    let tls = tls(online);
    Ok(Client::new(
        &online.endpoint,
        credentials,
        &region,
        clock,
        &tls,
    )?)
}

/// Whom to trust, and who to be.
pub(crate) fn tls(online: &Online) -> ClientTls {
    let files = online.tls.clone();
    ClientTls {
        ca_file: files.ca_file,
        identity: files.client_cert.zip(files.client_key),
    }
}

/// The key and the region to sign with, for requests that are not those of [`Client`].
pub(crate) fn key(online: &Online) -> Result<(Credentials, String), CommandError> {
    let (credentials, region) = credentials(online, &|name| std::env::var(name).ok())?;
    let region = online
        .region
        .clone()
        .or(region)
        .unwrap_or_else(|| REGION_DEFAULT.to_owned());
    Ok((credentials, region))
}

/// In this order: explicit id with its secret, the directory named, the environment.
fn credentials(
    online: &Online,
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
