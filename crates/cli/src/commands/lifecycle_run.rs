//! `azekura lifecycle run`

use azekura_admin_api::keeper::KeeperApi as _;

use crate::args::OneBucket;
use crate::connect;
use crate::exit::{CommandError, Exit};
use crate::output;

pub(crate) async fn run(one: &OneBucket, json: bool) -> Result<Exit, CommandError> {
    let client = connect::client(&one.online)?;
    let run = client.run_lifecycle(&one.bucket).await?;
    output::answer(&run, json, |run| {
        format!(
            "expired {}, removed {}, uploads aborted {}, hidden by disposals {}\n\
             released {} ({} bytes), finished from before {}\n\
             kept by a lock {}, failed {}, records read {}",
            run.expired,
            run.removed,
            run.aborted,
            run.disposed,
            run.released,
            run.released_bytes,
            run.finished,
            run.locked,
            run.failed,
            run.records_read
        )
    })
}
