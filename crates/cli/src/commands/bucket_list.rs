//! `azekura bucket list`

use azekura_admin_api::api::AdminApi as _;

use crate::args::Online;
use crate::connect;
use crate::exit::{CommandError, Exit};
use crate::output;

pub(crate) async fn run(online: &Online, json: bool) -> Result<Exit, CommandError> {
    let list = connect::client(online)?.list_buckets().await?;
    output::answer(&list, json, |list| {
        let rows: Vec<Vec<String>> = list
            .buckets
            .iter()
            .map(|bucket| {
                vec![
                    bucket.name.clone(),
                    bucket.versioning.clone(),
                    bucket.created.clone(),
                    bucket.history_days.to_string(),
                ]
            })
            .collect();
        output::table(&["NAME", "VERSIONING", "CREATED", "HISTORY DAYS"], &rows)
    })
}
