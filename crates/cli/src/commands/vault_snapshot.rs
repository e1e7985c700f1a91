//! `azekura vault snapshot`

use azekura_admin_api::api::AdminApi as _;

use crate::args::Online;
use crate::connect;
use crate::exit::{CommandError, Exit};
use crate::output;

pub(crate) async fn run(online: &Online, json: bool) -> Result<Exit, CommandError> {
    let snapshot = connect::client(online)?.snapshot().await?;
    output::answer(&snapshot, json, |snapshot| {
        let rows: Vec<Vec<String>> = snapshot
            .heads
            .iter()
            .map(|head| {
                vec![
                    head.partition.clone(),
                    head.bucket.clone().unwrap_or_else(|| "-".to_owned()),
                    head.sequence.clone(),
                    head.chain.clone(),
                ]
            })
            .collect();
        format!(
            "region {} incarnation {} at {}\n{}",
            snapshot.region,
            snapshot.incarnation,
            snapshot.taken,
            output::table(&["PARTITION", "BUCKET", "SEQUENCE", "CHAIN"], &rows)
        )
    })
}
