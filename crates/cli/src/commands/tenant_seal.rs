//! `azekura tenant unlock|lock|passphrase`

use std::net::IpAddr;

use azekura_admin_api::client::Client;
use azekura_admin_api::seal::{PassphraseAsked, SealApi as _, SealReport, UnlockAsked};

use crate::args::Online;
use crate::args::seal::{LockArgs, PassphraseArgs, UnlockArgs};
use crate::connect;
use crate::exit::{CommandError, Exit};
use crate::output;
use crate::typed::passphrase;

/// Refused before anything is sent: the server would refuse it when it is too late.
fn client(online: &Online) -> Result<Client, CommandError> {
    let endpoint = connect::connection(online)?.endpoint;
    let uri = endpoint.parse::<http::Uri>().ok();
    let host = uri.as_ref().and_then(http::Uri::host).unwrap_or_default();
    let host = host.trim_matches(['[', ']']);
    let near = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    let secret = uri.as_ref().and_then(http::Uri::scheme_str) == Some("https");
    if !near && !secret {
        return Err(CommandError::new(
            Exit::Refused,
            "a passphrase is sent over TLS alone, or to the same machine",
        )
        .hint("Give the admin listener a certificate and use https://, or run this on the server itself."));
    }
    connect::client(online)
}

fn answer(report: &SealReport, json: bool) -> Result<Exit, CommandError> {
    output::answer(report, json, |report| {
        format!("tenant {}: contents {}", report.tenant, report.contents)
    })
}

pub(crate) async fn unlock(args: &UnlockArgs, json: bool) -> Result<Exit, CommandError> {
    let client = client(&args.online)?;
    let words = passphrase(args.passphrase_file.as_deref(), "Passphrase", false)?;
    let asked = UnlockAsked {
        passphrase: words.to_string(),
    };
    answer(&client.unlock(&args.tenant, &asked).await?, json)
}

pub(crate) async fn lock(args: &LockArgs, json: bool) -> Result<Exit, CommandError> {
    let client = client(&args.online)?;
    answer(&client.lock(&args.tenant).await?, json)
}

pub(crate) async fn set(args: &PassphraseArgs, json: bool) -> Result<Exit, CommandError> {
    let client = client(&args.online)?;
    let present = if args.first {
        None
    } else {
        let words = passphrase(args.passphrase_file.as_deref(), "Present passphrase", false)?;
        Some(words.to_string())
    };
    let new = args.new_passphrase_file.as_deref();
    let asked = PassphraseAsked {
        passphrase: passphrase(new, "New passphrase", true)?.to_string(),
        present,
    };
    answer(&client.set_passphrase(&args.tenant, &asked).await?, json)
}
