//! `azekura lock report`

use std::collections::BTreeMap;

use azekura_admin_api::api::AdminApi as _;
use azekura_admin_api::client::Client;
use azekura_admin_api::retention::{LockCount, LockReport, PageQuery, RetentionApi as _};

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
    let mut total = Total::default();
    let bar = progress::count("versions");
    for bucket in &buckets {
        add_bucket(&client, bucket, &mut total, &bar).await?;
    }
    bar.finish_and_clear();
    output::answer(&total.report(), json, |report| {
        let mut text = format!(
            "versions  {}\nbytes     {}\n\n",
            report.versions, report.bytes
        );
        text.push_str(&counts("KEPT BY", &report.by_lock));
        text.push('\n');
        text.push_str(&counts("UNTIL YEAR", &report.by_year));
        text.push('\n');
        text.push_str(&counts("CLASS", &report.by_class));
        text
    })
}

async fn add_bucket(
    client: &Client,
    bucket: &str,
    total: &mut Total,
    bar: &indicatif::ProgressBar,
) -> Result<(), CommandError> {
    let mut query = PageQuery::default();
    loop {
        let page = client.lock_report(bucket, &query).await?;
        bar.inc(page.versions);
        query.after = page.next.clone();
        total.add(page);
        if query.after.is_none() {
            return Ok(());
        }
    }
}

/// Pages added up.
#[derive(Default)]
struct Total {
    versions: u64,
    bytes: u64,
    counts: [BTreeMap<String, LockCount>; 3],
}

impl Total {
    fn add(&mut self, page: LockReport) {
        self.versions = self.versions.saturating_add(page.versions);
        self.bytes = self.bytes.saturating_add(page.bytes);
        let groups = [page.by_lock, page.by_year, page.by_class];
        for (sums, group) in self.counts.iter_mut().zip(groups) {
            for count in group {
                let sum = sums.entry(count.name.clone()).or_default();
                sum.name = count.name;
                sum.versions = sum.versions.saturating_add(count.versions);
                sum.bytes = sum.bytes.saturating_add(count.bytes);
            }
        }
    }

    fn report(self) -> LockReport {
        let [by_lock, by_year, by_class] = self.counts.map(|counts| counts.into_values().collect());
        LockReport {
            by_lock,
            by_year,
            by_class,
            versions: self.versions,
            bytes: self.bytes,
            next: None,
        }
    }
}
