//! `azekura lock limits`

use azekura_admin_api::retention::{LimitsQuery, RetentionApi as _};

use crate::args::LimitsArgs;
use crate::connect;
use crate::exit::{CommandError, Exit};
use crate::output;

pub(crate) async fn run(args: &LimitsArgs, json: bool) -> Result<Exit, CommandError> {
    let client = connect::client(&args.online)?;
    let query = LimitsQuery {
        floor_days: args.floor_days,
        ceiling_days: args.ceiling_days,
    };
    let report = if query == LimitsQuery::default() {
        client.retention_limits(&args.bucket).await?
    } else {
        client.put_retention_limits(&args.bucket, &query).await?
    };
    output::answer(&report, json, |report| {
        let days =
            |days: Option<u32>| days.map_or("none".to_owned(), |days| format!("{days} days"));
        let mut text = format!(
            "floor      {}\nceiling    {}\n",
            days(report.floor_days),
            days(report.ceiling_days)
        );
        if let Some(pending) = &report.pending {
            text.push_str(&format!(
                "from {} (compliance time): floor {}, ceiling {}\n",
                pending.acts_at,
                days(pending.floor_days),
                days(pending.ceiling_days)
            ));
        }
        text
    })
}
