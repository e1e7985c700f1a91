//! Accounts for a limited time (emergency, remote maintenance) raise an alarm: a warning in the log, a
//! count, and the webhook, when one is made or changed and when a key of it is used.

use std::collections::BTreeMap;

use azekura_model::ident::TenantId;
use azekura_model::identity::{TimeBox, User};
use azekura_model::time::WallTime;
use azekura_store::identity::KnownKey;
use bytes::Bytes;
use parking_lot::Mutex;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use serde::Serialize;

use crate::admin::rfc3339;
use crate::approvals::Teller;

/// A key that goes on being used is told of again after this long, in milliseconds.
const AGAIN_MS: i64 = 3_600_000;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct What {
    what: &'static str,
}

/// Whoever must hear of such accounts.
pub(crate) struct LimitedAccounts {
    teller: Teller,
    notices: Family<What, Counter>,
    /// When a key was last told of.
    used: Mutex<BTreeMap<String, WallTime>>,
}

/// What is posted.
#[derive(Serialize)]
struct Notice<'a> {
    event: &'static str,
    tenant: String,
    user: &'a str,
    by: &'a str,
    until: String,
    ticket: &'a str,
    plan: &'a str,
}

impl LimitedAccounts {
    pub(crate) fn new(teller: Teller) -> Self {
        Self {
            teller,
            notices: Family::default(),
            used: Mutex::default(),
        }
    }

    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register(
            "limited_account_notices",
            "Alarms of accounts for a limited time: made or changed, a key in use (once an hour)",
            self.notices.clone(),
        );
    }

    /// An account was made or changed by somebody.
    pub(crate) fn set(&self, tenant: TenantId, user: &User, by: &str) {
        if let Some(limits) = &user.time_box {
            self.tell("limited-account-set", tenant, (&user.name, by), limits);
        }
    }

    /// A key was used; what is not for a limited time does not count.
    pub(crate) fn used(&self, known: &KnownKey, now: WallTime) {
        let Some(limits) = &known.time_box else {
            return;
        };
        {
            let mut used = self.used.lock();
            let told = used.get(&known.key.id);
            // A clock that was set back must not silence it.
            if told.is_some_and(|told| (0..AGAIN_MS).contains(&now.0.saturating_sub(told.0))) {
                return;
            }
            used.insert(known.key.id.clone(), now);
        }
        let who = (known.key.user.as_str(), known.key.id.as_str());
        self.tell("limited-account-used", known.tenant, who, limits);
    }

    fn tell(
        &self,
        event: &'static str,
        tenant: TenantId,
        (user, by): (&str, &str),
        limits: &TimeBox,
    ) {
        let until = rfc3339(limits.until.0);
        let (ticket, plan) = (limits.ticket.as_str(), limits.plan.as_str());
        tracing::warn!(%tenant, user, by, until, ticket, plan, "{event}");
        self.notices.get_or_create(&What { what: event }).inc();
        let notice = Notice {
            event,
            tenant: tenant.to_string(),
            user,
            by,
            until,
            ticket,
            plan,
        };
        self.teller
            .tell(serde_json::to_vec(&notice).map(Bytes::from));
    }
}
