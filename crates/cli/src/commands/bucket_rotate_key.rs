//! `azekura bucket rotate-key`

use azekura_admin_api::api::AdminApi as _;

use crate::args::OneBucket;
use crate::connect;
use crate::exit::{CommandError, Exit};
use crate::output;

pub(crate) async fn run(args: &OneBucket, json: bool) -> Result<Exit, CommandError> {
    let rotated = connect::client(&args.online)?
        .rotate_key(&args.bucket)
        .await?;
    output::answer(&rotated, json, |rotated| {
        format!(
            "{}: new versions are sealed under the key of epoch {}; older ones stay as they are\n",
            rotated.bucket, rotated.epoch
        )
    })
}
