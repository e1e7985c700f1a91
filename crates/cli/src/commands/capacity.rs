//! `azekura capacity`

use azekura_admin_api::retention::{LockCount, RetentionApi as _};

use crate::args::Online;
use crate::connect;
use crate::exit::{CommandError, Exit};
use crate::output;

pub(crate) async fn run(online: &Online, json: bool) -> Result<Exit, CommandError> {
    let report = connect::client(online)?.capacity().await?;
    output::answer(&report, json, |report| {
        let full = report.full_on.as_deref().unwrap_or("no day in sight");
        let mut text = format!(
            "full on          {full}\nusable bytes     {}\nbytes a day      {}\nmethod           {}\n",
            report.usable_bytes, report.bytes_per_day, report.method
        );
        text.push_str("\nkept and undeletable, by the month in which it becomes free:\n");
        text.push_str(&counts("MONTH", &report.kept_until));
        text.push_str("\nhistory: what S3 no longer shows, by bucket:\n");
        text.push_str(&counts("BUCKET", &report.history));
        text
    })
}

/// Counts as a table.
pub(crate) fn counts(of: &str, counts: &[LockCount]) -> String {
    let rows: Vec<Vec<String>> = counts
        .iter()
        .map(|count| {
            vec![
                count.name.clone(),
                count.versions.to_string(),
                count.bytes.to_string(),
            ]
        })
        .collect();
    output::table(&[of, "VERSIONS", "BYTES"], &rows)
}
