//! `azekura bucket delete`

use azekura_admin_api::api::AdminApi as _;
use serde::Serialize;

use crate::args::OneBucket;
use crate::connect;
use crate::exit::{CommandError, Exit};
use crate::output;

#[derive(Serialize)]
struct Retired<'a> {
    retired: &'a str,
}

pub(crate) async fn run(one: &OneBucket, json: bool) -> Result<Exit, CommandError> {
    connect::client(&one.online)?
        .delete_bucket(&one.bucket)
        .await?;
    let retired = Retired {
        retired: &one.bucket,
    };
    output::answer(&retired, json, |done| {
        format!("retired bucket {}; its history stays", done.retired)
    })
}
