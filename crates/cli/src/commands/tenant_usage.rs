//! `azekura tenant usage`

use azekura_admin_api::tenancy::{TenancyApi as _, UsageQuery, UsageReport};

use crate::args::tenancy::UsageArgs;
use crate::exit::{CommandError, Exit};
use crate::{connect, output};

pub(crate) async fn run(args: &UsageArgs, json: bool) -> Result<Exit, CommandError> {
    let query = UsageQuery {
        tenant: args.tenant.clone(),
    };
    let report = connect::client(&args.online)?.usage(&query).await?;
    if args.csv && !json {
        output::print(&csv(&report))?;
        return Ok(Exit::Ok);
    }
    output::answer(&report, json, text)
}

fn text(report: &UsageReport) -> String {
    let mut rows = Vec::new();
    let mut requests = Vec::new();
    for tenant in &report.tenants {
        for bucket in &tenant.buckets {
            let name = if bucket.retired {
                format!("{} (deleted)", bucket.bucket)
            } else {
                bucket.bucket.clone()
            };
            rows.push(vec![
                tenant.name.clone(),
                name,
                bucket.versions.to_string(),
                bucket.bytes.to_string(),
                bucket.hidden_bytes.to_string(),
                bucket.locked_bytes.to_string(),
                bucket.byte_hours.to_string(),
            ]);
        }
        for counted in &tenant.requests {
            requests.push(vec![
                tenant.name.clone(),
                counted.kind.clone(),
                counted.requests.to_string(),
                counted.refused.to_string(),
            ]);
        }
    }
    let head = [
        "TENANT",
        "BUCKET",
        "VERSIONS",
        "BYTES",
        "HIDDEN BYTES",
        "LOCKED BYTES",
        "BYTE HOURS",
    ];
    let kept = output::table(&head, &rows);
    let asked = output::table(&["TENANT", "REQUESTS", "ANSWERED", "REFUSED"], &requests);
    format!(
        "{kept}\n{asked}\nkept: counted at {}; requests and byte-hours: since {}, the start of the server\n",
        report.now, report.since
    )
}

/// A cell, quoted where it must be (RFC 4180). Never begins as a formula.
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if formula {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains([',', '"', '\n', '\r']) {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text
}

fn csv(report: &UsageReport) -> String {
    let mut text = "tenant_id,tenant,what,name,versions,bytes,hidden_versions,hidden_bytes,\
                    locked_versions,locked_bytes,byte_hours,requests,refused,since,until\r\n"
        .to_owned();
    for tenant in &report.tenants {
        let mut line = |cells: &[String]| {
            let mut all = vec![cell(&tenant.id), cell(&tenant.name)];
            all.extend(cells.iter().map(|text| cell(text)));
            all.extend([cell(&report.since), cell(&report.now)]);
            text.push_str(&all.join(","));
            text.push_str("\r\n");
        };
        for bucket in &tenant.buckets {
            line(&[
                if bucket.retired {
                    "deleted bucket"
                } else {
                    "bucket"
                }
                .to_owned(),
                bucket.bucket.clone(),
                bucket.versions.to_string(),
                bucket.bytes.to_string(),
                bucket.hidden_versions.to_string(),
                bucket.hidden_bytes.to_string(),
                bucket.locked_versions.to_string(),
                bucket.locked_bytes.to_string(),
                bucket.byte_hours.to_string(),
                String::new(),
                String::new(),
            ]);
        }
        for counted in &tenant.requests {
            let mut cells = vec!["requests".to_owned(), counted.kind.clone()];
            cells.extend(std::iter::repeat_n(String::new(), 7));
            cells.extend([counted.requests.to_string(), counted.refused.to_string()]);
            line(&cells);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use azekura_admin_api::tenancy::{BucketUsageDetail, RequestCount, TenantUsageDetail};

    #[test]
    fn every_line_of_the_csv_has_all_cells_and_no_formula() {
        let tenant = TenantUsageDetail {
            id: "t".to_owned(),
            name: "=東,\"病院\"".to_owned(),
            buckets: vec![BucketUsageDetail {
                bucket: "karte".to_owned(),
                bytes: 7,
                ..BucketUsageDetail::default()
            }],
            requests: vec![RequestCount {
                kind: "read".to_owned(),
                requests: 3,
                refused: 1,
            }],
            ..TenantUsageDetail::default()
        };
        let text = csv(&UsageReport {
            tenants: vec![tenant],
            ..UsageReport::default()
        });
        let lines: Vec<_> = text.lines().collect();
        let quoted = "\"'=東,\"\"病院\"\"\"";
        assert_eq!(lines.len(), 3);
        for line in lines {
            assert_eq!(line.replace(quoted, "x").split(',').count(), 15, "{line}");
        }
        assert!(text.contains(quoted));
    }
}
