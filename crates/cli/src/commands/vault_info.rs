//! `azekura vault info`

use azekura_admin_api::api::AdminApi as _;
use azekura_admin_api::types::VaultReport;

use crate::args::Online;
use crate::connect;
use crate::exit::{CommandError, Exit};
use crate::output;

pub(crate) async fn run(online: &Online, json: bool) -> Result<Exit, CommandError> {
    let info = connect::client(online)?.vault_info().await?;
    output::answer(&info, json, text)
}

fn text(info: &VaultReport) -> String {
    let mut rows = vec![
        vec!["region".to_owned(), info.region.clone()],
        vec!["incarnation".to_owned(), info.incarnation.clone()],
        vec!["server version".to_owned(), info.server_version.clone()],
        vec!["buckets".to_owned(), info.buckets.to_string()],
        vec!["journal bytes".to_owned(), info.journal_bytes.to_string()],
        vec!["free bytes".to_owned(), info.free_bytes.to_string()],
        vec!["space floor".to_owned(), info.floor_bytes.to_string()],
        vec!["refusing data".to_owned(), info.refusing_data.to_string()],
        vec!["records since start".to_owned(), info.records.to_string()],
    ];
    let declared = &info.declared;
    rows.push(vec![
        "jurisdiction".to_owned(),
        declared.jurisdiction.clone(),
    ]);
    for (name, value) in [
        ("prefecture", &declared.prefecture),
        ("site", &declared.site),
        ("operator", &declared.operator),
    ] {
        rows.extend(
            value
                .iter()
                .map(|value| vec![name.to_owned(), value.clone()]),
        );
    }
    if let Some(time) = &info.compliance_time {
        rows.push(vec!["compliance time".to_owned(), time.clone()]);
    }
    if let Some(reason) = &info.poisoned {
        rows.push(vec!["STOPPED".to_owned(), reason.clone()]);
    }
    for damage in &info.damage {
        rows.push(vec!["DAMAGE".to_owned(), damage.clone()]);
    }
    for warning in &info.warnings {
        rows.push(vec!["warning".to_owned(), warning.clone()]);
    }
    output::table(&["WHAT", "VALUE"], &rows)
}
