//! `azekura request`

use azekura_admin_api::requests::{RequestDetail, RequestsApi as _, RequestsQuery, VetoQuery};

use crate::args::{RequestApproveArgs, RequestCommand, RequestListArgs, RequestVetoArgs};
use crate::connect;
use crate::exit::{CommandError, Exit};
use crate::output;

pub(crate) async fn run(command: &RequestCommand, json: bool) -> Result<Exit, CommandError> {
    match command {
        RequestCommand::List(args) => list(args, json).await,
        RequestCommand::Show(one) => {
            let request = connect::client(&one.online)?.request(&one.id).await?;
            output::answer(&request, json, shown)
        }
        RequestCommand::Text(one) => {
            let request = connect::client(&one.online)?.request(&one.id).await?;
            output::answer(&request, json, |request| request.text.clone())
        }
        RequestCommand::Approve(args) => approve(args, json).await,
        RequestCommand::Veto(args) => veto(args, json).await,
    }
}

async fn list(args: &RequestListArgs, json: bool) -> Result<Exit, CommandError> {
    let query = RequestsQuery { all: args.all };
    let list = connect::client(&args.online)?.requests(&query).await?;
    output::answer(&list, json, |list| {
        let rows: Vec<Vec<String>> = list
            .requests
            .iter()
            .map(|request| {
                vec![
                    request.id.clone(),
                    request.stage.clone(),
                    request.operation.clone(),
                    request.asked_by.clone(),
                    when(request),
                ]
            })
            .collect();
        output::table(&["ID", "STAGE", "OPERATION", "ASKED BY", "ACTS AT"], &rows)
    })
}

async fn approve(args: &RequestApproveArgs, json: bool) -> Result<Exit, CommandError> {
    let file = &args.signature;
    let signature = std::fs::read_to_string(file)
        .map_err(|error| CommandError::new(Exit::Io, format!("{}: {error}", file.display())))?;
    let client = connect::client(&args.online)?;
    let request = client.approve_request(&args.id, &signature).await?;
    output::answer(&request, json, shown)
}

async fn veto(args: &RequestVetoArgs, json: bool) -> Result<Exit, CommandError> {
    let query = VetoQuery {
        reason: args.reason.clone(),
    };
    let client = connect::client(&args.online)?;
    let request = client.veto_request(&args.id, &query).await?;
    output::answer(&request, json, shown)
}

fn when(request: &RequestDetail) -> String {
    match &request.acts_at {
        Some(at) => at.clone(),
        None => "not before a second person approves".to_owned(),
    }
}

fn shown(request: &RequestDetail) -> String {
    let mut rows = vec![
        vec!["Request".to_owned(), request.id.clone()],
        vec!["Stage".to_owned(), request.stage.clone()],
        vec!["Asked by".to_owned(), request.asked_by.clone()],
        vec!["Asked at".to_owned(), request.asked_at.clone()],
        vec!["Approve before".to_owned(), request.approve_before.clone()],
        vec!["Acts at".to_owned(), when(request)],
        vec!["Ends at".to_owned(), request.ends_at.clone()],
    ];
    if request.alone {
        let what = "there was no second person: it acts without one after the longer wait";
        rows.push(vec!["Alone".to_owned(), what.to_owned()]);
    }
    let then = if request.acts_by_itself {
        "it acts by itself"
    } else {
        "who asked repeats the same call"
    };
    rows.push(vec!["Then".to_owned(), then.to_owned()]);
    for (name, value) in [
        ("Approved by", &request.approved_by),
        ("Approved with", &request.approved_with),
        ("Vetoed by", &request.vetoed_by),
        ("Reason", &request.veto_reason),
    ] {
        rows.extend(
            value
                .iter()
                .map(|value| vec![name.to_owned(), value.clone()]),
        );
    }
    let table = output::table(&["", ""], &rows);
    let document = request.document.as_deref().unwrap_or_default();
    format!("{table}\n{}\n{document}", request.text)
}
