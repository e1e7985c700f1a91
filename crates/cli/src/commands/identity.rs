//! `azekura tenant|user|group|policy|key|login|totp`

use std::path::Path;

use azekura_admin_api::identity::{
    AdminAsked, GroupDetail, IdentityApi as _, KeyAsked, KeyChange, KeyMade, LoginAsked,
    PolicyDetail, RemovedIdentity, TenantAsked, TenantChange, TenantDetail, UserChange,
};

use crate::args::identity::{
    GroupCommand, GroupSetArgs, ImportArgs, KeyCommand, KeyCreateArgs, LoginArgs, PolicyCommand,
    PolicySetArgs, TenantChangeArgs, TenantCommand, TenantCreateArgs, TotpCommand, UserCommand,
    UserSetArgs,
};
use crate::commands::user_report;
use crate::connect;
use crate::exit::{CommandError, Exit};
use crate::output;

fn read(path: &Path) -> Result<String, CommandError> {
    std::fs::read_to_string(path)
        .map_err(|error| CommandError::new(Exit::Io, format!("{}: {error}", path.display())))
}

fn read_all(paths: &[std::path::PathBuf]) -> Result<Vec<String>, CommandError> {
    paths.iter().map(|path| read(path)).collect()
}

/// A cell of a table, or a dash.
pub(crate) fn or_dash(text: Option<&str>) -> String {
    text.unwrap_or("-").to_owned()
}

fn removed(done: &RemovedIdentity, json: bool) -> Result<Exit, CommandError> {
    output::answer(done, json, |done| format!("removed {}", done.removed))
}

fn tenant_row(tenant: &TenantDetail) -> Vec<String> {
    let most = |number: Option<u64>| number.map_or_else(|| "-".to_owned(), |n| n.to_string());
    let gone = if tenant.deleted { " (deleted)" } else { "" };
    vec![
        format!("{}{gone}", tenant.name),
        tenant.id.clone(),
        tenant.dual_control.clone(),
        tenant.contents.clone(),
        tenant.approvers.to_string(),
        tenant.users.to_string(),
        tenant.keys.to_string(),
        most(tenant.quota_bytes),
    ]
}

const TENANT_HEAD: [&str; 8] = [
    "TENANT",
    "ID",
    "DUAL CONTROL",
    "CONTENTS",
    "APPROVERS",
    "USERS",
    "KEYS",
    "QUOTA",
];

pub(crate) async fn tenant(command: TenantCommand, json: bool) -> Result<Exit, CommandError> {
    match command {
        TenantCommand::List(online) => {
            let list = connect::client(&online)?.tenants().await?;
            output::answer(&list, json, |list| {
                let rows: Vec<_> = list.tenants.iter().map(tenant_row).collect();
                output::table(&TENANT_HEAD, &rows)
            })
        }
        TenantCommand::Show(args) => super::tenant_audit::show(&args, json).await,
        TenantCommand::Delete(args) => {
            let client = connect::client(&args.online)?;
            removed(&client.delete_tenant(&args.tenant).await?, json)
        }
        TenantCommand::Audit(args) => super::tenant_audit::audit(&args, json).await,
        TenantCommand::Create(args) => create_tenant(&args, json).await,
        TenantCommand::Change(args) => change_tenant(args, json).await,
        TenantCommand::Unlock(args) => super::tenant_seal::unlock(&args, json).await,
        TenantCommand::Lock(args) => super::tenant_seal::lock(&args, json).await,
        TenantCommand::Passphrase(args) => super::tenant_seal::set(&args, json).await,
        TenantCommand::Usage(args) => super::tenant_usage::run(&args, json).await,
        TenantCommand::Export(args) => super::tenant_export::run(&args, json).await,
    }
}

async fn create_tenant(args: &TenantCreateArgs, json: bool) -> Result<Exit, CommandError> {
    let keys = read_all(&args.signing_keys)?;
    if keys.len() > args.admins.len() {
        return Err(
            CommandError::new(Exit::Usage, "more signing keys than admins were given")
                .hint("Give --signing-key FILE behind the --admin NAME whose key it is."),
        );
    }
    let mut keys = keys.into_iter();
    let admins = args.admins.iter().map(|name| AdminAsked {
        name: name.clone(),
        signing_key: keys.next(),
    });
    let asked = TenantAsked {
        name: args.name.clone(),
        dual_control: args.dual_control.clone(),
        admins: admins.collect(),
        quota_bytes: args.quota_bytes,
        quota_versions: args.quota_versions,
        one_time_passwords: Some(!args.without_one_time_passwords),
        sealed: args.sealed,
    };
    let made = connect::client(&args.online)?.create_tenant(&asked).await?;
    output::answer(&made, json, |made| {
        let mut text = format!(
            "tenant {} {}\ndual control {} (for ever)\n",
            made.name, made.id, made.dual_control
        );
        for key in &made.keys {
            text.push_str(&key_text(key));
        }
        if args.sealed {
            text.push_str(&sealed_text(&made.id));
        }
        text
    })
}

