//! `azekura capacity`

use std::collections::BTreeMap;

use azekura_admin_api::api::AdminApi as _;
use azekura_admin_api::retention::{LockCount, LockTally};
use azekura_model::calendar::CivilDate;
use azekura_model::capacity::{FORECAST_DAYS, StoredOn, forecast};
use serde::Serialize;

use crate::args::Online;
use crate::commands::lock_report::whole;
use crate::connect;
use crate::exit::{CommandError, Exit};
use crate::output;

/// When the disk fills, and why.
#[derive(Serialize)]
struct Capacity {
    /// Bytes above the floor of the tightest directory.
    usable_bytes: u64,
    bytes_per_day: u64,
    full_on: Option<String>,
    method: String,
    /// By the month in which it becomes free.
    kept_until: Vec<LockCount>,
    /// Kept, and nobody knows until when: holds, awaited events, what cannot be proved.
    kept_without_date: Vec<LockCount>,
    /// What was deleted and stays in the history, by bucket.
    history: Vec<LockCount>,
}

pub(crate) async fn run(online: &Online, json: bool) -> Result<Exit, CommandError> {
    let client = connect::client(online)?;
    let vault = client.vault_info().await?;
    let mut all = LockTally::default();
    let mut history = Vec::new();
    for bucket in client.list_buckets().await?.buckets {
        let report = whole(&client, std::slice::from_ref(&bucket.name)).await?;
        history.push(LockCount {
            name: bucket.name,
            ..report.hidden.clone()
        });
        add(&mut all, report);
    }
    let days: Vec<StoredOn> = all
        .by_day
        .iter()
        .filter_map(|count| {
            let day = CivilDate::parse(&count.name).ok()?;
            let bytes = count.bytes;
            Some(StoredOn { day, bytes })
        })
        .collect();
    let now = vault.compliance_time.as_deref().unwrap_or_default();
    let today = date_in_japan(now)
        .ok_or_else(|| CommandError::new(Exit::Failure, "the server named no compliance time"))?;
    let usable_bytes = vault.free_bytes.saturating_sub(vault.floor_bytes);
    let forecast = forecast(&days, today, usable_bytes);
    let undated = ["hold", "event", "unknown"];
    let capacity = Capacity {
        usable_bytes,
        bytes_per_day: forecast.bytes_per_day,
        full_on: forecast.full_on.map(|day| day.to_string()),
        method: format!(
            "mean of the bytes uploaded on the last {} whole days (at most {FORECAST_DAYS}), in a straight line; nothing is assumed to be freed",
            forecast.days
        ),
        kept_until: all.by_month,
        kept_without_date: all
            .by_lock
            .into_iter()
            .filter(|count| undated.contains(&count.name.as_str()))
            .collect(),
        history,
    };
    output::answer(&capacity, json, text)
}

/// Adds the counts that this command uses.
fn add(all: &mut LockTally, report: LockTally) {
    let groups = [
        (&mut all.by_lock, report.by_lock),
        (&mut all.by_month, report.by_month),
        (&mut all.by_day, report.by_day),
    ];
    for (into, from) in groups {
        let mut sums: BTreeMap<String, LockCount> = into
            .drain(..)
            .map(|count| (count.name.clone(), count))
            .collect();
        super::lock_report::sum(&mut sums, from);
        into.extend(sums.into_values());
    }
}

/// The date in Japan of an RFC 3339 time in UTC.
fn date_in_japan(time: &str) -> Option<CivilDate> {
    let date = CivilDate::parse(time.get(..10)?).ok()?;
    let hour: i64 = time.get(11..13)?.parse().ok()?;
    // 15:00 in UTC is midnight in Japan.
    let moment = date
        .begins()
        .0
        .saturating_add(hour.saturating_add(9).saturating_mul(3_600_000));
    CivilDate::in_japan(azekura_model::time::ComplianceTime(moment)).ok()
}

fn text(capacity: &Capacity) -> String {
    let full = capacity.full_on.as_deref().unwrap_or("no day in sight");
    let mut text = format!(
        "full on       {full}\nusable bytes  {}\nbytes a day   {}\nmethod        {}\n",
        capacity.usable_bytes, capacity.bytes_per_day, capacity.method
    );
    text.push_str("\ncannot be deleted, by the month in which it becomes free:\n");
    text.push_str(&counts("MONTH", &capacity.kept_until));
    text.push_str("\ncannot be deleted, without a date:\n");
    text.push_str(&counts("KEPT BY", &capacity.kept_without_date));
    text.push_str("\nhistory: deleted, and kept; by bucket:\n");
    text.push_str(&counts("BUCKET", &capacity.history));
    text
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_begins_nine_hours_earlier_in_japan() {
        let date = |time: &str| date_in_japan(time).map(|date| date.to_string());
        assert_eq!(
            date("2026-11-22T14:59:59.999Z").as_deref(),
            Some("2026-11-22")
        );
        assert_eq!(
            date("2026-11-22T15:00:00.000Z").as_deref(),
            Some("2026-11-23")
        );
        assert_eq!(date(""), None);
    }
}
