//! `azekura lifecycle show`

use azekura_admin_api::keeper::{KeeperApi as _, LifecycleRuleDetail};

use crate::args::OneBucket;
use crate::connect;
use crate::exit::{CommandError, Exit};
use crate::output;

pub(crate) async fn run(one: &OneBucket, json: bool) -> Result<Exit, CommandError> {
    let state = connect::client(&one.online)?.lifecycle(&one.bucket).await?;
    output::answer(&state, json, |state| {
        let mut text = rules("in force", &state.in_force);
        if let Some(pending) = &state.pending {
            let title = format!(
                "from {} on, until then it can be taken back",
                pending.acts_at
            );
            text.push_str(&rules(&title, &pending.rules));
        }
        text
    })
}

fn rules(title: &str, rules: &[LifecycleRuleDetail]) -> String {
    let mut text = format!("{title}:\n");
    if rules.is_empty() {
        text.push_str("  no rules\n");
    }
    for rule in rules {
        text.push_str(&format!(
            "  {}{}\n",
            rule.id,
            if rule.enabled { "" } else { " (disabled)" }
        ));
        for line in lines(rule) {
            text.push_str(&format!("    {line}\n"));
        }
    }
    text
}

fn lines(rule: &LifecycleRuleDetail) -> Vec<String> {
    let mut lines = vec![match rule.prefix.as_str() {
        "" => "all keys".to_owned(),
        prefix => format!("keys that begin with {prefix:?}"),
    }];
    lines.extend(rule.tags.iter().map(|tag| format!("with tag {tag}")));
    lines.extend(
        rule.larger_than
            .map(|bytes| format!("more than {bytes} bytes")),
    );
    lines.extend(
        rule.smaller_than
            .map(|bytes| format!("fewer than {bytes} bytes")),
    );
    lines.extend(
        rule.expire_days
            .map(|days| format!("expire after {days} days")),
    );
    lines.extend(
        rule.expire_date
            .as_ref()
            .map(|date| format!("expire from {date} on")),
    );
    if rule.expire_markers == Some(true) {
        lines.push("delete markers that stand alone go".to_owned());
    }
    lines.extend(rule.noncurrent_days.map(|days| match rule.noncurrent_kept {
        Some(kept) => format!("noncurrent versions go after {days} days, the newest {kept} stay"),
        None => format!("noncurrent versions go after {days} days"),
    }));
    let abort = rule.abort_multipart_days;
    lines.extend(abort.map(|days| format!("unfinished uploads are aborted after {days} days")));
    lines
}
