//! `azekura drill locks`

use crate::args::DrillLocksArgs;
use crate::connect;
use crate::drill::{self, Plan};
use crate::exit::{CommandError, Exit};
use crate::output;

pub(crate) async fn run(args: &DrillLocksArgs, json: bool) -> Result<Exit, CommandError> {
    let found = connect::connection(&args.online)?;
    let plan = Plan {
        admin: found.endpoint,
        s3: args.s3_endpoint.clone(),
        credentials: found.credentials,
        region: found.region,
        tls: found.tls,
        lock_minutes: args.lock_minutes,
    };
    let report = drill::run(plan, &connect::client(&args.online)?).await?;
    output::answer(&report, json, |report| drill::text(report, args.lang))?;
    Ok(if report.shut() {
        Exit::Ok
    } else {
        Exit::Damage
    })
}
