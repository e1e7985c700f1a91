//! `azekura user report`: what a user was allowed to do and for what, against what was done.

use std::collections::BTreeMap;
use std::io;

use azekura_admin_api::audit::{AuditAsk, AuditLine};
use azekura_admin_api::identity::{IdentityApi as _, UserDetail};
use serde::Serialize;

use crate::args::identity::UserReportArgs;
use crate::commands::audit_query::each_row;
use crate::commands::identity::or_dash;
use crate::exit::{CommandError, Exit};
use crate::{connect, output};

/// The plan and the deeds.
#[derive(Serialize)]
struct Report {
    user: UserDetail,
    from: Option<String>,
    to: Option<String>,
    /// What was done or tried, most often first.
    done: Vec<Deed>,
}

/// One operation on one bucket.
#[derive(Serialize)]
struct Deed {
    operation: String,
    bucket: String,
    done: u64,
    refused: u64,
    first: String,
    last: String,
}

pub(crate) async fn run(args: &UserReportArgs, json: bool) -> Result<Exit, CommandError> {
    let client = connect::client(&args.online)?;
    let users = client.users().await?.users;
    let user = users.into_iter().find(|user| user.name == args.name);
    let user = user.ok_or_else(|| {
        CommandError::new(Exit::NotFound, format!("no user {:?}", args.name))
            .hint("`azekura user list` shows them.")
    })?;
    let ask = AuditAsk {
        principal: Some(user.name.clone()),
        from: args.from.clone(),
        to: args.to.clone(),
        ..AuditAsk::default()
    };
    let mut deeds: BTreeMap<(String, String), Deed> = BTreeMap::new();
    each_row(&client, &ask, |line| {
        let row: AuditLine = serde_json::from_slice(line).map_err(io::Error::from)?;
        // Where the audit does not reach back any more is nobody's deed.
        if row.kind != "released" {
            count(&mut deeds, row);
        }
        Ok(true)
    })
    .await?;
    let mut done: Vec<Deed> = deeds.into_values().collect();
    done.sort_by_key(|deed| std::cmp::Reverse(deed.done.saturating_add(deed.refused)));
    let report = Report {
        user,
        from: args.from.clone(),
        to: args.to.clone(),
        done,
    };
    output::answer(&report, json, text)?;
    Ok(Exit::Ok)
}

fn count(deeds: &mut BTreeMap<(String, String), Deed>, row: AuditLine) {
    let bucket = row.bucket.unwrap_or_default();
    let first = row.since.unwrap_or_else(|| row.time.clone());
    let deed = deeds
        .entry((row.operation.clone(), bucket.clone()))
        .or_insert_with(|| Deed {
            operation: row.operation,
            bucket,
            done: 0,
            refused: 0,
            first: first.clone(),
            last: row.time.clone(),
        });
    // A change stands in its own record, which has no status.
    let refused = row.status >= 400;
    let counter = if refused {
        &mut deed.refused
    } else {
        &mut deed.done
    };
    *counter = counter.saturating_add(row.count.max(1));
    if first < deed.first {
        deed.first = first;
    }
    if row.time > deed.last {
        deed.last = row.time;
    }
}

fn text(report: &Report) -> String {
    let user = &report.user;
    let mut out = format!(
        "user    {}\npreset  {}\nuntil   {}\nticket  {}\nplan    {}\n\n",
        user.name,
        or_dash(user.preset.as_deref()),
        or_dash(user.until.as_deref()),
        or_dash(user.ticket.as_deref()),
        or_dash(user.plan.as_deref()),
    );
    if report.done.is_empty() {
        out.push_str("Nothing is on record.\n");
        return out;
    }
    let row = |deed: &Deed| {
        vec![
            deed.operation.clone(),
            or_dash(Some(deed.bucket.as_str()).filter(|name| !name.is_empty())),
            deed.done.to_string(),
            deed.refused.to_string(),
            deed.first.clone(),
            deed.last.clone(),
        ]
    };
    let rows: Vec<_> = report.done.iter().map(row).collect();
    let head = ["OPERATION", "BUCKET", "DONE", "REFUSED", "FIRST", "LAST"];
    out.push_str(&output::table(&head, &rows));
    out
}
