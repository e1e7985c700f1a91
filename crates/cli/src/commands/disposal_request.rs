//! `azekura disposal request`

use azekura_admin_api::keeper::{DisposalQuery, KeeperApi as _};

use crate::args::DisposalRequestArgs;
use crate::connect;
use crate::exit::{CommandError, Exit};
use crate::output;

pub(crate) async fn run(args: &DisposalRequestArgs, json: bool) -> Result<Exit, CommandError> {
    let query = DisposalQuery {
        prefix: args.prefix.clone(),
        class: args.class.clone(),
        before: args.before.clone(),
        reason: args.reason.clone(),
    };
    let client = connect::client(&args.online)?;
    let job = client.request_disposal(&args.bucket, &query).await?;
    output::answer(&job, json, |job| {
        format!(
            "disposal {}\nacts at {} (compliance time); until then `azekura disposal cancel` takes it back",
            job.id, job.acts_at
        )
    })
}
