//! `azekura bucket create`

use azekura_admin_api::api::AdminApi as _;

use crate::args::OneBucket;
use crate::connect;
use crate::exit::{CommandError, Exit};
use crate::output;

pub(crate) async fn run(one: &OneBucket, json: bool) -> Result<Exit, CommandError> {
    let made = connect::client(&one.online)?
        .create_bucket(&one.bucket)
        .await?;
    output::answer(&made, json, |made| format!("made bucket {}", made.name))
}
