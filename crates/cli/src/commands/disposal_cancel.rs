//! `azekura disposal cancel`

use azekura_admin_api::keeper::KeeperApi as _;

use crate::args::OneDisposal;
use crate::connect;
use crate::exit::{CommandError, Exit};
use crate::output;

pub(crate) async fn run(one: &OneDisposal, json: bool) -> Result<Exit, CommandError> {
    let client = connect::client(&one.online)?;
    let job = client.cancel_disposal(&one.bucket, &one.id).await?;
    output::answer(&job, json, super::disposal_show::text)
}
