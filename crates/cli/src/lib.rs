//! The command line: nouns, then verbs. Arguments, messages, exit codes and progress; what a
//! command does lies in the admin API or in the store.

pub mod args;
pub mod exit;

mod audit;
mod clock;
mod commands;
mod connect;
mod drill;
mod offline;
mod output;
mod profile;
mod progress;
mod shares;
mod typed;

use args::{
    AuditCommand, BucketCommand, ClassCommand, Cli, ClockCommand, Command, DisposalCommand,
    DrillCommand, EscrowCommand, EventCommand, LifecycleCommand, LockCommand, ObjectCommand,
    TlsCommand, VaultCommand,
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
        Command::Tls(TlsCommand::Issue(issue)) => commands::tls_issue::run(&issue, json),
        Command::Testdata(testdata) => commands::testdata::run(&testdata, json),
        Command::Audit(AuditCommand::Query(query)) => commands::audit_query::run(&query).await,
        Command::Vault(vault) => vault_command(vault, json).await,
        Command::Drill(DrillCommand::Locks(locks)) => {
            commands::drill_locks::run(&locks, json).await
        }
        Command::Class(class) => class_command(class, json).await,
        Command::Event(EventCommand::Post(event)) => commands::lock_bulk::event(&event, json).await,
        Command::Lock(lock) => lock_command(lock, json).await,
        Command::Explain(explain) => commands::explain::run(&explain, json).await,
        Command::Tenant(tenant) => commands::identity::tenant(tenant, json).await,
        Command::User(user) => commands::identity::user(user, json).await,
        Command::Group(group) => commands::identity::group(group, json).await,
        Command::Policy(policy) => commands::identity::policy(policy, json).await,
        Command::Key(key) => commands::identity::key(key, json).await,
        Command::BlastRadius(blast) => commands::blast_radius::run(&blast, json).await,
        Command::Login(login) => commands::identity::login(&login, json).await,
        Command::Totp(totp) => commands::identity::totp(&totp, json).await,
        Command::Capacity(online) => commands::capacity::run(&online, json).await,
        Command::Bucket(bucket) => match bucket {
            BucketCommand::List(online) => commands::bucket_list::run(&online, json).await,
            BucketCommand::Create(one) => commands::bucket_create::run(&one, json).await,
            BucketCommand::Delete(one) => commands::bucket_delete::run(&one, json).await,
            BucketCommand::RotateKey(one) => commands::bucket_rotate_key::run(&one, json).await,
            BucketCommand::HistoryDays(days) => {
                commands::bucket_history_days::run(&days, json).await
            }
        },
        Command::Clock(ClockCommand::Show(show)) => commands::clock_show::run(&show, json).await,
        Command::Lifecycle(lifecycle) => match lifecycle {
            LifecycleCommand::Show(one) => commands::lifecycle_show::run(&one, json).await,
            LifecycleCommand::Run(one) => commands::lifecycle_run::run(&one, json).await,
        },
        Command::Request(request) => commands::request::run(&request, json).await,
        Command::Disposal(disposal) => disposal_command(disposal, json).await,
        Command::Object(object) => match object {
            ObjectCommand::List(list) => commands::object_list::run(&list, json).await,
            ObjectCommand::Get(get) => commands::object_get::run(&get, json).await,
            ObjectCommand::History(one) => commands::object_history::run(&one, json).await,
            ObjectCommand::Undelete(undelete) => {
                commands::object_undelete::run(&undelete, json).await
            }
        },
    }
}

async fn class_command(class: ClassCommand, json: bool) -> Result<Exit, CommandError> {
    match class {
        ClassCommand::List(online) => commands::class::list(&online, json).await,
        ClassCommand::Show(one) => commands::class::show(&one, json).await,
        ClassCommand::Rules(one) => commands::class::rules(&one, json).await,
        ClassCommand::Assign(rule) => commands::class::assign(&rule, json).await,
        ClassCommand::Unassign(rule) => commands::class::unassign(&rule, json).await,
        ClassCommand::Apply(bulk) => commands::lock_bulk::apply_classes(&bulk, json).await,
    }
}

async fn lock_command(lock: LockCommand, json: bool) -> Result<Exit, CommandError> {
    match lock {
        LockCommand::Report(report) => commands::lock_report::run(&report, json).await,
        LockCommand::Extend(extend) => commands::lock_bulk::extend(&extend, json).await,
        LockCommand::Hold(bulk) => commands::lock_bulk::hold(&bulk, json).await,
        LockCommand::ReleaseHold(bulk) => commands::lock_bulk::release_hold(&bulk, json).await,
        LockCommand::Default(default) => commands::lock_default::run(&default, json).await,
        LockCommand::Preview(one) => commands::lock_default::preview(&one, json).await,
        LockCommand::Limits(limits) => commands::lock_limits::run(&limits, json).await,
    }
}

async fn vault_command(vault: VaultCommand, json: bool) -> Result<Exit, CommandError> {
    match vault {
        VaultCommand::Info(online) => commands::vault_info::run(&online, json).await,
        VaultCommand::Snapshot(online) => commands::vault_snapshot::run(&online, json).await,
        VaultCommand::Init(init) => commands::vault_init::run(&init, json),
        VaultCommand::Check(check) => commands::vault_check::run(&check, json),
        VaultCommand::RebuildIndex(offline) => commands::vault_rebuild_index::run(&offline, json),
        VaultCommand::Dump(offline) => commands::vault_dump::run(&offline),
        VaultCommand::Upgrade(offline) => commands::vault_upgrade::run(&offline, json),
        VaultCommand::ExportKeyring(export) => commands::vault_export_keyring::run(&export, json),
        VaultCommand::ResealKeyring(args) => commands::vault_reseal_keyring::run(&args, json),
        VaultCommand::Escrow(EscrowCommand::Split(args)) => {
            commands::vault_escrow::split(&args, json)
        }
        VaultCommand::Escrow(EscrowCommand::Drill(args)) => {
            commands::vault_escrow::drill(&args, json)
        }
        VaultCommand::Escrow(EscrowCommand::Restore(args)) => {
            commands::vault_escrow::restore(&args, json)
        }
    }
}

async fn disposal_command(disposal: DisposalCommand, json: bool) -> Result<Exit, CommandError> {
    match disposal {
        DisposalCommand::Request(ask) => commands::disposal_request::run(&ask, json).await,
        DisposalCommand::List(one) => commands::disposal_list::run(&one, json).await,
        DisposalCommand::Show(one) => commands::disposal_show::run(&one, json).await,
        DisposalCommand::Cancel(one) => commands::disposal_cancel::run(&one, json).await,
        DisposalCommand::Certificate(ask) => commands::disposal_certificate::run(&ask, json).await,
    }
}
