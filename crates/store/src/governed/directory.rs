//! Approvers out of the directory, and its changes as requests.

use std::fmt::Write as _;

use azekura_model::governed::{
    AdministrationChange, Approver, ApproverKey, GovernedOperation, escaped, moment,
};
use azekura_model::ident::TenantId;
use azekura_model::identity::{AccessKey, Identity, IdentityName, User, UserKind};
use azekura_model::time::ComplianceTime;
use azekura_record::sshsig;

use crate::governed::documents::{Described, digested};
use crate::inner::Inner;

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// Everybody of a tenant who may approve. Who is disabled, or whose time is over, is there and frozen.
pub(crate) fn approvers(inner: &Inner, tenant: TenantId) -> Vec<Approver> {
    let Some(view) = inner.directory.tenant(tenant) else {
        return Vec::new();
    };
    let now = inner.clock.compliance();
    let people = view
        .users
        .values()
        .filter(|user| user.approver && user.kind == UserKind::Person);
    people
        .map(|user| {
            let owned = view.keys.values().filter(|key| key.user == user.name);
            let over = user.time_box.as_ref().is_some_and(|time| time.until <= now);
            Approver {
                person: user.name.clone(),
                keys: user.signing_keys.iter().map(signing_key).collect(),
                access_keys: owned.map(|key| key.id.clone()).collect(),
                frozen: user.disabled || over,
            }
        })
        .collect()
}

fn signing_key(key: &azekura_model::identity::SigningKey) -> ApproverKey {
    ApproverKey {
        public: key.public.clone(),
        registered: key.registered,
        frozen: key.frozen,
    }
}

/// Gives keys to sign with the time at which they are registered; one that is there keeps its own. What a
/// caller says of it does not count.
pub(crate) fn registered(inner: &Inner, before: Option<&Identity>, after: Identity) -> Identity {
    let Identity::User(mut user) = after else {
        return after;
    };
    let known = match before {
        Some(Identity::User(before)) => before.signing_keys.as_slice(),
        _ => &[],
    };
    for key in &mut user.signing_keys {
        let same = known.iter().find(|known| known.public == key.public);
        key.registered = match same {
            Some(known) => known.registered,
            None => inner.clock.hybrid(),
        };
    }
    Identity::User(user)
}

/// A change of the directory as an operation. The same call gives the same text, so nothing that is
/// made anew with each call stands in it: ids and secrets of new keys, times.
pub(crate) fn described(
    change: AdministrationChange,
    before: Option<&Identity>,
    after: Option<&Identity>,
    now: ComplianceTime,
) -> Described {
    let subject = after.or(before).map(|one| subject(one, before.is_some()));
    let document = match after {
        Some(Identity::User(user)) => user_text(user),
        Some(Identity::Group(group)) => {
            let mut out = Lines::default();
            out.put("preset", &preset(group.preset));
            out.all("policy", &group.policies);
            out.0
        }
        Some(Identity::Policy(policy)) => policy.text.clone(),
        Some(Identity::Key(key)) => key_text(key, before.is_some(), now),
        Some(Identity::Settings(settings)) => {
            format!("one-time-passwords: {}\n", on(settings.totp_required))
        }
        Some(Identity::LastUses(_)) => String::new(),
        None => "removed\n".to_owned(),
    };
    let operation = GovernedOperation::GrantAdministration {
        change,
        subject: subject.unwrap_or_default(),
        document: digested(&document),
    };
    (operation, Some(document))
}

fn subject(identity: &Identity, known: bool) -> String {
    match identity {
        Identity::Key(key) if !known => format!("new key of user {}", key.user),
        other => match other.name() {
            IdentityName::User(name) => format!("user {name}"),
            IdentityName::Group(name) => format!("group {name}"),
            IdentityName::Policy(name) => format!("policy {name}"),
            IdentityName::Key(id) => format!("key {id}"),
            IdentityName::Settings => "settings of the tenant".to_owned(),
            IdentityName::LastUses => "last uses".to_owned(),
        },
    }
}

/// One fact a line.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn put(&mut self, name: &str, value: &str) {
        let written = writeln!(self.0, "{name}: {}", escaped(value));
        debug_assert!(written.is_ok(), "writing into memory failed");
    }

    fn all(&mut self, name: &str, values: &[String]) {
        for value in values {
            self.put(name, value);
        }
    }
}

fn preset(preset: Option<azekura_model::access::Preset>) -> String {
    preset.map_or("none".to_owned(), |preset| format!("{preset:?}"))
}

fn on(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

fn user_text(user: &User) -> String {
    let mut out = Lines::default();
    out.put("kind", &format!("{:?}", user.kind));
    out.put("preset", &preset(user.preset));
    out.all("group", &user.groups);
    out.all("policy", &user.policies);
    out.put("approver", on(user.approver));
    for key in &user.signing_keys {
        let frozen = if key.frozen { " frozen" } else { "" };
        let text = sshsig::public_key_to_text(&key.public);
        out.put("signing-key", &format!("{text}{frozen}"));
        out.put("fingerprint", &sshsig::fingerprint(&key.public));
    }
    out.put("disabled", on(user.disabled));
    if let Some(time) = &user.time_box {
        out.put("until", &moment(time.until));
        out.put("ticket", &time.ticket);
        out.put("plan", &time.plan);
    }
    let totp = if user.totp.is_some() { "set" } else { "none" };
    out.put("one-time-password", totp);
    out.0
}

fn key_text(key: &AccessKey, known: bool, now: ComplianceTime) -> String {
    let mut out = Lines::default();
    out.put("label", &key.label);
    out.put("user", &key.user);
    out.put("preset", &preset(key.preset));
    out.put("policy", key.policy.as_deref().unwrap_or("none"));
    match key.expires {
        None => out.put("expires", "never"),
        Some(at) if known => out.put("expires", &moment(at)),
        // Asked for in days from the call.
        Some(at) => {
            let days = at.0.saturating_sub(now.0).saturating_add(DAY_MS / 2) / DAY_MS;
            out.put("expires-after-days", &days.to_string());
        }
    }
    out.put("disabled", on(key.disabled));
    let number = |number: Option<u64>| number.map_or("none".to_owned(), |n| n.to_string());
    out.put("unused-days", &number(key.unused_days.map(u64::from)));
    out.all("source", &key.source_cidrs);
    let certificate = key.certificate.map_or("none".to_owned(), hex::encode);
    out.put("certificate", &certificate);
    let limits = &key.limits;
    out.put("requests-per-second", &number(limits.requests_per_second));
    out.put("bytes-per-second", &number(limits.bytes_per_second));
    out.put("lock-days", &number(limits.lock_days_max.map(u64::from)));
    out.put("locked-bytes-per-day", &number(limits.locked_bytes_per_day));
    out.0
}
