//! `azekura class list|show|rules|assign|unassign`

use azekura_admin_api::retention::{
    ClassReport, ClassRuleQuery, ClassRuleReport, ClassRulesReport, RetentionApi as _,
};

use crate::args::{OneBucket, OneClass, Online, RuleArgs};
use crate::connect;
use crate::exit::{CommandError, Exit};
use crate::output;

pub(crate) async fn list(online: &Online, json: bool) -> Result<Exit, CommandError> {
    let list = connect::client(online)?.list_classes().await?;
    output::answer(&list, json, |list| {
        let rows: Vec<Vec<String>> = list.classes.iter().map(row).collect();
        output::table(&["CLASS", "PERIOD", "START", "CHECKED", "TITLE"], &rows)
    })
}

fn row(class: &ClassReport) -> Vec<String> {
    let checked = match (class.shipped, class.unverified) {
        (_, true) => "未確認 unverified",
        (true, false) => "yes",
        (false, false) => "own",
    };
    vec![
        class.name.clone(),
        period(class),
        class
            .event_ja
            .clone()
            .unwrap_or_else(|| "upload".to_owned()),
        checked.to_owned(),
        class.title_ja.clone(),
    ]
}

fn period(class: &ClassReport) -> String {
    class
        .years
        .map_or_else(|| "indefinite".to_owned(), |years| format!("{years} y"))
}

pub(crate) async fn show(one: &OneClass, json: bool) -> Result<Exit, CommandError> {
    let list = connect::client(&one.online)?.list_classes().await?;
    let class = list
        .classes
        .iter()
        .find(|class| class.name == one.class)
        .ok_or_else(|| {
            CommandError::new(Exit::NotFound, format!("there is no class {:?}", one.class))
                .hint("`azekura class list` shows all.")
        })?;
    output::answer(class, json, |class| {
        let mut lines = vec![
            ("class", class.name.clone()),
            ("title", format!("{} / {}", class.title_ja, class.title_en)),
            ("period", period(class)),
            (
                "start",
                match (&class.event_ja, &class.event_en) {
                    (Some(ja), Some(en)) => format!("{ja} / {en}"),
                    _ => "the upload".to_owned(),
                },
            ),
            ("law", class.law.clone()),
            ("edition", class.edition.clone()),
            ("unverified", class.unverified.to_string()),
            (
                "from",
                if class.shipped {
                    "Azekura"
                } else {
                    "the operator's file"
                }
                .to_owned(),
            ),
        ];
        if let Some(change) = &class.change {
            let from = change.from.as_deref().unwrap_or("a day not known yet");
            lines.push(("change", format!("{} y from {from}", change.years)));
        }
        for note in [&class.note_ja, &class.note_en] {
            if !note.is_empty() {
                lines.push(("note", note.clone()));
            }
        }
        let text = lines
            .iter()
            .map(|(name, value)| format!("{name:<11}{value}\n"));
        text.collect()
    })
}

pub(crate) async fn rules(one: &OneBucket, json: bool) -> Result<Exit, CommandError> {
    let report = connect::client(&one.online)?
        .class_rules(&one.bucket)
        .await?;
    print(&report, json)
}

pub(crate) async fn assign(rule: &RuleArgs, json: bool) -> Result<Exit, CommandError> {
    let client = connect::client(&rule.online)?;
    print(
        &client.add_class_rule(&rule.bucket, &query(rule)).await?,
        json,
    )
}

pub(crate) async fn unassign(rule: &RuleArgs, json: bool) -> Result<Exit, CommandError> {
    let client = connect::client(&rule.online)?;
    print(
        &client.remove_class_rule(&rule.bucket, &query(rule)).await?,
        json,
    )
}

fn query(rule: &RuleArgs) -> ClassRuleQuery {
    ClassRuleQuery {
        class: rule.class.clone(),
        prefix: rule.prefix.clone(),
        tag: rule.tag.clone(),
        mode: Some(rule.mode.as_str().to_owned()),
    }
}

fn print(report: &ClassRulesReport, json: bool) -> Result<Exit, CommandError> {
    output::answer(report, json, |report| {
        let mut text = table(&report.rules);
        if let (Some(pending), Some(acts_at)) = (&report.pending, &report.acts_at) {
            text.push_str(&format!("\nfrom {acts_at} (compliance time):\n"));
            text.push_str(&table(pending));
        }
        text
    })
}

fn table(rules: &[ClassRuleReport]) -> String {
    let rows: Vec<Vec<String>> = rules
        .iter()
        .map(|rule| {
            let tag = rule.tag.as_ref();
            vec![
                rule.class.clone(),
                rule.mode.clone(),
                rule.prefix.clone(),
                tag.map_or_else(String::new, |tag| format!("{}={}", tag.name, tag.value)),
            ]
        })
        .collect();
    output::table(&["CLASS", "MODE", "PREFIX", "TAG"], &rows)
}
