//! `azekura lock report`

use std::collections::BTreeMap;

use azekura_admin_api::api::AdminApi as _;
use azekura_admin_api::client::Client;
use azekura_admin_api::retention::{LockCount, LockTally, PageQuery, RetentionApi as _};

use crate::args::ReportArgs;
use crate::commands::capacity::counts;
use crate::connect;
use crate::exit::{CommandError, Exit};
use crate::{output, progress};

pub(crate) async fn run(args: &ReportArgs, json: bool) -> Result<Exit, CommandError> {
    let client = connect::client(&args.online)?;
    let buckets = match &args.bucket {
        Some(bucket) => vec![bucket.clone()],
        None => {
            let list = client.list_buckets().await?.buckets;
            list.into_iter().map(|bucket| bucket.name).collect()
        }
    };
    let report = whole(&client, &buckets).await?;
    output::answer(&report, json, |report| {
        let mut text = format!(
            "versions  {} ({} of them deleted and kept as history)\nbytes     {}\n\n",
            report.versions, report.hidden.versions, report.bytes
        );
        text.push_str(&counts("KEPT BY", &report.by_lock));
        text.push('\n');
        text.push_str(&counts("UNTIL YEAR", &years(&report.by_month)));
        text.push('\n');
        text.push_str(&counts("CLASS", &report.by_class));
        text
    })
}

/// The months of each year together.
fn years(months: &[LockCount]) -> Vec<LockCount> {
    let mut sums = BTreeMap::new();
    let named = months.iter().map(|month| LockCount {
        name: month.name.get(..4).unwrap_or(&month.name).to_owned(),
        ..month.clone()
    });
    sum(&mut sums, named.collect());
    sums.into_values().collect()
}

/// All pages of these buckets together.
pub(crate) async fn whole(client: &Client, buckets: &[String]) -> Result<LockTally, CommandError> {
    let bar = progress::count("versions");
    let mut total = LockTally::default();
    let mut sums: [BTreeMap<String, LockCount>; 4] = Default::default();
    for bucket in buckets {
        let mut query = PageQuery::default();
        loop {
            let page = client.lock_report(bucket, &query).await?;
            bar.inc(page.versions);
            total.versions = total.versions.saturating_add(page.versions);
            total.bytes = total.bytes.saturating_add(page.bytes);
            let hidden = &mut total.hidden;
            hidden.versions = hidden.versions.saturating_add(page.hidden.versions);
            hidden.bytes = hidden.bytes.saturating_add(page.hidden.bytes);
            let groups = [page.by_lock, page.by_month, page.by_class, page.by_day];
            for (sums, group) in sums.iter_mut().zip(groups) {
                sum(sums, group);
            }
            query.after = page.next;
            if query.after.is_none() {
                break;
            }
        }
    }
    bar.finish_and_clear();
    let [by_lock, by_month, by_class, by_day] = sums.map(|sums| sums.into_values().collect());
    Ok(LockTally {
        by_lock,
        by_month,
        by_class,
        by_day,
        ..total
    })
}

/// Adds counts by their names.
pub(crate) fn sum(sums: &mut BTreeMap<String, LockCount>, counts: Vec<LockCount>) {
    for count in counts {
        let sum = sums.entry(count.name.clone()).or_default();
        sum.name = count.name;
        sum.versions = sum.versions.saturating_add(count.versions);
        sum.bytes = sum.bytes.saturating_add(count.bytes);
    }
}
