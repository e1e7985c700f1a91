//! Between the wire and the model: tenants, users, groups, policies, keys.

use azekura_admin_api::error::{ApiError, Code};
use azekura_admin_api::identity::{
    GroupDetail, KeyAsked, KeyDetail, PolicyDetail, TenantAudit, TenantDetail, UserChange,
    UserDetail,
};
use azekura_model::access::Preset;
use azekura_model::audit::AuditPolicy;
use azekura_model::governed::DualControl;
use azekura_model::identity::{
    AccessKey, Group, KeyQuota, NamedPolicy, SigningKey, TimeBox, User, UserKind,
};
use azekura_model::time::{ComplianceTime, HybridTime};
use azekura_record::sshsig;
use azekura_store::identity::{NewKey, TenantView};

use super::super::convert::rfc3339;

/// Milliseconds of an hour and of a day.
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

pub(super) fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new(Code::InvalidRequest, message)
}

pub(super) fn preset(name: &str) -> Result<Option<Preset>, ApiError> {
    if name == "none" {
        return Ok(None);
    }
    Preset::parse(name).map(Some).ok_or_else(|| {
        let all = Preset::ALL.map(Preset::as_str).join(", ");
        invalid(format!("there is no preset {name:?}: use {all} or none"))
    })
}

pub(super) fn dual_control(text: &str) -> Result<bool, ApiError> {
    match text {
        "required" => Ok(true),
        "off" => Ok(false),
        _ => Err(invalid(
            "dual_control is required or off; it can never be changed later",
        )),
    }
}

/// A public key of OpenSSH with its comment.
pub(super) fn signing_key(text: &str, registered: HybridTime) -> Result<SigningKey, ApiError> {
    let public = sshsig::public_key_from_text(text)
        .map_err(|error| invalid(format!("signing key: {error}")))?;
    let comment = text
        .split_whitespace()
        .skip(2)
        .collect::<Vec<_>>()
        .join(" ");
    Ok(SigningKey {
        public,
        comment,
        registered,
        frozen: false,
    })
}

pub(super) fn tenant(view: &TenantView, audit: AuditPolicy) -> TenantDetail {
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let approves = |user: &&User| user.approver && !user.signing_keys.is_empty();
    TenantDetail {
        id: view.id.to_string(),
        name: view.name.clone(),
        deleted: view.deleted,
        dual_control: match view.dual_control {
            DualControl::Required => "required",
            DualControl::Off => "off",
        }
        .to_owned(),
        contents: String::new(),
        quota_bytes: view.settings.quota_bytes,
        quota_versions: view.settings.quota_versions,
        one_time_passwords: view.settings.totp_required,
        unused_days: view.settings.unused_days,
        users: count(view.users.len()),
        keys: count(view.keys.len()),
        approvers: count(view.users.values().filter(approves).count()),
        audit: TenantAudit {
            mode: audit.mode.as_str().to_owned(),
            keep_days: audit.keep_days,
            budget_bytes: audit.budget_bytes,
            own: view.audit.is_some(),
        },
    }
}

pub(super) fn user(user: &User) -> UserDetail {
    let key = |key: &SigningKey| {
        let text = sshsig::public_key_to_text(&key.public);
        format!("{text} {}", key.comment).trim_end().to_owned()
    };
    let time_box = user.time_box.as_ref();
    UserDetail {
        name: user.name.clone(),
        kind: match user.kind {
            UserKind::Person => "person",
            UserKind::System => "system",
        }
        .to_owned(),
        preset: user.preset.map(|preset| preset.as_str().to_owned()),
        groups: user.groups.clone(),
        policies: user.policies.clone(),
        approver: user.approver,
        signing_keys: user.signing_keys.iter().map(key).collect(),
        disabled: user.disabled,
        one_time_password: user.totp.is_some(),
        until: time_box.map(|time_box| rfc3339(time_box.until.0)),
        ticket: time_box.map(|time_box| time_box.ticket.clone()),
        plan: time_box.map(|time_box| time_box.plan.clone()),
    }
}

