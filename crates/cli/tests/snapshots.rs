//! Help and error messages as plain files under `testdata/`. `UPDATE=1` writes them anew.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail loudly")]

use std::path::PathBuf;

use azekura_admin_api::error::{ApiError, Code};
use azekura_cli::args::Cli;
use azekura_cli::exit::{CommandError, Exit};
use clap::{CommandFactory as _, Parser as _};

fn compare(name: &str, found: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("testdata")
        .join(name);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, found).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        kept, found,
        "{name} is stale: run UPDATE=1 cargo test -p azekura-cli"
    );
}

/// Help of a command and of all below it, in order.
fn help(command: &mut clap::Command, path: &str, out: &mut String) {
    // Values in the environment of whoever runs the test must not show.
    let hidden = command.clone().mut_args(|arg| arg.hide_env_values(true));
    let text = hidden.term_width(100).render_long_help();
    out.push_str(&format!("### {path}\n\n{text}\n"));
    let names: Vec<String> = command
        .get_subcommands()
        .map(|sub| sub.get_name().to_owned())
        .filter(|name| name != "help")
        .collect();
    for name in names {
        let below = command.find_subcommand_mut(&name).unwrap();
        help(below, &format!("{path} {name}"), out);
    }
}

#[test]
fn help_of_every_command() {
    let mut command = Cli::command();
    command.build();
    let mut text = String::new();
    help(&mut command, "azekura", &mut text);
    let trimmed: Vec<&str> = text.lines().map(str::trim_end).collect();
    compare("help.txt", &(trimmed.join("\n") + "\n"));
}

#[test]
fn wrong_command_lines() {
    let mut text = String::new();
    for words in [
        &["azekura", "serv"][..],
        &["azekura", "vault", "chek"],
        &["azekura", "bucket", "create"],
        &["azekura", "object", "get", "first"],
        &["azekura", "vault", "export-keyring"],
        &["azekura", "serve", "--s3-adr", "127.0.0.1:1"],
    ] {
        let error = Cli::try_parse_from(words).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        text.push_str(&format!("$ {}\n{error}\n", words.join(" ")));
    }
    compare("usage-errors.txt", &text);
}

#[test]
fn every_error_of_the_server_has_an_exit_code_and_a_plain_text() {
    let codes = [
        Code::InvalidRequest,
        Code::NotAuthenticated,
        Code::AccessDenied,
        Code::NotFound,
        Code::Conflict,
        Code::Gone,
        Code::Damaged,
        Code::NoSpace,
        Code::Unavailable,
        Code::Internal,
    ];
    let mut text = String::new();
    for code in codes {
        let error = ApiError::new(code, "what was wrong").hint("what to do next");
        let error = CommandError::from(error);
        text.push_str(&format!(
            "{code:?} -> {}\n{}",
            error.exit.code(),
            error.text()
        ));
    }
    compare("errors.txt", &text);
}

#[test]
fn exit_codes_are_those_documented() {
    let codes = [
        (Exit::Ok, 0),
        (Exit::Failure, 1),
        (Exit::Usage, 2),
        (Exit::NotFound, 3),
        (Exit::Refused, 4),
        (Exit::Damage, 5),
        (Exit::Unavailable, 69),
        (Exit::Io, 74),
    ];
    let page = include_str!("../../../docs/reference/exit-codes.md");
    for (exit, code) in codes {
        assert_eq!(exit.code(), code);
        assert!(
            page.contains(&format!("| {code} |")),
            "{code} is not documented"
        );
    }
}