/// What is to be known before anything is stored.
fn sealed_text(id: &str) -> String {
    format!(
        "contents sealed (for ever)\n  Nothing can be stored before an administrator sets the passphrase:\n    azekura tenant passphrase {id} --first\n  Every start of the server locks; `azekura tenant unlock {id}` opens. Names, metadata,\n  lengths, SHA-256 and ETag stay readable by the vault. A lost passphrase is lost contents.\n"
    )
}

async fn change_tenant(args: TenantChangeArgs, json: bool) -> Result<Exit, CommandError> {
    let client = connect::client(&args.online)?;
    let change = TenantChange {
        tenant: args.tenant,
        quota_bytes: args.quota_bytes,
        quota_versions: args.quota_versions,
        one_time_passwords: args.one_time_passwords,
        unused_days: args.unused_days,
        ..TenantChange::default()
    };
    let changed = client.change_tenant(&change).await?;
    output::answer(&changed, json, |tenant| {
        output::table(&TENANT_HEAD, &[tenant_row(tenant)])
    })
}

pub(crate) async fn user(command: UserCommand, json: bool) -> Result<Exit, CommandError> {
    match command {
        UserCommand::List(online) => {
            let list = connect::client(&online)?.users().await?;
            output::answer(&list, json, |list| {
                let row = |user: &azekura_admin_api::identity::UserDetail| {
                    vec![
                        user.name.clone(),
                        user.kind.clone(),
                        or_dash(user.preset.as_deref()),
                        user.groups.join(" "),
                        user.policies.join(" "),
                        if user.approver { "yes" } else { "-" }.to_owned(),
                        user.signing_keys.len().to_string(),
                        if user.disabled { "disabled" } else { "works" }.to_owned(),
                        or_dash(user.until.as_deref()),
                    ]
                };
                let rows: Vec<_> = list.users.iter().map(row).collect();
                let head = [
                    "USER",
                    "KIND",
                    "PRESET",
                    "GROUPS",
                    "POLICIES",
                    "APPROVER",
                    "SIGNING KEYS",
                    "STATE",
                    "UNTIL",
                ];
                output::table(&head, &rows)
            })
        }
        UserCommand::Set(args) => set_user(*args, json).await,
        UserCommand::Report(args) => user_report::run(&args, json).await,
        UserCommand::Import(args) => import(&args, json).await,
        UserCommand::Remove(one) => removed(
            &connect::client(&one.online)?.remove_user(&one.name).await?,
            json,
        ),
    }
}

async fn set_user(args: UserSetArgs, json: bool) -> Result<Exit, CommandError> {
    let some = |names: Vec<String>| Some(names).filter(|names| !names.is_empty());
    let change = UserChange {
        name: args.name,
        kind: args.kind,
        preset: args.preset,
        groups: some(args.groups),
        policies: some(args.policies),
        approver: args.approver,
        add_signing_keys: read_all(&args.add_signing_keys)?,
        remove_signing_keys: read_all(&args.remove_signing_keys)?,
        disabled: args.disabled,
        hours: args.hours,
        ticket: args.ticket,
        plan: args.plan,
    };
    let user = connect::client(&args.online)?.change_user(&change).await?;
    output::answer(&user, json, |user| format!("user {} is set", user.name))
}

/// One user a line; the first line is the head. Stops at the first that is refused.
async fn import(args: &ImportArgs, json: bool) -> Result<Exit, CommandError> {
    let text = read(&args.file)?;
    let client = connect::client(&args.online)?;
    let mut users = Vec::new();
    for (number, line) in text.lines().enumerate().skip(1) {
        if line.trim().is_empty() {
            continue;
        }
        let mut cells = line.split(',').map(str::trim);
        let mut cell = || {
            cells
                .next()
                .filter(|cell| !cell.is_empty())
                .map(str::to_owned)
        };
        let name = cell().ok_or_else(|| {
            let what = format!("line {} has no name", number.saturating_add(1));
            CommandError::new(Exit::Usage, what).hint("A line is name,kind,preset,groups.")
        })?;
        let (kind, preset, groups) = (cell(), cell(), cell());
        let change = UserChange {
            name,
            kind,
            preset,
            groups: groups.map(|names| names.split_whitespace().map(str::to_owned).collect()),
            ..UserChange::default()
        };
        users.push(client.change_user(&change).await?);
    }
    output::answer(&users, json, |users| {
        format!("{} users are set", users.len())
    })
}

pub(crate) async fn group(command: GroupCommand, json: bool) -> Result<Exit, CommandError> {
    match command {
        GroupCommand::List(online) => {
            let list = connect::client(&online)?.groups().await?;
            output::answer(&list, json, |list| {
                let row = |group: &GroupDetail| {
                    let preset = or_dash(group.preset.as_deref());
                    vec![group.name.clone(), preset, group.policies.join(" ")]
                };
                let rows: Vec<_> = list.groups.iter().map(row).collect();
                output::table(&["GROUP", "PRESET", "POLICIES"], &rows)
            })
        }
        GroupCommand::Set(GroupSetArgs {
            name,
            preset,
            policies,
            online,
        }) => {
            let group = GroupDetail {
                name,
                preset,
                policies,
            };
            let group = connect::client(&online)?.put_group(&group).await?;
            output::answer(&group, json, |group| format!("group {} is set", group.name))
        }
        GroupCommand::Remove(one) => removed(
            &connect::client(&one.online)?
                .remove_group(&one.name)
                .await?,
            json,
        ),
    }
}

