//! `azekura disposal list`

use azekura_admin_api::keeper::KeeperApi as _;

use crate::args::OneBucket;
use crate::connect;
use crate::exit::{CommandError, Exit};
use crate::output;

pub(crate) async fn run(one: &OneBucket, json: bool) -> Result<Exit, CommandError> {
    let list = connect::client(&one.online)?.disposals(&one.bucket).await?;
    output::answer(&list, json, |list| {
        let rows: Vec<Vec<String>> = list
            .disposals
            .iter()
            .map(|job| {
                vec![
                    job.id.clone(),
                    job.stage.clone(),
                    job.acts_at.clone(),
                    job.prefix.clone(),
                    job.reason.clone(),
                ]
            })
            .collect();
        output::table(&["ID", "STAGE", "ACTS AT", "PREFIX", "REASON"], &rows)
    })
}
