//! `azekura object history`

use azekura_admin_api::api::AdminApi as _;
use azekura_admin_api::types::{HistoryQuery, VersionReport};

use crate::args::OneObject;
use crate::connect;
use crate::exit::{CommandError, Exit};
use crate::output;

pub(crate) async fn run(one: &OneObject, json: bool) -> Result<Exit, CommandError> {
    let query = HistoryQuery {
        key: one.key.clone(),
    };
    let history = connect::client(&one.online)?
        .history(&one.bucket, &query)
        .await?;
    output::answer(&history, json, |history| {
        let rows: Vec<Vec<String>> = history.versions.iter().map(row).collect();
        output::table(&["VERSION", "MODIFIED", "BYTES", "STATE", "BY"], &rows)
    })
}

fn row(entry: &VersionReport) -> Vec<String> {
    let state = [
        (entry.latest, "current"),
        (entry.marker, "delete-marker"),
        (entry.null, "null"),
        (entry.hidden, "hidden"),
    ];
    let state: Vec<&str> = state
        .iter()
        .filter_map(|(is, name)| is.then_some(*name))
        .collect();
    let by = entry.by.as_ref().map_or_else(String::new, |who| {
        format!(
            "{} ({}) {}",
            who.principal,
            who.key_id,
            who.source.as_deref().unwrap_or_default()
        )
    });
    vec![
        entry.version.clone(),
        entry.modified.clone(),
        entry.bytes.to_string(),
        state.join(","),
        by,
    ]
}