pub(crate) async fn policy(command: PolicyCommand, json: bool) -> Result<Exit, CommandError> {
    match command {
        PolicyCommand::List(online) => {
            let list = connect::client(&online)?.policies().await?;
            output::answer(&list, json, |list| {
                let row = |policy: &PolicyDetail| {
                    vec![policy.name.clone(), policy.document.len().to_string()]
                };
                let rows: Vec<_> = list.policies.iter().map(row).collect();
                output::table(&["POLICY", "BYTES"], &rows)
            })
        }
        PolicyCommand::Set(PolicySetArgs { name, file, online }) => {
            let policy = PolicyDetail {
                name,
                document: read(&file)?,
            };
            let policy = connect::client(&online)?.put_policy(&policy).await?;
            output::answer(&policy, json, |policy| {
                format!("policy {} is set", policy.name)
            })
        }
        PolicyCommand::Explain(args) => super::policy_explain::run(&args, json).await,
        PolicyCommand::Remove(one) => removed(
            &connect::client(&one.online)?
                .remove_policy(&one.name)
                .await?,
            json,
        ),
    }
}

fn key_text(key: &KeyMade) -> String {
    format!(
        "key of {} ({})\n  access_key_id      {}\n  secret_access_key  {}\n  The secret is shown this once.\n",
        key.user, key.label, key.access_key_id, key.secret_access_key
    )
}

pub(crate) async fn key(command: KeyCommand, json: bool) -> Result<Exit, CommandError> {
    match command {
        KeyCommand::List(online) => {
            let list = connect::client(&online)?.keys().await?;
            output::answer(&list, json, |list| {
                let row = |key: &azekura_admin_api::identity::KeyDetail| {
                    vec![
                        key.access_key_id.clone(),
                        key.label.clone(),
                        key.user.clone(),
                        or_dash(key.preset.as_deref()),
                        or_dash(key.last_used.as_deref()),
                        or_dash(key.expires.as_deref()),
                        key.state.clone(),
                    ]
                };
                let rows: Vec<_> = list.keys.iter().map(row).collect();
                let head = [
                    "KEY",
                    "LABEL",
                    "OWNER",
                    "PRESET",
                    "LAST USED",
                    "EXPIRES",
                    "STATE",
                ];
                output::table(&head, &rows)
            })
        }
        KeyCommand::Create(args) => create_key(*args, json).await,
        KeyCommand::Import(args) => super::key_import::run(&args, json).await,
        KeyCommand::Disable(one) => set_disabled(&one, true, json).await,
        KeyCommand::Enable(one) => set_disabled(&one, false, json).await,
        KeyCommand::Remove(one) => removed(
            &connect::client(&one.online)?.remove_key(&one.name).await?,
            json,
        ),
    }
}

async fn set_disabled(
    one: &crate::args::identity::OneName,
    disabled: bool,
    json: bool,
) -> Result<Exit, CommandError> {
    let change = KeyChange {
        access_key_id: one.name.clone(),
        disabled,
    };
    let key = connect::client(&one.online)?.change_key(&change).await?;
    output::answer(&key, json, |key| {
        format!("{}: {}", key.access_key_id, key.state)
    })
}

async fn create_key(args: KeyCreateArgs, json: bool) -> Result<Exit, CommandError> {
    let policy = args.policy.as_deref().map(read).transpose()?;
    let asked = KeyAsked {
        label: args.label,
        user: args.user,
        preset: args.preset,
        policy,
        expires_days: args.expires_days,
        unused_days: args.unused_days,
        source_cidrs: args.sources,
        certificate: args.certificate,
        requests_per_second: args.requests_per_second,
        bytes_per_second: args.bytes_per_second,
        lock_days_max: args.lock_days_max,
        locked_bytes_per_day: args.locked_bytes_per_day,
    };
    let made = connect::client(&args.online)?.create_key(&asked).await?;
    output::answer(&made, json, key_text)
}

pub(crate) async fn login(args: &LoginArgs, json: bool) -> Result<Exit, CommandError> {
    let asked = LoginAsked {
        code: args.code.clone(),
    };
    let made = connect::client(&args.online)?.log_in(&asked).await?;
    output::answer(&made, json, |made| {
        format!(
            "export AZEKURA_ACCESS_KEY_ID={}\nexport AZEKURA_SECRET_ACCESS_KEY={}\n",
            made.access_key_id, made.secret_access_key
        )
    })
}

pub(crate) async fn totp(command: &TotpCommand, json: bool) -> Result<Exit, CommandError> {
    let TotpCommand::Enrol(online) = command;
    let made = connect::client(online)?.enrol_totp().await?;
    output::answer(&made, json, |made| {
        format!(
            "secret  {}\nlink    {}\nShown this once: scan or type it into an authenticator, then `azekura login --code …`.\n",
            made.secret, made.uri
        )
    })
}
