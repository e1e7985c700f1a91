//! The command line: nouns, then verbs. Arguments, messages, exit codes and progress; what a
//! command does lies in the admin API or in the store.

pub mod args;
pub mod exit;

mod clock;
mod commands;
mod connect;
mod drill;
mod offline;
mod output;
mod progress;

use args::{
    BucketCommand, Cli, ClockCommand, Command, DisposalCommand, DrillCommand, LifecycleCommand,
    ObjectCommand, VaultCommand,
};
use exit::{CommandError, Exit};

/// Runs every command but `serve`, which the binary hands to the server.
pub async fn run(cli: Cli) -> Exit {
    let json = cli.json;
    match dispatch(cli).await {
        Ok(exit) => exit,
        Err(error) => {
            output::error(&error, json);
            error.exit
        }
    }
}

async fn dispatch(cli: Cli) -> Result<Exit, CommandError> {
    let json = cli.json;
    match cli.command {
        Command::Serve(_) => Err(CommandError::new(
            Exit::Failure,
            "serve is run by the azekura binary",
        )),
        Command::Testdata(testdata) => commands::testdata::run(&testdata, json),
        Command::Vault(vault) => match vault {
            VaultCommand::Info(online) => commands::vault_info::run(&online, json).await,
            VaultCommand::Snapshot(online) => commands::vault_snapshot::run(&online, json).await,
            VaultCommand::Init(init) => commands::vault_init::run(&init, json),
            VaultCommand::Check(check) => commands::vault_check::run(&check, json),
            VaultCommand::RebuildIndex(offline) => {
                commands::vault_rebuild_index::run(&offline, json)
            }
            VaultCommand::Dump(offline) => commands::vault_dump::run(&offline),
            VaultCommand::Upgrade(offline) => commands::vault_upgrade::run(&offline, json),
            VaultCommand::ExportKeyring(export) => {
                commands::vault_export_keyring::run(&export, json)
            }
        },
        Command::Drill(DrillCommand::Locks(locks)) => {
            commands::drill_locks::run(&locks, json).await
        }
        Command::Bucket(bucket) => match bucket {
            BucketCommand::List(online) => commands::bucket_list::run(&online, json).await,
            BucketCommand::Create(one) => commands::bucket_create::run(&one, json).await,
            BucketCommand::Delete(one) => commands::bucket_delete::run(&one, json).await,
            BucketCommand::HistoryDays(days) => {
                commands::bucket_history_days::run(&days, json).await
            }
        },
        Command::Clock(ClockCommand::Show(show)) => commands::clock_show::run(&show, json).await,
        Command::Lifecycle(lifecycle) => match lifecycle {
            LifecycleCommand::Show(one) => commands::lifecycle_show::run(&one, json).await,
            LifecycleCommand::Run(one) => commands::lifecycle_run::run(&one, json).await,
        },
        Command::Disposal(disposal) => match disposal {
            DisposalCommand::Request(ask) => commands::disposal_request::run(&ask, json).await,
            DisposalCommand::List(one) => commands::disposal_list::run(&one, json).await,
            DisposalCommand::Show(one) => commands::disposal_show::run(&one, json).await,
            DisposalCommand::Cancel(one) => commands::disposal_cancel::run(&one, json).await,
            DisposalCommand::Certificate(ask) => {
                commands::disposal_certificate::run(&ask, json).await
            }
        },
        Command::Object(object) => match object {
            ObjectCommand::List(list) => commands::object_list::run(&list, json).await,
            ObjectCommand::Get(get) => commands::object_get::run(&get, json).await,
            ObjectCommand::History(one) => commands::object_history::run(&one, json).await,
        },
    }
}