/// The user that a change makes of one that is there, or of nothing.
pub(super) fn changed(
    before: Option<User>,
    change: &UserChange,
    (now, registered): (ComplianceTime, HybridTime),
) -> Result<User, ApiError> {
    let kind = match change.kind.as_deref() {
        None => None,
        Some("person") => Some(UserKind::Person),
        Some("system") => Some(UserKind::System),
        Some(_) => return Err(invalid("kind is person or system")),
    };
    let mut user = match before {
        Some(user) if kind.is_some_and(|kind| kind != user.kind) => {
            return Err(invalid(
                "the kind of a user never changes: make another user",
            ));
        }
        Some(user) => user,
        None => new_user(&change.name, kind.unwrap_or(UserKind::Person)),
    };
    if let Some(name) = &change.preset {
        user.preset = preset(name)?;
    }
    if let Some(groups) = &change.groups {
        user.groups.clone_from(groups);
    }
    if let Some(policies) = &change.policies {
        user.policies.clone_from(policies);
    }
    user.approver = change.approver.unwrap_or(user.approver);
    user.disabled = change.disabled.unwrap_or(user.disabled);
    for text in &change.remove_signing_keys {
        let gone = signing_key(text, registered)?.public;
        user.signing_keys.retain(|key| key.public != gone);
    }
    for text in &change.add_signing_keys {
        let key = signing_key(text, registered)?;
        if !user
            .signing_keys
            .iter()
            .any(|there| there.public == key.public)
        {
            user.signing_keys.push(key);
        }
    }
    if let Some(hours) = change.hours {
        let (Some(ticket), Some(plan)) = (&change.ticket, &change.plan) else {
            return Err(invalid(
                "an account for some hours needs a ticket and a plan",
            ));
        };
        user.time_box = Some(TimeBox {
            until: ComplianceTime(now.0.saturating_add(i64::from(hours) * HOUR_MS)),
            ticket: ticket.clone(),
            plan: plan.clone(),
        });
    }
    Ok(user)
}

/// A user without rights.
pub(super) fn new_user(name: &str, kind: UserKind) -> User {
    User {
        name: name.to_owned(),
        kind,
        preset: None,
        groups: Vec::new(),
        policies: Vec::new(),
        approver: false,
        signing_keys: Vec::new(),
        disabled: false,
        time_box: None,
        totp: None,
    }
}

pub(super) fn group(group: &Group) -> GroupDetail {
    GroupDetail {
        name: group.name.clone(),
        preset: group.preset.map(|preset| preset.as_str().to_owned()),
        policies: group.policies.clone(),
    }
}

pub(super) fn policy(policy: &NamedPolicy) -> PolicyDetail {
    PolicyDetail {
        name: policy.name.clone(),
        document: policy.text.clone(),
    }
}

pub(super) fn new_key(asked: &KeyAsked, user: &str) -> Result<NewKey, ApiError> {
    for network in &asked.source_cidrs {
        network
            .parse::<ipnet::IpNet>()
            .map_err(|_| invalid(format!("{network:?} is not a network as 192.0.2.0/24")))?;
    }
    let certificate = asked.certificate.as_deref().map(|text| {
        let mut digest = [0; 32];
        hex::decode_to_slice(text.replace(':', ""), &mut digest)
            .map(|()| digest)
            .map_err(|_| invalid("certificate is a SHA-256 in 64 hexadecimal digits"))
    });
    Ok(NewKey {
        label: asked.label.clone(),
        user: user.to_owned(),
        preset: asked.preset.as_deref().map(preset).transpose()?.flatten(),
        policy: asked.policy.clone(),
        expires_days: asked.expires_days,
        unused_days: asked.unused_days,
        source_cidrs: asked.source_cidrs.clone(),
        certificate: certificate.transpose()?,
        limits: KeyQuota {
            requests_per_second: asked.requests_per_second,
            bytes_per_second: asked.bytes_per_second,
            lock_days_max: asked.lock_days_max,
            locked_bytes_per_day: asked.locked_bytes_per_day,
        },
    })
}

/// A key, the day of its last use, and why it does not work.
pub(super) fn key(key: &AccessKey, last_use: Option<u32>, state: String) -> KeyDetail {
    let day = |day: u32| {
        let mut text = rfc3339(i64::from(day) * DAY_MS);
        text.truncate(10);
        text
    };
    KeyDetail {
        access_key_id: key.id.clone(),
        label: key.label.clone(),
        user: key.user.clone(),
        preset: key.preset.map(|preset| preset.as_str().to_owned()),
        policy: key.policy.clone(),
        created: rfc3339(key.created.0),
        expires: key.expires.map(|at| rfc3339(at.0)),
        last_used: last_use.map(day),
        unused_days: key.unused_days,
        state,
        source_cidrs: key.source_cidrs.clone(),
        certificate: key.certificate.map(hex::encode),
    }
}
