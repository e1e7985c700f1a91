//! `azekura lock default`, `azekura lock preview`

use azekura_admin_api::retention::{LockDefaultQuery, LockDefaultReport, RetentionApi as _};

use crate::args::{DefaultArgs, OneBucket};
use crate::connect;
use crate::exit::{CommandError, Exit};
use crate::output;

pub(crate) async fn run(args: &DefaultArgs, json: bool) -> Result<Exit, CommandError> {
    let client = connect::client(&args.online)?;
    let mode = match args.mode {
        Some(mode) => mode.as_str(),
        None if args.withdraw => "none",
        None => return print(&client.lock_default(&args.bucket).await?, json),
    };
    let query = LockDefaultQuery {
        mode: mode.to_owned(),
        days: args.days,
        years: args.years,
        probation_hours: args.probation_hours,
    };
    print(&client.put_lock_default(&args.bucket, &query).await?, json)
}

pub(crate) async fn preview(one: &OneBucket, json: bool) -> Result<Exit, CommandError> {
    print(
        &connect::client(&one.online)?
            .lock_default(&one.bucket)
            .await?,
        json,
    )
}

fn print(report: &LockDefaultReport, json: bool) -> Result<Exit, CommandError> {
    output::answer(report, json, |report| {
        let mode = match (&report.mode, report.enabled) {
            (Some(mode), _) => mode.as_str(),
            (None, true) => "none: versions are locked only when their upload asks for it",
            (None, false) => "object lock is not enabled",
        };
        let mut text = format!("default    {mode}");
        for (number, unit) in [(report.years, "years"), (report.days, "days")] {
            if let Some(number) = number {
                text.push_str(&format!(" {number} {unit}"));
            }
        }
        text.push('\n');
        if let Some(ends) = &report.probation_ends {
            text.push_str(&format!("on trial   until {ends} (compliance time)\n"));
        }
        if let Some(preview) = &report.preview {
            let none = "-".to_owned();
            text.push_str(&format!(
                "becomes COMPLIANCE: {}{} versions, {} bytes, until {} .. {}\n{}\n{}\n",
                if preview.more { "at least " } else { "" },
                preview.versions,
                preview.bytes,
                preview.first_until.as_ref().unwrap_or(&none),
                preview.last_until.as_ref().unwrap_or(&none),
                preview.final_ja,
                preview.final_en,
            ));
        }
        text
    })
}
