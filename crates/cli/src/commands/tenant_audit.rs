//! `azekura tenant show|audit`

use azekura_admin_api::client::Client;
use azekura_admin_api::identity::{IdentityApi as _, TenantChange, TenantDetail};

use crate::args::tenancy::{TenantAuditArgs, TenantNamed};
use crate::exit::{CommandError, Exit};
use crate::{connect, output};

pub(crate) async fn show(args: &TenantNamed, json: bool) -> Result<Exit, CommandError> {
    let client = connect::client(&args.online)?;
    let shown = find(&client, args.tenant.as_deref()).await?;
    output::answer(&shown, json, text)
}

pub(crate) async fn audit(args: &TenantAuditArgs, json: bool) -> Result<Exit, CommandError> {
    let client = connect::client(&args.named.online)?;
    let tenant = find(&client, args.named.tenant.as_deref()).await?;
    let change = TenantChange {
        tenant: Some(tenant.id.clone()),
        audit_mode: args.mode.clone(),
        audit_keep_days: args.keep_days,
        audit_budget_bytes: args.budget,
        ..TenantChange::default()
    };
    let asks = args.mode.is_some() || args.keep_days.is_some() || args.budget.is_some();
    let shown = match asks {
        true => client.change_tenant(&change).await?,
        false => tenant,
    };
    output::answer(&shown, json, audit_text)
}

/// A tenant by its name or id; without one, the only one that the key may see.
pub(super) async fn find(
    client: &Client,
    asked: Option<&str>,
) -> Result<TenantDetail, CommandError> {
    let list = client.tenants().await?.tenants;
    let count = list.len();
    let mut found = list.into_iter().filter(|tenant| match asked {
        Some(asked) => tenant.name == asked || tenant.id == asked,
        None => !tenant.deleted && count == 1,
    });
    found.next().ok_or_else(|| match asked {
        Some(asked) => CommandError::new(
            Exit::NotFound,
            format!("no tenant that this key may see is called {asked}"),
        )
        .hint("azekura tenant list shows them."),
        None => CommandError::new(Exit::Usage, "this key may see several tenants")
            .hint("Name one; azekura tenant list shows them."),
    })
}

fn text(tenant: &TenantDetail) -> String {
    let most = |number: Option<u64>| number.map_or_else(|| "none".to_owned(), |n| n.to_string());
    format!(
        "tenant {} {}\ndual control {} (for ever)\npeople who can sign {}\nusers {}, keys {}\nquota {} bytes, {} \
         versions\none-time passwords {}\n{}",
        tenant.name,
        tenant.id,
        tenant.dual_control,
        tenant.approvers,
        tenant.users,
        tenant.keys,
        most(tenant.quota_bytes),
        most(tenant.quota_versions),
        if tenant.one_time_passwords {
            "yes"
        } else {
            "no"
        },
        audit_text(tenant),
    )
}

fn audit_text(tenant: &TenantDetail) -> String {
    let audit = &tenant.audit;
    let budget = audit.budget_bytes.map_or_else(
        || "no limit of space".to_owned(),
        |most| format!("{most} bytes"),
    );
    let whose = if audit.own {
        "set by the tenant"
    } else {
        "as the vault says"
    };
    format!(
        "audit {}, kept {} days, {budget} ({whose})",
        audit.mode, audit.keep_days
    )
}
