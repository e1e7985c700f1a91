//! `azekura policy explain`

use azekura_admin_api::tenancy::{PolicyExplainQuery, PolicyExplained, TenancyApi as _};

use crate::args::tenancy::PolicyExplainArgs;
use crate::exit::{CommandError, Exit};
use crate::{connect, output};

pub(crate) async fn run(args: &PolicyExplainArgs, json: bool) -> Result<Exit, CommandError> {
    let query = PolicyExplainQuery {
        key: args.key.clone(),
        action: args.action.clone(),
        resource: args.resource.clone(),
    };
    let explained = connect::client(&args.online)?
        .explain_policy(&query)
        .await?;
    output::answer(&explained, json, text)
}

fn text(explained: &PolicyExplained) -> String {
    let answer = if explained.allowed {
        "allowed"
    } else {
        "denied"
    };
    let mut text = format!(
        "{answer}: {} on {} for {}\nbecause {}\n",
        explained.action, explained.resource, explained.key, explained.because
    );
    if let Some(policy) = &explained.policy {
        text.push_str(&format!("policy {policy}"));
        if let Some(place) = explained.statement {
            text.push_str(&format!(", statement {place}"));
        }
        if let Some(sid) = &explained.sid {
            text.push_str(&format!(", Sid {sid}"));
        }
        text.push('\n');
    }
    text
}
