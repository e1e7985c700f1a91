//! `azekura tenant unlock|lock|passphrase`

use azekura_admin_api::seal::{PassphraseAsked, SealApi as _, SealReport, UnlockAsked};

use crate::args::seal::{LockArgs, PassphraseArgs, UnlockArgs};
use crate::connect;
use crate::exit::{CommandError, Exit};
use crate::output;
use crate::typed::passphrase;

fn answer(report: &SealReport, json: bool) -> Result<Exit, CommandError> {
    output::answer(report, json, |report| {
        format!("tenant {}: contents {}", report.tenant, report.contents)
    })
}

pub(crate) async fn unlock(args: &UnlockArgs, json: bool) -> Result<Exit, CommandError> {
    let words = passphrase(args.passphrase_file.as_deref(), "Passphrase", false)?;
    let asked = UnlockAsked {
        passphrase: words.to_string(),
    };
    let client = connect::client(&args.online)?;
    answer(&client.unlock(&args.tenant, &asked).await?, json)
}

pub(crate) async fn lock(args: &LockArgs, json: bool) -> Result<Exit, CommandError> {
    let client = connect::client(&args.online)?;
    answer(&client.lock(&args.tenant).await?, json)
}

pub(crate) async fn set(args: &PassphraseArgs, json: bool) -> Result<Exit, CommandError> {
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
    let client = connect::client(&args.online)?;
    answer(&client.set_passphrase(&args.tenant, &asked).await?, json)
}
