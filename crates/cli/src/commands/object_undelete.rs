//! `azekura object undelete`

use azekura_admin_api::retention::{RetentionApi as _, UndeleteQuery};

use crate::args::UndeleteArgs;
use crate::commands::explain::address;
use crate::connect;
use crate::exit::{CommandError, Exit};
use crate::output;

pub(crate) async fn run(args: &UndeleteArgs, json: bool) -> Result<Exit, CommandError> {
    let (bucket, key) = address(&args.address)?;
    let query = UndeleteQuery {
        key: key.to_owned(),
        version: args.version_id.clone(),
    };
    let report = connect::client(&args.online)?
        .undelete(bucket, &query)
        .await?;
    output::answer(&report, json, |report| {
        let how = match report.how.as_str() {
            "new-version" => "its content came back as a new version",
            _ => "its delete markers are hidden, the version is shown again",
        };
        format!(
            "{} is back, version {}: {how}",
            report.address, report.version
        )
    })
}
